;; passes: canonical params branches merge invert params unroll params branches merge dce layout
(module (memory 1) (func (param i32 i32) (result i32) (local i32 i32 i32)
  ;; Two values rotate. The older one is used behind the loop, on one of the ways out; the other way takes what the load gives.
  (local.set 3 (i32.const 1))
  (block $done
    (loop $turn
      (local.set 4 (i32.add (local.get 2) (local.get 3)))
      (br_if $done (i32.eq (local.tee 1 (i32.load (local.get 0))) (i32.const 9)))
      (local.set 2 (local.get 3))
      (local.set 3 (local.get 4))
      (br_if $turn (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (return (i32.mul (local.get 2) (local.get 3))))
  (i32.sub (local.get 1) (local.get 4))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 2
;;   v4: i32 = i32.const 0
;;   v2: i32 = i32.const 1
;;   br b1(v4, v2, v0)
;; b1(v3: i32, v5: i32, v7: i32): cost 10
;;   v6: i32 = i32.add v3, v5
;;   v8: i32 = i32.load v7
;;   v9: i32 = i32.const 9
;;   v10: i32 = i32.eq v8, v9
;;   br_if v10, b2(v8, v6), b3
;; b3: cost 9
;;   v11: i32 = i32.const 1
;;   v12: i32 = i32.sub v7, v11
;;   br_if v12, b5, b4(v5, v6)
;; b5: cost 10
;;   v18: i32 = i32.add v5, v6
;;   v19: i32 = i32.load v12
;;   v20: i32 = i32.const 9
;;   v21: i32 = i32.eq v19, v20
;;   br_if v21, b2(v19, v18), b6
;; b6: cost 9
;;   v22: i32 = i32.const 1
;;   v23: i32 = i32.sub v12, v22
;;   br_if v23, b1(v6, v18, v23), b4(v6, v18)
;; b4(v26: i32, v27: i32): cost 3
;;   v13: i32 = i32.mul v26, v27
;;   return v13
;; b2(v24: i32, v25: i32): cost 3
;;   v14: i32 = i32.sub v24, v25
;;   return v14
