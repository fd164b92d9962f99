;; passes: gvn dce
(module (func (param i32 i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (local.get 1))
    (then
      (i32.add
        (i32.mul (local.get 0) (local.get 1))
        ;; Equal in spite of the order, and decided by the branch above.
        (if (result i32) (i32.lt_u (local.get 0) (local.get 1))
          (then (i32.div_u (i32.mul (local.get 1) (local.get 0)) (local.get 1)))
          (else (i32.const 3)))))
    ;; Not dominated by the product above.
    (else (i32.mul (local.get 0) (local.get 1))))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 4
;;   v2: i32 = i32.lt_u v0, v1
;;   br_if v2, b1, b6
;; b6: cost 3
;;   v10: i32 = i32.mul v0, v1
;;   br b2(v10)
;; b1: cost 7
;;   v3: i32 = i32.mul v0, v1
;;   br b3
;; b3: cost 5
;;   v6: i32 = i32.div_u v3, v1
;;   br b4(v6)
;; b4(v8: i32): cost 1
;;   v9: i32 = i32.add v3, v8
;;   br b2(v9)
;; b2(v11: i32): cost 0
;;   return v11
