// A product of matrices in single precision, four columns at a time; without vectors the same sums in the same order.
#include "rt.h"
enum { SIZE = 64 };
static float a[SIZE * SIZE], b[SIZE * SIZE], c[SIZE * SIZE];
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
static void product(void) {
  for (u32 i = 0; i < SIZE; i++)
    for (u32 j = 0; j < SIZE; j += 16) {
      v128_t sum[4] = {wasm_f32x4_const_splat(0), wasm_f32x4_const_splat(0), wasm_f32x4_const_splat(0), wasm_f32x4_const_splat(0)};
      for (u32 k = 0; k < SIZE; k++) {
        v128_t x = wasm_v128_load32_splat(&a[i * SIZE + k]);
        const float *row = &b[k * SIZE + j];
        for (u32 l = 0; l < 4; l++) sum[l] = wasm_f32x4_add(sum[l], wasm_f32x4_mul(x, wasm_v128_load(row + 4 * l)));
      }
      for (u32 l = 0; l < 4; l++) wasm_v128_store(&c[i * SIZE + j + 4 * l], sum[l]);
    }
}
#else
static void product(void) {
  for (u32 i = 0; i < SIZE; i++)
    for (u32 j = 0; j < SIZE; j++) {
      float sum = 0;
      for (u32 k = 0; k < SIZE; k++) sum = sum + a[i * SIZE + k] * b[k * SIZE + j];
      c[i * SIZE + j] = sum;
    }
}
#endif
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 3;
  for (u32 i = 0; i < SIZE * SIZE; i++) { a[i] = (float)(rt_random() >> 24) / 16; b[i] = (float)(rt_random() >> 24) / 64; }
  while (n--) {
    product();
    for (u32 i = 0; i < SIZE * SIZE; i += 37) h = rt_mix(h, (u32)(i32)(c[i] * 4));
    a[n % (SIZE * SIZE)] += 1;
  }
  return h;
}
