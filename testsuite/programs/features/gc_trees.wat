;; Binary trees: many short-lived ones are made and counted beside one that lives long.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))

  (func $make (param $depth i32) (result (ref $tree))
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new_default $tree))))
    (struct.new $tree
      (call $make (i32.sub (local.get $depth) (i32.const 1)))
      (call $make (i32.sub (local.get $depth) (i32.const 1)))))

  (func $count (param $tree (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $tree))
      (then (return (i32.const 0))))
    (i32.add
      (i32.const 1)
      (i32.add
        (call $count (struct.get $tree $left (local.get $tree)))
        (call $count (struct.get $tree $right (local.get $tree))))))

  (func (export "run") (param $n i32) (result i32)
    (local $long (ref $tree))
    (local $sum i32)
    (local.set $long (call $make (i32.const 12)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $sum
          (i32.add (i32.mul (local.get $sum) (i32.const 31))
                   (call $count (call $make (i32.add (i32.const 4) (i32.and (local.get $n) (i32.const 7)))))))
        (br $again)))
    (i32.add (local.get $sum) (call $count (local.get $long)))))
