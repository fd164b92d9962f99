;; level: O2
(module (func (param i64 i64 i64 i64) (result i64 i64 i64)
  (local $high i64)
  ;; Of a sum with numbers of 64 bits the high half is the carry; of the product only that half is used.
  (i64.add128 (local.get 0) (i64.const 0) (local.get 1) (i64.const 0))
  (i64.mul_wide_u (local.get 2) (local.get 3))
  (local.set $high)
  (drop)
  (local.get $high)))
;; ---
;; func 0 (i64, i64, i64, i64) -> (i64, i64, i64)
;; b0(v0: i64, v1: i64, v2: i64, v3: i64): cost 10
;;   v6: i64 = i64.add v0, v1
;;   v7: i32 = i64.lt_u v6, v0
;;   v8: i64 = i64.extend_i32_u v7
;;   v12: i64 = i64.mul_high_u v2, v3
;;   return v6, v8, v12
