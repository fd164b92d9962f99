;; passes: gvn consts
(module (memory 1) (func $f (param i32 f64) (result f64)
  (loop
    ;; 16 bits fit the instruction; 100000 and 2.5 want a slot, in front of the loop; arguments are made in place.
    (i32.store (i32.const 100000) (i32.mul (local.get 0) (i32.const 100000)))
    ;; What is stored at a sum, which then is part of the store.
    (i32.store8 (i32.add (local.get 0) (i32.const 70000)) (i32.const 1))
    (local.set 1 (f64.mul (local.get 1) (f64.const 2.5)))
    (drop (call $f (i32.const 100000) (f64.const 2.5)))
    (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1)))))
  (f64.add (local.get 1) (f64.const 2.5))))
;; ---
;; func 0 (i32, f64) -> (f64)
;; b0(v0: i32, v1: f64): cost 0
;;   v19: i32 = i32.const 100000
;;   v20: i32 = i32.const 70000
;;   v21: i32 = i32.const 1
;;   v22: f64 = f64.const 2.5
;;   br b1(v0, v1)
;; b1(v3: i32, v9: f64): cost 22
;;   v5: i32 = i32.mul v3, v19
;;   store32 v19, v5
;;   v7: i32 = i32.add v3, v20
;;   store8 v7, v21
;;   v11: f64 = f64.mul v9, v22
;;   v23: i32 = i32.const 100000
;;   v24: f64 = f64.const 2.5
;;   v14: f64 = call 0(v23, v24)
;;   v25: i32 = i32.const -1
;;   v16: i32 = i32.add v3, v25
;;   br_if v16, b1(v16, v11), b2
;; b2: cost 3
;;   v26: f64 = f64.const 2.5
;;   v18: f64 = f64.add v11, v26
;;   return v18
