/* Producers and consumers: four threads of each, a queue of three places, a mutex and two condition variables over
   memory.atomic.wait32 and notify. Every consumer prints its share; the main thread joins all and prints the sum.
   Arguments are not read; what is compared is the output, the same on every run. */
typedef unsigned int u32;
typedef unsigned long size_t;

#define PRODUCERS 4
#define CONSUMERS 4
#define ITEMS 50
#define PLACES 3

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(void *arg);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int fd_write(int, const void *, int, u32 *);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"), noreturn)) void proc_exit(int);
void __wasm_init_tls(void *);

static int load(int *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
static void store(int *at, int value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }
static void wait(int *at, int value) { __builtin_wasm_memory_atomic_wait32(at, value, -1); }
static void wake(int *at, u32 count) { __builtin_wasm_memory_atomic_notify(at, count); }

/* 0 free, 1 taken, 2 taken and somebody waits. */
static void lock(int *mutex) {
  int expected = 0;
  if (__atomic_compare_exchange_n(mutex, &expected, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
  while (__atomic_exchange_n(mutex, 2, __ATOMIC_SEQ_CST) != 0) wait(mutex, 2);
}

static void unlock(int *mutex) {
  if (__atomic_exchange_n(mutex, 0, __ATOMIC_SEQ_CST) == 2) wake(mutex, 1);
}

static void cond_wait(int *cond, int *mutex) {
  int seen = load(cond);
  unlock(mutex);
  wait(cond, seen);
  lock(mutex);
}

static void cond_signal(int *cond) {
  __atomic_fetch_add(cond, 1, __ATOMIC_SEQ_CST);
  wake(cond, -1u);
}

struct thread {
  void *stack_end; /* where threads_start.s finds it */
  int number;
  int done;
  _Alignas(16) char tls[64];
  _Alignas(16) char stack[4096];
};

static struct thread threads[PRODUCERS + CONSUMERS];
static int mutex, not_full, not_empty, output;
static u32 queue[PLACES];
static u32 head, length;
static unsigned long long total;
static u32 taken;
/* One for each thread, or the shares below would be mixed up. */
static _Thread_local u32 share = 1000;

static void put(u32 item) {
  lock(&mutex);
  while (length == PLACES) cond_wait(&not_full, &mutex);
  queue[(head + length++) % PLACES] = item;
  cond_signal(&not_empty);
  unlock(&mutex);
}

static u32 take(void) {
  lock(&mutex);
  while (length == 0) cond_wait(&not_empty, &mutex);
  u32 item = queue[head];
  head = (head + 1) % PLACES;
  length--;
  cond_signal(&not_full);
  unlock(&mutex);
  return item;
}

static void print(const char *text, unsigned long long number) {
  char line[64], digits[20];
  size_t n = 0, count = 0;
  while (*text) line[n++] = *text++;
  do digits[count++] = '0' + number % 10; while (number /= 10);
  while (count) line[n++] = digits[--count];
  line[n++] = '\n';
  struct { const char *at; size_t len; } out = {line, n};
  u32 written;
  lock(&output);
  fd_write(1, &out, 1, &written);
  unlock(&output);
}

void thread_main(int tid, struct thread *self) {
  __wasm_init_tls(self->tls);
  if (self->number < PRODUCERS) {
    for (u32 i = 1; i <= ITEMS; i++) put(self->number * ITEMS + i);
  } else {
    for (u32 i = 0; i < PRODUCERS * ITEMS / CONSUMERS; i++) {
      u32 item = take();
      share += item;
      __atomic_fetch_add(&total, item, __ATOMIC_SEQ_CST);
      __atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
    }
    print("a share of ", share);
  }
  if (tid != self->number + 1) proc_exit(3);
  store(&self->done, 1);
  wake(&self->done, 1);
}

void _start(void) {
  if (__builtin_wasm_tls_size() > sizeof threads[0].tls) proc_exit(1);
  for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
    threads[i].number = i;
    threads[i].stack_end = threads[i].stack + sizeof threads[i].stack;
    if (thread_spawn(&threads[i]) < 0) proc_exit(2);
  }
  for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
    while (!load(&threads[i].done)) wait(&threads[i].done, 0);
  print("items ", taken);
  print("total ", total);
}
