;; Each time an exception with a payload goes up through FRAMES frames that have nothing to do with it.
(module
  (tag $found (param i32))

  (func $deep (param $frames i32) (param $value i32) (result i32)
    (if (i32.eqz (local.get $frames))
      (then (throw $found (local.get $value))))
    (i32.add (i32.const 1) (call $deep (i32.sub (local.get $frames) (i32.const 1)) (local.get $value))))

  (func (export "run") (param $n i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $sum
          (i32.add (i32.mul (local.get $sum) (i32.const 31))
            (block $caught (result i32)
              (try_table (result i32) (catch $found $caught)
                (call $deep (i32.sub (i32.const FRAMES) (i32.const 1)) (local.get $n))))))
        (br $again)))
    (local.get $sum)))
