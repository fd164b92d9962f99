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
    let wat = format!(
        "(module (memory 1) (func (export \"f\") {PARAMS} {result} (local v128 i32) {body}))"
    );
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
    let ty = if expression.starts_with("(i8x16.bitmask") || expression.starts_with("(i8x16.all") {
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
            &format!("f32x4_mul_add_load_splat v3, v0, v1, k={k}, d={}", 8 - k),
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
        ("(i8x16.all_true $2)", "br_i8x16_all_true v2"),
        ("(i32.eqz (i8x16.all_true $2))", "br_i8x16_not_all_true v2"),
    ] {
        let code = code("", &format!("(if {cond} (then (i32.store $0 $1)))"));
        let opposite = if name.contains("not_all") {
            name.replace("not_all", "all")
        } else if name.contains("all") {
            name.replace("all", "not_all")
        } else if name.contains("any") {
            name.replace("any", "none")
        } else {
            name.replace("none", "any")
        };
        let has = |name: &str| code.iter().any(|line| line.contains(name));
        assert!(has(name) || has(&opposite), "{code:?}");
    }
}

/// The instructions of a body that gives nothing, but for those that only pass control on.
fn done(body: &str) -> Vec<String> {
    let insts = code("", body).into_iter();
    let insts = insts.filter(|line| !line.starts_with("block") && !line.starts_with("ret"));
    insts
        .map(|line| {
            line.split_once(" = ")
                .map_or(line.clone(), |it| it.1.to_owned())
        })
        .collect()
}

#[test]
fn both_operands_of_a_product_come_from_memory() {
    let at = |load: &str, param: u32, k: u32| match k {
        0 => format!("({load} ${param})"),
        _ => format!("({load} (i32.add ${param} (i32.const {k})))"),
    };
    for (k, k2) in [(0, 0), (0, 32), (70_000, 70_016)] {
        for ty in ["f32x4", "f64x2"] {
            let (a, b) = (at("v128.load", 0, k), at("v128.load", 1, k2));
            let d = i64::from(k) - i64::from(k2);
            either(
                &format!("{ty}.add"),
                &format!("({ty}.mul {a} {b})"),
                "$3",
                // The left one is taken by the sum first.
                &format!("{ty}_mul_add_load2 v3, v1, v0, k={k2}, d={d}"),
            );
        }
        let (a, b) = (at("v128.load16x4_s", 0, k), at("v128.load16x4_s", 1, k2));
        either(
            "i32x4.add",
            &format!("(i32x4.mul {a} {b})"),
            "$3",
            &format!("i32x4_mul_add_loads16x4_s v3, v0, v1, k={k}, d={}", k2 - k),
        );
    }
    // Places that are too far from each other, an offset.
    let (a, b) = (at("v128.load", 0, 0), at("v128.load", 1, 70_000));
    let far = format!("(f32x4.add (f32x4.mul {a} {b}) $3)");
    assert_eq!(value(&far).len(), 2);
    let behind = "(f32x4.add (f32x4.mul (v128.load offset=4 $0) (v128.load $1)) $3)";
    assert_eq!(value(behind).len(), 2);
}

#[test]
fn numbers_side_by_side_are_multiplied_with_what_is_at_each() {
    let sum = |c: &str, k: u32, address: &str, k2: u32| {
        let number = format!("(v128.load32_splat (i32.add $0 (i32.const {k})))");
        let vector = format!("(v128.load (i32.add {address} (i32.const {k2})))");
        format!("(f32x4.add {c} (f32x4.mul {number} {vector}))")
    };
    let two = |k: u32, k2: u32| sum(&sum("$2", 8, "$1", 16), k, "$1", k2);
    one(
        &two(12, 20),
        "f32x4_mul_add_load_splats v2, v0, v1, k=8, d=8",
    );
    // One of them at another distance.
    assert_eq!(value(&two(12, 32)).len(), 2);
    assert_eq!(value(&two(16, 20)).len(), 2);
    // The vectors' address is the sum of the numbers' and another, whichever comes first.
    for address in ["(i32.add $0 $1)", "(i32.add $1 $0)"] {
        let body = format!(
            "(local.set 7 {address}) {}",
            sum(&sum("$2", 8, "(local.get 7)", 16), 12, "(local.get 7)", 20)
        );
        let wanted = "f32x4_mul_add_load_splats_index v2, v0, v1, k=8, d=8";
        assert_eq!(value(&body), [wanted]);
    }
    // A sum of two other slots stays.
    let body = format!(
        "(local.set 7 (i32.add $1 $1)) {}",
        sum(&sum("$2", 8, "(local.get 7)", 16), 12, "(local.get 7)", 20)
    );
    assert_eq!(value(&body).len(), 2);
}

