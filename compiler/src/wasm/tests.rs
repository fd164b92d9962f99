//! Tests of decoding and validation.

use super::body::{LegacyClause, LegacyTry};
use super::{
    BodyAllocs, ConstOp, DataMode, ElemItems, ElemMode, ExternKind, ExternType, GlobalType, Hint,
    MemoryType, TableType, explain, parse,
};
use crate::error::{Error, ErrorKind};
use wrt_format::image::types::{Composite, FieldType, HeapType, ValType, val};

/// Validates a whole module, functions too.
fn validate(wasm: &[u8]) -> Result<(), Error> {
    let module = parse(wasm)?;
    let mut allocs = BodyAllocs::default();
    for body_idx in 0..module.body_count() {
        let func_idx = module.body_func_idx(body_idx);
        // What of a feature the validator cannot tell from the rest is refused when the function is built.
        module
            .validate_body(body_idx, &mut allocs)
            .and_then(|body| crate::ir::build_body(&module, &body))
            .map_err(|error| explain(wasm, module.features, error.in_func(func_idx, None)))?;
    }
    Ok(())
}

/// The module is refused for `feature`, and the bytes at the reported offset start with `bytes`.
#[track_caller]
fn unsupported(wat: &str, feature: &'static str, bytes: &[u8]) {
    let wasm = wat::parse_str(wat).unwrap();
    let error = validate(&wasm).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unsupported(feature), "{error}");
    let offset = error.offset().unwrap() as usize;
    let found = &wasm[offset..];
    assert!(found.starts_with(bytes), "{error}: {found:02x?}");
    let text = error.to_string();
    assert!(
        text.contains(feature) && text.contains(&format!("{offset:#x}")),
        "{text}"
    );
}

#[test]
fn vectors_are_accepted() {
    for text in [
        "(module (func (param v128) (drop (v128.const i32x4 1 2 3 4))))",
        "(module (func (drop (i8x16.relaxed_swizzle (unreachable) (unreachable)))))",
    ] {
        validate(&wat::parse_str(text).unwrap()).unwrap();
    }
    let text = "(module (global v128 (v128.const i64x2 1 -1)))";
    let wasm = wat::parse_str(text).unwrap();
    let module = parse(&wasm).unwrap();
    assert_eq!(module.globals[0].ty, val::V128);
    let halves = [ConstOp::Const(1), ConstOp::Const(u64::MAX), ConstOp::V128];
    assert_eq!(module.global_inits[0], halves);
}

#[test]
fn threads() {
    let text = "(module (import \"env\" \"m\" (memory 1 3 shared)) (memory 1)
        (func (drop (i32.atomic.load 1 (i32.const 0)))))";
    let wasm = wat::parse_str(text).unwrap();
    let module = parse(&wasm).unwrap();
    let shared: Vec<bool> = module.memories.iter().map(|it| it.shared).collect();
    assert_eq!(shared, [true, false]);
    invalid(
        &wat::parse_str("(module (memory 1 shared))").unwrap(),
        "shared memory must have maximum size",
    );
}

#[test]
fn custom_page_sizes() {
    let text = "(module (memory 5 (pagesize 1)) (memory 1) (memory 1 (pagesize 65536)))";
    let wasm = wat::parse_str(text).unwrap();
    let module = parse(&wasm).unwrap();
    let logs: Vec<u8> = module.memories.iter().map(|it| it.page_log2).collect();
    assert_eq!(logs, [0, 16, 16]);
}

#[test]
fn of_each_try_is_known_what_follows_its_body() {
    let wasm = wat::parse_str(
        "(module (tag $e) (tag $f) (func
            try
                try try delegate 1 catch $e catch_all rethrow 0 end
            catch $f rethrow 0 catch $e try unreachable try catch_all rethrow 2 end catch $f end
            end
            try end))",
    )
    .unwrap();
    let module = parse(&wasm).unwrap();
    let body = module.validate_body(0, &mut BodyAllocs::default()).unwrap();
    let clause = |tag, rethrown| LegacyClause { tag, rethrown };
    let legacy = |delegate, clauses: &[_]| LegacyTry {
        delegate,
        clauses: clauses.to_vec(),
    };
    let expected = [
        legacy(None, &[clause(Some(1), true), clause(Some(0), true)]),
        legacy(None, &[clause(Some(0), false), clause(None, true)]),
        legacy(Some(1), &[]),
        legacy(None, &[clause(Some(1), false)]),
        legacy(None, &[clause(None, false)]),
        legacy(None, &[]),
    ];
    assert_eq!(body.tries, expected);
    let of_scopes: Vec<_> = body.scopes.iter().map(|scope| scope.legacy).collect();
    assert_eq!(of_scopes, [0, 1, 2, 3, 4, 5].map(Some));
}

