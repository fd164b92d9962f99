// Markdown to HTML: blocks (headings, lists, quotes, fences, paragraphs) line by line, then spans (code, emphasis, links) in each.
#include "rt.h"
static char text[40000], html[120000];
static u32 length, out;
static void put(const char *s) { while (*s) html[out++] = *s++; }
static void put_char(char c) {
  switch (c) {
  case '<': put("&lt;"); break;
  case '>': put("&gt;"); break;
  case '&': put("&amp;"); break;
  case '"': put("&quot;"); break;
  default: html[out++] = c;
  }
}
static int is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
// Where `mark`, `count` times, comes next before `end`; `end` if nowhere.
static const char *closing(const char *p, const char *end, char mark, int count) {
  for (; p < end; p++) {
    if (*p == '\\') { p++; continue; }
    int found = 0;
    while (found < count && p + found < end && p[found] == mark) found++;
    // An underscore in a word is no mark.
    if (found == count && !(mark == '_' && p + count < end && is_word(p[count]))) return p;
  }
  return end;
}
static void spans(const char *p, const char *end);
static const char *link(const char *p, const char *end, int image) {
  const char *label = p + 1, *stop = closing(label, end, ']', 1);
  if (stop == end || stop + 1 >= end || stop[1] != '(') return NULL;
  const char *target = stop + 2, *last = closing(target, end, ')', 1);
  if (last == end) return NULL;
  put(image ? "<img src=\"" : "<a href=\"");
  for (const char *q = target; q < last; q++) put_char(*q);
  put(image ? "\" alt=\"" : "\">");
  if (image) for (const char *q = label; q < stop; q++) put_char(*q); else spans(label, stop);
  put(image ? "\">" : "</a>");
  return last + 1;
}
static const char *emphasis(const char *p, const char *end) {
  char mark = *p;
  int count = p + 1 < end && p[1] == mark ? 2 : 1;
  const char *from = p + count, *stop = closing(from, end, mark, count);
  if (stop == end || stop == from || *from == ' ') return NULL;
  put(count == 2 ? "<strong>" : "<em>");
  spans(from, stop);
  put(count == 2 ? "</strong>" : "</em>");
  return stop + count;
}
static const char *code(const char *p, const char *end) {
  const char *stop = closing(p + 1, end, '`', 1);
  if (stop == end) return NULL;
  put("<code>");
  for (p++; p < stop; p++) put_char(*p);
  put("</code>");
  return stop + 1;
}
static void spans(const char *p, const char *end) {
  while (p < end) {
    const char *next = NULL;
    switch (*p) {
    case '\\': if (p + 1 < end) { put_char(p[1]); next = p + 2; } break;
    case '`': next = code(p, end); break;
    case '_': if (p > text && is_word(p[-1])) break; // fall through
    case '*': next = emphasis(p, end); break;
    case '[': next = link(p, end, 0); break;
    case '!': if (p + 1 < end && p[1] == '[') next = link(p + 1, end, 1); break;
    }
    if (next) p = next; else put_char(*p++);
  }
}
enum { NONE, PARAGRAPH, BULLETS, NUMBERS, QUOTE, FENCE };
static int block;
static void enter(int kind) {
  static const char *const opens[] = {"", "<p>", "<ul>\n", "<ol>\n", "<blockquote>", "<pre><code>"};
  static const char *const closes[] = {"", "</p>\n", "</ul>\n", "</ol>\n", "</blockquote>\n", "</code></pre>\n"};
  if (kind == block) return;
  put(closes[block]);
  block = kind;
  put(opens[kind]);
}
static void item(int kind, const char *p, const char *end) { enter(kind); put("<li>"); spans(p, end); put("</li>\n"); }
static int starts(const char *p, const char *end, const char *with) { for (; *with; with++, p++) if (p >= end || *p != *with) return 0; return 1; }
static void line(const char *p, const char *end) {
  if (starts(p, end, "```")) { enter(block == FENCE ? NONE : FENCE); return; }
  if (block == FENCE) { for (; p < end; p++) put_char(*p); put("\n"); return; }
  while (p < end && *p == ' ') p++;
  if (p == end) { enter(NONE); return; }
  const char *q = p;
  while (q < end && *q == '#') q++;
  if (q > p && q < end && *q == ' ') {
    char level[2] = {(char)('0' + (q - p)), 0};
    enter(NONE);
    put("<h"); put(level); put(">");
    spans(q + 1, end);
    put("</h"); put(level); put(">\n");
    return;
  }
  if (starts(p, end, "---")) { enter(NONE); put("<hr>\n"); return; }
  if (starts(p, end, "- ") || starts(p, end, "+ ")) { item(BULLETS, p + 2, end); return; }
  for (q = p; q < end && *q >= '0' && *q <= '9'; q++) {}
  if (q > p && starts(q, end, ". ")) { item(NUMBERS, q + 2, end); return; }
  if (starts(p, end, "> ")) { enter(QUOTE); p += 2; } else { enter(PARAGRAPH); }
  spans(p, end);
  put("\n");
}
static void render(void) {
  const char *p = text, *end = text + length;
  out = 0;
  block = NONE;
  while (p < end) {
    const char *q = p;
    while (q < end && *q != '\n') q++;
    line(p, q);
    p = q + 1;
  }
  enter(NONE);
}
static void add(const char *s) { while (*s) text[length++] = *s++; }
static void words(u32 n) {
  static const char *const some[] = {"the ", "fuel ", "of a ", "*small* ", "machine ", "**never** ", "`runs_out()` ", "[here](http://example.org/a?b&c) ", "a < b ", "snake_case ", "\\*literal\\* ", "_under **both** lines_ ", "![alt](picture.png) ", "and so on "};
  while (n--) add(some[rt_random() % (sizeof some / sizeof *some)]);
}
static void document(void) {
  length = 0;
  rt_seed = 31337;
  for (int i = 0; i < 40; i++) {
    add(i % 8 ? "## Section " : "# Chapter ");
    words(3);
    add("\n\n");
    words(20);
    add("\n");
    words(10);
    add("\n\n");
    for (int j = 0; j < 4; j++) { add(i & 1 ? "- " : "1. "); words(5); add("\n"); }
    if (i % 3 == 0) { add("\n> "); words(12); add("\n\n---\n"); }
    if (i % 4 == 0) { add("\n```\nif (a < b && c > d) { puts(\"*no* emphasis\"); }\n```\n"); }
  }
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  document();
  while (n--) {
    render();
    for (u32 i = 0; i < out; i += 7) h = rt_mix(h, (u8)html[i]);
    h = rt_mix(h, out);
  }
  return h;
}
