// The machine: frames of registers on one stack, and a loop over instructions. A call of the script is no call of the host.
#pragma once
#include "compile.h"

enum { STACK = 8192, FRAMES = 400 };
typedef struct { Closure *closure; const u32 *at; Value *base; } Frame;
static Value stack[STACK];
static Frame frames[FRAMES];
static u32 frame_count;
static Upvalue *open_upvalues;
static Table *globals;
static u32 collections;

static void collect(void) {
  Frame *top = &frames[frame_count - 1];
  Value *end = top->base + top->closure->proto->registers;
  collections++;
  mark(globals);
  for (Value *v = stack; v < end; v++) mark_value(*v);
  for (u32 i = 0; i < frame_count; i++) mark(frames[i].closure);
  for (Upvalue *u = open_upvalues; u; u = u->open) mark(u);
  finish_collection();
}
static Upvalue *capture(Value *at) {
  Upvalue **list = &open_upvalues;
  while (*list && (*list)->at > at) list = &(*list)->open;
  if (*list && (*list)->at == at) return *list;
  Upvalue *u = new_object(UPVALUE, sizeof(Upvalue));
  u->at = at;
  u->open = *list;
  return *list = u;
}
static void close_upvalues(Value *from) {
  while (open_upvalues && open_upvalues->at >= from) {
    Upvalue *u = open_upvalues;
    open_upvalues = u->open;
    u->closed = *u->at;
    u->at = &u->closed;
  }
}
static Value make_closure(Proto *p, const Frame *f) {
  Closure *c = new_object(CLOSURE, sizeof(Closure) + p->capture_count * (u32)sizeof(Upvalue *));
  c->proto = p;
  for (u32 i = 0; i < p->capture_count; i++) {
    Capture from = p->captures[i];
    c->captured[i] = from.is_register ? capture(f->base + from.index) : f->closure->captured[from.index];
  }
  return of_object(c);
}
static Value concat(Value a, Value b) {
  static char text[4096];
  const String *x = string(a), *y = string(b);
  if (x->length + y->length > sizeof text) fail();
  for (u32 i = 0; i < x->length; i++) text[i] = x->text[i];
  for (u32 i = 0; i < y->length; i++) text[x->length + i] = y->text[i];
  return of_object(intern(text, x->length + y->length));
}
static Value length_of(Value v) { return of_number(is_kind(v, STRING) ? string(v)->length : table(v)->count); }
static int text_before(Value a, Value b) {
  const String *x = string(a), *y = string(b);
  for (u32 i = 0; i < x->length && i < y->length; i++) if (x->text[i] != y->text[i]) return (u8)x->text[i] < (u8)y->text[i];
  return x->length < y->length;
}
static int before(Value a, Value b) { return is_number(a) ? as_number(a) < number(b) : text_before(a, b); }
static int same(Value a, Value b) { return is_number(a) && is_number(b) ? as_number(a) == as_number(b) : a == b; }
static Value truth(int yes) { return yes ? TRUE : FALSE; }
static double modulo(double a, double b) {
  double q = a / b;
  i64 whole = (i64)q;
  if (whole > q) whole--;
  return a - (double)whole * b;
}
static void enter_frame(Closure *c, Value *base, u32 count) {
  const Proto *p = c->proto;
  if (frame_count == FRAMES || base + p->registers > stack + STACK) fail();
  // What is left from other calls would keep objects alive, or be none any more.
  for (u32 i = count < p->params ? count : p->params; i < p->registers; i++) base[i] = NIL;
  frames[frame_count++] = (Frame){c, p->code, base};
}

