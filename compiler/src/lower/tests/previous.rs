//! Counters whose value before the step is needed behind it.

use super::fused::{code, locals};

/// The instructions of the loop's first block with this body, whose counter is `$0` and what comes after its step `$1`.
fn first_block(body: &str) -> Vec<String> {
    let text = format!("(loop $l {body} (local.set 0 $1) (br_if $l $2))");
    let code = code("", &locals(&text));
    let start = code.iter().position(|line| line.starts_with("b1"));
    let lines = code.iter().skip(start.expect("a loop") + 1);
    lines
        .take_while(|line| !line.starts_with('b'))
        .cloned()
        .collect()
}

#[test]
fn the_value_before_a_step_is_copied_if_it_is_needed_behind_it() {
    let step = "(local.set 1 (i32.add $0 (i32.const 1)))";
    assert_eq!(
        first_block(&format!("{step} (i32.store $0 $1)")),
        [
            "v11 = mov v10",
            "v12 = i32_add_imm v10, imm=1",
            "store32 v11, v12, offset=0"
        ]
    );
    let copies = |body: &str| {
        first_block(body)
            .iter()
            .any(|line| line.contains(" = mov "))
    };
    assert!(copies(&format!("{step} (if $2 (then (i32.store $0 $1)))")));
    assert!(!copies(&format!(
        "{step} (i32.store $0 (i32.mul $2 (i32.load $1)))"
    )));
    // Nothing behind the step, no constant step, and no step of the counter.
    assert!(!copies(&format!("(i32.store $0 $2) {step}")));
    assert!(!copies("(local.set 1 (i32.add $0 $2)) (i32.store $0 $1)"));
    assert!(!copies(
        "(local.set 1 (i32.add $2 (i32.const 1))) (i32.store $0 $1)"
    ));
}

#[test]
fn the_exit_of_a_loop_gets_the_value_before_the_step() {
    let text = "(local.set 1 $0) (loop $l (local.set 1 $0) \
        (local.set 0 (i32.add $0 (i32.const 4))) (br_if $l (i32.load8_s $0))) $1";
    let code = code("i32", &locals(text));
    let copy = code.iter().find_map(|line| line.split_once(" = mov "));
    let (copy, _) = copy.unwrap_or_else(|| panic!("a copy in {code:?}"));
    assert!(code.contains(&format!("ret1 {copy}")), "{code:?}");
}
