;; passes: simplify dce
(module (func (param i32) (result i32 i64 f64 i32)
  (i32.mul (i32.const 6) (i32.const 7))
  (i64.shr_s (i64.const -9) (i64.const 1))
  (f64.add (f64.const 0.5) (f64.const 1))
  ;; A division by zero is left to trap.
  (i32.div_u (i32.const 1) (i32.const 0))))
;; ---
;; func 0 (i32) -> (i32, i64, f64, i32)
;; b0(v0: i32): cost 12
;;   v3: i32 = i32.const 42
;;   v6: i64 = i64.const -5
;;   v9: f64 = f64.const 1.5
;;   v10: i32 = i32.const 1
;;   v11: i32 = i32.const 0
;;   v12: i32 = i32.div_u v10, v11
;;   return v3, v6, v9, v12
