;; passes: simplify dce layout
(module (func (param i32 i32) (result i32)
  (if (i32.ne (local.get 0) (i32.const 0)) (then (return (i32.const 1))))
  (if (i32.eqz (i32.eqz (i32.eqz (local.get 0)))) (then (return (i32.const 2))))
  (select (i32.const 1) (i32.const 0) (i32.lt_s (local.get 0) (local.get 1)))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 4
;;   br_if v0, b1, b2
;; b1: cost 1
;;   v4: i32 = i32.const 1
;;   return v4
;; b2: cost 5
;;   br_if v0, b4, b3
;; b3: cost 1
;;   v8: i32 = i32.const 2
;;   return v8
;; b4: cost 6
;;   v11: i32 = i32.lt_s v0, v1
;;   return v11
