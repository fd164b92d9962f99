//! Operands that are in an accumulator: what the instruction before has written.
//!
//! That is so for operands whose role says it ([`Role::Acc`](wrt_format::isa::Role::Acc)), and for one operand of a handler that is made for it: the map of directly
//! threaded handlers has such where the instruction before names the same slot (`tail/forward.rs`). Machines with few registers read the slot.
//!
//! Relied on: R1, R2, R8 (`state`), D4 (`tail/direct.rs`).

use wrt_format::isa::Place;

use super::state::State;

impl State {
    /// The slot that operand `at` names, if the handler takes that operand from an accumulator (D4).
    #[inline(always)]
    pub(super) fn accumulated(&self, at: Place) -> Option<u64> {
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        if self.forwarded != 0 && self.forwarded & 15 == at.byte {
            return Some(self.taken);
        }
        let _ = at;
        None
    }

    /// The slot itself that operand `at` names.
    #[cfg(any(wrt_tail4, feature = "checked"))]
    #[inline(always)]
    fn slot64(&self, at: Place) -> u64 {
        // SAFETY: R2.
        unsafe { *self.slot_address(at) }
    }

    /// The slot that operand `at` names, which the accumulator holds (R8).
    #[inline(always)]
    pub(crate) fn acc64(&self, at: Place) -> u64 {
        #[cfg(any(wrt_tail4, feature = "checked"))]
        let slot = self.slot64(at);
        #[cfg(wrt_tail4)]
        return slot;
        #[cfg(not(wrt_tail4))]
        {
            #[cfg(feature = "checked")]
            assert_eq!(self.acc, slot, "the accumulator holds the slot");
            let _ = at;
            self.acc
        }
    }

    /// Low half of the slot that operand `at` names, which the accumulator holds (R8).
    #[inline(always)]
    pub(crate) fn acc32(&self, at: Place) -> u32 {
        self.acc64(at) as u32
    }

    /// The slot that operand `at` names, which the f64 accumulator holds (R8).
    #[inline(always)]
    pub(crate) fn acc_f64(&self, at: Place) -> f64 {
        #[cfg(any(wrt_tail4, feature = "checked"))]
        let slot = f64::from_bits(self.slot64(at));
        #[cfg(wrt_tail4)]
        return slot;
        #[cfg(not(wrt_tail4))]
        {
            #[cfg(feature = "checked")]
            assert_eq!(
                self.facc64.to_bits(),
                slot.to_bits(),
                "the accumulator holds the slot"
            );
            let _ = at;
            self.facc64
        }
    }

    /// The slot that operand `at` names, which the f32 accumulator holds (R8).
    #[inline(always)]
    pub(crate) fn acc_f32(&self, at: Place) -> f32 {
        #[cfg(any(wrt_tail4, feature = "checked"))]
        let slot = f32::from_bits(self.slot64(at) as u32);
        #[cfg(wrt_tail4)]
        return slot;
        #[cfg(not(wrt_tail4))]
        {
            #[cfg(feature = "checked")]
            assert_eq!(
                self.facc32.to_bits(),
                slot.to_bits(),
                "the accumulator holds the slot"
            );
            let _ = at;
            self.facc32
        }
    }
}
