// Values and the heap of the script language: 64-bit values that are a double or a tagged 32-bit payload, objects with a header, an allocator
// of size classes, and a collector that marks through a list and sweeps.
#pragma once
#include "../rt.h"

typedef u64 Value;
typedef __UINTPTR_TYPE__ Word;
enum { TAG_PLAIN = 0xfffc, TAG_OBJECT = 0xfffd };
#define NIL ((u64)TAG_PLAIN << 48)
#define FALSE (NIL | 1)
#define TRUE (NIL | 2)
// The key of a node whose key was collected.
#define DEAD (NIL | 3)

typedef enum { STRING, TABLE, PROTO, CLOSURE, UPVALUE, NATIVE } Kind;
typedef struct Object {
  struct Object *next, *gray;
  u32 bytes;
  u8 kind, marked;
} Object;
typedef struct String {
  Object object;
  struct String *chain;
  u32 hash, length;
  char text[];
} String;
typedef struct { Value key, value; } Node;
// Values at 0 .. count in `items`, everything else in `nodes` (a power of two of them, or none), probed linearly.
typedef struct {
  Object object;
  u32 count, room, node_count, used;
  Value *items;
  Node *nodes;
} Table;
// Where a closure finds a captured variable when it is made: a register of the function around it, or one of that function's captures.
typedef struct { u8 is_register, index; } Capture;
typedef struct Proto {
  Object object;
  u32 *code;
  Value *constants;
  struct Proto **protos;
  Capture *captures;
  u32 code_count, constant_count, proto_count, capture_count, params, registers;
} Proto;
// A captured variable: on the stack while its function runs, its own home afterwards.
typedef struct Upvalue {
  Object object;
  Value *at, closed;
  struct Upvalue *open;
} Upvalue;
typedef struct {
  Object object;
  Proto *proto;
  Upvalue *captured[];
} Closure;
typedef Value (*Function)(Value *args, u32 count);
typedef struct {
  Object object;
  Function function;
} Native;

// A fault of the script: this program runs scripts that have none.
static void fail(void) { __builtin_trap(); }

static double as_number(Value v) { union { u64 bits; double number; } u = {v}; return u.number; }
static Value of_number(double d) { union { double number; u64 bits; } u = {d}; return u.bits; }
static int is_number(Value v) { return v >> 48 < TAG_PLAIN; }
static int is_true(Value v) { return v != NIL && v != FALSE; }
static int is_object(Value v) { return v >> 48 == TAG_OBJECT; }
static Object *as_object(Value v) { return (Object *)(Word)(v & 0xffffffffffffull); }
static Value of_object(void *o) { return (u64)TAG_OBJECT << 48 | (Word)o; }
static int is_kind(Value v, Kind kind) { return is_object(v) && as_object(v)->kind == kind; }
static double number(Value v) { if (!is_number(v)) fail(); return as_number(v); }
static String *string(Value v) { if (!is_kind(v, STRING)) fail(); return (String *)as_object(v); }
static Table *table(Value v) { if (!is_kind(v, TABLE)) fail(); return (Table *)as_object(v); }

// -- allocator: blocks of powers of two and of one and a half times those, from 16 bytes, with a list of free ones for each size

enum { ARENA = 6 << 20, CLASSES = 40 };
static u8 arena[ARENA] __attribute__((aligned(16)));
static u32 arena_used, live_bytes, limit_bytes;
static void *free_blocks[CLASSES];
static u32 class_of(u32 bytes, u32 *size) {
  u32 power = 16, at = 0;
  while (power < bytes) {
    if (power + power / 2 >= bytes) { *size = power + power / 2; return at + 1; }
    power *= 2;
    at += 2;
  }
  *size = power;
  return at;
}
static void *take(u32 bytes) {
  u32 size, at = class_of(bytes, &size);
  void **block = free_blocks[at];
  live_bytes += size;
  if (block) { free_blocks[at] = *block; return block; }
  if (arena_used + size > ARENA) fail();
  block = (void **)(arena + arena_used);
  arena_used += size;
  return block;
}
static void give(void *block, u32 bytes) {
  u32 size, at = class_of(bytes, &size);
  if (!block) return;
  live_bytes -= size;
  *(void **)block = free_blocks[at];
  free_blocks[at] = block;
}
static void *grown(void *old, u32 old_bytes, u32 bytes) {
  u64 *to = take(bytes);
  const u64 *from = old;
  for (u32 i = 0; i < (old_bytes + 7) / 8; i++) to[i] = from[i];
  give(old, old_bytes);
  return to;
}
// Makes room for one more in an array that doubles when its count is a power of two.
#define PUSH(array, count, item)                                                                              \
  do {                                                                                                        \
    if (((count) & ((count) - 1)) == 0)                                                                       \
      (array) = grown((array), (count) * sizeof *(array), ((count) ? 2 * (count) : 1) * sizeof *(array));     \
    (array)[(count)++] = (item);                                                                              \
  } while (0)
