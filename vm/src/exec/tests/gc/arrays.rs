//! New objects, arrays as a whole, vectors, and constant expressions.

use super::*;

/// What the whole of a new object is.
fn makes(op: Op, operands: &[i64], args: [u64; 6], ty: i64, expected: Result<&[u8], Trap>) {
    run(
        op,
        (operands, DST),
        |_| args,
        |store, _, end| {
            let expected = expected.map(<[u8]>::to_vec);
            assert_eq!(
                end.map(|slot| bytes_of(store, slot)),
                expected,
                "{}",
                op.info().name
            );
            if let Ok(slot) = end {
                let number = store.instance(0).unwrap().type_id(ty as u32);
                let what = store.heap.object(slot).map(|(what, _)| what.number());
                assert_eq!(what, number);
            }
        },
    );
}

#[test]
fn new_objects_are_empty() {
    makes(Op::StructNew, &[DST, BELOW], [0; 6], BELOW, Ok(&[0; 32]));
    let of = |len| [len, 0, 0, 0, 0, 0];
    let new = |ty, len, expected| makes(Op::ArrayNew, &[DST, 0, ty], of(len), ty, expected);
    new(BYTES, 3 | 8 << 32, Ok(&[0; 3]));
    new(REFS, 3, Ok(&[0; 24]));
    new(REFS, 0, Ok(&[]));
    new(LONGS, 0xffff_ffff, Err(Trap::OutOfMemory));
}

#[test]
fn new_arrays_are_of_segments() {
    let of = |from, n| [from, n, 0, 0, 0, 0];
    let data = |ty, from, n, expected| {
        makes(
            Op::ArrayNewData,
            &[DST, 0, 1, 0, ty],
            of(from, n),
            ty,
            expected,
        );
    };
    data(BYTES, 18, 2, Ok(&[19, 20][..]));
    data(SHORTS, 1, 2, Ok(&[2, 3, 4, 5]));
    data(BYTES, 20, 0, Ok(&[]));
    for (ty, from, n) in [
        (BYTES, 18, 3),
        (LONGS, 0, 0x2000_0001),
        (BYTES, 0xffff_ffff, 1),
    ] {
        data(ty, from, n, Err(Trap::MemoryOutOfBounds));
    }
    let elem = Op::ArrayNewElem;
    let operands = [DST, 0, 1, 0, REFS];
    let first = (u64::from(I31_TAG) << 32 | 7).to_le_bytes();
    let both = [first, [0; 8]].concat();
    makes(elem, &operands, of(0, 2), REFS, Ok(&both));
    makes(elem, &operands, of(2, 2), REFS, Err(Trap::TableOutOfBounds));
    // The same struct each time, since items are worked out once.
    run(
        elem,
        (&operands, DST),
        |_| of(2, 1),
        |store, _, end| {
            let item = store.instance(0).unwrap().elem_value(0, 2).unwrap();
            assert_eq!(bytes_of(store, end.unwrap()), item.to_le_bytes());
            assert_eq!(bytes_of(store, item), [0; 8]);
        },
    );
}

/// What an array is after an instruction on it, and how that ends; after a trap it is as before.
#[track_caller]
fn changes(
    op: Op,
    operands: &[i64],
    args: impl Fn(&Objects) -> [u64; 6],
    object: usize,
    expected: Result<&[u8], Trap>,
) {
    run(op, (operands, 0), args, |store, objects, end| {
        let before: Vec<u8> = pattern()
            .take(bytes_of(store, objects[object]).len())
            .collect();
        let after = expected.map_or(before, <[u8]>::to_vec);
        assert_eq!(end.map(|_| ()), expected.map(|_| ()), "{}", op.info().name);
        assert_eq!(
            bytes_of(store, objects[object]),
            after,
            "{}",
            op.info().name
        );
    });
}

/// Why an instruction on an array traps.
const OUT: Result<&[u8], Trap> = Err(Trap::ArrayOutOfBounds);
const WRONG: Result<&[u8], Trap> = Err(Trap::InvalidReference);
const NULL_ARRAY: Result<&[u8], Trap> = Err(Trap::NullArrayReference);

