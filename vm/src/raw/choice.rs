//! One of two slots: `select`, and comparisons with it.
//!
//! Left to itself the compiler chooses between the places of both, and reads what is chosen: then all that needs the result waits for the
//! condition, for a byte of the instruction and for the slot, one after the other. Here both slots are read whatever is chosen, but for one
//! that is in an accumulator, and what waits for the condition is one instruction. The numbers of both are one read in return.
//!
//! Relied on: R1, R2 (`state`).

use wrt_format::isa::Place;

use super::state::State;

impl State {
    /// Sets the slot that operand `dst` names, and the accumulator, to what slot `a` holds if `is_first` says so, and otherwise to what slot
    /// `b` holds. `b` lies behind `a`, and is as wide.
    #[inline(always)]
    pub(crate) fn choose(
        &mut self,
        dst: Place,
        [a, b]: [Place; 2],
        is_first: impl FnOnce(&Self) -> bool,
    ) {
        let slots = self.both(a, b);
        let (a, b) = (
            self.read_at_once(a, slots[0]),
            self.read_at_once(b, slots[1]),
        );
        let value = if is_first(self) { a } else { b };
        self.set64(dst, value);
    }

    /// The slot of this number, which operand `at` names.
    #[inline(always)]
    fn read_at_once(&self, at: Place, slot: usize) -> u64 {
        if let Some(value) = self.accumulated(at) {
            // SAFETY: no instruction.
            return unsafe { opaque!(value) };
        }
        // SAFETY: R2.
        unsafe { opaque!(*self.address_of(slot)) }
    }

    /// The slots that two operands name, of which the second lies behind the first, both of 8 bits or of 16, and no part of the opcode.
    #[inline(always)]
    fn both(&self, first: Place, second: Place) -> [usize; 2] {
        let (bits, width) = (first.bits, first.bits / 8);
        debug_assert_eq!((second.byte, second.bits), (first.byte + width, bits));
        let from = self.pc.cast::<u8>().wrapping_add(usize::from(first.byte));
        // SAFETY: R1, and the bytes lie in the stream as the format says.
        let numbers = unsafe {
            if bits == 8 {
                u16::from_le(from.cast::<u16>().read_unaligned()).into()
            } else {
                u32::from_le(from.cast::<u32>().read_unaligned())
            }
        };
        let second = numbers >> bits;
        [numbers as usize & ((1 << bits) - 1), second as usize]
    }
}
