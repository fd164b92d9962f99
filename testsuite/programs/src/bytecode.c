// A stack machine whose inner loop is one big switch, running a small program (two nested counted loops) n times.
#include "rt.h"
enum { PUSH, LOAD, STORE, ADD, SUB, MUL, LT, JZ, JMP, LDA, STA, DUP, DROP, NOT, HALT };
static i32 cells[512], vars[4], stack[32];
static u32 interpret(const i32 *code) {
  u32 pc = 0, sp = 0, steps = 0;
  for (;;) {
    steps++;
    switch (code[pc++]) {
    case PUSH: stack[sp++] = code[pc++]; break;
    case LOAD: stack[sp++] = vars[code[pc++] & 3]; break;
    case STORE: vars[code[pc++] & 3] = stack[--sp]; break;
    case ADD: sp--; stack[sp - 1] += stack[sp]; break;
    case SUB: sp--; stack[sp - 1] -= stack[sp]; break;
    case MUL: sp--; stack[sp - 1] *= stack[sp]; break;
    case LT: sp--; stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
    case JZ: if (!stack[--sp]) pc = (u32)code[pc]; else pc++; break;
    case JMP: pc = (u32)code[pc]; break;
    case LDA: stack[sp - 1] = cells[stack[sp - 1] & 511]; break;
    case STA: sp -= 2; cells[stack[sp + 1] & 511] = stack[sp]; break;
    case DUP: stack[sp] = stack[sp - 1]; sp++; break;
    case DROP: sp--; break;
    case NOT: stack[sp - 1] = !stack[sp - 1]; break;
    case HALT: return steps;
    }
  }
}
// for i in 1..limit, for j in 0..i: sum += j * i; cells[j] = sum
static i32 code[64];
static u32 at;
static void emit(i32 op) { code[at++] = op; }
static void emit2(i32 op, i32 arg) { code[at++] = op; code[at++] = arg; }
static void assemble(i32 limit) {
  at = 0;
  emit2(PUSH, 1); emit2(STORE, 0);
  u32 outer = at;
  emit2(LOAD, 0); emit2(PUSH, limit); emit(LT);
  emit(JZ); u32 fix_end = at++;
  emit2(PUSH, 0); emit2(STORE, 1);
  u32 inner = at;
  emit2(LOAD, 1); emit2(LOAD, 0); emit(LT);
  emit(JZ); u32 fix_next = at++;
  emit2(LOAD, 1); emit2(LOAD, 0); emit(MUL); emit2(LOAD, 2); emit(ADD); emit2(STORE, 2);
  emit2(LOAD, 2); emit2(LOAD, 1); emit(STA);
  emit2(LOAD, 1); emit2(PUSH, 1); emit(ADD); emit2(STORE, 1);
  emit2(JMP, (i32)inner);
  code[fix_next] = (i32)at;
  emit2(LOAD, 0); emit2(PUSH, 1); emit(ADD); emit2(STORE, 0);
  emit2(JMP, (i32)outer);
  code[fix_end] = (i32)at;
  emit(HALT);
}
EXPORT u32 run(u32 n) {
  u32 h = 0;
  assemble(60);
  while (n--) {
    for (int i = 0; i < 4; i++) vars[i] = 0;
    h = rt_mix(h, interpret(code));
    for (int i = 0; i < 512; i++) h = rt_mix(h, (u32)cells[i]);
  }
  return h;
}
