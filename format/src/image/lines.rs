//! The numbers of LINES: how far on the Wasm byte offset is from one place at which the machine may stop to the next.
//!
//! How far that is depends on what is in between, so each number is a symbol of a prefix code that is chosen by what the place is and how
//! many instructions come before it. The codes are those of [`LENGTHS`], worked out from real programs in C and Rust; canonical (RFC 1951,
//! 3.2.2), so that the lengths say all. Nothing here is verified: what makes no sense is not found.

use crate::isa::{Control, Op, OpInfo};

/// Symbols of each code: 0 to 22 are the number, 23 says that it follows by itself.
const SYMBOLS: usize = 24;
/// The symbol behind which the number follows.
const ESCAPE: u32 = SYMBOLS as u32 - 1;

/// For each [`Context`], the bits of each symbol of its code, two to a byte, the low half first.
#[rustfmt::skip]
const LENGTHS: [[u8; SYMBOLS / 2]; 32] = [
    [0xcc, 0x13, 0xb7, 0x52, 0xbb, 0x6b, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0x4b],
    [0x93, 0x89, 0x65, 0x54, 0x54, 0x44, 0x44, 0x54, 0x55, 0x55, 0x66, 0x37],
    [0x63, 0x88, 0x67, 0x54, 0x55, 0x55, 0x55, 0x55, 0x45, 0x55, 0x55, 0x26],
    [0xb3, 0xab, 0x89, 0x66, 0x67, 0x66, 0x56, 0x56, 0x56, 0x55, 0x65, 0x15],
    [0xa5, 0x7a, 0x96, 0x65, 0x43, 0x44, 0x44, 0x54, 0x55, 0x66, 0x77, 0x28],
    [0x93, 0x89, 0x65, 0x54, 0x54, 0x44, 0x44, 0x54, 0x55, 0x55, 0x66, 0x37],
    [0x63, 0x88, 0x67, 0x54, 0x55, 0x55, 0x55, 0x55, 0x45, 0x55, 0x55, 0x26],
    [0xb3, 0xab, 0x89, 0x66, 0x67, 0x66, 0x56, 0x56, 0x56, 0x55, 0x65, 0x15],
    [0xff, 0x17, 0x24, 0x54, 0x65, 0x76, 0x97, 0xaa, 0xba, 0xbb, 0xce, 0xad],
    [0x51, 0x48, 0x47, 0x45, 0x55, 0x54, 0x66, 0x76, 0x87, 0x87, 0xaa, 0xaa],
    [0x52, 0x48, 0x47, 0x54, 0x56, 0x54, 0x44, 0x44, 0x65, 0x76, 0x77, 0x78],
    [0x62, 0x57, 0x57, 0x56, 0x56, 0x56, 0x55, 0x55, 0x55, 0x54, 0x54, 0x36],
    [0xba, 0x99, 0x46, 0x43, 0x34, 0x54, 0x54, 0x65, 0x65, 0xb8, 0x99, 0x29],
    [0x79, 0x88, 0x64, 0x55, 0x44, 0x44, 0x44, 0x52, 0x66, 0x86, 0x88, 0x39],
    [0x99, 0x46, 0x43, 0x53, 0x54, 0x65, 0x66, 0x66, 0x55, 0x66, 0x87, 0x26],
    [0xaa, 0x48, 0x76, 0x76, 0x77, 0x66, 0x75, 0x56, 0x46, 0x75, 0x37, 0x19],
    [0xed, 0x5e, 0x26, 0x24, 0x43, 0x54, 0x55, 0x67, 0x78, 0xaa, 0xba, 0x7c],
    [0x63, 0x46, 0x35, 0x45, 0x54, 0x54, 0x53, 0x55, 0x66, 0x67, 0x98, 0x49],
    [0x85, 0x58, 0x44, 0x55, 0x45, 0x44, 0x34, 0x45, 0x55, 0x55, 0x75, 0x46],
    [0x96, 0x98, 0x67, 0x66, 0x56, 0x36, 0x45, 0x45, 0x55, 0x45, 0x44, 0x26],
    [0xc8, 0xbc, 0x6a, 0x43, 0x42, 0x43, 0x54, 0x55, 0x75, 0x87, 0x96, 0x48],
    [0xaa, 0x89, 0x73, 0x55, 0x44, 0x43, 0x44, 0x54, 0x55, 0x65, 0x76, 0x37],
    [0xa9, 0x8a, 0x43, 0x54, 0x54, 0x55, 0x55, 0x55, 0x54, 0x65, 0x67, 0x26],
    [0xa8, 0x9a, 0x66, 0x56, 0x66, 0x57, 0x66, 0x55, 0x54, 0x55, 0x55, 0x15],
    [0x9b, 0x37, 0x54, 0x15, 0x53, 0x65, 0x77, 0x87, 0x89, 0xcb, 0xbd, 0x9d],
    [0x34, 0x4a, 0x56, 0x55, 0x52, 0x43, 0x54, 0x66, 0x76, 0x88, 0xa8, 0x79],
    [0x54, 0x68, 0x56, 0x55, 0x25, 0x45, 0x55, 0x44, 0x55, 0x45, 0x86, 0x57],
    [0x68, 0x67, 0x66, 0x68, 0x77, 0x65, 0x35, 0x44, 0x54, 0x55, 0x45, 0x24],
    [0xdd, 0x9c, 0x98, 0x76, 0x32, 0x43, 0x54, 0x75, 0x77, 0xb8, 0xaa, 0x2a],
    [0x95, 0xbb, 0x7a, 0x64, 0x55, 0x43, 0x43, 0x45, 0x65, 0x66, 0x87, 0x27],
    [0xa5, 0x9a, 0x78, 0x43, 0x65, 0x44, 0x45, 0x55, 0x55, 0x55, 0x66, 0x25],
    [0xb7, 0x7b, 0x7a, 0x56, 0x89, 0x66, 0x56, 0x45, 0x55, 0x45, 0x55, 0x15],
];

