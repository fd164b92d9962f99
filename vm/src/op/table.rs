//! Tables. The bulk operations work like those on memories, with 8 elements for each unit of fuel, see `bulk.rs`.

use wrt_format::image::ElemItems;
use wrt_format::isa::{Place, field};
use wrt_format::trap::Trap;

use super::bulk::check;
use crate::exec::consts;
use crate::exec::machine::{Flow, Machine, Step};
use crate::raw::debit;
use crate::raw::state::Ctl;

handlers! {
    fn table_get | table_get_short(s, at) {
        // The whole slot is compared: what looks out of bounds by the upper half of a 32-bit index is for the slow path.
        match s.table_get(at::table, s.get64(at::index)) {
            Some(value) => {
                s.set64(at::dst, value);
                Ctl::Next
            }
            None => Ctl::Slow(|m| slow_get(m, [at::dst, at::index, at::table], at::words as u32).unwrap_or_else(|out| out)),
        }
    }
    fn table_set | table_set_short(s, at) {
        if s.table_set(at::table, s.get64(at::index), s.get64(at::src)) {
            Ctl::Next
        } else {
            Ctl::Slow(|m| slow_set(m, [at::src, at::index, at::table], at::words as u32).unwrap_or_else(|out| out))
        }
    }
    fn table_size(_s, at) {
        Ctl::Slow(|m| slow_size(m).unwrap_or_else(|out| out))
    }
    fn table_grow(_s, at) {
        Ctl::Slow(|m| slow_grow(m).unwrap_or_else(|out| out))
    }
    fn table_fill(_s, at) {
        Ctl::Slow(|m| slow_fill(m).unwrap_or_else(|out| out))
    }
    fn table_copy(_s, at) {
        Ctl::Slow(|m| slow_copy(m).unwrap_or_else(|out| out))
    }
    fn table_init(_s, at) {
        Ctl::Slow(|m| slow_init(m).unwrap_or_else(|out| out))
    }
    fn elem_drop(_s, at) {
        Ctl::Slow(slow_drop)
    }
}

/// Elements that one unit of fuel covers.
const ELEMS_PER_FUEL: u64 = 8;

/// Number of the table that operand `at` names, its elements, and whether its indices are 64-bit.
fn table_of(m: &Machine<'_, '_>, at: Place) -> Step<(u32, u64, bool)> {
    let number = m
        .data()
        .table(u32::from(m.half(at)))
        .ok_or(Trap::TableOutOfBounds)?;
    let table = m.store.table(number).ok_or(Trap::TableOutOfBounds)?;
    Ok((number, table.elems().len() as u64, table.ty().is64))
}

/// Elements `start .. start + n` of a table, which have been checked.
fn range<'a>(m: &'a mut Machine<'_, '_>, table: u32, start: u64, n: usize) -> &'a mut [u64] {
    match m.store.table_mut(table) {
        Some(table) => &mut table.elems_mut()[start as usize..start as usize + n],
        None => &mut [],
    }
}

fn slow_get(m: &mut Machine<'_, '_>, [dst, index, table]: [Place; 3], words: u32) -> Step<Flow> {
    let (table, len, is64) = table_of(m, table)?;
    let index = m.operand(index, is64);
    check(index, 1, len, Trap::TableOutOfBounds)?;
    let value = range(m, table, index, 1)[0];
    m.set(dst, value);
    Ok(Flow::Next(words))
}

fn slow_set(m: &mut Machine<'_, '_>, [src, index, table]: [Place; 3], words: u32) -> Step<Flow> {
    let (table, len, is64) = table_of(m, table)?;
    let index = m.operand(index, is64);
    check(index, 1, len, Trap::TableOutOfBounds)?;
    range(m, table, index, 1)[0] = m.get(src);
    Ok(Flow::Next(words))
}

fn slow_size(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::table_size as at;
    let (_, len, _) = table_of(m, at::table)?;
    m.set(at::dst, len);
    Ok(Flow::Next(at::words as u32))
}

