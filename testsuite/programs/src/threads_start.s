# Where a thread begins: its instance has a stack pointer of its own, which C cannot set.
  .globaltype __stack_pointer, i32
  .functype thread_main (i32, i32) -> ()
  .globl wasi_thread_start
  .type wasi_thread_start,@function
wasi_thread_start:
  .functype wasi_thread_start (i32, i32) -> ()
  # The argument points to the first byte behind the thread's stack.
  local.get 1
  i32.load 0
  global.set __stack_pointer
  local.get 0
  local.get 1
  call thread_main
  end_function
