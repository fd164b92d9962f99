// One trap of each kind, by number: 0 unreachable, 1 memory, 2 division, 3 overflow, 4 conversion, 5 null function, 6 type, 7 stack.
#include "rt.h"
static volatile i32 zero;
static volatile double big = 1e30;
static i32 twice(i32 x) { return 2 * x; }
static void *volatile wrong = (void *)twice;
static i32 (*volatile nothing)(i32);
__attribute__((noinline)) static i32 endless(i32 x) { return x > 1000000000 ? x : endless(x + 1) + 1 + zero; }
EXPORT u32 run(u32 n) {
  switch (n) {
  case 0: __builtin_trap();
  case 1: return *(volatile u32 *)0xfffffff0u;
  case 2: return (u32)(7 / zero);
  case 3: return (u32)((-2147483647 - 1 + zero) / (zero - 1));
  case 4: return (u32)__builtin_wasm_trunc_s_i32_f64(big);
  case 5: return (u32)nothing((i32)n);
  case 6: return (u32)((i64(*)(i64))wrong)(n);
  default: return (u32)endless((i32)n);
  }
}
