//! Every operand of every instruction: the last value allowed, the first forbidden, and the greatest.

use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{FRAME, Harness, rich_module};
use crate::image::features;
use crate::image::types::{Composite, ConstOp, FieldType, GlobalType, val};
use crate::image::write::{
    ConstExpr, ExternSpec, FuncTypeSpec, GlobalSpec, ImportSpec, ModuleSpec,
};
use crate::isa::{
    ALL, Control, Field, MAX_BLOCK_COST, MAX_SHIFT, Op, OpInfo, Role, encode, fits, is_fuel,
    label_words, table_label, table_of,
};
use crate::trap::Trap;

/// Types of the rich module, all of functions; behind them is one of structs, then those of arrays with elements of 1 to 16 bytes.
const FUNC_TYPES: i64 = 3;
/// The type of structs: of a v128 at 8, so of 24 bytes.
const STRUCT: i64 = FUNC_TYPES;
const ARRAYS: i64 = STRUCT + 1;
const TYPES: i64 = ARRAYS + 5;

/// The rich module with a mutable global of type v128, another one imported, and types of structs and arrays.
fn module() -> ModuleSpec {
    let ty = GlobalType {
        ty: val::V128,
        mutable: true,
    };
    let mut module = rich_module();
    module.imports.push(ImportSpec {
        module: "env".into(),
        name: "v".into(),
        ty: ExternSpec::Global(ty),
    });
    // One imported global more moves the defined ones.
    module.globals[3].init = ConstExpr(Vec::from([ConstOp::GlobalGet(5)]));
    let halves = [ConstOp::Const(1), ConstOp::Const(u64::MAX), ConstOp::V128];
    module.globals.push(GlobalSpec {
        ty,
        init: ConstExpr(halves.to_vec()),
    });
    module.features |= features::TAIL_CALL | features::THREADS | features::FLOATS;
    let field = |ty| FieldType { ty, mutable: true };
    let of = |composite, fields: &[FieldType]| FuncTypeSpec {
        composite,
        fields: fields.to_vec(),
        ..FuncTypeSpec::default()
    };
    let fields = [val::I8, val::V128].map(field);
    module.types.push(of(Composite::Struct, &fields));
    for elem in [val::I8, val::I16, val::F32, val::ANYREF, val::V128] {
        module.types.push(of(Composite::Array, &[field(elem)]));
    }
    module
}

/// A value of the operand with which the instruction is valid, in the function that [`around`] makes.
fn valid(info: &OpInfo, role: Role) -> i64 {
    match role {
        Role::Window => 1,
        Role::Label16 | Role::Label32 => i64::from(info.words),
        Role::Frame => i64::from(FRAME),
        Role::BlockCost | Role::Cost => 1,
        // 0 beside a label of 3 words would look like `fuel`.
        Role::ImmS16 => 1,
        // The results of type 2.
        Role::Count => 2,
        Role::CollectedType | Role::StructType => STRUCT,
        Role::ArrayType | Role::Array8 => ARRAYS,
        Role::Array16 => ARRAYS + 1,
        Role::Array32 => ARRAYS + 2,
        Role::Array64 => ARRAYS + 3,
        Role::Array128 => ARRAYS + 4,
        // The callee with the same results as the caller, of type 1.
        Role::Type => 1,
        // The only mutable ones of their width.
        Role::DefinedGlobal => 4 * i64::from(is_vector(info)),
        Role::ImportGlobal => 1 + i64::from(is_vector(info)),
        Role::Def
        | Role::DefAcc
        | Role::DefF32
        | Role::DefF64
        | Role::Use
        | Role::Acc
        | Role::AccF32
        | Role::AccF64
        | Role::Mod
        | Role::Def128
        | Role::Use128
        | Role::Mod128
        | Role::UseSpan
        | Role::DefSpan
        | Role::SpanLen
        | Role::Field8
        | Role::Field16
        | Role::Field32
        | Role::Field64
        | Role::Field128
        | Role::RefKinds
        | Role::Results
        | Role::Wide
        | Role::ImmU16
        | Role::ImmS32
        | Role::ImmU32
        | Role::Shift
        | Role::Lane16
        | Role::Lane8
        | Role::Lane4
        | Role::Lane2
        | Role::TargetCount
        | Role::TrapCode
        | Role::DefinedFunc
        | Role::NearFunc
        | Role::ImportFunc
        | Role::Func
        | Role::Tag
        | Role::Mem
        | Role::Table
        | Role::Elem
        | Role::Data
        | Role::Const
        | Role::Const128 => 0,
    }
}

