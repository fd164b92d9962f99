//! Addresses of 64 bits: the forms are those of 32-bit ones, by the operators on i64.

use super::fused::code_with;

/// The instructions of a body that gives an i32, but for the return, where memory 0 has 64-bit addresses. v3 to v5 are i64.
fn wide(body: &str) -> Vec<String> {
    let code = code_with("(memory i64 1)", "i32", body);
    let is_inst = |line: &&String| {
        !["func", "b0", "ret", "pool"]
            .iter()
            .any(|it| line.starts_with(it))
    };
    code.iter().filter(is_inst).cloned().collect()
}

#[track_caller]
fn check(address: &str, expected: &[&str]) {
    let body = format!("(i32.load offset=4 {address})");
    assert_eq!(wide(&body), expected, "{address}");
}

#[test]
fn addresses_in_every_form() {
    check("(local.get 3)", &["v10 = load32 v3, offset=4"]);
    check(
        "(i64.add (local.get 3) (i64.shl (local.get 4) (i64.const 2)))",
        &["v10 = load32_index v3, v4, shift=2, offset=4"],
    );
    check(
        "(i64.shl (local.get 4) (i64.const 3))",
        &["v10 = load32_scaled v4, shift=3, offset=4"],
    );
    check(
        "(i64.add (local.get 3) (i64.const 8))",
        &["v10 = load32_wrap v3, offset=4, k=8"],
    );
    check(
        "(i64.sub (local.get 3) (i64.const 8))",
        &["v10 = load32_wrap v3, offset=4, k=-8"],
    );
    check("(i64.const 100)", &["v10 = load32_at offset=104"]);
}

#[test]
fn what_is_known_not_to_wrap_goes_into_the_offset() {
    check(
        "(i64.add (i64.extend_i32_u (local.get 0)) (i64.const 8))",
        &["v10 = load32 v0, offset=12"],
    );
    check(
        "(i64.add (i64.load8_u (local.get 3)) (i64.const 8))",
        &["v10 = load8_u v3, offset=0", "v11 = load32 v10, offset=12"],
    );
    // A sum of 32 bits may have wrapped before it becomes an address, and so may one with a number below 0.
    check(
        "(i64.extend_i32_u (i32.add (local.get 0) (i32.const 8)))",
        &["v10 = i32_add_imm v0, imm=8", "v11 = load32 v10, offset=4"],
    );
    check(
        "(i64.add (i64.extend_i32_u (local.get 0)) (i64.const -8))",
        &["v10 = load32_wrap v0, offset=4, k=-8"],
    );
    // What does not fit the instruction.
    check(
        "(i64.add (local.get 3) (i64.const 0x1_0000_0000))",
        &[
            "v10 = const_pool index=0",
            "v11 = i64_add v3, v10",
            "v12 = load32 v11, offset=4",
        ],
    );
}

#[test]
fn a_sum_of_32_bits_is_no_sum_of_addresses() {
    let byte = |address: &str| wide(&format!("(i32.load8_u {address})"));
    assert_eq!(
        byte("(i64.add (i64.add (local.get 3) (local.get 4)) (i64.const -24))"),
        ["v10 = load8_u_sum v3, v4, k=-24"]
    );
    assert_eq!(
        byte("(i64.add (i64.extend_i32_u (i32.add (local.get 0) (local.get 1))) (i64.const -24))"),
        [
            "v10 = i32_add v0, v1",
            "v11 = load8_u_wrap v10, offset=0, k=-24"
        ]
    );
}

#[test]
fn updates_copies_and_operands_in_memory() {
    let body = "(i32.store offset=8 (local.get 3) (i32.add (i32.load offset=8 (local.get 3)) (i32.const 1)))
        (i64.store (local.get 4) (i64.load offset=16 (local.get 3)))
        (i32.add (local.get 0) (i32.load (local.get 5)))";
    assert_eq!(
        wide(body),
        [
            "i32_add_mem_imm v3, imm=1, offset=8",
            "load64_store v4, v3, offset2=0, offset=16",
            "v10 = i32_add_load v0, v5, offset=0"
        ]
    );
}

/// Where a memory ends is compared byte by byte.
#[test]
fn small_pages_change_nothing() {
    let code = code_with(
        "(memory 5 (pagesize 1))",
        "i32",
        "(i32.load offset=4 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))",
    );
    let expected = "v10 = load32_index v0, v1, shift=2, offset=4";
    assert!(code.iter().any(|line| line == expected), "{code:?}");
}
