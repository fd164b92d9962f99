//! Programs that live from the collector: at every level and with every allocation a collection, the same results and the same fuel.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use wrt_compiler::OptLevel;
use wrt_testsuite::image;
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome, Stats, Trap};

/// Runs an exported function of a module in text; how it ended with its results, the fuel it used, what the engine counted.
fn run(
    text: &str,
    level: OptLevel,
    config: Config,
    name: &str,
    args: &[u64],
) -> (Outcome, Vec<u64>, u64, Stats) {
    let wasm = wat::parse_str(text).unwrap();
    let image = image(&wasm, level, true).unwrap();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::new(config).unwrap();
    engine.set_fuel(u64::MAX);
    let instantiated = module.instantiate(&mut engine, &[]).unwrap();
    assert_eq!(instantiated, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(func)) = instance.export(&engine, name) else {
        panic!("no function {name}");
    };
    let before = engine.fuel_used();
    let outcome = engine.execute(instance, func, args).unwrap();
    let results = engine.results().to_vec();
    let stats = engine.stats();
    (outcome, results, stats.fuel_used - before, stats)
}

/// The same at all levels, lazily and eagerly: the results.
#[track_caller]
fn everywhere(text: &str, name: &str, args: &[u64], heap_bytes: u64) -> Vec<u64> {
    let config = Config::default().with_heap_bytes(heap_bytes);
    let mut expected = None;
    for level in [OptLevel::O0, OptLevel::O1, OptLevel::O2] {
        for eager in [false, true] {
            let config = config.with_eager_collection(eager);
            let (outcome, results, fuel, _) = run(text, level, config, name, args);
            assert_eq!(outcome, Outcome::Done, "{level:?}");
            let found = (results, fuel);
            let known = expected.get_or_insert(found.clone());
            assert_eq!(*known, found, "{level:?}, eagerly: {eager}");
        }
    }
    expected.unwrap().0
}

/// `churn(n)`: n times, a list of 10 nodes whose values are summed; a node is 24 bytes and its entry in the table 8. `deep(n)`: a list of n
/// nodes, then its sum. `hoard(n)`: n arrays of 1000 bytes in a list. `rings(n)`: n rings of two nodes.
const LISTS: &str = r#"(module
    (type $node (struct (field $value i64) (field $next (mut (ref null $node)))))
    (type $bytes (array (mut i8)))
    (type $held (struct (field (ref $bytes)) (field (ref null $held))))
    (func $sum (param $at (ref null $node)) (result i64) (local $sum i64)
        (loop $more
            (block $end
                (br_on_null $end (local.get $at)) (drop)
                (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $at))))
                (local.set $at (struct.get $node $next (local.get $at)))
                (br $more)))
        (local.get $sum))
    (func $deep (export "deep") (param $n i64) (result i64) (local $list (ref null $node))
        (loop $more
            (local.set $list (struct.new $node (local.get $n) (local.get $list)))
            (local.set $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $more (i64.ne (local.get $n) (i64.const 0))))
        (call $sum (local.get $list)))
    (func (export "churn") (param $n i64) (result i64) (local $sum i64)
        (loop $more
            (local.set $sum (i64.add (local.get $sum) (call $deep (i64.const 10))))
            (local.set $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $more (i64.ne (local.get $n) (i64.const 0))))
        (local.get $sum))
    (func (export "hoard") (param $n i64) (result i64) (local $all (ref null $held))
        (loop $more
            (local.set $all (struct.new $held
                (array.new $bytes (i32.const 7) (i32.const 1000)) (local.get $all)))
            (local.set $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $more (i64.ne (local.get $n) (i64.const 0))))
        (i64.extend_i32_u (array.get_u $bytes (struct.get $held 0 (local.get $all)) (i32.const 999))))
    (func (export "rings") (param $n i64) (result i64) (local $ring (ref null $node))
        (loop $more
            (local.set $ring (struct.new $node (local.get $n) (ref.null $node)))
            (struct.set $node $next (local.get $ring) (struct.new $node (i64.const 1) (local.get $ring)))
            (local.set $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $more (i64.ne (local.get $n) (i64.const 0))))
        (i64.add (struct.get $node $value (local.get $ring))
            (struct.get $node $value (struct.get $node $next (local.get $ring))))))"#;

