//! Function bodies: control flow, frames and records. Operands are in `operands.rs`.

use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{FRAME, Harness, error_of, find, func_type, repair, rich_module, verify_all};
use crate::image::Signature;
use crate::image::features;
use crate::image::section::Kind as SectionKind;
use crate::image::types::{ExternKind, MemoryType, val};
use crate::image::write::tests::{MEMORY, code, rich};
use crate::image::write::{FuncSpec, ImageSpec, ModuleSpec, align, write};
use crate::isa::{Op, table_label};
use crate::verify::{Limits, VerifiedImage};

const ENTER: (Op, &[i64]) = (Op::Enter, &[FRAME as i64, 1]);
const FUEL: (Op, &[i64]) = (Op::Fuel, &[1]);
const FREE: (Op, &[i64]) = (Op::Fuel, &[0]);
const TRAP: (Op, &[i64]) = (Op::Trap, &[0]);

fn check(instructions: &[(Op, &[i64])]) -> Result<(), Kind> {
    let mut module = rich_module();
    module.features |= features::TAIL_CALL | features::FLOATS;
    Harness::new(module).check(&code(instructions))
}

#[test]
fn functions_start_with_enter_and_end_with_a_terminator() {
    assert_eq!(check(&[ENTER, TRAP]), Ok(()));
    assert_eq!(check(&[]), Err(Kind::BadFuncRecord));
    assert_eq!(check(&[FUEL, TRAP]), Err(Kind::NoEnter));
    assert_eq!(check(&[ENTER]), Err(Kind::NoTerminator));
    assert_eq!(check(&[ENTER, FUEL]), Err(Kind::NoTerminator));
    assert_eq!(check(&[ENTER, (Op::Mov, &[0, 1])]), Err(Kind::NoTerminator));
    assert_eq!(
        check(&[ENTER, FUEL, (Op::BrNz, &[0, -1])]),
        Err(Kind::NoTerminator)
    );
}

#[test]
fn accumulator_operands_are_what_the_instruction_before_has_left() {
    let wrong = Err(Kind::NotAccumulated);
    let use_of = |slot: &'static [i64; 3]| (Op::I32AddAccLhs, &slot[..]);
    let after = |before: (Op, &[i64]), slot| check(&[ENTER, before, use_of(slot), TRAP]);
    assert_eq!(after((Op::Mov, &[3, 1]), &[0, 3, 1]), Ok(()));
    assert_eq!(after((Op::Mov, &[3, 1]), &[0, 1, 3]), wrong, "another slot");
    // Of a word that two slots share, the one that is written counts; and such a word may name it.
    assert_eq!(after((Op::MovShort, &[3, 1]), &[0, 3, 1]), Ok(()));
    assert_eq!(after((Op::MovShort, &[3, 1]), &[0, 1, 3]), wrong);
    let short = |slot| {
        [
            ENTER,
            (Op::MovShort, &[3, 1]),
            (Op::Store32AccSrcShort, slot),
            TRAP,
        ]
    };
    assert_eq!(check(&short(&[1, 3, 0])), Ok(()), "in the high byte");
    assert_eq!(check(&short(&[3, 1, 0])), wrong, "in the high byte");
    assert_eq!(
        after((Op::F64Add, &[3, 1, 1]), &[0, 3, 1]),
        wrong,
        "another accumulator"
    );
    assert_eq!(
        after((Op::MemorySize, &[3, 0]), &[0, 3, 1]),
        wrong,
        "no accumulator"
    );
    assert_eq!(
        after((Op::Mov2, &[3, 1, 3, 1]), &[0, 3, 1]),
        wrong,
        "no accumulator"
    );
    assert_eq!(
        after((Op::Store32, &[3, 3, 3]), &[0, 3, 1]),
        wrong,
        "nothing written"
    );
    assert_eq!(after(FUEL, &[0, 1, 1]), wrong, "a label");
    assert_eq!(
        check(&[ENTER, use_of(&[0, 2, 1]), TRAP]),
        wrong,
        "the first"
    );
    // Not the one before that, nor across an extension word that looks like an instruction.
    let two = [
        ENTER,
        (Op::Mov, &[3, 1]),
        (Op::Store32, &[0, 0, 0]),
        use_of(&[0, 3, 1]),
        TRAP,
    ];
    assert_eq!(check(&two), wrong);
    let far = |op| [ENTER, op, use_of(&[0, 3, 1]), TRAP];
    assert_eq!(check(&far((Op::Load8UFar, &[3, 1, 0]))), Ok(()));
    assert_eq!(check(&far((Op::CallTiny, &[4, 3, 0]))), wrong);
    let chain = [
        ENTER,
        (Op::Mov, &[3, 1]),
        use_of(&[3, 3, 1]),
        use_of(&[5, 3, 1]),
        TRAP,
    ];
    assert_eq!(check(&chain), Ok(()));
}

