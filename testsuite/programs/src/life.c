// The game of life on a torus of 64 x 64, a word of 64 bits per row: sums of neighbours by bitwise adders.
#include "rt.h"
static u64 grid[64], next[64];
static u64 rol(u64 x) { return x << 1 | x >> 63; }
static u64 ror(u64 x) { return x >> 1 | x << 63; }
static void step(void) {
  for (u32 y = 0; y < 64; y++) {
    u64 up = grid[(y + 63) & 63], here = grid[y], down = grid[(y + 1) & 63];
    u64 rows[8] = {rol(up), up, ror(up), rol(here), ror(here), rol(down), down, ror(down)};
    u64 ones = 0, twos = 0, fours = 0;
    for (u32 i = 0; i < 8; i++) {
      u64 carry = ones & rows[i];
      ones ^= rows[i];
      fours |= twos & carry;
      twos ^= carry;
    }
    next[y] = twos & ~fours & (ones | here);
  }
  for (u32 y = 0; y < 64; y++) grid[y] = next[y];
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  rt_seed = 1970;
  for (u32 y = 0; y < 64; y++) grid[y] = (u64)rt_random() << 32 | rt_random();
  while (n--) {
    step();
    if (n % 8 == 0) for (u32 y = 0; y < 64; y++) h = rt_mix(h, (u32)(grid[y] ^ grid[y] >> 32));
  }
  return h;
}
