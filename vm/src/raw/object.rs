//! What handlers do with structs and arrays. Relies on the invariants of `state.rs`, on T1 of `types.rs`, and on
//! - H1: every entry of the heap's table that is not free says where an object is: its header and its payload are in the arena, and the
//!   payload is as large as the engine's type of its number says (heap). The context's pointers are those of the heap, reloaded after
//!   every slow path, which alone can move objects (C1).
//! - H2: the number that a type operand stands for is one of a type of the kind that the operand's role names, a field operand is in
//!   structs of that type, and elements have the width of the instruction (verifier: type and field rules; types are the same in the
//!   engine as in the module). A type below another begins with the same fields and has the same elements (verifier: supertype rule).

use wrt_format::isa::{Place, ref_kind};
use wrt_format::trap::Trap;

use super::control::debit;
use super::state::State;
use crate::exec::machine::BYTES_PER_FUEL;
use crate::heap::{HEADER, I31_TAG, Kind, TAG, WIDTH_SHIFT};

/// What structs of the type of this number are.
const fn struct_of(number: u32) -> u32 {
    (Kind::Struct as u32) << 30 | number
}

/// What arrays of the type of this number, with elements of `1 << width` bytes, are.
const fn array_of(number: u32, width: u32) -> u32 {
    (Kind::Array as u32) << 30 | width << WIDTH_SHIFT | number
}

/// The number of the type of an object.
const fn number_of(what: u32) -> u32 {
    what & ((1 << WIDTH_SHIFT) - 1)
}

/// Bytes of the largest array that is allocated without a slow path.
const AT_HAND: u64 = 1 << 16;

impl State {
    /// A new object that is `what`, whose payload of so many bytes is zero, paid for; none where that takes more than an addition, and nothing
    /// has changed then.
    #[inline(always)]
    fn new_object(&mut self, what: u32, payload: u32) -> Option<u64> {
        let left = self.fuel() - debit(payload / BYTES_PER_FUEL as u32);
        if left < 0 {
            return None;
        }
        // SAFETY: C1: the run has the store alone, and no reference into it is alive while handlers run.
        let heap = unsafe { &mut *self.context().heap() };
        let slot = heap.allocate_at_hand(what, payload)?;
        let count = heap.handle_count();
        self.set_fuel(left);
        // SAFETY: C1.
        unsafe { (*self.ctx).handle_count = count };
        Some(slot)
    }

    /// A new struct of the type that operand `ty` names, see [`Self::new_object`].
    #[inline(always)]
    pub(crate) fn new_struct(&mut self, ty: Place) -> Option<u64> {
        let number = self.type_number(ty);
        // SAFETY: H2.
        let rec = unsafe { &*self.context().types.add(number as usize) };
        self.new_object(rec.what, u32::from(rec.results) * 8)
    }

    /// A new array of the type that operand `ty` names, of as many elements as the slot of operand `len` says, see [`Self::new_object`].
    #[inline(always)]
    pub(crate) fn new_array(&mut self, len: Place, ty: Place) -> Option<u64> {
        let number = self.type_number(ty);
        // SAFETY: H2.
        let rec = unsafe { &*self.context().types.add(number as usize) };
        let bytes = u64::from(self.get32(len)) << (rec.what >> WIDTH_SHIFT & 7);
        if bytes > AT_HAND {
            return None;
        }
        self.new_object(rec.what, bytes as u32)
    }

    /// Engine-wide number of the type that operand `at` names.
    #[inline(always)]
    fn type_number(&self, at: Place) -> u32 {
        // SAFETY: R6, S1: there is a number for each type of the module.
        unsafe { *self.context().type_map.add(self.imm_u32(at) as usize) }
    }

    /// Whether an object that is `what` is also what `wanted` says: of the same kind, and of the type or one below it.
    #[inline(always)]
    fn is_below(&self, what: u32, wanted: u32) -> bool {
        if what == wanted {
            return true;
        }
        if (what ^ wanted) >> WIDTH_SHIFT != 0 {
            return false;
        }
        let ctx = self.context();
        // SAFETY: H1: the object's kind is that of `wanted`, which has a type, so its number is one of a type.
        let own = unsafe { &*ctx.types.add(number_of(what) as usize) };
        // SAFETY: H2.
        let above = unsafe { &*ctx.types.add(number_of(wanted) as usize) };
        if above.depth > own.depth {
            return false;
        }
        // SAFETY: T1: the row has `own.depth + 1` numbers.
        let at = unsafe { *ctx.displays.add((own.display + above.depth) as usize) };
        at == number_of(wanted)
    }

    /// What a slot refers to, and where its payload is; none if it is no reference to an object.
    #[inline(always)]
    fn object(&self, slot: u64) -> Option<(u32, *mut u8)> {
        let ctx = self.context();
        let handle = slot as u32;
        if (slot >> 32) as u32 != TAG || handle >= ctx.handle_count {
            return None;
        }
        // SAFETY: the handle is in the table.
        let [place, what] = unsafe { *ctx.handles.add(handle as usize) };
        if what == 0 {
            return None;
        }
        // SAFETY: H1.
        Some((what, unsafe { ctx.room.add(place as usize * 8 + HEADER) }))
    }

