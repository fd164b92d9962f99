//! Pairs of instructions that one instruction does: what is selected for expressions, by the rules of `fuse`.

use crate::OptLevel;
use crate::lower::{ModuleInfo, select, vcode};

/// Parameters of the functions: v0 to v2 are i32, v3 to v5 i64, v6 to v9 f64.
const PARAMS: &str = "(param i32 i32 i32 i64 i64 i64 f64 f64 f64 f64)";

/// The selected code of a function with this result and body.
pub(super) fn code(result: &str, body: &str) -> Vec<String> {
    code_with("(memory 1)", result, body)
}

/// The same in a module with this memory.
pub(super) fn code_with(memory: &str, result: &str, body: &str) -> Vec<String> {
    let results = if result.is_empty() {
        String::new()
    } else {
        format!("(result {result})")
    };
    let wat = format!("(module {memory} (func (export \"f\") {PARAMS} {results} {body}))");
    let wasm = wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).expect("a module");
    let func = crate::ir::build(&module, 0).expect("a function");
    let code = select(&func, &ModuleInfo::new(&module), OptLevel::O2);
    assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
    let text = code.to_string();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// The instructions of a function that returns the value of an expression, but for the return.
fn value(result: &str, expression: &str) -> Vec<String> {
    let code = code(result, expression);
    let is_inst = |line: &&String| line.starts_with('v') && line.contains(" = ");
    code.iter().filter(is_inst).cloned().collect()
}

/// Puts `$0` to `$9` for the parameters.
pub(super) fn locals(text: &str) -> String {
    (0..10).fold(text.to_owned(), |text, i| {
        text.replace(&format!("${i}"), &format!("(local.get {i})"))
    })
}

#[track_caller]
fn one(result: &str, expression: &str, inst: &str) {
    assert_eq!(
        value(result, &locals(expression)),
        [format!("v10 = {inst}")]
    );
}

#[test]
fn two_integer_operators_are_one_instruction_in_either_order() {
    let pairs = [
        (
            "xor",
            "(i32.rotl $0 (i32.const 7))",
            "i32_rotl_imm_xor v0, imm=7, v1",
        ),
        (
            "xor",
            "(i32.shl $0 (i32.const 5))",
            "i32_shl_imm_xor v0, imm=5, v1",
        ),
        (
            "xor",
            "(i32.shr_u $0 (i32.const 3))",
            "i32_shr_u_imm_xor v0, imm=3, v1",
        ),
        (
            "or",
            "(i32.shl $0 (i32.const 8))",
            "i32_shl_imm_or v0, imm=8, v1",
        ),
        ("and", "(i32.xor $0 (i32.const -1))", "i32_and_not v1, v0"),
        ("xor", "(i32.xor $0 $2)", "i32_xor_xor v0, v2, v1"),
        ("xor", "(i32.and $0 $2)", "i32_and_xor v0, v2, v1"),
        ("or", "(i32.and $0 $2)", "i32_and_or v0, v2, v1"),
        ("and", "(i32.xor $0 $2)", "i32_xor_and v0, v2, v1"),
        ("mul", "(i32.xor $0 $2)", "i32_xor_mul v0, v2, v1"),
        ("add", "(i32.and $0 $2)", "i32_and_add v0, v2, v1"),
        (
            "add",
            "(i32.shr_u $0 (i32.const 3))",
            "i32_shr_u_imm_add v0, imm=3, v1",
        ),
        ("add", "(i32.add $0 $2)", "i32_add_add v0, v2, v1"),
    ];
    for (op, first, inst) in pairs {
        one("i32", &format!("(i32.{op} {first} $1)"), inst);
        one("i32", &format!("(i32.{op} $1 {first})"), inst);
    }
}

