//! Whole modules through the whole compiler, every stage checking itself.

use core::sync::atomic::{AtomicU32, Ordering};
use wrt_compiler::{Compiled, Error, ErrorKind, OptLevel, Options, Progress, compile};

const LEVELS: [OptLevel; 3] = [OptLevel::O0, OptLevel::O1, OptLevel::O2];

/// `count` functions that call each other, with loops, tables and memory, and a small one that all call.
fn module(count: u32) -> Vec<u8> {
    let mut wat = String::from(
        "(module (type $t (func (param i32 i64) (result i64)))
           (import \"host\" \"log\" (func $log (param i32)))
           (memory 1) (table 4 funcref) (global $g (mut i64) (i64.const 7))
           (elem (i32.const 0) func 1 1)
           (data (i32.const 16) \"hello\")",
    );
    for func in 1..=count {
        wat.push_str(&format!(
            "(func $f{func} (type $t) (local i64 i32)
               (block $out (loop $next
                 (br_if $out (i32.eqz (local.get 0)))
                 (local.set 2 (i64.add (local.get 2) (call $byte (local.get 0))))
                 (local.set 0 (i32.sub (local.get 0) (i32.const {func})))
                 (block $b (block $a (br_table $a $b $out (local.get 0))) (call $log (local.get 0)))
                 (br_if $next (i32.lt_u (local.get 0) (i32.const 1000)))))
               (if (i64.eq (local.get 1) (i64.const {func}))
                 (then (return (call $f{} (local.get 0) (local.get 2)))))
               (global.set $g (local.get 2))
               (call_indirect (type $t) (local.get 3) (global.get $g) (i32.const 1)))",
            func % count + 1
        ));
    }
    wat.push_str("(func $byte (param i32) (result i64) (i64.load8_u offset=16 (local.get 0)))");
    wat.push_str("(export \"run\" (func $f1)))");
    wat::parse_str(wat).expect("the text is valid")
}

fn compile_at(wasm: &[u8], opt_level: OptLevel) -> Result<Compiled, Error> {
    let options = Options {
        opt_level,
        check: true,
        ..Options::default()
    };
    compile(wasm, &options)
}

#[test]
fn every_level_compiles_and_reports() {
    let wasm = module(20);
    for level in LEVELS {
        let compiled = compile_at(&wasm, level).unwrap();
        let report = compiled.report;
        assert_eq!(report.functions, 21);
        assert_eq!(report.wasm_bytes, wasm.len() as u64);
        assert_eq!(report.image_bytes, compiled.image.len() as u64);
        assert!(report.ir_insts_built > 20 * 10 && report.words > 20 * 10);
        assert!(report.max_frame_slots > 3);
    }
}

#[test]
fn the_image_does_not_depend_on_the_threads() {
    let wasm = module(100);
    let with_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        pool.unwrap()
            .install(|| compile_at(&wasm, OptLevel::O2).unwrap().image)
    };
    let one = with_threads(1);
    assert!(one == with_threads(3) && one == with_threads(8));
}

#[test]
fn progress_counts_every_function() {
    let (calls, last) = (AtomicU32::new(0), AtomicU32::new(0));
    let progress = |progress: Progress| {
        assert_eq!(progress.total, 51);
        calls.fetch_add(1, Ordering::Relaxed);
        last.fetch_max(progress.done, Ordering::Relaxed);
    };
    let options = Options {
        progress: Some(&progress),
        ..Options::default()
    };
    compile(&module(50), &options).unwrap();
    assert_eq!((calls.into_inner(), last.into_inner()), (51, 51));
}

#[test]
fn the_first_faulty_function_is_reported() {
    let mut wat = String::from("(module ");
    // What calls it looks at it too.
    wat.push_str(&"(func (drop (call $bad)))".repeat(300));
    wat.push_str("(func $bad (result i32) (i64.const 1))");
    wat.push_str(&"(func (result i64) (i32.const 1))".repeat(300));
    let wasm = wat::parse_str(wat + ")").unwrap();
    for _ in 0..10 {
        let error = compile(&wasm, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Invalid);
        assert_eq!(error.func_idx(), Some(300));
        assert!(error.to_string().contains("<bad>"), "{error}");
    }
}

#[test]
fn nothing_is_compiled_from_an_unsupported_module() {
    let wasm = wat::parse_str(
        "(module (memory 1) (func) (func (memory.discard (i32.const 0) (i32.const 0))))",
    );
    let error = compile(&wasm.unwrap(), &Options::default()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unsupported("memory control"));
    assert_eq!(error.func_idx(), Some(1));
}

#[test]
fn an_empty_module_compiles() {
    let wasm = wat::parse_str("(module)").unwrap();
    for level in LEVELS {
        assert_eq!(compile_at(&wasm, level).unwrap().report.functions, 0);
    }
}
