;; passes: canonical params branches merge invert params merge steps dce layout
(module (tag $e (param i32)) (func $f (param i32) (result i32)
  (local $sum i32)
  ;; One latch, and one way back for what is caught, which goes to the test in front of the loop, as the entry does.
  (block $done
    (loop $l
      (br_if $done (i32.eqz (local.get 0)))
      (local.set $sum (i32.add (local.get $sum) (block $h (result i32)
        (try_table (result i32) (catch $e $h) (call $f (i32.const 3))))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $l)))
  (local.get $sum)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 0
;;   v4: i32 = i32.const 0
;;   br b1(v0, v4)
;; b1(v1: i32, v3: i32): cost 0
;;   v2: i32 = i32.eqz v1
;;   br_if v2, b2(v3), b3(v1, v3)
;; b3(v16: i32, v18: i32): cost 14
;;   v5: i32 = i32.const 3
;;   v6: i32 = call 0(v5)
;;   try b5, [b4]
;; b5: cost 0
;;   v9: i32 = i32.add v18, v6
;;   v10: i32 = i32.const 1
;;   v11: i32 = i32.sub v16, v10
;;   v20: i32 = i32.eqz v11
;;   br_if v20, b2(v9), b3(v11, v9)
;; b2(v19: i32): cost 4
;;   return v19
;; b4: cost 8
;;   v7: i32 = catch 0
;;   v13: i32 = i32.add v18, v7
;;   v14: i32 = i32.const 1
;;   v15: i32 = i32.sub v16, v14
;;   br b1(v15, v13)
