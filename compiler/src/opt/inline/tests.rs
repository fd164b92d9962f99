//! Which calls are replaced.

use super::{DEPTH, OWN_BUDGET, SMALL_BUDGET, TINY, TINY_BUDGET, run};
use crate::Options;
use crate::callees::Callees;
use crate::ir::{Func, build, check};

/// The first function of a module with what was put in the place of its calls.
fn inlined(wat: &str) -> Func {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).unwrap();
    let callees = Callees::new(&module, &Options::default());
    let mut func = build(&module, 0).unwrap();
    super::super::merge::canonical(&mut func);
    super::super::layout::plain(&mut func);
    let caller = func.func_idx;
    run(&mut func, &|callee| callees.get(callee, caller));
    if let Err(error) = check(&func) {
        panic!("{error}\n{func}");
    }
    func
}

/// How many calls are left, and how many copies there are.
fn calls_and_copies(wat: &str) -> (usize, usize) {
    let func = inlined(wat);
    let calls = func.to_string().matches(" call ").count();
    (calls, func.inlined.copies.len())
}

/// A callee of this size.
fn sized(size: usize) -> String {
    let steps = "i32.popcnt ".repeat(size);
    format!("(func $f (param i32) (result i32) local.get 0 {steps})")
}

#[test]
fn size_and_loops_decide() {
    let with = |text: &str, size| calls_and_copies(&text.replace("CALLEE", &sized(size)));
    let once = "(module (func (param i32) (result i32) (call $f (local.get 0))) CALLEE)";
    let often = "(module (func (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (call $f (local.get 0))))) (local.get 0)) CALLEE)";
    assert_eq!(with(once, TINY), (0, 1));
    assert_eq!(with(once, TINY + 1), (1, 0));
    assert_eq!(with(often, TINY + 1), (0, 1));
    assert_eq!(with(often, super::SMALL), (0, 1));
    // A recursion is as good as a loop.
    let recursion = "(module (func $g (param i32) (result i32)
        (call $h (call $g (call $f (local.get 0))))) CALLEE
        (func $h (param i32) (result i32) (unreachable)))";
    assert_eq!(with(recursion, super::SMALL).1, 5);
    assert_eq!(with(recursion, super::SMALL + 1).1, 3);
    assert_eq!(with(often, super::SMALL + 1), (1, 0));
}

#[test]
fn a_loop_of_a_copy_counts() {
    let callee = sized(TINY + 1);
    let text = format!(
        "(module (func (param i32) (call $loops (local.get 0)))
           (func $loops (param i32) (loop (br_if 0 (local.tee 0 (call $f (local.get 0))))))
           {callee})"
    );
    assert_eq!(calls_and_copies(&text), (0, 2));
}

#[test]
fn copies_are_not_put_into_copies_of_themselves_nor_too_deep() {
    // Two that call each other: the first has a copy of the second, and in that one of itself.
    let both = "(module
        (func $even (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
        (func $odd (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))";
    assert_eq!(calls_and_copies(both), (1, 2));
    let mut chain = String::from("(module (func (result i32) (call $f1))");
    for func in 1..=DEPTH + 2 {
        chain.push_str(&format!(
            "(func $f{func} (result i32) (call $f{}))",
            func + 1
        ));
    }
    chain.push_str(&format!(
        "(func $f{} (result i32) (i32.const 7)))",
        DEPTH + 3
    ));
    assert_eq!(calls_and_copies(&chain), (1, DEPTH));
}

#[test]
fn what_is_copied_is_bounded() {
    let calls = |callee: &str, count: usize, looped: bool| {
        let all = "(local.set 0 (call $f (local.get 0)))".repeat(count);
        let all = match looped {
            true => format!("(loop {all} (br_if 0 (local.get 0)))"),
            false => all,
        };
        let text =
            format!("(module (func $self (param i32) (result i32) {all} (local.get 0)) {callee})");
        calls_and_copies(&text.replace("$f ", if callee.is_empty() { "$self " } else { "$f " }))
    };
    let many = 1000;
    // A call counts one for the caller's own size.
    let (left, copies) = calls(&sized(TINY), many, false);
    assert_eq!(
        (left + copies, copies),
        (many, (TINY_BUDGET + many / 2) / TINY)
    );
    let (left, copies) = calls(&sized(super::SMALL), many, true);
    assert_eq!((left + copies, copies), (many, SMALL_BUDGET / super::SMALL));
    // Each copy of a function in itself has its calls again.
    let own_size = 24;
    let (left, copies) = calls("", own_size, false);
    let expected = OWN_BUDGET / own_size;
    assert_eq!(
        (left, copies),
        (own_size - expected + own_size * expected, expected)
    );
}

#[test]
fn calls_that_are_tried_stay() {
    let text = "(module
        (tag $e)
        (func (param i32) (result i32)
          (block $h (try_table (catch $e $h) (drop (call $id (local.get 0)))))
          (local.get 0))
        (func $id (param i32) (result i32) (local.get 0)))";
    assert_eq!(calls_and_copies(text), (1, 0));
}
