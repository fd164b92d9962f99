//! What instructions that do several operators together do to a world, for `ops`: by their names, one operator after the other.

use wrt_format::trap::Trap;

use super::ops::{Case, form};
use super::reference::{fused, operator};
use super::world::{World, read, write_bytes};

/// Carries the instruction out, if it is one of these.
pub(super) fn expect(
    case: &Case<'_>,
    world: &mut World,
    before: &World,
) -> Option<Result<(), Trap>> {
    let name = case.name();
    if let Some(relation) = name.strip_prefix("br_f64_add_") {
        let sum = operator("f64_add", case.slot(before, "a"), case.slot(before, "b"))?.ok()?;
        let taken = operator(
            &std::format!("f64_{relation}"),
            sum,
            case.slot(before, "rhs"),
        )?;
        world.taken = if taken == Ok(1) { 1 } else { 2 };
        return Some(Ok(()));
    }
    if name
        .strip_suffix("_mem")
        .or(name.strip_suffix("_mem_wrap"))
        .is_some()
        && !case.has("mem")
    {
        return Some(update(case, world, before));
    }
    if let Some(limit) = name.strip_prefix("br_i32_add_add_") {
        let add = |world: &mut World, slot: &str, imm: &str| {
            let slot = case.raw(slot).unwrap() as usize;
            let sum = operator("i32_add", world.slots[slot], case.raw(imm).unwrap() as u64);
            world.slots[slot] = sum.unwrap().unwrap();
            world.slots[slot]
        };
        if case.has("third") {
            add(world, "first", "step");
            add(world, "second", "step");
            let third = add(world, "third", "imm");
            world.taken = if third == 0 { 2 } else { 1 };
            return Some(Ok(()));
        }
        add(world, "first", "imm0");
        let second = add(world, "second", "imm");
        let (relation, limit) = match limit.strip_suffix("_imm") {
            Some(relation) => (relation, case.raw("limit")? as u64),
            None if limit == "nz" => ("ne", 0),
            None => (limit, case.slot(world, "limit")),
        };
        let taken = operator(&std::format!("i32_{relation}"), second, limit);
        world.taken = if taken == Some(Ok(1)) { 1 } else { 2 };
        return Some(Ok(()));
    }
    let copied = name.strip_prefix("load");
    if let Some(bits) = copied.and_then(|it| it.strip_suffix("_store")) {
        let bytes = bits.parse::<usize>().unwrap() / 8;
        let to = before.wrap(case.slot(before, "addr2"));
        let to = to.saturating_add(case.raw("offset2")? as u64);
        let loaded = read(world, case.address(before), bytes);
        return Some(loaded.and_then(|it| write_bytes(world, to, bytes, it)));
    }
    if let Some(done) = of_one_use(case, world, before) {
        return Some(done);
    }
    if name.contains("_then_") || name == "mov3" {
        return Some(pair(case, world));
    }
    if let Some(done) = loaded_and_compared(case, world, before) {
        return Some(done);
    }
    let value = value(case, world, before)?;
    Some(value.map(|value| world.slots[case.raw("dst").unwrap() as usize] = value))
}

/// What is loaded is compared, and needed later too.
fn loaded_and_compared(
    case: &Case<'_>,
    world: &mut World,
    before: &World,
) -> Option<Result<(), Trap>> {
    let name = case.name();
    let load = [("br_load8_u_", 1), ("br_load32_", 4)];
    let load = load.map(|(prefix, bytes)| Some((name.strip_prefix(prefix)?, bytes)));
    let (relation, bytes) = load.into_iter().flatten().next()?;
    let relation = std::format!("i32_{}", relation.trim_end_matches("_imm"));
    Some(read(world, case.address(before), bytes).map(|value| {
        world.slots[case.raw("dst").unwrap() as usize] = value;
        let limit = match case.raw("imm") {
            Some(imm) => imm as u64,
            None => case.slot(world, "rhs"),
        };
        let taken = operator(&relation, value, limit);
        world.taken = if taken == Some(Ok(1)) { 1 } else { 2 };
    }))
}