#[test]
fn a_product_is_added_to_what_is_in_memory() {
    for ty in ["f32x4", "f64x2"] {
        for (address, k) in [("$0", 0), ("(i32.add $0 (i32.const 70000))", 70_000)] {
            let update = |to: &str| {
                format!(
                    "(v128.store {to} ({ty}.add (v128.load {address}) ({ty}.mul $2 (v128.load (i32.add $1 (i32.const 70016))))))"
                )
            };
            let wanted = format!("{ty}_mul_add_mem v0, v2, v1, k={k}, d={}", 70_016 - k);
            let fits = k != 0;
            assert_eq!(done(&update(address)).contains(&wanted), fits, "{wanted}");
            // Stored elsewhere.
            let elsewhere = done(&update("$1"));
            assert!(
                !elsewhere.iter().any(|it| it.contains("_mem ")),
                "{elsewhere:?}"
            );
        }
    }
}

#[test]
fn sums_and_choices_of_floats_are_one() {
    for ty in ["f32x4", "f64x2"] {
        let of = |op: &str, a: &str, b: &str| format!("({ty}.{op} {a} {b})");
        let add = format!("{ty}.add");
        either(
            &add,
            &of("add", "$2", "$3"),
            "$4",
            &format!("{ty}_add_add v2, v3, v4"),
        );
        either(
            &add,
            &of("sub", "$2", "$3"),
            "$4",
            &format!("{ty}_sub_add v2, v3, v4"),
        );
        // a < b ? a : b, which is b where one is no number.
        let choice = |lt: String| format!("(v128.bitselect $2 $3 {lt})");
        one(&choice(of("lt", "$2", "$3")), &format!("{ty}_pmin v3, v2"));
        one(&choice(of("gt", "$2", "$3")), &format!("{ty}_pmax v3, v2"));
        assert_eq!(value(&choice(of("le", "$2", "$3"))).len(), 2);
        assert_eq!(value(&choice(of("lt", "$2", "$4"))).len(), 2);
    }
    let product = "(f32x4.mul $2 $3)";
    one(
        &format!("(f32x4.add (f32x4.mul $4 $5) (f32x4.add {product} $2))"),
        "f32x4_mul_add_mul_add v2, v3, v2, v4, v5",
    );
}

#[test]
fn bytes_are_chosen_compared_and_widened_in_one() {
    one(
        "(i8x16.swizzle $2 (v128.and $3 $4))",
        "i8x16_swizzle_and v2, v3, v4",
    );
    one(
        "(i8x16.swizzle $2 (i8x16.shr_u $3 (i32.const 4)))",
        "i8x16_swizzle_shr_u_imm v2, v3, imm=4",
    );
    assert_eq!(value("(i8x16.swizzle (v128.and $3 $4) $2)").len(), 2);
    one(
        "(i8x16.lt_u (i8x16.add $2 $3) $4)",
        "i8x16_add_lt_u v2, v3, v4",
    );
    assert_eq!(value("(i8x16.lt_u $4 (i8x16.add $2 $3))").len(), 2);
    either("v128.or", "(v128.or $2 $3)", "$4", "v128_or_or v2, v3, v4");
    for sign in ["s", "u"] {
        let words = |bytes: &str| format!("(i16x8.extend_low_i8x16_{sign} {bytes})");
        let longs = |words: &str| format!("(i32x4.extend_low_i16x8_{sign} {words})");
        one(
            &longs(&words("$2")),
            &format!("i32x4_extend_low_i8x16_{sign} v2"),
        );
        for (address, k) in [("$0", 0), ("(i32.add $0 (i32.const 24))", 24)] {
            let wrap = if k == 0 { "" } else { "_wrap" };
            let place = |near: &str| match k {
                0 => format!("v0, offset=8{near}"),
                _ => format!("v0, offset=8, k={k}"),
            };
            let quarter = format!("(v128.load32_zero offset=8 {address})");
            one(
                &longs(&words(&quarter)),
                &format!("load8x4_{sign}_wrap {}", place(", k=0")),
            );
            let half = format!("(v128.load64_zero offset=8 {address})");
            one(
                &words(&half),
                &format!("load8x8_{sign}{wrap} {}", place("")),
            );
            one(
                &longs(&half),
                &format!("load16x4_{sign}{wrap} {}", place("")),
            );
            one(
                &format!("(i64x2.extend_low_i32x4_{sign} {half})"),
                &format!("load32x2_{sign}{wrap} {}", place("")),
            );
        }
    }
}
