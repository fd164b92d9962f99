//! What an image for debugging says beside its code: where each step begins, where locals are, and a symbol file for debuggers.
//!
//! Input: the section DEBUG, which is optional. Output: [`struct@Debug`]. Nothing of it is verified, and the machine never reads it: every
//! access is checked, and what makes no sense is not found. A slot may be any number; whoever reads it checks it against the frame.
//!
//! Layout, little-endian: the numbers of steps, of defined functions and of homes, 32 bits each; the steps, a word of CODE and a byte
//! offset in the Wasm binary each, ascending by word; the numbers of the steps in the order of (offset, word); for each function the
//! number of its first home, and the number of homes once more; the homes, a slot and a value type each; the symbol file, to the end.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

pub mod map;
#[cfg(test)]
mod tests;

use super::types::ValType;
use super::view::ModuleView;

/// The section DEBUG of a module.
#[derive(Clone, Copy, Debug)]
pub struct Debug<'a> {
    /// Word and offset of each step.
    steps: &'a [[u8; 8]],
    by_offset: &'a [[u8; 4]],
    /// For each defined function the number of its first home, and where the last one ends.
    starts: &'a [[u8; 4]],
    /// Slot and type of each.
    homes: &'a [[u8; 8]],
    symbols: &'a [u8],
    imported_funcs: u32,
}

/// Where a debugger finds a local of a function: at each step of the function it holds the local's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Slot in the frame; a v128 takes the next one too, which has its high half.
    pub slot: u32,
    /// Type of the local.
    pub ty: ValType,
}

/// Takes so many elements of `N` bytes.
fn take<const N: usize>(bytes: &[u8], count: u32) -> Option<(&[[u8; N]], &[u8])> {
    let len = (count as usize).checked_mul(N)?;
    let (elements, rest) = bytes.split_at_checked(len)?;
    Some((elements.as_chunks().0, rest))
}

/// The two numbers of a step or home.
fn pair(bytes: [u8; 8]) -> (u32, u32) {
    let both = u64::from_le_bytes(bytes);
    (both as u32, (both >> 32) as u32)
}

impl<'a> ModuleView<'a> {
    /// What debuggers want to know, if the image was made for debugging.
    #[must_use]
    pub fn debug(&self) -> Option<Debug<'a>> {
        Debug::parse(self.parts.debug, self.imported_funcs())
    }
}

impl<'a> Debug<'a> {
    fn parse(section: &'a [u8], imported_funcs: u32) -> Option<Self> {
        let (counts, rest) = section.split_first_chunk::<12>()?;
        let (counts, _) = counts.as_chunks::<4>();
        let mut counts = counts.iter().map(|word| u32::from_le_bytes(*word));
        let (step_count, func_count, home_count) = (counts.next()?, counts.next()?, counts.next()?);
        let (steps, rest) = take(rest, step_count)?;
        let (by_offset, rest) = take(rest, step_count)?;
        let (starts, rest) = take(rest, func_count.checked_add(1)?)?;
        let (homes, symbols) = take(rest, home_count)?;
        Some(Self {
            steps,
            by_offset,
            starts,
            homes,
            symbols,
            imported_funcs,
        })
    }

    /// Number of steps.
    #[must_use]
    pub const fn step_count(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Step `i` in the order of the code: the word of CODE, counted from its start, at which the machine pauses before it, and the byte
    /// offset of its operator in the Wasm binary.
    #[must_use]
    pub fn step(&self, i: u32) -> Option<(u32, u32)> {
        self.steps.get(i as usize).map(|step| pair(*step))
    }

    /// The byte offset in the Wasm binary of the operator whose step begins at this word of CODE, counted from its start: where the machine
    /// is when it is paused before that operator.
    #[must_use]
    pub fn operator_at(&self, word: u32) -> Option<u32> {
        let before = self.steps.partition_point(|step| pair(*step).0 < word);
        let (at, offset) = pair(*self.steps.get(before)?);
        (at == word).then_some(offset)
    }

    /// The words of CODE, ascending, at which steps begin whose operator has this byte offset in the Wasm binary. Mostly there is one; an
    /// operator in code that can never be reached has none.
    pub fn words_of(&self, wasm_offset: u32) -> impl Iterator<Item = u32> + use<'a> {
        let debug = *self;
        let rows = (self.first_from(wasm_offset)..).map_while(move |i| debug.nth_by_offset(i));
        rows.take_while(move |&(_, offset)| offset == wasm_offset)
            .map(|(word, _)| word)
    }

    /// The first step at or behind this byte offset in the Wasm binary: its word of CODE, counted from its start.
    #[must_use]
    pub fn step_of(&self, wasm_offset: u32) -> Option<u32> {
        let (word, _) = self.nth_by_offset(self.first_from(wasm_offset))?;
        Some(word)
    }

    /// How many steps have a lower offset.
    fn first_from(&self, wasm_offset: u32) -> usize {
        let offset = |number: &[u8; 4]| {
            let step = self.step(u32::from_le_bytes(*number));
            step.map_or(u32::MAX, |(_, offset)| offset)
        };
        self.by_offset
            .partition_point(|number| offset(number) < wasm_offset)
    }

    /// Step `i` in the order of offsets.
    fn nth_by_offset(&self, i: usize) -> Option<(u32, u32)> {
        self.step(u32::from_le_bytes(*self.by_offset.get(i)?))
    }

    /// Where the locals of function `func` of the function index space are, parameters first, in their order. Nothing of a function that is
    /// imported, or whose locals are too many for homes.
    pub fn homes(&self, func: u32) -> impl Iterator<Item = Home> + use<'a> {
        self.homes_of(func).unwrap_or_default().iter().map(|home| {
            let (slot, ty) = pair(*home);
            Home {
                slot,
                ty: ValType::from_bytes(ty.to_le_bytes()),
            }
        })
    }

    fn homes_of(&self, func: u32) -> Option<&'a [[u8; 8]]> {
        let defined = func.checked_sub(self.imported_funcs)? as usize;
        let at = |i: usize| {
            self.starts
                .get(i)
                .map(|it| u32::from_le_bytes(*it) as usize)
        };
        self.homes.get(at(defined)?..at(defined.checked_add(1)?)?)
    }

    /// The symbol file: an ELF executable for the machine that [`map`] describes, if the image has one.
    #[must_use]
    pub fn symbols(&self) -> Option<&'a [u8]> {
        (!self.symbols.is_empty()).then_some(self.symbols)
    }
}
