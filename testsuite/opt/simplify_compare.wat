;; passes: simplify dce
(module (func (param i32 i64) (result i32 i32 i32 i32 i32 i32 i32)
  (i64.eqz (i64.and (local.get 1) (i64.const 1)))                 ;; of the low half
  (i64.ne (i64.and (local.get 1) (i64.const 255)) (i64.const 0))  ;; the same
  (i32.eqz (i32.lt_s (local.get 0) (i32.const 5)))                ;; ge_s
  (i32.gt_u (i32.const 7) (local.get 0))                          ;; constant to the right
  (i32.eq (i32.add (local.get 0) (i32.const 3)) (i32.const 10))   ;; x == 7
  (i64.lt_s (i64.extend_i32_u (local.get 0)) (i64.const 1000))    ;; i32.lt_u
  (i32.and (i32.eqz (local.get 0)) (i32.const 1))))               ;; eqz
;; ---
;; func 0 (i32, i64) -> (i32, i32, i32, i32, i32, i32, i32)
;; b0(v0: i32, v1: i64): cost 29
;;   v24: i32 = i32.wrap_i64 v1
;;   v25: i32 = i32.const 1
;;   v26: i32 = i32.and v24, v25
;;   v4: i32 = i32.eqz v26
;;   v27: i32 = i32.wrap_i64 v1
;;   v28: i32 = i32.const 255
;;   v29: i32 = i32.and v27, v28
;;   v30: i32 = i32.const 0
;;   v8: i32 = i32.ne v29, v30
;;   v9: i32 = i32.const 5
;;   v11: i32 = i32.ge_s v0, v9
;;   v12: i32 = i32.const 7
;;   v13: i32 = i32.lt_u v0, v12
;;   v31: i32 = i32.const 7
;;   v17: i32 = i32.eq v0, v31
;;   v32: i32 = i32.const 1000
;;   v20: i32 = i32.lt_u v0, v32
;;   v21: i32 = i32.eqz v0
;;   return v4, v8, v11, v13, v17, v20, v21
