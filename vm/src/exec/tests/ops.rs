//! Every instruction that goes on to the next one or branches, with many operands, against the reference, on both cores.

use std::collections::BTreeSet;

use wrt_format::isa::{ALL, Control, Field, Op, Role};
use wrt_format::trap::Trap;

use super::elsewhere::ELSEWHERE;
use super::operands::{operands, producer};
use super::reference::{fused, loaded, operator};
#[cfg(feature = "simd")]
use super::world::access;
use super::world::{World, read, value, write_bytes};
use super::*;
use super::{atomics, together};
#[cfg(feature = "simd")]
use super::{parts, vector};

/// Slots that a tested function has: its parameters and its results, all i64.
pub(super) const SLOTS: usize = 8;
/// Bytes at the start and at the end of the memory that tests use.
pub(super) const MEMORY: usize = 65536;

/// An instruction with its operands.
pub(super) struct Case<'a> {
    pub(super) op: Op,
    pub(super) operands: &'a [i64],
}

impl Case<'_> {
    /// The instruction's name without its accumulator operand and without the mark of short forms, which change nothing.
    pub(super) fn name(&self) -> &'static str {
        let name = self.op.info().name;
        let name = name.strip_suffix("_short").unwrap_or(name);
        let name = name.strip_suffix("_tiny").unwrap_or(name);
        let split = name
            .split_once("_acc_")
            .or_else(|| name.split_once("_facc_"));
        split.map_or(name, |(name, _)| name)
    }

    pub(super) fn raw(&self, name: &str) -> Option<i64> {
        let fields = self.op.info().fields;
        let at = fields.iter().position(|field| field.name == name)?;
        Some(self.operands[at])
    }

    /// Value of the slot that the operand names, before the instruction.
    pub(super) fn slot(&self, world: &World, name: &str) -> u64 {
        world.slots[self.raw(name).unwrap() as usize]
    }

    /// The v128 in the slots that the operand names, before the instruction.
    #[cfg(feature = "simd")]
    fn pair(&self, world: &World, name: &str) -> u128 {
        let at = self.raw(name).unwrap() as usize;
        u128::from(world.slots[at]) | u128::from(world.slots[at + 1]) << 64
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.op
            .info()
            .fields
            .iter()
            .any(|field: &Field| field.name == name)
    }

    /// The effective address.
    pub(super) fn address(&self, world: &World) -> u64 {
        let mut base = match self.has("addr") {
            true => self.slot(world, "addr"),
            false => 0,
        };
        if let Some(k) = self.raw("k") {
            base = base.wrapping_add(k as u64);
        }
        if self.has("index") {
            let index = match self.raw("mask") {
                Some(mask) => u64::from(self.slot(world, "index") as u32 & mask as u32),
                None => self.slot(world, "index"),
            };
            base = base.wrapping_add(index.wrapping_mul(1 << self.raw("shift").unwrap_or(0)));
        }
        world
            .wrap(base)
            .saturating_add(self.raw("offset").unwrap_or(0) as u64)
    }
}

/// The name of a load or store without the form of its address.
pub(super) fn form(name: &str) -> &str {
    let forms = [
        "_far", "_wrap", "_index", "_scaled", "_mem", "_sum", "_masked", "_at",
    ];
    let without = forms.iter().find_map(|form| name.strip_suffix(form));
    without.unwrap_or(name)
}

/// Whether it is an instruction on vectors.
pub(super) fn is_vector(op: Op) -> bool {
    op.info().fields.iter().any(|field| field.role.is_pair())
}

/// Whether this machine has it. Those of things that are collected are in `gc`.
pub(super) fn is_there(op: Op) -> bool {
    let without = |there: bool, is_one: bool| !there && is_one;
    op.info().feature() != features::GC
        && !without(cfg!(feature = "floats"), needs_floats(op))
        && !without(cfg!(feature = "simd"), is_vector(op))
        && !without(cfg!(feature = "atomics"), is_atomic(op))
}

