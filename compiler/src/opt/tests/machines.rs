//! Random state machines: loops around a `br_table` whose arms pass locals on in every way, for what copies dispatches.

use core::fmt::Write;

use super::random::Random;

/// Locals that arms assign, behind the two parameters; the first of them is the state.
const LOCALS: u64 = 5;
const STATE: u64 = 2;
/// Local that counts the steps that are left.
const LEFT: u64 = STATE + LOCALS;

/// A module whose function is a state machine of a few dozen steps.
pub(super) fn module(random: &mut Random) -> String {
    let arms = 2 + random.below(4);
    let mut out = format!(
        "(module (memory 1) (func (param i32 i32) (result i32) (local{})\n(local.set {LEFT} (i32.const 40))\n(block $done (loop $next\n",
        " i32".repeat(LOCALS as usize + 1)
    );
    for arm in (0..arms).rev() {
        let _ = writeln!(out, "(block $a{arm}");
    }
    let labels: Vec<String> = (0..arms).map(|arm| format!("$a{arm}")).collect();
    let _ = writeln!(out, "(br_table {} (local.get {STATE}))", labels.join(" "));
    for _ in 0..arms {
        out.push_str(")\n");
        arm(&mut out, random, arms);
    }
    out.push_str(")) (i32.const 0)\n");
    for local in 0..LEFT {
        let _ = writeln!(
            out,
            "(i32.add (i32.mul (i32.const 31) (local.get {local})))"
        );
    }
    out + "))"
}

/// Assignments, swaps among them, and stores; then the next state, often a known one, or the same.
fn arm(out: &mut String, random: &mut Random, arms: u64) {
    let local = |random: &mut Random| STATE + 1 + random.below(LOCALS - 1);
    for _ in 0..random.below(4) {
        let (to, from) = (local(random), random.below(LEFT));
        let _ = match random.below(5) {
            0 => writeln!(out, "(local.set {to} (i32.const {}))", random.below(5)),
            1 => writeln!(
                out,
                "(local.set {to} (i32.add (local.get {from}) (i32.const 1)))"
            ),
            2 => writeln!(
                out,
                "(local.get {to}) (local.set {to} (local.get {from})) (local.set {})",
                local(random)
            ),
            3 => writeln!(
                out,
                "(i32.store offset={} (i32.const 0) (local.get {from}))",
                4 * random.below(8)
            ),
            _ => writeln!(out, "(local.set {to} (local.get {from}))"),
        };
    }
    let _ = match random.below(4) {
        0 => writeln!(
            out,
            "(local.set {STATE} (i32.rem_u (local.get {}) (i32.const {arms})))",
            random.below(LEFT)
        ),
        1 => Ok(()),
        _ => writeln!(
            out,
            "(local.set {STATE} (i32.const {}))",
            random.below(arms)
        ),
    };
    let _ = writeln!(
        out,
        "(br_if $done (i32.eqz (local.tee {LEFT} (i32.sub (local.get {LEFT}) (i32.const 1)))))\n(br $next)"
    );
}
