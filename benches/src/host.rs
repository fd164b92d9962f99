//! What calls between guest and host cost: a guest that calls a host function in a loop, a host that calls a guest function in a loop, by their Rust types.
//! Nanoseconds of CPU time for a call, a turn of the loop included. Also for host functions that see their caller, and for an embedder that answers host
//! calls in a loop of its own, without a linker.

use crate::args;
use crate::runtime::cpu_seconds;
use wrt_compiler::Options;
use wrt_vm::{Caller, Config, Engine, Func, Limits, Linker, Module, Outcome, TypedFunc, valtype};

/// `run(n)` calls the host `n` times with the result so far; `step` is what the host calls.
const GUEST: &str = "(module
  (import \"host\" \"step\" (func $step (param i32 i32) (result i32)))
  (func (export \"run\") (param $n i32) (result i32) (local $sum i32)
    (loop $turn
      (local.set $sum (call $step (local.get $sum) (local.get $n)))
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export \"step\") (param i32 i32) (result i32)
    (i32.add (i32.xor (local.get 0) (i32.const 5)) (local.get 1))))";

/// What `step` computes, in the guest and in the host.
const fn step(sum: i32, n: i32) -> i32 {
    (sum ^ 5).wrapping_add(n)
}

/// A guest that has been made ready.
trait Guest {
    /// Calls `run(n)`, which calls the host.
    fn calls_out(&mut self, n: i32) -> Result<i32, String>;
    /// Calls `step` `n` times as `run` does.
    fn called(&mut self, n: i32) -> Result<i32, String>;
}

/// Calls `call` with the sum so far and what is left of `n`.
fn turns(n: i32, call: impl FnMut(i32, i32) -> Result<i32, String>) -> Result<i32, String> {
    (1..=n).rev().try_fold(0, call)
}

/// Calls a function and answers its host calls.
fn answer_alone(engine: &mut Engine<'_>, func: Func, args: &[u64]) -> Result<i32, wrt_vm::Error> {
    let mut outcome = engine.execute_func(func, args)?;
    while let Outcome::HostCall(_) = outcome {
        let &[sum, n] = engine.host_args() else {
            break;
        };
        let result = step(sum as i32, n as i32);
        engine.host_return(&[u64::from(result as u32)])?;
        outcome = engine.resume()?;
    }
    match (outcome, engine.results()) {
        (Outcome::Done, &[result]) => Ok(result as i32),
        _ => Err(wrt_vm::Error::Stopped(outcome)),
    }
}

/// Who answers the guest's calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// A linker, by a closure that sees its arguments only.
    Linked,
    /// A linker, by a closure that sees its caller.
    ByCaller,
    /// The embedder's own loop over outcomes.
    Alone,
}

struct Wrt {
    engine: Engine<'static>,
    linker: Linker<()>,
    run: TypedFunc<i32, i32>,
    step: TypedFunc<(i32, i32), i32>,
    answered: Answered,
}

fn wrt(wasm: &[u8], answered: Answered) -> Result<Box<dyn Guest>, String> {
    let text = |e: wrt_vm::Error| e.to_string();
    let compiled = wrt_compiler::compile(wasm, &Options::default()).map_err(|e| e.to_string())?;
    let image = Box::leak(Box::new(wrt_cli::load::Aligned::new(&compiled.image))).bytes();
    let module = Module::load_from_binary(image, &Limits::default()).map_err(text)?;
    let direct = Some(Config::DIRECT_THREADING_AFTER);
    let mut engine = Engine::new(Config::default().with_direct_threading(direct)).map_err(text)?;
    engine.set_fuel(u64::MAX / 4);
    let mut linker = Linker::new();
    let with_caller = |_: Caller<'_, '_, ()>, sum: i32, n: i32| step(sum, n);
    let defined = match answered {
        Answered::Linked => linker.wrap("host", "step", step),
        Answered::ByCaller => linker.wrap("host", "step", with_caller),
        Answered::Alone => {
            let step = engine.new_host_func(&[valtype::I32; 2], &[valtype::I32]);
            linker.define("host", "step", step.map_err(text)?)
        }
    };
    defined.map_err(text)?;
    let outcome = linker.instantiate(&mut engine, &mut (), &module);
    let Outcome::Done = outcome.map_err(text)? else {
        return Err("instantiation".to_owned());
    };
    let instance = engine.last_instance().ok_or("no instance")?;
    let run = TypedFunc::export(&engine, instance, "run").map_err(text)?;
    let step = TypedFunc::export(&engine, instance, "step").map_err(text)?;
    Ok(Box::new(Wrt {
        engine,
        linker,
        run,
        step,
        answered,
    }))
}

impl Guest for Wrt {
    fn calls_out(&mut self, n: i32) -> Result<i32, String> {
        let result = match self.answered {
            Answered::Linked | Answered::ByCaller => {
                self.run.call(&self.linker, &mut self.engine, &mut (), n)
            }
            Answered::Alone => {
                answer_alone(&mut self.engine, self.run.func(), &[u64::from(n as u32)])
            }
        };
        result.map_err(|e| e.to_string())
    }

    fn called(&mut self, n: i32) -> Result<i32, String> {
        turns(n, |sum, n| {
            let engine = &mut self.engine;
            let result = match self.answered {
                Answered::Linked | Answered::ByCaller => {
                    self.step.call(&self.linker, engine, &mut (), (sum, n))
                }
                Answered::Alone => {
                    let args = [sum, n].map(|arg| u64::from(arg as u32));
                    answer_alone(engine, self.step.func(), &args)
                }
            };
            result.map_err(|e| e.to_string())
        })
    }
}

struct Wasmi {
    store: wasmi::Store<()>,
    run: wasmi::TypedFunc<i32, i32>,
    step: wasmi::TypedFunc<(i32, i32), i32>,
}

fn wasmi(wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
    let text = |e: wasmi::Error| e.to_string();
    let mut config = wasmi::Config::default();
    config.consume_fuel(true);
    let engine = wasmi::Engine::new(&config);
    let module = wasmi::Module::new(&engine, wasm).map_err(text)?;
    let mut store = wasmi::Store::new(&engine, ());
    store.set_fuel(u64::MAX / 4).map_err(text)?;
    let mut linker = wasmi::Linker::new(&engine);
    let linked = linker.func_wrap("host", "step", step);
    linked.map_err(|e| e.to_string())?;
    let instance = linker.instantiate_and_start(&mut store, &module);
    let instance = instance.map_err(text)?;
    let run = instance.get_typed_func(&store, "run").map_err(text)?;
    let step = instance.get_typed_func(&store, "step").map_err(text)?;
    Ok(Box::new(Wasmi { store, run, step }))
}

impl Guest for Wasmi {
    fn calls_out(&mut self, n: i32) -> Result<i32, String> {
        let result = self.run.call(&mut self.store, n);
        result.map_err(|e| e.to_string())
    }

    fn called(&mut self, n: i32) -> Result<i32, String> {
        turns(n, |sum, n| {
            let result = self.step.call(&mut self.store, (sum, n));
            result.map_err(|e| e.to_string())
        })
    }
}

/// Pulley and Cranelift, with fuel.
#[cfg(feature = "wasmtime")]
mod with_wasmtime {
    use super::{Guest, step, turns};
    use wasmtime::{Config, Engine, Linker, Module, Store, TypedFunc};

    struct Wasmtime {
        store: Store<()>,
        run: TypedFunc<i32, i32>,
        step: TypedFunc<(i32, i32), i32>,
    }

    pub(super) fn pulley(wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        load(wasm, Some("pulley64"))
    }

    pub(super) fn cranelift(wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        load(wasm, None)
    }

    fn load(wasm: &[u8], target: Option<&str>) -> Result<Box<dyn Guest>, String> {
        let text = |error: wasmtime::Error| format!("{error:?}");
        let mut config = Config::new();
        config.consume_fuel(true);
        if let Some(target) = target {
            config.target(target).map_err(text)?;
        }
        let engine = Engine::new(&config).map_err(text)?;
        let module = Module::new(&engine, wasm).map_err(text)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX / 4).map_err(text)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "step", step).map_err(text)?;
        let instance = linker.instantiate(&mut store, &module).map_err(text)?;
        let run = instance.get_typed_func(&mut store, "run").map_err(text)?;
        let step = instance.get_typed_func(&mut store, "step").map_err(text)?;
        Ok(Box::new(Wasmtime { store, run, step }))
    }

    impl Guest for Wasmtime {
        fn calls_out(&mut self, n: i32) -> Result<i32, String> {
            let result = self.run.call(&mut self.store, n);
            result.map_err(|error| format!("{error:?}"))
        }

        fn called(&mut self, n: i32) -> Result<i32, String> {
            turns(n, |sum, n| {
                let result = self.step.call(&mut self.store, (sum, n));
                result.map_err(|error| format!("{error:?}"))
            })
        }
    }
}

