;; passes: canonical inline
(module
  ;; Each call once, and the calls in the copies stay.
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 4
;;   v1: i32 = i32.const 2
;;   v2: i32 = i32.lt_u v0, v1
;;   br_if v2, b1, b3
;; b3: cost 9
;;   v3: i32 = i32.const 1
;;   v4: i32 = i32.sub v0, v3
;;   br b9(v4)
;; b9(v23: i32): cost 4
;;   v24: i32 = i32.const 2
;;   v25: i32 = i32.const -1
;;   v26: i32 = i32.const -2
;;   v27: i32 = i32.lt_u v23, v24
;;   br_if v27, b11, b10
;; b10: cost 9
;;   v28: i32 = i32.add v23, v25
;;   v29: i32 = call 0(v28)
;;   v30: i32 = i32.add v23, v26
;;   v31: i32 = call 0(v30)
;;   v32: i32 = i32.add v29, v31
;;   br b8(v32)
;; b11: cost 1
;;   br b8(v23)
;; b8(v22: i32): cost 0
;;   v6: i32 = i32.const 2
;;   v7: i32 = i32.sub v0, v6
;;   br b5(v7)
;; b5(v12: i32): cost 4
;;   v13: i32 = i32.const 2
;;   v14: i32 = i32.const -1
;;   v15: i32 = i32.const -2
;;   v16: i32 = i32.lt_u v12, v13
;;   br_if v16, b7, b6
;; b6: cost 9
;;   v17: i32 = i32.add v12, v14
;;   v18: i32 = call 0(v17)
;;   v19: i32 = i32.add v12, v15
;;   v20: i32 = call 0(v19)
;;   v21: i32 = i32.add v18, v20
;;   br b4(v21)
;; b7: cost 1
;;   br b4(v12)
;; b4(v11: i32): cost 0
;;   v9: i32 = i32.add v22, v11
;;   br b2(v9)
;; b1: cost 1
;;   br b2(v0)
;; b2(v10: i32): cost 0
;;   return v10
