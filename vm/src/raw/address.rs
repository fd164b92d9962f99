//! Addresses in memory 0 as operands give them: the low half of a slot, or all of it where the memory has 64-bit addresses.
//!
//! Which of both it is does not change while an instance runs, so handlers of the tail-threaded core are compiled for each (`tail/wide.rs`) and do
//! not ask. The loop core asks. Builds without the feature `memory64` have no memories of 64-bit addresses.
//!
//! Nothing unsafe relies on the width: whatever an address is, it is compared with where the memory ends (R4).

use wrt_format::isa::Place;

use super::state::State;

impl State {
    /// Whether memory 0 of the running instance has 64-bit addresses.
    #[inline(always)]
    pub(super) fn is_wide(&self) -> bool {
        #[cfg(feature = "memory64")]
        return self.is_wide;
        #[cfg(not(feature = "memory64"))]
        false
    }

    /// The address in the slot that operand `at` names.
    #[inline(always)]
    pub(crate) fn address(&self, at: Place) -> u64 {
        if self.is_wide() {
            self.get64(at)
        } else {
            self.get32(at).into()
        }
    }

    /// The address in the slot that operand `at` names, which the accumulator holds (R8).
    #[inline(always)]
    pub(crate) fn acc_address(&self, at: Place) -> u64 {
        if self.is_wide() {
            self.acc64(at)
        } else {
            self.acc32(at).into()
        }
    }

    /// What is left of a sum of addresses and signed numbers in the width of addresses.
    #[inline(always)]
    pub(crate) fn wrap(&self, sum: u64) -> u64 {
        if self.is_wide() {
            sum
        } else {
            (sum as u32).into()
        }
    }

    /// `index << shift` in the width of addresses; the shift counts modulo that width.
    #[inline(always)]
    pub(crate) fn scale(&self, index: u64, shift: Place) -> u64 {
        let shift = u32::from(self.half(shift));
        if self.is_wide() {
            index.wrapping_shl(shift)
        } else {
            (index as u32).wrapping_shl(shift).into()
        }
    }

    /// `offset`, below 2^32, behind an address. A sum that is no address is the greatest number, where no memory is.
    #[inline(always)]
    pub(crate) fn beyond(&self, address: u64, offset: u64) -> u64 {
        if !self.is_wide() {
            return address + offset;
        }
        match address.checked_add(offset) {
            Some(sum) => sum,
            None => {
                // Nothing waits for this but what is out of bounds: without it, all accesses would wait for a conditional move.
                super::keep_apart();
                u64::MAX
            }
        }
    }
}
