;; passes: branches merge dce
(module (memory 1) (func (param i32) (result i32)
  ;; Nothing can be seen between the first two: they become one, and the costs add.
  (local.set 0 (i32.add (local.get 0) (i32.const 1)))
  (if (i32.const 1) (then
    (local.set 0 (i32.load (local.get 0)))
    ;; The load may trap before the rest is paid for, so here they stay apart.
    (if (i32.const 1) (then
      (local.set 0 (i32.mul (local.get 0) (i32.const 3)))))))
  (local.get 0)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 11
;;   v1: i32 = i32.const 1
;;   v2: i32 = i32.add v0, v1
;;   v4: i32 = i32.load v2
;;   br b3
;; b3: cost 5
;;   v6: i32 = i32.const 3
;;   v7: i32 = i32.mul v4, v6
;;   return v7
