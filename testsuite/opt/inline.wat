;; passes: canonical inline
(module
  (memory 1)
  (func (export "sum") (param $at i32) (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $get (local.get $at))))
      (local.set $at (call $step (local.get $at)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ;; Not tiny, and outside of the loop.
    (call $clamped (local.get $sum)))
  (func $get (param i32) (result i32) (i32.load8_s (local.get 0)))
  ;; A call in what is copied.
  (func $step (param i32) (result i32) (i32.add (call $width) (local.get 0)))
  (func $width (result i32) (i32.const 4))
  (func $clamped (param i32) (result i32)
    (local.set 0 (select (local.get 0) (i32.const 9) (i32.lt_s (local.get 0) (i32.const 9))))
    (local.set 0 (select (local.get 0) (i32.const 3) (i32.gt_s (local.get 0) (i32.const 3))))
    (local.set 0 (i32.mul (i32.xor (local.get 0) (i32.const 5)) (i32.add (local.get 0) (i32.const 5))))
    (local.set 0 (i32.mul (i32.xor (local.get 0) (i32.const 6)) (i32.add (local.get 0) (i32.const 7))))
    (i32.rotl (local.get 0) (i32.const 7))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   v3: i32 = i32.const 0
;;   br b1(v3, v0, v1)
;; b1(v2: i32, v4: i32, v8: i32): cost 13
;;   br b6(v4)
;; b6(v17: i32): cost 2
;;   v18: i32 = i32.load8_s v17
;;   br b5(v18)
;; b5(v16: i32): cost 0
;;   v6: i32 = i32.add v2, v16
;;   br b4(v4)
;; b4(v13: i32): cost 3
;;   br b8
;; b8: cost 1
;;   v20: i32 = i32.const 4
;;   br b7(v20)
;; b7(v19: i32): cost 0
;;   v15: i32 = i32.add v19, v13
;;   br b3(v15)
;; b3(v12: i32): cost 0
;;   v9: i32 = i32.const 1
;;   v10: i32 = i32.sub v8, v9
;;   br_if v10, b1(v6, v12, v10), b2
;; b2: cost 2
;;   v11: i32 = call 4(v6)
;;   return v11
