;; passes: gvn licm dce layout
(module (memory 1) (func (param i32 i32 i32) (local i32)
  (loop
    (local.set 3 (local.get 2))
    (loop
      (i32.store
        ;; Invariant in both loops; the product changes in the outer one, which comes from behind a branch and stays there.
        (i32.add (i32.shl (local.get 1) (i32.const 2)) (local.get 3))
        (i32.mul (local.get 0) (i32.const 100)))
      (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
;; ---
;; func 0 (i32, i32, i32) -> ()
;; b0(v0: i32, v1: i32, v2: i32): cost 0
;;   v3: i32 = i32.const 2
;;   v8: i32 = i32.const 100
;;   v10: i32 = i32.const 1
;;   v4: i32 = i32.shl v1, v3
;;   br b1(v0)
;; b1(v7: i32): cost 2
;;   v9: i32 = i32.mul v7, v8
;;   br b2(v2)
;; b2(v5: i32): cost 14
;;   v6: i32 = i32.add v4, v5
;;   store32 v6, v9
;;   v11: i32 = i32.sub v5, v10
;;   br_if v11, b2(v11), b3
;; b3: cost 5
;;   v13: i32 = i32.sub v7, v10
;;   br_if v13, b1(v13), b4
;; b4: cost 0
;;   return
