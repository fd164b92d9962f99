;; passes: canonical params layout
(module (tag $e (param i32)) (func $f (param i32) (result i32)
  (local $i i32)
  ;; Two calls that are tried; what catches goes on where they do. It gets a copy of that, so that all the rest costs with the first call, and
  ;; the value of the local is another behind each of the two.
  (loop $l
    (block $o
      (local.set 0 (block $h (result i32)
        (try_table (catch $e $h)
          (local.set $i (call $f (local.get $i))))
        (br $o))))
    (local.set $i (i32.rotl (call $f (i32.mul (local.get $i) (local.get $i))) (local.get 0)))
    (br_if $l (local.get $i)))
  (i32.sub (local.get $i) (local.get 0))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 0
;;   v2: i32 = i32.const 0
;;   br b1(v2, v0)
;; b1(v1: i32, v11: i32): cost 14
;;   v3: i32 = call 0(v1)
;;   try b3, [b2]
;; b3: cost 0
;;   v8: i32 = i32.mul v3, v3
;;   v9: i32 = call 0(v8)
;;   v12: i32 = i32.rotl v9, v11
;;   br_if v12, b1(v12, v11), b6(v11, v12)
;; b6(v19: i32, v20: i32): cost 3
;;   v13: i32 = i32.sub v20, v19
;;   return v13
;; b2: cost 11
;;   v4: i32 = catch 0
;;   v16: i32 = i32.mul v1, v1
;;   v17: i32 = call 0(v16)
;;   v18: i32 = i32.rotl v17, v4
;;   br_if v18, b1(v18, v4), b6(v4, v18)
