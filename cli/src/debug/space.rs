//! The one address space that a debugger sees, made up of what a guest has: memory, code, globals and frames. Its map is
//! `wrt_format::image::debug::map`.
//!
//! Input: addresses. Output: bytes. Invariants: reading changes nothing; any address and length is answered, with as many bytes as there are; work
//! is at most the bytes asked for times the depth of the stack.

use core::ops::ControlFlow;

use wrt_format::image::debug::Home;
use wrt_format::image::debug::map::{
    CODE_BASE, FRAME_BYTES, FRAMES_TOP, GLOBALS_BASE, LOCAL_0, VALUE_BYTES, code_address,
    frame_address, wasm_offset,
};
use wrt_vm::{Engine, Frame, Val};

use super::steps::Steps;
use super::timeline::INSTANCE;

/// What code reads as: `nop`s, in which no debugger finds anything.
const NOP: u8 = 0x90;
/// Bytes of a return address or frame address.
const WORD: u64 = 8;

/// A frame, with its place in the address space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) frame: Frame,
    /// Word of CODE.
    pub(super) word: u32,
    /// Its number from the innermost one on.
    pub(super) number: usize,
    /// How many are around it.
    pub(super) depth: u32,
}

/// The frames, innermost first.
pub(super) fn frames(engine: &Engine<'_>) -> Vec<Placed> {
    let both: Vec<(Frame, u32)> = engine.backtrace().zip(engine.places()).collect();
    let count = both.len();
    let numbered = both.into_iter().enumerate();
    numbered
        .map(|(number, (frame, word))| Placed {
            frame,
            word,
            number,
            depth: (count - 1 - number) as u32,
        })
        .collect()
}

/// A guest's address space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space<'a, 'm> {
    pub(super) engine: &'a Engine<'m>,
    pub(super) steps: &'a Steps<'m>,
    /// Those of the engine.
    pub(super) frames: &'a [Placed],
}

/// What an address is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Memory 0.
    Memory,
    Code,
    /// This global, this byte of its 16.
    Global(u32, u64),
    /// The frame that has so many around it, so many bytes below its address.
    Frame(u32, u64),
    Nothing,
}

const fn part(address: u64) -> Part {
    if address < CODE_BASE {
        return Part::Memory;
    }
    if wasm_offset(address).is_some() {
        return Part::Code;
    }
    if address >= FRAMES_TOP {
        return Part::Nothing;
    }
    let below = FRAMES_TOP - address;
    let depth = (below - 1) / FRAME_BYTES;
    if depth < u32::MAX as u64 && address >= frame_address(1 << 24) {
        return Part::Frame(depth as u32, below - depth * FRAME_BYTES);
    }
    if address < GLOBALS_BASE {
        return Part::Nothing;
    }
    let at = address - GLOBALS_BASE;
    if at / VALUE_BYTES > u32::MAX as u64 {
        return Part::Nothing;
    }
    Part::Global((at / VALUE_BYTES) as u32, at % VALUE_BYTES)
}

/// A local of the frame's function, this byte of its 16, by bytes below the frame's address; none if there is no local.
const fn local_at(below: u64) -> Option<(usize, u64)> {
    let first = LOCAL_0.unsigned_abs();
    match below.checked_sub(first - VALUE_BYTES + 1) {
        Some(at) => {
            let local = at / VALUE_BYTES;
            Some((local as usize, first + local * VALUE_BYTES - below))
        }
        None => None,
    }
}

impl Space<'_, '_> {
    /// Reads from an address on; gives the number of bytes that there are.
    pub(super) fn read(&self, address: u64, to: &mut [u8]) -> usize {
        if part(address) == Part::Memory {
            let memory = self.engine.instance_memory(INSTANCE, 0);
            let bytes = memory.and_then(|memory| self.engine.memory(memory));
            let start = usize::try_from(address).unwrap_or(usize::MAX);
            let rest = bytes.ok().and_then(|bytes| bytes.get(start..));
            let rest = rest.unwrap_or_default();
            let count = rest.len().min(to.len());
            to[..count].copy_from_slice(&rest[..count]);
            return count;
        }
        let read = to.iter_mut().enumerate().try_fold(0, |count, (i, byte)| {
            match address.checked_add(i as u64).and_then(|at| self.byte(at)) {
                Some(found) => {
                    *byte = found;
                    ControlFlow::Continue(count + 1)
                }
                None => ControlFlow::Break(count),
            }
        });
        match read {
            ControlFlow::Continue(count) | ControlFlow::Break(count) => count,
        }
    }

    fn byte(&self, address: u64) -> Option<u8> {
        match part(address) {
            Part::Memory | Part::Nothing => None,
            Part::Code => Some(NOP),
            Part::Global(global, at) => {
                let global = self.engine.instance_global(INSTANCE, global).ok()?;
                let value = self.engine.global_val(global).ok()?;
                Some(byte_of(value.to_slots(), at))
            }
            Part::Frame(depth, below) => self.byte_of_frame(self.frame(depth)?, below),
        }
    }

    /// The frame that has so many around it.
    fn frame(&self, depth: u32) -> Option<&Placed> {
        let from_outermost = self.frames.iter().rev();
        from_outermost.clone().nth(depth as usize)
    }

