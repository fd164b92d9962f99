;; passes: canonical weigh params simplify branches merge dce tails merge dce layout
;; counts: 60*9000000
(module
  (func $f (param i32 i32) (result i32)
    ;; What both ways go on with is a test. It is hot, so each way has its own.
    (block $out
      (if (local.get 0)
        (then (local.set 1 (i32.mul (local.get 1) (i32.const 5))))
        (else (local.set 1 (i32.add (local.get 1) (i32.const 5)))))
      (br_if $out (i32.gt_u (i32.and (local.get 1) (i32.const 255)) (i32.const 9)))
      (return (i32.const 0)))
    (local.get 0))
)
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 2
;;   br_if v0, b1, b3
;; b1: cost 10
;;   v2: i32 = i32.const 5
;;   v3: i32 = i32.mul v1, v2
;;   v16: i32 = i32.const 255
;;   v17: i32 = i32.and v3, v16
;;   v18: i32 = i32.const 9
;;   v19: i32 = i32.gt_u v17, v18
;;   br_if v19, b4, b5
;; b3: cost 10
;;   v4: i32 = i32.const 5
;;   v5: i32 = i32.add v1, v4
;;   v12: i32 = i32.const 255
;;   v13: i32 = i32.and v5, v12
;;   v14: i32 = i32.const 9
;;   v15: i32 = i32.gt_u v13, v14
;;   br_if v15, b4, b5
;; b5: cost 1
;;   v11: i32 = i32.const 0
;;   return v11
;; b4: cost 1
;;   return v0
