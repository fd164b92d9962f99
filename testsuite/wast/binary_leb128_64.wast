;; Sizes, offsets and constants of 64-bit memories and tables as LEB128: of up to ten bytes, longer than need be or not.

;; memory: a smallest size of ten bytes
(module binary "\00asm" "\01\00\00\00" "\05\0c\01\04\82\80\80\80\80\80\80\80\80\00")
;; memory: both of ten bytes
(module binary "\00asm" "\01\00\00\00" "\05\16\01\05\82\80\80\80\80\80\80\80\80\00\83\80\80\80\80\80\80\80\80\00")
;; memory: eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0d\01\04\82\80\80\80\80\80\80\80\80\80\00")
  "integer representation too long")
;; memory: a largest size of eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0e\01\05\02\83\80\80\80\80\80\80\80\80\80\00")
  "integer representation too long")
;; memory: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0c\01\04\82\80\80\80\80\80\80\80\80\02")
  "integer too large")
;; memory: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0c\01\04\82\80\80\80\80\80\80\80\80\40")
  "integer too large")
;; memory: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0c\01\04\82\80\80\80\80\80\80\80\80\7e")
  "integer too large")
;; memory: bits beyond the 64th of a largest size
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\0d\01\05\02\83\80\80\80\80\80\80\80\80\10")
  "integer too large")
;; table: a smallest size of ten bytes
(module binary "\00asm" "\01\00\00\00" "\04\0d\01\70\04\82\80\80\80\80\80\80\80\80\00")
;; table: both of ten bytes
(module binary "\00asm" "\01\00\00\00" "\04\17\01\70\05\82\80\80\80\80\80\80\80\80\00\83\80\80\80\80\80\80\80\80\00")
;; table: eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0e\01\70\04\82\80\80\80\80\80\80\80\80\80\00")
  "integer representation too long")
;; table: a largest size of eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0f\01\70\05\02\83\80\80\80\80\80\80\80\80\80\00")
  "integer representation too long")
;; table: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0d\01\70\04\82\80\80\80\80\80\80\80\80\02")
  "integer too large")
;; table: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0d\01\70\04\82\80\80\80\80\80\80\80\80\40")
  "integer too large")
;; table: bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0d\01\70\04\82\80\80\80\80\80\80\80\80\7e")
  "integer too large")
;; table: bits beyond the 64th of a largest size
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\04\0e\01\70\05\02\83\80\80\80\80\80\80\80\80\10")
  "integer too large")
;; an offset of ten bytes
(module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00\03\02\01\00\05\03\01\04\01\0a\13\01\11\00\42\00\28\02\84\80\80\80\80\80\80\80\80\00\1a\0b")
;; the largest offset
(module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00\03\02\01\00\05\03\01\04\01\0a\13\01\11\00\42\00\28\02\ff\ff\ff\ff\ff\ff\ff\ff\ff\01\1a\0b")
;; an offset of eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00\03\02\01\00\05\03\01\04\01\0a\14\01\12\00\42\00\28\02\84\80\80\80\80\80\80\80\80\80\00\1a\0b")
  "integer representation too long")
;; an offset with bits beyond the 64th
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00\03\02\01\00\05\03\01\04\01\0a\13\01\11\00\42\00\28\02\84\80\80\80\80\80\80\80\80\02\1a\0b")
  "integer too large")
;; the address of a segment in ten bytes
(module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\0f\01\00\42\87\80\80\80\80\80\80\80\80\00\0b\00")
;; eleven bytes
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\10\01\00\42\87\80\80\80\80\80\80\80\80\80\00\0b\00")
  "integer representation too long")
;; bits beyond the 64th that are not the sign's
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\0f\01\00\42\87\80\80\80\80\80\80\80\80\01\0b\00")
  "integer too large")
;; bits beyond the 64th that are not the sign's
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\0f\01\00\42\87\80\80\80\80\80\80\80\80\3f\0b\00")
  "integer too large")
;; bits beyond the 64th that are not the sign's
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\0f\01\00\42\87\80\80\80\80\80\80\80\80\7e\0b\00")
  "integer too large")
;; bits beyond the 64th that are not the sign's
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\05\03\01\04\01\0b\0f\01\00\42\87\80\80\80\80\80\80\80\80\41\0b\00")
  "integer too large")
