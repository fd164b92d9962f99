;; passes: canonical params simplify consts layout
(module (tag $e (param i32)) (func $f (param i32) (result i32)
  (local $i i32)
  ;; A call that is tried costs with its block, what it returns to comes right behind it, and what catches comes last.
  (block $h (result i32)
    (try_table (catch $e $h)
      (loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (drop (call $f (local.get $i)))
        (br_if $l (i32.lt_u (local.get $i) (local.get 0)))))
    (return (local.get $i)))
  (i32.sub (local.get $i)))
)
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 1
;;   v11: i32 = i32.const 0
;;   br b2(v11)
;; b2(v1: i32): cost 10
;;   v12: i32 = i32.const 1
;;   v4: i32 = i32.add v1, v12
;;   v5: i32 = call 0(v4)
;;   try b3, [b1]
;; b3: cost 0
;;   v6: i32 = i32.lt_u v4, v0
;;   br_if v6, b2(v4), b4
;; b4: cost 1
;;   return v4
;; b1: cost 3
;;   v7: i32 = catch 0
;;   v10: i32 = i32.sub v7, v4
;;   return v10
