// BLAKE2b (RFC 7693) over messages of many lengths: 64-bit rotations and additions.
#include "rt.h"
typedef struct { u64 h[8], t; u32 fill; u8 block[128]; } Blake2;
static const u64 iv[8] = {0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull,
                          0x510e527fade682d1ull, 0x9b05688c2b3e6c1full, 0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull};
static const u8 sigma[10][16] = {
  {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
  {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
  {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
  {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
  {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
static u64 ror(u64 x, int n) { return x >> n | x << (64 - n); }
static u64 word(const u8 *p) { u64 v = 0; for (int i = 7; i >= 0; i--) v = v << 8 | p[i]; return v; }
static void mix(u64 *v, int a, int b, int c, int d, u64 x, u64 y) {
  v[a] += v[b] + x; v[d] = ror(v[d] ^ v[a], 32);
  v[c] += v[d];     v[b] = ror(v[b] ^ v[c], 24);
  v[a] += v[b] + y; v[d] = ror(v[d] ^ v[a], 16);
  v[c] += v[d];     v[b] = ror(v[b] ^ v[c], 63);
}
static void compress(Blake2 *s, int last) {
  u64 v[16], m[16];
  for (int i = 0; i < 8; i++) { v[i] = s->h[i]; v[i + 8] = iv[i]; }
  for (int i = 0; i < 16; i++) m[i] = word(s->block + 8 * i);
  v[12] ^= s->t;
  if (last) v[14] = ~v[14];
  for (int r = 0; r < 12; r++) {
    const u8 *k = sigma[r % 10];
    for (int i = 0; i < 4; i++) mix(v, i, i + 4, i + 8, i + 12, m[k[2 * i]], m[k[2 * i + 1]]);
    for (int i = 0; i < 4; i++) mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[k[8 + 2 * i]], m[k[9 + 2 * i]]);
  }
  for (int i = 0; i < 8; i++) s->h[i] ^= v[i] ^ v[i + 8];
}
static void start(Blake2 *s) {
  for (int i = 0; i < 8; i++) s->h[i] = iv[i];
  s->h[0] ^= 0x01010040;
  s->t = s->fill = 0;
}
static void update(Blake2 *s, const u8 *p, u32 n) {
  while (n--) {
    if (s->fill == 128) { s->t += 128; compress(s, 0); s->fill = 0; }
    s->block[s->fill++] = *p++;
  }
}
static void finish(Blake2 *s) {
  s->t += s->fill;
  while (s->fill < 128) s->block[s->fill++] = 0;
  compress(s, 1);
}
EXPORT u32 run(u32 n) {
  static u8 text[1024];
  static Blake2 s;
  u32 h = 0;
  rt_seed = 99;
  for (u32 i = 0; i < sizeof text; i++) text[i] = (u8)rt_random();
  for (u32 i = 0; i < n; i++) {
    start(&s);
    update(&s, text, 64 + i * 61 % 960);
    finish(&s);
    for (u32 j = 0; j < 8; j++) { h = rt_mix(h, (u32)s.h[j]); h = rt_mix(h, (u32)(s.h[j] >> 32)); }
    text[i & 1023] ^= (u8)h;
  }
  return h;
}
