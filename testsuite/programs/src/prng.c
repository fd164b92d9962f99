// Random generators of four kinds (Mersenne twister, xoshiro256**, PCG, a lagged Fibonacci), feeding a Monte Carlo pi and a shuffle.
#include "rt.h"
static u32 mt[624], mt_at;
static void mt_start(u32 seed) { mt[0] = seed; for (u32 i = 1; i < 624; i++) mt[i] = 1812433253u * (mt[i - 1] ^ mt[i - 1] >> 30) + i; mt_at = 624; }
static u32 mt_next(void) {
  if (mt_at == 624) {
    for (u32 i = 0; i < 624; i++) {
      u32 y = (mt[i] & 0x80000000u) | (mt[(i + 1) % 624] & 0x7fffffffu);
      mt[i] = mt[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    mt_at = 0;
  }
  u32 y = mt[mt_at++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}
static u64 xo[4];
static u64 rol(u64 x, int n) { return x << n | x >> (64 - n); }
static u64 splitmix(u64 *x) { u64 z = *x += 0x9e3779b97f4a7c15ull; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull; z = (z ^ z >> 27) * 0x94d049bb133111ebull; return z ^ z >> 31; }
static u64 xo_next(void) {
  u64 result = rol(xo[1] * 5, 7) * 9, t = xo[1] << 17;
  xo[2] ^= xo[0]; xo[3] ^= xo[1]; xo[1] ^= xo[2]; xo[0] ^= xo[3]; xo[2] ^= t; xo[3] = rol(xo[3], 45);
  return result;
}
static u64 pcg;
static u32 pcg_next(void) {
  u64 x = pcg;
  pcg = x * 6364136223846793005ull + 1442695040888963407ull;
  u32 s = (u32)((x >> 18 ^ x) >> 27), r = (u32)(x >> 59);
  return s >> r | s << (-r & 31);
}
static u32 lag[55], lag_at;
static u32 lag_next(void) { u32 i = lag_at = (lag_at + 1) % 55; return lag[i] += lag[(i + 31) % 55]; }
EXPORT u32 run(u32 n) {
  static u16 cards[256];
  u64 seed = 12345;
  u32 h = 0, inside = 0;
  mt_start(5489);
  for (int i = 0; i < 4; i++) xo[i] = splitmix(&seed);
  pcg = splitmix(&seed);
  lag_at = 0;
  for (int i = 0; i < 55; i++) lag[i] = mt_next();
  for (u32 i = 0; i < n; i++) {
    double x = mt_next() * 0x1p-32, y = (double)(xo_next() >> 11) * 0x1p-53;
    inside += x * x + y * y < 1;
    h = rt_mix(h, pcg_next() + lag_next());
  }
  for (u32 i = 0; i < 256; i++) cards[i] = (u16)i;
  for (u32 i = 255; i > 0; i--) { u32 j = (u32)((u64)pcg_next() * (i + 1) >> 32); u16 t = cards[i]; cards[i] = cards[j]; cards[j] = t; }
  for (u32 i = 0; i < 256; i++) h = rt_mix(h, cards[i]);
  return rt_mix(h, inside);
}
