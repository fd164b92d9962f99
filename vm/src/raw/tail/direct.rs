//! Direct threading: an instruction's handler is not looked up by its opcode but read from a map that lies beside the code.
//!
//! The map has a word of 8 bytes, a handler's address, for each word of 16 bits of the code. Only those of the instructions of verified functions
//! are ever written, so what never runs costs no memory where the operating system gives pages when they are touched. The code stays as it is,
//! and so do `pc`, return words, labels, operands in opcodes, slow paths and all that looks at an opcode: a run may be left by one core and
//! gone on with by the other. Instances of one module in an engine share a map.
//!
//! Input: code and which of its functions are verified. Output: [`State::origin`], from which a handler finds the next one by one load.
//!
//! Invariants:
//! - D1: for each instruction of the prologue, and of each function that any instance with the map has verified (S2), the map has the directly threaded handler
//!   of its opcode, a copy of that (`copies.rs`) or one as D4 has it, of a level that the processor has (T1). [`fill`] alone writes there, from the image, which does not change; handlers never do.
//! - D2: `origin` of a context is null, or the address of the map of the running instance minus four times the address of its code (both
//!   wrap): then the entry of the instruction at `pc` is at `origin + 4 * pc`. R1 and D1 make it a handler. A map stays where it is (A1).
//! - D3: where a word of such a function is no instruction, the map may have an address of code. Behind the word of a direct call's opcode it is null, or
//!   the first word of its callee once an instance with the map has verified that (R7, D1). Behind that of a branch's opcode, and at
//!   the first word of each label of a branch table, it is where the label leads: behind the `fuel` of a block of that function (R5).
//! - D4: a handler that takes an operand from an accumulator (`forward.rs`) is there only behind an instruction that leaves in that accumulator what it
//!   writes to the slot of that operand (R8), and goes on to the next instruction or traps. No run starts between the two: labels lead to `fuel`, and what takes a slow
//!   path or pauses leaves nothing in an accumulator.

use core::mem::MaybeUninit;
use core::ptr;

use wrt_format::isa::{
    Control, OP_LIMIT, Op, PROLOGUE, Role, field, field_value, instructions_le, label_words, pair,
    table_of, words_le,
};

#[cfg(wrt_levels)]
use super::level::{DIRECT_SETS, Level, level};
#[cfg(feature = "memory64")]
use super::wide;
use super::{Handler, Handlers, Kind, State, copies, forward, table};
use crate::raw::arena::{Arena, OutOfMemory};
use crate::raw::buf::Buf;
use crate::raw::dispatch::Threading;
use crate::raw::instance::InstData;
use crate::raw::store::Store;

/// In place of the number of a map: there is none.
pub(crate) const NO_MAP: u32 = u32::MAX;

/// Bytes of a map for each byte of code.
const SCALE: usize = size_of::<Handler>() / size_of::<u16>();

kinds! {
    /// Directly threaded handlers.
    directly Direct { DIRECT: bool = true; }
}

/// Handlers by opcode.
static TABLE: [Handler; OP_LIMIT] = table(Direct::ALL);

/// For each set of a level the place of an opcode's handler in it, and 1; 0 for opcodes that the set has not.
#[cfg(wrt_levels)]
static PLACES: [[u16; OP_LIMIT]; DIRECT_SETS.len()] = {
    let mut places = [[0; OP_LIMIT]; DIRECT_SETS.len()];
    let mut set = 0;
    while set < places.len() {
        let handlers = DIRECT_SETS[set].1;
        let mut i = 0;
        while i < handlers.len() {
            places[set][handlers[i].0 as usize] = i as u16 + 1;
            i += 1;
        }
        set += 1;
    }
    places
};

