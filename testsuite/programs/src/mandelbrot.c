// The Mandelbrot set on an n x n grid, 100 iterations at most.
#include "rt.h"
EXPORT u32 run(u32 n) {
  u32 h = 0;
  for (u32 y = 0; y < n; y++)
    for (u32 x = 0; x < n; x++) {
      double cr = 3.0 * x / n - 2.25, ci = 2.5 * y / n - 1.25, zr = 0, zi = 0;
      u32 i = 0;
      while (i < 100 && zr * zr + zi * zi < 4) { double t = zr * zr - zi * zi + cr; zi = 2 * zr * zi + ci; zr = t; i++; }
      h = rt_mix(h, i);
    }
  return h;
}
