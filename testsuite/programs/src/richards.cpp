// The kernel of a small operating system (the workload of Martin Richards' benchmark): six tasks behind a virtual call exchange packets, and a
// scheduler picks the first that can run. A correct kernel queues 2322 packets and holds 928 times at 1,000 counts of the idle task.
#include "rt.h"
enum Id { IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B, TASKS };
enum Kind { DEVICE, WORK };
enum { DATA = 4 };
struct Packet {
  Packet *next;
  Id to;
  Kind kind;
  i32 used, data[DATA];
};
static void append(Packet *p, Packet *&queue) {
  Packet **at = &queue;
  p->next = nullptr;
  while (*at) at = &(*at)->next;
  *at = p;
}
struct Kernel;
struct Task {
  Task *next;
  Id id;
  i32 priority;
  Packet *queue;
  bool has_packet, waiting, held;
  // One step, with a packet or without; gives the task to go on with.
  virtual Task *step(Kernel &k, Packet *p) = 0;
  bool stopped() const { return held || (!has_packet && waiting); }
};
struct Kernel {
  Task *tasks[TASKS], *list, *current;
  i32 queued, holds;
  void add(Task *t, Id id, i32 priority, Packet *queue, bool ready) {
    t->id = id; t->priority = priority; t->queue = queue;
    t->has_packet = queue; t->waiting = !ready; t->held = false;
    t->next = list;
    list = tasks[id] = t;
  }
  void schedule() {
    for (current = list; current;) {
      Task *t = current;
      if (t->stopped()) { current = t->next; continue; }
      Packet *p = nullptr;
      if (t->has_packet && t->waiting) {
        p = t->queue;
        t->queue = p->next;
        t->has_packet = t->queue;
        t->waiting = false;
      }
      current = t->step(*this, p);
    }
  }
  Task *wait() { current->waiting = true; return current; }
  Task *hold() { holds++; current->held = true; return current->next; }
  Task *release(Id id) {
    Task *t = tasks[id];
    t->held = false;
    return t->priority > current->priority ? t : current;
  }
  Task *send(Packet *p) {
    Task *t = tasks[p->to];
    queued++;
    p->next = nullptr;
    p->to = current->id;
    bool first = !t->queue;
    append(p, t->queue);
    if (!first) return current;
    t->has_packet = true;
    return t->priority > current->priority ? t : current;
  }
};
struct Idle : Task {
  u32 seed;
  i32 count;
  Task *step(Kernel &k, Packet *) override {
    if (--count == 0) return k.hold();
    if (!(seed & 1)) { seed >>= 1; return k.release(DEVICE_A); }
    seed = (seed >> 1 ^ 0xd008) & 0xffff;
    return k.release(DEVICE_B);
  }
};
struct Worker : Task {
  Id to;
  i32 letter;
  Task *step(Kernel &k, Packet *p) override {
    if (!p) return k.wait();
    to = to == HANDLER_A ? HANDLER_B : HANDLER_A;
    p->to = to;
    p->used = 0;
    for (i32 &cell : p->data) { letter = letter % 26 + 1; cell = 'A' + letter - 1; }
    return k.send(p);
  }
};
struct Handler : Task {
  Packet *work, *device;
  Task *step(Kernel &k, Packet *p) override {
    if (p) append(p, p->kind == WORK ? work : device);
    if (!work) return k.wait();
    Packet *w = work;
    if (w->used == DATA) { work = w->next; return k.send(w); }
    if (!device) return k.wait();
    Packet *d = device;
    device = d->next;
    d->used = w->data[w->used++];
    return k.send(d);
  }
};
struct Device : Task {
  Packet *pending;
  Task *step(Kernel &k, Packet *p) override {
    if (p) { pending = p; return k.hold(); }
    if (!pending) return k.wait();
    Packet *d = pending;
    pending = nullptr;
    return k.send(d);
  }
};
static Packet packets[8];
static u32 used;
static Packet *packet(Packet *next, Id to, Kind kind) {
  Packet *p = &packets[used++];
  p->next = next; p->to = to; p->kind = kind; p->used = 0;
  for (i32 &cell : p->data) cell = 0;
  return p;
}
static Idle idle;
static Worker worker;
static Handler handlers[2];
static Device devices[2];
static Kernel kernel;
EXPORT u32 run(u32 n) {
  u32 h = 0;
  while (n--) {
    used = 0;
    kernel.list = nullptr;
    kernel.queued = kernel.holds = 0;
    idle.seed = 1;
    idle.count = 1000;
    kernel.add(&idle, IDLE, 0, nullptr, true);
    worker.to = HANDLER_A;
    worker.letter = 0;
    kernel.add(&worker, WORKER, 1000, packet(packet(nullptr, WORKER, WORK), WORKER, WORK), false);
    for (i32 i = 0; i < 2; i++) {
      Id id = (Id)(HANDLER_A + i), device = (Id)(DEVICE_A + i);
      handlers[i].work = handlers[i].device = nullptr;
      Packet *queue = packet(packet(packet(nullptr, device, DEVICE), device, DEVICE), device, DEVICE);
      kernel.add(&handlers[i], id, 2000 + 1000 * i, queue, false);
    }
    for (i32 i = 0; i < 2; i++) {
      devices[i].pending = nullptr;
      kernel.add(&devices[i], (Id)(DEVICE_A + i), 4000 + 1000 * i, nullptr, false);
    }
    kernel.schedule();
    h = rt_mix(rt_mix(h, (u32)kernel.queued), (u32)kernel.holds);
  }
  return h;
}
