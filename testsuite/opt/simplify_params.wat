;; passes: simplify dce layout
(module (memory 1) (func (param i32 i32) (result i32) (local i32)
  ;; Over every edge, the loop's own included, comes a byte: the mask goes, and so does the comparison with 256.
  (local.set 2 (i32.load8_u (local.get 0)))
  (loop
    (local.set 1 (i32.add (local.get 1) (i32.and (local.get 2) (i32.const 255))))
    (local.set 2 (i32.load8_u (local.get 1)))
    (br_if 0 (i32.lt_u (local.get 2) (i32.const 256)))
    (br_if 0 (i32.lt_u (local.get 2) (i32.const 255))))
  (i32.and (local.get 2) (i32.const 255))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 3
;;   v2: i32 = i32.load8_u v0
;;   br b1(v1, v2)
;; b1(v3: i32, v4: i32): cost 13
;;   v7: i32 = i32.add v3, v4
;;   v8: i32 = i32.load8_u v7
;;   v10: i32 = i32.const 1
;;   br_if v10, b1(v7, v8), b2
;; b2: cost 4
;;   v11: i32 = i32.const 255
;;   v12: i32 = i32.lt_u v8, v11
;;   br_if v12, b1(v7, v8), b3
;; b3: cost 3
;;   return v8
