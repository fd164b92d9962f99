// A backtracking regular expression matcher (literals, classes, . * + ? ^ $) over generated log lines.
#include "rt.h"
static int match_here(const char *re, const char *s);
static int width(const char *re) {
  if (*re == '\\') return 2;
  if (*re != '[') return 1;
  int i = 1;
  while (re[i] != ']') i++;
  return i + 1;
}
static int one(const char *re, char c) {
  if (!c) return 0;
  if (*re == '.') return 1;
  if (*re == '\\') {
    if (re[1] == 'd') return c >= '0' && c <= '9';
    if (re[1] == 'w') return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    return c == re[1];
  }
  if (*re != '[') return c == *re;
  int neg = re[1] == '^', hit = 0;
  for (re += 1 + neg; *re != ']'; re++) {
    if (re[1] == '-' && re[2] != ']') { hit |= c >= re[0] && c <= re[2]; re += 2; }
    else hit |= c == *re;
  }
  return hit != neg;
}
static int repeat(const char *atom, const char *rest, const char *s, int min, int max) {
  int n = 0;
  while (n < max && one(atom, s[n])) n++;
  for (; n >= min; n--) if (match_here(rest, s + n)) return 1;
  return 0;
}
static int match_here(const char *re, const char *s) {
  for (;;) {
    if (!*re) return 1;
    if (*re == '$' && !re[1]) return !*s;
    int w = width(re);
    switch (re[w]) {
    case '*': return repeat(re, re + w + 1, s, 0, 1000);
    case '+': return repeat(re, re + w + 1, s, 1, 1000);
    case '?': return repeat(re, re + w + 1, s, 0, 1);
    }
    if (!one(re, *s)) return 0;
    re += w;
    s++;
  }
}
static int match(const char *re, const char *s) {
  if (*re == '^') return match_here(re + 1, s);
  do if (match_here(re, s)) return 1; while (*s++);
  return 0;
}
static const char *const patterns[] = {"^\\d+-\\d+ ", "GET /[a-z]+/[0-9]+\\.html", "user=\\w+ .*status=5\\d\\d$", "[^ ]+@[a-z]+\\.com", "a.*b.*c.*d", "(x)?time=\\d+\\.?\\d*ms"};
static const char *const words[] = {"GET", "POST", "/index/17.html", "/img/x.png", "user=bob", "user=alice_7", "status=200", "status=503", "a@example.com", "time=12.5ms", "abcd", "axbxcxd"};
EXPORT u32 run(u32 n) {
  static char line[256];
  u32 h = 0;
  rt_seed = 99;
  for (u32 i = 0; i < n; i++) {
    u32 len = 0, k = 3 + rt_random() % 8;
    line[len++] = (char)('0' + i % 10);
    line[len++] = '-';
    line[len++] = (char)('0' + i / 10 % 10);
    for (u32 j = 0; j < k; j++) {
      line[len++] = ' ';
      for (const char *w = words[rt_random() % 12]; *w; w++) line[len++] = *w;
    }
    line[len] = 0;
    for (int j = 0; j < 6; j++) h = rt_mix(h, (u32)match(patterns[j], line));
  }
  return h;
}