/// The handler of an opcode on a processor of this level.
#[cfg(wrt_levels)]
fn handler_of(opcode: u16, level: Level) -> Handler {
    let number = usize::from(opcode) % OP_LIMIT;
    for ((needed, handlers), places) in DIRECT_SETS.iter().zip(&PLACES).rev() {
        let place = usize::from(places[number]).checked_sub(1);
        if let Some(&(_, handler)) = place.and_then(|place| handlers.get(place))
            && *needed <= level
        {
            return handler;
        }
    }
    TABLE[number]
}

/// The handler of the instruction at `pc`.
#[inline(always)]
pub(super) fn handler(state: &State) -> Handler {
    let entry = state
        .origin
        .wrapping_add(state.pc.addr().wrapping_mul(SCALE));
    // SAFETY: D2.
    unsafe { *entry.cast::<Handler>() }
}

/// Writes the handlers of whole instructions, of which the first is at word `from`, and where their labels lead.
///
/// `is_wide`: whether memory 0 of their module has 64-bit addresses.
pub(in crate::raw) fn fill(
    map: &mut [MaybeUninit<Handler>],
    from: usize,
    code: &[u16],
    is_wide: bool,
) {
    #[cfg(wrt_levels)]
    let level = level();
    let Some(map) = map.get_mut(from..) else {
        return;
    };
    let mut left = None;
    for (at, op, words) in instructions_le(code) {
        let opcode = words.first().copied().map_or(0, u16::from_le);
        #[cfg(wrt_levels)]
        let handler = handler_of(opcode, level);
        #[cfg(not(wrt_levels))]
        let handler = TABLE[usize::from(opcode) % OP_LIMIT];
        let copy = op.and_then(|op| copies::handler_at(code, at, op, words));
        let forward = op
            .zip(left)
            .and_then(|(op, left)| forward::handler_at(code, at, op, words, left));
        left = op.and_then(|op| forward::left_by(op, words));
        let handler = forward.or(copy).unwrap_or(handler);
        #[cfg(feature = "memory64")]
        let handler = if is_wide {
            wide::direct_handler_of(opcode).unwrap_or(handler)
        } else {
            handler
        };
        #[cfg(not(feature = "memory64"))]
        let _ = is_wide;
        if let Some(entry) = map.get_mut(at) {
            entry.write(handler);
        }
        if let Some(op) = op {
            note_labels(map, at, op, words, code);
        }
    }
}

/// Notes where the labels of the instruction at word `at` of `code` lead to (D3).
fn note_labels(map: &mut [MaybeUninit<Handler>], at: usize, op: Op, words: &[u16], code: &[u16]) {
    let mut write = |word: usize, label: i64| {
        let there = at.wrapping_add_signed(label as isize) + field::fuel::words;
        note(map, at + word, code.as_ptr().wrapping_add(there));
    };
    let own = usize::from(op.info().words);
    if let Some(count) = table_of(op) {
        let labels = words.get(own..).unwrap_or_default();
        let width = label_words(count.place);
        for (i, label) in labels.chunks_exact(width).enumerate() {
            let label = match *label {
                [near] => i64::from(u16::from_le(near) as i16),
                [low, high] => i64::from(pair(u16::from_le(low), u16::from_le(high)) as i32),
                _ => continue,
            };
            write(own + i * width, label);
        }
    } else if own > 1
        && let Some(label) = operand(op, words, Role::is_label)
    {
        write(1, label);
    }
}

/// Writes an address of code into an entry.
fn note(map: &mut [MaybeUninit<Handler>], at: usize, place: *const u16) {
    if let Some(entry) = map.get_mut(at) {
        // SAFETY: an entry is as large as an address, and whatever it holds is initialised as (D1, D3) say.
        unsafe { entry.as_mut_ptr().cast::<*const u16>().write(place) };
    }
}

/// Notes of the direct calls of whole instructions where those lead to whose callee `entry` knows the first word of (D3).
fn fill_callees(
    map: &mut [MaybeUninit<Handler>],
    from: usize,
    code: &[u16],
    entry: impl Fn(u32) -> *const u16,
) {
    let Some(map) = map.get_mut(from..) else {
        return;
    };
    for (at, op, words) in instructions_le(code) {
        if let Some(func) = direct_callee(op, words) {
            note(map, at + 1, entry(func));
        }
    }
}

