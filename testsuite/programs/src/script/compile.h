// From text to code in one pass: words, expressions by precedence into registers, statements. No tree is made.
#pragma once
#include "value.h"

// Instructions have an operation in the low byte and operands A, B, C in the others; J is B and C together, signed.
typedef enum {
  OP_MOVE, OP_CONST, OP_NIL, OP_FALSE, OP_TRUE, OP_GET_CAPTURED, OP_SET_CAPTURED, OP_GET_GLOBAL, OP_SET_GLOBAL,
  OP_TABLE, OP_GET, OP_SET, OP_GET_FIELD, OP_SET_FIELD, OP_METHOD, OP_APPEND,
  OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_CONCAT, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_NEG, OP_NOT, OP_LEN,
  OP_JUMP, OP_JUMP_FALSE, OP_JUMP_TRUE, OP_FOR, OP_FOR_NEXT, OP_CALL, OP_RETURN, OP_CLOSURE, OP_CLOSE
} Op;
static u32 instruction(Op op, u32 a, u32 b, u32 c) { return op | a << 8 | b << 16 | c << 24; }

// -- words

enum { W_END = 128, W_NAME, W_NUMBER, W_STRING, W_EQ, W_NE, W_LE, W_GE, W_CONCAT,
       W_AND, W_BREAK, W_ELSE, W_FALSE, W_FN, W_FOR, W_IF, W_LET, W_NIL, W_NOT, W_OR, W_RETURN, W_TO, W_TRUE, W_WHILE };
static const char *source;
static int word;
static Value word_value;
static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int keyword(const String *s) {
  static const char *const names[] = {"and", "break", "else", "false", "fn", "for", "if", "let", "nil", "not", "or", "return", "to", "true", "while"};
  for (int k = 0; k < 15; k++) {
    u32 i = 0;
    while (i < s->length && names[k][i] == s->text[i]) i++;
    if (i == s->length && !names[k][i]) return W_AND + k;
  }
  return W_NAME;
}
static int number_word(void) {
  double v = 0, scale = 1;
  while (is_digit(*source)) v = v * 10 + (*source++ - '0');
  if (*source == '.' && is_digit(source[1])) for (source++; is_digit(*source); source++) v += (*source - '0') * (scale /= 10);
  word_value = of_number(v);
  return W_NUMBER;
}
static int string_word(void) {
  static char text[256];
  u32 length = 0;
  for (source++; *source != '"'; source++) {
    char c = *source;
    if (c == '\\') c = *++source == 'n' ? '\n' : *source;
    if (!c || length == sizeof text) fail();
    text[length++] = c;
  }
  source++;
  word_value = of_object(intern(text, length));
  return W_STRING;
}
static int pair(char second, int both, int one) { source++; if (*source != second) return one; source++; return both; }
static int scan(void) {
  for (;; source++) {
    if (*source == '/' && source[1] == '/') while (*source != '\n') source++;
    if (*source != ' ' && *source != '\n') break;
  }
  char c = *source;
  if (is_digit(c)) return number_word();
  if (is_letter(c)) {
    const char *from = source;
    while (is_letter(*source) || is_digit(*source)) source++;
    String *s = intern(from, (u32)(source - from));
    word_value = of_object(s);
    return keyword(s);
  }
  switch (c) {
  case 0: return W_END;
  case '"': return string_word();
  case '=': return pair('=', W_EQ, '=');
  case '!': return pair('=', W_NE, '!');
  case '<': return pair('=', W_LE, '<');
  case '>': return pair('=', W_GE, '>');
  case '.': return pair('.', W_CONCAT, '.');
  }
  source++;
  return c;
}
static void next(void) { word = scan(); }
static int accept(int w) { if (word != w) return 0; next(); return 1; }
static void expect(int w) { if (!accept(w)) fail(); }
static String *name(void) { String *s = string(word_value); expect(W_NAME); return s; }

// -- code

