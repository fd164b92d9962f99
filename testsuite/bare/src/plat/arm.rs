//! A Cortex-M4F without an operating system; output and exit by semihosting.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .vectors,"a"
    .word __stack_top
    .word reset + 1
    .word hang + 1
    .word hang + 1
    .section .text.reset,"ax"
    .thumb
    .global reset
    reset:
        ldr r0, =0xE000ED88   // CPACR: enable the floating-point unit
        ldr r1, [r0]
        ldr r2, =0xF00000
        orrs r1, r2
        str r1, [r0]
        dsb
        isb
        bl start
    hang: b hang
    "#
);

fn semihost(operation: u32, argument: *const u32) -> u32 {
    let result;
    // SAFETY: the debugger reads the arguments that the operation's description names, which the callers below provide.
    unsafe { asm!("bkpt 0xab", inout("r0") operation => result, in("r1") argument) };
    result
}

/// Prints to the debugger's console.
pub fn put(text: &str) {
    let name = b":tt\0";
    let handle = semihost(1, [name.as_ptr() as u32, 4, 3].as_ptr());
    semihost(5, [handle, text.as_ptr() as u32, text.len() as u32].as_ptr());
}

/// Ends the emulation.
pub fn exit(code: i32) -> ! {
    semihost(0x18, (if code == 0 { 0x20026_u32 } else { 0x20023 }) as *const u32);
    loop {}
}

/// Where the reset vector comes to.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> ! {
    crate::app();
    exit(0)
}
