//! Memories as a whole: size, growth, fill, copy, init, drop.
//!
//! Bulk operations check the whole range before they change anything. Then they work in slices of what the fuel covers, 64 bytes for
//! each unit, so that `n` bytes cost `ceil(n / 64)` in all, wherever they pause. After a slice they advance their `Mod` operands and
//! stay at the same word; so the rest is an operation of its own, and when it is done its length operand is 0. A handler does itself what one unit covers.
//!
//! A growth that the type or a budget forbids gives -1 and costs nothing. One that goes ahead is paid beforehand, 1 for each 64 KiB,
//! and paid back if the memory is not to be had.

use wrt_format::isa::{Place, field};
use wrt_format::trap::Trap;

use crate::exec::machine::{Flow, Machine, OUT_OF_FUEL, Step};
use crate::raw::debit;
use crate::raw::short::SHORT;
use crate::raw::state::Ctl;

handlers! {
    fn memory_size(_s, at) {
        Ctl::Slow(slow_size)
    }
    fn memory_grow(_s, at) {
        Ctl::Slow(|m| slow_grow(m).unwrap_or_else(|out| out))
    }
    fn memory_fill(s, at) {
        if s.fill_short(at::mem, at::to, at::value, at::n) {
            return Ctl::Next;
        }
        Ctl::Slow(|m| slow_fill(m).unwrap_or_else(|out| out))
    }
    fn memory_copy(s, at) {
        if s.copy_short([at::to_mem, at::from_mem], [at::to, at::from, at::n]) {
            return Ctl::Next;
        }
        Ctl::Slow(|m| slow_copy(m).unwrap_or_else(|out| out))
    }
    fn memory_init(_s, at) {
        Ctl::Slow(|m| slow_init(m).unwrap_or_else(|out| out))
    }
    fn data_drop(_s, at) {
        Ctl::Slow(slow_drop)
    }
}

/// Units of length that one unit of fuel covers.
const BYTES_PER_FUEL: u64 = SHORT;

/// How much of a bulk operation is done now.
pub(super) struct Slice {
    /// Units of length in this slice.
    pub(super) len: usize,
    /// Whether that is all that was left.
    pub(super) last: bool,
}

impl Machine<'_, '_> {
    /// Pays for as much of `n` units as the fuel covers, at `per_fuel` units for 1. Out of fuel if that is nothing.
    pub(super) fn slice(&mut self, n: u64, per_fuel: u64) -> Step<Slice> {
        let cost = n.div_ceil(per_fuel);
        let available = self.fuel.max(0) as u64;
        if cost <= available || debit(1) == 0 {
            if debit(1) != 0 {
                self.fuel -= cost as i64;
            }
            return Ok(Slice {
                len: n as usize,
                last: true,
            });
        }
        if available == 0 {
            return Err(OUT_OF_FUEL);
        }
        self.fuel = 0;
        Ok(Slice {
            len: (available * per_fuel) as usize,
            last: false,
        })
    }

    /// Ends a slice: on with the next instruction, or a pause at this one.
    pub(super) const fn after(slice: &Slice, words: usize) -> Flow {
        if slice.last {
            Flow::Next(words as u32)
        } else {
            OUT_OF_FUEL
        }
    }

    /// Number of memory that operand `at` names of the instance, its bytes, and whether its addresses are 64-bit.
    pub(super) fn memory_of(&self, at: Place) -> Step<(u32, u64, bool)> {
        let number = self.data().memory(u32::from(self.half(at)));
        let number = number.ok_or(Trap::MemoryOutOfBounds)?;
        let memory = self.store.memory(number).ok_or(Trap::MemoryOutOfBounds)?;
        Ok((number, memory.len() as u64, memory.ty().is64))
    }

    /// The operand `at` as an address or a length of this width.
    pub(super) fn operand(&self, at: Place, is64: bool) -> u64 {
        let slot = self.get(at);
        if is64 { slot } else { u64::from(slot as u32) }
    }
}

/// Traps unless `start .. start + n` is below `limit`.
pub(super) fn check(start: u64, n: u64, limit: u64, trap: Trap) -> Step<()> {
    match start.checked_add(n) {
        Some(end) if end <= limit => Ok(()),
        _ => Err(trap.into()),
    }
}

