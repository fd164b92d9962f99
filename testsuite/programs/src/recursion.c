// Recursion: Fibonacci, Ackermann's function and the towers of Hanoi.
#include "rt.h"
static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static u32 ackermann(u32 m, u32 n) { return !m ? n + 1 : !n ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static u32 moves;
static void hanoi(u32 n, u32 from, u32 to, u32 via) {
  if (!n) return;
  hanoi(n - 1, from, via, to);
  moves = rt_mix(moves, from * 4 + to);
  hanoi(n - 1, via, to, from);
}
EXPORT u32 run(u32 n) {
  moves = 0;
  hanoi(n / 2, 0, 2, 1);
  return rt_mix(rt_mix(moves, fib(n)), ackermann(2, n));
}
