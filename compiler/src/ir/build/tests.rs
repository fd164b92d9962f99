//! Golden texts of SSA construction, fuel by hand, and its cost on big functions.

use super::super::check::check_in;
use super::{Builder, Func, build, run};
use crate::error::ErrorKind;
use crate::ir::func::ValueDef;
use crate::wasm::{self, BodyAllocs};
use core::fmt::Write;

/// Builds and checks function `body_idx` of a text module.
pub(super) fn build_wat(wat: &str, body_idx: u32) -> Func {
    let wasm = wat::parse_str(wat).unwrap();
    let module = wasm::parse(&wasm).unwrap();
    let func = build(&module, body_idx).unwrap();
    if let Err(error) = check_in(&func, &module) {
        panic!("{error}\n{func}");
    }
    func
}

/// The text of function 0 is `text`, indentation aside.
#[track_caller]
fn golden(wat: &str, text: &str) {
    let lines = |text: &str| {
        text.lines()
            .map(|line| line.trim().to_owned() + "\n")
            .collect()
    };
    let (found, wanted): (String, String) = (lines(&build_wat(wat, 0).to_string()), lines(text));
    assert_eq!(found.trim(), wanted.trim(), "\n{found}");
}

#[test]
fn straight_code() {
    golden(
        "(module (func (param i32 i32) (result i32)
           local.get 0 local.get 1 i32.const -3 i32.mul nop i32.add))",
        "func 0 (i32, i32) -> (i32)
         b0(v0: i32, v1: i32): cost 5
           v2: i32 = i32.const -3
           v3: i32 = i32.mul v1, v2
           v4: i32 = i32.add v0, v3
           return v4",
    );
}

#[test]
fn a_block_merges_operands() {
    golden(
        "(module (func (param i32) (result i32)
           (block (result i32) (drop (br_if 0 (i32.const 7) (local.get 0))) (i32.const 9))))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 3
           v1: i32 = i32.const 7
           br_if v0, b1(v1), b2
         b2: cost 1
           v2: i32 = i32.const 9
           br b1(v2)
         b1(v3: i32): cost 0
           return v3",
    );
}

#[test]
fn a_block_without_branches_is_no_block() {
    golden(
        "(module (func (param i32) (result i32)
           (local.get 0)
           (block (param i32) (result i32)
             (local.set 0) (block (local.set 0 (i32.const 1))) (local.get 0))))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 5
           v1: i32 = i32.const 1
           return v1",
    );
}

#[test]
fn both_arms_of_an_if_merge_locals() {
    golden(
        "(module (func (param i32) (result i32) (local i32)
           (if (local.get 0) (then (local.set 1 (i32.const 5))) (else (local.set 0 (i32.const 2))))
           (i32.add (local.get 0) (local.get 1))))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 2
           v5: i32 = i32.const 0
           br_if v0, b1, b3
         b1: cost 2
           v1: i32 = i32.const 5
           br b2(v0, v1)
         b3: cost 2
           v2: i32 = i32.const 2
           br b2(v2, v5)
         b2(v3: i32, v4: i32): cost 3
           v6: i32 = i32.add v3, v4
           return v6",
    );
}

#[test]
fn an_if_without_else_passes_its_parameters() {
    golden(
        "(module (func (param i32) (result i32)
           i32.const 3 (local.get 0) (if (param i32) (result i32) (then (i32.const 4) i32.add))))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 3
           v1: i32 = i32.const 3
           br_if v0, b1, b2(v1)
         b1: cost 2
           v2: i32 = i32.const 4
           v3: i32 = i32.add v1, v2
           br b2(v3)
         b2(v4: i32): cost 0
           return v4",
    );
}

#[test]
fn a_loop_has_parameters_only_for_what_it_changes() {
    golden(
        "(module (func (param i32 i32) (result i32) (local i32)
           (loop
             (local.set 2 (i32.add (local.get 2) (local.get 1)))
             (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
           (local.get 2)))",
        "func 0 (i32, i32) -> (i32)
         b0(v0: i32, v1: i32): cost 0
           v3: i32 = i32.const 0
           br b1(v3, v0)
         b1(v2: i32, v5: i32): cost 9
           v4: i32 = i32.add v2, v1
           v6: i32 = i32.const 1
           v7: i32 = i32.sub v5, v6
           br_if v7, b1(v4, v7), b2
         b2: cost 1
           return v4",
    );
}

