//! Small guests that do one thing in a loop, for a look at one part of the machine at a time.
//!
//! Each exports `run: [i32] -> [i32]`, and does that thing as often as its argument says, or as [`Kernel::times`] says of it. What it computes depends on every turn, so that no
//! compiler can leave one out.

use crate::peers::{silverfir, wasmi};
use crate::runtime::Runtime;
use crate::wrt;

/// A guest.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// What it does.
    pub name: &'static str,
    /// Argument of `run`.
    pub n: u32,
    /// How often it is done in `run(n)`.
    pub times: u64,
    /// The module's fields, in the text format.
    fields: &'static str,
}

impl Kernel {
    /// The module.
    ///
    /// # Errors
    /// The text is no module.
    pub fn wasm(&self) -> Result<Vec<u8>, String> {
        wat::parse_str(format!("(module {})", self.fields)).map_err(|error| error.to_string())
    }

    /// One that goes round `n` times, `$n` counting down to 1, with `$x` as result; `$y`, `$f` and `$l` are there too.
    const fn turns(name: &'static str, fields: &'static str) -> Self {
        Self {
            name,
            n: TURNS,
            times: TURNS as u64,
            fields,
        }
    }
}

/// Turns of a loop.
const TURNS: u32 = 2000;

/// A function that goes round a loop.
macro_rules! turns {
    ($name:literal, $body:literal $(, $field:literal)*) => {
        Kernel::turns(
            $name,
            concat!(
                $($field, " ",)*
                "(func (export \"run\") (param $n i32) (result i32) (local $x i32) (local $y i32) (local $l i64) (local $f f64) (loop $turn ",
                $body,
                " (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $x))"
            ),
        )
    };
}

/// All of them.
pub const KERNELS: &[Kernel] = &[
    turns!(
        "i32 operators, each waiting for the one before",
        "(local.set $x (i32.add (i32.rotl (i32.xor (i32.mul (local.get $x) (i32.const 31)) (local.get $n)) (i32.const 7)) (i32.const 3)))"
    ),
    turns!(
        "i64 operators, likewise",
        "(local.set $l (i64.xor (local.get $l) (i64.shl (i64.add (local.get $l) (i64.extend_i32_u (local.get $n))) (i64.const 13))))
         (local.set $l (i64.xor (local.get $l) (i64.shr_u (local.get $l) (i64.const 7))))
         (local.set $x (i32.wrap_i64 (local.get $l)))"
    ),
    turns!(
        "f64 operators, likewise",
        "(local.set $f (f64.add (f64.mul (local.get $f) (f64.const 0.75)) (f64.convert_i32_u (local.get $n))))
         (local.set $x (i32.add (local.get $x) (i32.trunc_sat_f64_s (local.get $f))))"
    ),
    turns!(
        "stores and loads",
        "(i32.store offset=64 (i32.shl (i32.and (local.get $n) (i32.const 255)) (i32.const 2)) (local.get $x))
         (local.set $x (i32.add (i32.load offset=64 (i32.shl (i32.and (local.get $y) (i32.const 255)) (i32.const 2))) (local.get $n)))
         (local.set $y (i32.add (local.get $y) (i32.const 5)))",
        "(memory 1)"
    ),
    turns!(
        "loads, each of an address that the one before gives",
        "(local.set $y (i32.load (local.get $y)))
         (local.set $x (i32.add (local.get $x) (local.get $y)))",
        "(memory 1)",
        "(data (i32.const 0) \"\\20\\00\\00\\00\")",
        "(data (i32.const 32) \"\\f0\\01\\00\\00\")"
    ),
    turns!(
        "branches that cannot be foretold",
        "(local.set $y (i32.add (i32.mul (local.get $y) (i32.const 1103515245)) (i32.const 12345)))
         (if (i32.lt_s (i32.shl (local.get $y) (i32.const 7)) (i32.const 0))
           (then (local.set $x (i32.xor (local.get $x) (local.get $n))) (i32.store (i32.const 8) (local.get $x)))
           (else (local.set $x (i32.mul (local.get $x) (i32.const 3))) (i32.store (i32.const 4) (local.get $n))))",
        "(memory 1)"
    ),
    turns!(
        "a branch table of eight ways, taken in turn",
        "(block $end (block $d (block $c (block $b (block $a
           (br_table $a $b $c $d $a $c $b $end (i32.and (local.get $n) (i32.const 7))))
             (local.set $x (i32.add (local.get $x) (i32.const 5))) (br $end))
           (local.set $x (i32.xor (local.get $x) (local.get $n))) (br $end))
         (local.set $x (i32.mul (local.get $x) (i32.const 3))) (br $end))
         (local.set $x (i32.rotl (local.get $x) (i32.const 5))))"
    ),
    turns!(
        "global variables",
        "(global.set $g (i32.add (global.get $g) (local.get $n)))
         (local.set $x (i32.xor (local.get $x) (global.get $g)))",
        "(global $g (mut i32) (i32.const 1))"
    ),
    turns!(
        "copies of 64 bytes",
        "(memory.copy (i32.const 1024) (i32.and (local.get $n) (i32.const 255)) (i32.const 64))
         (local.set $x (i32.add (i32.xor (local.get $x) (i32.load (i32.const 1056))) (local.get $n)))",
        "(memory 1)"
    ),
    turns!(
        "calls through a table",
        "(local.set $x (call_indirect (param i32 i32) (result i32) (local.get $x) (local.get $n) (i32.and (local.get $n) (i32.const 1))))",
        "(table funcref (elem $add $xor))",
        "(func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))",
        "(func $xor (param i32 i32) (result i32) (i32.xor (local.get 0) (local.get 1)))"
    ),
    Kernel {
        name: "calls of a function by itself",
        n: 15,
        times: 1973,
        fields: "(func $fib (export \"run\") (param $n i32) (result i32)
          (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
            (then (local.get $n))
            (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2)))))))",
    },
];

/// The runtimes that are looked at beside each other: WRT as `wrtd` runs it, the same without direct threading, and the two fastest others.
pub const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "wrt+fuel",
        load: wrt::fuel,
    },
    Runtime {
        name: "wrt+fuel, by opcode",
        load: wrt::by_opcode,
    },
    Runtime {
        name: "wasmi+fuel",
        load: wasmi::fuel,
    },
    Runtime {
        name: "silverfir",
        load: silverfir::interpreter,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_agree_and_each_turn_counts() {
        for kernel in KERNELS {
            let wasm = kernel.wasm().unwrap();
            let result = |runtime: &Runtime, n| (runtime.load)(&wasm).unwrap().run(n).unwrap();
            let expected = result(&RUNTIMES[0], kernel.n);
            for runtime in &RUNTIMES[1..] {
                assert_eq!(
                    result(runtime, kernel.n),
                    expected,
                    "{} {}",
                    kernel.name,
                    runtime.name
                );
            }
            let fewer = result(&RUNTIMES[0], kernel.n - 1);
            assert_ne!(fewer, expected, "{}", kernel.name);
        }
    }

    #[test]
    fn names_differ() {
        let mut names: Vec<_> = KERNELS.iter().map(|kernel| kernel.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KERNELS.len());
    }

    #[test]
    fn calls_are_as_many_as_they_are_said_to_be() {
        fn calls(n: u32) -> u64 {
            if n < 2 {
                1
            } else {
                1 + calls(n - 1) + calls(n - 2)
            }
        }
        let recursion = KERNELS.iter().find(|kernel| kernel.n == 15).unwrap();
        assert_eq!(recursion.times, calls(recursion.n));
    }
}
