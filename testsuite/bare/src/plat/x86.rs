//! An x86-64 kernel: QEMU enters it in 32-bit protected mode (PVH); it maps the first GiB, enters long mode and enables SSE.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
.section .note.Xen,"a",@note
  .long 4, 4, 18
  .asciz "Xen"
  .long pvh_start
.section .text.boot,"ax",@progbits
.code32
.global pvh_start
pvh_start:
  cli
  movl $boot_stack_top, %esp
  movl $pdpt, %eax
  orl $3, %eax
  movl %eax, pml4
  movl $pd, %eax
  orl $3, %eax
  movl %eax, pdpt
  xorl %ecx, %ecx
1: movl %ecx, %eax
  shll $21, %eax
  orl $0x83, %eax
  movl %eax, pd(,%ecx,8)
  movl $0, pd+4(,%ecx,8)
  incl %ecx
  cmpl $512, %ecx
  jne 1b
  movl $pml4, %eax
  movl %eax, %cr3
  movl %cr4, %eax
  orl $0x620, %eax
  movl %eax, %cr4
  movl $0xC0000080, %ecx
  rdmsr
  orl $0x100, %eax
  wrmsr
  movl %cr0, %eax
  andl $0xfffffffb, %eax
  orl $0x80000003, %eax
  movl %eax, %cr0
  lgdt gdtptr
  ljmpl $8, $long64
.code64
long64:
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movq $boot_stack_top, %rsp
  call kmain
2: hlt
  jmp 2b
.section .rodata.boot,"a"
.p2align 3
gdt: .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdtptr: .word 23
  .long gdt
.section .bss.boot,"aw",@nobits
.p2align 12
pml4: .skip 4096
pdpt: .skip 4096
pd: .skip 4096
.skip 65536
boot_stack_top:
.text
.global memcpy
memcpy: movq %rdi, %rax
  movq %rdx, %rcx
  rep movsb
  ret
.global memset
memset: movq %rdi, %r8
  movl %esi, %eax
  movq %rdx, %rcx
  rep stosb
  movq %r8, %rax
  ret
.global memmove
memmove: movq %rdi, %rax
  movq %rdx, %rcx
  cmpq %rsi, %rdi
  jbe 1f
  leaq -1(%rdi,%rdx), %rdi
  leaq -1(%rsi,%rdx), %rsi
  std
  rep movsb
  cld
  ret
1: rep movsb
  ret
.global memcmp
.global bcmp
bcmp:
memcmp: xorl %eax, %eax
  xorl %ecx, %ecx
1: cmpq %rdx, %rcx
  je 2f
  movzbl (%rdi,%rcx), %eax
  movzbl (%rsi,%rcx), %r8d
  incq %rcx
  subl %r8d, %eax
  je 1b
2: ret
"#,
    options(att_syntax)
);

/// Prints to the first serial port.
pub fn put(text: &str) {
    for byte in text.bytes() {
        // SAFETY: ring 0, and the port is the serial port's data register.
        unsafe { asm!("out dx, al", in("dx") 0x3f8_u16, in("al") byte) };
    }
}

/// Ends the emulation: QEMU's exit device turns `n` into the status `2 n + 1`.
pub fn exit(code: i32) -> ! {
    let value: u32 = if code == 0 { 0x10 } else { 1 };
    // SAFETY: ring 0, and the port is the exit device's.
    unsafe { asm!("out dx, eax", in("dx") 0xf4_u16, in("eax") value) };
    loop {}
}

/// Where the boot code comes to.
#[unsafe(no_mangle)]
extern "C" fn kmain() -> ! {
    crate::app();
    exit(0)
}