/// Slots that are part of an opcode are below the frame size too, and are found by what reads an accumulator.
#[test]
fn slots_in_opcodes() {
    let of = |frame: i64, body: &[(Op, &[i64])]| {
        let enter = [frame, 1];
        let mut list = Vec::from([(Op::Enter, &enter[..])]);
        list.extend_from_slice(body);
        error_of(ModuleSpec {
            types: [func_type(&[], &[val::I64])].into(),
            funcs: Vec::from([FuncSpec {
                type_idx: 0,
                frame: frame as u16,
                refs: 0,
                code: code(&list),
            }]),
            ..ModuleSpec::default()
        })
    };
    let out = Err(Kind::SlotOutOfRange);
    for (op, last) in [(Op::Const0, 31), (Op::Const1, 18), (Op::ConstOnes, 7)] {
        assert_eq!(of(last + 1, &[(op, &[last]), TRAP]), Ok(()), "{op:?}");
        assert_eq!(of(last, &[(op, &[last]), TRAP]), out, "{op:?}");
        let read = |slot: i64| of(40, &[(op, &[2]), (Op::I32AddAccLhs, &[0, slot, 1]), TRAP]);
        assert_eq!(read(2), Ok(()), "{op:?}");
        assert_eq!(read(3), Err(Kind::NotAccumulated), "{op:?}");
    }
    assert_eq!(of(5, &[(Op::Ret1Tiny, &[4])]), Ok(()));
    assert_eq!(of(4, &[(Op::Ret1Tiny, &[4])]), out);
    let acc = |slot: &[i64]| of(5, &[(Op::Mov, &[1, 0]), (Op::Ret1AccSrcTiny, slot)]);
    assert_eq!(acc(&[1]), Ok(()));
    assert_eq!(acc(&[0]), Err(Kind::NotAccumulated));
}

#[test]
fn blocks_begin_after_branches_and_terminators() {
    assert_eq!(check(&[ENTER, TRAP, TRAP]), Err(Kind::NoFuelWord));
    assert_eq!(check(&[ENTER, TRAP, FUEL, TRAP]), Ok(()));
    assert_eq!(
        check(&[ENTER, FUEL, (Op::BrNz, &[0, -1]), TRAP]),
        Err(Kind::NoFuelWord)
    );
    assert_eq!(
        check(&[ENTER, FUEL, (Op::BrNz, &[0, -1]), FUEL, TRAP]),
        Ok(())
    );
    // All words of an instruction come before the block.
    let ret = (Op::ReturnCall, &[1, 0][..]);
    assert_eq!(check(&[ENTER, ret, FUEL, TRAP]), Ok(()));
    assert_eq!(check(&[ENTER, ret, TRAP]), Err(Kind::NoFuelWord));
}

#[test]
fn labels_lead_to_fuel_only() {
    let br = |label: i64| {
        check(&[
            ENTER,
            FUEL,
            (Op::BrFar, &[label]),
            FUEL,
            (Op::ConstU32, &[0, 2]),
            TRAP,
        ])
    };
    assert_eq!(br(-1), Ok(()));
    assert_eq!(br(3), Ok(()));
    // `enter` and its fuel, the branch itself, other instructions and their operands, the end, and beyond.
    let wrong = [-2, -3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 1000, -4, -1000];
    for label in wrong
        .into_iter()
        .chain([i64::from(i32::MIN), i64::from(i32::MAX)])
    {
        assert_eq!(br(label), Err(Kind::BadLabel), "{label}");
    }
    // At the end of the function there is half of `enter`, or something else for its other half.
    let mut words = code(&[ENTER]);
    words.pop();
    assert_eq!(Harness::rich().check(&words), Err(Kind::CutOff));
    words.extend(code(&[TRAP]));
    assert_eq!(Harness::rich().check(&words), Err(Kind::NoFuelWord));
}