#[test]
fn two_operators_on_long_integers_are_one_instruction_in_either_order() {
    let pairs = [
        (
            "xor",
            "(i64.rotl $3 (i64.const 7))",
            "i64_rotl_imm_xor v3, imm=7, v4",
        ),
        (
            "xor",
            "(i64.shl $3 (i64.const 5))",
            "i64_shl_imm_xor v3, imm=5, v4",
        ),
        (
            "xor",
            "(i64.shr_u $3 (i64.const 3))",
            "i64_shr_u_imm_xor v3, imm=3, v4",
        ),
        (
            "or",
            "(i64.shl $3 (i64.const 8))",
            "i64_shl_imm_or v3, imm=8, v4",
        ),
        ("and", "(i64.xor $3 (i64.const -1))", "i64_and_not v4, v3"),
        ("xor", "(i64.xor $3 $5)", "i64_xor_xor v3, v5, v4"),
        ("xor", "(i64.and $3 $5)", "i64_and_xor v3, v5, v4"),
        ("mul", "(i64.xor $3 $5)", "i64_xor_mul v3, v5, v4"),
        ("and", "(i64.and $3 $5)", "i64_and_and v3, v5, v4"),
        ("or", "(i64.and $3 $5)", "i64_and_or v3, v5, v4"),
        ("and", "(i64.or $3 $5)", "i64_or_and v3, v5, v4"),
        ("add", "(i64.add $3 $5)", "i64_add_add v3, v5, v4"),
    ];
    for (op, first, inst) in pairs {
        one("i64", &format!("(i64.{op} {first} $4)"), inst);
        one("i64", &format!("(i64.{op} $4 {first})"), inst);
    }
}

#[test]
fn immediates_of_the_second_operator_are_kept() {
    one(
        "i32",
        "(i32.rotl (i32.xor $0 $1) (i32.const 16))",
        "i32_xor_rotl_imm v0, v1, imm=16",
    );
    one(
        "i64",
        "(i64.rotr (i64.xor $3 $4) (i64.const 16))",
        "i64_xor_rotl_imm v3, v4, imm=48",
    );
    one(
        "i32",
        "(i32.and (i32.sub $0 (i32.const 48)) (i32.const 255))",
        "i32_add_imm_and_imm v0, imm=-48, mask=255",
    );
    one(
        "i32",
        "(i32.and (i32.shr_u $0 (i32.const 4)) (i32.const 15))",
        "i32_shr_u_imm_and_imm v0, imm=4, mask=15",
    );
}

#[test]
fn what_is_loaded_for_one_operator_is_no_instruction_of_its_own() {
    for (expression, inst) in [
        (
            "(i32.load8_u (i32.add (i32.add $0 $1) (i32.const 24)))",
            "load8_u_sum v0, v1, k=24",
        ),
        (
            "(i32.load (i32.add (i32.add $0 $1) (i32.const 24)))",
            "load32_sum v0, v1, k=24",
        ),
        (
            "(i32.shl (i32.load8_u (i32.add $0 (i32.const 24))) (i32.const 3))",
            "load8_u_wrap_shl_imm v0, k=24, imm=3",
        ),
        (
            "(i32.load offset=8 (i32.shl (i32.and $0 (i32.const 15)) (i32.const 2)))",
            "load32_masked v0, mask=15, shift=2, offset=8",
        ),
        (
            "(i32.add (i32.load offset=8 $0) (i32.const 5))",
            "i32_add_imm_load v0, offset=8, imm=5",
        ),
        (
            "(i32.shr_u (i32.mul $0 $1) (i32.const 7))",
            "i32_mul_shr_u_imm v0, v1, imm=7",
        ),
    ] {
        one("i32", expression, inst);
    }
    one(
        "i64",
        "(i64.load (i32.add (i32.add $0 $1) (i32.const -8)))",
        "load64_sum v0, v1, k=-8",
    );
    one(
        "f64",
        "(f64.div $6 (f64.convert_i32_u $0))",
        "f64_div_convert_i32_u v6, v0",
    );
    let stored = code(
        "",
        &locals("(i32.store offset=8 $0 (i32.add $1 (i32.const 5)))"),
    );
    let stores = |line: &String| line == "i32_add_imm_store v0, v1, imm=5, offset=8";
    assert!(stored.iter().any(stores), "{stored:?}");
    // An offset beside the constant that may wrap.
    let apart = value(
        "i32",
        &locals("(i32.load8_u offset=1 (i32.add (i32.add $0 $1) (i32.const 24)))"),
    );
    assert_eq!(apart.len(), 2, "{apart:?}");
}