#[test]
fn arrays_are_filled() {
    let fill = |object: usize, index, n, expected| {
        let args = move |o: &Objects| [o[object], index, 0x1234, n, 0, 0];
        changes(Op::ArrayFill, &[0, 1, 2, 3, SHORTS], args, object, expected);
    };
    let filled = [0x81, 0x82, 0x34, 0x12, 0x34, 0x12, 0x87, 0x88];
    fill(4, 1, 2, Ok(&filled));
    fill(4, 3, 2, OUT);
    fill(4, 0xffff_ffff, 2, OUT);
    fill(3, 0, 0, WRONG);
    changes(
        Op::ArrayFill,
        &[0, 1, 2, 3, SHORTS],
        |_| [0; 6],
        3,
        NULL_ARRAY,
    );
}

#[test]
fn arrays_are_copied() {
    let copy = |to, from, n, expected| {
        let args = move |o: &Objects| [o[3], to, o[3], from, n, 0];
        changes(Op::ArrayCopy, &[0, 1, 2, 3, 4, BYTES], args, 3, expected);
    };
    copy(1, 0, 3, Ok(&[0x81, 0x81, 0x82, 0x83]));
    copy(0, 1, 3, Ok(&[0x82, 0x83, 0x84, 0x84]));
    copy(2, 0, 3, OUT);
    copy(0, 2, 3, OUT);
    let operands = [0, 1, 2, 3, 4, BYTES];
    let other_width = |o: &Objects| [o[3], 0, o[4], 0, 1, 0];
    changes(Op::ArrayCopy, &operands, other_width, 3, WRONG);
    changes(Op::ArrayCopy, &operands, object(3), 3, NULL_ARRAY);
}

#[test]
fn arrays_are_initialised() {
    let operands = [0, 1, 2, 3, 0];
    let data = |index, from, n, expected| {
        let args = move |o: &Objects| [o[4], index, from, n, 0, 0];
        changes(Op::ArrayInitData, &operands, args, 4, expected);
    };
    data(1, 3, 2, Ok(&[0x81, 0x82, 4, 5, 6, 7, 0x87, 0x88]));
    data(3, 0, 2, OUT);
    data(0, 18, 2, Err(Trap::MemoryOutOfBounds));
    changes(Op::ArrayInitData, &operands, object(0), 0, WRONG);
    let elem = |index, from, n, expected| {
        let args = move |o: &Objects| [o[7], index, from, n, 0, 0];
        changes(Op::ArrayInitElem, &operands, args, 7, expected);
    };
    let mut done: Vec<u8> = pattern().take(32).collect();
    done[24..].copy_from_slice(&(u64::from(I31_TAG) << 32 | 7).to_le_bytes());
    elem(3, 0, 1, Ok(&done));
    elem(3, 0, 2, OUT);
    elem(0, 2, 2, Err(Trap::TableOutOfBounds));
    changes(Op::ArrayInitElem, &operands, object(4), 4, WRONG);
}

#[test]
fn long_work_is_charged_and_goes_in_slices() {
    for core in cores() {
        let spec = module(Op::ArrayFill, &[0, 1, 2, 3, LONGS], 0);
        let (mut store, _) = instantiated(spec);
        let array = new(&mut store, LONGS, 8000);
        store.fuel = 1 + 50;
        begin(&mut store, 0, &[array, 0, 7, 1000, 0, 0]);
        assert_eq!(run_on(&mut store, core), Ok(Exit::OutOfFuel));
        let filled = |store: &Store<'_>| {
            let bytes = bytes_of(store, array);
            bytes
                .chunks(8)
                .filter(|it| *it == 7_u64.to_le_bytes())
                .count()
        };
        assert_eq!((filled(&store), store.fuel), (400, 0));
        // 8 elements for each unit.
        store.fuel = 100;
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [array]);
        assert_eq!((filled(&store), store.fuel), (1000, 100 - 75));
        // A new array is paid for in one piece: 1 for each whole 64 bytes.
        let (mut store, _) = instantiated(module(Op::ArrayNew, &[DST, 0, LONGS], DST));
        store.fuel = 1 + 124;
        begin(&mut store, 0, &[1000, 0, 0, 0, 0, 0]);
        assert_eq!(run_on(&mut store, core), Ok(Exit::OutOfFuel));
        let objects = store.heap.objects();
        store.fuel += 1;
        let exit = run_on(&mut store, core).unwrap();
        assert!(matches!(exit, Exit::Done));
        assert_eq!((store.fuel, store.heap.objects()), (0, objects + 1));
    }
}