/// Whether it computes with floats, or reads an accumulator that only such an instruction writes.
fn needs_floats(op: Op) -> bool {
    let info = op.info();
    let reads = |role| matches!(role, Some(Role::DefF32 | Role::DefF64));
    let mut fields = info.fields.iter();
    info.floats || fields.any(|field| reads(field.role.defined_by()))
}

fn is_atomic(op: Op) -> bool {
    op.info().name.starts_with("atomic_")
}

/// Carries a vector instruction out on `world`.
#[cfg(feature = "simd")]
fn expect_vector(case: &Case<'_>, world: &mut World) -> Result<(), Trap> {
    let before = world.clone();
    let name = case.op.info().name;
    let result = if name.starts_with("store128") {
        let bytes = case.pair(&before, "src").to_le_bytes();
        access(world, case.address(&before), 16)?.copy_from_slice(&bytes);
        return Ok(());
    } else if let Some((bytes, make)) = vector::loaded(form(name)) {
        let mut value = [0; 16];
        value[..bytes].copy_from_slice(access(world, case.address(&before), bytes)?);
        vector::Result::Vector(make(u128::from_le_bytes(value)))
    } else {
        if case.op.info().control == Control::CondBranch {
            let taken = (case.pair(&before, "src") != 0) == name.contains("any");
            world.taken = if taken { 1 } else { 2 };
            return Ok(());
        }
        if name.contains("_then_") {
            expect_then(case, world);
            return Ok(());
        }
        if name.contains("_mul_add_load_") && case.has("d") {
            return expect_products(case, world);
        }
        let fields = case.op.info().fields.iter();
        let vectors = fields.clone().filter(|field| field.role == Role::Use128);
        let mut vectors: Vec<u128> = vectors
            .map(|field| case.pair(&before, field.name))
            .collect();
        let imms = fields.filter(|field| ["imm", "imm2"].contains(&field.name));
        let imms = imms.map(|field| case.raw(field.name).unwrap() as u64);
        // What is loaded is the second operand.
        let (operator, load) = name.split_once("_load").unwrap_or((name, ""));
        if !load.is_empty() {
            let load = match form(load) {
                "" => std::string::String::from("load128"),
                load => std::format!("load{load}"),
            };
            let (bytes, make) = vector::loaded(&load).unwrap();
            let mut value = [0; 16];
            value[..bytes].copy_from_slice(access(world, case.address(&before), bytes)?);
            vectors.insert(1, make(u128::from_le_bytes(value)));
        }
        let scalar = ["src", "value", "distance", "cond"]
            .into_iter()
            .find(|name| {
                let fields = case.op.info().fields.iter();
                fields
                    .into_iter()
                    .any(|it| it.name == *name && it.role == Role::Use)
            });
        let operands = vector::Operands {
            vectors,
            imms: imms.collect(),
            scalar: scalar.map_or(0, |name| case.slot(&before, name)),
            lane: case.raw("lane").unwrap_or(0) as usize,
        };
        vector::vector(operator, &operands)
    };
    let dst = case.raw("dst").unwrap() as usize;
    match result {
        vector::Result::Slot(value) => world.slots[dst] = value,
        vector::Result::Vector(value) => {
            world.slots[dst] = value as u64;
            world.slots[dst + 1] = (value >> 64) as u64;
        }
    }
    Ok(())
}

