;; passes: canonical weigh simplify branches merge invert params dce layout
;; counts: 1*8000000 4*8000000 3*1 4*8000000 3*8000000 4*3000000 4*5000000 3*8000000 9*1
(module
  (func $f (param i32 i32) (result i32)
    (loop $again
      ;; What the source calls likely has run once: it goes behind everything.
      (@metadata.code.branch_hint "\01")
      (if (i32.eq (local.get 0) (i32.const 17))
        (then (local.set 1 (call $g (i32.const 1)))))
      ;; Both of these are hot: none is in the way.
      (if (i32.and (local.get 1) (i32.const 1))
        (then (local.set 1 (i32.add (local.get 1) (i32.const 5))))
        (else (local.set 1 (i32.mul (local.get 1) (i32.const 3)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $g (param i32) (result i32) (local.get 0)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   br b1(v0, v1)
;; b1(v2: i32, v8: i32): cost 4
;;   v3: i32 = i32.const 17
;;   v4: i32 = i32.eq v2, v3
;;   br_if v4, b2, b3(v8), mostly false
;; b3(v7: i32): cost 4
;;   v9: i32 = i32.const 1
;;   v10: i32 = i32.and v7, v9
;;   br_if v10, b4, b6
;; b4: cost 4
;;   v11: i32 = i32.const 5
;;   v12: i32 = i32.add v7, v11
;;   br b5(v12)
;; b6: cost 4
;;   v13: i32 = i32.const 3
;;   v14: i32 = i32.mul v7, v13
;;   br b5(v14)
;; b5(v17: i32): cost 5
;;   v18: i32 = i32.const -1
;;   v16: i32 = i32.add v2, v18
;;   br_if v16, b1(v16, v17), b7, mostly true
;; b2: cost 3
;;   v5: i32 = i32.const 1
;;   v6: i32 = call 1(v5)
;;   br b3(v6)
;; b7: cost 1
;;   return v17
