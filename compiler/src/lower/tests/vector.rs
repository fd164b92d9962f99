//! What becomes of operators on vectors: those that go together, and those that do not.

use crate::OptLevel;
use crate::lower::{ModuleInfo, select, vcode};

/// Parameters of the functions: v0 and v1 are i32, v2 to v5 vectors.
const PARAMS: &str = "(param i32 i32 v128 v128 v128 v128)";

/// The selected code of a function with this result and body, `$0` to `$5` being its parameters.
fn code(result: &str, body: &str) -> Vec<String> {
    let body = (0..6).fold(body.to_owned(), |text, i| {
        text.replace(&format!("${i}"), &format!("(local.get {i})"))
    });
    let wat =
        format!("(module (memory 1) (func (export \"f\") {PARAMS} {result} (local v128) {body}))");
    let wasm = wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).expect("a module");
    let func = crate::ir::build(&module, 0).expect("a function");
    let code = select(&func, &ModuleInfo::new(&module), OptLevel::O2);
    assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
    let text = code.to_string();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// The instructions of a function that gives an expression, without what they define.
fn value(expression: &str) -> Vec<String> {
    let ty = if expression.starts_with("(i8x16.bitmask") {
        "(result i32)"
    } else {
        "(result v128)"
    };
    let code = code(ty, expression);
    let insts = code.iter().filter(|line| line.starts_with('v'));
    insts
        .filter_map(|line| Some(line.split_once(" = ")?.1.to_owned()))
        .collect()
}

#[track_caller]
fn one(expression: &str, inst: &str) {
    assert_eq!(value(expression), [inst]);
}

/// Both orders of the operands of an operator that commutes.
#[track_caller]
fn either(operator: &str, a: &str, b: &str, inst: &str) {
    one(&format!("({operator} {a} {b})"), inst);
    one(&format!("({operator} {b} {a})"), inst);
}

#[test]
fn shifts_by_constants_take_them_modulo_the_width() {
    for (op, width) in [
        ("i8x16_shr_u", 8),
        ("i16x8_shl", 16),
        ("i16x8_shr_s", 16),
        ("i16x8_shr_u", 16),
        ("i32x4_shl", 32),
        ("i32x4_shr_s", 32),
        ("i32x4_shr_u", 32),
        ("i64x2_shl", 64),
        ("i64x2_shr_u", 64),
    ] {
        let operator = op.replacen('_', ".", 1);
        let by = |distance: &str| format!("({operator} $2 {distance})");
        one(
            &by(&format!("(i32.const {})", width + 3)),
            &format!("{op}_imm v2, imm=3"),
        );
        one(&by("$0"), &format!("{op} v2, v0"));
    }
}

#[test]
fn two_shifts_are_a_rotation() {
    for (ty, width) in [("i32x4", 32), ("i64x2", 64)] {
        let shift = |op: &str, by: u32| format!("({ty}.{op} $2 (i32.const {by}))");
        let (left, right) = (shift("shl", 7), shift("shr_u", width - 7));
        let rotated = format!("{ty}_rotl_imm v2, imm=7");
        either("v128.or", &left, &right, &rotated);
        either("v128.xor", &left, &right, &rotated);
        // Distances that do not make a whole turn, and none at all, which keeps all bits of both.
        let other = shift("shr_u", width - 6);
        assert_eq!(value(&format!("(v128.or {left} {other})")).len(), 3);
        let (none, all) = (shift("shl", 0), shift("shr_u", 0));
        assert!(value(&format!("(v128.xor {none} {all})")).len() > 1);
        // Of another vector.
        let other = right.replace("$2", "$3");
        assert_eq!(value(&format!("(v128.or {left} {other})")).len(), 3);
    }
}

