//! What handlers of vector instructions do with the registers. Relies on the invariants of `state.rs`, and, for operands of two slots, on
//! - R9: both slots are below the frame size (verifier: pair rules), so R2 holds for both.
//! - R10: there are as many high halves of globals as globals, in the same order (store), so a cell's place is in both.

use wrt_format::isa::Place;
use wrt_format::simd::V128;

use super::state::State;

impl State {
    /// Address of the two slots that operand `at` names, as bytes.
    #[inline(always)]
    fn pair_address(&self, at: Place) -> *mut [u8; 16] {
        let address = self.slot_address(at);
        #[cfg(feature = "checked")]
        {
            let frame = self.frame_here();
            let slot = usize::from(self.half(at));
            assert!(slot + 1 < frame, "slots {slot} and the next of {frame}");
        }
        address.cast()
    }

    /// The v128 in the two slots that operand `at` names.
    #[inline(always)]
    pub(crate) fn get128(&self, at: Place) -> V128 {
        // SAFETY: R9. An array of bytes needs no alignment.
        V128::from_bytes(in_memory_order(unsafe { *self.pair_address(at) }))
    }

    /// Sets the two slots that operand `at` names.
    #[inline(always)]
    pub(crate) fn set128(&mut self, at: Place, value: V128) {
        // SAFETY: R9.
        unsafe { *self.pair_address(at) = in_memory_order(value.to_bytes()) }
    }

    /// As [`Self::set128`], where many operands have been read: this one is only looked at when `value` is there, so that the handler needs no
    /// register that it would have to save.
    #[inline(always)]
    pub(crate) fn set128_late(&mut self, at: Place, value: V128) {
        self.set_apart();
        self.set128(at, value);
    }

    /// As [`Self::get128`], with the operand only looked at now, for the same reason.
    #[inline(always)]
    pub(crate) fn get128_late(&self, at: Place) -> V128 {
        self.set_apart();
        self.get128(at)
    }

    /// What comes after it reads operands after what comes before it.
    #[inline(always)]
    pub(crate) fn set_apart(&self) {
        #[cfg(all(target_arch = "x86_64", not(feature = "checked")))]
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!("", options(nostack, preserves_flags));
        }
    }

    /// The cell of the high half of the global whose other cell this is.
    #[inline(always)]
    fn high_cell(&self, low: *mut u64) -> *mut u64 {
        let ctx = self.context();
        // SAFETY: R10: both are cells of the store's globals.
        let place = unsafe { low.offset_from(ctx.globals) };
        // SAFETY: R10.
        unsafe { ctx.globals_high.offset(place) }
    }

    #[inline(always)]
    fn read_global(&self, low: *mut u64) -> V128 {
        let high = self.high_cell(low);
        // SAFETY: R6.
        let low = unsafe { *low };
        // SAFETY: R10.
        V128::from_u64x2([low, unsafe { *high }])
    }

    #[inline(always)]
    fn write_global(&mut self, low: *mut u64, value: V128) {
        let high = self.high_cell(low);
        let halves = value.to_u64x2();
        // SAFETY: R6.
        unsafe { *low = halves[0] };
        // SAFETY: R10.
        unsafe { *high = halves[1] };
    }

    /// Value of defined global `index`, a v128.
    #[inline(always)]
    pub(crate) fn global128(&self, index: u32) -> V128 {
        self.read_global(self.defined_global(index))
    }

    /// Sets defined global `index`, a v128.
    #[inline(always)]
    pub(crate) fn set_global128(&mut self, index: u32, value: V128) {
        self.write_global(self.defined_global(index), value);
    }

    /// Value of imported global `index`, a v128.
    #[inline(always)]
    pub(crate) fn global_import128(&self, index: u32) -> V128 {
        self.read_global(self.imported_global(index))
    }

    /// Sets imported global `index`, a v128.
    #[inline(always)]
    pub(crate) fn set_global_import128(&mut self, index: u32, value: V128) {
        self.write_global(self.imported_global(index), value);
    }
}

/// Bytes of two slots, each in the order of the machine, as bytes in the order of Wasm's memory, and back.
#[inline(always)]
fn in_memory_order(bytes: [u8; 16]) -> [u8; 16] {
    if cfg!(target_endian = "little") {
        return bytes;
    }
    // On integers: functions of slices may stay calls, which no handler survives.
    let swapped = u128::from_ne_bytes(bytes).swap_bytes();
    swapped.rotate_left(64).to_ne_bytes()
}