#[test]
fn bytes_in_memory_are_compared_where_they_are() {
    for (address, inst) in [
        ("(i32.add $0 (i32.const 24))", "br_load8_u_wrap_"),
        ("(i32.add $0 $2)", "br_load8_u_index_"),
    ] {
        for (relation, opposite) in [("eq", "ne"), ("ne", "eq")] {
            for cond in [
                format!("(i32.{relation} (i32.load8_u {address}) $1)"),
                format!("(i32.{relation} $1 (i32.load8_u {address}))"),
            ] {
                let code = code(
                    "",
                    &locals(&format!("(if {cond} (then (i32.store $0 $1)))")),
                );
                let found = |name: &str| {
                    let name = format!("{inst}{name} v0, ");
                    code.iter()
                        .any(|line| line.contains(&name) && line.contains("v1"))
                };
                assert!(found(relation) || found(opposite), "{code:?}");
                assert!(
                    !code.iter().any(|line| line.contains(" = load")),
                    "{code:?}"
                );
            }
        }
    }
    // Of a byte at an offset beside the sum there is no such form.
    let cond = "(i32.eq (i32.load8_u offset=1 (i32.add $0 $2)) $1)";
    let code = code(
        "",
        &locals(&format!("(if {cond} (then (i32.store $0 $1)))")),
    );
    assert!(
        code.iter().any(|line| line.contains("load8_u_index")),
        "{code:?}"
    );
    assert!(
        !code.iter().any(|line| line.contains("br_load8")),
        "{code:?}"
    );
}

#[test]
fn an_address_that_is_known_takes_no_slot() {
    one(
        "i32",
        "(i32.load offset=8 (i32.const 1024))",
        "load32_at offset=1032",
    );
    let stored = code("", &locals("(i32.store offset=8 (i32.const 1024) $1)"));
    let stores = |line: &String| line == "store32_at v1, offset=1032";
    assert!(stored.iter().any(stores), "{stored:?}");
    // Beyond what an address can be.
    let far = value("i32", "(i32.load offset=8 (i32.const -4))");
    assert_eq!(far.len(), 2, "{far:?}");
    // In a slot already.
    let elsewhere = "(local.set 0 (i32.const 64)) (if $1 (then (i32.store (local.get 0) $2)))";
    let code = code("", &locals(elsewhere));
    assert!(
        code.iter().any(|line| line.starts_with("store32 v")),
        "{code:?}"
    );
}

#[test]
fn an_exclusive_or_with_another_constant_is_no_negation() {
    let code = value("i32", &locals("(i32.and (i32.xor $0 (i32.const -2)) $1)"));
    assert_eq!(
        code,
        ["v10 = i32_xor_imm v0, imm=-2", "v11 = i32_and v10, v1"]
    );
}

#[test]
fn two_float_operators_keep_their_order() {
    one(
        "f64",
        "(f64.add (f64.add $6 $7) $8)",
        "f64_add_add v6, v7, v8",
    );
    one(
        "f64",
        "(f64.add $8 (f64.sub $6 $7))",
        "f64_sub_add v6, v7, v8",
    );
    one(
        "f64",
        "(f64.sub (f64.add $6 $7) $8)",
        "f64_add_sub v6, v7, v8",
    );
    one(
        "f64",
        "(f64.sub (f64.sub $6 $7) $8)",
        "f64_sub_sub v6, v7, v8",
    );
    one(
        "f64",
        "(f64.mul $8 (f64.mul $6 $7))",
        "f64_mul_mul v6, v7, v8",
    );
    one(
        "f64",
        "(f64.add (f64.mul (f64.add $6 $7) $8) $9)",
        "f64_add_mul_add v6, v7, v8, v9",
    );
    let code = value("f64", &locals("(f64.sub $8 (f64.add $6 $7))"));
    assert_eq!(code, ["v10 = f64_add v6, v7", "v11 = f64_sub v8, v10"]);
}

