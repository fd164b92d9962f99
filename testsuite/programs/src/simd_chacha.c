// ChaCha20 with vectors, a row of the state in each, on two blocks at a time.
#include "rt.h"
#include <wasm_simd128.h>
enum { SIZE = 4096 };
static u8 text[SIZE];
static v128_t rotl(v128_t x, u32 n) { return wasm_v128_or(wasm_i32x4_shl(x, n), wasm_u32x4_shr(x, 32 - n)); }
typedef struct { v128_t a, b, c, d; } State;
static void quarter(State *s) {
  s->a = wasm_i32x4_add(s->a, s->b);
  s->d = rotl(wasm_v128_xor(s->d, s->a), 16);
  s->c = wasm_i32x4_add(s->c, s->d);
  s->b = rotl(wasm_v128_xor(s->b, s->c), 12);
  s->a = wasm_i32x4_add(s->a, s->b);
  s->d = rotl(wasm_v128_xor(s->d, s->a), 8);
  s->c = wasm_i32x4_add(s->c, s->d);
  s->b = rotl(wasm_v128_xor(s->b, s->c), 7);
}
static void double_round(State *s) {
  quarter(s);
  s->b = wasm_i32x4_shuffle(s->b, s->b, 1, 2, 3, 0);
  s->c = wasm_i32x4_shuffle(s->c, s->c, 2, 3, 0, 1);
  s->d = wasm_i32x4_shuffle(s->d, s->d, 3, 0, 1, 2);
  quarter(s);
  s->b = wasm_i32x4_shuffle(s->b, s->b, 3, 0, 1, 2);
  s->c = wasm_i32x4_shuffle(s->c, s->c, 2, 3, 0, 1);
  s->d = wasm_i32x4_shuffle(s->d, s->d, 1, 2, 3, 0);
}
static void put(u8 *to, const State *s, const State *from) {
  const v128_t rows[4] = {wasm_i32x4_add(s->a, from->a), wasm_i32x4_add(s->b, from->b), wasm_i32x4_add(s->c, from->c), wasm_i32x4_add(s->d, from->d)};
  for (u32 i = 0; i < 4; i++) wasm_v128_store(to + 16 * i, wasm_v128_xor(wasm_v128_load(to + 16 * i), rows[i]));
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  State from = {wasm_i32x4_const(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574), wasm_i32x4_const(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c),
                wasm_i32x4_const(0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c), wasm_i32x4_const(1, 0x09000000, 0x4a000000, 0)};
  for (u32 i = 0; i < SIZE; i++) text[i] = (u8)i;
  while (n--) {
    for (u32 at = 0; at < SIZE; at += 128) {
      State next = from;
      next.d = wasm_i32x4_add(from.d, wasm_i32x4_const(1, 0, 0, 0));
      State x = from, y = next;
      for (u32 i = 0; i < 10; i++) { double_round(&x); double_round(&y); }
      put(text + at, &x, &from);
      put(text + at + 64, &y, &next);
      from.d = wasm_i32x4_add(next.d, wasm_i32x4_const(1, 0, 0, 0));
    }
    for (u32 i = 0; i < SIZE; i += 53) h = rt_mix(h, text[i]);
  }
  return h;
}
