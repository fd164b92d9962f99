//! Random code as part of an image: the verifier must accept it.

use wrt_format::image::types::{
    Composite, ConstOp, GlobalType, MemoryType, PAGE_LOG2, TableType, val,
};
use wrt_format::image::write::{
    ExternSpec, FuncSpec, FuncTypeSpec, GlobalSpec, ImageSpec, ImportSpec, ModuleSpec, TableSpec,
    align, write,
};
use wrt_format::isa::{Op, encode};
use wrt_format::verify::{Limits, VerifiedImage};

use super::*;
use crate::regalloc::random::STRUCT;

/// Functions, imports and types that random code may name: number `n` takes `n % 16` arguments and gives `n / 16` results.
const CALLEES: u32 = STRUCT as u32;

fn func_type(params: u32, results: u32) -> FuncTypeSpec {
    FuncTypeSpec {
        params: vec![val::I32; params as usize],
        results: vec![val::I32; results as usize],
        ..FuncTypeSpec::default()
    }
}

/// A function that is called.
fn callee(type_idx: u32) -> FuncSpec {
    FuncSpec {
        type_idx,
        frame: 16,
        refs: 0,
        code: [(Op::Enter, &[16, 1][..]), (Op::Trap, &[0][..])]
            .map(|(op, operands)| encode(op, operands).unwrap()[0])
            .to_vec(),
    }
}

/// The module around the functions: what they call, and the functions themselves behind that.
fn module(codes: Vec<(VCode, Code)>) -> ModuleSpec {
    let structs = FuncTypeSpec {
        composite: Composite::Struct,
        ..FuncTypeSpec::default()
    };
    let callees = (0..CALLEES).map(|n| func_type(n % 16, n / 16));
    let mut types: Vec<FuncTypeSpec> = callees.chain([structs]).collect();
    let mut funcs: Vec<FuncSpec> = (0..CALLEES).map(callee).collect();
    let import = |type_idx| ImportSpec {
        module: "m".to_owned(),
        name: "f".to_owned(),
        ty: ExternSpec::Func(type_idx),
    };
    let (mut pool, mut handlers) = (Vec::new(), vec![Vec::new(); funcs.len()]);
    for (code, mut emitted) in codes {
        let wanted = func_type(code.param_count, code.result_count);
        let known = types.iter().position(|it| *it == wanted);
        let type_idx = known.unwrap_or_else(|| {
            types.push(wanted);
            types.len() - 1
        });
        let place = |constant: &[u64]| {
            pool.extend_from_slice(constant);
            (pool.len() - constant.len()) as u32
        };
        emitted.relocate(place).unwrap();
        handlers.push(emitted.handlers);
        funcs.push(FuncSpec {
            type_idx: type_idx as u32,
            frame: emitted.frame,
            refs: emitted.refs,
            code: emitted.words,
        });
    }
    let (ty, mutable) = (val::I64, true);
    let global = GlobalSpec {
        ty: GlobalType { ty, mutable },
        init: vec![ConstOp::Const(0)].into(),
    };
    let (min, max, is64) = (1, None, false);
    ModuleSpec {
        types,
        imports: (0..CALLEES).map(import).collect(),
        funcs,
        pool,
        handlers,
        // Tag `n` carries `n` values: these are the types without results.
        tags: (0..16).collect(),
        tables: vec![TableSpec {
            ty: TableType {
                elem: val::FUNCREF,
                is64,
                min,
                max,
            },
            init: None,
        }],
        memories: vec![MemoryType {
            is64,
            shared: false,
            page_log2: PAGE_LOG2,
            min,
            max,
        }],
        globals: vec![global; 8],
        features: wrt_format::image::features::TAIL_CALL,
        ..ModuleSpec::default()
    }
}

#[test]
fn the_verifier_accepts_every_emitted_function() {
    let codes = (0..600).map(|seed| {
        let code = generate(seed, 4 + seed as usize % 60);
        let emitted = emitted(&code);
        (code, emitted)
    });
    let image = ImageSpec {
        modules: vec![module(codes.collect())],
        build_id: 1,
    };
    let bytes = align(&write(&image).unwrap());
    let verified = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    for seed in 0..600 {
        let verdict = verified.module(0).verify_func(CALLEES + seed);
        assert_eq!(verdict, Ok(()), "seed {seed}");
    }
}