#[test]
fn branch_tables() {
    let table = |n: i64, targets: &[i32]| {
        let mut words = code(&[ENTER, FUEL, (Op::BrTable, &[3, n])]);
        words.extend(targets.iter().flat_map(|&target| table_label(target)));
        words.extend(code(&[FUEL, TRAP]));
        Harness::rich().check(&words)
    };
    assert_eq!(table(1, &[-1, 8]), Ok(()));
    assert_eq!(table(0, &[6]), Ok(()));
    // Too many and too few targets for n.
    assert_eq!(table(0, &[8, 8]), Err(Kind::NoFuelWord));
    assert_eq!(table(0, &[-1, 8]), Err(Kind::NoFuelWord));
    assert_eq!(table(4, &[-1, -1]), Err(Kind::CutOff));
    for n in [1 << 30, i64::from(i32::MAX), i64::from(u32::MAX)] {
        assert_eq!(table(n, &[6]), Err(Kind::CutOff));
    }
    assert_eq!(table(1, &[8, 9]), Err(Kind::BadLabel));
    assert_eq!(table(1, &[1, 8]), Err(Kind::BadLabel));
    // With labels of a word.
    let table = |n: i64, targets: &[i16]| {
        let mut words = code(&[ENTER, FUEL, (Op::BrTableShort, &[3, n])]);
        words.extend(targets.iter().map(|&target| target as u16));
        words.extend(code(&[FUEL, TRAP]));
        Harness::rich().check(&words)
    };
    assert_eq!(table(1, &[-1, 5]), Ok(()));
    assert_eq!(table(0, &[4]), Ok(()));
    assert_eq!(table(0, &[5, 5]), Err(Kind::NoFuelWord));
    assert_eq!(table(0, &[-1, 5]), Err(Kind::NoFuelWord));
    for n in [5, 0x7fff, 0xffff] {
        assert_eq!(table(n, &[-1, -1]), Err(Kind::CutOff), "{n}");
    }
    assert_eq!(table(1, &[5, 6]), Err(Kind::BadLabel));
    assert_eq!(table(1, &[1, 5]), Err(Kind::BadLabel));
}

#[test]
fn loops_and_calls_cost_something() {
    assert_eq!(check(&[ENTER, FREE, (Op::Br, &[-1])]), Err(Kind::FreeCycle));
    assert_eq!(check(&[ENTER, FUEL, (Op::Br, &[-1])]), Ok(()));
    // Two blocks, one of which costs something.
    assert_eq!(check(&[ENTER, FREE, FUEL, (Op::Br, &[-2])]), Ok(()));
    assert_eq!(check(&[ENTER, FUEL, FREE, (Op::Br, &[-2])]), Ok(()));
    assert_eq!(
        check(&[ENTER, FREE, FREE, (Op::Br, &[-2])]),
        Err(Kind::FreeCycle)
    );
    // A block in between does not help: a branch may go around it.
    assert_eq!(
        check(&[ENTER, FREE, FUEL, FREE, (Op::Br, &[-3])]),
        Err(Kind::FreeCycle)
    );
    let mut words = code(&[ENTER, FREE, (Op::BrTable, &[0, 1])]);
    words.extend([8, -1].into_iter().flat_map(table_label));
    words.extend(code(&[FUEL, TRAP]));
    assert_eq!(Harness::rich().check(&words), Err(Kind::FreeCycle));
    for (op, operands) in [
        (Op::CallTiny, &[1, 0, 3][..]),
        (Op::CallShort, &[1, 0, 3]),
        (Op::CallImportShort, &[1, 0, 0]),
        (Op::CallIndirectShort, &[1, 0, 0, 0, 1]),
        (Op::ReturnCall, &[1, 3]),
        (Op::ReturnCallImport, &[1, 0]),
        (Op::ReturnCallIndirect, &[1, 0, 0, 1]),
    ] {
        let end = if op.info().control.is_terminator() {
            FUEL
        } else {
            FREE
        };
        assert_eq!(check(&[ENTER, (op, operands), end, TRAP]), Ok(()), "{op:?}");
        let free = check(&[ENTER, FREE, (op, operands), end, TRAP]);
        assert_eq!(free, Err(Kind::FreeCycle), "{op:?}");
    }
}

#[test]
fn windows_hold_arguments_and_results() {
    // Type 2 has one parameter and two results, type 1 the other way round.
    let call = |base, dst, type_idx| {
        check(&[
            ENTER,
            (Op::CallIndirectShort, &[base, dst, 0, 0, type_idx]),
            TRAP,
        ])
    };
    assert_eq!(call(98, 98, 2), Ok(()));
    assert_eq!(call(99, 98, 2), Ok(()));
    assert_eq!(call(100, 98, 2), Err(Kind::WindowOutOfRange));
    assert_eq!(call(1, 99, 2), Err(Kind::WindowOutOfRange));
    assert_eq!(call(98, 99, 1), Ok(()));
    assert_eq!(call(99, 0, 1), Err(Kind::WindowOutOfRange));
    // Nothing to hold: the frame's end will do, and no destination.
    assert_eq!(call(100, 0, 0), Ok(()));
    assert_eq!(call(101, 0, 0), Err(Kind::WindowOutOfRange));
    assert_eq!(call(0, 0, 0), Err(Kind::WindowOutOfRange));
    let tail = |base| check(&[ENTER, (Op::ReturnCallIndirect, &[base, 0, 0, 1])]);
    assert_eq!(tail(98), Ok(()));
    assert_eq!(tail(99), Err(Kind::WindowOutOfRange));
    assert_eq!(tail(0), Err(Kind::WindowOutOfRange));
}