/// Products with what lies in two places, each rounded, then added: with one vector, to two sums; or with each other, to one.
#[cfg(feature = "simd")]
fn expect_products(case: &Case<'_>, world: &mut World) -> Result<(), Trap> {
    let name = case.op.info().name;
    let k = |second: bool| match second {
        true => case.raw("k").unwrap() + case.raw("d").unwrap(),
        false => case.raw("k").unwrap(),
    };
    let loaded = |world: &mut World, addr: &str, second: bool, bytes: usize| {
        let at = world.wrap(case.slot(world, addr).wrapping_add(k(second) as u64));
        let mut value = [0; 16];
        value[..bytes].copy_from_slice(access(world, at, bytes)?);
        Ok(u128::from_le_bytes(value))
    };
    let mul_add = |a: u128, b: u128, c: u128| {
        let operands = vector::Operands {
            vectors: [a, b, c].to_vec(),
            scalar: 0,
            lane: 0,
            imms: Vec::new(),
        };
        let ty = &name[..5];
        match vector::vector(&std::format!("{ty}_mul_add"), &operands) {
            vector::Result::Vector(value) => value,
            vector::Result::Slot(_) => unreachable!(),
        }
    };
    let set = |world: &mut World, name: &str, value: u128| {
        let at = case.raw(name).unwrap() as usize;
        (world.slots[at], world.slots[at + 1]) = (value as u64, (value >> 64) as u64);
    };
    if name.ends_with("_splat") {
        let number = loaded(world, "addr", false, 4)?;
        let number = (0..4).fold(0, |all, i| all | number << (32 * i));
        let other = loaded(world, "addr2", true, 16)?;
        let sum = mul_add(number, other, case.pair(world, "c"));
        set(world, "dst", sum);
        return Ok(());
    }
    for (sum, second) in [("first", false), ("second", true)] {
        let other = loaded(world, "addr", second, 16)?;
        let value = mul_add(case.pair(world, "a"), other, case.pair(world, sum));
        set(world, sum, value);
    }
    Ok(())
}

/// Two vector instructions one after the other, the first one's result written before the second reads.
#[cfg(feature = "simd")]
fn expect_then(case: &Case<'_>, world: &mut World) {
    let set = |name: &str, world: &mut World, value: u128| {
        let at = case.raw(name).unwrap() as usize;
        (world.slots[at], world.slots[at + 1]) = (value as u64, (value >> 64) as u64);
    };
    let lanes = |value: u128| core::array::from_fn::<u32, 4, _>(|i| (value >> (32 * i)) as u32);
    let joined = |lanes: [u32; 4]| (0..4).fold(0, |all, i| all | u128::from(lanes[i]) << (32 * i));
    assert_eq!(case.op, Op::I32x4AddThenXorRotlImm);
    let (a, b) = (lanes(case.pair(world, "l0")), lanes(case.pair(world, "r0")));
    let sum = core::array::from_fn(|i| a[i].wrapping_add(b[i]));
    set("d0", world, joined(sum));
    let (sum, b) = (lanes(case.pair(world, "d0")), lanes(case.pair(world, "b")));
    let distance = case.raw("imm").unwrap() as u32 % 32;
    let rotated = core::array::from_fn(|i| (sum[i] ^ b[i]).rotate_left(distance));
    set("dst", world, joined(rotated));
}

/// Takes payloads of NaNs that are the host's out of the result of an instruction.
#[cfg(feature = "simd")]
fn without_payloads(case: &Case<'_>, slots: &mut [u64]) {
    let info = case.op.info();
    let written = |role| matches!(role, Role::Def128 | Role::Mod128);
    for (field, &at) in info.fields.iter().zip(case.operands) {
        if !written(field.role) {
            continue;
        }
        let at = at as usize;
        let value = u128::from(slots[at]) | u128::from(slots[at + 1]) << 64;
        let value = vector::without_payloads(info.name, value);
        (slots[at], slots[at + 1]) = (value as u64, (value >> 64) as u64);
    }
}