#[cfg(feature = "simd")]
#[test]
fn vectors_are_fields_and_elements() {
    let [wide, array] = WIDE;
    for core in cores() {
        let mut asm = Asm::new(12, 1);
        asm.op(Op::StructNew, &[6, wide])
            .op(Op::ConstU32, &[9, 2])
            .op(Op::ArrayNew, &[7, 9, array])
            .op(Op::StructSet128, &[6, 0, wide, 0])
            .op(Op::StructGet128, &[2, 6, wide, 0])
            .op(Op::ConstU32, &[9, 1])
            .op(Op::ArraySet128, &[7, 9, 2, array])
            .op(Op::ArrayGet128, &[4, 7, 9, array])
            .op(Op::I64Sub, &[0, 4, 5])
            .op(Op::Ret1, &[0]);
        let mut fill = Asm::new(12, 1);
        fill.op(Op::ConstU32, &[9, 3])
            .op(Op::ArrayNew, &[7, 9, array])
            .op(Op::ConstU32, &[8, 1])
            .op(Op::ConstU32, &[9, 2])
            .op(Op::ArrayFill128, &[7, 8, 0, 9, array])
            .op(Op::Ret1, &[7]);
        // A fill of a slot each is not for vectors: what is behind the slot may be outside of the frame.
        let mut narrow = Asm::new(12, 1);
        narrow
            .op(Op::ConstU32, &[9, 3])
            .op(Op::ArrayNew, &[7, 9, array])
            .op(Op::ArrayFill, &[7, 8, 11, 9, array])
            .op(Op::Ret1, &[7]);
        let (mut store, _) = instantiated(ModuleSpec {
            funcs: std::vec![asm.func(0), fill.func(0), narrow.func(0)],
            ..module(Op::StructNew, &[DST, BASE], DST)
        });
        let exit = call_on(&mut store, core, 0, &[500, 58, 0, 0, 0, 0]);
        assert_eq!(results(&store, exit), [442]);
        let exit = call_on(&mut store, core, 1, &[1, 2, 0, 0, 0, 0]);
        let filled = bytes_of(&store, results(&store, exit)[0]);
        let vector = [1_u64.to_le_bytes(), 2_u64.to_le_bytes()].concat();
        assert_eq!(filled, [&[0; 16], &vector[..], &vector].concat());
        let exit = call_on(&mut store, core, 2, &[0; 6]);
        assert_eq!(exit, Exit::Trap(Trap::InvalidReference));
    }
}

#[test]
fn constant_expressions_make_objects_that_stay() {
    let (mut store, _) = instantiated(ModuleSpec {
        globals: std::vec![GlobalSpec {
            ty: GlobalType {
                ty: ValType::reference(HeapType::Defined(REFS as u32), false),
                mutable: false,
            },
            init: ConstExpr(std::vec![
                ConstOp::Const(3),
                ConstOp::ArrayNew(REFS as u32),
                ConstOp::StructNew(BELOW as u32),
                ConstOp::Const(0x1ff),
                ConstOp::StructSet(0),
                ConstOp::Const(u64::MAX),
                ConstOp::StructSet(5),
                ConstOp::ArrayFill,
                ConstOp::Const(5),
                ConstOp::RefI31,
                ConstOp::ExternConvertAny,
                ConstOp::AnyConvertExtern,
                ConstOp::ArraySet(1),
            ]),
        }],
        ..module(Op::StructNew, &[DST, BASE], DST)
    });
    let [array, _] = store.global(0).unwrap();
    let [first, second, third] = [0, 8, 16].map(|at| {
        let bytes = bytes_of(&store, array);
        u64::from_le_bytes(*bytes[at..].first_chunk().unwrap())
    });
    assert_eq!(second, u64::from(I31_TAG) << 32 | 5);
    assert_eq!(first, third);
    let mut expected = [0; 32];
    expected[0] = 0xff;
    expected[24..].fill(0xff);
    assert_eq!(bytes_of(&store, first), expected);
    // The global and the segment's struct are all that is left.
    store.collect(0, &[]);
    assert_eq!(store.heap.objects(), 3);
    store.instance_mut(0).unwrap().drop_elem(0);
    store.collect(0, &[]);
    assert_eq!(store.heap.objects(), 2);
    assert_eq!(bytes_of(&store, first), expected);
}
