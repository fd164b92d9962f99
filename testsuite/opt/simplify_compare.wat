;; passes: simplify dce
(module (func (param i32 i64) (result i32 i32 i32 i32 i32)
  (i32.eqz (i32.lt_s (local.get 0) (i32.const 5)))                ;; ge_s
  (i32.gt_u (i32.const 7) (local.get 0))                          ;; constant to the right
  (i32.eq (i32.add (local.get 0) (i32.const 3)) (i32.const 10))   ;; x == 7
  (i64.lt_s (i64.extend_i32_u (local.get 0)) (i64.const 1000))    ;; i32.lt_u
  (i32.and (i32.eqz (local.get 0)) (i32.const 1))))               ;; eqz
;; ---
;; func 0 (i32, i64) -> (i32, i32, i32, i32, i32)
;; b0(v0: i32, v1: i64): cost 20
;;   v2: i32 = i32.const 5
;;   v4: i32 = i32.ge_s v0, v2
;;   v5: i32 = i32.const 7
;;   v6: i32 = i32.lt_u v0, v5
;;   v17: i32 = i32.const 7
;;   v10: i32 = i32.eq v0, v17
;;   v18: i32 = i32.const 1000
;;   v13: i32 = i32.lt_u v0, v18
;;   v14: i32 = i32.eqz v0
;;   return v4, v6, v10, v13, v14