#[test]
fn a_loop_without_branches_is_no_loop() {
    golden(
        "(module (func (result i32) (loop (result i32) (i32.const 1))))",
        "func 0 () -> (i32)
         b0: cost 1
           v0: i32 = i32.const 1
           return v0",
    );
}

#[test]
fn nested_loops_share_a_header_that_costs_nothing() {
    golden(
        "(module (func (param i32)
           (loop (block (loop
             (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
             (br_if 2 (local.get 0)))))))",
        "func 0 (i32) -> ()
         b0(v0: i32): cost 0
           br b1(v0)
         b1(v1: i32): cost 5
           v2: i32 = i32.const 1
           v3: i32 = i32.sub v1, v2
           br_if v3, b1(v3), b2
         b2: cost 2
           br_if v3, b1(v3), b3
         b3: cost 0
           return",
    );
}

#[test]
fn a_shared_header_keeps_the_operands_of_the_outer_loop() {
    // The inner loop takes only the first of the two operands: a branch to it leaves the second one as it is.
    golden(
        "(module (func (param i32) (result i64)
           (i32.const 1) (i64.const 2)
           (loop (param i32 i64) (result i64)
             (drop)
             (loop (param i32) (result i32)
               (br_if 0 (i32.const 6) (local.get 0)) (drop) (drop) (i32.const 9))
             (br_if 0 (i32.const 5) (i64.const 7) (local.get 0))
             (drop) (drop) (drop) (i64.const 8))))",
        "func 0 (i32) -> (i64)
         b0(v0: i32): cost 2
           v1: i32 = i32.const 1
           v2: i64 = i64.const 2
           br b1(v1, v2)
         b1(v3: i32, v4: i64): cost 3
           v5: i32 = i32.const 6
           br_if v0, b1(v5, v4), b2
         b2: cost 5
           v6: i32 = i32.const 9
           v7: i32 = i32.const 5
           v8: i64 = i64.const 7
           br_if v0, b1(v7, v8), b3
         b3: cost 1
           v9: i64 = i64.const 8
           return v9",
    );
}

#[test]
fn several_results() {
    golden(
        "(module (func (param i32) (result i32 i64)
           (i64.const 3) (local.get 0)
           (if (param i64) (result i32 i64)
             (then (local.set 0 (i32.wrap_i64)) (local.get 0) (i64.const 4))
             (else (drop) (i32.const 8) (i64.const 2) (br 1)))))",
        "func 0 (i32) -> (i32, i64)
         b0(v0: i32): cost 3
           v1: i64 = i64.const 3
           br_if v0, b1, b3
         b1: cost 4
           v2: i32 = i32.wrap_i64 v1
           v3: i64 = i64.const 4
           br b2
         b3: cost 3
           v4: i32 = i32.const 8
           v5: i64 = i64.const 2
           return v4, v5
         b2: cost 0
           return v2, v3",
    );
}

#[test]
fn br_table_passes_arguments_on_each_edge() {
    golden(
        "(module (func (param i32) (result i32)
           (block (block (block
             (br_table 0 1 2 0 (local.get 0)))
             (return (i32.const 1)))
             (local.set 0 (i32.const 2)))
           (local.get 0)))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 2
           br_table v0, [b1, b2, b3(v0)], b1
         b1: cost 1
           v1: i32 = i32.const 1
           return v1
         b2: cost 2
           v2: i32 = i32.const 2
           br b3(v2)
         b3(v3: i32): cost 1
           return v3",
    );
}

