// LZ77 compression with a hash chain of one, and decompression, over n KiB of generated text; returns a hash of both.
#include "rt.h"
static u8 in[65536], packed[80000], out[65536];
static u32 heads[4096];
static u32 hash3(const u8 *p) { return ((u32)(p[0] << 16 | p[1] << 8 | p[2]) * 2654435761u) >> 20; }
static u32 compress(u32 n) {
  u32 i = 0, o = 0;
  for (u32 k = 0; k < 4096; k++) heads[k] = 0xffffffff;
  while (i < n) {
    u32 best = 0, from = 0;
    if (i + 3 < n) {
      u32 h = hash3(in + i), j = heads[h];
      heads[h] = i;
      if (j != 0xffffffff && i - j < 65535) {
        while (i + best < n && best < 130 && in[j + best] == in[i + best]) best++;
        from = i - j;
      }
    }
    if (best >= 4) {
      packed[o++] = (u8)(0x80 | (best - 4));
      packed[o++] = (u8)from;
      packed[o++] = (u8)(from >> 8);
      i += best;
    } else {
      packed[o++] = in[i++] & 0x7f;
    }
  }
  return o;
}
static u32 decompress(u32 n) {
  u32 i = 0, o = 0;
  while (i < n) {
    u8 c = packed[i++];
    if (c & 0x80) {
      u32 len = (c & 0x7f) + 4u, from = packed[i] | (u32)packed[i + 1] << 8;
      i += 2;
      for (u32 k = 0; k < len; k++, o++) out[o] = out[o - from];
    } else {
      out[o++] = c;
    }
  }
  return o;
}
EXPORT u32 run(u32 n) {
  static const char *const words[] = {"the ", "quick ", "brown ", "fox ", "jumps ", "over ", "a ", "lazy ", "dog. ", "firmware ", "update ", "\n"};
  u32 size = n * 1024 > 65536 ? 65536 : n * 1024, len = 0;
  rt_seed = 31337;
  while (len < size) for (const char *w = words[rt_random() % 12]; *w && len < size; w++) in[len++] = (u8)*w;
  u32 c = compress(size), d = decompress(c), h = rt_mix(c, d);
  for (u32 i = 0; i < size; i++) h = rt_mix(h, (u32)(out[i] ^ in[i]) + in[i]);
  return h;
}
