//! Every instruction behind one that leaves one of its operands in an accumulator, on all cores: which of them read it there must not matter.

use wrt_format::isa::{ALL, Op, Role};

use super::elsewhere::ELSEWHERE;
use super::operands::operands;
use super::ops::{MEMORY, SLOTS, function, is_there, producer, slots};
use super::*;

/// Instructions that leave something in an accumulator, and in the slot that they have read: one for each.
const PRODUCERS: [Op; 3] = [Op::Mov, Op::F64Neg, Op::F32Neg];

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

fn check(op: Op, operand: usize, left: (usize, Op), random: &mut Random) {
    let mut module = ModuleSpec {
        types: std::vec![longs(SLOTS, SLOTS + 1)],
        memories: std::vec![memory_type(1, Some(1))],
        ..ModuleSpec::default()
    };
    for _ in 0..4 {
        let mut operands = operands(op, random);
        operands[operand] = operands[left.0];
        module
            .funcs
            .push(function(op, &mut operands, Some(left)).func(0));
    }
    let funcs = module.funcs.len() as u32;
    let mut store = alone(module);
    for func in 0..2 * funcs {
        let mut slots = slots(op, random, false);
        if op.info().floats {
            // No NaN: which of two NaNs arithmetic gives is open.
            slots
                .iter_mut()
                .for_each(|slot| *slot &= !(1 << 62 | 1 << 30));
        }
        let mut run = |core| outcome(&mut store, core, func % funcs, &slots);
        let wanted = run(Core::Loop);
        for core in cores() {
            let name = op.info().name;
            assert!(
                run(core) == wanted,
                "{name}, operand {operand} behind {left:?}, {core:?}"
            );
        }
    }
}

#[test]
fn an_operand_that_was_just_written_is_the_one_in_its_slot() {
    let mut random = Random(0x5851_f42d_4c95_7f2d);
    for &op in ALL {
        let is_vector = op.info().fields.iter().any(|field| field.role.is_pair());
        if ELSEWHERE.contains(&op) || !is_there(op) || is_vector {
            continue;
        }
        for (operand, field) in op.info().fields.iter().enumerate() {
            if field.role != Role::Use {
                continue;
            }
            match producer(op) {
                Some(left) => check(op, operand, left, &mut random),
                None => PRODUCERS
                    .into_iter()
                    .filter(|&before| is_there(before))
                    .for_each(|before| check(op, operand, (operand, before), &mut random)),
            }
        }
    }
}