    /// Address of `N` bytes at the place that operand `offset` names in the struct that the slot of operand `src` refers to, which is of
    /// the type of operand `ty` or of one below.
    #[inline(always)]
    fn field<const N: usize>(
        &self,
        src: Place,
        ty: Place,
        offset: Place,
    ) -> Result<*mut [u8; N], Trap> {
        let slot = self.get64(src);
        let Some((what, payload)) = self.object(slot) else {
            return Err(missing(slot, Trap::NullStructureReference));
        };
        if !self.is_below(what, struct_of(self.type_number(ty))) {
            return Err(Trap::InvalidReference);
        }
        let offset = usize::from(self.half(offset));
        #[cfg(feature = "checked")]
        // SAFETY: H1.
        assert!(offset + N <= unsafe { bytes_of(payload) } as usize);
        // SAFETY: H1, H2.
        Ok(unsafe { payload.add(offset) }.cast())
    }

    /// `N` bytes of a field, see [`Self::field`].
    #[inline(always)]
    pub(crate) fn get_field<const N: usize>(
        &self,
        src: Place,
        ty: Place,
        offset: Place,
    ) -> Result<[u8; N], Trap> {
        // SAFETY: in the object. An array of bytes needs no alignment.
        (self.field::<N>(src, ty, offset)).map(|at| unsafe { *at })
    }

    /// Writes `N` bytes of a field, see [`Self::field`].
    #[inline(always)]
    pub(crate) fn set_field<const N: usize>(
        &mut self,
        src: Place,
        ty: Place,
        offset: Place,
        bytes: [u8; N],
    ) -> Result<(), Trap> {
        let at = self.field::<N>(src, ty, offset)?;
        // SAFETY: in the object.
        unsafe { *at = bytes };
        Ok(())
    }

    /// Address of the element, of `N` bytes, of the index in the slot of operand `index`, in the array that the slot of operand `src`
    /// refers to, which is of the type of operand `ty` or of one below. `N` is 1, 2, 4, 8 or 16.
    #[inline(always)]
    fn array_element<const N: usize>(
        &self,
        src: Place,
        index: Place,
        ty: Place,
    ) -> Result<*mut [u8; N], Trap> {
        let slot = self.get64(src);
        let Some((what, payload)) = self.object(slot) else {
            return Err(missing(slot, Trap::NullArrayReference));
        };
        let width = const { N.trailing_zeros() };
        if !self.is_below(what, array_of(self.type_number(ty), width)) {
            return Err(Trap::InvalidReference);
        }
        // SAFETY: H1.
        let len = u64::from(unsafe { bytes_of(payload) });
        let at = u64::from(self.get32(index)) * N as u64;
        if at >= len {
            return Err(Trap::ArrayOutOfBounds);
        }
        // SAFETY: H1: the payload is a number of whole elements.
        Ok(unsafe { payload.add(at as usize) }.cast())
    }

    /// An element of `N` bytes, see [`Self::array_element`].
    #[inline(always)]
    pub(crate) fn get_element<const N: usize>(
        &self,
        src: Place,
        index: Place,
        ty: Place,
    ) -> Result<[u8; N], Trap> {
        // SAFETY: in the object. An array of bytes needs no alignment.
        (self.array_element::<N>(src, index, ty)).map(|at| unsafe { *at })
    }

    /// Writes an element of `N` bytes, see [`Self::array_element`].
    #[inline(always)]
    pub(crate) fn set_element<const N: usize>(
        &mut self,
        src: Place,
        index: Place,
        ty: Place,
        bytes: [u8; N],
    ) -> Result<(), Trap> {
        let at = self.array_element::<N>(src, index, ty)?;
        // SAFETY: in the object.
        unsafe { *at = bytes };
        Ok(())
    }

    /// Number of elements of the array that a slot refers to.
    #[inline(always)]
    pub(crate) fn array_len(&self, slot: u64) -> Result<u32, Trap> {
        match self.object(slot) {
            Some((what, payload)) if what >> 30 == Kind::Array as u32 => {
                // SAFETY: H1.
                Ok(unsafe { bytes_of(payload) } >> (what >> WIDTH_SHIFT & 7))
            }
            Some(_) => Err(Trap::InvalidReference),
            None => Err(missing(slot, Trap::NullArrayReference)),
        }
    }

    /// Whether a slot refers to something of the type that operand `at` names, of structs or arrays, or of one below.
    #[inline(always)]
    pub(crate) fn is_of_type(&self, slot: u64, at: Place) -> bool {
        let number = self.type_number(at);
        // SAFETY: H2.
        let wanted = unsafe { (*self.context().types.add(number as usize)).what };
        match self.object(slot) {
            Some((what, _)) => self.is_below(what, wanted),
            None => false,
        }
    }

    /// Whether a slot refers to something of these kinds, of [`ref_kind`].
    #[inline(always)]
    pub(crate) fn is_of_kinds(&self, slot: u64, kinds: u16) -> bool {
        let kind = if slot == 0 {
            ref_kind::NULL
        } else if (slot >> 32) as u32 == I31_TAG {
            ref_kind::I31
        } else {
            match self.object(slot) {
                Some((what, _)) if what >> 30 == Kind::Struct as u32 => ref_kind::STRUCT,
                Some((what, _)) if what >> 30 == Kind::Array as u32 => ref_kind::ARRAY,
                _ => ref_kind::OTHER,
            }
        };
        kind & kinds != 0
    }
}

/// The trap for a slot that refers to no object.
#[inline(always)]
fn missing(slot: u64, null: Trap) -> Trap {
    if slot == 0 {
        null
    } else {
        Trap::InvalidReference
    }
}

/// Bytes of the payload at `payload`.
///
/// # Safety
/// It is the payload of an object (H1).
#[inline(always)]
unsafe fn bytes_of(payload: *mut u8) -> u32 {
    // SAFETY: the caller's promise: the word before says so.
    let bytes = unsafe { *payload.sub(4).cast::<[u8; 4]>() };
    u32::from_le_bytes(bytes)
}
