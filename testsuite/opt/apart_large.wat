;; passes: canonical params layout
(module (memory 1) (tag $e (param i32)) (func $f (param i32) (result i32)
  ;; What starts a loop gets no copy, though only what is caught leads back there; and neither does what is large.
  (block $out (loop $l
    (drop (block $h (result i32)
      (try_table (catch $e $h) (local.set 0 (call $f (local.get 0))))
      (br $out)))
    (br $l)))
  (local.set 0 (block $h (result i32)
    (try_table (result i32) (catch $e $h) (call $f (local.get 0)))))
  (i32.store (i32.const 0) (local.get 0))
  (i32.store (i32.const 4) (local.get 0))
  (i32.store (i32.const 8) (local.get 0))
  (i32.store (i32.const 12) (local.get 0))
  (i32.store (i32.const 16) (local.get 0))
  (i32.store (i32.const 20) (local.get 0))
  (i32.store (i32.const 24) (local.get 0))
  (i32.store (i32.const 28) (local.get 0))
  (i32.store (i32.const 32) (local.get 0))
  (i32.store (i32.const 36) (local.get 0))
  (i32.store (i32.const 40) (local.get 0))
  (i32.store (i32.const 44) (local.get 0))
  (i32.store (i32.const 48) (local.get 0))
  (i32.store (i32.const 52) (local.get 0))
  (i32.store (i32.const 56) (local.get 0))
  (i32.store (i32.const 60) (local.get 0))
  (local.get 0)))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 0
;;   br b1
;; b1: cost 8
;;   v2: i32 = call 0(v0)
;;   try b3, [b2]
;; b3: cost 0
;;   v6: i32 = call 0(v2)
;;   try b7, [b6]
;; b7: cost 0
;;   br b8(v6)
;; b8(v8: i32): cost 50
;;   v9: i32 = i32.const 0
;;   store32 v9, v8
;;   v10: i32 = i32.const 4
;;   store32 v10, v8
;;   v11: i32 = i32.const 8
;;   store32 v11, v8
;;   v12: i32 = i32.const 12
;;   store32 v12, v8
;;   v13: i32 = i32.const 16
;;   store32 v13, v8
;;   v14: i32 = i32.const 20
;;   store32 v14, v8
;;   v15: i32 = i32.const 24
;;   store32 v15, v8
;;   v16: i32 = i32.const 28
;;   store32 v16, v8
;;   v17: i32 = i32.const 32
;;   store32 v17, v8
;;   v18: i32 = i32.const 36
;;   store32 v18, v8
;;   v19: i32 = i32.const 40
;;   store32 v19, v8
;;   v20: i32 = i32.const 44
;;   store32 v20, v8
;;   v21: i32 = i32.const 48
;;   store32 v21, v8
;;   v22: i32 = i32.const 52
;;   store32 v22, v8
;;   v23: i32 = i32.const 56
;;   store32 v23, v8
;;   v24: i32 = i32.const 60
;;   store32 v24, v8
;;   return v8
;; b2: cost 2
;;   v3: i32 = catch 0
;;   br b1
;; b6: cost 1
;;   v7: i32 = catch 0
;;   br b8(v7)
