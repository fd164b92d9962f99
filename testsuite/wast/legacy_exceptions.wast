;; The older form of exceptions: what each operator does, and what must not validate.

(module $other
  (tag (export "t") (param i32))
  (func (export "throw") (param i32) (throw 0 (local.get 0))))
(register "other" $other)

(module
  (import "other" "t" (tag $t (param i32)))
  (import "other" "throw" (func $other (param i32)))
  (tag $a)
  (tag $b (param i32 i64))
  (func $div (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func $pick (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a)))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b (i32.const 20) (i64.const 22))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (call $other (i32.const 33)))))

  ;; The first clause that fits, another one behind it not.
  (func (export "first") (param i32) (result i32)
    try (result i32)
      (call $pick (local.get 0))
      i32.const 100
    catch $b
      drop
    catch $t
    catch $b
      unreachable
    catch_all
      i32.const 1
    end)

  ;; Without a clause that fits the exception goes on.
  (func (export "on") (param i32) (result i32)
    try (result i32)
      (call $pick (local.get 0))
      i32.const 100
    catch $t
    end)

  ;; A try without clauses, with operands and results.
  (func (export "bare") (param i32) (result i32)
    local.get 0
    try (param i32) (result i32)
      i32.const 5
      i32.add
    end)

  ;; Operands below and results of clauses.
  (func (export "operands") (param i32) (result i32)
    i32.const 1000
    try (result i32 i64)
      i32.const 7
      (call $pick (local.get 0))
      i64.const 9
    catch $b
    catch_all
      i32.const 2
      i64.const 3
    end
    i32.wrap_i64
    i32.mul
    i32.add)

  ;; Branches to the label, out of the body and out of a clause, and past it.
  (func (export "branches") (param i32) (result i32)
    try $l (result i32)
      (br_if $l (i32.const 50) (i32.eq (local.get 0) (i32.const 4)))
      drop
      (call $pick (local.get 0))
      (return (i32.const 100))
    catch $t
      i32.const 1
      i32.add
      br $l
    catch_all
      (br 1 (i32.const 60))
    end
    i32.const 1
    i32.add)

  ;; Locals in a clause are those of where the exception came from, and never those of another clause.
  (func (export "locals") (param i32) (result i32) (local i32)
    (local.set 1 (i32.const 1))
    try
      (local.set 1 (i32.const 2))
      (if (local.get 0) (then (local.set 1 (i32.const 3)) (call $pick (local.get 0))))
      (local.set 1 (i32.mul (local.get 1) (i32.const 10)))
      (call $other (i32.const 0))
    catch $a
      (local.set 1 (i32.add (local.get 1) (i32.const 1000)))
    catch $b
      drop
      drop
      (local.set 1 (i32.add (local.get 1) (i32.const 2000)))
    catch_all
      (local.set 1 (i32.add (local.get 1) (i32.const 3000)))
    end
    local.get 1)

  ;; A throw in a clause goes on outwards.
  (func (export "out-of-clause") (param i32) (result i32)
    try (result i32)
      try (result i32)
        (call $pick (local.get 0))
        i32.const 100
      catch $a
        (throw $t (i32.const 8))
      catch $t
        (throw $a)
      end
    catch $t
    catch $a
      i32.const 9
    end)

  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
      try
        (call $pick (local.get 0))
      catch $b
        drop drop
        rethrow 0
      catch_all
        try
          throw $a
        catch_all
          block
            rethrow 2
          end
        end
      end
      i32.const 100
    catch $b
      i32.wrap_i64
      i32.add
    catch $t
    catch_all
      i32.const 1
    end)

  ;; To a try around, past another one.
  (func (export "delegate") (param i32) (result i32)
    try $l (result i32)
      try (result i32)
        try
          (call $pick (local.get 0))
        delegate $l
        i32.const 100
      catch_all
        i32.const -1
      end
    catch $t
    catch_all
      i32.const 2
    end)

  ;; To a block: the next try around that. To a clause: as if thrown there. To the function: its caller.
  (func (export "delegate-block") (param i32) (result i32)
    try (result i32)
      block $l
        try
          try
            (call $pick (local.get 0))
          delegate $l
        catch_all
          (return (i32.const -1))
        end
      end
      i32.const 100
    catch_all
      i32.const 3
    end)
  (func (export "delegate-clause") (param i32) (result i32)
    try (result i32)
      try $l (result i32)
        throw $a
      catch_all
        try
          (call $pick (local.get 0))
        delegate $l
        i32.const 100
      end
    catch_all
      i32.const 4
    end)
  (func (export "delegate-caller") (param i32) (result i32)
    try (result i32)
      try
        (call $pick (local.get 0))
      delegate 1
      i32.const 100
    catch_all
      i32.const -1
    end)
  (func (export "delegate-delegate") (param i32) (result i32)
    try $l (result i32)
      try (result i32)
        try $m
          try
            (call $pick (local.get 0))
          delegate $m
        delegate $l
        i32.const 100
      catch_all
        i32.const -1
      end
    catch_all
      i32.const 5
    end)

  ;; Both forms, each within the other.
  (func (export "mixed") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h)
        try
          (block $r (result exnref)
            (try_table (catch_ref $a $r) (call $pick (local.get 0)))
            (return (i32.const 100)))
          throw_ref
        catch $a
          (throw $t (i32.const 6))
        catch_all
          rethrow 0
        end)
      unreachable))

  ;; Traps are not caught.
  (func (export "trap") (param i32) (result i32)
    try (result i32)
      (call $div (i32.const 1) (local.get 0))
    catch_all
      i32.const -1
    end)

  ;; Unreachable code of all kinds.
  (func (export "dead") (result i32)
    try (result i32)
      i32.const 1
      return
      try
        throw $a
      catch $a
        rethrow 0
      catch_all
      end
      try
        nop
      delegate 0
      i32.const 2
    catch $t
      unreachable
      try
      catch_all
        try
        delegate 1
      end
    end)

  ;; Round and round.
  (func (export "loop") (param i32) (result i32) (local i32)
    (loop $l
      try
        (call $other (local.get 0))
      catch $t
        (local.set 1 (i32.add (local.get 1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
      end)
    local.get 1))

(assert_return (invoke "first" (i32.const 0)) (i32.const 100))
(assert_return (invoke "first" (i32.const 1)) (i32.const 1))
(assert_return (invoke "first" (i32.const 2)) (i32.const 20))
(assert_return (invoke "first" (i32.const 3)) (i32.const 33))
(assert_return (invoke "on" (i32.const 0)) (i32.const 100))
(assert_exception (invoke "on" (i32.const 1)))
(assert_exception (invoke "on" (i32.const 2)))
(assert_return (invoke "on" (i32.const 3)) (i32.const 33))
(assert_return (invoke "bare" (i32.const 3)) (i32.const 8))
(assert_return (invoke "operands" (i32.const 0)) (i32.const 1063))
(assert_return (invoke "operands" (i32.const 1)) (i32.const 1006))
(assert_return (invoke "operands" (i32.const 2)) (i32.const 1440))
(assert_return (invoke "branches" (i32.const 0)) (i32.const 100))
(assert_return (invoke "branches" (i32.const 1)) (i32.const 60))
(assert_return (invoke "branches" (i32.const 3)) (i32.const 35))
(assert_return (invoke "branches" (i32.const 4)) (i32.const 51))
(assert_return (invoke "locals" (i32.const 0)) (i32.const 3020))
(assert_return (invoke "locals" (i32.const 1)) (i32.const 1003))
(assert_return (invoke "locals" (i32.const 2)) (i32.const 2003))
(assert_return (invoke "locals" (i32.const 3)) (i32.const 3003))
(assert_return (invoke "locals" (i32.const 4)) (i32.const 3030))
(assert_return (invoke "out-of-clause" (i32.const 0)) (i32.const 100))
(assert_return (invoke "out-of-clause" (i32.const 1)) (i32.const 8))
(assert_exception (invoke "out-of-clause" (i32.const 2)))
(assert_return (invoke "out-of-clause" (i32.const 3)) (i32.const 9))
(assert_return (invoke "rethrow" (i32.const 0)) (i32.const 100))
(assert_return (invoke "rethrow" (i32.const 1)) (i32.const 1))
(assert_return (invoke "rethrow" (i32.const 2)) (i32.const 42))
(assert_return (invoke "rethrow" (i32.const 3)) (i32.const 33))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 100))
(assert_return (invoke "delegate" (i32.const 1)) (i32.const 2))
(assert_return (invoke "delegate" (i32.const 3)) (i32.const 33))
(assert_return (invoke "delegate-block" (i32.const 0)) (i32.const 100))
(assert_return (invoke "delegate-block" (i32.const 1)) (i32.const 3))
(assert_return (invoke "delegate-clause" (i32.const 0)) (i32.const 100))
(assert_return (invoke "delegate-clause" (i32.const 2)) (i32.const 4))
(assert_return (invoke "delegate-caller" (i32.const 0)) (i32.const 100))
(assert_exception (invoke "delegate-caller" (i32.const 1)))
(assert_return (invoke "delegate-delegate" (i32.const 0)) (i32.const 100))
(assert_return (invoke "delegate-delegate" (i32.const 1)) (i32.const 5))
(assert_return (invoke "mixed" (i32.const 0)) (i32.const 100))
(assert_return (invoke "mixed" (i32.const 1)) (i32.const 6))
(assert_exception (invoke "mixed" (i32.const 2)))
(assert_return (invoke "mixed" (i32.const 3)) (i32.const 33))
(assert_return (invoke "trap" (i32.const 1)) (i32.const 1))
(assert_trap (invoke "trap" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "dead") (i32.const 1))
(assert_return (invoke "loop" (i32.const 100)) (i32.const 5050))

(assert_invalid (module (func try rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (func block rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (func try delegate 1)) "unknown label")
(assert_invalid (module (func try catch 0 end)) "unknown tag")
(assert_invalid (module (func (result i32) try (result i32) i64.const 0 catch_all i32.const 0 end)) "type mismatch")
(assert_invalid (module (tag (param i32)) (func try catch 0 end)) "type mismatch")
(assert_invalid (module (func (result i32) try (result i32) i32.const 0 catch_all end)) "type mismatch")
