// Fannkuch: over all permutations of n (at most 12), the most reversals of a prefix until 1 is in front, and an alternating checksum.
#include "rt.h"
EXPORT u32 run(u32 n) {
  u8 perm[16], work[16], count[16];
  i32 most = 0, sum = 0, odd = 0;
  if (n > 12) n = 12;
  for (u32 i = 0; i < n; i++) perm[i] = (u8)i;
  u32 r = n;
  for (;;) {
    while (r > 1) { count[r - 1] = (u8)r; r--; }
    i32 flips = 0;
    for (u32 i = 0; i < n; i++) work[i] = perm[i];
    for (u32 first = work[0]; first; first = work[0], flips++)
      for (u32 lo = 0, hi = first; lo < hi; lo++, hi--) { u8 t = work[lo]; work[lo] = work[hi]; work[hi] = t; }
    if (flips > most) most = flips;
    sum += odd ? -flips : flips;
    for (;; r++) {
      if (r >= n) return (u32)(most * 100000 + sum);
      u8 front = perm[0];
      for (u32 i = 0; i < r; i++) perm[i] = perm[i + 1];
      perm[r] = front;
      if (--count[r] > 0) break;
    }
    odd ^= 1;
  }
}
