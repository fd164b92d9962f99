// Templates and closures: an ordered map as a B-tree with splitting, removal by borrowing and merging, iteration by a callable; keys of two types.
#include "rt.h"
template <class T> static void swap(T &a, T &b) { T t = a; a = b; b = t; }
// A pool that gives nodes back.
template <class T, u32 N> struct Pool {
  T items[N], *free[N];
  u32 left;
  void reset() { left = N; for (u32 i = 0; i < N; i++) free[i] = &items[N - 1 - i]; }
  T *take() { if (!left) __builtin_trap(); return free[--left]; }
  void give(T *t) { free[left++] = t; }
};
template <class K, class V, int D, u32 N> struct Map {
  struct Node {
    i32 count;
    bool leaf;
    K keys[2 * D - 1];
    V values[2 * D - 1];
    Node *kids[2 * D];
    i32 find(const K &k) const { i32 i = 0; while (i < count && keys[i] < k) i++; return i; }
    bool holds(i32 i, const K &k) const { return i < count && !(k < keys[i]); }
    void open(i32 at) { for (i32 i = count++; i > at; i--) { keys[i] = keys[i - 1]; values[i] = values[i - 1]; } }
    void close(i32 at) { for (i32 i = at + 1; i < count; i++) { keys[i - 1] = keys[i]; values[i - 1] = values[i]; } count--; }
    void move_from(i32 to, const Node &n, i32 from, i32 many) { for (i32 i = 0; i < many; i++) { keys[to + i] = n.keys[from + i]; values[to + i] = n.values[from + i]; } }
  };
  Pool<Node, N> pool;
  Node *root;
  u32 size;
  Node *node(bool leaf) { Node *n = pool.take(); n->count = 0; n->leaf = leaf; return n; }
  void reset() { pool.reset(); root = node(true); size = 0; }
  V *get(const K &k) {
    for (Node *n = root;;) {
      i32 i = n->find(k);
      if (n->holds(i, k)) return &n->values[i];
      if (n->leaf) return nullptr;
      n = n->kids[i];
    }
  }
  void split(Node *p, i32 at) {
    Node *l = p->kids[at], *r = node(l->leaf);
    r->count = D - 1;
    r->move_from(0, *l, D, D - 1);
    if (!l->leaf) for (i32 i = 0; i < D; i++) r->kids[i] = l->kids[D + i];
    for (i32 i = p->count; i > at; i--) p->kids[i + 1] = p->kids[i];
    p->open(at);
    p->move_from(at, *l, D - 1, 1);
    p->kids[at + 1] = r;
    l->count = D - 1;
  }
  V &at(const K &k) {
    if (V *v = get(k)) return *v;
    if (root->count == 2 * D - 1) { Node *n = node(false); n->kids[0] = root; root = n; split(n, 0); }
    Node *n = root;
    for (;;) {
      i32 i = n->find(k);
      if (n->leaf) { n->open(i); n->keys[i] = k; n->values[i] = V(); size++; return n->values[i]; }
      if (n->kids[i]->count == 2 * D - 1) { split(n, i); if (n->keys[i] < k) i++; }
      n = n->kids[i];
    }
  }
  Node *merge(Node *p, i32 i) {
    Node *l = p->kids[i], *r = p->kids[i + 1];
    l->move_from(l->count, *p, i, 1);
    l->move_from(l->count + 1, *r, 0, r->count);
    if (!l->leaf) for (i32 j = 0; j <= r->count; j++) l->kids[l->count + 1 + j] = r->kids[j];
    l->count += 1 + r->count;
    p->close(i);
    for (i32 j = i + 1; j <= p->count; j++) p->kids[j] = p->kids[j + 1];
    pool.give(r);
    return l;
  }
  // Makes the child `i` have a key to spare, and gives the node that now covers its keys.
  Node *fill(Node *p, i32 i) {
    Node *n = p->kids[i];
    if (n->count >= D) return n;
    if (i > 0 && p->kids[i - 1]->count >= D) {
      Node *l = p->kids[i - 1];
      for (i32 j = n->count; j >= 0 && !n->leaf; j--) n->kids[j + 1] = n->kids[j];
      n->open(0);
      n->move_from(0, *p, i - 1, 1);
      if (!n->leaf) n->kids[0] = l->kids[l->count];
      p->move_from(i - 1, *l, --l->count, 1);
      return n;
    }
    if (i < p->count && p->kids[i + 1]->count >= D) {
      Node *r = p->kids[i + 1];
      n->move_from(n->count++, *p, i, 1);
      if (!n->leaf) n->kids[n->count] = r->kids[0];
      p->move_from(i, *r, 0, 1);
      for (i32 j = 0; j < r->count && !r->leaf; j++) r->kids[j] = r->kids[j + 1];
      r->close(0);
      return n;
    }
    return merge(p, i < p->count ? i : i - 1);
  }
  void drop(Node *n, const K &k) {
    i32 i = n->find(k);
    if (n->leaf) { if (n->holds(i, k)) { n->close(i); size--; } return; }
    if (!n->holds(i, k)) { drop(fill(n, i), k); return; }
    Node *l = n->kids[i], *r = n->kids[i + 1];
    if (l->count >= D) {
      while (!l->leaf) l = l->kids[l->count];
      n->move_from(i, *l, l->count - 1, 1);
      K last = n->keys[i];
      drop(n->kids[i], last);
    } else if (r->count >= D) {
      while (!r->leaf) r = r->kids[0];
      n->move_from(i, *r, 0, 1);
      K first = n->keys[i];
      drop(n->kids[i + 1], first);
    } else {
      drop(merge(n, i), k);
    }
  }
  void remove(const K &k) {
    drop(root, k);
    if (!root->count && !root->leaf) { Node *old = root; root = old->kids[0]; pool.give(old); }
  }
  template <class F> void each(const Node *n, F &&f) const {
    for (i32 i = 0; i < n->count; i++) { if (!n->leaf) each(n->kids[i], f); f(n->keys[i], n->values[i]); }
    if (!n->leaf) each(n->kids[n->count], f);
  }
};
struct Point {
  i32 x, y;
  bool operator<(const Point &o) const { return x != o.x ? x < o.x : y < o.y; }
};
static Map<u32, u32, 8, 1024> numbers;
static Map<Point, u64, 3, 2048> points;
EXPORT u32 run(u32 n) {
  u32 h = 0, before = 0;
  rt_seed = 60221;
  numbers.reset();
  points.reset();
  for (u32 i = 0; i < n; i++) {
    u32 r = rt_random(), k = (r >> 6) % 3000;
    Point p = {(i32)(r >> 20 & 31), (i32)(r >> 8 & 31)};
    switch (r % 5) {
    case 0: numbers.remove(k); points.remove(p); break;
    case 1: if (u32 *v = numbers.get(k)) h = rt_mix(h, *v); break;
    default: numbers.at(k) += i; points.at(p) += r;
    }
  }
  numbers.each(numbers.root, [&](u32 k, u32 v) { if (k < before) __builtin_trap(); before = k; h = rt_mix(rt_mix(h, k), v); });
  points.each(points.root, [&](const Point &p, u64 v) { h = rt_mix(h, (u32)(p.x * 32 + p.y) ^ (u32)v ^ (u32)(v >> 32)); });
  swap(h, before);
  return rt_mix(before, numbers.size * 4096 + points.size);
}
