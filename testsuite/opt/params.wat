;; passes: params
(module (func (param i32 i32) (result i32) (local i32)
  ;; Local 1 goes around both loops unchanged, and local 2 only ever holds it.
  (local.set 2 (local.get 1))
  (loop
    (loop
      (local.set 0 (i32.sub (local.get 0) (local.get 2)))
      (br_if 0 (i32.gt_s (local.get 0) (local.get 1))))
    (local.set 2 (local.get 1))
    (br_if 0 (local.get 0)))
  (local.get 2)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 2
;;   br b1(v0)
;; b1(v2: i32): cost 8
;;   v4: i32 = i32.sub v2, v1
;;   v5: i32 = i32.gt_s v4, v1
;;   br_if v5, b1(v4), b2
;; b2: cost 4
;;   br_if v4, b1(v4), b3
;; b3: cost 1
;;   return v1