/// What is stored, or compared, is needed by nothing else: an addition of an immediate, a byte in memory.
fn of_one_use(case: &Case<'_>, world: &mut World, before: &World) -> Option<Result<(), Trap>> {
    let name = case.name();
    if let Some(base) = name.strip_suffix("_imm_store") {
        let value = operator(base, case.slot(before, "lhs"), case.raw("imm")? as u64)?;
        let to = case.address(before);
        return Some(value.and_then(|value| write_bytes(world, to, bytes(name), value)));
    }
    let byte = ["br_load8_u_wrap_", "br_load8_u_index_"];
    if let Some(relation) = byte.into_iter().find_map(|it| name.strip_prefix(it)) {
        let byte = read(world, case.address(before), 1);
        return Some(byte.map(|byte| {
            let rhs = case.slot(before, "rhs");
            let taken = operator(&std::format!("i32_{relation}"), byte, rhs);
            world.taken = if taken == Some(Ok(1)) { 1 } else { 2 };
        }));
    }
    None
}

/// Two or three instructions one after the other.
fn pair(case: &Case<'_>, world: &mut World) -> Result<(), Trap> {
    let raw = |name: &str| case.raw(name).unwrap();
    if case.name() == "mov3" {
        for (to, from) in [("d0", "s0"), ("d1", "s1"), ("d2", "s2")] {
            world.slots[raw(to) as usize] = world.slots[raw(from) as usize];
        }
        return Ok(());
    }
    let add = |a: u64, b: u64| operator("i32_add", a, b).unwrap();
    let slot = |world: &World, name: &str| world.slots[raw(name) as usize];
    let first = if case.has("r0") {
        add(slot(world, "l0"), slot(world, "r0"))?
    } else if case.has("imm0") {
        add(slot(world, "s0"), raw("imm0") as u64)?
    } else {
        slot(world, "s0")
    };
    world.slots[raw("d0") as usize] = first;
    if case.has("d1") {
        let second = add(slot(world, "s1"), raw("imm1") as u64)?;
        world.slots[raw("d1") as usize] = second;
    } else {
        let bytes = if case.name().ends_with("32") { 4 } else { 1 };
        let second = read(world, first + raw("offset") as u64, bytes)?;
        world.slots[raw("dst") as usize] = second;
    }
    Ok(())
}

/// Takes the payload, which is the host's, out of a NaN that an instruction has computed and stored.
pub(super) fn without_payload(case: &Case<'_>, before: &World, memory: &mut [u8]) {
    let name = case.name();
    let stores = name.contains("_mem") || name.ends_with("_store");
    let (at, bytes) = (case.address(before) as usize, bytes(name));
    let Some(number) = memory.get_mut(at..at.saturating_add(bytes)) else {
        return;
    };
    let is_nan = match *number {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).is_nan(),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]).is_nan(),
        _ => false,
    };
    if stores && name.starts_with('f') && is_nan {
        number.fill(u8::MAX);
    }
}

/// Bytes of a number of the type that a name begins with.
fn bytes(name: &str) -> usize {
    if name.starts_with("i32") || name.starts_with("f32") {
        4
    } else {
        8
    }
}

fn update(case: &Case<'_>, world: &mut World, before: &World) -> Result<(), Trap> {
    let name = case
        .name()
        .trim_end_matches("_wrap")
        .trim_end_matches("_mem");
    let (at, bytes) = (case.address(before), bytes(name));
    let old = read(world, at, bytes)?;
    let slot = |name: &str| case.slot(before, name);
    let new = if case.has("a") {
        fused(name, slot("a"), slot("b"), old).unwrap()
    } else {
        operator(name, old, slot("rhs")).unwrap()?
    };
    write_bytes(world, at, bytes, new)
}