/// The function that an instruction calls, if it is a direct call.
fn direct_callee(op: Option<Op>, words: &[u16]) -> Option<u32> {
    let op = op.filter(|op| op.info().control == Control::Call)?;
    operand(op, words, Role::is_defined_func).map(|func| func as u32)
}

/// The value of the first operand of such a role, if the instruction has one.
pub(super) fn operand(op: Op, words: &[u16], is: impl Fn(Role) -> bool) -> Option<i64> {
    let mut fields = op.info().fields.iter();
    let field = fields.find(|field| is(field.role))?;
    Some(field_value(&words_le(words), field))
}

/// What D3 says of the word so many words behind `pc`.
#[inline(always)]
pub(in crate::raw) fn noted(state: &State, words: usize) -> *const u16 {
    let entry = state
        .origin
        .wrapping_add(state.pc.addr().wrapping_mul(SCALE))
        .wrapping_add(words.wrapping_mul(size_of::<Handler>()));
    // SAFETY: D2, D3.
    unsafe { *entry.cast::<*const u16>() }
}

/// See D2.
pub(in crate::raw) fn origin(map: *const MaybeUninit<Handler>, code: *const u16) -> *mut u8 {
    let map = map.cast_mut().cast::<u8>();
    map.wrapping_sub(code.addr().wrapping_mul(SCALE))
}

/// Entries of the start-up probe's map.
pub(in crate::raw) type Entry = MaybeUninit<Handler>;

/// The handler map of one code section.
#[derive(Debug)]
pub(crate) struct HandlerMap {
    /// Address of the code.
    code: usize,
    /// An entry for each of its words.
    entries: Buf<MaybeUninit<Handler>>,
}

impl HandlerMap {
    fn new(arena: &mut Arena<'_>, code: &[u16]) -> Result<Self, OutOfMemory> {
        let mut entries = Buf::unset(arena, code.len())?;
        fill(
            entries.as_mut_slice(),
            0,
            code.get(..PROLOGUE.len()).unwrap_or(code),
            false,
        );
        Ok(Self {
            code: code.as_ptr().addr(),
            entries,
        })
    }
}

impl InstData<'_> {
    /// First word of a defined function, or null if this instance has not verified it.
    fn first_word(&self, func: u32) -> *const u16 {
        let code = self.module.code().as_ptr();
        let entry = self.entry(func);
        entry.map_or(ptr::null(), |entry| code.wrapping_add(entry as usize))
    }
}