/// Whether it is an instruction on vectors.
fn is_vector(info: &OpInfo) -> bool {
    info.fields.iter().any(|field| field.role.is_pair())
}

/// First slots of an operand, and what the verifier says to them.
fn slots(last: i64) -> Vec<(i64, Result<(), Kind>)> {
    let out = [last + 1, 0x7fff, 0x8000, 0x8001, 0xffff];
    let out = out.map(|slot| (slot, Err(Kind::SlotOutOfRange)));
    [(last, Ok(()))].into_iter().chain(out).collect()
}

/// The one value that is right, and others.
fn only(right: i64, wrong: &[i64], kind: Kind) -> Vec<(i64, Result<(), Kind>)> {
    let wrong = wrong.iter().map(|&value| (value, Err(kind)));
    [(right, Ok(()))].into_iter().chain(wrong).collect()
}

/// Values of the operand and what the verifier says to them.
fn cases(info: &OpInfo, field: &Field) -> Vec<(i64, Result<(), Kind>)> {
    if let Some(own) = field.place.counted() {
        // Slots are below the frame's size, and any immediate will do.
        let value = |byte: u8| (i64::from(byte) - i64::from(own.zero)) << own.shift;
        return [own.first, own.last]
            .map(|byte| (value(byte), Ok(())))
            .to_vec();
    }
    let mut cases = usual_cases(info, field.role);
    let (role, bits) = (field.role, field.place.bits);
    let usual = cases.len();
    cases.retain(|&(value, _)| fits(field, value));
    if cases.len() < usual {
        // Some of them have no room. The greatest that has is as right or as wrong as the greatest of the usual width, and so is the least.
        let (least, most) = if role.is_signed() {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            (0, (1i64 << bits) - 1)
        };
        let greatest = usual_cases(info, role).into_iter().max_by_key(|it| it.0);
        match greatest.and_then(|it| it.1.err()) {
            Some(kind) => cases.push((most, Err(kind))),
            None => cases.extend([(least, Ok(())), (most, Ok(()))]),
        }
    }
    cases
}

