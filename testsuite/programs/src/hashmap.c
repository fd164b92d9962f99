// Hash maps: open addressing with linear probing and deletion by shifting back (integer keys), and chains with string keys that grow.
#include "rt.h"
enum { SLOTS = 1 << 13 };
typedef struct { u32 key, value; } Slot;
static Slot slots[SLOTS];
static u32 live;
static u32 home(u32 key) { return key * 0x9e3779b1u >> 19; }
static Slot *probe(u32 key) {
  u32 i = home(key);
  while (slots[i].key && slots[i].key != key) i = (i + 1) & (SLOTS - 1);
  return &slots[i];
}
static void add(u32 key, u32 value) {
  Slot *s = probe(key);
  if (!s->key) { s->key = key; s->value = 0; live++; }
  s->value += value;
}
static void delete(u32 key) {
  u32 hole = (u32)(probe(key) - slots);
  if (!slots[hole].key) return;
  live--;
  for (u32 i = hole;;) {
    i = (i + 1) & (SLOTS - 1);
    if (!slots[i].key) break;
    if (((i - home(slots[i].key)) & (SLOTS - 1)) >= ((i - hole) & (SLOTS - 1))) { slots[hole] = slots[i]; hole = i; }
  }
  slots[hole].key = 0;
}
static u32 integers(u32 n) {
  u32 h = 0;
  live = 0;
  for (u32 i = 0; i < SLOTS; i++) slots[i].key = 0;
  for (u32 i = 0; i < n; i++) {
    u32 r = rt_random(), key = (r >> 8) % 6000 + 1;
    switch (r & 7) {
    case 0: case 1: case 2: add(key, r); break;
    case 3: delete(key); break;
    default: h = rt_mix(h, probe(key)->key ? probe(key)->value : live);
    }
  }
  return rt_mix(h, live);
}
typedef struct Entry { struct Entry *next; u32 hash, count, length; char name[12]; } Entry;
static Entry pool[4096], *small[256], *large[4096], **buckets;
static u32 bucket_count, used;
static void grow(void) {
  Entry **old = buckets;
  u32 n = bucket_count;
  buckets = large;
  bucket_count = 4096;
  for (u32 i = 0; i < bucket_count; i++) buckets[i] = NULL;
  for (u32 i = 0; i < n; i++)
    for (Entry *e = old[i], *next; e; e = next) { next = e->next; Entry **b = &buckets[e->hash & (bucket_count - 1)]; e->next = *b; *b = e; }
}
static Entry *intern(const char *name, u32 length) {
  u32 hash = 0x811c9dc5u;
  for (u32 i = 0; i < length; i++) hash = rt_mix(hash, (u8)name[i]);
  hash ^= hash >> 15;
  for (Entry *e = buckets[hash & (bucket_count - 1)]; e; e = e->next) {
    if (e->hash != hash || e->length != length) continue;
    u32 i = 0;
    while (i < length && e->name[i] == name[i]) i++;
    if (i == length) return e;
  }
  if (used == 2 * bucket_count) grow();
  Entry *e = &pool[used++], **b = &buckets[hash & (bucket_count - 1)];
  e->hash = hash;
  e->count = 0;
  e->length = length;
  for (u32 i = 0; i < length; i++) e->name[i] = name[i];
  e->next = *b;
  return *b = e;
}
static u32 strings(u32 n) {
  u32 h = 0;
  used = 0;
  buckets = small;
  bucket_count = 256;
  for (u32 i = 0; i < 256; i++) small[i] = NULL;
  for (u32 i = 0; i < n; i++) {
    char name[12];
    u32 length = 0, r = rt_random() % 3500;
    for (name[length++] = 'k'; r; r /= 7) name[length++] = (char)('a' + r % 7);
    h = rt_mix(h, ++intern(name, length)->count);
  }
  return rt_mix(h, used);
}
EXPORT u32 run(u32 n) {
  rt_seed = 2024;
  u32 h = integers(n);
  return rt_mix(h, strings(n / 2));
}
