;; passes: gvn consts
(module (memory 1) (func $f (param i32 f64) (result f64)
  (loop
    ;; 16 bits fit the instruction; 100000 and 2.5 want a slot, in front of the loop; arguments are made in place.
    (i32.store (i32.const 100000) (i32.mul (local.get 0) (i32.const 100000)))
    (local.set 1 (f64.mul (local.get 1) (f64.const 2.5)))
    (drop (call $f (i32.const 100000) (f64.const 2.5)))
    (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1)))))
  (f64.add (local.get 1) (f64.const 2.5))))
;; ---
;; func 0 (i32, f64) -> (f64)
;; b0(v0: i32, v1: f64): cost 0
;;   v16: i32 = i32.const 100000
;;   v17: f64 = f64.const 2.5
;;   br b1(v0, v1)
;; b1(v3: i32, v6: f64): cost 17
;;   v5: i32 = i32.mul v3, v16
;;   store32 v16, v5
;;   v8: f64 = f64.mul v6, v17
;;   v18: i32 = i32.const 100000
;;   v19: f64 = f64.const 2.5
;;   v11: f64 = call 0(v18, v19)
;;   v20: i32 = i32.const -1
;;   v13: i32 = i32.add v3, v20
;;   br_if v13, b1(v13, v8), b2
;; b2: cost 3
;;   v21: f64 = f64.const 2.5
;;   v15: f64 = f64.add v8, v21
;;   return v15