#[test]
fn what_is_needed_twice_is_not_fused() {
    let body = "(local.tee 0 (i32.xor $0 $1)) (i32.mul (local.get 0) $2) i32.sub";
    let code = value("i32", &locals(body));
    assert_eq!(code.len(), 3, "{code:?}");
}

#[test]
fn choices_compare() {
    let select = |cond: &str| format!("(select $0 $1 {cond})");
    one(
        "i32",
        &select("(i32.eq $2 (i32.const 92))"),
        "select_i32_eq_imm v0, v1, v2, imm=92",
    );
    one(
        "i32",
        &select("(i32.ne $2 (i32.const 92))"),
        "select_i32_eq_imm v1, v0, v2, imm=92",
    );
    one(
        "i32",
        &select("(i32.lt_s $2 $0)"),
        "select_i32_lt_s v0, v1, v2, v0",
    );
    one(
        "i32",
        &select("(i32.le_s $2 $0)"),
        "select_i32_lt_s v1, v0, v0, v2",
    );
    one(
        "i32",
        &select("(i32.lt_u $2 $0)"),
        "select_i32_lt_u v0, v1, v2, v0",
    );
    one(
        "i32",
        &select("(i32.ge_u $2 $0)"),
        "select_i32_lt_u v1, v0, v2, v0",
    );
}

#[test]
fn operands_in_memory_have_addresses_of_every_form() {
    let wrap = "(i32.add $1 (i32.const 24))";
    let f64 = |op: &str| format!("(f64.{op} $6 (f64.load {wrap}))");
    one(
        "f64",
        &f64("add"),
        "f64_add_load_wrap v6, v1, offset=0, k=24",
    );
    one(
        "f64",
        &f64("sub"),
        "f64_sub_load_wrap v6, v1, offset=0, k=24",
    );
    one(
        "f64",
        &f64("mul"),
        "f64_mul_load_wrap v6, v1, offset=0, k=24",
    );
    let of = |op: &str, address: &str| format!("(i32.{op} (i32.load offset=8 {address}) $0)");
    one(
        "i32",
        &of("add", wrap),
        "i32_add_load_wrap v0, v1, offset=8, k=24",
    );
    one(
        "i32",
        &of("add", "(i32.add $1 $2)"),
        "i32_add_load_index v0, v1, v2, shift=0, offset=8",
    );
    let scaled = "(i32.shl $1 (i32.const 2))";
    one(
        "i32",
        &of("add", scaled),
        "i32_add_load_scaled v0, v1, shift=2, offset=8",
    );
    one(
        "i32",
        &of("xor", scaled),
        "i32_xor_load_scaled v0, v1, shift=2, offset=8",
    );
}