static u32 room_of(u32 count) { u32 room = 1; while (room < count) room *= 2; return count ? room : 0; }

// -- objects

static Object *objects, *gray;
static void *new_object(Kind kind, u32 bytes) {
  Object *o = take(bytes);
  o->next = objects;
  objects = o;
  o->gray = NULL;
  o->bytes = bytes;
  o->kind = (u8)kind;
  o->marked = 0;
  return o;
}
enum { INTERNED = 1024 };
static String *interned[INTERNED];
// The string with this text: there is one of each.
static String *intern(const char *text, u32 length) {
  u32 hash = 0x811c9dc5u ^ length;
  for (u32 i = 0; i < length; i++) hash = rt_mix(hash, (u8)text[i]);
  hash ^= hash >> 13;
  String **list = &interned[hash % INTERNED];
  for (String *s = *list; s; s = s->chain) {
    if (s->hash != hash || s->length != length) continue;
    u32 i = 0;
    while (i < length && s->text[i] == text[i]) i++;
    if (i == length) return s;
  }
  String *s = new_object(STRING, sizeof(String) + length);
  s->hash = hash;
  s->length = length;
  for (u32 i = 0; i < length; i++) s->text[i] = text[i];
  s->chain = *list;
  return *list = s;
}
static Table *new_table(void) {
  Table *t = new_object(TABLE, sizeof(Table));
  t->count = t->room = t->node_count = t->used = 0;
  t->items = NULL;
  t->nodes = NULL;
  return t;
}

// -- tables

static u32 hash_of(Value v) {
  if (is_kind(v, STRING)) return ((String *)as_object(v))->hash;
  u32 h = (u32)(v ^ v >> 32) * 0x9e3779b1u;
  return h ^ h >> 15;
}
// The node with the key, or the free one where it would be. The nodes are never full.
static Node *node_of(const Table *t, Value key) {
  u32 mask = t->node_count - 1, i = hash_of(key) & mask;
  while (t->nodes[i].key != key && t->nodes[i].key != NIL) i = (i + 1) & mask;
  return &t->nodes[i];
}
static void set_node(Table *t, Value key, Value value);
static void rehash(Table *t) {
  u32 old_count = t->node_count, kept = 0;
  Node *old = t->nodes;
  for (u32 i = 0; i < old_count; i++) kept += old[i].value != NIL;
  u32 count = 4;
  while (count * 3 < (kept + 1) * 5) count *= 2;
  t->nodes = take(count * sizeof(Node));
  t->node_count = count;
  t->used = 0;
  for (u32 i = 0; i < count; i++) t->nodes[i].key = t->nodes[i].value = NIL;
  for (u32 i = 0; i < old_count; i++) if (old[i].value != NIL) set_node(t, old[i].key, old[i].value);
  give(old, old_count * sizeof(Node));
}
static void set_node(Table *t, Value key, Value value) {
  if (t->node_count) {
    Node *n = node_of(t, key);
    if (n->key != NIL) { n->value = value; return; }
  }
  if (value == NIL) return;
  if ((t->used + 1) * 4 > t->node_count * 3) rehash(t);
  Node *n = node_of(t, key);
  n->key = key;
  n->value = value;
  t->used++;
}
static void push(Table *t, Value value) {
  if (t->count == t->room) {
    u32 room = t->room ? 2 * t->room : 4;
    t->items = grown(t->items, t->room * sizeof(Value), room * sizeof(Value));
    t->room = room;
  }
  t->items[t->count++] = value;
}
// A key as an index, or ~0 if it is none.
static u32 index_of(Value key) {
  if (!is_number(key)) return ~0u;
  double d = as_number(key);
  if (!(d >= 0 && d < 16777216)) return ~0u;
  u32 i = (u32)d;
  return i == d ? i : ~0u;
}
static Value table_get(const Table *t, Value key) {
  u32 i = index_of(key);
  if (i < t->count) return t->items[i];
  return t->node_count ? node_of(t, key)->value : NIL;
}
static void table_set(Table *t, Value key, Value value) {
  u32 i = index_of(key);
  if (i < t->count) { t->items[i] = value; return; }
  if (key == NIL) fail();
  if (i != t->count || value == NIL) { set_node(t, key, value); return; }
  push(t, value);
  // What follows may have been set before.
  while (t->used) {
    Node *n = node_of(t, of_number(i));
    if (n->key != NIL) n->value = NIL;
    n = node_of(t, of_number(t->count));
    if (n->key == NIL || n->value == NIL) break;
    i = t->count;
    push(t, n->value);
  }
}

