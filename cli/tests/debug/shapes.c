// What `wrtd debug` is tested with: a loop with calls, a recursion, a global that changes, output, and a trap if there are arguments.
//
//   clang-22 --target=wasm32 -nostdlib -g -O0 -ffile-prefix-map=$PWD=. -fdebug-compilation-dir=. shapes.c -o shapes.wasm
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

struct bytes {
  const void *start;
  unsigned long count;
};

IMPORT("fd_write") int fd_write(int file, const struct bytes *from, int count, unsigned long *written);
IMPORT("proc_exit") _Noreturn void proc_exit(int status);
IMPORT("args_sizes_get") int args_sizes_get(unsigned long *count, unsigned long *bytes);

struct shape {
  int sides;
  double area;
};

struct shape shapes[4];
int total;

static void print(const char *text, unsigned long count) {
  struct bytes bytes = {text, count};
  unsigned long written;
  fd_write(1, &bytes, 1, &written);
}

static int square(int value) {
  int result = value * value;
  return result;
}

static int factorial(int n) {
  if (n < 2)
    return 1;
  return n * factorial(n - 1);
}

static void measure(struct shape *shape, int sides) {
  int area = square(sides);
  shape->sides = sides;
  shape->area = area / 2.0;
  total += area;
  print("shape\n", 6);
}

void _start(void) {
  unsigned long count, bytes;
  args_sizes_get(&count, &bytes);
  for (int i = 0; i < 4; i++)
    measure(&shapes[i], i + 3);
  int product = factorial(5);
  if (count > 1)
    __builtin_trap();
  proc_exit(product == 120 ? 7 : 1);
}