/// What the code of a number is chosen by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context(u8);

impl Context {
    /// Of a place at `info`, directly behind the beginning of a block or not, after so many instructions at which the machine cannot stop.
    pub(super) const fn new(info: &OpInfo, begins: bool, between: u32) -> Self {
        let class = match info.control {
            Control::Enter | Control::Fuel | Control::Trap => 0,
            Control::Call | Control::TailCall | Control::Throw => 1,
            Control::Next
            | Control::Branch
            | Control::CondBranch
            | Control::Table
            | Control::Return
            | Control::Stub => 2 + !defines(info) as u8,
        };
        let between = if between < 3 { between as u8 } else { 3 };
        Self(class << 3 | (begins as u8) << 2 | between)
    }

    /// Bits of each symbol.
    fn lengths(self) -> impl Iterator<Item = u32> + Clone {
        let row = LENGTHS.get(usize::from(self.0)).copied();
        let halves = row.unwrap_or_default().into_iter();
        halves.flat_map(|both| [u32::from(both & 15), u32::from(both >> 4)])
    }
}

/// Whether an instruction gives a value.
const fn defines(info: &OpInfo) -> bool {
    let mut fields = info.fields;
    while let [field, rest @ ..] = fields {
        if field.role.is_def() {
            return true;
        }
        fields = rest;
    }
    false
}

/// A place at which the machine may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StopAt {
    /// The word of the beginning of a block that it follows directly, which has the same number.
    pub(super) block: Option<u32>,
    /// Its word.
    pub(super) at: u32,
    /// How its number is said.
    pub(super) context: Context,
}

/// The instructions that have a number in LINES, in order. Nothing is known behind what is no instruction.
pub(super) fn stops<'c>(
    code: impl Iterator<Item = (usize, Option<Op>, &'c [u16])>,
) -> impl Iterator<Item = StopAt> {
    let mut block = None;
    let mut between = 0_u32;
    let code = code.map_while(|(at, op, _)| Some((at as u32, op?.info())));
    let end = (0, Op::Halt.info());
    code.chain([end]).flat_map(move |(at, info)| {
        let begins = matches!(info.control, Control::Enter | Control::Fuel);
        let stops = info.stops && !begins;
        let before = block.take();
        let counted = between;
        let found = match before {
            Some((start, context)) if !stops => Some(StopAt {
                block: None,
                at: start,
                context,
            }),
            Some((start, _)) => Some(StopAt {
                block: Some(start),
                at,
                context: Context::new(info, true, counted),
            }),
            None if stops => Some(StopAt {
                block: None,
                at,
                context: Context::new(info, false, counted),
            }),
            None => None,
        };
        if begins {
            // What comes before the block counts for what follows the block directly.
            between = if before.is_some() { 0 } else { counted };
            block = Some((at, Context::new(info, true, between)));
        } else if stops {
            between = 0;
        } else if before.is_some() {
            between = 1;
        } else {
            between = counted.saturating_add(1);
        }
        found
    })
}

/// The numbers of one function.
pub(super) struct Numbers<'a> {
    bytes: &'a [u8],
    /// Bits of the first byte that have been taken.
    taken: u32,
}

