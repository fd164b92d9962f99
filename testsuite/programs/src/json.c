// A JSON parser (RFC 8259) that builds a tree in an arena, and a walk over the tree; n rounds over one generated document.
#include "rt.h"
typedef struct Node { int kind; double num; const char *str; u32 len; struct Node *child, *next; } Node;
static Node arena[20000];
static u32 used;
static const char *p, *end;
static Node *node(int kind) { Node *n = &arena[used++]; n->kind = kind; n->child = n->next = NULL; n->num = 0; n->len = 0; return n; }
static void ws(void) { while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++; }
static Node *value(void);
static Node *string(void) {
  Node *n = node(3);
  n->str = ++p;
  while (*p != '"') p += *p == '\\' ? 2 : 1;
  n->len = (u32)(p++ - n->str);
  return n;
}
static Node *number(void) {
  Node *n = node(2);
  double sign = 1, v = 0, scale = 1;
  if (*p == '-') { sign = -1; p++; }
  while (*p >= '0' && *p <= '9') v = v * 10 + (*p++ - '0');
  if (*p == '.') for (p++; *p >= '0' && *p <= '9'; p++) v += (*p - '0') * (scale /= 10);
  n->num = sign * v;
  return n;
}
static Node *list(char close, int keyed) {
  Node *n = node(keyed ? 5 : 4), **tail = &n->child;
  p++;
  ws();
  while (*p != close) {
    if (keyed) { *tail = string(); tail = &(*tail)->next; ws(); p++; }
    *tail = value();
    tail = &(*tail)->next;
    ws();
    if (*p == ',') p++;
    ws();
  }
  p++;
  return n;
}
static Node *value(void) {
  ws();
  switch (*p) {
  case '{': return list('}', 1);
  case '[': return list(']', 0);
  case '"': return string();
  case 't': p += 4; return node(1);
  case 'f': p += 5; return node(1);
  case 'n': p += 4; return node(0);
  default: return number();
  }
}
static u32 walk(const Node *n, u32 h) {
  for (; n; n = n->next) {
    h = rt_mix(h, (u32)n->kind);
    if (n->kind == 2) h = rt_mix(h, (u32)(i32)(n->num * 16));
    if (n->kind == 3) for (u32 i = 0; i < n->len; i++) h = rt_mix(h, (u8)n->str[i]);
    h = walk(n->child, h);
  }
  return h;
}
static char text[60000];
static u32 length;
static void put(const char *s) { while (*s) text[length++] = *s++; }
static void put_number(u32 v) { char b[12]; int i = 0; do b[i++] = (char)('0' + v % 10); while (v /= 10); while (i) text[length++] = b[--i]; }
static void document(void) {
  length = 0;
  rt_seed = 12345;
  put("{\"items\": [\n");
  for (int i = 0; i < 300; i++) {
    put(i ? ",\n {\"id\": " : " {\"id\": ");
    put_number((u32)i);
    put(", \"name\": \"item \\\"");
    put_number(rt_random() % 100000);
    put("\\\"\", \"price\": ");
    put_number(rt_random() % 1000);
    put(".");
    put_number(rt_random() % 100);
    put(", \"tags\": [\"a\", \"bb\", true, false, null, -");
    put_number(rt_random() % 50);
    put("]}");
  }
  put("\n]}");
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  document();
  while (n--) { p = text; end = text + length; used = 0; h = walk(value(), h); }
  return h;
}
