// Decompression: LZ77 tokens under a canonical Huffman code of at most 15 bits, decoded bit by bit through counts per length. The stream is
// made here too, once per call.
#include "rt.h"
enum { SIZE = 32768, SYMBOLS = 288, END = 256, WINDOW_BITS = 12 };
static u8 text[SIZE], again[SIZE], stream[2 * SIZE];
static u16 tokens[SIZE * 2];
static u32 token_count, bit_at;
static void put_bits(u32 v, u32 n) { for (; n; n--, v >>= 1, bit_at++) if (v & 1) stream[bit_at >> 3] |= (u8)(1u << (bit_at & 7)); }
static u32 get_bits(u32 n) { u32 v = 0; for (u32 i = 0; i < n; i++, bit_at++) v |= (u32)(stream[bit_at >> 3] >> (bit_at & 7) & 1) << i; return v; }
static void make_text(void) {
  static const char *const words[] = {"static ", "int ", "return ", "value", "->", "next", ";\n", "if (", ") ", "{ ", "}\n", "for (", "u32 ", "i", " = ", "0", "++", "count"};
  rt_seed = 4242;
  u32 at = 0;
  while (at < SIZE) {
    u32 r = rt_random();
    const char *w = words[r >> 16 & 3 ? (r >> 8) % 18 : (r >> 20) % 3];
    while (*w && at < SIZE) text[at++] = (u8)*w++;
    if ((r & 15) == 0 && at < SIZE) text[at++] = (u8)('a' + r % 26);
  }
}
// Literals as they are; a match is 257 + length - 4 (at most 31 more) and then its distance.
static void tokenize(void) {
  static u16 last[1 << 13];
  token_count = 0;
  for (u32 i = 0; i < 1 << 13; i++) last[i] = 0;
  for (u32 at = 0; at < SIZE;) {
    u32 best = 0, distance = 0;
    if (at + 4 <= SIZE) {
      u32 key = ((u32)text[at] | (u32)text[at + 1] << 8 | (u32)text[at + 2] << 16 | (u32)text[at + 3] << 24) * 0x9e3779b1u >> 19;
      u32 from = last[key];
      last[key] = (u16)at;
      if (from < at && at - from < 1u << WINDOW_BITS) {
        while (best < 34 && at + best < SIZE && text[from + best] == text[at + best]) best++;
        distance = at - from;
      }
    }
    if (best < 4) { tokens[token_count++] = text[at++]; continue; }
    tokens[token_count++] = (u16)(257 + best - 4);
    tokens[token_count++] = (u16)distance;
    at += best;
  }
  tokens[token_count++] = END;
}
static u8 lengths[SYMBOLS];
// Lengths of a Huffman code by joining the two rarest trees; frequencies are halved until no code is longer than 15 bits.
static void code_lengths(const u32 *counts) {
  static u32 weight[2 * SYMBOLS];
  static u16 up[2 * SYMBOLS];
  static u8 joined[2 * SYMBOLS];
  for (u32 shift = 0;; shift++) {
    u32 nodes = SYMBOLS, longest = 0;
    for (u32 i = 0; i < SYMBOLS; i++) { weight[i] = counts[i] ? (counts[i] >> shift) + 1 : 0; joined[i] = !counts[i]; up[i] = 0; }
    for (;; nodes++) {
      u32 a = ~0u, b = ~0u;
      for (u32 i = 0; i < nodes; i++) {
        if (joined[i]) continue;
        if (a == ~0u || weight[i] < weight[a]) { b = a; a = i; } else if (b == ~0u || weight[i] < weight[b]) b = i;
      }
      if (b == ~0u) break;
      weight[nodes] = weight[a] + weight[b];
      up[a] = up[b] = (u16)nodes;
      up[nodes] = 0;
      joined[a] = joined[b] = 1;
      joined[nodes] = 0;
    }
    for (u32 i = 0; i < SYMBOLS; i++) {
      u32 depth = 0;
      for (u32 j = i; up[j]; j = up[j]) depth++;
      lengths[i] = (u8)depth;
      if (depth > longest) longest = depth;
    }
    if (longest <= 15) return;
  }
}
// The first code of each length, canonical; and the symbols in the order of their codes.
static u16 per_length[16], symbols[SYMBOLS];
static void canonical(u32 *first) {
  u32 code = 0, at = 0;
  for (u32 n = 0; n < 16; n++) per_length[n] = 0;
  for (u32 i = 0; i < SYMBOLS; i++) per_length[lengths[i]]++;
  per_length[0] = 0;
  for (u32 n = 1; n < 16; n++) {
    code = (code + per_length[n - 1]) << 1;
    first[n] = code;
    for (u32 i = 0; i < SYMBOLS; i++) if (lengths[i] == n) symbols[at++] = (u16)i;
  }
}
static void compress(void) {
  static u32 counts[SYMBOLS], codes[SYMBOLS], first[16];
  for (u32 i = 0; i < sizeof stream; i++) stream[i] = 0;
  for (u32 i = 0; i < SYMBOLS; i++) counts[i] = 0;
  for (u32 i = 0; i < token_count; i++) { counts[tokens[i]]++; if (tokens[i] > END) i++; }
  code_lengths(counts);
  canonical(first);
  for (u32 i = 0; i < SYMBOLS; i++) if (lengths[i]) codes[i] = first[lengths[i]]++;
  bit_at = 0;
  for (u32 i = 0; i < SYMBOLS; i++) put_bits(lengths[i], 4);
  for (u32 i = 0; i < token_count; i++) {
    u32 s = tokens[i];
    for (u32 n = lengths[s]; n-- > 0;) put_bits(codes[s] >> n & 1, 1);
    if (s > END) put_bits(tokens[++i], WINDOW_BITS);
  }
}
static u32 symbol(void) {
  u32 code = 0, first = 0, at = 0;
  for (u32 n = 1; n < 16; n++) {
    code |= get_bits(1);
    u32 count = per_length[n];
    if (code < first + count) return symbols[at + code - first];
    at += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return END;
}
static u32 decompress(void) {
  static u32 first[16];
  bit_at = 0;
  for (u32 i = 0; i < SYMBOLS; i++) lengths[i] = (u8)get_bits(4);
  canonical(first);
  for (u32 at = 0;;) {
    u32 s = symbol();
    if (s == END) return at;
    if (s < END) { again[at++] = (u8)s; continue; }
    u32 from = at - get_bits(WINDOW_BITS);
    for (u32 n = s - 257 + 4; n; n--) again[at++] = again[from++];
  }
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  make_text();
  tokenize();
  compress();
  u32 bits = bit_at;
  while (n--) {
    u32 size = decompress();
    if (size != SIZE || bit_at != bits) return 0xdead0001;
    for (u32 i = 0; i < SIZE; i++) if (again[i] != text[i]) return 0xdead0002;
    h = rt_mix(h, bits + again[n & (SIZE - 1)]);
  }
  return h;
}
