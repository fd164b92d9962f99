;; passes: simplify branches merge invert params dce layout
(module
  (func $f (param i32) (result i32)
    ;; The way that is likely follows, though the source has the other one first.
    (@metadata.code.branch_hint "\00")
    (if (i32.eqz (local.get 0)) (then (local.set 0 (call $g (i32.const 1)))) (else (local.set 0 (i32.const 2))))
    (block $slow
      (block $fast
        (@metadata.code.branch_hint "\01")
        (br_if $fast (i32.eq (local.get 0) (i32.const 3)))
        ;; Behind everything, and back.
        (local.set 0 (call $g (local.get 0)))
        (br $slow))
      (local.set 0 (i32.add (local.get 0) (i32.const 4))))
    (loop $l
      ;; A way that is unlikely is behind the loop though it is part of it.
      (@metadata.code.branch_hint "\00")
      (if (i32.rem_u (local.get 0) (i32.const 100)) (then (local.set 0 (call $g (local.get 0)))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (loop $l
      (block $out
        ;; The test goes to the end of the loop, with its hint.
        (@metadata.code.branch_hint "\00")
        (br_if $out (i32.gt_u (local.get 0) (i32.const 1000)))
        (local.set 0 (i32.mul (local.get 0) (i32.const 3)))
        (br $l)))
    (local.get 0))
  (func $g (param i32) (result i32) (local.get 0)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 3
;;   br_if v0, b3, b1, mostly true
;; b3: cost 2
;;   v4: i32 = i32.const 2
;;   br b2(v4)
;; b2(v5: i32): cost 4
;;   v6: i32 = i32.const 3
;;   v7: i32 = i32.eq v5, v6
;;   br_if v7, b4, b5, mostly true
;; b4: cost 4
;;   v9: i32 = i32.const 4
;;   v10: i32 = i32.add v5, v9
;;   br b7(v10)
;; b7(v11: i32): cost 4
;;   v13: i32 = i32.const 100
;;   v14: i32 = i32.rem_u v11, v13
;;   br_if v14, b8, b9(v11), mostly false
;; b9(v16: i32): cost 5
;;   v24: i32 = i32.const -1
;;   v18: i32 = i32.add v16, v24
;;   br_if v18, b7(v18), b11
;; b11: cost 0
;;   v20: i32 = i32.const 1000
;;   v21: i32 = i32.gt_u v18, v20
;;   br_if v21, b12(v18), b13(v18), mostly false
;; b13(v25: i32): cost 9
;;   v22: i32 = i32.const 3
;;   v23: i32 = i32.mul v25, v22
;;   v27: i32 = i32.const 1000
;;   v28: i32 = i32.gt_u v23, v27
;;   br_if v28, b12(v23), b13(v23), mostly false
;; b1: cost 3
;;   v2: i32 = i32.const 1
;;   v3: i32 = call 1(v2)
;;   br b2(v3)
;; b5: cost 4
;;   v8: i32 = call 1(v5)
;;   br b7(v8)
;; b8: cost 3
;;   v15: i32 = call 1(v11)
;;   br b9(v15)
;; b12(v26: i32): cost 5
;;   return v26
