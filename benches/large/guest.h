/* What the drivers share. */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define EXPORT __attribute__((visibility("default"), export_name("run")))
/* The C library's own initialisation, once. */
void __wasm_call_ctors(void);
static inline void start(void) {
  static int started;
  if (!started) { started = 1; __wasm_call_ctors(); }
}
static inline uint32_t mix(uint32_t h, uint32_t x) { return (h ^ x) * 0x01000193u; }
static inline uint32_t mix_bytes(uint32_t h, const void *p, size_t n) {
  const unsigned char *bytes = p;
  while (n--) h = mix(h, *bytes++);
  return h;
}
