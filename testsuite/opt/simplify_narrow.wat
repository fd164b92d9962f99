;; passes: simplify dce
(module (memory 1) (func (param i32 i32) (result i32 i32)
  (i32.wrap_i64 (i64.mul (i64.extend_i32_s (local.get 0)) (i64.extend_i32_u (local.get 1))))
  ;; What a store cuts off need not be masked.
  (i32.store8 (local.get 0) (i32.and (local.get 1) (i32.const 0xff)))
  (i64.store32 (local.get 0) (i64.extend_i32_s (local.get 1)))
  (i32.and (i32.load8_u (local.get 0)) (i32.const 0xff))))
;; ---
;; func 0 (i32, i32) -> (i32, i32)
;; b0(v0: i32, v1: i32): cost 19
;;   v5: i32 = i32.mul v0, v1
;;   store8 v0, v1
;;   store32 v0, v1
;;   v9: i32 = i32.load8_u v0
;;   return v5, v9
