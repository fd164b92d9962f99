//! Instructions of things that are collected, each on what it is made for and on slots that hold anything else, on both cores.

mod arrays;
mod objects;

use wrt_format::image::SubType;
use wrt_format::image::types::{Composite, FieldType, HeapType, ValType};
use wrt_format::image::write::{
    ConstExpr, DataMode, DataSpec, ElemItems, ElemMode, ElemSpec, GlobalSpec,
};
use wrt_format::isa::{ALL, Control, ref_kind};
use wrt_format::trap::Trap;

use super::*;
use crate::heap::{I31_TAG, TAG};
use wrt_format::image::types::{ConstOp, GlobalType};

/// Types of the module. Function 0 and all tested ones: six i64 to one.
const FUNC: i64 = 0;
/// Structs: `i8` at 0, `i16` at 2, `i32` at 4, `i64` at 8, `anyref` at 16.
const BASE: i64 = 1;
/// Below [`BASE`]: `i64` at 24 more.
const BELOW: i64 = 2;
/// Structs of one `i64`.
const OTHER: i64 = 3;
/// Arrays of `i8`, `i16`, `i32`, `i64`, `anyref`.
const BYTES: i64 = 4;
const SHORTS: i64 = 5;
const WORDS: i64 = 6;
const LONGS: i64 = 7;
const REFS: i64 = 8;
/// A function type above none.
const OTHER_FUNC: i64 = 9;
/// Structs of a v128, and arrays of them.
#[cfg(feature = "simd")]
const WIDE: [i64; 2] = [10, 11];
/// A slot that refers to nothing of the kind that is wanted.
const INVALID: Result<u64, Trap> = Err(Trap::InvalidReference);
/// The slot of the result.
const DST: i64 = 6;

fn types() -> Vec<FuncTypeSpec> {
    let field = |ty| FieldType { ty, mutable: true };
    let of = |composite, fields: &[ValType], open, supertype| FuncTypeSpec {
        composite,
        fields: fields.iter().copied().map(field).collect(),
        sub: SubType {
            open,
            supertype,
            in_group: 0,
        },
        ..FuncTypeSpec::default()
    };
    let fields = [val::I8, val::I16, val::I32, val::I64, val::ANYREF, val::I64];
    let array = |ty| of(Composite::Array, &[ty], false, None);
    std::vec![
        longs(6, 1),
        of(Composite::Struct, &fields[..5], true, None),
        of(Composite::Struct, &fields, true, Some(1)),
        of(Composite::Struct, &[val::I64], false, None),
        array(val::I8),
        array(val::I16),
        array(val::F32),
        array(val::I64),
        array(val::ANYREF),
        longs(1, 1),
        #[cfg(feature = "simd")]
        of(Composite::Struct, &[val::V128], false, None),
        #[cfg(feature = "simd")]
        array(val::V128),
    ]
}

/// A module with one function that carries out `op` on its parameters and gives back slot `result`.
fn module(op: Op, operands: &[i64], result: i64) -> ModuleSpec {
    let mut asm = Asm::new(12, 1);
    asm.refs = 1;
    asm.op(Op::ConstU32, &[DST, 77]);
    if op.info().control == Control::CondBranch {
        // 1 if it is taken, else 2.
        let mut all = operands.to_vec();
        all.push(i64::from(op.info().words) + 7);
        asm.op(op, &all);
        asm.block(0);
        asm.op(Op::ConstU32, &[DST, 2]);
        asm.op(Op::Ret1, &[DST]);
        asm.block(0);
        asm.op(Op::ConstU32, &[DST, 1]);
    } else {
        asm.op(op, operands);
    }
    asm.op(Op::Ret1, &[result]);
    let i31 = [ConstOp::Const(7), ConstOp::RefI31];
    ModuleSpec {
        types: types(),
        funcs: std::vec![asm.func(0), Asm::new(8, 1).op(Op::Ret1, &[0]).func(0)],
        datas: std::vec![DataSpec {
            mode: DataMode::Passive,
            bytes: (1..=20).collect(),
        }],
        elems: std::vec![ElemSpec {
            mode: ElemMode::Passive,
            ty: val::ANYREF,
            items: ElemItems::Exprs(std::vec![
                ConstExpr(i31.to_vec()),
                ConstExpr::constant(0),
                ConstExpr(std::vec![ConstOp::StructNew(OTHER as u32)]),
            ]),
        }],
        globals: std::vec![GlobalSpec {
            ty: GlobalType {
                ty: val::ANYREF,
                mutable: true
            },
            init: ConstExpr::constant(0),
        }],
        ..ModuleSpec::default()
    }
}