enum { LOCALS = 48, BREAKS = 16 };
typedef struct Scope {
  struct Scope *outer;
  Proto *proto;
  // Variables have registers 0 .. locals; the ones above, up to `top`, hold what expressions are made of.
  struct { String *name; u32 captured; } local[LOCALS];
  String *captured[LOCALS];
  u32 locals, top, label;
  u32 breaks[BREAKS], break_count, loop_locals;
} Scope;
static Scope *scope;
static u32 emit(Op op, u32 a, u32 b, u32 c) {
  Proto *p = scope->proto;
  PUSH(p->code, p->code_count, instruction(op, a, b, c));
  return p->code_count - 1;
}
static u32 here(void) { return scope->label = scope->proto->code_count; }
static u32 jump(Op op, u32 a) { return emit(op, a, 0, 0); }
static void land(u32 from, u32 to) {
  u32 *code = scope->proto->code;
  code[from] = (code[from] & 0xffff) | (to - from - 1) << 16;
}
static u32 fresh(void) {
  u32 r = scope->top++;
  if (r >= 250) fail();
  if (scope->top > scope->proto->registers) scope->proto->registers = scope->top;
  return r;
}
static u32 constant(Value v) {
  Proto *p = scope->proto;
  for (u32 i = 0; i < p->constant_count; i++) if (p->constants[i] == v) return i;
  PUSH(p->constants, p->constant_count, v);
  if (p->constant_count > 256) fail();
  return p->constant_count - 1;
}
static void declare(String *s) { if (scope->locals == LOCALS || scope->locals >= scope->top) fail(); scope->local[scope->locals].captured = 0; scope->local[scope->locals++].name = s; }
static u32 find_local(const Scope *s, const String *name) { for (u32 i = s->locals; i-- > 0;) if (s->local[i].name == name) return i; return ~0u; }
static u32 find_captured(Scope *s, String *name) {
  for (u32 i = 0; i < s->proto->capture_count; i++) if (s->captured[i] == name) return i;
  if (!s->outer) return ~0u;
  u32 at = find_local(s->outer, name);
  Capture c = {1, (u8)at};
  if (at != ~0u) {
    s->outer->local[at].captured = 1;
  } else {
    at = find_captured(s->outer, name);
    if (at == ~0u) return at;
    c = (Capture){0, (u8)at};
  }
  if (s->proto->capture_count == LOCALS) fail();
  s->captured[s->proto->capture_count] = name;
  PUSH(s->proto->captures, s->proto->capture_count, c);
  return s->proto->capture_count - 1;
}

// -- expressions

