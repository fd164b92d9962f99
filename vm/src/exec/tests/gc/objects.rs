//! Fields, elements, i31 and casts.

use super::*;

#[test]
fn fields_are_read() {
    for (op, offset, expected) in [
        (Op::StructGet8S, 0, 0xffff_ff81),
        (Op::StructGet8U, 0, 0x81),
        (Op::StructGet16S, 2, 0xffff_8483),
        (Op::StructGet16U, 2, 0x8483),
        (Op::StructGet32, 4, 0x8887_8685),
        (Op::StructGet32Short, 4, 0x8887_8685),
        (Op::StructGet64, 8, 0x908f_8e8d_8c8b_8a89),
        (Op::StructGet64Short, 8, 0x908f_8e8d_8c8b_8a89),
    ] {
        // Of the type itself and of one below it.
        gives(op, &[DST, 0, BASE, offset], object(0), Ok(expected));
        gives(op, &[DST, 0, BASE, offset], object(1), Ok(expected));
        // What is above is not below.
        gives(op, &[DST, 0, BELOW, offset], object(0), INVALID);
        let others = [2, 3, 4, 5, 6, 7, 2, 2];
        refuses(
            op,
            &[DST, 0, BASE, offset],
            &others,
            Trap::NullStructureReference,
        );
    }
}

#[test]
fn fields_are_written() {
    let value = 0x1122_3344_5566_7788_u64;
    for (op, offset, count) in [
        (Op::StructSet8, 0, 1),
        (Op::StructSet16, 2, 2),
        (Op::StructSet32, 4, 4),
        (Op::StructSet64, 8, 8),
        (Op::StructSet64Short, 8, 8),
    ] {
        let operands = [0, 1, BASE, offset];
        for i in [0, 1] {
            let args = |objects: &Objects| [objects[i], value, 0, 0, 0, 0];
            run(op, (&operands, 0), args, |store, objects, end| {
                assert_eq!(end, Ok(objects[i]));
                let found = bytes_of(store, objects[i]);
                let mut expected: Vec<u8> = pattern().take(found.len()).collect();
                let at = offset as usize;
                expected[at..at + count].copy_from_slice(&value.to_le_bytes()[..count]);
                assert_eq!(found, expected, "{}", op.info().name);
            });
        }
        let others = [2, 3, 4, 5, 6, 7, 2, 2];
        refuses(op, &operands, &others, Trap::NullStructureReference);
    }
}

/// Instructions that read and write an element, the type of the array, the number of the object, what element 2 is.
const ELEMENTS: [(Op, Op, i64, usize, u64); 6] = [
    (Op::ArrayGet8S, Op::ArraySet8, BYTES, 3, 0xffff_ff83),
    (Op::ArrayGet8U, Op::ArraySet8, BYTES, 3, 0x83),
    (Op::ArrayGet16S, Op::ArraySet16, SHORTS, 4, 0xffff_8685),
    (Op::ArrayGet16U, Op::ArraySet16, SHORTS, 4, 0x8685),
    (Op::ArrayGet32, Op::ArraySet32, WORDS, 5, 0x8c8b_8a89),
    (
        Op::ArrayGet64,
        Op::ArraySet64,
        LONGS,
        6,
        0x9897_9695_9493_9291,
    ),
];

#[test]
fn elements_are_read_and_written() {
    let value = 0x1122_3344_5566_7788_u64;
    for (get, set, ty, at, expected) in ELEMENTS {
        // The upper half of the slot of an index does not count.
        for index in [2, 2 | 9 << 32] {
            let args = |objects: &Objects| [objects[at], index, 0, 0, 0, 0];
            gives(get, &[DST, 0, 1, ty], args, Ok(expected));
        }
        let args = |objects: &Objects| [objects[at], 3, value, 0, 0, 0];
        run(set, (&[0, 1, 2, ty], 0), args, |store, objects, end| {
            assert_eq!(end, Ok(objects[at]));
            let found = bytes_of(store, objects[at]);
            let mut expected: Vec<u8> = pattern().take(found.len()).collect();
            let (last, width) = (found.len() * 3 / 4, found.len() / 4);
            expected[last..].copy_from_slice(&value.to_le_bytes()[..width]);
            assert_eq!(found, expected, "{}", set.info().name);
        });
    }
}

#[test]
fn elements_are_in_bounds_of_arrays_of_the_type() {
    for (get, set, ty, at, _) in ELEMENTS {
        let (get_operands, set_operands) = ([DST, 0, 1, ty], [0, 1, 2, ty]);
        for index in [4, 0x8000_0000, 0xffff_ffff] {
            let args = |objects: &Objects| [objects[at], index, 0, 0, 0, 0];
            let out = Err(Trap::ArrayOutOfBounds);
            gives(get, &get_operands, args, out);
            gives(set, &set_operands, args, out);
        }
        let others: Vec<usize> = (0..8).filter(|&i| i != at).chain([0]).collect();
        refuses(get, &get_operands, &others, Trap::NullArrayReference);
        refuses(set, &set_operands, &others, Trap::NullArrayReference);
    }
    for i in 3..8 {
        gives(Op::ArrayLen, &[DST, 0], object(i), Ok(4));
    }
    let others = [0, 1, 2, 0, 1, 2, 0, 1];
    refuses(Op::ArrayLen, &[DST, 0], &others, Trap::NullArrayReference);
}

