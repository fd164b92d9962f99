;; passes: params invert params layout
(module (memory 1) (func (param i32 i32) (result i32) (local i32)
  (block $done
    (loop $while
      (br_if $done (i32.ge_u (local.get 0) (local.get 1)))
      (local.set 2 (i32.add (local.get 2) (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br $while)))
  (local.get 2)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   v5: i32 = i32.const 0
;;   br b1
;; b1: cost 0
;;   v3: i32 = i32.ge_u v0, v1
;;   br_if v3, b2(v0, v5), b3(v0, v5)
;; b3(v10: i32, v12: i32): cost 14
;;   v6: i32 = i32.load v10
;;   v7: i32 = i32.add v12, v6
;;   v8: i32 = i32.const 4
;;   v9: i32 = i32.add v10, v8
;;   v14: i32 = i32.ge_u v9, v1
;;   br_if v14, b2(v9, v7), b3(v9, v7)
;; b2(v11: i32, v13: i32): cost 5
;;   return v13
