// Spectral norm of the infinite matrix a(i, j) = 1 / ((i + j)(i + j + 1) / 2 + i + 1), its first n rows and columns: division in inner loops.
#include "rt.h"
enum { MOST = 512 };
static double u[MOST], v[MOST], t[MOST];
static double a(u32 i, u32 j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }
static void times(u32 n, const double *x, double *y) { for (u32 i = 0; i < n; i++) { y[i] = 0; for (u32 j = 0; j < n; j++) y[i] += a(i, j) * x[j]; } }
static void transposed(u32 n, const double *x, double *y) { for (u32 i = 0; i < n; i++) { y[i] = 0; for (u32 j = 0; j < n; j++) y[i] += a(j, i) * x[j]; } }
EXPORT u32 run(u32 n) {
  double uv = 0, vv = 0;
  if (n > MOST) n = MOST;
  for (u32 i = 0; i < n; i++) u[i] = 1;
  for (u32 i = 0; i < 5; i++) {
    times(n, u, t); transposed(n, t, v);
    times(n, v, t); transposed(n, t, u);
  }
  for (u32 i = 0; i < n; i++) { uv += u[i] * v[i]; vv += v[i] * v[i]; }
  return (u32)(i64)(__builtin_sqrt(uv / vv) * 1e9);
}