/// The same for an operand of its role's usual width. Counts are those of the rich module with two functions more.
fn usual_cases(info: &OpInfo, role: Role) -> Vec<(i64, Result<(), Kind>)> {
    let frame = i64::from(FRAME);
    let index = |count: i64, max: i64| {
        let out = Err(Kind::IndexOutOfRange);
        [(count - 1, Ok(())), (count, out), (max, out)].to_vec()
    };
    let (wide, narrow) = (i64::from(u32::MAX), i64::from(u16::MAX));
    let any = |min: i64, max: i64| [(min, Ok(())), (max - 1, Ok(())), (max, Ok(()))].to_vec();
    let limit = |last: i64, max: i64, kind| {
        [(last, Ok(())), (last + 1, Err(kind)), (max, Err(kind))].to_vec()
    };
    match role {
        role if role.is_slot() => slots(frame - 1),
        Role::Def128 | Role::Use128 | Role::Mod128 => slots(frame - 2),
        Role::Lane16 | Role::Lane8 | Role::Lane4 | Role::Lane2 => limit(
            i64::from(role.lanes().unwrap()) - 1,
            narrow,
            Kind::BadImmediate,
        ),
        Role::Def | Role::DefAcc | Role::DefF32 | Role::DefF64 => unreachable!(),
        Role::Use | Role::Acc | Role::AccF32 | Role::AccF64 | Role::Mod => unreachable!(),
        Role::UseSpan => limit(frame - 2, narrow, Kind::SlotOutOfRange),
        Role::Count => only(2, &[0, 1, 3, narrow], Kind::WrongResultCount),
        // The other one is 0.
        Role::DefSpan | Role::SpanLen => limit(frame, narrow, Kind::SlotOutOfRange),
        Role::Window | Role::Results | Role::Wide => windows(info, role),
        Role::ImmS16 => any(i64::from(i16::MIN), i64::from(i16::MAX)),
        Role::ImmU16 => any(0, narrow),
        Role::ImmS32 => any(i64::from(i32::MIN), i64::from(i32::MAX)),
        Role::ImmU32 => any(0, wide),
        Role::Shift => limit(MAX_SHIFT.into(), narrow, Kind::BadImmediate),
        Role::Label16 | Role::Label32 => labels(info, role),
        Role::TargetCount => targets(),
        // Its own test is about what the header and the type say.
        Role::Frame => any(frame, frame),
        Role::BlockCost => any(0, MAX_BLOCK_COST.into()),
        Role::Cost => any(1, narrow),
        Role::TrapCode => limit(Trap::ALL.len() as i64 - 1, narrow, Kind::BadImmediate),
        Role::DefinedFunc => index(5, wide),
        Role::NearFunc => index(5, narrow),
        Role::ImportFunc | Role::Type | Role::DefinedGlobal | Role::ImportGlobal => {
            exceptions(info, role, index)
        }
        Role::CollectedType
        | Role::StructType
        | Role::ArrayType
        | Role::Array8
        | Role::Array16
        | Role::Array32
        | Role::Array64
        | Role::Array128 => types(info, role),
        Role::Field8 | Role::Field16 | Role::Field32 | Role::Field64 | Role::Field128 => {
            let last = 24 - i64::from(role.field_bytes().unwrap());
            limit(last, narrow, Kind::FieldOutOfRange)
        }
        Role::RefKinds => limit(31, narrow, Kind::BadImmediate),
        Role::Func => index(7, wide),
        Role::Tag => index(1, wide),
        Role::Mem => index(2, narrow),
        Role::Table => index(3, narrow),
        Role::Elem | Role::Data => index(4, wide),
        Role::Const => index(3, wide),
        Role::Const128 => index(2, wide),
    }
}

/// Where callees' frames and results go. The callee has two parameters and a result, the tag no values.
fn windows(info: &OpInfo, role: Role) -> Vec<(i64, Result<(), Kind>)> {
    let (frame, most) = (i64::from(FRAME), i64::from(u16::MAX));
    let out = Err(Kind::WindowOutOfRange);
    let throws = info.control == Control::Throw;
    if role == Role::Window {
        let last = frame - i64::from(!throws) * 2;
        return [(last, Ok(())), (last + 1, out), (most, out), (0, out)].to_vec();
    }
    if role == Role::Wide || throws {
        return only(0, &[1, 0x100, most], Kind::BadImmediate);
    }
    [(frame - 1, Ok(())), (frame, out), (most, out)].to_vec()
}

/// Types of structs or arrays: the one that is right, and all others, which are wrong.
fn types(info: &OpInfo, role: Role) -> Vec<(i64, Result<(), Kind>)> {
    let right = |ty| {
        ty == valid(info, role)
            || role == Role::CollectedType && ty >= STRUCT
            || role == Role::ArrayType && ty >= ARRAYS
    };
    let known = (0..TYPES).map(|ty| {
        (
            ty,
            if right(ty) {
                Ok(())
            } else {
                Err(Kind::TypeMismatch)
            },
        )
    });
    let out = [TYPES, i64::from(u32::MAX)].map(|ty| (ty, Err(Kind::IndexOutOfRange)));
    known.chain(out).collect()
}

