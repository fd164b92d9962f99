;; passes: sink layout
(module (func (param i32 i32 i32) (result i32) (local i32 i32)
  ;; Only one way needs the product, both need the sum; a division may trap and stays.
  (local.set 3 (i32.mul (local.get 0) (local.get 1)))
  (local.set 4 (i32.add (local.get 0) (local.get 1)))
  (local.set 2 (i32.div_u (local.get 2) (local.get 1)))
  (if (result i32) (local.get 0)
    (then (i32.xor (local.get 3) (local.get 4)))
    (else
      ;; Not into the loop, where it would be made in every turn.
      (local.set 3 (i32.shl (local.get 1) (i32.const 3)))
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (local.get 3)))))
      (i32.sub (local.get 4) (local.get 2))))))
;; ---
;; func 0 (i32, i32, i32) -> (i32)
;; b0(v0: i32, v1: i32, v2: i32): cost 14
;;   v4: i32 = i32.add v0, v1
;;   v5: i32 = i32.div_u v2, v1
;;   br_if v0, b1, b3
;; b1: cost 3
;;   v3: i32 = i32.mul v0, v1
;;   v6: i32 = i32.xor v3, v4
;;   br b2(v6)
;; b3: cost 4
;;   v7: i32 = i32.const 3
;;   v8: i32 = i32.shl v1, v7
;;   br b4(v0)
;; b4(v9: i32): cost 5
;;   v10: i32 = i32.sub v9, v8
;;   br_if v10, b4(v10), b5
;; b5: cost 3
;;   v11: i32 = i32.sub v4, v5
;;   br b2(v11)
;; b2(v12: i32): cost 0
;;   return v12