#[test]
fn types_of_structs_and_arrays_are_decoded() {
    let wasm = wat::parse_str(
        "(module (type $a (array (mut i8)))
            (rec (type $s (sub (struct (field i16 (mut anyref) (ref $t))))) (type $t (sub $s (struct
                (field i16 (mut anyref) (ref $t) f64))))))",
    )
    .unwrap();
    let module = parse(&wasm).unwrap();
    let field = |ty, mutable| FieldType { ty, mutable };
    let own = ValType::reference(HeapType::Defined(2), false);
    let [array, first, second] = &module.types[..] else {
        panic!("three types");
    };
    assert_eq!(
        (array.composite, first.composite),
        (Composite::Array, Composite::Struct)
    );
    assert_eq!(array.fields, [field(val::I8, true)]);
    let fields = [
        field(val::I16, false),
        field(val::ANYREF, true),
        field(own, false),
    ];
    assert_eq!(
        (&first.fields[..], &second.fields[..3]),
        (&fields[..], &fields[..])
    );
    assert_eq!([0, 1, 2, 3].map(|i| second.field_offset(i)), [0, 8, 16, 24]);
    assert_eq!((second.sub.supertype, second.sub.in_group), (Some(1), 1));
}

#[test]
fn new_structs_in_constant_expressions_are_filled_field_by_field() {
    let wasm = wat::parse_str(
        "(module (type $s (struct (field i32 i31ref))) (type $a (array (ref $s)))
            (global (ref $a) (array.new_fixed $a 2
                (struct.new $s (i32.const 7) (ref.i31 (i32.const 8))) (struct.new_default $s)))
            (global arrayref (array.new $a (struct.new_default $s) (i32.const 9))))",
    )
    .unwrap();
    let module = parse(&wasm).unwrap();
    use ConstOp::{ArrayFill, ArrayNew, ArraySet, Const, RefI31, StructNew, StructSet};
    let first = [
        Const(2),
        ArrayNew(1),
        StructNew(0),
        Const(7),
        StructSet(0),
        Const(8),
        RefI31,
        StructSet(1),
        ArraySet(0),
        StructNew(0),
        ArraySet(1),
    ];
    assert_eq!(module.global_inits[0], first);
    assert_eq!(
        module.global_inits[1],
        [Const(9), ArrayNew(1), StructNew(0), ArrayFill]
    );
    // What is nested too deep is refused by name.
    let nested = |depth: usize| {
        let text = format!(
            "(module (type $s (struct (field anyref))) (global anyref {}(ref.null any){}))",
            "(struct.new $s ".repeat(depth),
            ")".repeat(depth)
        );
        parse(&wat::parse_str(text).unwrap())
            .map(|_| ())
            .map_err(|error| error.kind().clone())
    };
    assert_eq!(nested(63), Ok(()));
    let limit = ErrorKind::TooLarge("depth of a constant expression", 64);
    assert_eq!(nested(64), Err(limit));
}

#[test]
fn other_proposals() {
    unsupported(
        "(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))",
        "memory control",
        &[0xfc, 0x12],
    );
    unsupported(
        "(module (type $f (func)) (type $c (cont $f)))",
        "stack switching",
        &[],
    );
}

#[test]
fn components() {
    unsupported("(component)", "component", b"\0asm");
}

#[test]
fn the_first_faulty_place_counts() {
    let wasm = wat::parse_str(
        "(module (func (param i32)) (memory 1) (func (memory.discard (i32.const 1) (i32.const 1))))",
    )
    .unwrap();
    let error = validate(&wasm).unwrap_err();
    assert_eq!(error.func_idx(), Some(1));
    assert_eq!(wasm[error.offset().unwrap() as usize], 0xfc);
}

