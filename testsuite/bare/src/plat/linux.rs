//! A Linux process with nothing but the C library: for the host, and for s390x under user-mode QEMU.

#[link(name = "c")]
unsafe extern "C" {
    fn write(fd: i32, bytes: *const u8, count: usize) -> isize;
    fn _exit(code: i32) -> !;
}

/// Prints to standard output.
pub fn put(text: &str) {
    // SAFETY: the pointer and length are those of a string.
    unsafe { write(1, text.as_ptr(), text.len()) };
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    // SAFETY: no precondition.
    unsafe { _exit(code) }
}

/// Where the C library's start-up code comes to.
#[unsafe(no_mangle)]
pub extern "C" fn main(_: i32, _: *const *const u8) -> i32 {
    crate::app();
    0
}