fn slow_grow(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::table_grow as at;
    let (number, _, is64) = table_of(m, at::table)?;
    let delta = m.operand(at::delta, is64);
    let init = m.get(at::init);
    let mut before = if is64 { u64::MAX } else { u64::from(u32::MAX) };
    if m.store.can_grow_table(number, delta) {
        // At most 2^32 elements, so the cost fits.
        let cost = delta.div_ceil(ELEMS_PER_FUEL) as u32;
        m.charge(cost)?;
        match m.store.grow_table(number, delta, init) {
            Ok(len) => before = len,
            Err(_) => m.fuel += debit(cost),
        }
    }
    m.set(at::dst, before);
    Ok(Flow::Next(at::words as u32))
}

fn slow_fill(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::table_fill as at;
    let (table, len, is64) = table_of(m, at::table)?;
    let (to, n) = (m.operand(at::to, is64), m.operand(at::n, is64));
    check(to, n, len, Trap::TableOutOfBounds)?;
    let slice = m.slice(n, ELEMS_PER_FUEL)?;
    let value = m.get(at::value);
    range(m, table, to, slice.len).fill(value);
    m.set(at::to, to + slice.len as u64);
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_copy(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::table_copy as at;
    let (to_table, to_len, to64) = table_of(m, at::to_table)?;
    let (from_table, from_len, from64) = table_of(m, at::from_table)?;
    let (to, from) = (m.operand(at::to, to64), m.operand(at::from, from64));
    let n = m.operand(at::n, to64 && from64);
    check(to, n, to_len, Trap::TableOutOfBounds)?;
    check(from, n, from_len, Trap::TableOutOfBounds)?;
    let slice = m.slice(n, ELEMS_PER_FUEL)?;
    // As for memories: upwards in one table the last slice goes first.
    let downwards = to_table == from_table && to > from;
    let skip = if downwards { n as usize - slice.len } else { 0 };
    let (target, source) = (to as usize + skip, from as usize + skip);
    if to_table == from_table {
        range(m, to_table, 0, to_len as usize).copy_within(source..source + slice.len, target);
    } else if let Some((to_table, from_table)) = m.store.table_pair(to_table, from_table) {
        to_table.elems_mut()[target..target + slice.len]
            .copy_from_slice(&from_table.elems()[source..source + slice.len]);
    }
    if !downwards {
        m.set(at::to, to + slice.len as u64);
        m.set(at::from, from + slice.len as u64);
    }
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_init(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::table_init as at;
    let (table, len, is64) = table_of(m, at::table)?;
    let segment = m.imm_u32(at::elem);
    let data = m.data();
    let elem = data
        .module()
        .elem(segment)
        .filter(|_| !data.elem_dropped(segment));
    let items = elem.map_or(ElemItems::Funcs(&[]), |elem| elem.items);
    let to = m.operand(at::to, is64);
    let (from, n) = (m.operand(at::from, false), m.operand(at::n, false));
    check(to, n, len, Trap::TableOutOfBounds)?;
    check(from, n, consts::items_len(items), Trap::TableOutOfBounds)?;
    let slice = m.slice(n, ELEMS_PER_FUEL)?;
    for i in 0..slice.len as u64 {
        let value = consts::item(m.store, m.instance, segment, items, (from + i) as u32);
        range(m, table, to + i, 1)[0] = value;
    }
    m.set(at::to, to + slice.len as u64);
    m.set(at::from, from + slice.len as u64);
    m.set(at::n, n - slice.len as u64);
    Ok(Machine::after(&slice, at::words))
}

fn slow_drop(m: &mut Machine<'_, '_>) -> Flow {
    use field::elem_drop as at;
    let (instance, segment) = (m.instance, m.imm_u32(at::elem));
    if let Some(data) = m.store.instance_mut(instance) {
        data.drop_elem(segment);
    }
    Flow::Next(at::words as u32)
}
