;; Exceptions in both forms, each within the other, with values of several types and references to exceptions; branch hints.
(module
  (tag $a (export "a"))
  (tag $b (export "b") (param i32 f64))
  (tag $c (param exnref i64))
  (global $kept (mut exnref) (ref.null exn))
  (func $throw (export "throw") (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (i32.eqz (local.get 0)) (then (throw $a)))
    (@metadata.code.branch_hint "\01")
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $b (local.get 0) (f64.const 1.5))))
    (local.get 0))
  (func (export "old") (param i32) (result i32) (local i32)
    (local.set 1 (local.get 0))
    (loop $again
      try $l (result i32)
        try (result i32)
          try (result i32)
            (call $throw (local.get 1))
          delegate $l
        catch_all
          i32.const -1
        end
        (local.set 1 (i32.sub (local.get 1) (i32.const 2)))
      catch $b
        drop
        try (param i32) (result i32)
          drop
          (call $throw (i32.const 0))
        catch $a
          (@metadata.code.branch_hint "\00")
          (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))
          rethrow 1
        end
      catch_all
        i32.const 5
      end
      return)
    unreachable)
  (func (export "new") (param i32) (result i32) (local exnref)
    (block $caught (result i32 f64 exnref)
      (block $all (result exnref)
        (try_table (result i32) (catch_ref $b $caught) (catch_all_ref $all)
          (call $throw (local.get 0)))
        (return))
      (global.set $kept)
      (return (i32.const 7)))
    (local.set 1)
    (drop)
    (drop)
    (block $chain (result exnref i64)
      (try_table (catch $c $chain) (throw $c (local.get 1) (i64.const 9)))
      (unreachable))
    (drop)
    (throw_ref))
  (func (export "both") (param i32) (result i32)
    try (result i32)
      (block $h
        (try_table (catch $a $h)
          try
            (drop (call $throw (local.get 0)))
          catch $b
            drop
            drop
            throw $a
          end)
        (return (i32.const 1)))
      (throw_ref (global.get $kept))
    catch_all
      i32.const 3
    end))
