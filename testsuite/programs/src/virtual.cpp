// Virtual calls: a scene of shapes behind a base class, and an expression tree evaluated through it.
#include "rt.h"
struct Shape { virtual i32 area() const = 0; virtual void grow(i32 by) = 0; i32 id; };
struct Square : Shape { i32 side; i32 area() const override { return side * side; } void grow(i32 by) override { side += by; } };
struct Rect : Shape { i32 w, h; i32 area() const override { return w * h; } void grow(i32 by) override { w += by; h -= by; } };
struct Ring : Shape { i32 outer, inner; i32 area() const override { return 3 * (outer * outer - inner * inner); } void grow(i32 by) override { outer += by; inner ^= by; } };
struct Expr { virtual i32 eval(i32 x) const = 0; };
struct Lit : Expr { i32 v; i32 eval(i32) const override { return v; } };
struct Var : Expr { i32 eval(i32 x) const override { return x; } };
struct Add : Expr { const Expr *a, *b; i32 eval(i32 x) const override { return a->eval(x) + b->eval(x); } };
struct Mul : Expr { const Expr *a, *b; i32 eval(i32 x) const override { return a->eval(x) * b->eval(x); } };
inline void *operator new(__SIZE_TYPE__, void *p) noexcept { return p; }
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }
alignas(8) static u8 heap[8192];
static u32 top;
template <class T> static T *make() { T *t = new (heap + top) T; top += (sizeof(T) + 7) & ~7u; return t; }
static const Expr *tree(int depth) {
  u32 r = rt_random();
  if (!depth) {
    if (r & 1) return make<Var>();
    Lit *l = make<Lit>();
    l->v = (i32)(r >> 20);
    return l;
  }
  if (r & 1) { Add *n = make<Add>(); n->a = tree(depth - 1); n->b = tree(depth - 1); return n; }
  Mul *n = make<Mul>();
  n->a = tree(depth - 1);
  n->b = tree(depth - 1);
  return n;
}
EXPORT u32 run(u32 n) {
  static Shape *shapes[64];
  u32 h = 0;
  top = 0;
  rt_seed = 7;
  for (int i = 0; i < 64; i++) {
    switch (rt_random() % 3) {
    case 0: { auto *s = make<Square>(); s->side = i; shapes[i] = s; break; }
    case 1: { auto *r = make<Rect>(); r->w = i; r->h = 2 * i; shapes[i] = r; break; }
    default: { auto *r = make<Ring>(); r->outer = 3 * i; r->inner = i; shapes[i] = r; }
    }
    shapes[i]->id = i;
  }
  const Expr *e = tree(6);
  while (n--) {
    for (int i = 0; i < 64; i++) { h = rt_mix(h, (u32)shapes[i]->area()); shapes[i]->grow((i32)(h & 3)); }
    h = rt_mix(h, (u32)e->eval((i32)n));
  }
  return h;
}