/// A runtime, and how it makes the guest ready.
type Runtime = (&'static str, fn(&[u8]) -> Result<Box<dyn Guest>, String>);

const RUNTIMES: &[Runtime] = &[
    ("wrt", |wasm| wrt(wasm, Answered::Linked)),
    ("wrt, caller", |wasm| wrt(wasm, Answered::ByCaller)),
    ("wrt, alone", |wasm| wrt(wasm, Answered::Alone)),
    ("wasmi", wasmi),
    #[cfg(feature = "wasmtime")]
    ("pulley", with_wasmtime::pulley),
    #[cfg(feature = "wasmtime")]
    ("cranelift", with_wasmtime::cranelift),
];

/// Prints a line for each runtime, all with fuel. Arguments: `[--rounds N]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    const CALLS: i32 = 100_000;
    let mut rest = args.to_vec();
    let rounds = args::number(&mut rest, "--rounds", 20)?;
    if let Some(unknown) = rest.first() {
        return Err(format!("what is `{unknown}`?"));
    }
    let wasm = wat::parse_str(GUEST).map_err(|error| error.to_string())?;
    let mut guests = Vec::new();
    for (name, load) in RUNTIMES {
        guests.push((name, load(&wasm)?, [f64::INFINITY; 2]));
    }
    let expected = turns(CALLS, |sum, n| Ok(step(sum, n)))?;
    for _ in 0..rounds {
        for (name, guest, best) in &mut guests {
            for (is_called, best) in best.iter_mut().enumerate() {
                let start = cpu_seconds();
                let result = match is_called {
                    0 => guest.calls_out(CALLS),
                    _ => guest.called(CALLS),
                };
                let time = cpu_seconds() - start;
                match result {
                    Ok(result) if result == expected => *best = best.min(time),
                    other => return Err(format!("{name}: {other:?} in place of {expected}")),
                }
            }
        }
    }
    println!(
        "{:12} {:>20} {:>20}",
        "ns of CPU", "guest calls host", "host calls guest"
    );
    for (name, _, best) in &guests {
        let [out, called] = best.map(|seconds| seconds * 1e9 / f64::from(CALLS));
        println!("{name:12} {out:20.1} {called:20.1}");
    }
    Ok(())
}