#[test]
fn returns_have_the_results_of_the_function() {
    let mut harness = Harness::rich();
    let mut check = |results: u16, op, operands: &[i64]| {
        let (type_idx, params) = [(0, 0), (1, 2), (2, 1)][usize::from(results)];
        harness.set_type(type_idx, params, results);
        harness.check(&code(&[ENTER, (op, operands)]))
    };
    let wrong = Err(Kind::WrongResultCount);
    assert_eq!(
        [0, 1, 2].map(|results| check(results, Op::Ret, &[])),
        [Ok(()), wrong, wrong]
    );
    assert_eq!(
        [0, 1, 2].map(|results| check(results, Op::Ret1, &[5])),
        [wrong, Ok(()), wrong]
    );
    assert_eq!(
        [0, 1, 2].map(|results| check(results, Op::Ret1I32Add, &[5, 4])),
        [wrong, Ok(()), wrong]
    );
    assert_eq!(
        [0, 1, 2].map(|results| check(results, Op::Ret1Const, &[500])),
        [wrong, Ok(()), wrong]
    );
    assert_eq!(
        [0, 1, 2].map(|results| check(results, Op::RetN, &[5, 2])),
        [wrong, wrong, Ok(())]
    );
    // `ret_n` is for two and more.
    assert_eq!(check(1, Op::RetN, &[5, 1]), wrong);
    assert_eq!(check(0, Op::RetN, &[5, 0]), wrong);
    assert_eq!(check(2, Op::RetN, &[99, 2]), Err(Kind::SlotOutOfRange));
}

#[test]
fn tail_calls_must_be_declared() {
    let words = code(&[ENTER, (Op::ReturnCall, &[1, 3])]);
    assert_eq!(Harness::rich().check(&words), Err(Kind::FeatureNotDeclared));
    let func = FuncSpec {
        type_idx: 1,
        frame: FRAME,
        refs: 0,
        code: words,
    };
    let mut module = rich_module();
    module.funcs.push(func);
    assert_eq!(
        error_of(module),
        Ok(()),
        "the writer sees tail calls itself"
    );
}

#[test]
fn memory_zero_is_there() {
    let check = |memories: &[MemoryType]| {
        error_of(ModuleSpec {
            types: [func_type(&[], &[])].into(),
            memories: memories.to_vec(),
            funcs: Vec::from([FuncSpec {
                type_idx: 0,
                frame: 2,
                refs: 0,
                code: code(&[(Op::Enter, &[2, 1]), (Op::Load32, &[0, 1, 4]), TRAP]),
            }]),
            ..ModuleSpec::default()
        })
    };
    let wide = MemoryType {
        is64: true,
        ..MEMORY
    };
    let small_pages = MemoryType {
        page_log2: 0,
        ..MEMORY
    };
    assert_eq!(check(&[]), Err(Kind::NoMemoryZero));
    for memories in [&[MEMORY][..], &[wide, MEMORY], &[small_pages]] {
        assert_eq!(check(memories), Ok(()), "{memories:?}");
    }
}

/// Changes the record of function 0 of the rich image.
fn with_record(change: impl Fn(&mut [u8])) -> Result<(), Kind> {
    let mut bytes = align(&write(&rich()).unwrap());
    let at = find(&bytes, SectionKind::Func).1.offset as usize;
    change(&mut bytes[at..at + 8]);
    verify_all(&bytes, &Limits::DEFAULT)
}

