;; passes: params counters params dce layout
(module (memory 1) (func (param i32 i32)
  ;; Equality compares the next value; the step and the test share a slot.
  (loop $up
    (i32.store8 (local.get 0) (i32.const 1))
    (br_if $up
      (i32.ne (local.get 0) (i32.const 999))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))))
  ;; Order does not survive wrapping: the step moves behind the branch.
  (loop $down
    (i32.store8 (local.get 1) (i32.const 2))
    (br_if $down
      (i32.gt_s (local.get 1) (i32.const 0))
      (local.set 1 (i32.add (local.get 1) (i32.const -1)))))))
;; ---
;; func 0 (i32, i32) -> ()
;; b0(v0: i32, v1: i32): cost 0
;;   br b1(v0)
;; b1(v2: i32): cost 11
;;   v3: i32 = i32.const 1
;;   store8 v2, v3
;;   v6: i32 = i32.const 1
;;   v7: i32 = i32.add v2, v6
;;   v14: i32 = i32.const 1000
;;   v5: i32 = i32.ne v7, v14
;;   br_if v5, b1(v7), b2
;; b2: cost 0
;;   br b3(v1)
;; b3(v8: i32): cost 11
;;   v9: i32 = i32.const 2
;;   store8 v8, v9
;;   v10: i32 = i32.const 0
;;   v11: i32 = i32.gt_s v8, v10
;;   v12: i32 = i32.const -1
;;   br_if v11, b5, b4
;; b5: cost 0
;;   v13: i32 = i32.add v8, v12
;;   br b3(v13)
;; b4: cost 0
;;   return