/// What slots hold: objects of [`BASE`], [`BELOW`], [`OTHER`], then arrays of 4 elements: [`BYTES`], [`SHORTS`], [`WORDS`], [`LONGS`],
/// [`REFS`].
type Objects = [u64; 8];

/// What new objects of tests are full of.
fn pattern() -> impl Iterator<Item = u8> {
    (0_u32..).map(|i| (0x81 + i) as u8)
}

fn new(store: &mut Store<'_>, ty: i64, payload: u64) -> u64 {
    let number = store.instance(0).unwrap().type_id(ty as u32).unwrap();
    let what = store.types.what(number).unwrap();
    let slot = store.allocate(what, payload, &[]).unwrap();
    let bytes = store.heap.payload_mut(slot).unwrap();
    for (byte, value) in bytes.iter_mut().zip(pattern()) {
        *byte = value;
    }
    slot
}

fn instantiated(spec: ModuleSpec) -> (Store<'static>, Objects) {
    let module = load(spec);
    let mut store = store(200);
    store.add_instance(module, Imports::default()).unwrap();
    crate::instance::fill_for_test(&mut store, 0, &module).unwrap();
    let objects = [
        (BASE, 24),
        (BELOW, 32),
        (OTHER, 8),
        (BYTES, 4),
        (SHORTS, 8),
        (WORDS, 16),
        (LONGS, 32),
        (REFS, 32),
    ]
    .map(|(ty, payload)| new(&mut store, ty, payload));
    (store, objects)
}

/// Runs an instruction on both cores with arguments made of the objects; `check` gets the store, the objects, and how it ended.
fn run(
    op: Op,
    (operands, result): (&[i64], i64),
    args: impl Fn(&Objects) -> [u64; 6],
    check: impl Fn(&Store<'_>, &Objects, Result<u64, Trap>),
) {
    for core in cores() {
        let (mut store, objects) = instantiated(module(op, operands, result));
        let exit = call_on(&mut store, core, 0, &args(&objects));
        let end = if let Exit::Trap(trap) = exit {
            Err(trap)
        } else {
            Ok(results(&store, exit)[0])
        };
        check(&store, &objects, end);
    }
}

/// The result of an instruction whose arguments are these.
fn gives(
    op: Op,
    operands: &[i64],
    args: impl Fn(&Objects) -> [u64; 6],
    expected: Result<u64, Trap>,
) {
    let expected = |_: &Store<'_>, _: &Objects, end| {
        assert_eq!(end, expected, "{} {operands:?}", op.info().name);
    };
    run(op, (operands, DST), args, expected);
}

fn bytes_of(store: &Store<'_>, slot: u64) -> Vec<u8> {
    store.heap.object(slot).unwrap().1.to_vec()
}

/// Slots that refer to nothing of the kind that is wanted, with the trap for null.
fn wrong(objects: &Objects, others: &[usize], null: Trap) -> Vec<(u64, Trap)> {
    let mut all = std::vec![
        (0, null),
        (5, Trap::InvalidReference),
        (u64::from(I31_TAG) << 32 | 3, Trap::InvalidReference),
        (u64::from(TAG) << 32 | 1000, Trap::InvalidReference),
        (u64::from(TAG) << 32 | 0xffff_ffff, Trap::InvalidReference),
        (u64::MAX, Trap::InvalidReference),
    ];
    all.extend(others.iter().map(|&i| (objects[i], Trap::InvalidReference)));
    all
}

/// Slots that [`wrong`] gives for eight others.
const KINDS: usize = 14;

/// Arguments of which the first is an object.
fn object(i: usize) -> impl Fn(&Objects) -> [u64; 6] + Copy {
    move |objects| [objects[i], 0, 0, 0, 0, 0]
}

/// The instruction traps on everything that [`wrong`] gives.
fn refuses(op: Op, operands: &[i64], others: &[usize], null: Trap) {
    assert_eq!(others.len(), 8);
    for i in 0..KINDS {
        let bad = |objects: &Objects| wrong(objects, others, null)[i];
        let trap = bad(&[0; 8]).1;
        gives(op, operands, |o| [bad(o).0, 0, 0, 0, 0, 0], Err(trap));
    }
}

#[test]
fn every_instruction_of_the_feature_is_tested_here() {
    let text = [include_str!("objects.rs"), include_str!("arrays.rs")].concat();
    for op in ALL.iter().filter(|op| op.info().feature() == features::GC) {
        let name = std::format!("Op::{op:?}");
        let used = text.match_indices(&name).any(|(at, _)| {
            let next = text[at + name.len()..].chars().next();
            !next.is_some_and(char::is_alphanumeric)
        });
        assert!(used, "{name}");
    }
}
