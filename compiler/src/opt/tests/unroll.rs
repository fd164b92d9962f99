//! Which loops the pass `unroll` doubles, and that these do what they did.

use super::{func_of, pass, runs, same};
use crate::ir::check;

/// Passes that loops have been through when it is the turn of `unroll`.
const BEFORE: &[&str] = &["params", "branches", "merge", "invert", "params", "merge"];

/// Runs the pass on a function of two i32 that gives one; whether it changed anything.
fn doubles(body: &str) -> bool {
    let wat = format!(
        "(module (memory 1) (func $f (param i32 i32) (result i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32) {body}))"
    );
    let mut func = func_of(&wat);
    super::alone(crate::opt::merge::canonical, &mut func);
    for name in BEFORE {
        super::alone(pass(name).1, &mut func);
    }
    let before = func.clone();
    let changed = super::alone(pass("unroll").1, &mut func);
    super::lay_out(&mut func);
    check(&func).unwrap_or_else(|error| panic!("{error}\n{func}\nfrom {wat}"));
    same(&runs(&before), &runs(&func), || {
        format!("{before}\nbecame\n{func}")
    });
    changed
}

/// A loop of which local 0 counts the turns down, with a way out of it in the middle; `behind` gives what it leaves.
fn turns(body: &str, behind: &str) -> bool {
    doubles(&format!(
        "(local.set 0 (i32.and (local.get 0) (i32.const 63)))
         (block $out (loop $turn {body}
            (br_if $out (i32.eq (local.get $a) (i32.const 1000)))
            (br_if $turn (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
         {behind}"
    ))
}

/// The next value of `$b` is this turn's `$a`.
const ROTATION: &str =
    "(local.set $c (i32.add (local.get $a) (i32.xor (local.get $b) (local.get 1))))
    (local.set $b (local.get $a))
    (local.set $a (local.get $c))";

/// A rotation of six values.
const WIDE: &str = "(local.set $c (i32.add (local.get $a) (i32.xor (local.get 1) (local.get $f))))
    (local.set $f (local.get $e)) (local.set $e (local.get $d)) (local.set $d (local.get $b))
    (local.set $b (local.get 1)) (local.set 1 (local.get $a)) (local.set $a (local.get $c))";

#[test]
fn loops_that_move_are_doubled() {
    assert!(turns(ROTATION, "(i32.sub (local.get $a) (local.get $b))"));
    // Only what the loop computes, not what it carries, is used behind it.
    assert!(turns(ROTATION, "(local.get $c)"));
    let overlap = "(local.set $b (i32.load (i32.and (local.get $a) (i32.const 0xfff))))
        (i32.store (i32.const 64) (i32.rotl (local.get $a) (local.get 1)))
        (local.set $a (local.get $b))";
    assert!(turns(overlap, "(local.get $a)"));
    // The next value comes from one of two ways of the turn, and this turn's is used behind them.
    let joined = "(local.set $b (if (result i32) (local.get $c)
            (then (i32.const 7)) (else (i32.load (i32.const 8)))))
        (local.set $c (i32.add (local.get $a) (local.get $c)))
        (local.set $a (local.get $b))";
    assert!(turns(joined, "(i32.add (local.get $c) (local.get $a))"));
}

#[test]
fn loops_that_do_not_move_stay() {
    // The value of this turn is not needed any more when the next one is made.
    let apart = "(local.set $b (i32.load (i32.and (local.get $a) (i32.const 0xfff))))
        (i32.store (i32.const 64) (i32.rotl (local.get $a) (local.get 1)))
        (local.set $a (i32.add (local.get $b) (local.get 0)))";
    assert!(!turns(apart, "(local.get $a)"));
    let sum = "(local.set $a (i32.add (local.get $a) (i32.load (local.get 0))))";
    assert!(!turns(sum, "(local.get $a)"));
    // A step behind a copy is one instruction.
    let step = "(local.set $b (i32.add (local.get $a) (i32.const 3)))
        (i32.store (i32.const 64) (i32.rotl (local.get $a) (local.get $b)))
        (local.set $a (local.get $b))";
    assert!(!turns(step, "(local.get $b)"));
}

#[test]
fn loops_that_call_or_are_large_stay() {
    let call = format!("{WIDE} (drop (call $f (i32.const 0) (i32.const 0)))");
    assert!(!turns(&call, "(local.get $a)"));
    let more = |rotation: &str, n: usize| {
        let stores = "(i32.store (i32.const 0) (local.get 0))".repeat(n);
        turns(&format!("{rotation} {stores}"), "(local.get $a)")
    };
    // Two instructions each, beside those of the rotation and of the turn, for one move: 24 are few enough.
    assert!(more(ROTATION, 2));
    assert!(!more(ROTATION, 10));
    // For more moves there may be 64.
    assert!(more(WIDE, 24));
    assert!(!more(WIDE, 32));
    // Two blocks each.
    let tests = |n: usize| {
        let test = "(if (i32.and (local.get 0) (i32.const 1)) (then (i32.store (i32.const 0) (i32.const 0))))";
        turns(&format!("{WIDE} {}", test.repeat(n)), "(local.get $a)")
    };
    assert!(tests(2));
    assert!(!tests(4));
    // One with another in it.
    let nested = "(local.set $c (i32.const 3))
        (loop $inner (br_if $inner (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))";
    assert!(!turns(&format!("{WIDE} {nested}"), "(local.get $b)"));
}

/// A value that the loop makes is used where other ways lead too, which has no parameter for it.
#[test]
fn loops_whose_values_have_no_name_behind_them_stay() {
    let leaves = |behind: &str| {
        doubles(&format!(
            "(local.set 0 (i32.and (local.get 0) (i32.const 63)))
             (block $out
               (loop $turn {ROTATION}
                 (br_if $out (i32.eq (local.get $a) (i32.const 1000)))
                 (br_if $out (i32.gt_u (local.get $a) (i32.const 4000)))
                 (br_if $turn (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
               (i32.store (i32.const 4) (i32.const 1))
               (br_if $out (i32.load (i32.const 8)))
               (return (local.get $b)))
             {behind}"
        ))
    };
    assert!(leaves("(i32.const 5)"));
    assert!(!leaves("(i32.add (local.get $c) (local.get $b))"));
}