#[test]
fn shuffles_of_one_vector_are_rotations_or_swizzles() {
    let shuffle = |lanes: [u8; 16], b: &str| {
        let lanes = lanes.map(|lane| lane.to_string()).join(" ");
        value(&format!("(i8x16.shuffle {lanes} $2 {b})"))
    };
    let of = |f: fn(u8) -> u8| core::array::from_fn(|i| f(i as u8));
    let by_16 = of(|i| i / 4 * 4 + (i + 2) % 4);
    assert_eq!(shuffle(by_16, "$2"), ["i32x4_rotl_imm v2, imm=16"]);
    let by_24 = of(|i| i / 4 * 4 + (i + 1) % 4);
    assert_eq!(shuffle(by_24, "$2"), ["i32x4_rotl_imm v2, imm=24"]);
    let by_8 = of(|i| i / 8 * 8 + (i + 7) % 8);
    assert_eq!(shuffle(by_8, "$2"), ["i64x2_rotl_imm v2, imm=8"]);
    // From the second of two that are the same.
    let second = of(|i| 16 + i / 4 * 4 + (i + 2) % 4);
    assert_eq!(shuffle(second, "$2"), ["i32x4_rotl_imm v2, imm=16"]);
    // No rotation of lanes, but of one vector.
    let turned = shuffle(of(|i| (i + 4) % 16), "$3");
    assert_eq!(turned.len(), 2, "{turned:?}");
    assert!(turned[1].starts_with("i8x16_swizzle v2, "), "{turned:?}");
    let one_lane_off = shuffle(
        of(|i| if i == 15 { 12 } else { i / 4 * 4 + (i + 2) % 4 }),
        "$2",
    );
    assert!(
        one_lane_off[1].starts_with("i8x16_swizzle v2, "),
        "{one_lane_off:?}"
    );
    // Of two.
    let zipped = shuffle(of(|i| i / 2 + i % 2 * 16), "$3");
    assert!(
        zipped[1].starts_with("i8x16_shuffle v2, v3, "),
        "{zipped:?}"
    );
}

#[test]
fn operators_on_what_was_shifted_or_turned_are_one() {
    for (ty, width) in [("i32x4", 32), ("i64x2", 64)] {
        let both = "(v128.xor $2 $3)";
        let wat = format!(
            "(local.set 6 {both}) (v128.or ({ty}.shl (local.get 6) (i32.const 7)) ({ty}.shr_u (local.get 6) (i32.const {})))",
            width - 7
        );
        let code = code("(result v128)", &wat);
        let wanted = format!("{ty}_xor_rotl_imm v2, v3, imm=7");
        assert!(code.iter().any(|line| line.ends_with(&wanted)), "{code:?}");
    }
    let left = "(i32x4.shl $2 (i32.const 5))";
    let right = "(i32x4.shr_u $2 (i32.const 5))";
    either("v128.and", left, "$3", "i32x4_shl_imm_and v2, v3, imm=5");
    either("v128.and", right, "$3", "i32x4_shr_u_imm_and v2, v3, imm=5");
    let masked = |shift: &str| format!("(v128.and {shift} $3)");
    either(
        "v128.or",
        &masked(left),
        "$4",
        "i32x4_shl_imm_and_or v2, v3, v4, imm=5",
    );
    either(
        "v128.or",
        &masked(right),
        "$4",
        "i32x4_shr_u_imm_and_or v2, v3, v4, imm=5",
    );
    either("i32x4.add", left, "$3", "i32x4_shl_imm_add v2, v3, imm=5");
    let narrow = "(i16x8.shl $2 (i32.const 5))";
    either("i16x8.add", narrow, "$3", "i16x8_shl_imm_add v2, v3, imm=5");
    one(
        "(i32x4.shr_s (i32x4.shl $2 (i32.const 16)) (i32.const 17))",
        "i32x4_shl_imm_shr_s_imm v2, imm=16, imm2=17",
    );
}

