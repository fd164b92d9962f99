// Filters of an image of bytes: a blur by the eight neighbours with weights 1 2 1, 2 4 2, 1 2 1, and what sharpens by its difference.
#include "rt.h"
enum { WIDTH = 144, HEIGHT = 96 };
static u8 image[HEIGHT][WIDTH], blurred[HEIGHT][WIDTH];
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
// Three rows above each other with weights 1 2 1, as eight sums of 16 bits.
static v128_t column(const u8 *p) {
  v128_t up = wasm_u16x8_load8x8(p - WIDTH), here = wasm_u16x8_load8x8(p), down = wasm_u16x8_load8x8(p + WIDTH);
  return wasm_i16x8_add(wasm_i16x8_add(up, down), wasm_i16x8_shl(here, 1));
}
static v128_t half(const u8 *p) {
  v128_t sum = wasm_i16x8_add(wasm_i16x8_add(column(p - 1), column(p + 1)), wasm_i16x8_shl(column(p), 1));
  return wasm_u16x8_shr(wasm_i16x8_add(sum, wasm_i16x8_const_splat(8)), 4);
}
static void blur(void) {
  for (u32 y = 1; y < HEIGHT - 1; y++)
    for (u32 x = 8; x < WIDTH - 8; x += 16)
      wasm_v128_store(&blurred[y][x], wasm_u8x16_narrow_i16x8(half(&image[y][x]), half(&image[y][x + 8])));
}
static void sharpen(void) {
  for (u32 y = 1; y < HEIGHT - 1; y++)
    for (u32 x = 8; x < WIDTH - 8; x += 16) {
      v128_t own = wasm_v128_load(&image[y][x]), soft = wasm_v128_load(&blurred[y][x]);
      v128_t more = wasm_u8x16_add_sat(own, wasm_u8x16_sub_sat(own, soft));
      wasm_v128_store(&image[y][x], wasm_u8x16_sub_sat(more, wasm_u8x16_sub_sat(soft, own)));
    }
}
#else
static u32 column(const u8 *p) { return p[-WIDTH] + 2u * p[0] + p[WIDTH]; }
static void blur(void) {
  for (u32 y = 1; y < HEIGHT - 1; y++)
    for (u32 x = 8; x < WIDTH - 8; x++) {
      const u8 *p = &image[y][x];
      blurred[y][x] = (u8)((column(p - 1) + 2 * column(p) + column(p + 1) + 8) >> 4);
    }
}
static void sharpen(void) {
  for (u32 y = 1; y < HEIGHT - 1; y++)
    for (u32 x = 8; x < WIDTH - 8; x++) {
      i32 v = 2 * image[y][x] - blurred[y][x];
      image[y][x] = (u8)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}
#endif
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 8;
  for (u32 y = 0; y < HEIGHT; y++) for (u32 x = 0; x < WIDTH; x++) image[y][x] = (u8)((x * y >> 4) + (rt_random() >> 28));
  while (n--) {
    blur();
    if (n % 4 == 0) sharpen();
    for (u32 y = 1; y < HEIGHT - 1; y += 5) for (u32 x = 8; x < WIDTH - 8; x += 7) h = rt_mix(h, blurred[y][x] + image[y][x]);
    image[n % HEIGHT][n % WIDTH] ^= (u8)h;
  }
  return h;
}
