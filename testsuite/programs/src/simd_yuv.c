// Pictures of luma and chroma, a quarter of it, to pixels of four bytes, and back to grey.
#include "rt.h"
#include <wasm_simd128.h>
enum { WIDTH = 128, HEIGHT = 64 };
static u8 luma[HEIGHT][WIDTH], blue[HEIGHT / 2][WIDTH / 2], red[HEIGHT / 2][WIDTH / 2], pixels[HEIGHT][WIDTH][4];
// Eight pixels: 16-bit fixed point with 6 bits behind the point.
static void eight(u8 *to, v128_t y, v128_t u, v128_t v) {
  v128_t light = wasm_i16x8_mul(wasm_i16x8_sub(y, wasm_i16x8_const_splat(16)), wasm_i16x8_const_splat(74));
  u = wasm_i16x8_sub(u, wasm_i16x8_const_splat(128));
  v = wasm_i16x8_sub(v, wasm_i16x8_const_splat(128));
  v128_t r = wasm_i16x8_shr(wasm_i16x8_add_sat(light, wasm_i16x8_mul(v, wasm_i16x8_const_splat(102))), 6);
  v128_t g = wasm_i16x8_shr(wasm_i16x8_sub(wasm_i16x8_sub(light, wasm_i16x8_mul(u, wasm_i16x8_const_splat(25))), wasm_i16x8_mul(v, wasm_i16x8_const_splat(52))), 6);
  v128_t b = wasm_i16x8_shr(wasm_i16x8_add_sat(light, wasm_i16x8_mul(u, wasm_i16x8_const_splat(129))), 6);
  v128_t rb = wasm_u8x16_narrow_i16x8(r, b), ga = wasm_u8x16_narrow_i16x8(g, wasm_i16x8_const_splat(255));
  v128_t rg = wasm_i8x16_shuffle(rb, ga, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  v128_t ba = wasm_i8x16_shuffle(rb, ga, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  wasm_v128_store(to, wasm_i16x8_shuffle(rg, ba, 0, 8, 1, 9, 2, 10, 3, 11));
  wasm_v128_store(to + 16, wasm_i16x8_shuffle(rg, ba, 4, 12, 5, 13, 6, 14, 7, 15));
}
static void convert(void) {
  for (u32 y = 0; y < HEIGHT; y++)
    for (u32 x = 0; x < WIDTH; x += 16) {
      v128_t l = wasm_v128_load(&luma[y][x]), u = wasm_v128_load64_zero(&blue[y / 2][x / 2]), v = wasm_v128_load64_zero(&red[y / 2][x / 2]);
      u = wasm_i8x16_shuffle(u, u, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
      v = wasm_i8x16_shuffle(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
      eight(pixels[y][x], wasm_u16x8_extend_low_u8x16(l), wasm_u16x8_extend_low_u8x16(u), wasm_u16x8_extend_low_u8x16(v));
      eight(pixels[y][x + 8], wasm_u16x8_extend_high_u8x16(l), wasm_u16x8_extend_high_u8x16(u), wasm_u16x8_extend_high_u8x16(v));
    }
}
// The lightness of eight pixels by products of bytes, and sums of pairs.
static void grey(void) {
  const v128_t weights = wasm_u8x16_const(54, 92, 18, 0, 54, 92, 18, 0, 54, 92, 18, 0, 54, 92, 18, 0);
  for (u32 y = 0; y < HEIGHT; y++)
    for (u32 x = 0; x < WIDTH; x += 8) {
      v128_t sums[2];
      for (u32 i = 0; i < 2; i++) {
        v128_t p = wasm_v128_load(pixels[y][x + 4 * i]);
        sums[i] = wasm_i32x4_add(wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_low_u8x16(p, weights)), wasm_i32x4_const_splat(0));
        v128_t high = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extmul_high_u8x16(p, weights));
        sums[i] = wasm_i32x4_add(wasm_i32x4_shuffle(sums[i], high, 0, 2, 4, 6), wasm_i32x4_shuffle(sums[i], high, 1, 3, 5, 7));
        sums[i] = wasm_u32x4_shr(sums[i], 8);
      }
      v128_t bytes = wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(sums[0], sums[1]), wasm_i16x8_const_splat(0));
      wasm_v128_store64_lane(&luma[y][x], bytes, 0);
    }
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 5;
  for (u32 y = 0; y < HEIGHT; y++) for (u32 x = 0; x < WIDTH; x++) luma[y][x] = (u8)(rt_random() >> 24);
  for (u32 y = 0; y < HEIGHT / 2; y++) for (u32 x = 0; x < WIDTH / 2; x++) { blue[y][x] = (u8)(rt_random() >> 24); red[y][x] = (u8)(rt_random() >> 24); }
  while (n--) {
    convert();
    grey();
    for (u32 y = 0; y < HEIGHT; y += 3) for (u32 x = 0; x < WIDTH; x += 7) h = rt_mix(h, pixels[y][x][0] + pixels[y][x][1] * 3u + luma[y][x]);
    luma[n % HEIGHT][n % WIDTH] ^= (u8)h;
  }
  return h;
}