#[test]
fn sums_products_and_bits_are_one() {
    let pairs = [
        ("i32x4.add", "(i32x4.add $2 $3)", "i32x4_add_add"),
        ("i16x8.add", "(i16x8.add $2 $3)", "i16x8_add_add"),
        ("i32x4.add", "(i32x4.mul $2 $3)", "i32x4_mul_add"),
        ("i16x8.add", "(i16x8.mul $2 $3)", "i16x8_mul_add"),
        (
            "i32x4.add",
            "(i32x4.dot_i16x8_s $2 $3)",
            "i32x4_dot_i16x8_add_s",
        ),
        ("v128.or", "(v128.and $2 $3)", "v128_and_or"),
        ("v128.xor", "(v128.and $2 $3)", "v128_and_xor"),
        ("v128.xor", "(v128.xor $2 $3)", "v128_xor_xor"),
    ];
    for (outer, inner, name) in pairs {
        either(outer, inner, "$4", &format!("{name} v2, v3, v4"));
    }
    // What is needed elsewhere too stays.
    let twice =
        "(local.set 6 (i32x4.mul $2 $3)) (i32x4.sub (i32x4.add (local.get 6) $4) (local.get 6))";
    assert_eq!(value(twice).len(), 3);
}

#[test]
fn operands_come_from_memory() {
    let near = "(v128.load offset=8 $0)";
    let wrap = "(v128.load offset=8 (i32.add $0 (i32.const 24)))";
    for (load, address) in [(near, "v0, offset=8, k=0"), (wrap, "v0, offset=8, k=24")] {
        for operator in [
            "i32x4.add",
            "v128.xor",
            "f32x4.add",
            "f32x4.mul",
            "f64x2.add",
            "f64x2.mul",
        ] {
            let name = operator.replace('.', "_");
            either(
                operator,
                load,
                "$2",
                &format!("{name}_load_wrap v2, {address}"),
            );
        }
        one(
            &format!("(f32x4.sub $2 {load})"),
            &format!("f32x4_sub_load_wrap v2, {address}"),
        );
        assert_eq!(value(&format!("(f32x4.sub {load} $2)")).len(), 2);
        for ty in ["f32x4", "f64x2"] {
            let inst = format!("{ty}_mul_add_load_wrap v2, v3, {address}");
            for (x, y) in [(load, "$2"), ("$2", load)] {
                either(
                    &format!("{ty}.add"),
                    &format!("({ty}.mul {x} {y})"),
                    "$3",
                    &inst,
                );
            }
        }
        let half = load.replace("v128.load", "v128.load8x8_u");
        either(
            "i16x8.add",
            &half,
            "$2",
            &format!("i16x8_add_load8x8_u_wrap v2, {address}"),
        );
    }
    // A number in all lanes times what is in memory.
    for (number, k) in [("$0", 0), ("(i32.add $0 (i32.const 24))", 24)] {
        let product = format!(
            "(f32x4.mul (v128.load32_splat {number}) (v128.load (i32.add $1 (i32.const 8))))"
        );
        either(
            "f32x4.add",
            &product,
            "$3",
            &format!("f32x4_mul_add_load_splat v3, v0, v1, k={k}, k2=8"),
        );
    }
    let far = "(f32x4.add (f32x4.mul (v128.load32_splat $0) (v128.load offset=4 $1)) $3)";
    assert_eq!(value(far).len(), 2);
    // Where a store is in between the load stays where it is.
    let between = "(local.set 6 (v128.load $0)) (v128.store $1 $3) (i32x4.add (local.get 6) $2)";
    assert_eq!(value(between), ["load128 v0, offset=0", "i32x4_add v6, v2"]);
}

#[test]
fn tests_and_masks_are_one() {
    one(
        "(i8x16.bitmask (i8x16.eq $2 $3))",
        "i8x16_eq_bitmask v2, v3",
    );
    for (cond, name) in [
        ("(v128.any_true $2)", "br_v128_any_true v2"),
        ("(i32.eqz (v128.any_true $2))", "br_v128_none_true v2"),
    ] {
        let code = code("", &format!("(if {cond} (then (i32.store $0 $1)))"));
        let opposite = if name.contains("any") {
            name.replace("any", "none")
        } else {
            name.replace("none", "any")
        };
        let has = |name: &str| code.iter().any(|line| line.contains(name));
        assert!(has(name) || has(&opposite), "{code:?}");
    }
}