#[test]
fn products_take_factors_from_memory() {
    for (ty, load, a, c) in [("f64", "f64.load", 6, 7), ("i32", "i32.load", 0, 2)] {
        let of = |x: &str, y: &str| format!("({ty}.add ({ty}.mul {x} {y}) ${c})");
        let name = format!("{ty}_mul_add_load");
        let near = format!("({load} offset=16 $1)");
        let inst = format!("{name} v{a}, v{c}, v1, offset=16");
        one(ty, &of(&format!("${a}"), &near), &inst);
        one(ty, &of(&near, &format!("${a}")), &inst);
        let wrap = format!("({load} offset=4 (i32.add $1 (i32.const 8)))");
        one(
            ty,
            &of(&format!("${a}"), &wrap),
            &format!("{name}_wrap v{a}, v{c}, v1, offset=4, k=8"),
        );
        let (x, y) = (format!("({load} $0)"), format!("({load} $1)"));
        let (far, next) = (
            format!("({load} (i32.add $0 (i32.const 8)))"),
            format!("({load} (i32.add $1 (i32.const 40)))"),
        );
        for (x, y, k, k2) in [
            (&x, &y, 0, 0),
            (&far, &y, 8, 0),
            (&x, &next, 0, 40),
            (&far, &next, 8, 40),
        ] {
            let found = value(ty, &locals(&of(x, y))).pop().expect("an instruction");
            let either = [
                format!("v10 = {name}2 v{c}, v0, v1, k={k}, k2={k2}"),
                format!("v10 = {name}2 v{c}, v1, v0, k={k2}, k2={k}"),
            ];
            assert!(either.contains(&found), "{found}");
        }
        // With an offset there is no room for both addresses.
        assert_eq!(value(ty, &locals(&of(&x, &near))).len(), 2);
    }
}

#[test]
fn a_pointer_is_followed_by_the_load_behind_it() {
    one(
        "i32",
        "(i32.load offset=12 (i32.load offset=4 $0))",
        "load32_load32 v0, offset=4, offset2=12",
    );
    one(
        "f64",
        "(f64.load offset=12 (i32.load offset=4 $0))",
        "load32_load64 v0, offset=4, offset2=12",
    );
}

/// The instructions of a function without a result, but for the return.
fn effect(body: &str) -> Vec<String> {
    let code = code("", &locals(body));
    code.iter()
        .skip(2)
        .filter(|line| *line != "ret")
        .cloned()
        .collect()
}

#[test]
fn memory_is_updated_in_place() {
    let update = |load: &str, store: &str, op: &str, address: &str, value: &str| {
        effect(&format!(
            "({store} offset=8 {address} ({op} ({load} offset=8 {address}) {value}))"
        ))
    };
    let ints = |op: &str| update("i32.load", "i32.store", op, "$0", "$1");
    assert_eq!(ints("i32.add"), ["i32_add_mem v0, v1, offset=8"]);
    assert_eq!(ints("i32.sub"), ["i32_sub_mem v0, v1, offset=8"]);
    assert_eq!(ints("i32.xor"), ["i32_xor_mem v0, v1, offset=8"]);
    let wrap = "(i32.add $0 (i32.const 24))";
    for (op, name) in [("f64.add", "f64_add_mem"), ("f64.sub", "f64_sub_mem")] {
        let floats = |address: &str| update("f64.load", "f64.store", op, address, "$6");
        assert_eq!(floats("$0"), [format!("{name} v0, v6, offset=8")]);
        assert_eq!(
            floats(wrap),
            [format!("{name}_wrap v0, v6, offset=8, k=24")]
        );
    }
    for (op, name) in [
        ("f64.add", "f64_mul_add_mem"),
        ("f64.sub", "f64_sub_mul_mem"),
    ] {
        let floats =
            |address: &str| update("f64.load", "f64.store", op, address, "(f64.mul $6 $7)");
        assert_eq!(floats("$0"), [format!("{name} v0, v6, v7, offset=8")]);
        assert_eq!(
            floats(wrap),
            [format!("{name}_wrap v0, v6, v7, offset=8, k=24")]
        );
    }
    // What is kept out of the way by another store, and what is loaded elsewhere.
    let between = "(local.set 2 (i32.load $0)) (i32.store $1 $1) (i32.store $0 (i32.sub $2 $1))";
    assert_eq!(effect(between).len(), 3);
    let elsewhere = "(i32.store offset=4 $0 (i32.sub (i32.load $0) $1))";
    assert_eq!(effect(elsewhere).len(), 2);
}

