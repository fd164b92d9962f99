;; passes: params layout
(module (func $f (param i32) (result i32)
  (block $out
    (loop $l
      ;; A check that fails: last of all.
      (if (i32.gt_u (local.get 0) (i32.const 99)) (then (drop (call $f (i32.const 1))) (unreachable)))
      ;; The way out: behind the loop.
      (if (i32.eqz (local.get 0)) (then (local.set 0 (i32.const 5)) (br $out)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $l)))
  (local.get 0)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 0
;;   br b1(v0)
;; b1(v1: i32): cost 4
;;   v2: i32 = i32.const 99
;;   v3: i32 = i32.gt_u v1, v2
;;   br_if v3, b2, b3
;; b3: cost 3
;;   v6: i32 = i32.eqz v1
;;   br_if v6, b4, b5
;; b5: cost 5
;;   v8: i32 = i32.const 1
;;   v9: i32 = i32.sub v1, v8
;;   br b1(v9)
;; b4: cost 3
;;   v7: i32 = i32.const 5
;;   br b6
;; b6: cost 1
;;   return v7
;; b2: cost 2
;;   v4: i32 = i32.const 1
;;   v5: i32 = call 0(v4)
;;   trap Unreachable