/// The module is invalid, with this message.
#[track_caller]
fn invalid(wasm: &[u8], message: &str) -> Error {
    let error = validate(wasm).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Invalid, "{error}");
    assert!(error.message().contains(message), "{error}");
    assert!(error.offset().is_some(), "{error}");
    error
}

#[test]
fn invalid_modules() {
    let wat = |text| wat::parse_str(text).unwrap();
    invalid(b"\0asn\x01\0\0\0", "magic");
    invalid(b"\0asm\x01\0\0\0\x01", "end");
    invalid(&wat("(module (func (result i32)))"), "type mismatch");
    invalid(&wat("(module (func (call 3)))"), "unknown function");
    invalid(&wat("(module (export \"a\" (func 0)))"), "unknown function");
    invalid(&wat("(module (memory 70000))"), "memory size");
    invalid(
        &wat("(module (func $f) (export \"a\" (func $f)) (export \"a\" (func $f)))"),
        "duplicate",
    );
}

#[test]
fn an_invalid_module_is_invalid_whatever_features_it_uses() {
    let wasm = wat::parse_str(
        "(module (func (drop (v128.const i32x4 1 2 3 4))) (func (result i32) (i64.const 0)))",
    )
    .unwrap();
    invalid(&wasm, "type mismatch");
}

#[test]
fn errors_name_the_function() {
    let wasm = wat::parse_str("(module (func) (func $broken (result i32)))").unwrap();
    let error = invalid(&wasm, "type mismatch");
    assert_eq!(error.func_idx(), Some(1));
    assert!(error.to_string().contains("function 1 <broken>"), "{error}");
}

