;; passes: gvn fuse dce layout
(module (func (param externref i32) (result i32)
  ;; Tests for null are comparisons too: the branches on one that has other uses each get their own.
  (local $null i32)
  (local.set $null (ref.is_null (local.get 0)))
  (if (local.get 1) (then
    (if (local.get $null) (then (return (i32.const 1))))))
  (block $out (drop (br_on_null $out (local.get 0))) (return (i32.const 2)))
  (local.get $null)))
;; ---
;; func 0 (externref, i32) -> (i32)
;; b0(v0: externref, v1: i32): cost 5
;;   v3: i32 = i32.const 1
;;   v5: i32 = i32.const 2
;;   v2: i32 = ref.is_null v0
;;   br_if v1, b1, b2
;; b1: cost 2
;;   v6: i32 = ref.is_null v0
;;   br_if v6, b3, b4
;; b3: cost 1
;;   return v3
;; b4: cost 0
;;   br b2
;; b2: cost 2
;;   v7: i32 = ref.is_null v0
;;   br_if v7, b5, b6
;; b6: cost 1
;;   return v5
;; b5: cost 1
;;   return v2
