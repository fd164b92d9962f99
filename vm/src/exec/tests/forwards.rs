//! What an instruction leaves in an accumulator, and the next one takes from there, on all cores: which of them read it there must not matter.

use wrt_format::isa::{ALL, Op, Role};

use super::elsewhere::ELSEWHERE;
use super::operands::{PRODUCERS, operands, producer};
use super::ops::{MEMORY, SLOTS, function, is_there, is_vector, slots};
use super::*;

/// The results and the memory of one run, or how it ended.
fn outcome(
    store: &mut Store<'_>,
    core: Core,
    func: u32,
    slots: &[u64],
) -> (Exit, Vec<u64>, Vec<u8>) {
    let fill = (0..MEMORY).map(|i| (i * 37 + i / 256) as u8);
    let memory = store.memory_mut(0).unwrap().bytes_mut();
    memory
        .iter_mut()
        .zip(fill)
        .for_each(|(byte, value)| *byte = value);
    let exit = call_on(store, core, func, slots);
    let mut values = Vec::new();
    if exit == Exit::Done {
        values = results(store, exit);
    } else {
        drop_activation(store);
    }
    (exit, values, store.memory(0).unwrap().bytes().to_vec())
}

/// Runs functions of that many slots on all cores.
fn compare(funcs: Vec<Asm>, op: Op, random: &mut Random, context: &str) {
    let count = funcs.len() as u32;
    let mut store = alone(ModuleSpec {
        types: std::vec![longs(SLOTS, SLOTS + 1)],
        memories: std::vec![memory_type(1, Some(1))],
        funcs: funcs.iter().map(|asm| asm.func(0)).collect(),
        ..ModuleSpec::default()
    });
    for func in 0..2 * count {
        let mut slots = slots(op, random, false);
        if op.info().floats {
            // No NaN: which of two NaNs arithmetic gives is open.
            slots
                .iter_mut()
                .for_each(|slot| *slot &= !(1 << 62 | 1 << 30));
        }
        let mut run = |core| outcome(&mut store, core, func % count, &slots);
        let wanted = run(Core::Loop);
        for core in cores() {
            assert!(
                run(core) == wanted,
                "{} {context}, {core:?}",
                op.info().name
            );
        }
    }
}

/// An operand of the instruction behind something that leaves it.
fn check(op: Op, operand: usize, left: (usize, Op), random: &mut Random) {
    let one = |_| {
        let mut operands = operands(op, random);
        operands[operand] = operands[left.0];
        function(op, &mut operands, Some(left))
    };
    let funcs = (0..4).map(one).collect();
    compare(
        funcs,
        op,
        random,
        &std::format!("operand {operand} behind {left:?}"),
    );
}

/// Whether these tests can run it.
fn is_tested(op: Op) -> bool {
    !ELSEWHERE.contains(&op) && is_there(op) && !is_vector(op)
}

#[test]
fn an_operand_that_was_just_written_is_the_one_in_its_slot() {
    let mut random = Random(0x5851_f42d_4c95_7f2d);
    for &op in ALL.iter().filter(|&&op| is_tested(op)) {
        for (operand, field) in op.info().fields.iter().enumerate() {
            if field.role != Role::Use {
                continue;
            }
            match producer(op) {
                Some(left) => check(op, operand, left, &mut random),
                None => PRODUCERS
                    .into_iter()
                    .filter(|&(_, before)| is_there(before))
                    .for_each(|(_, before)| check(op, operand, (operand, before), &mut random)),
            }
        }
    }
}

/// Instructions that take all of what is left in an accumulator from there, and where they have it.
const TAKERS: [(Role, Op); 3] = [
    (Role::DefAcc, Op::I64Ne),
    (Role::DefF64, Op::F64Abs),
    (Role::DefF32, Op::F64PromoteF32),
];

#[test]
fn whatever_leaves_something_in_an_accumulator_leaves_what_is_in_its_slot() {
    let mut random = Random(0x1405_7b7e_f767_814f);
    let mut checked = 0;
    for &op in ALL
        .iter()
        .filter(|&&op| is_tested(op) && producer(op).is_none())
    {
        let left = op
            .info()
            .fields
            .iter()
            .enumerate()
            .rev()
            .find_map(|(i, field)| {
                let (_, taker) = TAKERS.into_iter().find(|(role, _)| *role == field.role)?;
                Some((i, taker))
            });
        let Some((operand, taker)) = left else {
            continue;
        };
        let one = |_| {
            let operands = operands(op, &mut random);
            let (slot, other) = (operands[operand], (operands[operand] + 1) % SLOTS as i64);
            let mut asm = Asm::new(SLOTS as u16 + 1, 1);
            asm.op(Op::ConstU32, &[SLOTS as i64, 0]);
            asm.op(op, &operands).op(taker, &[other, slot, other]);
            asm.op(Op::RetN, &[0, SLOTS as i64 + 1]);
            asm
        };
        let funcs = (0..4).map(one).collect();
        compare(
            funcs,
            op,
            &mut random,
            &std::format!("in front of {taker:?}"),
        );
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
}
