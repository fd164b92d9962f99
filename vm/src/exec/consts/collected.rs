//! Operators of constant expressions about structs, arrays and i31. The verifier has seen that they fit; that a module's types are what
//! it says holds for its instance, too.

use wrt_format::image::types::ConstOp;

use super::Stack;
use crate::heap::{I31_TAG, What};
use crate::raw::arena::OutOfMemory;
use crate::raw::store::Store;

/// Carries out an operator.
pub(super) fn step(
    store: &mut Store<'_>,
    instance: u32,
    op: ConstOp,
    stack: &mut Stack,
) -> Result<(), OutOfMemory> {
    if let ConstOp::StructNew(index) | ConstOp::ArrayNew(index) = op {
        let number = store
            .instance(instance)
            .and_then(|data| data.type_id(index));
        let number = number.ok_or(OutOfMemory)?;
        let what = store.types.what(number).ok_or(OutOfMemory)?;
        let payload = match what.width_log2() {
            Some(width) => (stack.pop()[0] & 0xffff_ffff) << width,
            None => store.types.struct_bytes(number),
        };
        // What is on the stack is needed, too.
        let values = stack.values.as_flattened();
        let slot = store.allocate(what, payload, &values[..stack.depth * 2])?;
        stack.push([slot, 0]);
    } else if let ConstOp::StructSet(field) = op {
        let value = stack.pop();
        let object = stack.pop();
        let (what, _) = store.heap.object(object[0]).ok_or(OutOfMemory)?;
        let field = store.types.fields(what.number()).get(field as usize);
        let (offset, width) = field.map_or((0, 0), |it| (it.offset, it.ty.width_log2()));
        put(store, object[0], offset as usize, width, value);
        stack.push(object);
    } else if let ConstOp::ArraySet(at) = op {
        let value = stack.pop();
        let object = stack.pop();
        let width = width_of(store, object[0]);
        put(store, object[0], (at as usize) << width, width, value);
        stack.push(object);
    } else if op == ConstOp::ArrayFill {
        let value = stack.pop();
        let object = stack.pop();
        let width = width_of(store, object[0]);
        let len = store.heap.object(object[0]).map_or(0, |(_, it)| it.len());
        for at in (0..len).step_by(1 << width) {
            put(store, object[0], at, width, value);
        }
        stack.push(object);
    } else if op == ConstOp::RefI31 {
        let [value, _] = stack.pop();
        stack.push([u64::from(I31_TAG) << 32 | value & 0x7fff_ffff, 0]);
    }
    // Conversions leave the value as it is.
    Ok(())
}

/// Log2 of the bytes of the elements of an array.
fn width_of(store: &Store<'_>, slot: u64) -> u32 {
    let what = store.heap.object(slot).map(|(what, _)| what);
    what.and_then(What::width_log2).unwrap_or(0)
}

/// Writes a value of `1 << width` bytes at `at` in what a slot refers to, if it is inside.
fn put(store: &mut Store<'_>, slot: u64, at: usize, width: u32, [low, high]: [u64; 2]) {
    let bytes = (u128::from(low) | u128::from(high) << 64).to_le_bytes();
    let len = 1 << width;
    let payload = store.heap.payload_mut(slot);
    if let Some(place) = payload.and_then(|payload| payload.get_mut(at..at + len)) {
        place.copy_from_slice(&bytes[..len]);
    }
}