/// Carries the instruction out on `world`.
pub(super) fn expect(case: &Case<'_>, world: &mut World) -> Result<(), Trap> {
    #[cfg(feature = "simd")]
    if let Some(done) = parts::carry_out(case, world) {
        return done;
    }
    #[cfg(feature = "simd")]
    if is_vector(case.op) {
        return expect_vector(case, world);
    }
    if let Some((i, op)) = producer(case.op) {
        let slot = &mut world.slots[case.operands[i] as usize];
        if op != Op::Mov {
            *slot = operator(op.info().name, *slot, 0).unwrap()?;
        }
    }
    let before = world.clone();
    let slot = |name: &str| case.slot(&before, name);
    let name = case.name();
    let set =
        |world: &mut World, value: u64| world.slots[case.raw("dst").unwrap() as usize] = value;
    if let Some(done) = together::expect(case, world, &before) {
        done?;
    } else if let Some((bytes, extend)) = loaded(form(name)) {
        let value = read(world, case.address(&before), bytes)?;
        set(world, extend(value));
    } else if let Some(bits) = form(name)
        .strip_prefix("store")
        .and_then(|bits| bits.parse::<usize>().ok())
    {
        write_bytes(world, case.address(&before), bits / 8, slot("src"))?;
    } else if let Some(bits) = name.strip_prefix("store") {
        let bits: usize = bits.trim_end_matches("_imm").parse().unwrap();
        write_bytes(
            world,
            case.address(&before),
            bits / 8,
            case.raw("imm").unwrap() as u64,
        )?;
    } else if let Some(base) = name.strip_suffix("_mem_imm") {
        let (at, bytes) = (
            case.address(&before),
            if name.starts_with("i32") { 4 } else { 8 },
        );
        let old = read(world, at, bytes)?;
        let new = operator(base, old, case.raw("imm").unwrap() as u64).unwrap()?;
        write_bytes(world, at, bytes, new)?;
    } else if let Some(base) = name.strip_suffix("_load") {
        let value = read(
            world,
            case.address(&before),
            if name.contains("32") { 4 } else { 8 },
        )?;
        set(world, operator(base, slot("lhs"), value).unwrap()?);
    } else if let Some(base) = name.strip_suffix("_store") {
        let value = operator(base, slot("lhs"), slot("rhs")).unwrap()?;
        write_bytes(
            world,
            case.address(&before),
            if name.contains("32") { 4 } else { 8 },
            value,
        )?;
    } else if let Some(atomic) = name.strip_prefix("atomic_") {
        atomics::expect(atomic, case, world, &before)?;
    } else if case.op.info().control == Control::CondBranch {
        world.taken = if branch(case, world, &before) { 1 } else { 2 };
    } else {
        plain(case, world, &before)?;
    }
    Ok(())
}

/// Whether a conditional branch is taken; the stepping ones write a slot.
fn branch(case: &Case<'_>, world: &mut World, before: &World) -> bool {
    let name = case.name();
    let slot = |name: &str| case.slot(before, name);
    if let Some(step) = case.raw("step") {
        let (ty, relation) = name
            .strip_prefix("br_")
            .unwrap()
            .split_once("_add_")
            .unwrap();
        let value = operator(&std::format!("{ty}_add"), slot("src"), step as u64)
            .unwrap()
            .unwrap();
        world.slots[case.raw("dst").unwrap() as usize] = value;
        let (relation, limit) = match (relation, case.raw("imm")) {
            ("nz", _) => ("ne", 0),
            (relation, Some(imm)) => (relation.trim_end_matches("_imm"), imm as u64),
            (relation, None) => (relation, slot("limit")),
        };
        return operator(&std::format!("{ty}_{relation}"), value, limit) == Some(Ok(1));
    }
    if case.has("cond") {
        let cond = if name.starts_with("br64") {
            slot("cond")
        } else {
            slot("cond") & 0xffff_ffff
        };
        return (cond != 0) == name.ends_with("nz");
    }
    let relation = name.trim_start_matches("br_").trim_end_matches("_imm");
    let rhs = case
        .raw("imm")
        .map_or_else(|| slot("rhs"), |imm| imm as u64);
    operator(relation, slot("lhs"), rhs) == Some(Ok(1))
}

