;; passes: gvn loads licm dce
(module (memory 1 1 shared) (func (param i32 i32) (result i32 i32 i32 i32)
  ;; Nothing is known of memory behind an atomic access or a fence.
  (i32.store (local.get 0) (local.get 1))
  (i32.load (local.get 0))
  (drop (i32.atomic.rmw.add offset=8 (local.get 1) (local.get 1)))
  (i32.load (local.get 0))
  (atomic.fence)
  (i32.load (local.get 0))
  ;; Equal ones do not stand in for each other, stay in their loop, and stay without a use.
  (loop
    (drop (i32.atomic.load (local.get 0)))
    (br_if 0 (i32.eq (i32.atomic.load (local.get 0)) (i32.const 1))))
  (drop (i64.atomic.rmw16.cmpxchg_u (local.get 0) (i64.const 1) (i64.const 2)))
  (i64.atomic.store32 (local.get 0) (i64.const 3))
  (drop (memory.atomic.wait32 (local.get 0) (local.get 1) (i64.const -1)))
  (memory.atomic.notify (local.get 0) (i32.const 1))))
;; ---
;; func 0 (i32, i32) -> (i32, i32, i32, i32)
;; b0(v0: i32, v1: i32): cost 13
;;   v8: i32 = i32.const 1
;;   v10: i64 = i64.const 1
;;   v11: i64 = i64.const 2
;;   v13: i64 = i64.const 3
;;   v14: i64 = i64.const -1
;;   store32 v0, v1
;;   v3: i32 = i32.atomic.rmw.add v1, v1 offset 8
;;   v4: i32 = i32.load v0
;;   atomic.fence
;;   v5: i32 = i32.load v0
;;   br b1
;; b1: cost 7
;;   v6: i32 = i32.atomic.load v0
;;   v7: i32 = i32.atomic.load v0
;;   v9: i32 = i32.eq v7, v8
;;   br_if v9, b1, b2
;; b2: cost 14
;;   v12: i64 = i64.atomic.rmw16.cmpxchg_u v0, v10, v11
;;   i64.atomic.store32 v0, v13
;;   v15: i32 = memory.atomic.wait32 v0, v1, v14
;;   v17: i32 = memory.atomic.notify v0, v8
;;   return v1, v4, v5, v17
