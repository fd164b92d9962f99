;; passes: dce
(module (memory 1) (func (param i32) (local i32 i32)
  (loop
    ;; Locals 1 and 2 feed each other and nothing else.
    (local.set 1 (i32.add (local.get 2) (i32.const 1)))
    (local.set 2 (i32.mul (local.get 1) (i32.const 3)))
    ;; These may trap, so they stay; the division by 3 cannot.
    (drop (i32.load (local.get 0)))
    (drop (i32.div_u (i32.const 1) (local.get 0)))
    (drop (i32.div_u (local.get 0) (i32.const 3)))
    (br_if 0 (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))))
;; ---
;; func 0 (i32) -> ()
;; b0(v0: i32): cost 0
;;   br b1(v0)
;; b1(v7: i32): cost 21
;;   v8: i32 = i32.load v7
;;   v9: i32 = i32.const 1
;;   v10: i32 = i32.div_u v9, v7
;;   v13: i32 = i32.const 1
;;   v14: i32 = i32.shr_u v7, v13
;;   br_if v14, b1(v14), b2
;; b2: cost 0
;;   return