#[test]
fn branches_to_the_function_return() {
    golden(
        "(module (func (param i32) (result i32)
           (drop (br_if 0 (i32.const 1) (local.get 0)))
           (if (local.get 0) (then (br 1 (i32.const 2))))
           (i32.const 3)))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 3
           v1: i32 = i32.const 1
           br_if v0, b1(v1), b2
         b2: cost 2
           br_if v0, b3, b4
         b3: cost 2
           v2: i32 = i32.const 2
           return v2
         b4: cost 1
           v3: i32 = i32.const 3
           br b1(v3)
         b1(v4: i32): cost 0
           return v4",
    );
}

#[test]
fn unreachable_code_is_dropped_and_costs_nothing() {
    golden(
        "(module (func (param i32) (result i32)
           (block
             (br_if 0 (local.get 0))
             (return (i32.const 1))
             (loop (local.set 0 (i32.const 2)) (br 0))
             (if (i32.const 0) (then (local.set 0 (i32.const 1))) (else (unreachable))))
           (unreachable)
           (i32.add)))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 2
           br_if v0, b1, b2
         b2: cost 1
           v1: i32 = i32.const 1
           return v1
         b1: cost 0
           trap Unreachable",
    );
}

#[test]
fn large_offsets_are_added_with_a_check() {
    golden(
        "(module (memory i64 1) (func (param i64) (result i64)
           (i64.store offset=0xffffffff (local.get 0) (i64.load offset=0x200000005 (local.get 0)))
           (i64.add (memory.grow (i64.const 1)) (memory.size))))",
        "func 0 (i64) -> (i64)
         b0(v0: i64): cost 3
           v1: i64 = i64.const 8589934597
           v2: i64 = i64.add v0, v1
           v3: i32 = i64.lt_u v2, v1
           br_if v3, b1, b2
         b2: cost 5
           v4: i64 = i64.load v2
           store64 v0, v4 offset 4294967295
           v5: i64 = i64.const 1
           v6: i64 = memory.grow v5
           v7: i64 = memory.size
           v8: i64 = i64.add v6, v7
           return v8
         b1: cost 0
           trap MemoryOutOfBounds",
    );
}

#[test]
fn calls_use_canonical_types() {
    golden(
        "(module
           (type $a (func (param i32) (result i64))) (type $b (func (param i32) (result i64)))
           (import \"m\" \"f\" (func $f (type $a)))
           (table $t 1 funcref) (table $u i64 1 funcref)
           (func (type $b)
             (drop (call $f (local.get 0)))
             (drop (call_indirect $t (type $b) (local.get 0) (i32.const 4)))
             (return_call_indirect $u (type $b) (local.get 0) (i64.const 0))))",
        "func 1 (i32) -> (i64)
         b0(v0: i32): cost 8
           v1: i64 = call 0(v0)
           v2: i32 = i32.const 4
           v3: i64 = call_indirect type 0 v2(v0)
           v4: i64 = i64.const 0
           return_call_indirect table 1 type 0 v4(v0)",
    );
}

#[test]
fn constants_keep_their_bits() {
    golden(
        "(module (global (mut f32) (f32.const 0)) (table 1 externref)
         (func (result funcref) (local f64)
           (global.set 0 (f32.const -nan:0x200001))
           (local.set 0 (f64.const -0))
           (drop (f64.add (local.get 0) (f64.const nan:0x4)))
           (table.set (i32.const 0) (ref.null extern))
           (select (result funcref) (ref.null func) (ref.func 0) (i32.const -1)))
         (elem declare func 0))",
        "func 0 () -> (funcref)
         b0: cost 14
           v0: f32 = f32.const nan:0xffa00001
           global.set 0, v0
           v1: f64 = f64.const -0.0
           v2: f64 = f64.const nan:0x7ff0000000000004
           v3: f64 = f64.add v1, v2
           v4: i32 = i32.const 0
           v5: externref = ref.null
           table.set v4, v5
           v6: funcref = ref.null
           v7: funcref = ref.func 0
           v8: i32 = i32.const -1
           v9: funcref = select v8, v6, v7
           return v9",
    );
}

