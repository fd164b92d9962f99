//! Arrays as a whole: new ones, and fill, copy, initialisation. The latter work like those on memories, by 64 bytes for each unit of fuel,
//! see `bulk.rs`; a new array is paid for in one piece.

use wrt_format::image::ElemItems;
use wrt_format::isa::{Place, field};
use wrt_format::trap::Trap;

use super::bulk::check;
use crate::exec::consts;
use crate::exec::machine::{Flow, Machine, Step};
use crate::heap::What;
use crate::raw::state::Ctl;
use crate::raw::store::NULL;

handlers! {
    fn array_new(s, at) {
        match s.new_array(at::len, at::type_idx) {
            Some(slot) => {
                s.set64(at::dst, slot);
                Ctl::Next
            }
            None => Ctl::Slow(|m| slow_new(m).unwrap_or_else(|out| out)),
        }
    }
    fn array_new_data(_s, at) {
        Ctl::Slow(|m| slow_new_data(m).unwrap_or_else(|out| out))
    }
    fn array_new_elem(_s, at) {
        Ctl::Slow(|m| slow_new_elem(m).unwrap_or_else(|out| out))
    }
    fn array_fill(_s, at) {
        Ctl::Slow(|m| slow_fill(m).unwrap_or_else(|out| out))
    }
    fn array_fill128(_s, at) {
        Ctl::Slow(|m| slow_fill128(m).unwrap_or_else(|out| out))
    }
    fn array_copy(_s, at) {
        Ctl::Slow(|m| slow_copy(m).unwrap_or_else(|out| out))
    }
    fn array_init_data(_s, at) {
        Ctl::Slow(|m| slow_init_data(m).unwrap_or_else(|out| out))
    }
    fn array_init_elem(_s, at) {
        Ctl::Slow(|m| slow_init_elem(m).unwrap_or_else(|out| out))
    }
}

/// Bytes that one unit of fuel covers.
const BYTES_PER_FUEL: u64 = 64;

/// The bytes of data segment `segment`, of which a dropped one has none.
fn data_of<'m>(m: &Machine<'_, 'm>, segment: u32) -> &'m [u8] {
    let data = m.data();
    match data.module().data(segment) {
        Some(view) if !data.data_dropped(segment) => view.bytes,
        _ => &[],
    }
}

/// The items of element segment `segment`, of which a dropped one has none.
fn items_of<'m>(m: &Machine<'_, 'm>, segment: u32) -> ElemItems<'m> {
    let data = m.data();
    let elem = data.module().elem(segment);
    let elem = elem.filter(|_| !data.elem_dropped(segment));
    elem.map_or(ElemItems::Funcs(&[]), |elem| elem.items)
}

/// What arrays of the type that operand `at` names are, and log2 of the bytes of their elements.
fn type_of(m: &Machine<'_, '_>, at: Place) -> Step<(What, u32)> {
    let number = m.data().type_id(m.imm_u32(at));
    let what = number.and_then(|number| m.store.types.what(number));
    let what = what.ok_or(Trap::InvalidReference)?;
    let width = what.width_log2().ok_or(Trap::InvalidReference)?;
    Ok((what, width))
}

/// The array that the slot of operand `at` refers to: the slot, what it is, log2 of the bytes of its elements, and their number.
fn array(m: &Machine<'_, '_>, at: Place) -> Step<(u64, What, u32, u64)> {
    let slot = m.get(at);
    if slot == NULL {
        return Err(Trap::NullArrayReference.into());
    }
    let (what, payload) = m.store.heap.object(slot).ok_or(Trap::InvalidReference)?;
    let width = what.width_log2().ok_or(Trap::InvalidReference)?;
    Ok((slot, what, width, payload.len() as u64 >> width))
}

/// The same, if it is of the type that operand `ty` names or of one below.
fn array_of_type(m: &Machine<'_, '_>, at: Place, ty: Place) -> Step<(u64, u32, u64)> {
    let (slot, own, width, len) = array(m, at)?;
    let (what, _) = type_of(m, ty)?;
    if !m.store.types.matches(own.number(), what.number()) {
        return Err(Trap::InvalidReference.into());
    }
    Ok((slot, width, len))
}

/// `n` bytes from `at` on of what a slot refers to, which have been checked.
fn bytes<'a>(m: &'a mut Machine<'_, '_>, slot: u64, at: u64, n: usize) -> &'a mut [u8] {
    let payload = m.store.heap.payload_mut(slot);
    let part = payload.and_then(|payload| payload.get_mut(at as usize..at as usize + n));
    part.unwrap_or_default()
}

fn slow_new(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_new as at;
    let (what, width) = type_of(m, at::type_idx)?;
    let slot = m.allocate(what, m.operand(at::len, false) << width)?;
    m.set(at::dst, slot);
    Ok(Flow::Next(at::words as u32))
}

fn slow_new_data(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_new_data as at;
    let (what, width) = type_of(m, at::type_idx)?;
    let data = data_of(m, m.imm_u32(at::data));
    let (from, len) = (m.operand(at::from, false), m.operand(at::n, false) << width);
    check(from, len, data.len() as u64, Trap::MemoryOutOfBounds)?;
    let slot = m.allocate(what, len)?;
    let source = &data[from as usize..(from + len) as usize];
    bytes(m, slot, 0, source.len()).copy_from_slice(source);
    m.set(at::dst, slot);
    Ok(Flow::Next(at::words as u32))
}

