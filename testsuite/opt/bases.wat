;; passes: gvn bases consts
(module (memory 3) (func (param i32) (result i32)
  ;; Outside of a loop the place is an operand.
  (i32.store (i32.const 0) (i32.load offset=100000 (i32.const 0)))
  (loop
    ;; 16 bits reach from the first of these to the second, and not to the third.
    (i32.store offset=80000 (i32.const 0) (i32.load offset=140000 (i32.const 5000)))
    (i32.store8 offset=145536 (i32.const 0) (local.get 0))
    ;; These have no need of it.
    (i32.store16 offset=65535 (i32.const 0) (local.get 0))
    (i32.store16 offset=80000 (local.get 0) (local.get 0))
    ;; Nothing reaches this, which traps.
    (i32.store offset=80000 (i32.const -1) (local.get 0))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (i32.load offset=80000 (i32.const 0))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 4
;;   v23: i32 = i32.const 0
;;   v3: i32 = i32.load v23 offset 100000
;;   store32 v23, v3
;;   v18: i32 = i32.const 80000
;;   v19: i32 = i32.const 145536
;;   v20: i32 = i32.const 0
;;   v21: i32 = i32.const -1
;;   v22: i32 = i32.const 1
;;   br b1(v0)
;; b1(v8: i32): cost 21
;;   v6: i32 = i32.load v18 offset 65000
;;   store32 v18, v6
;;   store8 v19, v8
;;   store16 v20, v8 offset 65535
;;   store16 v8, v8 offset 80000
;;   store32 v21, v8 offset 80000
;;   v12: i32 = i32.sub v8, v22
;;   br_if v12, b1(v12), b2
;; b2: cost 2
;;   v24: i32 = i32.const 0
;;   v14: i32 = i32.load v24 offset 80000
;;   return v14
