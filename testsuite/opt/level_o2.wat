;; level: O2
(module (memory 1) (func (param $a i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
  ;; The sum of an array, as a plain compiler writes it.
  (block $done
    (loop $next
      (br_if $done (i32.eqz (i32.lt_u (local.get $i) (local.get $n))))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.add (local.get $a) (i32.mul (local.get $i) (i32.const 4))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $sum)))
;; ---
;; func 0 (i32, i32) -> (i32)
;; b0(v0: i32, v1: i32): cost 0
;;   v20: i32 = i32.const 0
;;   v21: i32 = i32.const 0
;;   v22: i32 = i32.const 0
;;   br_if v1, b3(v20, v21), b2(v22)
;; b3(v15: i32, v17: i32): cost 19
;;   v23: i32 = i32.const 2
;;   v8: i32 = i32.shl v15, v23
;;   v9: i32 = i32.add v0, v8
;;   v10: i32 = i32.load v9
;;   v11: i32 = i32.add v17, v10
;;   v24: i32 = i32.const 1
;;   v13: i32 = i32.add v15, v24
;;   v19: i32 = i32.ge_u v13, v1
;;   br_if v19, b2(v11), b3(v13, v11)
;; b2(v18: i32): cost 6
;;   return v18