enum { ANY = 256 };
// Where a value is, or how to get at it.
typedef struct { enum { IN_REGISTER, CAPTURED, GLOBAL, FIELD, ELEMENT } kind; u32 a, b; } Place;
static u32 expression(u32 level, u32 want);
static Place in_register(u32 r) { return (Place){IN_REGISTER, r, 0}; }
static int is_passing(u32 r) { return r >= scope->locals; }
static u32 load(Place p) {
  if (p.kind == IN_REGISTER) return p.a;
  // What led to the place is not needed any more.
  if (p.kind == ELEMENT && is_passing(p.b)) scope->top = p.b;
  if (p.kind >= FIELD && is_passing(p.a)) scope->top = p.a;
  u32 r = fresh();
  switch (p.kind) {
  case CAPTURED: emit(OP_GET_CAPTURED, r, p.a, 0); break;
  case GLOBAL: emit(OP_GET_GLOBAL, r, p.a, 0); break;
  case FIELD: emit(OP_GET_FIELD, r, p.a, p.b); break;
  default: emit(OP_GET, r, p.a, p.b);
  }
  return r;
}
static void store(Place p, u32 r) {
  switch (p.kind) {
  case IN_REGISTER: if (p.a != r) emit(OP_MOVE, p.a, r, 0); break;
  case CAPTURED: emit(OP_SET_CAPTURED, r, p.a, 0); break;
  case GLOBAL: emit(OP_SET_GLOBAL, r, p.a, 0); break;
  case FIELD: emit(OP_SET_FIELD, r, p.a, p.b); break;
  default: emit(OP_SET, r, p.a, p.b);
  }
}
static Place variable(String *s) {
  u32 at = find_local(scope, s);
  if (at != ~0u) return in_register(at);
  at = find_captured(scope, s);
  if (at != ~0u) return (Place){CAPTURED, at, 0};
  return (Place){GLOBAL, constant(of_object(s)), 0};
}
// Makes register `want` hold what is in `r`; the instruction that has just made a passing value can write there itself.
static void settle(u32 want, u32 r) {
  u32 *code = scope->proto->code, last = scope->proto->code_count - 1;
  if (want == r) return;
  u32 op = scope->proto->code_count ? code[last] & 0xff : (u32)OP_CALL;
  int makes = op <= OP_GET_CAPTURED || op == OP_GET_GLOBAL || op == OP_TABLE || op == OP_GET || op == OP_GET_FIELD || (op >= OP_ADD && op <= OP_LEN) || op == OP_CLOSURE;
  if (makes && is_passing(r) && (code[last] >> 8 & 0xff) == r && scope->label != last + 1) {
    code[last] = (code[last] & ~0xff00u) | want << 8;
    return;
  }
  emit(OP_MOVE, want, r, 0);
}
static void function_body(String *self);
static u32 table_literal(void) {
  u32 t = fresh();
  emit(OP_TABLE, t, 0, 0);
  next();
  while (!accept(']')) {
    u32 r = fresh();
    expression(0, r);
    emit(OP_APPEND, t, r, 0);
    scope->top = t + 1;
    if (word != ']') expect(',');
  }
  return t;
}
static u32 record_literal(void) {
  u32 t = fresh();
  emit(OP_TABLE, t, 0, 0);
  next();
  while (!accept('}')) {
    u32 key = constant(of_object(name()));
    expect(':');
    u32 r = fresh();
    expression(0, r);
    emit(OP_SET_FIELD, r, t, key);
    scope->top = t + 1;
    if (word != '}') expect(',');
  }
  return t;
}
static Place atom(void) {
  u32 r;
  Value v = word_value;
  switch (word) {
  case W_NAME: next(); return variable((String *)as_object(v));
  case W_NUMBER:
  case W_STRING: next(); r = fresh(); emit(OP_CONST, r, constant(v), 0); return in_register(r);
  case W_NIL: next(); r = fresh(); emit(OP_NIL, r, 0, 0); return in_register(r);
  case W_TRUE: next(); r = fresh(); emit(OP_TRUE, r, 0, 0); return in_register(r);
  case W_FALSE: next(); r = fresh(); emit(OP_FALSE, r, 0, 0); return in_register(r);
  case W_FN: next(); function_body(NULL); return in_register(scope->top - 1);
  case '[': return in_register(table_literal());
  case '{': return in_register(record_literal());
  case '(': {
    next();
    r = expression(0, ANY);
    expect(')');
    return in_register(r);
  }
  }
  fail();
  return in_register(0);
}
// Arguments behind the function in `base`, and the call; `count` of them are there.
static Place call(u32 base, u32 count) {
  next();
  while (!accept(')')) {
    expression(0, fresh());
    count++;
    if (word != ')') expect(',');
  }
  emit(OP_CALL, base, count, 0);
  scope->top = base + 1;
  return in_register(base);
}
static Place suffixed(void) {
  Place p = atom();
  for (;;) {
    if (accept('.')) {
      u32 t = load(p);
      p = (Place){FIELD, t, constant(of_object(name()))};
    } else if (accept('[')) {
      u32 t = load(p), key = expression(0, ANY);
      expect(']');
      p = (Place){ELEMENT, t, key};
    } else if (accept(':')) {
      u32 t = load(p), field = constant(of_object(name()));
      if (is_passing(t)) scope->top = t;
      u32 base = fresh();
      fresh();
      emit(OP_METHOD, base, t, field);
      p = call(base, 1);
    } else if (word == '(') {
      u32 f = load(p);
      if (!is_passing(f)) { u32 r = fresh(); emit(OP_MOVE, r, f, 0); f = r; }
      p = call(f, 0);
    } else {
      return p;
    }
  }
}
static u32 unary(void) {
  Op op = word == '-' ? OP_NEG : word == '#' ? OP_LEN : OP_NOT;
  if (word != '-' && word != '#' && word != W_NOT) return load(suffixed());
  u32 top = scope->top;
  next();
  u32 from = unary();
  scope->top = top;
  u32 r = fresh();
  emit(op, r, from, 0);
  return r;
}
static u32 level_of(int w, Op *op) {
  switch (w) {
  case W_OR: *op = OP_JUMP_TRUE; return 1;
  case W_AND: *op = OP_JUMP_FALSE; return 2;
  case W_EQ: *op = OP_EQ; return 3;
  case W_NE: *op = OP_NE; return 3;
  case '<': *op = OP_LT; return 3;
  case W_LE: *op = OP_LE; return 3;
  case '>': *op = OP_GT; return 3;
  case W_GE: *op = OP_GE; return 3;
  case W_CONCAT: *op = OP_CONCAT; return 4;
  case '+': *op = OP_ADD; return 5;
  case '-': *op = OP_SUB; return 5;
  case '*': *op = OP_MUL; return 6;
  case '/': *op = OP_DIV; return 6;
  case '%': *op = OP_MOD; return 6;
  }
  return 0;
}
// An expression of operators that bind tighter than `level`, in register `want`, or where it happens to be.
static u32 expression(u32 level, u32 want) {
  u32 top = scope->top, left = unary(), own;
  Op op;
  while ((own = level_of(word, &op)) > level) {
    next();
    if (op == OP_JUMP_TRUE || op == OP_JUMP_FALSE) {
      scope->top = top;
      u32 r = fresh();
      settle(r, left);
      u32 skip = jump(op, r);
      expression(own, r);
      land(skip, here());
      left = r;
    } else {
      u32 right = expression(own, ANY);
      scope->top = top;
      u32 r = fresh();
      emit(op, r, left, right);
      left = r;
    }
  }
  if (want == ANY) return left;
  settle(want, left);
  scope->top = top;
  return want;
}