fn slow_size(m: &mut Machine<'_, '_>) -> Flow {
    use field::memory_size as at;
    let number = m.data().memory(u32::from(m.half(at::mem)));
    let pages = number
        .and_then(|number| m.store.memory(number))
        .map_or(0, |memory| memory.pages());
    m.set(at::dst, pages);
    Flow::Next(at::words as u32)
}

fn slow_grow(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::memory_grow as at;
    let (number, len, is64) = m.memory_of(at::mem)?;
    let delta = m.operand(at::delta, is64);
    let allowed = m.store.can_grow_memory(number, delta);
    let mut before = if is64 { u64::MAX } else { u64::from(u32::MAX) };
    if let Some(grown) = allowed {
        let cost = u32::try_from((grown - len).div_ceil(1 << 16)).unwrap_or(u32::MAX);
        m.charge(cost)?;
        match m.store.grow_memory(number, delta) {
            Ok(pages) => before = pages,
            Err(_) => m.fuel += debit(cost),
        }
    }
    m.set(at::dst, before);
    Ok(Flow::Next(at::words as u32))
}

fn slow_fill(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::memory_fill as at;
    let (number, limit, is64) = m.memory_of(at::mem)?;
    let (to, n) = (m.operand(at::to, is64), m.operand(at::n, is64));
    check(to, n, limit, Trap::MemoryOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL)?;
    let value = m.get(at::value) as u8;
    let start = to as usize;
    if let Some(memory) = m.store.memory_mut(number) {
        memory.bytes_mut()[start..start + slice.len].fill(value);
    }
    m.set(at::to, advanced(to, slice.len, is64));
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

/// An address `by` further, in its width.
fn advanced(address: u64, by: usize, is64: bool) -> u64 {
    let sum = address.wrapping_add(by as u64);
    if is64 { sum } else { u64::from(sum as u32) }
}

fn slow_copy(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::memory_copy as at;
    let (to_memory, to_limit, to64) = m.memory_of(at::to_mem)?;
    let (from_memory, from_limit, from64) = m.memory_of(at::from_mem)?;
    let (to, from) = (m.operand(at::to, to64), m.operand(at::from, from64));
    let n = m.operand(at::n, to64 && from64);
    check(to, n, to_limit, Trap::MemoryOutOfBounds)?;
    check(from, n, from_limit, Trap::MemoryOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL)?;
    // Upwards in one memory the last slice goes first, so that none overwrites what a later one reads; the addresses stay, so that
    // the direction does too.
    let downwards = to_memory == from_memory && to > from;
    let skip = if downwards { n as usize - slice.len } else { 0 };
    let (target, source) = (to as usize + skip, from as usize + skip);
    if to_memory == from_memory {
        if let Some(memory) = m.store.memory_mut(to_memory) {
            memory
                .bytes_mut()
                .copy_within(source..source + slice.len, target);
        }
    } else if let Some((to_memory, from_memory)) = m.store.memory_pair(to_memory, from_memory) {
        to_memory.bytes_mut()[target..target + slice.len]
            .copy_from_slice(&from_memory.bytes()[source..source + slice.len]);
    }
    if !downwards {
        m.set(at::to, advanced(to, slice.len, to64));
        m.set(at::from, advanced(from, slice.len, from64));
    }
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_init(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::memory_init as at;
    let (number, limit, is64) = m.memory_of(at::mem)?;
    let segment = m.imm_u32(at::data);
    let data = m.data();
    let bytes = match data.module().data(segment) {
        Some(view) if !data.data_dropped(segment) => view.bytes,
        _ => &[],
    };
    let to = m.operand(at::to, is64);
    let (from, n) = (m.operand(at::from, false), m.operand(at::n, false));
    check(to, n, limit, Trap::MemoryOutOfBounds)?;
    check(from, n, bytes.len() as u64, Trap::MemoryOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL)?;
    let (target, source) = (to as usize, from as usize);
    if let Some(memory) = m.store.memory_mut(number) {
        memory.bytes_mut()[target..target + slice.len]
            .copy_from_slice(&bytes[source..source + slice.len]);
    }
    m.set(at::to, advanced(to, slice.len, is64));
    m.set(at::from, from + slice.len as u64);
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_drop(m: &mut Machine<'_, '_>) -> Flow {
    use field::data_drop as at;
    let (instance, segment) = (m.instance, m.imm_u32(at::data));
    if let Some(data) = m.store.instance_mut(instance) {
        data.drop_data(segment);
    }
    Flow::Next(at::words as u32)
}