#[test]
fn a_program_allocates_a_thousand_times_its_heap() {
    const HEAP: u64 = 4 << 10;
    let lists = 1000 * HEAP / (10 * 32);
    let config = Config::default().with_heap_bytes(HEAP);
    for level in [OptLevel::O0, OptLevel::O2] {
        let (outcome, results, _, stats) = run(LISTS, level, config, "churn", &[lists]);
        assert_eq!((outcome, &results[..]), (Outcome::Done, &[lists * 55][..]));
        assert!(stats.collections >= 1000, "{stats:?}");
        assert!(stats.heap_bytes <= HEAP, "{stats:?}");
    }
    assert_eq!(everywhere(LISTS, "churn", &[100], HEAP), [5500]);
}

#[test]
fn garbage_that_refers_to_itself_goes() {
    const HEAP: u64 = 4 << 10;
    let config = Config::default().with_heap_bytes(HEAP);
    let (outcome, results, _, stats) = run(LISTS, OptLevel::O2, config, "rings", &[10_000]);
    assert_eq!((outcome, &results[..]), (Outcome::Done, &[2][..]));
    assert!(stats.collections >= 100, "{stats:?}");
    assert_eq!(everywhere(LISTS, "rings", &[50], HEAP), [2]);
}

#[test]
fn a_list_of_a_million_nodes_is_marked() {
    let config = Config::default();
    let (outcome, results, _, stats) = run(LISTS, OptLevel::O2, config, "deep", &[1_000_000]);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(results, [1_000_000 * 1_000_001 / 2]);
    // It has been marked while it grew, and it is not freed while it is needed.
    assert!(
        stats.collections >= 3 && stats.heap_objects == 1_000_000,
        "{stats:?}"
    );
}

#[test]
fn too_much_that_is_alive_is_a_trap() {
    let config = Config::default().with_heap_bytes(100 << 10);
    for level in [OptLevel::O0, OptLevel::O2] {
        let (outcome, ..) = run(LISTS, level, config, "hoard", &[80]);
        assert_eq!(outcome, Outcome::Done);
        let (outcome, .., stats) = run(LISTS, level, config, "hoard", &[120]);
        assert_eq!(outcome, Outcome::Trap(Trap::OutOfMemory));
        assert!(stats.heap_bytes <= 100 << 10, "{stats:?}");
        // The engine's own memory may be the end of it before the heap's limit is.
        let small = Config::default().with_memory_budget(2 << 20);
        let (outcome, ..) = run(LISTS, level, small, "hoard", &[10_000]);
        assert_eq!(outcome, Outcome::Trap(Trap::OutOfMemory));
    }
}

