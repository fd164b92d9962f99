;; passes: canonical
(module (memory 1) (func (param i32) (result i32)
  ;; One way in and one way out: a block to Wasm as well, at every level.
  (block
    (local.set 0 (i32.load (local.get 0)))
    (br 0))
  (i32.mul (local.get 0) (i32.const 3))))
;; ---
;; func 0 (i32) -> (i32)
;; b0(v0: i32): cost 7
;;   v1: i32 = i32.load v0
;;   v2: i32 = i32.const 3
;;   v3: i32 = i32.mul v1, v2
;;   return v3
