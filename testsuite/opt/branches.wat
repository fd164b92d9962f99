;; passes: params branches dce layout
(module (func (param i32) (result i32)
  (if (i32.const 0) (then (return (i32.const 1))))
  (block $a (block $b
    ;; A table with one way out.
    (br_table $a $a (local.get 0))))
  (block $c (block $d
    (br_table $d $c (local.get 0)))
    (return (i32.const 2)))
  (block $e (br_if $e (local.get 0)))
  (i32.const 3)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 2
;;   br b2
;; b2: cost 2
;;   br b3
;; b3: cost 2
;;   br_if v0, b5, b4
;; b4: cost 1
;;   v3: i32 = i32.const 2
;;   return v3
;; b5: cost 2
;;   br b6
;; b6: cost 1
;;   v4: i32 = i32.const 3
;;   return v4
