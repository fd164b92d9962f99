// Dense matrix product, f64 and i32, n x n (n <= 128).
#include "rt.h"
static double fa[128 * 128], fb[128 * 128], fc[128 * 128];
static i32 ia[128 * 128], ib[128 * 128], ic[128 * 128];
EXPORT u32 run(u32 n) {
  if (n > 128) n = 128;
  rt_seed = 3;
  for (u32 i = 0; i < n * n; i++) { ia[i] = (i32)(rt_random() >> 20); ib[i] = (i32)(rt_random() >> 20); fa[i] = ia[i] / 16.0; fb[i] = ib[i] / 8.0; }
  for (u32 i = 0; i < n; i++)
    for (u32 j = 0; j < n; j++) {
      double s = 0;
      i32 t = 0;
      for (u32 k = 0; k < n; k++) s += fa[i * n + k] * fb[k * n + j];
      for (u32 k = 0; k < n; k++) t += ia[i * n + k] * ib[k * n + j];
      fc[i * n + j] = s;
      ic[i * n + j] = t;
    }
  u32 h = 0;
  for (u32 i = 0; i < n * n; i++) h = rt_mix(rt_mix(h, (u32)ic[i]), (u32)(i64)(fc[i] * 128));
  return h;
}
