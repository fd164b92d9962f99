;; passes: canonical params branches merge steps dce layout
(module (tag $e (param i32)) (func $f (param i32 i32) (result i32)
  ;; The step goes behind the call, on both ways; the sum does not, for the call needs it, and the quotient may trap.
  (loop $l
    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (local.set 1 (i32.div_u (i32.const 9) (local.get 1)))
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (call $f (i32.add (local.get 1) (i32.const 4)) (local.get 1))))
    (local.set 1)
    (br_if $l (local.get 0)))
  (local.get 1)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   br b1(v0, v1)
;; b1(v2: i32, v6: i32): cost 17
;;   v3: i32 = i32.const 1
;;   v5: i32 = i32.const 9
;;   v7: i32 = i32.div_u v5, v6
;;   v8: i32 = i32.const 4
;;   v9: i32 = i32.add v7, v8
;;   v10: i32 = call 0(v9, v7)
;;   try b3, [b2]
;; b3: cost 0
;;   v15: i32 = i32.sub v2, v3
;;   br_if v15, b1(v15, v10), b5(v10)
;; b5(v14: i32): cost 1
;;   return v14
;; b2: cost 4
;;   v11: i32 = catch 0
;;   v16: i32 = i32.sub v2, v3
;;   br_if v16, b1(v16, v11), b5(v11)