#[test]
fn small_integers_are_references() {
    let i31 = |bits: u64| u64::from(I31_TAG) << 32 | bits;
    let one = |value: u64| move |_: &Objects| [value, 0, 0, 0, 0, 0];
    for op in [Op::RefI31, Op::RefI31Short] {
        gives(op, &[DST, 0], one(0xf_8000_0005), Ok(i31(5)));
        gives(op, &[DST, 0], one(0xffff_ffff), Ok(i31(0x7fff_ffff)));
    }
    for (op, greatest) in [
        (Op::I31GetS, 0xffff_ffff),
        (Op::I31GetSShort, 0xffff_ffff),
        (Op::I31GetU, 0x7fff_ffff),
    ] {
        gives(op, &[DST, 0], one(i31(0x7fff_ffff)), Ok(greatest));
        gives(op, &[DST, 0], one(i31(5)), Ok(5));
        // The top bit is none of the value.
        gives(op, &[DST, 0], one(i31(0x8000_0005)), Ok(5));
        gives(op, &[DST, 0], one(0), Err(Trap::NullI31Reference));
        gives(op, &[DST, 0], one(7), INVALID);
        gives(op, &[DST, 0], object(0), INVALID);
    }
}

/// A test, a cast, and branches on yes and no, of which those objects are that `yes` numbers: of the objects, then null, an i31, a thing of the
/// host, a handle that leads nowhere.
fn casts([test, cast, branch, not]: [Op; 4], operand: i64, yes: &[usize]) {
    let i31 = u64::from(I31_TAG) << 32 | 1;
    let slot = move |o: &Objects, i: usize| {
        let others = [0, i31, 9, u64::from(TAG) << 32 | 500];
        o.get(i).copied().unwrap_or_else(|| others[i - 8])
    };
    for i in 0..12 {
        let is = yes.contains(&i);
        let args = |o: &Objects| [slot(o, i), 0, 0, 0, 0, 0];
        gives(test, &[DST, 0, operand], args, Ok(is.into()));
        run(cast, (&[DST, 0, operand], DST), args, |_, o, end| {
            let same = if is {
                Ok(slot(o, i))
            } else {
                Err(Trap::CastFailure)
            };
            assert_eq!(end, same, "{} {operand} {i}", cast.info().name);
        });
        let taken = |is: bool| Ok(if is { 1 } else { 2 });
        gives(branch, &[0, operand], args, taken(is));
        gives(not, &[0, operand], args, taken(!is));
    }
}

#[test]
fn casts_tell_types_and_kinds_apart() {
    let plain = [Op::RefTest, Op::RefCast, Op::BrRefTest, Op::BrRefNtest];
    let short = [
        Op::RefTest,
        Op::RefCastShort,
        Op::BrRefTestShort,
        Op::BrRefNtestShort,
    ];
    for plain in [plain, short] {
        casts(plain, BASE, &[0, 1]);
        casts(plain, BELOW, &[1]);
        casts(plain, OTHER, &[2]);
        casts(plain, WORDS, &[5]);
    }
    let null = [
        Op::RefTestNull,
        Op::RefCastNull,
        Op::BrRefTestNull,
        Op::BrRefNtestNull,
    ];
    casts(null, BASE, &[0, 1, 8]);
    casts(null, REFS, &[7, 8]);
    let plain = [
        Op::RefTestKind,
        Op::RefCastKind,
        Op::BrRefTestKind,
        Op::BrRefNtestKind,
    ];
    let short = [
        Op::RefTestKind,
        Op::RefCastKindShort,
        Op::BrRefTestKindShort,
        Op::BrRefNtestKindShort,
    ];
    for kinds in [plain, short] {
        casts(kinds, 0, &[]);
        casts(kinds, ref_kind::NULL.into(), &[8]);
        casts(kinds, ref_kind::I31.into(), &[9]);
        casts(kinds, ref_kind::STRUCT.into(), &[0, 1, 2]);
        casts(kinds, ref_kind::ARRAY.into(), &[3, 4, 5, 6, 7]);
        casts(kinds, ref_kind::OTHER.into(), &[10, 11]);
        casts(
            kinds,
            ref_kind::ALL.into(),
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        );
    }
}

#[test]
fn casts_of_functions_go_by_their_types() {
    let funcs = [
        (0, false, true),
        (func_ref(0, 1), true, true),
        (func_ref(0, 9), false, false),
        (u64::MAX, false, false),
        (u64::from(TAG) << 32, false, false),
    ];
    for (value, plain, null) in funcs {
        let args = move |_: &Objects| [value, 0, 0, 0, 0, 0];
        let cast = |is| {
            if is {
                Ok(value)
            } else {
                Err(Trap::CastFailure)
            }
        };
        gives(Op::RefTestFunc, &[DST, 0, FUNC], args, Ok(plain.into()));
        gives(Op::RefTestFuncNull, &[DST, 0, FUNC], args, Ok(null.into()));
        gives(Op::RefCastFunc, &[DST, 0, FUNC], args, cast(plain));
        gives(Op::RefCastFuncNull, &[DST, 0, FUNC], args, cast(null));
        gives(Op::RefTestFunc, &[DST, 0, OTHER_FUNC], args, Ok(0));
    }
}
