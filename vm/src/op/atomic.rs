//! Atomic instructions.
//!
//! Guest threads take turns, and a turn ends only where a run is left, never inside a handler. So a plain access is atomic, and what is
//! left to do is to check the alignment. Waiting leaves the run; the thread is then in the engine's list of waiters, from which a
//! notification or the clock takes it.

use wrt_format::isa::{Place, field};
use wrt_format::trap::Trap;

use super::bulk::check;
use super::memory::OUT;
use crate::exec::machine::{Flow, Machine, Step};
use crate::raw::ctx::Stop;
use crate::raw::state::{Ctl, State};
use crate::raw::threads::WaitResult;

/// An address that is not a multiple of the width.
const UNALIGNED: Ctl = Ctl::Trap(Trap::UnalignedAtomic);

/// Whether the address is a multiple of `bytes`, a power of two. Only low bits matter, so the width of addresses does not.
#[inline(always)]
fn is_aligned(s: &State, addr: Place, offset: u32, bytes: u32) -> bool {
    (s.get32(addr).wrapping_add(offset)) & (bytes - 1) == 0
}

handlers! {
    fn atomic_check(s, at) {
        let offset = u32::from(s.half(at::offset));
        if is_aligned(s, at::addr, offset, 1_u32.wrapping_shl(s.half(at::shift).into())) {
            Ctl::Next
        } else {
            UNALIGNED
        }
    }
    fn atomic_wait32(_s, at) {
        Ctl::Slow(|m| slow_wait(m, 4).unwrap_or_else(|out| out))
    }
    fn atomic_wait64(_s, at) {
        Ctl::Slow(|m| slow_wait(m, 8).unwrap_or_else(|out| out))
    }
    fn atomic_notify(_s, at) {
        Ctl::Slow(|m| slow_notify(m).unwrap_or_else(|out| out))
    }
}

macro_rules! rmw {
    ($($raw:ident $bytes:literal { $($name:ident |$old:ident, $src:ident| $new:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let offset = s.imm_u32(at::offset);
            if !is_aligned(s, at::addr, offset, $bytes) {
                return UNALIGNED;
            }
            let Some(bytes) = s.load_any::<$bytes>(at::mem, at::addr, offset) else {
                return OUT;
            };
            let ($old, $src) = (<$raw>::from_le_bytes(bytes), s.get64(at::src) as $raw);
            let new: $raw = $new;
            // The same place again: it is in bounds.
            s.store_any::<$bytes>(at::mem, at::addr, offset, new.to_le_bytes());
            s.set64(at::dst, u64::from($old));
            Ctl::Next
        }
    )*)*} };
}

rmw! {
    u8 1 {
    atomic_rmw8_add |old, src| old.wrapping_add(src);
    atomic_rmw8_sub |old, src| old.wrapping_sub(src);
    atomic_rmw8_and |old, src| old & src;
    atomic_rmw8_or |old, src| old | src;
    atomic_rmw8_xor |old, src| old ^ src;
    atomic_rmw8_xchg |old, src| src;
    }
    u16 2 {
    atomic_rmw16_add |old, src| old.wrapping_add(src);
    atomic_rmw16_sub |old, src| old.wrapping_sub(src);
    atomic_rmw16_and |old, src| old & src;
    atomic_rmw16_or |old, src| old | src;
    atomic_rmw16_xor |old, src| old ^ src;
    atomic_rmw16_xchg |old, src| src;
    }
    u32 4 {
    atomic_rmw32_add |old, src| old.wrapping_add(src);
    atomic_rmw32_sub |old, src| old.wrapping_sub(src);
    atomic_rmw32_and |old, src| old & src;
    atomic_rmw32_or |old, src| old | src;
    atomic_rmw32_xor |old, src| old ^ src;
    atomic_rmw32_xchg |old, src| src;
    }
    u64 8 {
    atomic_rmw64_add |old, src| old.wrapping_add(src);
    atomic_rmw64_sub |old, src| old.wrapping_sub(src);
    atomic_rmw64_and |old, src| old & src;
    atomic_rmw64_or |old, src| old | src;
    atomic_rmw64_xor |old, src| old ^ src;
    atomic_rmw64_xchg |old, src| src;
    }
}

macro_rules! cmpxchg {
    ($($name:ident $raw:ty, $bytes:literal;)*) => { handlers! {$(
        fn $name(s, at) {
            let offset = s.imm_u32(at::offset);
            if !is_aligned(s, at::addr, offset, $bytes) {
                return UNALIGNED;
            }
            let Some(bytes) = s.load_any::<$bytes>(at::mem, at::addr, offset) else {
                return OUT;
            };
            let old = <$raw>::from_le_bytes(bytes);
            if old == s.get64(at::expected) as $raw {
                let new = s.get64(at::src) as $raw;
                s.store_any::<$bytes>(at::mem, at::addr, offset, new.to_le_bytes());
            }
            s.set64(at::dst, u64::from(old));
            Ctl::Next
        }
    )*} };
}

cmpxchg! {
    atomic_rmw8_cmpxchg u8, 1;
    atomic_rmw16_cmpxchg u16, 2;
    atomic_rmw32_cmpxchg u32, 4;
    atomic_rmw64_cmpxchg u64, 8;
}

/// Number of the memory and the effective address of an access of `bytes` bytes, which is aligned and in bounds.
fn place(m: &Machine<'_, '_>, [mem, addr, offset]: [Place; 3], bytes: u64) -> Step<(u32, u64)> {
    let (number, len, is64) = m.memory_of(mem)?;
    let base = m.operand(addr, is64);
    let offset = u64::from(m.imm_u32(offset));
    if base.wrapping_add(offset) & (bytes - 1) != 0 {
        return Err(Trap::UnalignedAtomic.into());
    }
    let at = base.checked_add(offset).ok_or(Trap::MemoryOutOfBounds)?;
    check(at, bytes, len, Trap::MemoryOutOfBounds)?;
    Ok((number, at))
}

/// `memory.atomic.wait` of 4 or 8 bytes: both have their operands in the same places.
fn slow_wait(m: &mut Machine<'_, '_>, bytes: usize) -> Step<Flow> {
    use field::atomic_wait32 as at;
    let (number, address) = place(m, [at::mem, at::addr, at::offset], bytes as u64)?;
    let memory = m.store.memory(number).ok_or(Trap::MemoryOutOfBounds)?;
    if !memory.ty().shared {
        return Err(Trap::ExpectedSharedMemory.into());
    }
    let mut value = [0; 8];
    let start = address as usize;
    value[..bytes].copy_from_slice(&memory.bytes()[start..start + bytes]);
    let unused = 64 - 8 * bytes as u32;
    let expected = m.get(at::expected) << unused >> unused;
    let timeout = m.get(at::timeout).cast_signed();
    let result = if u64::from_le_bytes(value) != expected {
        WaitResult::NotEqual
    } else if timeout == 0 {
        WaitResult::TimedOut
    } else {
        let deadline = u64::try_from(timeout).ok();
        let deadline = deadline.map(|timeout| m.store.clock.saturating_add(timeout));
        m.store.wait(number, address, deadline);
        return Ok(Flow::Stop(Stop::Wait));
    };
    m.set(at::dst, result as u64);
    Ok(Flow::Next(at::words as u32))
}

fn slow_notify(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::atomic_notify as at;
    let (number, address) = place(m, [at::mem, at::addr, at::offset], 4)?;
    let count = m.get(at::count) as u32;
    let woken = m.store.notify(number, address, count);
    m.set(at::dst, u64::from(woken));
    Ok(Flow::Next(at::words as u32))
}
