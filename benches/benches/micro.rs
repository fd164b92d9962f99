//! Parts of WRT by themselves, under criterion: kernels beside other interpreters, and the way of a module from its bytes to its first instruction.
//!
//! `cargo bench -p wrt-benches`; `-- FILTER` for some of it, `-- --test` to see that it runs. What is measured is CPU time of the thread, since machines
//! are shared. Programs as a whole are what `wrt-benches table` is for.

use core::hint::black_box;
use core::time::Duration;
use std::path::Path;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use wrt_benches::kernels::{KERNELS, RUNTIMES};
use wrt_benches::runtime::cpu_seconds;
use wrt_cli::load::Aligned;
use wrt_compiler::Options;
use wrt_vm::{Config, Engine, Limits, Module, Outcome, SnapshotOptions};

/// CPU time of the thread.
struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = f64;
    type Value = Duration;

    fn start(&self) -> f64 {
        cpu_seconds()
    }

    fn end(&self, start: f64) -> Duration {
        Duration::from_secs_f64((cpu_seconds() - start).max(0.0))
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Each kernel under each runtime; figures are for what the kernel does once.
fn kernels(criterion: &mut Criterion<ThreadTime>) {
    for kernel in KERNELS {
        let wasm = kernel.wasm().expect("kernels are modules");
        let mut group = criterion.benchmark_group(kernel.name);
        group.throughput(Throughput::Elements(kernel.times));
        for runtime in RUNTIMES {
            let mut program = (runtime.load)(&wasm).expect("kernels have nothing unusual");
            // Until handlers are directly threaded.
            for _ in 0..400 {
                program.run(kernel.n).expect("kernels do not trap");
            }
            group.bench_function(BenchmarkId::from_parameter(runtime.name), |bencher| {
                bencher.iter(|| program.run(black_box(kernel.n)));
            });
        }
        group.finish();
    }
}

/// From a module of 70 KB to its image, from that to an instance, and a snapshot of that.
fn stages(criterion: &mut Criterion<ThreadTime>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testsuite/programs/rust_words.wasm");
    let wasm = std::fs::read(path).expect("a program of the test suite");
    let options = Options::default();
    let compiled = wrt_compiler::compile(&wasm, &options).expect("it compiles");
    let image = Aligned::new(&compiled.image);
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).expect("it loads");

    let mut group = criterion.benchmark_group("bytes");
    group.throughput(Throughput::Bytes(wasm.len() as u64));
    group.bench_function("compile", |bencher| {
        bencher.iter(|| wrt_compiler::compile(black_box(&wasm), &options));
    });
    group.throughput(Throughput::Bytes(image.bytes().len() as u64));
    group.bench_function("verify header and metadata", |bencher| {
        bencher.iter(|| Module::load_from_binary(black_box(image.bytes()), &Limits::default()));
    });
    group.bench_function("verify every function", |bencher| {
        let view = module.view();
        bencher.iter(|| (0..view.func_count()).try_for_each(|func| view.verify_func(func)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("instance");
    group.bench_function("make", |bencher| bencher.iter(|| instance(&module)));
    let engine = instance(&module);
    let snapshot = |engine: &Engine<'_>| {
        let mut bytes = Vec::new();
        let options = SnapshotOptions::default();
        engine.snapshot(&mut bytes, &options).map(|_| bytes)
    };
    group.bench_function("take a snapshot", |bencher| {
        bencher.iter(|| snapshot(&engine))
    });
    group.finish();
}

/// An engine with an instance of a module that imports nothing.
fn instance<'m>(module: &Module<'m>) -> Engine<'m> {
    let mut engine = Engine::new(Config::default()).expect("there is memory");
    engine.set_fuel(1 << 20);
    let outcome = module.instantiate(&mut engine, &[]);
    assert_eq!(outcome.expect("it imports nothing"), Outcome::Done);
    engine
}

criterion_group! {
    name = micro;
    config = Criterion::default()
        .with_measurement(ThreadTime)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50);
    targets = kernels, stages
}
criterion_main!(micro);