/// References in every place where the collector has to find them, while others are allocated: operands of calls, several results, values
/// that wait over calls, locals in loops, parameters of tail calls, tables, globals, fields, elements.
const PLACES: &str = r#"(module
    (type $box (struct (field i64)))
    (type $pair (struct (field anyref) (field (mut anyref))))
    (type $list (array (mut (ref null $box))))
    (type $two (func (param i64) (result (ref $box) (ref $box))))
    (table $table 4 anyref)
    (global $global (mut anyref) (ref.null any))
    (func $box (param i64) (result (ref $box)) (struct.new $box (local.get 0)))
    (func $two (type $two) (call $box (local.get 0)) (call $box (i64.add (local.get 0) (i64.const 1))))
    (func $open (param anyref) (result i64)
        (struct.get $box 0 (ref.cast (ref $box) (local.get 0))))
    (func $add (param (ref $box) (ref $box) i64 (ref $box)) (result i64)
        (call $waste)
        (i64.add (i64.add (call $open (local.get 0)) (call $open (local.get 1)))
            (i64.add (local.get 2) (call $open (local.get 3)))))
    (func $waste (drop (call $two (i64.const 0))) (drop))
    (func $down (param $n i64) (param $first anyref) (param $second anyref) (result i64)
        (if (result i64) (i64.eqz (local.get $n))
            (then (i64.sub (call $open (local.get $first)) (call $open (local.get $second))))
            (else (return_call $down (i64.sub (local.get $n) (i64.const 1))
                (local.get $second) (struct.new $box (call $open (local.get $first)))))))
    (func (export "calls") (result i64)
        (call $add (call $box (i64.const 1)) (call $box (i64.const 20))
            (call $down (i64.const 11) (call $box (i64.const 300)) (call $box (i64.const 500)))
            (call $box (i64.const 7000))))
    (func (export "results") (result i64) (local $a (ref null $box)) (local $b (ref null $box))
        (call $two (i64.const 10)) (local.set $b) (local.set $a)
        (call $waste)
        (i64.mul (call $open (local.get $a)) (call $open (local.get $b))))
    (func (export "kept") (result i64) (local $i i32) (local $all (ref null $list)) (local $sum i64)
        (local.set $all (array.new_default $list (i32.const 20)))
        (loop $fill
            (array.set $list (local.get $all) (local.get $i) (call $box (i64.extend_i32_u (local.get $i))))
            (table.set $table (i32.and (local.get $i) (i32.const 3)) (call $box (i64.extend_i32_u (local.get $i))))
            (global.set $global (struct.new $pair (global.get $global) (array.get $list (local.get $all) (local.get $i))))
            (call $waste)
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $fill (i32.lt_u (local.get $i) (i32.const 20))))
        (local.set $i (i32.const 0))
        (loop $sum
            (local.set $sum (i64.add (local.get $sum) (call $open (array.get $list (local.get $all) (local.get $i)))))
            (local.set $sum (i64.add (local.get $sum) (call $open (table.get $table (i32.and (local.get $i) (i32.const 3))))))
            (local.set $sum (i64.add (local.get $sum)
                (call $open (struct.get $pair 1 (ref.cast (ref $pair) (global.get $global))))))
            (global.set $global (struct.get $pair 0 (ref.cast (ref $pair) (global.get $global))))
            (call $waste)
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $sum (i32.lt_u (local.get $i) (i32.const 20))))
        (local.get $sum))
    (func (export "chosen") (param $which i32) (result i64) (local $a anyref)
        (local.set $a (if (result anyref) (local.get $which)
            (then (call $box (i64.const 1)))
            (else (struct.new $pair (call $box (i64.const 2)) (call $box (i64.const 3))))))
        (call $waste)
        (block $pair (result (ref $pair))
            (br_on_cast $pair anyref (ref $pair) (select (result anyref) (local.get $a) (call $box (i64.const 4)) (i32.const 1)))
            (return (i64.add (call $open) (i64.const 100))))
        (struct.get $pair 0) (call $open))
    (func (export "external") (result i64) (local $e externref)
        (local.set $e (extern.convert_any (call $box (i64.const 77))))
        (call $waste)
        (call $open (any.convert_extern (local.get $e)))))"#;

#[test]
fn references_are_found_wherever_they_are() {
    const HEAP: u64 = 8 << 10;
    // 11 turns swap the boxes: 300 becomes second.
    assert_eq!(
        everywhere(PLACES, "calls", &[], HEAP),
        [1 + 20 + 200 + 7000]
    );
    assert_eq!(everywhere(PLACES, "results", &[], HEAP), [110]);
    assert_eq!(
        everywhere(PLACES, "kept", &[], HEAP),
        [190 + 5 * (16 + 17 + 18 + 19) + 190]
    );
    assert_eq!(everywhere(PLACES, "chosen", &[0], HEAP), [2]);
    assert_eq!(everywhere(PLACES, "chosen", &[1], HEAP), [101]);
    assert_eq!(everywhere(PLACES, "external", &[], HEAP), [77]);
}

#[test]
fn runs_in_slices_do_the_same() {
    let wasm = wat::parse_str(PLACES).unwrap();
    let image = image(&wasm, OptLevel::O2, true).unwrap();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut ends = Vec::new();
    for slice in [1, 3, 50, u64::MAX] {
        let config = Config::default().with_heap_bytes(8 << 10);
        let mut engine = Engine::new(config).unwrap();
        let instantiated = module.instantiate(&mut engine, &[]).unwrap();
        assert_eq!(instantiated, Outcome::Done);
        let instance = engine.last_instance().unwrap();
        let Some(Extern::Func(func)) = instance.export(&engine, "kept") else {
            panic!("no function");
        };
        engine.set_fuel(slice);
        let mut outcome = engine.execute(instance, func, &[]).unwrap();
        while outcome == Outcome::OutOfFuel {
            engine.add_fuel(slice);
            outcome = engine.resume().unwrap();
        }
        let stats = engine.stats();
        ends.push((
            engine.results().to_vec(),
            stats.fuel_used,
            stats.collections,
            stats.heap_bytes,
        ));
    }
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}
