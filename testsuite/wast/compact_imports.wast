;; Imports that share the name of their module, or that and their type.

(module $m
  (func (export "one") (result i32) (i32.const 1))
  (func (export "two") (result i32) (i32.const 2))
  (global (export "g") i32 (i32.const 40))
  (memory (export "m") 1 2)
  (table (export "t") 3 funcref))
(register "m" $m)

(module
  (import "m"
    (item "one" (func $one (result i32)))
    (item "g" (global $g i32))
    (item "m" (memory 1))
    (item "t" (table 1 funcref)))
  (import "m" "two" (func $two (result i32)))
  (func (export "sum") (result i32)
    (i32.add (global.get $g) (i32.add (call $one) (call $two))))
  (func (export "sizes") (result i32)
    (i32.add (i32.mul (memory.size) (i32.const 10)) (table.size 0))))
(assert_return (invoke "sum") (i32.const 43))
(assert_return (invoke "sizes") (i32.const 13))

(module
  (import "m" (item "one") (item "two") (func (result i32)))
  (func (export "difference") (result i32) (i32.sub (call 1) (call 0))))
(assert_return (invoke "difference") (i32.const 1))

(assert_unlinkable
  (module (import "m" (item "one" (func (result i32))) (item "three" (func (result i32)))))
  "unknown import")
(assert_unlinkable
  (module (import "m" (item "one") (item "g") (func (result i32))))
  "incompatible import type")
;; A type that is none.
(assert_invalid
  (module binary "\00asm" "\01\00\00\00" "\02\09\01\01m\00\7e\00\05\01" "\01f")
  "unknown type")