fn plain(case: &Case<'_>, world: &mut World, before: &World) -> Result<(), Trap> {
    let name = case.name();
    let slot = |name: &str| case.slot(before, name);
    let value = match name {
        "mov" => slot("src"),
        "mov2" => {
            world.slots[case.raw("d0").unwrap() as usize] = slot("s0");
            let second = world.slots[case.raw("s1").unwrap() as usize];
            world.slots[case.raw("d1").unwrap() as usize] = second;
            return Ok(());
        }
        "const_u16" | "const_u32" | "const_s32" => case.raw("imm").unwrap() as u64,
        "const_i32" => u64::from(case.raw("imm").unwrap() as u32),
        "const_0" => 0,
        "const_1" => 1,
        "const_ones" => u64::from(u32::MAX),
        "select" => slot(if slot("cond") as u32 != 0 { "a" } else { "b" }),
        "i32_shl_add" | "i64_shl_add" => {
            let shift = case.raw("shift").unwrap() as u64;
            let shifted = operator(&name.replace("_shl_add", "_shl"), slot("b"), shift).unwrap()?;
            operator(&name.replace("_shl_add", "_add"), slot("a"), shifted).unwrap()?
        }
        _ if case.has("c") => fused(name, slot("a"), slot("b"), slot("c")).unwrap(),
        _ if case.has("imm") => {
            let imm = case.raw("imm").unwrap() as u64;
            operator(name.trim_end_matches("_imm"), slot("lhs"), imm).unwrap()?
        }
        _ if case.has("rhs") => operator(name, slot("lhs"), slot("rhs")).unwrap()?,
        _ => operator(name, slot("src"), 0).unwrap()?,
    };
    world.slots[case.raw("dst").unwrap() as usize] = value;
    Ok(())
}

/// A function that carries the instruction out behind `before` and returns all slots, and the way it went.
pub(super) fn function(op: Op, operands: &mut [i64], before: Option<(usize, Op)>) -> Asm {
    let mut asm = Asm::new(SLOTS as u16 + 1, 1);
    let words = i64::from(op.info().words);
    asm.op(Op::ConstU32, &[SLOTS as i64, 0]);
    if let Some((i, producer)) = before {
        asm.op(producer, &[operands[i]; 3]);
    }
    let all = [0, SLOTS as i64 + 1];
    if op.info().control != Control::CondBranch {
        asm.op(op, operands).op(Op::RetN, &all);
        return asm;
    }
    // The block that follows is eight words long.
    *operands.last_mut().unwrap() = words + 8;
    asm.op(op, operands);
    asm.block(1);
    asm.op(Op::ConstU32, &[SLOTS as i64, 2]).op(Op::RetN, &all);
    asm.block(1);
    asm.op(Op::ConstU32, &[SLOTS as i64, 1]).op(Op::RetN, &all);
    asm
}

/// Slots that lead into the memory, near its end, near the end of all addresses, or anywhere.
pub(super) fn slots(op: Op, random: &mut Random, is_wide: bool) -> Vec<u64> {
    let addresses = op.info().memory_zero
        || (op.info().fields.iter()).any(|field| ["offset", "d", "k2"].contains(&field.name));
    let wide = if op.info().name.contains("32") {
        32
    } else {
        64
    };
    // Lanes of every width with values that make something special happen.
    let packed = |random: &mut Random, bits: u32| {
        let lanes = 0..64 / bits;
        let mask = u64::MAX >> (64 - bits);
        lanes.fold(0, |all, i| all | (value(random, bits) & mask) << (i * bits))
    };
    let one = |_| match random.next() % 4 {
        3 if is_vector(op) => {
            let bits = [8, 16, 32, 64][random.next() as usize % 4];
            packed(random, bits)
        }
        0 | 1 if addresses && is_atomic(op) => (random.next() % 8192) * 8,
        0 if addresses => random.next() % 512,
        1 if addresses => MEMORY as u64 - 16 + random.next() % 17,
        2 if addresses && is_wide => (random.next() % 600).wrapping_neg(),
        2 if addresses => (random.next() % 600).wrapping_neg() & 0xffff_ffff,
        _ => value(random, wide),
    };
    (0..SLOTS).map(one).collect()
}