/// Indices that the counts alone do not decide.
fn exceptions(
    info: &OpInfo,
    role: Role,
    index: impl Fn(i64, i64) -> Vec<(i64, Result<(), Kind>)>,
) -> Vec<(i64, Result<(), Kind>)> {
    let count = if matches!(role, Role::Type | Role::ImportGlobal) {
        3
    } else if role == Role::DefinedGlobal {
        5
    } else {
        2
    };
    let mut cases = index(count, i64::from(u32::MAX));
    if role == Role::Type {
        // What comes next is no function type.
        cases[1] = (count, Err(Kind::TypeMismatch));
        cases.push((TYPES, Err(Kind::IndexOutOfRange)));
    }
    if info.control == Control::TailCall {
        // The last import and the last type have not the results of the caller.
        cases[0] = (count - 1, Err(Kind::WrongResultCount));
    }
    if matches!(role, Role::DefinedGlobal | Role::ImportGlobal) {
        // The last ones are vectors.
        let wrong = Err(Kind::TypeMismatch);
        if is_vector(info) {
            cases.push((if role == Role::DefinedGlobal { 0 } else { 1 }, wrong));
        } else {
            cases[0] = (count - 1, wrong);
        }
    }
    if matches!(
        info.op,
        Op::GlobalSet | Op::GlobalSetShort | Op::GlobalSetAccSrc | Op::GlobalSetAccSrcShort
    ) {
        cases.push((3, Err(Kind::ImmutableGlobal)));
    } else if info.op == Op::GlobalSetImport {
        cases.push((0, Err(Kind::ImmutableGlobal)));
    }
    cases
}

fn targets() -> Vec<(i64, Result<(), Kind>)> {
    // With one more, the block behind the table is taken for a label.
    let cases = [
        (0, Ok(())),
        (1, Err(Kind::BadDecoys)),
        (i64::from(u32::MAX), Err(Kind::CutOff)),
    ];
    cases.to_vec()
}

fn labels(info: &OpInfo, role: Role) -> Vec<(i64, Result<(), Kind>)> {
    let words = i64::from(info.words);
    let bits = if role == Role::Label16 { 15 } else { 31 };
    let wrong = |label: i64| (label, Err(Kind::BadLabel));
    // From the branch back to the block that it ends.
    let start = -1 - 4 * i64::from(producer(info).is_some());
    let mut cases = [
        (words, Ok(())),
        // The block that the branch ends, which costs something.
        (start, Ok(())),
        wrong(0),
        wrong(1),
        // Behind `fuel`, both words of `enter`, and before the function.
        wrong(start + 1),
        wrong(start - 1),
        wrong(start - 2),
        wrong(start - 3),
        wrong(words + 1),
        wrong(words + 2),
        wrong(words + 4),
        wrong((1 << bits) - 1),
        wrong(-(1 << bits)),
    ]
    .to_vec();
    cases.retain(|&(label, expected)| label != words || expected.is_ok());
    cases
}

/// The operand that must be in an accumulator, and an instruction that leaves it there.
pub(super) fn producer(info: &OpInfo) -> Option<(usize, Op)> {
    let producers = [
        (Role::DefAcc, Op::I32Add),
        (Role::DefF32, Op::F32Add),
        (Role::DefF64, Op::F64Add),
    ];
    let of = |role| producers.iter().find(|it| it.0 == role).map(|it| it.1);
    let mut operands = info.fields.iter().enumerate();
    operands.find_map(|(i, field)| Some((i, of(field.role.defined_by()?)?)))
}

