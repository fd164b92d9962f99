// SHA3-256: the permutation Keccak-f[1600], with its rotations by table.
#include "rt.h"
static u64 rol(u64 x, u32 n) { return n ? x << n | x >> (64 - n) : x; }
static u64 constant[24];
static u8 turn[24], lane[24];
// Round constants by their shift register; offsets and order of rho and pi by their recurrences.
static void tables(void) {
  u32 lfsr = 1, x = 1, y = 0;
  for (u32 r = 0; r < 24; r++) {
    u64 c = 0;
    for (u32 j = 0; j < 7; j++) {
      if (lfsr & 1) c |= 1ull << ((1u << j) - 1);
      lfsr = lfsr << 1 ^ (lfsr >> 7) * 0x171;
    }
    constant[r] = c;
    u32 next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
    lane[r] = (u8)(x + 5 * y);
    turn[r] = (u8)((r + 1) * (r + 2) / 2 % 64);
  }
}
static void permute(u64 *a) {
  for (u32 r = 0; r < 24; r++) {
    u64 c[5], t;
    for (u32 x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (u32 x = 0; x < 5; x++) {
      t = c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1);
      for (u32 y = 0; y < 25; y += 5) a[x + y] ^= t;
    }
    t = a[1];
    for (u32 i = 0; i < 24; i++) { u64 old = a[lane[i]]; a[lane[i]] = rol(t, turn[i]); t = old; }
    for (u32 y = 0; y < 25; y += 5) {
      for (u32 x = 0; x < 5; x++) c[x] = a[x + y];
      for (u32 x = 0; x < 5; x++) a[x + y] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
    }
    a[0] ^= constant[r];
  }
}
static void sha3(u64 *a, const u8 *p, u32 n) {
  u32 at = 0;
  for (u32 i = 0; i < 25; i++) a[i] = 0;
  for (; n; n--) {
    a[at / 8] ^= (u64)*p++ << (8 * (at % 8));
    if (++at == 136) { permute(a); at = 0; }
  }
  a[at / 8] ^= 6ull << (8 * (at % 8));
  a[16] ^= 1ull << 63;
  permute(a);
}
EXPORT u32 run(u32 n) {
  static u8 text[1024];
  static u64 a[25];
  u32 h = 0;
  tables();
  for (u32 i = 0; i < sizeof text; i++) text[i] = (u8)(i * 7);
  for (u32 i = 0; i < n; i++) {
    sha3(a, text, i * 137 % 1024);
    for (u32 j = 0; j < 4; j++) { h = rt_mix(h, (u32)a[j]); h = rt_mix(h, (u32)(a[j] >> 32)); }
    text[i & 1023] ^= (u8)h;
  }
  return h;
}