impl<'a> Numbers<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        let (&first, rest) = self.bytes.split_first()?;
        let bit = first.checked_shr(self.taken)? & 1;
        self.taken = self.taken.saturating_add(1);
        if self.taken == 8 {
            (self.bytes, self.taken) = (rest, 0);
        }
        Some(bit.into())
    }

    /// The next number, modulo 2^32.
    pub(super) fn next(&mut self, context: Context) -> Option<u32> {
        match self.symbol(context)? {
            ESCAPE => self.number(),
            small => Some(small),
        }
    }

    /// Walks down the canonical code: symbols of one length follow one another, after twice what those of the lengths before leave.
    fn symbol(&mut self, context: Context) -> Option<u32> {
        let (mut code, mut first) = (0_u32, 0_u32);
        for length in 1..16 {
            code = code.checked_shl(1)? | self.bit()?;
            first = first.checked_shl(1)?;
            let mut left = code.checked_sub(first)?;
            for (symbol, _) in (0..)
                .zip(context.lengths())
                .filter(|&(_, own)| own == length)
            {
                if left == 0 {
                    return Some(symbol);
                }
                left = left.saturating_sub(1);
                first = first.saturating_add(1);
            }
        }
        None
    }

    /// A number by itself: groups of four bits, the lowest first, three of them a digit and the fourth 1 if another follows. The lowest bit of
    /// all says that what the others say is to be taken from 0, less 1.
    fn number(&mut self) -> Option<u32> {
        let mut value = 0_u64;
        for shift in (0..36).step_by(3) {
            for bit in 0..3_u32 {
                let bit_value = u64::from(self.bit()?);
                value |= bit_value.checked_shl(bit.saturating_add(shift))?;
            }
            if self.bit()? == 0 {
                break;
            }
        }
        let half = (value >> 1) as u32;
        Some(if value & 1 == 0 { half } else { !half })
    }
}

/// Puts numbers together.
#[cfg(any(feature = "write", test))]
#[derive(Default)]
pub(super) struct NumberWriter {
    bytes: alloc::vec::Vec<u8>,
    bits: usize,
}

#[cfg(any(feature = "write", test))]
impl NumberWriter {
    fn bit(&mut self, bit: bool) {
        if self.bits.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.bits % 8);
        }
        self.bits += 1;
    }

    /// Puts a number, modulo 2^32.
    pub(super) fn put(&mut self, context: Context, number: u32) {
        let symbol = number.min(ESCAPE);
        let (mut code, mut length) = (0_u32, 0_u32);
        let own = context.lengths().nth(symbol as usize).unwrap_or(0);
        while length < own {
            length += 1;
            code <<= 1;
            let shorter = context.lengths().enumerate();
            let before = shorter.filter(|&(other, bits)| {
                bits == length && (length < own || other < symbol as usize)
            });
            code += before.count() as u32;
        }
        for i in (0..own).rev() {
            self.bit(code >> i & 1 == 1);
        }
        if symbol == ESCAPE {
            self.put_number(number);
        }
    }

    fn put_number(&mut self, number: u32) {
        let signed = i64::from(number as i32);
        let mut value = if signed < 0 {
            (!signed) << 1 | 1
        } else {
            signed << 1
        };
        loop {
            for bit in 0..3 {
                self.bit(value >> bit & 1 == 1);
            }
            value >>= 3;
            self.bit(value != 0);
            if value == 0 {
                break;
            }
        }
    }

    /// The bytes.
    pub(super) fn finish(self) -> alloc::vec::Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Every code is complete: its symbols use up all sequences of bits, and none is longer than 15.
    #[test]
    fn codes_are_complete() {
        for i in 0..32 {
            let lengths: Vec<u32> = Context(i).lengths().collect();
            assert_eq!(lengths.len(), SYMBOLS);
            let used: u32 = lengths.iter().map(|&bits| 1 << (15 - bits)).sum();
            assert!(lengths.iter().all(|&bits| bits > 0));
            assert_eq!(used, 1 << 15, "{i}");
        }
    }

    #[test]
    fn numbers_survive_in_every_context() {
        let near = (0..40).chain((1..40).map(u32::wrapping_neg));
        let far =
            (5..32).flat_map(|bit| [1 << bit, (1_u32 << bit) - 1, (1_u32 << bit).wrapping_neg()]);
        let all: Vec<u32> = near.chain(far).collect();
        for i in 0..32 {
            let mut out = NumberWriter::default();
            for &number in &all {
                out.put(Context(i), number);
            }
            let bytes = out.finish();
            let mut numbers = Numbers::new(&bytes);
            for &number in &all {
                assert_eq!(numbers.next(Context(i)), Some(number), "{i}");
            }
            // Then at most the bits that fill the last byte.
            let rest = core::iter::from_fn(|| numbers.next(Context(i)));
            assert!(rest.take(8).count() < 8);
        }
    }

    /// A code says what its context makes likely in few bits: two for a call right behind the beginning of a block.
    #[test]
    fn contexts_tell_places_apart() {
        let of = |op: Op, begins, between| Context::new(op.info(), begins, between).0;
        assert_eq!(of(Op::Fuel, true, 0), 4);
        assert_eq!(of(Op::Trap, false, 9), 3);
        assert_eq!(of(Op::CallTiny, true, 1), 13);
        assert_eq!(of(Op::Load32, false, 2), 18);
        assert_eq!(of(Op::Store32, true, 3), 31);
    }
}
