;; A hash map with chains whose values are boxed: small ones as i31, others as a struct, told apart by a cast.
(module
  (type $box (struct (field $value i64)))
  (type $entry (struct (field $key i32) (field $value (mut (ref eq))) (field $next (ref null $entry))))
  (type $table (array (mut (ref null $entry))))
  (global $seed (mut i32) (i32.const 0))

  (func $random (result i32)
    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
    (i32.shr_u (global.get $seed) (i32.const 8)))

  (func $boxed (param $value i64) (result (ref eq))
    (if (i64.lt_u (local.get $value) (i64.const 1000000))
      (then (return (ref.i31 (i32.wrap_i64 (local.get $value))))))
    (struct.new $box (local.get $value)))

  (func $plain (param $value (ref eq)) (result i64)
    (block $small (result (ref i31))
      (return
        (struct.get $box $value
          (ref.cast (ref $box) (br_on_cast $small (ref eq) (ref i31) (local.get $value))))))
    (i64.extend_i32_u (i31.get_u)))

  (func $find (param $table (ref $table)) (param $key i32) (result (ref null $entry))
    (local $entry (ref null $entry))
    (local.set $entry (array.get $table (local.get $table) (call $home (local.get $table) (local.get $key))))
    (loop $next
      (if (ref.is_null (local.get $entry))
        (then (return (ref.null $entry))))
      (if (i32.ne (struct.get $entry $key (local.get $entry)) (local.get $key))
        (then
          (local.set $entry (struct.get $entry $next (local.get $entry)))
          (br $next))))
    (local.get $entry))

  (func $home (param $table (ref $table)) (param $key i32) (result i32)
    (i32.rem_u (i32.mul (local.get $key) (i32.const 0x9e3779b1)) (array.len (local.get $table))))

  ;; Adds to the value of a key.
  (func $add (param $table (ref $table)) (param $key i32) (param $value i64)
    (local $entry (ref null $entry))
    (local $home i32)
    (local.set $entry (call $find (local.get $table) (local.get $key)))
    (if (ref.is_null (local.get $entry))
      (then
        (local.set $home (call $home (local.get $table) (local.get $key)))
        (array.set $table (local.get $table) (local.get $home)
          (struct.new $entry (local.get $key) (call $boxed (local.get $value))
            (array.get $table (local.get $table) (local.get $home)))))
      (else
        (struct.set $entry $value (local.get $entry)
          (call $boxed
            (i64.add (local.get $value) (call $plain (struct.get $entry $value (local.get $entry)))))))))

  (func (export "run") (param $n i32) (result i32)
    (local $table (ref $table))
    (local $entry (ref null $entry))
    (local $sum i64)
    (global.set $seed (i32.const 17))
    (local.set $table (array.new_default $table (i32.const 1021)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $add (local.get $table)
          (i32.rem_u (call $random) (i32.const 3000))
          (i64.extend_i32_u (i32.rem_u (call $random) (i32.const 700000))))
        (local.set $entry (call $find (local.get $table) (i32.rem_u (call $random) (i32.const 3000))))
        (if (i32.eqz (ref.is_null (local.get $entry)))
          (then
            (local.set $sum
              (i64.add (i64.rotl (local.get $sum) (i64.const 1))
                       (call $plain (struct.get $entry $value (local.get $entry)))))))
        (br $again)))
    (i32.xor (i32.wrap_i64 (local.get $sum)) (i32.wrap_i64 (i64.shr_u (local.get $sum) (i64.const 32))))))
