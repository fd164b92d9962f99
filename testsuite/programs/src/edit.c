// Dynamic programming over two texts: edit distance by rows, and the longest common subsequence with its trace back.
#include "rt.h"
enum { MOST = 600 };
static u8 a[MOST], b[MOST];
static u16 table[MOST + 1][MOST + 1];
static u32 least(u32 x, u32 y) { return x < y ? x : y; }
static u32 distance(u32 n) {
  static u32 row[MOST + 1];
  for (u32 j = 0; j <= n; j++) row[j] = j;
  for (u32 i = 1; i <= n; i++) {
    u32 corner = row[0];
    row[0] = i;
    for (u32 j = 1; j <= n; j++) {
      u32 change = corner + (a[i - 1] != b[j - 1]);
      corner = row[j];
      row[j] = least(change, least(corner, row[j - 1]) + 1);
    }
  }
  return row[n];
}
static u32 common(u32 n) {
  u32 h = 0;
  for (u32 i = 1; i <= n; i++)
    for (u32 j = 1; j <= n; j++) {
      u16 up = table[i - 1][j], left = table[i][j - 1];
      table[i][j] = a[i - 1] == b[j - 1] ? (u16)(table[i - 1][j - 1] + 1) : up > left ? up : left;
    }
  for (u32 i = n, j = n; i && j;) {
    if (a[i - 1] == b[j - 1]) { h = rt_mix(h, a[--i]); j--; }
    else if (table[i - 1][j] >= table[i][j - 1]) i--;
    else j--;
  }
  return rt_mix(h, table[n][n]);
}
EXPORT u32 run(u32 n) {
  if (n > MOST) n = MOST;
  rt_seed = 271828;
  for (u32 i = 0; i < n; i++) a[i] = (u8)("acgt"[rt_random() >> 30]);
  // The other text: the same one, shifted, with changes here and there.
  for (u32 i = 0; i < n; i++) b[i] = rt_random() % 5 ? a[(i + 17) % n] : (u8)("acgt"[rt_random() >> 30]);
  return rt_mix(distance(n), common(n));
}