#[test]
fn memories_and_tables() {
    golden(
        "(module (memory 1) (memory i64 1) (table 1 funcref) (table 2 funcref)
         (elem $e func 0) (data $d \"x\")
         (func (param i32 i64)
           (memory.fill (local.get 0) (local.get 0) (local.get 0))
           (memory.copy 1 0 (local.get 1) (local.get 0) (local.get 0))
           (memory.init 1 $d (local.get 1) (local.get 0) (local.get 0))
           (data.drop $d)
           (drop (table.grow 1 (table.get (local.get 0)) (local.get 0)))
           (table.fill (local.get 0) (ref.null func) (table.size 1))
           (table.copy 1 0 (local.get 0) (local.get 0) (local.get 0))
           (table.init 1 $e (local.get 0) (local.get 0) (local.get 0))
           (elem.drop $e)
           (drop (ref.is_null (table.get 1 (local.get 0))))
           (i32.store8 1 offset=3 (local.get 1) (i32.load16_s (local.get 0)))))",
        "func 0 (i32, i64) -> ()
         b0(v0: i32, v1: i64): cost 37
           memory.fill v0, v0, v0
           memory.copy to mem 1 v1, v0, v0
           memory.init mem 1 data 0 v1, v0, v0
           data.drop 0
           v2: funcref = table.get v0
           v3: i32 = table.grow table 1 v2, v0
           v4: funcref = ref.null
           v5: i32 = table.size table 1
           table.fill v0, v4, v5
           table.copy to table 1 v0, v0, v0
           table.init table 1 elem 0 v0, v0, v0
           elem.drop 0
           v6: funcref = table.get table 1 v0
           v7: i32 = ref.is_null v6
           v8: i32 = i32.load16_s v0
           store8 mem 1 v1, v8 offset 3
           return",
    );
}

#[test]
fn fuel_by_hand() {
    // Factorial of n in a loop. Outside of it: 2 for setting the product; the loop: get, eqz, br_if = 3, then get, get, mul, set, get,
    // const, sub, set, br = 9; at the end 1.
    let func = build_wat(
        "(module (func (param i32) (result i32) (local i32)
           (local.set 1 (i32.const 1))
           (block (loop
             (br_if 1 (i32.eqz (local.get 0)))
             (local.set 1 (i32.mul (local.get 1) (local.get 0)))
             (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
             (br 0)))
           (local.get 1)))",
        0,
    );
    let costs: Vec<_> = func.layout.iter().map(|&b| func.block(b).cost).collect();
    assert_eq!(costs, [2, 3, 9, 1]);
}

/// Search steps, values and edge arguments of building a function.
fn work(wat: &str) -> (u64, usize, usize) {
    let wasm = wat::parse_str(wat).unwrap();
    let module = wasm::parse(&wasm).unwrap();
    let body = module.validate_body(0, &mut BodyAllocs::default()).unwrap();
    let builder = run(Builder::new(&module, &body)).unwrap();
    let (steps, values) = (builder.locals.steps, builder.func.values.len());
    let func = builder.finish();
    check_in(&func, &module).unwrap();
    let mut args = 0;
    for &block in &func.layout {
        let edges = func.block(block).terminator.edges();
        args += edges.map(|edge| edge.args.len()).sum::<usize>();
    }
    (steps, values, args)
}

#[test]
fn locals_that_many_blocks_do_not_touch_cost_nothing() {
    // `n` ifs, one behind the other, then a read of each of `n` locals.
    let program = |n: u32| {
        let mut wat = String::from("(module (func (param i32) ");
        wat.push_str(&"(local i32)".repeat(n as usize));
        for local in 1..=n {
            write!(wat, "(local.set {local} (i32.const {local}))").unwrap();
        }
        wat.push_str(&"(if (local.get 0) (then (nop)))".repeat(n as usize));
        for local in 1..=n {
            write!(wat, "(drop (local.get {local}))").unwrap();
        }
        wat + "))"
    };
    let (steps, values, args) = work(&program(4000));
    assert!(steps <= 3 * 4000, "{steps}");
    assert!(values <= 2 * 4000, "{values}");
    assert_eq!(args, 0);
}