#[test]
fn a_global_is_read_before_it_changes() {
    let fused = |between: &str| {
        let wat = format!(
            r#"(module (type $t (func)) (global $g (mut (ref null $t)) (ref.null $t))
                (func (export "f") (param (ref null $t)) (result (ref $t))
                    (global.get $g) {between} (ref.as_non_null)))"#
        );
        let wasm = wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
        let module = crate::wasm::parse(&wasm).expect("a module");
        let func = crate::ir::build(&module, 0).expect("a function");
        let code = select(&func, &ModuleInfo::new(&module), OptLevel::O2);
        code.to_string().contains("global_get_non_null")
    };
    assert!(fused(""));
    assert!(!fused("(global.set $g (local.get 0))"));
}

#[test]
fn numbers_go_from_memory_to_memory() {
    let copy = |ty: &str, address: &str| {
        effect(&format!(
            "({ty}.store offset=8 $1 ({ty}.load offset=4 {address}))"
        ))
    };
    let words = |bits: u32| format!("load{bits}_store v1, v0, offset2=8, offset=4");
    assert_eq!(copy("i32", "$0"), [words(32)]);
    assert_eq!(copy("f32", "$0"), [words(32)]);
    assert_eq!(copy("i64", "$0"), [words(64)]);
    assert_eq!(copy("f64", "$0"), [words(64)]);
    assert_eq!(copy("i32", "(i32.add $0 (i32.const -9))").len(), 2);
    // What is needed once more, and what another store may change.
    let twice = "(i32.store $1 (local.tee 2 (i32.load $0))) (i32.store offset=4 $1 $2)";
    assert_eq!(effect(twice).len(), 3);
    let between = "(local.set 2 (i32.load $0)) (i32.store $1 $1) (i32.store $0 $2)";
    assert_eq!(effect(between).len(), 3);
}

#[test]
fn columns_are_multiplied_with_rows() {
    let sum = |ty: &str, column: &str, row: &str, sum: &str| {
        let (add, mul) = (format!("{ty}.add"), format!("{ty}.mul"));
        format!("({add} ({mul} ({ty}.load {column}) ({ty}.load {row})) {sum})")
    };
    for (row, k2) in [("$2", 0), ("(i32.add $2 (i32.const 24))", 24)] {
        let column = "(i32.add $0 $1)";
        let operands = |c: &str| format!("{c}, v0, v1, v2, k2={k2}");
        let floats = sum("f64", column, row, "$6");
        let expected = format!("f64_mul_add_load2_index {}", operands("v6"));
        one("f64", &floats, &expected);
        let ints = sum("i32", column, row, "$2");
        let expected = format!("i32_mul_add_load2_index {}", operands("v2"));
        one("i32", &ints, &expected);
    }
    // Places of the column that are not a sum alone.
    let shifted = "(i32.add $0 (i32.shl $1 (i32.const 3)))";
    let code = value("f64", &locals(&sum("f64", shifted, "$2", "$6")));
    assert_eq!(code.len(), 2, "{code:?}");
}

#[test]
fn branches_add() {
    for (cond, name) in [
        ("(f64.lt (f64.add $6 $7) $8)", "br_f64_add_lt"),
        ("(f64.le (f64.add $6 $7) $8)", "br_f64_add_le"),
        ("(i32.eqz (f64.lt (f64.add $6 $7) $8))", "br_f64_add_nlt"),
        ("(i32.eqz (f64.le (f64.add $6 $7) $8))", "br_f64_add_nle"),
    ] {
        let code = code(
            "",
            &locals(&format!("(if {cond} (then (i32.store $0 $1)))")),
        );
        let opposite = if let Some(relation) = name.strip_prefix("br_f64_add_n") {
            format!("br_f64_add_{relation}")
        } else {
            name.replace("_add_", "_add_n")
        };
        let found = |name: &str| {
            code.iter()
                .any(|line| line.contains(&format!("{name} v6, v7, v8")))
        };
        assert!(found(name) || found(&opposite), "{code:?}");
    }
}
