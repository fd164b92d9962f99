// Text by 16 bytes: lines and words counted, a byte searched for, letters made capital, and whether it is valid UTF-8, by tables of 16.
#include "rt.h"
#include <wasm_simd128.h>
enum { SIZE = 16 * 1024 };
static u8 text[SIZE + 32], copy[SIZE + 32];
static u32 count(u8 byte) {
  u32 all = 0;
  for (u32 i = 0; i < SIZE; i += 16) all += (u32)__builtin_popcount(wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(text + i), wasm_i8x16_splat((char)byte))));
  return all;
}
// The first place of a byte from `at` on, or the end.
static u32 find(u32 at, u8 byte) {
  v128_t wanted = wasm_i8x16_splat((char)byte);
  for (; at < SIZE; at += 16) {
    v128_t equal = wasm_i8x16_eq(wasm_v128_load(text + at), wanted);
    if (wasm_v128_any_true(equal)) return at + (u32)__builtin_ctz(wasm_i8x16_bitmask(equal));
  }
  return SIZE;
}
static void capitals(void) {
  for (u32 i = 0; i < SIZE; i += 16) {
    v128_t x = wasm_v128_load(text + i);
    v128_t small = wasm_v128_and(wasm_u8x16_ge(x, wasm_i8x16_const_splat('a')), wasm_u8x16_le(x, wasm_i8x16_const_splat('z')));
    wasm_v128_store(copy + i, wasm_v128_xor(x, wasm_v128_and(small, wasm_i8x16_const_splat(0x20))));
  }
}
// Which errors the high half of a byte, its low half and the high half of the next one may be part of: one is there if all three say so.
static u32 is_valid(void) {
  enum { SHORT = 1, LONG = 2, OVERLONG3 = 4, SURROGATE = 16, OVERLONG2 = 32, LARGE = 8, LARGER = 64, TWO = 128, CARRY = SHORT | LONG | TWO };
  const v128_t first_high = wasm_u8x16_const(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, TWO, TWO, TWO, TWO, SHORT | OVERLONG2, SHORT, SHORT | OVERLONG3 | SURROGATE, SHORT | LARGE | LARGER);
  const v128_t first_low = wasm_u8x16_const(CARRY | OVERLONG3 | OVERLONG2 | LARGER, CARRY | OVERLONG2, CARRY, CARRY, CARRY | LARGE, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER | SURROGATE, CARRY | LARGE | LARGER, CARRY | LARGE | LARGER);
  const v128_t second_high = wasm_u8x16_const(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, LONG | OVERLONG2 | TWO | OVERLONG3 | LARGER, LONG | OVERLONG2 | TWO | OVERLONG3 | LARGE, LONG | OVERLONG2 | TWO | SURROGATE | LARGE, LONG | OVERLONG2 | TWO | SURROGATE | LARGE, SHORT, SHORT, SHORT, SHORT);
  v128_t before = wasm_i8x16_const_splat(0), error = before;
  for (u32 i = 0; i < SIZE; i += 16) {
    v128_t x = wasm_v128_load(text + i);
    if (!wasm_i8x16_bitmask(wasm_v128_or(x, before))) continue;
    v128_t one = wasm_i8x16_shuffle(before, x, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    v128_t two = wasm_i8x16_shuffle(before, x, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    v128_t three = wasm_i8x16_shuffle(before, x, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
    v128_t special = wasm_v128_and(wasm_v128_and(wasm_i8x16_swizzle(first_high, wasm_u8x16_shr(one, 4)), wasm_i8x16_swizzle(first_low, wasm_v128_and(one, wasm_i8x16_const_splat(15)))), wasm_i8x16_swizzle(second_high, wasm_u8x16_shr(x, 4)));
    v128_t must = wasm_v128_or(wasm_u8x16_sub_sat(two, wasm_i8x16_const_splat(0x60)), wasm_u8x16_sub_sat(three, wasm_i8x16_const_splat(0x70)));
    error = wasm_v128_or(error, wasm_v128_xor(wasm_v128_and(must, wasm_i8x16_const_splat((char)0x80)), special));
    before = x;
  }
  return !wasm_v128_any_true(error);
}
EXPORT u32 run(u32 n) {
  static const char *const pieces[8] = {"the ", "quick\n", "brown fox ", "jumps, ", "\xc3\xbc" "ber ", "\xe2\x82\xac" "uro ", "\xf0\x9f\x90\xa2 ", "lazy dog.\n"};
  u32 h = 0, at = 0;
  rt_seed = 21;
  while (at < SIZE - 16) for (const char *p = pieces[rt_random() >> 29]; *p; p++) text[at++] = (u8)*p;
  while (n--) {
    h = rt_mix(h, count('\n') + 3 * count(' '));
    u32 lines = 0;
    for (u32 i = find(0, '\n'); i < SIZE; i = find(i + 1, '\n')) lines += i;
    h = rt_mix(h, lines);
    capitals();
    for (u32 i = 0; i < SIZE; i += 61) h = rt_mix(h, copy[i]);
    h = rt_mix(h, is_valid());
    text[n * 7 % (SIZE - 16)] = (u8)('a' + n % 26);
  }
  return h;
}
