// What the programs share: a freestanding environment (no libc), the export `run`, and a small random generator.
#pragma once
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;
#define NULL ((void *)0)
#ifdef __cplusplus
#define EXPORT extern "C" __attribute__((visibility("default"), export_name("run")))
#else
#define EXPORT __attribute__((visibility("default"), export_name("run")))
#endif

static u32 rt_seed = 0x9e3779b9u;
static inline u32 rt_random(void) {
  rt_seed ^= rt_seed << 13;
  rt_seed ^= rt_seed >> 17;
  rt_seed ^= rt_seed << 5;
  return rt_seed;
}
static inline u32 rt_mix(u32 h, u32 x) { return (h ^ x) * 0x01000193u; }
