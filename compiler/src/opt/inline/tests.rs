//! Which calls are replaced.

use super::{DEPTH, HOT, OWN_BUDGET, RECURSIVE, SMALL, SMALL_BUDGET, TINY_BUDGET, run};
use crate::Options;
use crate::callees::Callees;
use crate::ir::cfg::Cfg;
use crate::ir::{Func, build, check};

/// The first function of a module with what was put in the place of its calls.
fn inlined(wat: &str) -> Func {
    inlined_as(wat, |_| {})
}

/// The same, made ready first.
fn inlined_as(wat: &str, prepare: impl FnOnce(&mut Func)) -> Func {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).unwrap();
    let callees = Callees::new(&module, &Options::default());
    let mut func = build(&module, 0).unwrap();
    let cfg = Cfg::new(&func);
    super::super::merge::canonical(&mut func, &cfg);
    let cfg = Cfg::new(&func);
    super::super::layout::plain(&mut func, &cfg);
    prepare(&mut func);
    run(&mut func, &cfg, &|callee, most| callees.get(callee, most));
    let cfg = Cfg::new(&func);
    super::super::layout::plain(&mut func, &cfg);
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

const ONCE: &str = "(module (func (param i32) (result i32) (call $f (local.get 0))) CALLEE)";
const OFTEN: &str = "(module (func (param i32) (result i32)
    (loop (br_if 0 (local.tee 0 (call $f (local.get 0))))) (local.get 0)) CALLEE)";

#[test]
fn size_and_loops_decide() {
    let with = |text: &str, size| calls_and_copies(&text.replace("CALLEE", &sized(size)));
    // One argument is moved.
    assert_eq!(with(ONCE, 1), (0, 1));
    assert_eq!(with(ONCE, 2), (1, 0));
    assert_eq!(with(OFTEN, 2), (0, 1));
    assert_eq!(with(OFTEN, SMALL), (0, 1));
    assert_eq!(with(OFTEN, SMALL + 1), (1, 0));
}

#[test]
fn a_recursion_is_as_good_as_a_loop_if_it_is_small() {
    let with = |pad: usize, size| {
        let steps = "i32.clz ".repeat(pad);
        let text = format!(
            "(module (func $g (param i32) (result i32)
               (local.get 0) {steps} (call $f) (call $g) (call $h)) {}
               (func $h (param i32) (result i32) (unreachable)))",
            sized(size)
        );
        calls_and_copies(&text)
    };
    // Of each callee one, and in the copy of the function itself again; that is called there.
    assert_eq!(with(0, SMALL), (1, 5));
    assert_eq!(with(0, SMALL + 1), (3, 3));
    assert_eq!(with(RECURSIVE - 3, SMALL), (1, 2));
    // What only traps is no longer than its call.
    assert_eq!(with(RECURSIVE - 2, SMALL), (2, 1));
}

#[test]
fn callees_that_call_are_copied_only_into_loops_and_beside_others() {
    let with = |text: &str, callee: &str| {
        let other = sized(SMALL + 1).replace("$f", "$other");
        let callee = format!("(func $f (param i32) (result i32) {callee}) {other}");
        calls_and_copies(&text.replace("CALLEE", &callee))
    };
    let wrapper = "(call $other (local.get 0))";
    assert_eq!(with(OFTEN, wrapper), (1, 1));
    assert_eq!(with(ONCE, wrapper), (1, 0));
    // Two budgets: as many copies of either as if there were no others. What is called where a check has failed does not count.
    let calling =
        "(func $calling (param i32) (result i32) (i32.clz (i32.clz (call $other (local.get 0)))))";
    let checked = "(func $checked (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (drop (call $other (i32.const 7))) (unreachable)))
        (i32.clz (i32.clz (local.get 0))))";
    let copies = |names: &[&str]| {
        let calls = |name: &&str| format!("(local.set 0 (call ${name} (local.get 0)))").repeat(100);
        let calls: String = names.iter().map(calls).collect();
        let text = format!(
            "(module (func (param i32) (result i32) (loop {calls} (br_if 0 (local.get 0))) (local.get 0))
               {calling} {checked} {})",
            sized(SMALL + 1).replace("$f", "$other")
        );
        calls_and_copies(&text).1
    };
    let alone = [copies(&["calling"]), copies(&["checked"])];
    let both = copies(&["calling", "checked"]);
    assert!(
        alone[0] > 10 && alone[1] > 10 && both == alone[0] + alone[1],
        "{alone:?} {both}"
    );
}

#[test]
fn a_profile_decides_in_place_of_loops() {
    let with = |text: &str, count| {
        let text = text.replace("CALLEE", &sized(SMALL));
        let func = inlined_as(&text, |func| {
            func.hot_from = Some(1);
            for block in func.layout.clone() {
                func.block_mut(block).count = Some(count);
            }
        });
        func.inlined.copies.len()
    };
    let hot = 1 << (HOT - 1);
    for text in [ONCE, OFTEN] {
        assert_eq!((with(text, hot), with(text, hot - 1)), (1, 0));
    }
}

#[test]
fn copies_are_not_put_into_copies_of_themselves_nor_too_deep() {
    // Two that call each other: a copy of the first has one of the second.
    let both = "(module
        (func (param i32) (loop (br_if 0 (local.tee 0 (call $even (local.get 0))))))
        (func $even (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
        (func $odd (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))";
    assert_eq!(calls_and_copies(both), (1, 2));
    let mut chain =
        String::from("(module (func (param i32) (loop (drop (call $f1)) (br_if 0 (local.get 0))))");
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
    let (left, copies) = calls(&sized(1), many, false);
    assert_eq!((left + copies, copies), (many, TINY_BUDGET + many / 2));
    let (left, copies) = calls(&sized(SMALL), many, true);
    assert_eq!((left + copies, copies), (many, SMALL_BUDGET / SMALL));
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
