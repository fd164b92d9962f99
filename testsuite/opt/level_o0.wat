;; level: O0
(module (func (param i32) (result i32)
  (if (i32.const 0) (then (return (i32.const 1))))
  (i32.add (local.get 0) (i32.const 0))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 2
;;   v1: i32 = i32.const 0
;;   br_if v1, b1, b2
;; b2: cost 3
;;   v3: i32 = i32.const 0
;;   v4: i32 = i32.add v0, v3
;;   return v4
;; b1: cost 1
;;   v2: i32 = i32.const 1
;;   return v2