/// Whether words of the operands look like the opcode `fuel`, those of `enter` apart.
fn looks_like_fuel(info: &OpInfo, operands: &[i64]) -> bool {
    let words = encode(info.op, operands).unwrap();
    info.op != Op::Enter && words[1..].iter().any(|&word| is_fuel(word))
}

/// A function of one instruction and what it needs around it; before it are `enter` and `fuel`.
fn around(info: &OpInfo, operands: &[i64]) -> Vec<u16> {
    let words_of = |op: Op, operands: &[i64]| {
        encode(op, operands).unwrap()[..usize::from(op.info().words)].to_vec()
    };
    let encoded = encode(info.op, operands).unwrap();
    let encoded = &encoded[..usize::from(info.words)];
    if info.control == Control::Enter {
        return [encoded, &words_of(Op::Trap, &[0])].concat();
    }
    let mut words = words_of(Op::Enter, &[FRAME.into(), 1]);
    words.extend(words_of(Op::Fuel, &[1]));
    if let Some((i, op)) = producer(info) {
        words.extend(words_of(op, &[operands[i], 0, 0]));
    }
    words.extend_from_slice(encoded);
    if let Some(count) = table_of(info.op) {
        let width = label_words(count.place);
        let label = table_label(i32::from(info.words) + width as i32);
        words.extend(&label[..width]);
    }
    if info.control.is_terminator() || info.control == Control::CondBranch {
        words.extend(words_of(Op::Fuel, &[1]));
    }
    words.extend(words_of(Op::Trap, &[0]));
    words
}

#[test]
fn every_operand_of_every_instruction() {
    let mut harness = Harness::new(module());
    let mut checked = 0;
    for &op in ALL {
        let info = op.info();
        if info.control == Control::Stub {
            continue;
        }
        harness.set_type_for(op);
        let baseline: Vec<i64> = info.fields.iter().map(|f| valid(info, f.role)).collect();
        assert_eq!(
            harness.check(&around(info, &baseline)),
            Ok(()),
            "{}",
            info.name
        );
        for (i, field) in info.fields.iter().enumerate() {
            for (value, expected) in cases(info, field) {
                let mut operands = baseline.clone();
                operands[i] = value;
                // Where it looks like `fuel`, that is what is found first.
                if looks_like_fuel(info, &operands) {
                    continue;
                }
                let found = harness.check(&around(info, &operands));
                assert_eq!(found, expected, "{} {} = {value}", info.name, field.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 5000);
}

#[test]
fn instructions_end_in_the_function() {
    let mut harness = Harness::new(module());
    for &op in ALL {
        let info = op.info();
        if matches!(
            info.control,
            Control::Stub | Control::Enter | Control::TailCall
        ) {
            continue;
        }
        harness.set_type_for(op);
        let operands: Vec<i64> = info.fields.iter().map(|f| valid(info, f.role)).collect();
        let words = around(info, &operands);
        // Behind `enter`, `fuel` and what it needs, all words of the instruction but the last.
        let before = 3 + 4 * usize::from(producer(info).is_some());
        for len in 1..usize::from(info.words) {
            let found = harness.check(&words[..before + len]);
            assert_eq!(found, Err(Kind::CutOff), "{} {len}", info.name);
        }
    }
}

#[test]
fn unknown_instructions_and_those_that_are_not_for_functions() {
    let mut harness = Harness::rich();
    // All near the table, and some of those far from it.
    for number in (0..0x800).chain((0x800..=u16::MAX).step_by(251)) {
        let control = Op::from_number(number).map(|op| op.info().control);
        if !matches!(control, None | Some(Control::Stub | Control::Enter)) {
            continue;
        }
        // Behind it the operands of a stub.
        let [enter, fuel, ..] = encode(Op::Enter, &[FRAME.into(), 1]).unwrap();
        let words = [enter, fuel, number, FRAME, 1, Op::Trap as u16, 0];
        let found = harness.check(&words);
        assert_eq!(found, Err(Kind::UnknownOp), "{number:#x}");
    }
}
