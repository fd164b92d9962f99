;; passes: params tails merge dce layout
(module (memory 1) (func (param i32 i32) (result i32)
  ;; The end costs something: copied behind the constant, not behind the load, which shows fuel.
  (block $end (result i32)
    (br_if $end (i32.const 7) (local.get 0))
    drop
    (if (local.get 1) (then (br $end (i32.load (local.get 0)))))
    (br_if $end (i32.const 8) (i32.eqz (local.get 1)))
    drop
    (br $end (i32.const 9)))
  (i32.xor (local.get 1))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 3
;;   v2: i32 = i32.const 7
;;   br_if v0, b1(v2), b2
;; b2: cost 2
;;   br_if v1, b3, b4
;; b3: cost 3
;;   v3: i32 = i32.load v0
;;   br b1(v3)
;; b4: cost 4
;;   v4: i32 = i32.const 8
;;   v5: i32 = i32.eqz v1
;;   br_if v5, b1(v4), b5
;; b5: cost 4
;;   v6: i32 = i32.const 9
;;   v9: i32 = i32.xor v6, v1
;;   return v9
;; b1(v7: i32): cost 2
;;   v8: i32 = i32.xor v7, v1
;;   return v8