    fn byte_of_frame(&self, frame: &Placed, below: u64) -> Option<u8> {
        let of = |value: u64, top: u64| byte_of([value].into_iter(), top - below);
        if below <= WORD {
            return Some(of(self.return_address(frame), WORD));
        }
        if below <= 2 * WORD {
            return Some(of(self.caller_address(frame), 2 * WORD));
        }
        let Some((local, at)) = local_at(below) else {
            return Some(0);
        };
        let Some(home) = self.home(frame, local) else {
            return Some(0);
        };
        let slots = self.engine.frame_slots(frame.number);
        let own = slots.get(home.slot as usize..).unwrap_or_default();
        let count = wrt_vm::valtype::slots(home.ty);
        Some(byte_of(own.iter().copied().take(count), at))
    }

    fn home(&self, frame: &Placed, local: usize) -> Option<Home> {
        self.steps.debug.homes(frame.frame.func).nth(local)
    }

    /// The address that a frame returns to; 0 for the outermost.
    pub(super) fn return_address(&self, frame: &Placed) -> u64 {
        let caller = self.frames.get(frame.number + 1);
        let offset = caller.and_then(|caller| self.steps.behind_call(caller.word));
        offset.map_or(0, code_address)
    }

    /// The address of the frame around a frame; 0 for the outermost.
    fn caller_address(&self, frame: &Placed) -> u64 {
        frame.depth.checked_sub(1).map_or(0, frame_address)
    }

    /// The locals of a frame, in order.
    pub(super) fn locals(&self, frame: &Placed) -> impl Iterator<Item = (Home, Option<Val>)> {
        let slots = self.engine.frame_slots(frame.number);
        let homes = self.steps.debug.homes(frame.frame.func);
        homes.map(move |home| {
            let count = wrt_vm::valtype::slots(home.ty);
            let first = home.slot as usize;
            let own = slots.get(first..first.saturating_add(count));
            (home, own.and_then(|own| Val::from_slots(home.ty, own)))
        })
    }
}

/// Byte number `at` of slots, little-endian; 0 behind them.
fn byte_of(mut slots: impl Iterator<Item = u64>, at: u64) -> u8 {
    let slot = slots.nth((at / WORD) as usize).unwrap_or(0);
    slot.to_le_bytes()[(at % WORD) as usize]
}

/// Changes bytes from an address on, of memory and of globals that are mutable. False, with what lies before it changed, at the first that cannot be: frames
/// have copies of locals, which code does not read.
pub(super) fn write(engine: &mut Engine<'_>, address: u64, bytes: &[u8]) -> bool {
    if part(address) == Part::Memory {
        let Ok(memory) = engine.instance_memory(INSTANCE, 0) else {
            return bytes.is_empty();
        };
        let Ok(all) = engine.memory_mut(memory) else {
            return false;
        };
        let start = usize::try_from(address).unwrap_or(usize::MAX);
        let end = start.saturating_add(bytes.len());
        return all.get_mut(start..end).is_some_and(|place| {
            place.copy_from_slice(bytes);
            true
        });
    }
    let mut written = bytes.iter().enumerate().map(|(i, &byte)| {
        let at = address.checked_add(i as u64)?;
        match part(at) {
            Part::Memory | Part::Code | Part::Frame(..) | Part::Nothing => None,
            Part::Global(global, at) => write_global(engine, global, at, byte),
        }
    });
    written.all(|done| done.is_some())
}

fn write_global(engine: &mut Engine<'_>, global: u32, at: u64, byte: u8) -> Option<()> {
    let global = engine.instance_global(INSTANCE, global).ok()?;
    let value = engine.global_val(global).ok()?;
    let mut slots: Vec<u64> = value.to_slots().collect();
    set_byte(slots.get_mut((at / WORD) as usize)?, at % WORD, byte);
    let value = Val::from_slots(value.ty(), &slots)?;
    engine.set_global_val(global, value).ok()
}

fn set_byte(slot: &mut u64, at: u64, byte: u8) {
    let mut bytes = slot.to_le_bytes();
    if let Some(place) = bytes.get_mut(at as usize) {
        *place = byte;
    }
    *slot = u64::from_le_bytes(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_format::image::debug::map::{global_address, local_offset};

    #[test]
    fn addresses_are_parts() {
        assert_eq!(part(0), Part::Memory);
        assert_eq!(part(CODE_BASE - 1), Part::Memory);
        assert_eq!(part(code_address(7)), Part::Code);
        assert_eq!(part(CODE_BASE + (1 << 32)), Part::Nothing);
        assert_eq!(part(global_address(3) + 5), Part::Global(3, 5));
        assert_eq!(part(FRAMES_TOP), Part::Nothing);
        assert_eq!(part(u64::MAX), Part::Nothing);
        assert_eq!(part(FRAMES_TOP - 1), Part::Frame(0, 1));
        assert_eq!(part(frame_address(2) - 8), Part::Frame(2, 8));
        assert_eq!(part(frame_address(2)), Part::Frame(1, FRAME_BYTES));
    }

    #[test]
    fn locals_are_where_the_map_says() {
        for local in [0_u32, 1, 77, 49_999] {
            for byte in [0, 1, 15] {
                let offset = local_offset(local) + byte;
                let at = (local as usize, byte as u64);
                assert_eq!(local_at(offset.unsigned_abs()), Some(at));
            }
        }
        assert_eq!(local_at(16), None);
        assert_eq!(local_at(17), Some((0, 15)));
    }
}