#define A (base[i >> 8 & 0xff])
#define B (base[i >> 16 & 0xff])
#define C (base[i >> 24])
#define J ((i32)i >> 16)
#define K(n) (f->closure->proto->constants[n])
#define ARITHMETIC(op) { Value x = B, y = C; A = of_number(number(x) op number(y)); break; }
// Runs until the frame that is on top returns.
static void execute(void) {
  u32 outermost = frame_count;
reload:;
  Frame *f = &frames[frame_count - 1];
  const u32 *at = f->at;
  Value *base = f->base;
  for (;;) {
    u32 i = *at++;
    switch ((Op)(i & 0xff)) {
    case OP_MOVE: A = B; break;
    case OP_CONST: A = K(i >> 16 & 0xff); break;
    case OP_NIL: A = NIL; break;
    case OP_FALSE: A = FALSE; break;
    case OP_TRUE: A = TRUE; break;
    case OP_GET_CAPTURED: A = *f->closure->captured[i >> 16 & 0xff]->at; break;
    case OP_SET_CAPTURED: *f->closure->captured[i >> 16 & 0xff]->at = A; break;
    case OP_GET_GLOBAL: A = table_get(globals, K(i >> 16 & 0xff)); break;
    case OP_SET_GLOBAL: table_set(globals, K(i >> 16 & 0xff), A); break;
    case OP_TABLE: if (live_bytes > limit_bytes) collect(); A = of_object(new_table()); break;
    case OP_GET: A = table_get(table(B), C); break;
    case OP_SET: table_set(table(B), C, A); break;
    case OP_GET_FIELD: A = table_get(table(B), K(i >> 24)); break;
    case OP_SET_FIELD: table_set(table(B), K(i >> 24), A); break;
    case OP_METHOD: { Value self = B; (&A)[1] = self; A = table_get(table(self), K(i >> 24)); break; }
    case OP_APPEND: push(table(A), B); break;
    case OP_ADD: ARITHMETIC(+)
    case OP_SUB: ARITHMETIC(-)
    case OP_MUL: ARITHMETIC(*)
    case OP_DIV: ARITHMETIC(/)
    case OP_MOD: { double x = number(B), y = number(C); A = of_number(modulo(x, y)); break; }
    case OP_CONCAT: if (live_bytes > limit_bytes) collect(); A = concat(B, C); break;
    case OP_EQ: A = truth(same(B, C)); break;
    case OP_NE: A = truth(!same(B, C)); break;
    case OP_LT: A = truth(before(B, C)); break;
    case OP_LE: A = truth(!before(C, B)); break;
    case OP_GT: A = truth(before(C, B)); break;
    case OP_GE: A = truth(!before(B, C)); break;
    case OP_NEG: A = of_number(-number(B)); break;
    case OP_NOT: A = truth(!is_true(B)); break;
    case OP_LEN: A = length_of(B); break;
    case OP_JUMP: at += J; break;
    case OP_JUMP_FALSE: if (!is_true(A)) at += J; break;
    case OP_JUMP_TRUE: if (is_true(A)) at += J; break;
    case OP_FOR: number((&A)[1]); number((&A)[2]); at += J; break;
    case OP_FOR_NEXT: {
      Value *own = &A;
      double counter = as_number(own[1]);
      if (counter <= as_number(own[2])) { own[0] = own[1]; own[1] = of_number(counter + 1); at += J; }
      break;
    }
    case OP_CALL: {
      Value *callee = &A;
      u32 count = i >> 16 & 0xff;
      if (is_kind(*callee, NATIVE)) {
        if (live_bytes > limit_bytes) collect();
        *callee = ((Native *)as_object(*callee))->function(callee + 1, count);
        break;
      }
      if (!is_kind(*callee, CLOSURE)) fail();
      f->at = at;
      enter_frame((Closure *)as_object(*callee), callee + 1, count);
      goto reload;
    }
    case OP_RETURN: {
      Value result = A;
      close_upvalues(base);
      base[-1] = result;
      if (frame_count-- == outermost) return;
      goto reload;
    }
    case OP_CLOSURE: if (live_bytes > limit_bytes) collect(); A = make_closure(f->closure->proto->protos[i >> 16 & 0xff], f); break;
    case OP_CLOSE: close_upvalues(&A); break;
    }
  }
}