/// Something of everything that is accepted.
const EVERYTHING: &str = "(module $m
           (type $t (func (param i32) (result i64 f32)))
           (type $same (func (param i32) (result i64 f32)))
           (import \"env\" \"f\" (func $f (type $same)))
           (import \"env\" \"t\" (table 1 2 externref))
           (import \"env\" \"m\" (memory i64 1 5))
           (import \"env\" \"g\" (global $g i32))
           (table $table i64 3 funcref)
           (memory 2)
           (global (mut f64) (f64.const 1.5))
           (global i32 (i32.mul (i32.add (global.get $g) (i32.const 3)) (i32.const -1)))
           (global funcref (ref.func $main))
           (global externref (ref.null extern))
           (func $main (export \"main\"))
           (func (type $t) (return_call $f (local.get 0)))
           (start $main)
           (elem (table $table) (i64.const 1) func $f $main)
           (elem funcref (ref.null func) (ref.func $main))
           (elem declare func $f)
           (data (memory 1) (i32.const 8) \"abc\")
           (data \"passive\")
           (export \"mem\" (memory 1)))";

#[test]
fn index_spaces_are_decoded() {
    let wasm = wat::parse_str(EVERYTHING).unwrap();
    validate(&wasm).unwrap();
    let module = parse(&wasm).unwrap();
    assert_eq!(
        (module.types[0].params.len(), module.types[0].results.len()),
        (1, 2)
    );
    assert_eq!((module.canonical_type(0), module.canonical_type(1)), (0, 0));
    assert_eq!(module.canonical_type(2), 2);
    assert_eq!(module.funcs, [1, 2, 0]);
    assert_eq!(module.imports[0].ty, ExternType::Func(1));
    assert_eq!(
        (module.imports[3].module, module.imports[3].name),
        ("env", "g")
    );
    let counts = [
        module.imported_funcs,
        module.imported_tables,
        module.imported_memories,
    ];
    assert_eq!((counts, module.imported_globals), ([1, 1, 1], 1));
    let table = |elem, is64, min, max| TableType {
        elem,
        is64,
        min,
        max,
    };
    assert_eq!(module.tables[0], table(val::EXTERNREF, false, 1, Some(2)));
    assert_eq!(module.tables[1], table(val::FUNCREF, true, 3, None));
    let memory = |is64, min, max| MemoryType {
        is64,
        shared: false,
        page_log2: 16,
        min,
        max,
    };
    assert_eq!(
        module.memories,
        [memory(true, 1, Some(5)), memory(false, 2, None)]
    );
}

#[test]
fn definitions_are_decoded() {
    let wasm = wat::parse_str(EVERYTHING).unwrap();
    let module = parse(&wasm).unwrap();
    let float = GlobalType {
        ty: val::F64,
        mutable: true,
    };
    assert_eq!((module.globals[1], module.globals.len()), (float, 5));
    let inits: &[Vec<ConstOp>] = &[
        vec![ConstOp::Const(1.5_f64.to_bits())],
        vec![
            ConstOp::GlobalGet(0),
            ConstOp::Const(3),
            ConstOp::I32Add,
            ConstOp::Const(0xffff_ffff),
            ConstOp::I32Mul,
        ],
        vec![ConstOp::RefFunc(1)],
        vec![ConstOp::Const(0)],
    ];
    assert_eq!(module.global_inits, inits);
    assert_eq!(module.exports[1].kind, ExternKind::Memory);
    assert_eq!(
        (module.exports[0].name, module.exports[0].index),
        ("main", 1)
    );
    let offset = vec![ConstOp::Const(1)];
    assert_eq!(module.elems[0].mode, ElemMode::Active { table: 1, offset });
    assert_eq!(module.elems[0].items, ElemItems::Funcs(vec![0, 1]));
    let exprs = vec![vec![ConstOp::Const(0)], vec![ConstOp::RefFunc(1)]];
    assert_eq!(
        (&module.elems[1].mode, &module.elems[1].items),
        (&ElemMode::Passive, &ElemItems::Exprs(exprs))
    );
    assert_eq!(module.elems[2].mode, ElemMode::Declared);
    let offset = vec![ConstOp::Const(8)];
    assert_eq!(module.datas[0].mode, DataMode::Active { mem: 1, offset });
    assert_eq!(
        (module.datas[0].bytes, module.datas[1].bytes),
        (&b"abc"[..], &b"passive"[..])
    );
    assert_eq!((module.start, module.body_count()), (Some(1), 2));
    assert_eq!(
        (module.module_name, module.func_name(1), module.func_name(2)),
        (Some("m"), Some("main"), None)
    );
    assert_eq!(wasm[module.body_range(0)], [0, 0x0b]);
}

#[test]
fn a_malformed_name_section_is_ignored() {
    let mut wasm = wat::parse_str("(module (func $f))").unwrap();
    assert_eq!(parse(&wasm).unwrap().func_name(0), Some("f"));
    let at = wasm.windows(4).position(|bytes| bytes == b"name").unwrap();
    // The length of the function name subsection.
    wasm[at + 5] = 0x7f;
    let module = parse(&wasm).unwrap();
    assert_eq!((module.func_name(0), module.func_names.len()), (None, 0));
}

#[test]
fn equal_groups_are_one() {
    let wasm = wat::parse_str(
        "(module
            (rec (type $a (sub (func (param (ref $b))))) (type $b (func (result (ref null $a)))))
            (rec (type $c (sub (func (param (ref $d))))) (type $d (func (result (ref null $c)))))
            (rec (type $e (func (param (ref $f)))) (type $f (func (result (ref null $e)))))
            (type $g (func (param (ref $b))))
            (type $h (func (param (ref $d))))
            (type (sub $a (func (param (ref $b)))))
            (type (sub $c (func (param (ref $d))))))",
    )
    .unwrap();
    validate(&wasm).unwrap();
    let module = parse(&wasm).unwrap();
    let canonical: Vec<u32> = (0..10).map(|idx| module.canonical_type(idx)).collect();
    // The third group is final, the first two are not.
    assert_eq!(canonical, [0, 1, 0, 1, 4, 5, 6, 6, 8, 8]);
    assert_eq!(module.types[9].sub.supertype, Some(2));
}

#[test]
fn initial_values_of_tables_are_decoded() {
    let wasm = wat::parse_str(
        "(module (func $f) (table 3 (ref func) (ref.func $f)) (table 1 funcref)
            (table 2 funcref) (elem (table 0) (i32.const 0) func $f))",
    )
    .unwrap();
    validate(&wasm).unwrap();
    let module = parse(&wasm).unwrap();
    let init = Some(vec![ConstOp::RefFunc(0)]);
    assert_eq!(module.table_inits, [init, None, None]);
    // A segment of functions takes the type of references that are never null where its table needs that.
    assert_eq!(module.elems[0].ty, module.tables[0].elem);
}

#[test]
fn tags_are_decoded() {
    let wasm = wat::parse_str(
        "(module (type $t (func (param i32))) (import \"m\" \"t\" (tag (type $t)))
            (tag $own) (export \"own\" (tag $own)))",
    )
    .unwrap();
    validate(&wasm).unwrap();
    let module = parse(&wasm).unwrap();
    assert_eq!(module.imports[0].ty, ExternType::Tag(0));
    assert_eq!((&module.tags[..], module.imported_tags), (&[0, 1][..], 1));
    assert_eq!(module.tag_type(0).params.len(), 1);
    assert_eq!(
        (module.exports[0].kind, module.exports[0].index),
        (ExternKind::Tag, 1)
    );
}

/// A module with a custom section of this name and content before, or behind, its code: two functions with a `br_if` and an `if`.
fn hinted(content: &str, place: &str) -> Vec<u8> {
    let text = format!(
        "(module (import \"m\" \"f\" (func))
            (@custom \"metadata.code.branch_hint\" ({place}) \"{content}\")
            (func (local i32) (block (br_if 0 (local.get 0)) (call 0)))
            (func (param i32) (if (local.get 0) (then (call 0)))))"
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn branch_hints_are_decoded_if_their_section_is_well_formed() {
    let hint = |func_idx, offset, taken| Hint {
        func_idx,
        offset,
        taken,
    };
    // Offsets count from the start of a body, which is where its locals are declared.
    let two = "\\02\\01\\01\\07\\01\\00\\02\\01\\03\\01\\01";
    let wasm = hinted(two, "before code");
    let module = parse(&wasm).unwrap();
    let expected = [hint(1, 7, false), hint(2, 3, true)];
    assert_eq!(module.hints, expected);
    for &Hint {
        func_idx, offset, ..
    } in &expected
    {
        let at = module.body_range(func_idx - 1).start + offset as usize;
        assert_eq!(wasm[at], [0x0d, 0x04][func_idx as usize - 1]);
    }
    assert_eq!(module.hint(2, 3), Some(true));
    assert_eq!((module.hint(2, 4), module.hint(3, 3)), (None, None));
    let annotated = wat::parse_str(
        "(module (func (param i32) (@metadata.code.branch_hint \"\\01\")
            (if (local.get 0) (then))))",
    )
    .unwrap();
    assert_eq!(parse(&annotated).unwrap().hints, [hint(0, 3, true)]);
    // Behind the code, functions or offsets that do not ascend, a wrong size or value, bytes missing or left over: there are no hints.
    let malformed = [
        (two, "after code"),
        (
            "\\02\\02\\01\\03\\01\\01\\01\\01\\07\\01\\00",
            "before code",
        ),
        (
            "\\02\\01\\01\\07\\01\\00\\01\\01\\08\\01\\00",
            "before code",
        ),
        ("\\01\\01\\02\\07\\01\\00\\07\\01\\00", "before code"),
        ("\\01\\01\\01\\07\\02\\00", "before code"),
        ("\\01\\01\\01\\07\\01\\02", "before code"),
        ("\\01\\01\\01\\07\\01", "before code"),
        ("\\01\\01\\01\\07\\01\\00\\00", "before code"),
    ];
    for (content, place) in malformed {
        let wasm = hinted(content, place);
        let module = parse(&wasm).unwrap();
        assert_eq!(module.hints, [], "{content} {place}");
        validate(&wasm).unwrap();
    }
    // Where no branch is, a hint says nothing.
    let elsewhere = hinted(
        "\\02\\01\\01\\05\\01\\00\\63\\01\\03\\01\\01",
        "before code",
    );
    validate(&elsewhere).unwrap();
}
