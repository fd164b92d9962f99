// BLAKE3 (unkeyed) with its tree of chunks: 32-bit rotations, a stack of chaining values, recursion-free.
#include "rt.h"
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };
static const u32 iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const u8 order[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
// The sixteen words of the state as four rows; the diagonals are columns of rows that are turned.
static v128_t ror(v128_t x, int n) { return wasm_v128_or(wasm_u32x4_shr(x, (u32)n), wasm_i32x4_shl(x, (u32)(32 - n))); }
static v128_t ror16(v128_t x) { return wasm_i8x16_shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13); }
static v128_t ror8(v128_t x) { return wasm_i8x16_shuffle(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12); }
static void mix(v128_t *a, v128_t *b, v128_t *c, v128_t *d, v128_t x, v128_t y) {
  *a = wasm_i32x4_add(wasm_i32x4_add(*a, *b), x); *d = ror16(wasm_v128_xor(*d, *a));
  *c = wasm_i32x4_add(*c, *d);                    *b = ror(wasm_v128_xor(*b, *c), 12);
  *a = wasm_i32x4_add(wasm_i32x4_add(*a, *b), y); *d = ror8(wasm_v128_xor(*d, *a));
  *c = wasm_i32x4_add(*c, *d);                    *b = ror(wasm_v128_xor(*b, *c), 7);
}
static void compress(u32 *cv, const u32 *block, u64 counter, u32 bytes, u32 flags) {
  v128_t a = wasm_v128_load(cv), b = wasm_v128_load(cv + 4), c = wasm_v128_load(iv);
  v128_t d = wasm_u32x4_make((u32)counter, (u32)(counter >> 32), bytes, flags);
  u32 m[16], p[16];
  for (int i = 0; i < 16; i += 4) wasm_v128_store(m + i, wasm_v128_load(block + i));
  for (int r = 0; r < 7; r++) {
    mix(&a, &b, &c, &d, wasm_u32x4_make(m[0], m[2], m[4], m[6]), wasm_u32x4_make(m[1], m[3], m[5], m[7]));
    b = wasm_i32x4_shuffle(b, b, 1, 2, 3, 0); c = wasm_i32x4_shuffle(c, c, 2, 3, 0, 1); d = wasm_i32x4_shuffle(d, d, 3, 0, 1, 2);
    mix(&a, &b, &c, &d, wasm_u32x4_make(m[8], m[10], m[12], m[14]), wasm_u32x4_make(m[9], m[11], m[13], m[15]));
    b = wasm_i32x4_shuffle(b, b, 3, 0, 1, 2); c = wasm_i32x4_shuffle(c, c, 2, 3, 0, 1); d = wasm_i32x4_shuffle(d, d, 1, 2, 3, 0);
    for (int i = 0; i < 16; i++) p[i] = m[order[i]];
    for (int i = 0; i < 16; i += 4) wasm_v128_store(m + i, wasm_v128_load(p + i));
  }
  wasm_v128_store(cv, wasm_v128_xor(a, c));
  wasm_v128_store(cv + 4, wasm_v128_xor(b, d));
}
#else
static u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }
static void mix(u32 *v, int a, int b, int c, int d, u32 x, u32 y) {
  v[a] += v[b] + x; v[d] = ror(v[d] ^ v[a], 16);
  v[c] += v[d];     v[b] = ror(v[b] ^ v[c], 12);
  v[a] += v[b] + y; v[d] = ror(v[d] ^ v[a], 8);
  v[c] += v[d];     v[b] = ror(v[b] ^ v[c], 7);
}
static void compress(u32 *cv, const u32 *block, u64 counter, u32 bytes, u32 flags) {
  u32 v[16], m[16], p[16];
  for (int i = 0; i < 8; i++) v[i] = cv[i];
  for (int i = 0; i < 4; i++) v[8 + i] = iv[i];
  v[12] = (u32)counter; v[13] = (u32)(counter >> 32); v[14] = bytes; v[15] = flags;
  for (int i = 0; i < 16; i++) m[i] = block[i];
  for (int r = 0; r < 7; r++) {
    mix(v, 0, 4, 8, 12, m[0], m[1]);   mix(v, 1, 5, 9, 13, m[2], m[3]);
    mix(v, 2, 6, 10, 14, m[4], m[5]);  mix(v, 3, 7, 11, 15, m[6], m[7]);
    mix(v, 0, 5, 10, 15, m[8], m[9]);  mix(v, 1, 6, 11, 12, m[10], m[11]);
    mix(v, 2, 7, 8, 13, m[12], m[13]); mix(v, 3, 4, 9, 14, m[14], m[15]);
    for (int i = 0; i < 16; i++) p[i] = m[order[i]];
    for (int i = 0; i < 16; i++) m[i] = p[i];
  }
  for (int i = 0; i < 8; i++) cv[i] = v[i] ^ v[i + 8];
}
#endif
static void block_of(u32 *block, const u8 *p, u32 n) {
  for (u32 i = 0; i < 16; i++) block[i] = 0;
  for (u32 i = 0; i < n; i++) block[i / 4] |= (u32)p[i] << (8 * (i % 4));
}
// The chaining value of one chunk of at most 1024 bytes.
static void chunk(u32 *cv, const u8 *p, u32 n, u64 counter, u32 root) {
  u32 block[16], flags = CHUNK_START;
  for (int i = 0; i < 8; i++) cv[i] = iv[i];
  for (;;) {
    u32 bytes = n > 64 ? 64 : n;
    block_of(block, p, bytes);
    if (n <= 64) flags |= CHUNK_END | root;
    compress(cv, block, counter, bytes, flags);
    if (n <= 64) return;
    p += 64; n -= 64; flags = 0;
  }
}
static void parent(u32 *left, const u32 *right, u32 root) {
  u32 block[16];
  for (int i = 0; i < 8; i++) { block[i] = left[i]; block[8 + i] = right[i]; left[i] = iv[i]; }
  compress(left, block, 0, 64, PARENT | root);
}
static void hash(u32 *out, const u8 *p, u32 n) {
  static u32 stack[24][8];
  u32 depth = 0;
  u64 counter = 0;
  if (n <= 1024) { chunk(out, p, n, 0, ROOT); return; }
  for (; n > 1024; p += 1024, n -= 1024) {
    chunk(stack[depth++], p, 1024, counter++, 0);
    for (u64 done = counter; !(done & 1); done >>= 1) { depth--; parent(stack[depth - 1], stack[depth], 0); }
  }
  chunk(stack[depth++], p, n, counter, 0);
  while (depth > 1) { depth--; parent(stack[depth - 1], stack[depth], depth == 1 ? ROOT : 0); }
  for (int i = 0; i < 8; i++) out[i] = stack[0][i];
}
static u8 text[20000];
EXPORT u32 run(u32 n) {
  u32 h = 0, out[8];
  // The input of the published test vectors.
  for (u32 i = 0; i < sizeof text; i++) text[i] = (u8)(i % 251);
  for (u32 i = 0; i < n; i++) {
    hash(out, text, i * 1009 % sizeof text);
    for (int j = 0; j < 8; j++) h = rt_mix(h, out[j]);
  }
  return h;
}
