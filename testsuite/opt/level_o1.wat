;; level: O1
(module (func (param i32) (result i32)
  (if (i32.const 0) (then (return (i32.const 1))))
  (i32.add (i32.mul (local.get 0) (local.get 0)) (i32.mul (local.get 0) (local.get 0)))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 9
;;   v3: i32 = i32.mul v0, v0
;;   v4: i32 = i32.mul v0, v0
;;   v5: i32 = i32.add v3, v4
;;   return v5