// -- collector

static void mark(void *object) {
  Object *o = object;
  if (!o || o->marked) return;
  o->marked = 1;
  if (o->kind == STRING || o->kind == NATIVE) return;
  o->gray = gray;
  gray = o;
}
static void mark_value(Value v) { if (is_object(v)) mark(as_object(v)); }
static void mark_children(Object *o) {
  switch (o->kind) {
  case TABLE: {
    Table *t = (Table *)o;
    for (u32 i = 0; i < t->count; i++) mark_value(t->items[i]);
    for (u32 i = 0; i < t->node_count; i++) if (t->nodes[i].value != NIL) { mark_value(t->nodes[i].key); mark_value(t->nodes[i].value); }
    // A dead key may not stay: its memory is given away. The place stays taken.
    for (u32 i = 0; i < t->node_count; i++) if (t->nodes[i].value == NIL && t->nodes[i].key != NIL) t->nodes[i].key = DEAD;
    break;
  }
  case PROTO: {
    Proto *p = (Proto *)o;
    for (u32 i = 0; i < p->constant_count; i++) mark_value(p->constants[i]);
    for (u32 i = 0; i < p->proto_count; i++) mark(p->protos[i]);
    break;
  }
  case CLOSURE: {
    Closure *c = (Closure *)o;
    mark(c->proto);
    for (u32 i = 0; i < c->proto->capture_count; i++) mark(c->captured[i]);
    break;
  }
  case UPVALUE: mark_value(*((Upvalue *)o)->at); break;
  }
}
static void release(Object *o) {
  if (o->kind == TABLE) {
    Table *t = (Table *)o;
    give(t->items, t->room * sizeof(Value));
    give(t->nodes, t->node_count * sizeof(Node));
  }
  if (o->kind == PROTO) {
    Proto *p = (Proto *)o;
    give(p->code, room_of(p->code_count) * sizeof *p->code);
    give(p->constants, room_of(p->constant_count) * sizeof *p->constants);
    give(p->protos, room_of(p->proto_count) * sizeof *p->protos);
    give(p->captures, room_of(p->capture_count) * sizeof *p->captures);
  }
  give(o, o->bytes);
}
static void finish_collection(void) {
  while (gray) { Object *o = gray; gray = o->gray; mark_children(o); }
  for (u32 i = 0; i < INTERNED; i++)
    for (String **s = &interned[i]; *s;) if ((*s)->object.marked) s = &(*s)->chain; else *s = (*s)->chain;
  for (Object **at = &objects; *at;) {
    Object *o = *at;
    if (o->marked) { o->marked = 0; at = &o->next; continue; }
    *at = o->next;
    release(o);
  }
  limit_bytes = 2 * live_bytes + (64 << 10);
}
