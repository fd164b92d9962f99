//! Instructions that need more of a module than a memory: pool, globals, references, branch tables, traps, other memories.

use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;

/// A module whose function 0 is the given code with one i64 parameter and result.
fn unary(asm: &Asm) -> ModuleSpec {
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0)],
        ..ModuleSpec::default()
    }
}

#[test]
fn pool_globals_and_function_references() {
    check_pool_and_globals([
        Op::GlobalGet,
        Op::GlobalSet,
        Op::ConstPool,
        Op::GlobalSetAccSrc,
    ]);
    check_pool_and_globals([
        Op::GlobalGetNonNull,
        Op::GlobalSetShort,
        Op::ConstPoolShort,
        Op::GlobalSetAccSrcShort,
    ]);
    check_pool_and_globals([
        Op::GlobalGetNonNullShort,
        Op::GlobalSetShort,
        Op::ConstPoolShort,
        Op::GlobalSetAccSrcShort,
    ]);
    check_pool_and_globals([
        Op::GlobalGetShort,
        Op::GlobalSetShort,
        Op::ConstPoolShort,
        Op::GlobalSetAccSrcShort,
    ]);
    check_pool_and_globals([
        Op::GlobalGetTiny,
        Op::GlobalSetTiny,
        Op::ConstPoolShort,
        Op::GlobalSetAccSrcTiny,
    ]);
}

/// Of the instructions that have short forms, these.
fn check_pool_and_globals([get, set, pool, set_acc]: [Op; 4]) {
    use wrt_format::image::types::GlobalType;
    use wrt_format::image::write::{ConstExpr, ExternSpec, GlobalSpec, ImportSpec};
    let ty = GlobalType {
        ty: val::I64,
        mutable: true,
    };
    let mut asm = Asm::new(4, 1);
    asm.op(Op::GlobalGetImport, &[1, 0])
        .op(Op::GlobalSetImport, &[0, 1])
        .op(get, &[2, 1]);
    asm.op(set, &[0, 0])
        .op(pool, &[3, 1])
        .op(Op::I64Add, &[1, 1, 2])
        .op(set_acc, &[1, 2]);
    asm.op(Op::RefFunc, &[2, 0]).op(Op::RetN, &[1, 3]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 3)],
        imports: (0..2)
            .map(|i| ImportSpec {
                module: "m".into(),
                name: std::format!("g{i}"),
                ty: ExternSpec::Global(ty),
            })
            .collect(),
        funcs: std::vec![asm.func(0)],
        pool: std::vec![5, u64::MAX - 1],
        globals: std::vec![GlobalSpec { ty, init: ConstExpr::constant(0) }; 3],
        ..ModuleSpec::default()
    };
    for core in cores() {
        let mut store = store(1000);
        let globals = [70, 71].map(|value| store.add_global(ty, [value, 0]).unwrap());
        let imports = Imports {
            globals: &globals,
            ..Imports::default()
        };
        store.add_instance(load(module.clone()), imports).unwrap();
        assert!(store.set_global(3, [1000, 0]));
        let exit = call_on(&mut store, core, 0, &[9]);
        assert_eq!(results(&store, exit), [1070, func_ref(0, 0), u64::MAX - 1]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|global| store.global(global).unwrap()[0]),
            [70, 9, 9, 1000, 1070]
        );
    }
}

/// A branch over more words than a 16-bit label can count, and back.
#[test]
fn branches_may_be_far() {
    let mut asm = Asm::new(1, 1);
    let moves = 20_000;
    asm.op(Op::BrFar, &[3 + 1 + 2 + 1 + 3 * moves]);
    let back = asm.block(1);
    asm.op(Op::Ret1, &[0]);
    asm.block(1);
    for _ in 0..moves {
        asm.op(Op::Mov, &[0, 0]);
    }
    asm.block(1);
    asm.op(Op::I64AddImm, &[0, 0, 5]);
    asm.back(Op::BrFar, &[], back);
    let mut store = alone(unary(&asm));
    for core in cores() {
        let exit = call_on(&mut store, core, 0, &[37]);
        assert_eq!(results(&store, exit), [42]);
    }
}

#[test]
fn branch_tables_take_the_default_out_of_range() {
    for op in [
        Op::BrTable,
        Op::BrTableShort,
        Op::BrTableAccIndex,
        Op::BrTableAccIndexShort,
        Op::BrTableAdd,
        Op::BrTableAddShort,
        Op::BrTableAddAccSrc,
        Op::BrTableAddAccSrcShort,
    ] {
        branch_table(op);
    }
}

fn branch_table(op: Op) {
    let mut asm = Asm::new(1, 1);
    asm.op(Op::Mov, &[0, 0]);
    // Behind the table come four labels of one or two words; each target's block is seven words.
    if op.info().fields.len() > 2 {
        asm.op(Op::I32AddImm, &[0, 0, -5])
            .op(Op::I32AddImm, &[0, 0, -2]);
        asm.op(op, &[0, 0, 3, 7]);
    } else {
        asm.op(op, &[0, 3]);
    }
    labels(&mut asm, op);
    let mut store = alone(unary(&asm));
    for core in cores() {
        for (index, expected) in [
            (0, 100),
            (1, 101),
            (2, 102),
            (3, 103),
            (4, 103),
            (u64::MAX, 103),
            (1 << 32, 100),
        ] {
            let exit = call_on(&mut store, core, 0, &[index]);
            assert_eq!(results(&store, exit), [expected]);
        }
    }
}