#[test]
fn an_interpreter_loop_is_linear() {
    // A loop around `n` nested blocks with a br_table to all of them: in each case a few of 50 locals change.
    let program = |n: u32| {
        let mut wat = String::from("(module (func (param i32) ");
        wat.push_str(&"(local i32)".repeat(50));
        wat.push_str("(loop ");
        wat.push_str(&"(block ".repeat(n as usize));
        wat.push_str("(br_table ");
        for case in 0..n {
            write!(wat, "{case} ").unwrap();
        }
        wat.push_str("(local.get 0)))");
        for case in 1..n {
            let (a, b) = (case % 50 + 1, case % 49 + 1);
            write!(
                wat,
                "(local.set {a} (i32.add (local.get {b}) (local.get {a})))"
            )
            .unwrap();
            write!(wat, "(local.set 0 (local.get {b})) (br {}))", n - case).unwrap();
        }
        wat + ")))"
    };
    let (small, ..) = work(&program(1000));
    let (large, values, args) = work(&program(4000));
    assert!(large < small * 5, "{small} {large}");
    // A parameter of the header for each local, and one argument for each on every way back to it.
    assert!(values < 4000 * 4, "{values}");
    assert!(args <= 51 * 4001, "{args}");
}

#[test]
fn deep_nesting_is_linear() {
    // `n` nested blocks and ifs, an assignment in the middle, and reads after each end.
    let program = |n: usize| {
        let mut wat = String::from("(module (func (param i32) (local i32)");
        wat.push_str(&"(block (if (local.get 0) (then ".repeat(n));
        wat.push_str("(local.set 1 (i32.const 1)) (br_if 0 (local.get 0))");
        wat.push_str(
            &"(drop (local.get 1)))) (br_if 0 (local.get 1)) (drop (local.get 1)))".repeat(n),
        );
        wat + "))"
    };
    let (small, ..) = work(&program(500));
    let (large, values, _) = work(&program(2000));
    assert!(large < small * 5, "{small} {large}");
    assert!(values < 2000 * 6, "{values}");
}

#[test]
fn no_operand_is_an_alias() {
    let func = build_wat(
        "(module (func (param i32) (result i32)
           (loop (if (local.get 0) (then (local.set 0 (local.get 0)))) (br_if 0 (local.get 0)))
           (local.get 0)))",
        0,
    );
    let is_alias =
        |value: super::Value| matches!(func.values[value.index()].def, ValueDef::Alias(_));
    for &block in &func.layout {
        let data = func.block(block);
        assert!(data.params.iter().all(|&param| !is_alias(param)));
        data.terminator
            .for_each_use(|&value| assert!(!is_alias(value)));
    }
}

#[test]
fn a_legacy_clause_goes_on_in_its_own_block() {
    golden(
        "(module (tag $e (param i32)) (func (param i32) (result i32)
           try (result i32) (throw $e (local.get 0)) catch $e (local.set 0) rethrow 0 catch_all i32.const 1 end))",
        "func 0 (i32) -> (i32)
         b0(v0: i32): cost 3
           throw 0(v0), [b1, b2]
         b1: cost 3
           v1: i32, v2: exnref = catch_ref 0
           throw_ref v2, []
         b2: cost 2
           catch_all
           v3: i32 = i32.const 1
           br b3
         b3: cost 0
           return v3",
    );
}

#[test]
fn edges_to_clauses_have_a_limit() {
    let nested = |open: &str, close: &str, n: usize| {
        let body = format!("{}call 0 {}", open.repeat(n), close.repeat(n));
        let wasm = wat::parse_str(format!("(module (tag) (func {body}))")).unwrap();
        let module = wasm::parse(&wasm).unwrap();
        build(&module, 0)
            .map(drop)
            .map_err(|error| error.kind().clone())
    };
    let limit = ErrorKind::TooLarge("clauses around calls of a function", 1 << 22);
    for (open, close) in [
        ("block try_table (catch 0 0) ", "end end "),
        ("try ", "catch 0 end "),
    ] {
        assert_eq!(nested(open, close, 3000), Err(limit.clone()));
        assert_eq!(nested(open, close, 1000), Ok(()));
    }
    // Bodies whose exceptions go elsewhere share the clauses that they go to.
    assert_eq!(nested("try ", "delegate 0 ", 3000), Ok(()));
}
