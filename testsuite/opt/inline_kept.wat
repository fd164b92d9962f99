;; passes: canonical inline
(module
  (tag $t)
  (func (export "f") (param i32) (result i32) (local $last i32)
    (loop $again
      ;; Behind the first call is another one, which has to cost something: what is returned from several places stays a call.
      (drop (call $sign (local.get 0)))
      ;; But what is returned from one place pays for what comes behind it.
      (drop (call $negated (call $outside (local.get 0))))
      (call $throws)
      ;; Nothing calls behind the last one.
      (local.set $last (call $sign (local.get 0)))
      (br_if $again (local.get $last)))
    (local.get $last))
  (func $sign (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 0))
      (then (i32.const -1))
      (else (i32.ne (local.get 0) (i32.const 0)))))
  (func $negated (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
  (func $throws (throw $t))
  (func $outside (param i32) (result i32) (return_call $throwing (local.get 0)))
  (func $throwing (param i32) (result i32) (throw $t)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 0
;;   br b1
;; b1: cost 11
;;   v1: i32 = call 1(v0)
;;   v2: i32 = call 4(v0)
;;   br b8(v2)
;; b8(v12: i32): cost 3
;;   v13: i32 = i32.const 0
;;   v14: i32 = i32.sub v13, v12
;;   br b7(v14)
;; b7(v11: i32): cost 0
;;   call 3()
;;   br b4(v0)
;; b4(v6: i32): cost 4
;;   v7: i32 = i32.const 0
;;   v8: i32 = i32.const -1
;;   v9: i32 = i32.lt_s v6, v7
;;   br_if v9, b6, b5
;; b5: cost 3
;;   v10: i32 = i32.ne v6, v7
;;   br b3(v10)
;; b6: cost 1
;;   br b3(v8)
;; b3(v5: i32): cost 0
;;   br_if v5, b1, b2
;; b2: cost 1
;;   return v5