/// Four labels behind a table, and the blocks that they lead to, which return 100 to 103.
fn labels(asm: &mut Asm, op: Op) {
    for target in 0..4 {
        let words = i32::from(op.info().words);
        let count = wrt_format::isa::table_of(op).unwrap();
        let width = wrt_format::isa::label_words(count.place);
        let label = words + 4 * width as i32 + 7 * target;
        asm.code
            .extend(&wrt_format::isa::table_label(label)[..width]);
    }
    for target in 0..4 {
        asm.block(1);
        let ret = if target == 2 {
            Op::Ret1AccSrc
        } else {
            Op::Ret1
        };
        asm.op(Op::ConstU32, &[0, 100 + target]).op(ret, &[0]);
    }
}

#[test]
fn branches_move_first() {
    for (op, operands, expected) in [
        (Op::BrMov, &[0, 1][..], 2),
        (Op::BrMov2, &[0, 1, 1, 0][..], 2),
        (Op::BrMov2, &[1, 2, 0, 1][..], 3),
        (Op::BrConst, &[0, 255][..], 255),
        (Op::BrI32AddImm, &[0, 1, -300][..], 0xffff_fed6),
    ] {
        let mut asm = Asm::new(3, 1);
        asm.op(Op::ConstU32, &[1, 2]).op(Op::ConstU32, &[2, 3]);
        let words = i64::from(op.info().words);
        let label = [operands, &[words + 3]].concat();
        asm.op(op, &label);
        asm.block(1);
        asm.op(Op::Ret1, &[2]);
        asm.block(1);
        asm.op(Op::Ret1, &[0]);
        let mut store = alone(unary(&asm));
        for core in cores() {
            let exit = call_on(&mut store, core, 0, &[1]);
            assert_eq!(results(&store, exit), [expected]);
        }
    }
}

#[test]
fn a_global_is_stepped() {
    use wrt_format::image::types::GlobalType;
    use wrt_format::image::write::{ConstExpr, GlobalSpec};
    let ty = GlobalType {
        ty: val::I32,
        mutable: true,
    };
    let mut asm = Asm::new(5, 1);
    asm.op(Op::GlobalStep, &[2, 1, -32, 1])
        .op(Op::GlobalStep, &[3, 3, 300, 1])
        .op(Op::GlobalGet, &[4, 1])
        .op(Op::RetN, &[1, 4]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 4)],
        globals: std::vec![GlobalSpec { ty, init: ConstExpr::constant(0) }; 2],
        ..unary(&asm)
    };
    for core in cores() {
        let mut store = alone(module.clone());
        assert!(store.set_global(1, [16, 0]));
        let exit = call_on(&mut store, core, 0, &[0]);
        let stepped = u64::from(16_u32.wrapping_sub(32));
        assert_eq!(results(&store, exit), [16, stepped, 284, 284]);
        assert_eq!(store.global(0), Some([0, 0]));
    }
}

#[test]
fn returns_compute_what_they_return() {
    for (op, operands, expected) in [
        (Op::Ret1I32Add, &[0, 1][..], 2_u64),
        (Op::Ret1I32Add, &[1, 1][..], 0xffff_fffe),
        (Op::Ret1Const, &[65535][..], 65535),
        (Op::Ret1Const, &[0][..], 0),
    ] {
        // Called from a frame of its own, so that the result crosses one.
        let mut callee = Asm::new(2, 1);
        callee.op(Op::ConstI32, &[1, -1]).op(op, operands);
        let mut caller = Asm::new(6, 1);
        caller
            .op(Op::MovThenCall, &[2, 1, 2, 0, 1])
            .op(Op::Ret1, &[1]);
        let module = ModuleSpec {
            funcs: std::vec![caller.func(0), callee.func(0)],
            ..unary(&caller)
        };
        let mut store = alone(module);
        for core in cores() {
            let exit = call_on(&mut store, core, 0, &[3]);
            assert_eq!(results(&store, exit), [expected], "{op:?}");
        }
    }
}

#[test]
fn every_trap_can_be_raised() {
    for (number, &trap) in Trap::ALL.iter().enumerate() {
        let mut asm = Asm::new(1, 1);
        asm.op(Op::Trap, &[number as i64]);
        let mut store = alone(unary(&asm));
        for core in cores() {
            assert_eq!(call_on(&mut store, core, 0, &[0]), Exit::Trap(trap));
            assert_eq!(frames(&store).next().unwrap().word, 2);
            drop_activation(&mut store);
        }
    }
}

#[test]
fn memories_beyond_the_first_and_with_wide_addresses() {
    let ops = [(Op::Load64Mem, 8_u64), (Op::Load16UMem, 2)];
    for is64 in [false, true] {
        let ty = MemoryType {
            is64,
            page_log2: 0,
            ..memory_type(100, Some(200))
        };
        for (op, bytes) in ops {
            let mut asm = Asm::new(2, 1);
            asm.op(Op::Store8Mem, &[0, 0, 1, 3])
                .op(op, &[1, 0, 1, 3])
                .op(Op::Ret1, &[1]);
            let module = ModuleSpec {
                memories: std::vec![memory_type(1, None), ty],
                ..unary(&asm)
            };
            let mut store = alone(module);
            for core in cores() {
                let last = 100 - bytes - 3;
                for (addr, fits) in [
                    (0, true),
                    (last, true),
                    (last + 1, false),
                    (97, false),
                    (u64::MAX - 2, false),
                    (1 << 32, !is64),
                ] {
                    store.memory_mut(1).unwrap().bytes_mut().fill(0);
                    let exit = call_on(&mut store, core, 0, &[addr]);
                    if fits {
                        assert_eq!(results(&store, exit), [addr & 0xff]);
                    } else {
                        assert_eq!(
                            exit,
                            Exit::Trap(Trap::MemoryOutOfBounds),
                            "{op:?} at {addr:#x}"
                        );
                        drop_activation(&mut store);
                    }
                }
            }
        }
    }
}