#[test]
fn records_are_those_of_their_functions() {
    let patch = |at: usize, value: u32| {
        with_record(|record| record[at..at + 4].copy_from_slice(&value.to_le_bytes()))
    };
    let bad = Err(Kind::BadFuncRecord);
    assert_eq!(with_record(|_| ()), Ok(()));
    // In the stubs, where the next one begins, behind that, beyond the code.
    let bytes = align(&write(&rich()).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let next = image.module(0).func(1).code_word;
    for start in [5, next, next + 1, 1000, u32::MAX] {
        assert_eq!(patch(0, start), bad, "{start}");
    }
    let signature =
        |type_idx, params, results| patch(4, Signature::new(type_idx, params, results).0);
    assert_eq!(signature(1, 2, 1), Ok(()));
    for (type_idx, params, results) in [(2, 2, 1), (3, 2, 1), (1, 1, 1), (1, 2, 0)] {
        assert_eq!(signature(type_idx, params, results), bad);
    }
    // "As many as the type says", of few.
    assert_eq!(signature(1, 63, 1), Ok(()));
    assert_eq!(signature(1, 2, 63), Ok(()));
}

/// A frame has room for the parameters and is not larger than the header says.
#[test]
fn frames_are_as_large_as_they_must_and_may_be() {
    let with = |frame: u16, most: u32| {
        let mut bytes = align(&write(&rich()).unwrap());
        let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
        let start = image.module(0).func(0).code_word;
        let at = (find(&bytes, SectionKind::Code).1.offset + start * 2) as usize;
        bytes[at..at + 2].copy_from_slice(&(0x8000 | frame).to_le_bytes());
        bytes[44..48].copy_from_slice(&most.to_le_bytes());
        repair(&mut bytes);
        verify_all(&bytes, &Limits::DEFAULT)
    };
    assert_eq!(with(8, 8), Ok(()));
    assert_eq!(with(9, 9), Ok(()));
    assert_eq!(with(9, 8), Err(Kind::BadFuncRecord));
    assert_eq!(with(1, 8), Err(Kind::BadFuncRecord));
    assert_eq!(with(0, 8), Err(Kind::NoEnter));
    assert_eq!(with(6, 8), Err(Kind::WindowOutOfRange));
}

/// References lie behind the parameters, and in the frame; there are as many numbers of them as functions.
#[test]
fn references_have_their_place_in_the_frame() {
    let mut module = rich_module();
    module.funcs[0].refs = 6;
    let image = ImageSpec {
        modules: [module].into(),
        build_id: 0,
    };
    let bytes = align(&write(&image).unwrap());
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
    let (entry, refs) = find(&bytes, SectionKind::Refs);
    assert_eq!(refs.len, 3 * 2);
    for wrong in [7, 0xffff] {
        let mut bytes = align(&bytes);
        let at = refs.offset as usize;
        bytes[at..at + 2].copy_from_slice(&u16::to_le_bytes(wrong));
        assert_eq!(
            verify_all(&bytes, &Limits::DEFAULT),
            Err(Kind::BadFuncRecord)
        );
    }
    // Two bytes less, which become the first two of what follows: bytes of data.
    let data = find(&bytes, SectionKind::Data).0;
    let mut shorter = align(&bytes);
    shorter[entry + 4] -= 2;
    shorter[data + 4] += 2;
    repair(&mut shorter);
    assert_eq!(
        verify_all(&shorter, &Limits::DEFAULT),
        Err(Kind::BadFuncRecord)
    );
}

/// The last function ends with the code, and is not empty either.
#[test]
fn the_last_function_ends_with_the_code() {
    let bytes = align(&write(&rich()).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let words: u32 = (0..3).map(|i| module.func(i).words).sum();
    assert_eq!(
        words as usize + crate::isa::PROLOGUE.len(),
        module.code().len()
    );
    let end = module.code().len() as u32;
    let mut moved = align(&write(&rich()).unwrap());
    let at = find(&moved, SectionKind::Func).1.offset as usize + 2 * 8;
    moved[at..at + 4].copy_from_slice(&end.to_le_bytes());
    let image = VerifiedImage::verify(&moved, &Limits::DEFAULT).unwrap();
    let error = image.module(0).verify_func(2).unwrap_err();
    assert_eq!(error.kind(), Kind::BadFuncRecord);
}

#[test]
fn errors_say_where_and_only_bad_functions_are_refused() {
    let mut bytes = align(&write(&rich()).unwrap());
    let code_at = find(&bytes, SectionKind::Code).1.offset;
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let second = image.module(0).func(1).code_word;
    let offset = code_at + (second + 2) * 2;
    bytes[offset as usize] = 0xff;
    bytes[offset as usize + 1] = 0xff;
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    assert_eq!(module.verify_func(0), Ok(()));
    assert_eq!(module.verify_func(2), Ok(()));
    let error = module.verify_func(1).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Kind::UnknownOp, offset));
    let missing = module.verify_func(3).unwrap_err();
    assert_eq!(missing.kind(), Kind::IndexOutOfRange);
    assert_eq!(
        module.verify_func(u32::MAX).unwrap_err().kind(),
        Kind::IndexOutOfRange
    );
    assert_eq!(module.export("run"), Some((ExternKind::Func, 2)));
}
