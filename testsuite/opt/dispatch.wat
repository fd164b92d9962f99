;; passes: dispatch params merge dce layout
(module (memory 1) (func (param i32) (local i32 i32)
  (block $done
    (loop $next
      (block $step
        (block $b
          (block $a
            (br_table $a $b $done (i32.load8_u (local.get 0))))
          (i32.store (local.get 1) (i32.const 7))
          (br $step))
        (local.set 2 (i32.load (local.get 2))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br $next)))
  (i32.store (local.get 2) (local.get 0))))
;; ---
;; func 0 (i32) -> ()
;; b0(v0: i32): cost 3
;;   v3: i32 = i32.const 0
;;   v2: i32 = i32.load8_u v0
;;   br_table v2, [b2(v0, v3), b3(v0, v3)], b4(v0, v3)
;; b3(v14: i32, v17: i32): cost 3
;;   v6: i32 = i32.load v17
;;   br b7
;; b7: cost 8
;;   v21: i32 = i32.const 1
;;   v22: i32 = i32.add v14, v21
;;   v23: i32 = i32.load8_u v22
;;   br_table v23, [b2(v22, v6), b3(v22, v6)], b4(v22, v6)
;; b2(v11: i32, v15: i32): cost 4
;;   v4: i32 = i32.const 7
;;   store32 v3, v4
;;   br b6
;; b6: cost 8
;;   v18: i32 = i32.const 1
;;   v19: i32 = i32.add v11, v18
;;   v20: i32 = i32.load8_u v19
;;   br_table v20, [b2(v19, v15), b3(v19, v15)], b4(v19, v15)
;; b4(v13: i32, v16: i32): cost 3
;;   store32 v16, v13
;;   return