// -- statements

static void block(void);
static void end_locals(u32 to) {
  for (u32 i = to; i < scope->locals; i++) if (scope->local[i].captured) { emit(OP_CLOSE, to, 0, 0); break; }
  scope->locals = scope->top = to;
}
static Proto *enter(Scope *s) {
  Proto *p = new_object(PROTO, sizeof(Proto));
  p->code = NULL; p->constants = NULL; p->protos = NULL; p->captures = NULL;
  p->code_count = p->constant_count = p->proto_count = p->capture_count = p->params = p->registers = 0;
  s->outer = scope;
  s->proto = p;
  s->locals = s->top = s->label = s->break_count = s->loop_locals = 0;
  scope = s;
  return p;
}
static void leave(void) {
  emit(OP_NIL, fresh(), 0, 0);
  emit(OP_RETURN, scope->top - 1, 0, 0);
  scope = scope->outer;
}
static void function_body(String *self) {
  Scope inner;
  u32 r = self ? scope->locals - 1 : fresh();
  Proto *p = enter(&inner), *outer = inner.outer->proto;
  PUSH(outer->protos, outer->proto_count, p);
  expect('(');
  while (!accept(')')) {
    fresh();
    declare(name());
    p->params++;
    if (word != ')') expect(',');
  }
  block();
  leave();
  emit(OP_CLOSURE, r, scope->proto->proto_count - 1, 0);
}
// The body of a loop whose variables are those from `locals` on; `loop_end` is for what it saves.
static void loop_body(u32 locals, u32 *saved) {
  saved[0] = scope->break_count;
  saved[1] = scope->loop_locals;
  scope->loop_locals = locals;
  block();
}
static void loop_end(const u32 *saved) {
  while (scope->break_count > saved[0]) land(scope->breaks[--scope->break_count], here());
  scope->loop_locals = saved[1];
}
static void statement_while(void) {
  u32 start = here(), top = scope->top, saved[2];
  u32 exit = jump(OP_JUMP_FALSE, expression(0, ANY));
  scope->top = top;
  loop_body(scope->locals, saved);
  land(jump(OP_JUMP, 0), start);
  land(exit, here());
  loop_end(saved);
}
// for NAME = FIRST to LAST: registers of the variable, of the counter and of the last value.
static void statement_for(void) {
  u32 locals = scope->locals, saved[2];
  String *variable = name();
  u32 own = fresh(), counter = fresh(), last = fresh();
  expect('=');
  expression(0, counter);
  expect(W_TO);
  expression(0, last);
  declare(variable);
  declare(NULL);
  declare(NULL);
  u32 enter = jump(OP_FOR, own), start = here();
  loop_body(own, saved);
  if (scope->local[own].captured) emit(OP_CLOSE, own, 0, 0);
  land(enter, here());
  land(jump(OP_FOR_NEXT, own), start);
  here();
  scope->local[own].captured = 0;
  loop_end(saved);
  end_locals(locals);
}
static void statement_if(void) {
  u32 top = scope->top, otherwise = jump(OP_JUMP_FALSE, expression(0, ANY));
  scope->top = top;
  block();
  if (!accept(W_ELSE)) { land(otherwise, here()); return; }
  u32 done = jump(OP_JUMP, 0);
  land(otherwise, here());
  if (accept(W_IF)) statement_if(); else block();
  land(done, here());
}
static void statement_break(void) {
  for (u32 i = scope->loop_locals; i < scope->locals; i++) if (scope->local[i].captured) { emit(OP_CLOSE, scope->loop_locals, 0, 0); break; }
  if (scope->break_count == BREAKS) fail();
  scope->breaks[scope->break_count++] = jump(OP_JUMP, 0);
}
static void statement_let(void) {
  String *s = name();
  u32 r = fresh();
  expect('=');
  expression(0, r);
  declare(s);
}
static void statement_fn(void) {
  String *s = name();
  if (scope->outer) { fresh(); declare(s); function_body(s); return; }
  function_body(NULL);
  store(variable(s), scope->top - 1);
  scope->top--;
}
static void statement(void) {
  u32 top = scope->top;
  if (accept(W_LET)) { statement_let(); return; }
  if (accept(W_FN)) { statement_fn(); return; }
  if (accept(W_WHILE)) { statement_while(); return; }
  if (accept(W_FOR)) { statement_for(); return; }
  if (accept(W_IF)) { statement_if(); return; }
  if (accept(W_BREAK)) { statement_break(); return; }
  if (accept(W_RETURN)) {
    u32 r;
    if (word == '}') emit(OP_NIL, r = fresh(), 0, 0); else r = expression(0, ANY);
    emit(OP_RETURN, r, 0, 0);
  } else {
    Place p = suffixed();
    if (accept('=')) {
      if (p.kind == IN_REGISTER) { if (is_passing(p.a)) fail(); expression(0, p.a); } else store(p, expression(0, ANY));
    }
  }
  scope->top = top;
}
static void block(void) {
  u32 locals = scope->locals;
  expect('{');
  while (!accept('}')) statement();
  end_locals(locals);
}
static Proto *compile(const char *text) {
  Scope main;
  scope = NULL;
  Proto *p = enter(&main);
  source = text;
  next();
  while (word != W_END) statement();
  leave();
  return p;
}