/// What the instruction gives.
fn value(case: &Case<'_>, world: &mut World, before: &World) -> Option<Result<u64, Trap>> {
    let name = case.name();
    let slot = |name: &str| case.slot(before, name);
    if let Some(relation) = name.strip_prefix("select_i32_") {
        let rhs = case
            .raw("imm")
            .map_or_else(|| slot("rhs"), |imm| imm as u64);
        let relation = std::format!("i32_{}", relation.trim_end_matches("_imm"));
        let holds = operator(&relation, slot("lhs"), rhs)? == Ok(1);
        return Some(Ok(slot(if holds { "a" } else { "b" })));
    }
    if let Some(second) = name.strip_prefix("load32_load") {
        let pointer = read(world, case.address(before), 4);
        let bytes = if second == "32" { 4 } else { 8 };
        return Some(
            pointer.and_then(|at| read(world, at + case.raw("offset2").unwrap() as u64, bytes)),
        );
    }
    if let Some(operation) = name.strip_prefix("load8_u_wrap_") {
        let operation = std::format!("i32_{}", operation.trim_end_matches("_imm"));
        let byte = read(world, case.address(before), 1);
        let imm = case.raw("imm")? as u64;
        return Some(byte.and_then(|byte| operator(&operation, byte, imm).unwrap()));
    }
    if let Some(base) = name.strip_suffix("_imm_load") {
        let loaded = read(world, case.address(before), bytes(name));
        let imm = case.raw("imm")? as u64;
        return Some(loaded.and_then(|loaded| operator(base, loaded, imm).unwrap()));
    }
    if name == "f64_square" {
        return operator("f64_mul", slot("src"), slot("src"));
    }
    if let Some(operation) = name
        .strip_suffix("_convert_i32_u")
        .filter(|it| it.contains('_'))
    {
        let rhs = operator("f64_convert_i32_u", slot("src"), 0)?.ok()?;
        return operator(operation, slot("lhs"), rhs);
    }
    let wrapped =
        |addr: &str, k: &str| before.wrap(slot(addr).wrapping_add(case.raw(k).unwrap() as u64));
    if let Some(base) = name.strip_suffix("_load2_index") {
        let sum = before.wrap(slot("addr").wrapping_add(slot("index")));
        let x = read(world, sum, bytes(name));
        let y = read(world, wrapped("addr2", "k2"), bytes(name));
        return Some(x.and_then(|x| Ok(fused(base, x, y?, slot("c")).unwrap())));
    }
    if let Some(base) = name.strip_suffix("_load2") {
        let x = read(world, wrapped("addr", "k"), bytes(name));
        let y = read(world, wrapped("addr2", "k2"), bytes(name));
        return Some(x.and_then(|x| Ok(fused(base, x, y?, slot("c")).unwrap())));
    }
    if let Some(base) = form(name).strip_suffix("_load") {
        let loaded = read(world, case.address(before), bytes(name));
        return Some(loaded.and_then(|loaded| match case.has("c") {
            true => Ok(fused(base, slot("a"), loaded, slot("c")).unwrap()),
            false => operator(base, slot("lhs"), loaded).unwrap(),
        }));
    }
    if !case.has("a") || case.has("shift") || fused(name, 0, 0, 0).is_some() {
        return None;
    }
    chain(case, before)
}

/// Operators that chains are made of.
const OPERATORS: [&str; 9] = [
    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "rotl",
];

/// One operator after the other: each on the result before it and the next operand, `_imm` on the next immediate.
fn chain(case: &Case<'_>, before: &World) -> Option<Result<u64, Trap>> {
    let (ty, mut rest) = case.name().split_once('_')?;
    let mut slots = ["b", "c", "d"].into_iter().filter(|name| case.has(name));
    let mut imms = ["imm", "mask"].into_iter();
    let mut value = case.slot(before, "a");
    let mut count = 0;
    while !rest.is_empty() {
        let name = OPERATORS.iter().find(|name| rest.starts_with(*name))?;
        rest = rest[name.len()..].trim_start_matches('_');
        let operand = match rest.strip_prefix("imm") {
            Some(behind) => {
                rest = behind.trim_start_matches('_');
                case.raw(imms.next()?)? as u64
            }
            None => case.slot(before, slots.next()?),
        };
        value = operator(&std::format!("{ty}_{name}"), value, operand)?.ok()?;
        count += 1;
    }
    (count > 1).then_some(Ok(value))
}
