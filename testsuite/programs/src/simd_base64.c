// Base64 and hexadecimal text of bytes, 12 and 16 of them at a time by shuffles and lookups in tables of 16; without vectors one at a time.
#include "rt.h"
enum { SIZE = 12 * 1024 };
static u8 bytes[SIZE + 16], text[2 * SIZE];
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
static void base64(void) {
  // What to add to six bits for their letter, by the range that they are in.
  const v128_t shift = wasm_i8x16_const('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  for (u32 from = 0, to = 0; from < SIZE; from += 12, to += 16) {
    v128_t in = wasm_v128_load(bytes + from);
    // Of each three bytes a, b, c the lanes b a c b.
    v128_t x = wasm_i8x16_shuffle(in, in, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    v128_t first = wasm_v128_and(wasm_u32x4_shr(x, 10), wasm_i32x4_const_splat(0x3f));
    v128_t second = wasm_v128_and(wasm_i32x4_shl(x, 4), wasm_i32x4_const_splat(0x3f00));
    v128_t third = wasm_v128_and(wasm_u32x4_shr(x, 6), wasm_i32x4_const_splat(0x3f0000));
    v128_t fourth = wasm_v128_and(wasm_i32x4_shl(x, 8), wasm_i32x4_const_splat(0x3f000000));
    v128_t six = wasm_v128_or(wasm_v128_or(first, second), wasm_v128_or(third, fourth));
    v128_t range = wasm_u8x16_sub_sat(six, wasm_i8x16_const_splat(51));
    v128_t capital = wasm_v128_and(wasm_i8x16_lt(six, wasm_i8x16_const_splat(26)), wasm_i8x16_const_splat(13));
    wasm_v128_store(text + to, wasm_i8x16_add(six, wasm_i8x16_swizzle(shift, wasm_v128_or(range, capital))));
  }
}
static void hex(void) {
  const v128_t digits = wasm_i8x16_const('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  for (u32 at = 0; at < SIZE; at += 16) {
    v128_t in = wasm_v128_load(bytes + at);
    v128_t high = wasm_i8x16_swizzle(digits, wasm_u8x16_shr(in, 4));
    v128_t low = wasm_i8x16_swizzle(digits, wasm_v128_and(in, wasm_i8x16_const_splat(15)));
    wasm_v128_store(text + 2 * at, wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    wasm_v128_store(text + 2 * at + 16, wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
  }
}
#else
static void base64(void) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (u32 from = 0, to = 0; from < SIZE; from += 3, to += 4) {
    u32 x = (u32)bytes[from] << 16 | (u32)bytes[from + 1] << 8 | bytes[from + 2];
    for (u32 i = 0; i < 4; i++) text[to + i] = (u8)letters[x >> (18 - 6 * i) & 63];
  }
}
static void hex(void) { for (u32 i = 0; i < 2 * SIZE; i++) text[i] = (u8)"0123456789abcdef"[bytes[i / 2] >> (i & 1 ? 0 : 4) & 15]; }
#endif
static u32 sum(u32 h, u32 length) {
  for (u32 i = 0; i < length; i += 61) h = rt_mix(h, text[i]);
  return h;
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 64;
  for (u32 i = 0; i < SIZE; i++) bytes[i] = (u8)(rt_random() >> 8);
  while (n--) {
    base64();
    h = sum(h, SIZE / 3 * 4);
    hex();
    h = sum(h, 2 * SIZE);
    bytes[n % SIZE] ^= (u8)h;
  }
  return h;
}