impl Store<'_> {
    /// Number of the map of this code, which is made if there is none, or [`NO_MAP`] where there is no room.
    pub(in crate::raw) fn map_of(&mut self, code: &[u16]) -> u32 {
        let mut maps = self.maps.as_slice().iter();
        let same =
            |map: &HandlerMap| (map.code, map.entries.len()) == (code.as_ptr().addr(), code.len());
        if let Some(number) = maps.position(same) {
            return number as u32;
        }
        if self.maps.reserve_for_push(&mut self.arena).is_err() {
            return NO_MAP;
        }
        let map = HandlerMap::new(&mut self.arena, code);
        let pushed = map.and_then(|map| self.maps.push(&mut self.arena, map));
        pushed.map_or(NO_MAP, |()| self.maps.len() as u32 - 1)
    }

    /// Notes the handlers of a function that has just been verified.
    pub(in crate::raw) fn map_func(&mut self, instance: u32, func: u32) {
        let Some(data) = self.instances.as_slice().get(instance as usize) else {
            return;
        };
        let Some(map) = self.maps.as_mut_slice().get_mut(data.map as usize) else {
            return;
        };
        let record = data.module.func(func);
        let from = record.code_word as usize;
        let words = from..from + record.words as usize;
        let code = data.module.code().get(words).unwrap_or_default();
        let memory = data.module.memory_type(0);
        let is_wide = memory.is_some_and(|memory| memory.is64);
        fill(map.entries.as_mut_slice(), from, code, is_wide);
        fill_callees(map.entries.as_mut_slice(), from, code, |func| {
            data.first_word(func)
        });
    }

    /// Notes where the direct call at word `call` of an instance's code has led: so it is an instruction of a verified function, and its callee has been verified.
    pub(crate) fn note_direct_callee(&mut self, instance: u32, call: u32) {
        let Some(data) = self.instances.as_slice().get(instance as usize) else {
            return;
        };
        let code = data.module.code().get(call as usize..);
        let call_here = code.and_then(|code| instructions_le(code).next());
        let callee = call_here.and_then(|(_, op, words)| direct_callee(op, words));
        let map = self.maps.as_mut_slice().get_mut(data.map as usize);
        if let (Some(callee), Some(map)) = (callee, map) {
            let callee = data.first_word(callee);
            note(map.entries.as_mut_slice(), call as usize + 1, callee);
        }
    }

    /// The word of the code that the map of an instance's code notes of a word (D3), if it notes one.
    #[cfg(test)]
    pub(crate) fn noted(&self, instance: u32, word: usize) -> Option<usize> {
        let data = self.instances.as_slice().get(instance as usize)?;
        let map = self.maps.as_slice().get(data.map as usize)?;
        let entry = map.entries.as_slice().get(word)?;
        // SAFETY: D3: the caller asks for calls and labels of verified functions.
        let place = unsafe { *entry.as_ptr().cast::<*const u16>() };
        let code = data.module.code().as_ptr();
        (!place.is_null()).then(|| (place.addr() - code.addr()) / size_of::<u16>())
    }

    /// Threads all instances directly from now on, as far as there is room for their maps.
    pub(crate) fn thread_directly(&mut self) {
        self.threading = Threading::Direct;
        for instance in 0..self.instances.len() {
            let Some(module) = self.instances.as_slice().get(instance).map(|it| it.module) else {
                return;
            };
            let map = self.map_of(module.code());
            if let Some(data) = self.instances.as_mut_slice().get_mut(instance) {
                data.map = map;
            }
            for func in 0..module.func_count() {
                let data = self.instances.as_slice().get(instance);
                if data.is_some_and(|data| data.entry(func).is_some()) {
                    self.map_func(instance as u32, func);
                }
            }
        }
    }

    /// See D2: null where the instance is not directly threaded.
    pub(in crate::raw) fn origin(&self, data: &InstData<'_>) -> *mut u8 {
        let map = self.maps.as_slice().get(data.map as usize);
        match map {
            Some(map) if self.threading == Threading::Direct => {
                origin(map.entries.as_ptr(), data.module.code().as_ptr())
            }
            Some(_) | None => ptr::null_mut(),
        }
    }
}

#[cfg(all(test, wrt_levels))]
mod tests {
    use super::*;

    #[test]
    fn vector_instructions_have_the_handlers_of_the_level() {
        let is = |opcode: u16, level, wanted: Handler| {
            ptr::fn_addr_eq(handler_of(opcode, level), wanted)
        };
        for (opcode, &handler) in (0..).zip(&TABLE) {
            assert!(is(opcode, Level::Base, handler), "{opcode}");
        }
        let [(_, ssse3), (_, avx2)] = DIRECT_SETS;
        assert!(!ssse3.is_empty() && avx2.len() > ssse3.len());
        for &(opcode, handler) in ssse3 {
            assert!(is(opcode, Level::Ssse3, handler), "{opcode}");
        }
        for &(opcode, handler) in avx2 {
            assert!(is(opcode, Level::Avx2, handler), "{opcode}");
            let has_less = ssse3.iter().any(|&(number, _)| number == opcode);
            let base = TABLE[usize::from(opcode)];
            assert!(has_less || is(opcode, Level::Ssse3, base), "{opcode}");
        }
    }
}
