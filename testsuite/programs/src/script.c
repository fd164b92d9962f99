// A small scripting language, in kind what Lua is: a compiler in one pass to register code, closures, tables, interned strings, and a collector
// that runs under pressure. It runs the script in script/bench.script, which makes notes of what it computes.
#include "script/machine.h"

static u32 notes;
static Value native_note(Value *args, u32 count) {
  for (u32 i = 0; i < count; i++) {
    if (is_kind(args[i], STRING)) {
      const String *s = string(args[i]);
      for (u32 j = 0; j < s->length; j++) notes = rt_mix(notes, (u8)s->text[j]);
    } else if (is_number(args[i])) {
      notes = rt_mix(notes, (u32)(i64)(as_number(args[i]) * 256));
    } else {
      notes = rt_mix(notes, is_true(args[i]));
    }
  }
  return NIL;
}
static Value native_push(Value *args, u32 count) {
  if (count != 2) fail();
  table_set(table(args[0]), of_number(table(args[0])->count), args[1]);
  return NIL;
}
static Value native_pop(Value *args, u32 count) {
  Table *t = table(args[0]);
  if (count != 1 || !t->count) fail();
  return t->items[--t->count];
}
// Part of a string: from an index, so many characters.
static Value native_sub(Value *args, u32 count) {
  const String *s = string(args[0]);
  u32 from = (u32)number(args[1]), length = (u32)number(args[2]);
  if (count != 3 || from > s->length || length > s->length - from) fail();
  return of_object(intern(s->text + from, length));
}
static Value native_byte(Value *args, u32 count) {
  const String *s = string(args[0]);
  u32 at = (u32)number(args[1]);
  if (count != 2 || at >= s->length) fail();
  return of_number((u8)s->text[at]);
}
static Value native_floor(Value *args, u32 count) {
  double d = number(args[0]);
  if (count != 1) fail();
  return of_number(d - modulo(d, 1));
}
// A whole number as text.
static Value native_text(Value *args, u32 count) {
  char digits[24];
  u32 at = sizeof digits;
  i64 v = (i64)number(args[0]);
  int negative = v < 0;
  if (count != 1) fail();
  if (negative) v = -v;
  do digits[--at] = (char)('0' + v % 10); while (v /= 10);
  if (negative) digits[--at] = '-';
  return of_object(intern(digits + at, sizeof digits - at));
}
static Value native_keys(Value *args, u32 count) {
  const Table *t = table(args[0]);
  Table *keys = new_table();
  if (count != 1) fail();
  for (u32 i = 0; i < t->count; i++) push(keys, of_number(i));
  for (u32 i = 0; i < t->node_count; i++) if (t->nodes[i].value != NIL) push(keys, t->nodes[i].key);
  return of_object(keys);
}
static void define(const char *name, Function function) {
  u32 length = 0;
  while (name[length]) length++;
  Native *n = new_object(NATIVE, sizeof(Native));
  n->function = function;
  table_set(globals, of_object(intern(name, length)), of_object(n));
}
static void start(void) {
  arena_used = live_bytes = frame_count = collections = notes = 0;
  limit_bytes = 64 << 10;
  objects = gray = NULL;
  open_upvalues = NULL;
  for (u32 i = 0; i < CLASSES; i++) free_blocks[i] = NULL;
  for (u32 i = 0; i < INTERNED; i++) interned[i] = NULL;
  globals = new_table();
  define("note", native_note);
  define("push", native_push);
  define("pop", native_pop);
  define("sub", native_sub);
  define("byte", native_byte);
  define("floor", native_floor);
  define("text", native_text);
  define("keys", native_keys);
}
static const char script[] = {
#embed "script/bench.script"
  , 0};
EXPORT u32 run(u32 n) {
  start();
  table_set(globals, of_object(intern("n", 1)), of_number(n));
  Closure *main = new_object(CLOSURE, sizeof(Closure));
  main->proto = compile(script);
  stack[0] = of_object(main);
  enter_frame(main, stack + 1, 0);
  execute();
  return rt_mix(notes, collections);
}
