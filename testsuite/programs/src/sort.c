// Quicksort with insertion sort below 12, then heapsort, on n random keys.
#include "rt.h"
static u32 a[65536];
static void swap(u32 i, u32 j) { u32 t = a[i]; a[i] = a[j]; a[j] = t; }
static void quick(i32 lo, i32 hi) {
  while (hi - lo > 12) {
    u32 pivot = a[(lo + hi) >> 1];
    i32 i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { swap((u32)i, (u32)j); i++; j--; }
    }
    if (j - lo < hi - i) { quick(lo, j); lo = i; } else { quick(i, hi); hi = j; }
  }
  for (i32 i = lo + 1; i <= hi; i++) {
    u32 v = a[i];
    i32 j = i;
    while (j > lo && a[j - 1] > v) { a[j] = a[j - 1]; j--; }
    a[j] = v;
  }
}
static void sift(u32 i, u32 n) {
  for (;;) {
    u32 c = 2 * i + 1;
    if (c >= n) return;
    if (c + 1 < n && a[c + 1] > a[c]) c++;
    if (a[i] >= a[c]) return;
    swap(i, c);
    i = c;
  }
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  if (n > 65536) n = 65536;
  rt_seed = 4711;
  for (u32 i = 0; i < n; i++) a[i] = rt_random();
  quick(0, (i32)n - 1);
  for (u32 i = 0; i < n; i++) h = rt_mix(h, a[i]);
  for (u32 i = 0; i < n; i++) a[i] = rt_random() & 0xffff;
  for (u32 i = n / 2; i-- > 0;) sift(i, n);
  for (u32 i = n; i-- > 1;) { swap(0, i); sift(0, i); }
  for (u32 i = 0; i < n; i++) h = rt_mix(h, a[i]);
  return h;
}
