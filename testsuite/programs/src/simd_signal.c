// Samples in single and double precision and of 16 bits: a filter, a mix, and products of signals with themselves.
#include "rt.h"
#include <wasm_simd128.h>
enum { SIZE = 2048, TAPS = 16 };
static float in[SIZE + TAPS], out[SIZE], taps[TAPS];
static short words[SIZE];
static double energy[SIZE / 2];
static void filter(void) {
  for (u32 i = 0; i < SIZE; i += 4) {
    v128_t sum = wasm_f32x4_const_splat(0);
    for (u32 k = 0; k < TAPS; k++) sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(&taps[k]), wasm_v128_load(&in[i + k])));
    wasm_v128_store(&out[i], sum);
  }
}
// The mix, kept between -1 and 1.
static void mix(float by) {
  v128_t factor = wasm_f32x4_splat(by), one = wasm_f32x4_const_splat(1), minus = wasm_f32x4_const_splat(-1);
  for (u32 i = 0; i < SIZE; i += 4) {
    v128_t x = wasm_f32x4_add(wasm_v128_load(&in[i]), wasm_f32x4_mul(factor, wasm_v128_load(&out[i])));
    x = wasm_v128_bitselect(one, x, wasm_f32x4_gt(x, one));
    x = wasm_f32x4_max(x, minus);
    wasm_v128_store(&in[i], x);
  }
}
static void to_words(void) {
  for (u32 i = 0; i < SIZE; i += 8) {
    v128_t scale = wasm_f32x4_const_splat(32000);
    v128_t low = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_mul(wasm_v128_load(&in[i]), scale)), high = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_mul(wasm_v128_load(&in[i + 4]), scale));
    wasm_v128_store(&words[i], wasm_i16x8_narrow_i32x4(low, high));
  }
}
static u32 correlate(u32 delay) {
  v128_t sum = wasm_i32x4_const_splat(0);
  for (u32 i = 0; i + 8 + delay <= SIZE; i += 8) sum = wasm_i32x4_add(sum, wasm_i32x4_shr(wasm_i32x4_dot_i16x8(wasm_v128_load(&words[i]), wasm_v128_load(&words[i + delay])), 10));
  return (u32)(wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) + wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3));
}
static double power(void) {
  v128_t sum = wasm_f64x2_const_splat(0);
  for (u32 i = 0; i < SIZE; i += 4) {
    v128_t x = wasm_v128_load(&in[i]), low = wasm_f64x2_promote_low_f32x4(x), high = wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(x, x, 1, 0));
    low = wasm_f64x2_mul(low, low);
    high = wasm_f64x2_add(low, wasm_f64x2_mul(high, high));
    wasm_v128_store(&energy[i / 2], high);
    sum = wasm_f64x2_add(sum, wasm_f64x2_sqrt(high));
  }
  return wasm_f64x2_extract_lane(sum, 0) + wasm_f64x2_extract_lane(sum, 1);
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 11;
  for (u32 i = 0; i < SIZE + TAPS; i++) in[i] = (float)(i32)rt_random() / 4294967296.0f;
  for (u32 i = 0; i < TAPS; i++) taps[i] = (float)(i32)rt_random() / 17179869184.0f;
  while (n--) {
    filter();
    mix(0.5f);
    to_words();
    for (u32 delay = 0; delay < 4; delay++) h = rt_mix(h, correlate(delay));
    h = rt_mix(h, (u32)(i32)(power() * 1024));
  }
  return h;
}
