;; passes: canonical params branches merge licm dce layout
(module (memory 1) (tag $e (param i32)) (func $f (param i32 i32) (result i32)
  ;; A vector constant leaves the loop though only some turns need it; the sum of two parameters, which may not be needed, does not. What runs
  ;; in every turn on which nothing is thrown, the product, does.
  (loop $l
    (block $h (result i32)
      (try_table (result i32) (catch $e $h)
        (call $f (local.get 0) (local.get 1)))
      (drop (i32.load (i32.mul (local.get 1) (i32.const 12))))
      (if (then (v128.store (i32.add (local.get 1) (local.get 1)) (v128.const i64x2 5 6))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
      (return (local.get 0)))
    (local.set 0)
    (br $l))
  (i32.const 0)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   v5: i32 = i32.const 12
;;   v6: i32 = i32.mul v1, v5
;;   v9: v128 = v128.const 0x00000000000000060000000000000005
;;   v10: i32 = i32.const 1
;;   br b1(v0)
;; b1(v2: i32): cost 9
;;   v3: i32 = call 0(v2, v1)
;;   try b3, [b2]
;; b3: cost 0
;;   v7: i32 = i32.load v6
;;   br_if v3, b5, b6
;; b5: cost 5
;;   v8: i32 = i32.add v1, v1
;;   store128 v8, v9
;;   br b6
;; b6: cost 5
;;   v11: i32 = i32.sub v2, v10
;;   br_if v11, b1(v11), b7
;; b7: cost 1
;;   return v11
;; b2: cost 3
;;   v4: i32 = catch 0
;;   br b1(v4)