fn slow_new_elem(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_new_elem as at;
    let (what, width) = type_of(m, at::type_idx)?;
    let segment = m.imm_u32(at::elem);
    let items = items_of(m, segment);
    let (from, n) = (m.operand(at::from, false), m.operand(at::n, false));
    check(from, n, consts::items_len(items), Trap::TableOutOfBounds)?;
    let slot = m.allocate(what, n << width)?;
    put_items(m, slot, 0, segment, from..from + n);
    m.set(at::dst, slot);
    Ok(Flow::Next(at::words as u32))
}

/// Writes items of an element segment to an array of references, from element `to` on.
fn put_items(
    m: &mut Machine<'_, '_>,
    slot: u64,
    to: u64,
    segment: u32,
    items: core::ops::Range<u64>,
) {
    let all = items_of(m, segment);
    for (at, item) in (to..).zip(items) {
        let value = consts::item(m.store, m.instance, segment, all, item as u32);
        bytes(m, slot, at * 8, 8).copy_from_slice(&value.to_le_bytes());
    }
}

fn slow_fill(m: &mut Machine<'_, '_>) -> Step<Flow> {
    fill(m, u128::from(m.get(field::array_fill::value)), 3)
}

fn slow_fill128(m: &mut Machine<'_, '_>) -> Step<Flow> {
    // The operands have the same places.
    let value = field::array_fill::value;
    let (low, high) = (m.get(value), m.get_next(value));
    fill(m, u128::from(low) | u128::from(high) << 64, 4)
}

/// Fills a part of an array, whose elements have at most `1 << widest` bytes.
fn fill(m: &mut Machine<'_, '_>, value: u128, widest: u32) -> Step<Flow> {
    use field::array_fill as at;
    let (slot, width, len) = array_of_type(m, at::array, at::type_idx)?;
    if width > widest {
        return Err(Trap::InvalidReference.into());
    }
    let (index, n) = (m.operand(at::index, false), m.operand(at::n, false));
    check(index, n, len, Trap::ArrayOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL >> width)?;
    let value = value.to_le_bytes();
    for element in bytes(m, slot, index << width, slice.len << width).chunks_exact_mut(1 << width) {
        element.copy_from_slice(&value[..1 << width]);
    }
    m.set(at::index, index + slice.len as u64);
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_copy(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_copy as at;
    let (to_slot, width, to_len) = array_of_type(m, at::to, at::type_idx)?;
    let (from_slot, _, from_width, from_len) = array(m, at::from)?;
    if width != from_width {
        return Err(Trap::InvalidReference.into());
    }
    let (to, from) = (
        m.operand(at::to_index, false),
        m.operand(at::from_index, false),
    );
    let n = m.operand(at::n, false);
    check(to, n, to_len, Trap::ArrayOutOfBounds)?;
    check(from, n, from_len, Trap::ArrayOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL >> width)?;
    // As for memories: upwards in one array the last slice goes first.
    let downwards = to_slot == from_slot && to > from;
    let skip = if downwards { n - slice.len as u64 } else { 0 };
    let (target, source) = ((to + skip) << width, (from + skip) << width);
    m.store.heap.copy(
        (to_slot, target as usize),
        (from_slot, source as usize),
        slice.len << width,
    );
    if !downwards {
        m.set(at::to_index, to + slice.len as u64);
        m.set(at::from_index, from + slice.len as u64);
    }
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_init_data(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_init_data as at;
    let (slot, _, width, len) = array(m, at::array)?;
    let data = data_of(m, m.imm_u32(at::data));
    let (index, from) = (m.operand(at::index, false), m.operand(at::from, false));
    let n = m.operand(at::n, false);
    check(index, n, len, Trap::ArrayOutOfBounds)?;
    let all = data.len() as u64;
    check(from, n << width, all, Trap::MemoryOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL >> width)?;
    let count = slice.len << width;
    let source = &data[from as usize..from as usize + count];
    bytes(m, slot, index << width, count).copy_from_slice(source);
    m.set(at::index, index + slice.len as u64);
    m.set(at::from, from + count as u64);
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_init_elem(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::array_init_elem as at;
    let (slot, _, width, len) = array(m, at::array)?;
    if width != 3 {
        return Err(Trap::InvalidReference.into());
    }
    let segment = m.imm_u32(at::elem);
    let items = consts::items_len(items_of(m, segment));
    let (index, from) = (m.operand(at::index, false), m.operand(at::from, false));
    let n = m.operand(at::n, false);
    check(index, n, len, Trap::ArrayOutOfBounds)?;
    check(from, n, items, Trap::TableOutOfBounds)?;
    let slice = m.slice(n, BYTES_PER_FUEL >> width)?;
    let done = slice.len as u64;
    put_items(m, slot, index, segment, from..from + done);
    m.set(at::index, index + done);
    m.set(at::from, from + done);
    m.set(at::n, n - done);
    Ok(Machine::after(&slice, at::words))
}
