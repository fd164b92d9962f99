;; passes: simplify dce
(module (func (param i32 i64) (result i32 i32 i32 i32 i32 i64 i32)
  (i32.add (i32.const 3) (i32.add (local.get 0) (i32.const 4)))   ;; x + 7
  (i32.mul (local.get 0) (i32.const 8))                           ;; x << 3
  (i32.rem_u (local.get 0) (i32.const 16))                        ;; x & 15
  (i32.sub (local.get 0) (i32.const 5))                           ;; x + -5
  (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24)) ;; extend8_s
  (i64.xor (local.get 1) (local.get 1))                           ;; 0
  (i32.sub (i32.add (local.get 0) (i32.const 9)) (local.get 0))))  ;; 9
;; ---
;; func 0 (i32, i64) -> (i32, i32, i32, i32, i32, i64, i32)
;; b0(v0: i32, v1: i64): cost 27
;;   v20: i32 = i32.const 7
;;   v5: i32 = i32.add v0, v20
;;   v21: i32 = i32.const 3
;;   v7: i32 = i32.shl v0, v21
;;   v22: i32 = i32.const 15
;;   v9: i32 = i32.and v0, v22
;;   v23: i32 = i32.const -5
;;   v11: i32 = i32.add v0, v23
;;   v15: i32 = i32.extend8_s v0
;;   v16: i64 = i64.const 0
;;   v17: i32 = i32.const 9
;;   return v5, v7, v9, v11, v15, v16, v17