/// Which NaN float arithmetic gives is open (Wasm core spec, 4.3.3 "NaN propagation"), and the order of operands decides.
fn forget_payload(case: &Case<'_>, got: &mut [u64], expected: &[u64]) {
    let Some(dst) = case.raw("dst") else { return };
    let role = case.op.info().fields[0].role;
    let float = |slot: u64| {
        role == Role::DefF32 && f32::from_bits(slot as u32).is_nan()
            || role == Role::DefF64 && f64::from_bits(slot).is_nan()
    };
    let arithmetic = ["_add", "_sub", "_mul", "_div"];
    let (got, expected) = (&mut got[dst as usize], expected[dst as usize]);
    if arithmetic.iter().any(|it| case.name().contains(it)) && float(*got) && float(expected) {
        *got = expected;
    }
}

/// An instance of functions that carry the instruction out, and the operands that each of them has.
fn instance(op: Op, random: &mut Random, is_wide: bool) -> (Store<'static>, Vec<Vec<i64>>) {
    const FUNCS: usize = 12;
    let mut cases = Vec::new();
    let memory = MemoryType {
        is64: is_wide,
        ..memory_type(1, Some(1))
    };
    let mut module = ModuleSpec {
        types: std::vec![longs(SLOTS, SLOTS + 1)],
        memories: std::vec![memory],
        ..ModuleSpec::default()
    };
    for _ in 0..FUNCS {
        let mut operands = operands(op, random);
        let function = function(op, &mut operands, producer(op));
        module.funcs.push(function.func(0));
        cases.push(operands);
    }
    (alone(module), cases)
}

fn check(op: Op, random: &mut Random, is_wide: bool) {
    let (mut store, cases) = instance(op, random, is_wide);
    let fill: Vec<u8> = (0..MEMORY).map(|i| (i * 37 + i / 256) as u8).collect();
    for round in 0..12 * cases.len() {
        let func = round % cases.len();
        let before = World {
            slots: slots(op, random, is_wide),
            memory: fill.clone(),
            is_wide,
            taken: 0,
        };
        let mut after = before.clone();
        let case = Case {
            op,
            operands: &cases[func],
        };
        let expected = expect(&case, &mut after);
        let counts_or_rounds = ["popcnt", "ceil", "floor", "trunc", "nearest"]
            .iter()
            .any(|operator| op.info().name.ends_with(operator));
        let which = if is_vector(op) || counts_or_rounds {
            cores_and_levels()
        } else {
            cores()
        };
        for core in which {
            store
                .memory_mut(0)
                .unwrap()
                .bytes_mut()
                .copy_from_slice(&fill);
            let exit = call_on(&mut store, core, func as u32, &before.slots);
            let context = std::format!(
                "{} {:?} on {:x?}, {core:?}, addresses of {} bits",
                op.info().name,
                cases[func],
                before.slots,
                if is_wide { 64 } else { 32 }
            );
            let mut got = store.memory(0).unwrap().bytes().to_vec();
            for memory in [&mut got, &mut after.memory] {
                together::without_payload(&case, &before, memory);
            }
            #[cfg(feature = "simd")]
            for memory in [&mut got, &mut after.memory] {
                parts::without_payloads(&case, &before, memory);
            }
            assert!(got == after.memory, "memory after {context}");
            if let Err(trap) = expected {
                assert_eq!(exit, Exit::Trap(trap), "{context}");
                drop_activation(&mut store);
                continue;
            }
            let mut got = results(&store, exit);
            assert_eq!(got.pop(), Some(after.taken), "{context}");
            forget_payload(&case, &mut got, &after.slots);
            #[cfg(feature = "simd")]
            for slots in [&mut got, &mut after.slots] {
                without_payloads(&case, slots);
            }
            assert_eq!(got, after.slots, "{context}");
        }
    }
}

#[test]
fn every_instruction_computes_what_its_row_says() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let elsewhere: BTreeSet<Op> = ELSEWHERE.iter().copied().collect();
    for &op in ALL {
        if !elsewhere.contains(&op) && is_there(op) {
            check(op, &mut random, false);
            if cfg!(feature = "memory64") && op.info().memory_zero {
                check(op, &mut random, true);
            }
        }
    }
}
