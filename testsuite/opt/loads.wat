;; passes: loads dce
(module (memory 1) (global $g (mut i32) (i32.const 0)) (func (param i32 i32) (result i32 i32 i32 i32 i32)
  (i32.store offset=4 (local.get 0) (local.get 1))
  (i32.store offset=8 (local.get 0) (i32.const 1))
  ;; The second store is apart from the first: this is local 1.
  (i32.load offset=4 (local.get 0))
  ;; Another address may be the same place: loads after it are real.
  (i32.store8 (local.get 1) (i32.const 2))
  (i32.load offset=4 (local.get 0))
  (i32.load offset=4 (local.get 0))
  (global.set $g (local.get 0))
  (call 0 (local.get 0) (global.get $g))
  (drop) (drop) (drop) (drop)
  ;; A call may change everything.
  (global.get $g)))
;; ---
;; func 0 (i32, i32) -> (i32, i32, i32, i32, i32)
;; b0(v0: i32, v1: i32): cost 21
;;   store32 v0, v1 offset 4
;;   v2: i32 = i32.const 1
;;   store32 v0, v2 offset 8
;;   v4: i32 = i32.const 2
;;   store8 v1, v4
;;   v5: i32 = i32.load v0 offset 4
;;   global.set 0, v0
;;   v8: i32, v9: i32, v10: i32, v11: i32, v12: i32 = call 0(v0, v0)
;;   v13: i32 = global.get 0
;;   return v1, v5, v5, v8, v13
