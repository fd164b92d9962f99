;; Calls of a function that throws for one argument which never comes, BODY: in a `try_table` or not.
(module
  (tag $found (param i32))

  (func $step (param $value i32) (result i32)
    (if (i32.eq (local.get $value) (i32.const -1))
      (then (throw $found (local.get $value))))
    (i32.add (i32.rotl (local.get $value) (i32.const 5)) (i32.const 7)))

  (func (export "run") (param $n i32) (result i32)
    (local $value i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $value (i32.and (i32.const 0x7fffffff) (block $caught (result i32) BODY)))
        (br $again)))
    (local.get $value)))
