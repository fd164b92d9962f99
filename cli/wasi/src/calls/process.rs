//! Arguments, environment, random numbers, and how a guest ends.

use crate::errno::Errno;
use crate::mem::Memory;
use crate::wasi::{Step, Wasi};

/// The highest signal number of WASI.
const SIGNAL_MAX: u32 = 30;
/// Signals that do nothing when nobody handles them: none, chld, cont, urg, winch.
const IGNORED: [u32; 5] = [0, 16, 17, 22, 27];
/// Signals that stop a process so that another one can continue it: stop, tstp, ttin, ttou.
const STOPPING: [u32; 4] = [18, 19, 20, 21];

pub(crate) fn args_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    argv: u32,
    argv_buf: u32,
) -> Result<(), Errno> {
    write_strings(mem, &wasi.args, argv, argv_buf)
}

pub(crate) fn args_sizes_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    argc: u32,
    argv_buf_bytes: u32,
) -> Result<(), Errno> {
    write_sizes(mem, &wasi.args, argc, argv_buf_bytes)
}

pub(crate) fn environ_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    environ: u32,
    environ_buf: u32,
) -> Result<(), Errno> {
    write_strings(mem, &wasi.env, environ, environ_buf)
}

pub(crate) fn environ_sizes_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    count: u32,
    buf_bytes: u32,
) -> Result<(), Errno> {
    write_sizes(mem, &wasi.env, count, buf_bytes)
}

/// Writes the strings, each with a NUL behind it, to `buf`, and their addresses to `pointers`.
fn write_strings(
    mem: &mut Memory<'_>,
    strings: &[String],
    pointers: u32,
    buf: u32,
) -> Result<(), Errno> {
    mem.check(pointers, strings.len() as u64 * 4)?;
    mem.check(buf, bytes(strings))?;
    // Both ranges lie in a memory that 32 bits can address, so the additions cannot overflow before a write has failed.
    let (mut pointer, mut at) = (pointers, buf);
    for string in strings {
        mem.write_u32(pointer, at)?;
        mem.write(at, string.as_bytes())?;
        let end = at.wrapping_add(string.len() as u32);
        mem.write(end, &[0])?;
        at = end.wrapping_add(1);
        pointer = pointer.wrapping_add(4);
    }
    Ok(())
}

fn write_sizes(
    mem: &mut Memory<'_>,
    strings: &[String],
    count: u32,
    buf_bytes: u32,
) -> Result<(), Errno> {
    let total = u32::try_from(bytes(strings)).map_err(|_| Errno::OVERFLOW)?;
    mem.check(buf_bytes, 4)?;
    mem.write_u32(count, strings.len() as u32)?;
    mem.write_u32(buf_bytes, total)
}

/// The bytes that the strings take, with a NUL behind each.
fn bytes(strings: &[String]) -> u64 {
    strings.iter().map(|string| string.len() as u64 + 1).sum()
}

pub(crate) fn random_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    buf: u32,
    buf_bytes: u32,
) -> Result<(), Errno> {
    wasi.random.fill(mem.slice_mut(buf, u64::from(buf_bytes))?)
}

pub(crate) fn sched_yield(_: &mut Wasi, _: &mut Memory<'_>) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}

pub(crate) fn proc_exit(wasi: &mut Wasi, _: &mut Memory<'_>, code: u32) -> Step {
    // The guest is gone and cannot be told that its last output was lost.
    drop(wasi.flush());
    Step::Exit(code)
}

/// A guest has no signal handlers, so every signal has its default action: nothing, or the end with 128 + its number.
pub(crate) fn proc_raise(wasi: &mut Wasi, mem: &mut Memory<'_>, signal: u32) -> Step {
    if signal > SIGNAL_MAX {
        return Err(Errno::INVAL).into();
    }
    if STOPPING.contains(&signal) {
        return Err(Errno::NOTSUP).into();
    }
    if IGNORED.contains(&signal) {
        return Ok(()).into();
    }
    proc_exit(wasi, mem, 128 + signal)
}
