;; passes: gvn fuse dce layout
(module (global $g (mut i32) (i32.const 0)) (func (param i32 i32) (result i32)
  ;; One comparison for three uses, two of them branches: each branch gets its own.
  (global.set $g (i32.lt_s (local.get 0) (local.get 1)))
  (if (i32.eqz (local.get 0)) (then
    (if (i32.lt_s (local.get 0) (local.get 1)) (then (return (i32.const 1))))))
  (if (i32.lt_s (local.get 0) (local.get 1)) (then (return (i32.const 2))))
  (i32.const 3)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 7
;;   v5: i32 = i32.const 1
;;   v8: i32 = i32.const 3
;;   v7: i32 = i32.const 2
;;   v2: i32 = i32.lt_s v0, v1
;;   global.set 0, v2
;;   v3: i32 = i32.eqz v0
;;   br_if v3, b1, b2
;; b1: cost 4
;;   v9: i32 = i32.lt_s v0, v1
;;   br_if v9, b3, b4
;; b3: cost 1
;;   return v5
;; b4: cost 0
;;   br b2
;; b2: cost 4
;;   v10: i32 = i32.lt_s v0, v1
;;   br_if v10, b5, b6
;; b5: cost 1
;;   return v7
;; b6: cost 1
;;   return v8
