//! Runs Scheme programs that Guile Hoot has compiled, which live from WebAssembly's structs, arrays, tail calls and exceptions.
//! `scheme IMAGE HELPER`: HELPER is the image of Hoot's `wtf8.wasm`, by which strings come in and go out. What the program writes goes
//! to standard output.
//!
//! Strings and large integers are the host's: the guest holds them as `externref`s, numbers of [`Host::things`].

use core::cmp::Ordering;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{FromPrimitive as _, Signed as _, ToPrimitive as _};
use wrt_cli::load::Image;
use wrt_vm::{
    Caller, Config, Engine, Error, Extern, HostError, Instance, Limits, Linker, Module, Outcome,
};

/// Fuel of a slice: small enough that every program pauses.
const SLICE: u64 = 100_003;

/// What an `externref` stands for.
#[derive(Clone, Debug)]
enum Thing {
    Text(String),
    Integer(BigInt),
}

struct Host {
    things: Vec<Thing>,
    /// The instance of the helper.
    helper: Option<Instance>,
    start: Instant,
    pauses: u64,
}

/// Outcomes after which nothing goes on by itself.
macro_rules! unfinished {
    () => {
        Outcome::Trap(_)
            | Outcome::Exception(_)
            | Outcome::OutOfFuel
            | Outcome::HostCall(_)
            | Outcome::Yield
            | Outcome::Wait(_)
    };
}

type Call<'c, 'a, 'm> = &'c mut Caller<'a, 'm, Host>;
/// A host function: slots of arguments in, the slot of its result out, if it has one.
type Answer = fn(Call<'_, '_, '_>, &[u64]) -> Result<u64, HostError>;

/// The slot of a new `externref`.
fn put(caller: Call<'_, '_, '_>, thing: Thing) -> u64 {
    let things = &mut caller.data_mut().things;
    things.push(thing);
    things.len() as u64
}

fn integer(caller: Call<'_, '_, '_>, value: impl Into<BigInt>) -> Result<u64, HostError> {
    Ok(put(caller, Thing::Integer(value.into())))
}

fn text(caller: &Caller<'_, '_, Host>, slot: u64) -> Result<String, HostError> {
    match slot
        .checked_sub(1)
        .map(|n| caller.data().things.get(n as usize))
    {
        Some(Some(Thing::Text(text))) => Ok(text.clone()),
        _ => Err(HostError::new("not a string of the host")),
    }
}

fn big(caller: &Caller<'_, '_, Host>, slot: u64) -> Result<BigInt, HostError> {
    match slot
        .checked_sub(1)
        .map(|n| caller.data().things.get(n as usize))
    {
        Some(Some(Thing::Integer(value))) => Ok(value.clone()),
        _ => Err(HostError::new("not an integer of the host")),
    }
}

fn i32_of(slot: u64) -> i32 {
    (slot as u32).cast_signed()
}

fn float(value: f64) -> Result<u64, HostError> {
    Ok(value.to_bits())
}

/// Calls an export of the helper to its end, however often it pauses; its result, if it has one.
fn help(caller: Call<'_, '_, '_>, name: &str, args: &[u64]) -> Result<u64, HostError> {
    let helper = caller.data().helper.ok_or(HostError::new("no helper"))?;
    let Some(Extern::Func(func)) = caller.engine().export(helper, name) else {
        return Err(HostError::new("the helper has no such function"));
    };
    let mut outcome = caller.call(func, args)?;
    while outcome == Outcome::OutOfFuel {
        caller.data_mut().pauses += 1;
        caller.engine_mut().add_fuel(SLICE);
        outcome = caller.resume()?;
    }
    match outcome {
        Outcome::Done => Ok(caller.results().first().copied().unwrap_or(0)),
        other @ unfinished!() => Err(HostError::new(&format!("{name}: {other:?}"))),
    }
}

fn wtf8_to_string(caller: Call<'_, '_, '_>, args: &[u64]) -> Result<u64, HostError> {
    let iterator = help(caller, "as_iter", args)?;
    let kept = caller.engine_mut().keep(iterator)?;
    let mut text = String::new();
    loop {
        // Collections move objects, not what refers to them.
        let next = help(caller, "iter_next", &[iterator])?;
        match u32::try_from(i32_of(next)) {
            Ok(code) => text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            Err(_) => break,
        }
    }
    caller.engine_mut().release(kept);
    Ok(put(caller, Thing::Text(text)))
}

fn string_to_wtf8(caller: Call<'_, '_, '_>, args: &[u64]) -> Result<u64, HostError> {
    let text = text(caller, args[0])?;
    let builder = help(caller, "string_builder", &[])?;
    let kept = caller.engine_mut().keep(builder)?;
    for char in text.chars() {
        help(
            caller,
            "builder_push_codepoint",
            &[builder, u64::from(u32::from(char))],
        )?;
    }
    let built = help(caller, "finish_builder", &[builder]);
    caller.engine_mut().release(kept);
    built
}

fn write(caller: Call<'_, '_, '_>, args: &[u64]) -> Result<u64, HostError> {
    let text = text(caller, args[0])?;
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(|error| HostError::Other(error.into()))?;
    Ok(0)
}

/// An arithmetic function of two large integers.
macro_rules! of_two {
    (|$a:ident, $b:ident| $value:expr) => {
        |caller, args| {
            let ($a, $b) = (big(caller, args[0])?, big(caller, args[1])?);
            integer(caller, $value)
        }
    };
}

/// A comparison of two numbers, each a large integer (`big`), an i32 or an f64.
macro_rules! compare {
    ($caller:ident, big $slot:expr) => { big($caller, $slot)? };
    ($caller:ident, i32 $slot:expr) => { BigInt::from(i32_of($slot)) };
    ($a:ident $operator:tt $b:ident) => {
        |caller, args| {
            let (a, b) = (compare!(caller, $a args[0]), compare!(caller, $b args[1]));
            Ok(u64::from(a $operator b))
        }
    };
}

/// How a large integer compares with a float; none if that is no number.
fn order(integer: &BigInt, float: f64) -> Option<Ordering> {
    match BigInt::from_f64(float.floor()) {
        Some(floor) if floor == *integer && float.fract() != 0.0 => Some(Ordering::Less),
        Some(floor) => Some(integer.cmp(&floor)),
        None if float.is_nan() => None,
        None => Some(0.0_f64.total_cmp(&float)),
    }
}

/// A test of how a large integer compares with a float.
macro_rules! with_float {
    (big, |$order:ident| $test:expr) => {
        |caller, args| {
            let $order = order(&big(caller, args[0])?, f64::from_bits(args[1]));
            Ok(u64::from($test))
        }
    };
    (float, |$order:ident| $test:expr) => {
        |caller, args| {
            let $order = order(&big(caller, args[1])?, f64::from_bits(args[0]));
            Ok(u64::from($test))
        }
    };
}

/// Euclid's algorithm as Hoot's own host has it: the greatest common divisor of what the numbers are without their signs.
const GCD: Answer = of_two!(|a, b| a.abs().gcd(&b.abs()));

/// What programs import from `rt`.
const RUNTIME: &[(&str, Answer)] = &[
    ("wtf8_to_string", wtf8_to_string),
    ("string_to_wtf8", string_to_wtf8),
    ("string_upcase", |c, args| {
        let t = text(c, args[0])?.to_uppercase();
        Ok(put(c, Thing::Text(t)))
    }),
    ("string_downcase", |c, args| {
        let t = text(c, args[0])?.to_lowercase();
        Ok(put(c, Thing::Text(t)))
    }),
    ("bignum_from_string", |c, args| {
        let value = text(c, args[0])?
            .parse::<BigInt>()
            .map_err(|e| HostError::Other(e.into()))?;
        integer(c, value)
    }),
    ("bignum_from_i32", |c, args| integer(c, i32_of(args[0]))),
    ("bignum_from_i64", |c, args| {
        integer(c, args[0].cast_signed())
    }),
    ("bignum_from_u64", |c, args| integer(c, args[0])),
    ("bignum_is_i64", |c, args| {
        Ok(u64::from(big(c, args[0])?.to_i64().is_some()))
    }),
    ("bignum_is_u64", |c, args| {
        Ok(u64::from(big(c, args[0])?.to_u64().is_some()))
    }),
    ("bignum_get_i64", |c, args| {
        let low = big(c, args[0])? & BigInt::from(u64::MAX);
        low.to_u64().ok_or(HostError::new("an integer of 64 bits"))
    }),
    ("bignum_add", of_two!(|a, b| a + b)),
    ("bignum_sub", of_two!(|a, b| a - b)),
    ("bignum_mul", of_two!(|a, b| a * b)),
    (
        "bignum_quo",
        of_two!(|a, b| a
            .checked_div(&b)
            .ok_or(HostError::new("division by zero"))?),
    ),
    (
        "bignum_rem",
        of_two!(|a, b| if b == BigInt::ZERO {
            return Err(HostError::new("division by zero"));
        } else {
            a % b
        }),
    ),
    (
        "bignum_mod",
        of_two!(|a, b| if b == BigInt::ZERO {
            return Err(HostError::new("division by zero"));
        } else {
            a.mod_floor(&b)
        }),
    ),
    ("bignum_gcd", GCD),
    ("bignum_logand", of_two!(|a, b| a & b)),
    ("bignum_logior", of_two!(|a, b| a | b)),
    ("bignum_logxor", of_two!(|a, b| a ^ b)),
    ("bignum_add_i32", |c, args| {
        let a = big(c, args[0])?;
        integer(c, a + i32_of(args[1]))
    }),
    ("bignum_sub_i32", |c, args| {
        let a = big(c, args[0])?;
        integer(c, a - i32_of(args[1]))
    }),
    ("bignum_mul_i32", |c, args| {
        let a = big(c, args[0])?;
        integer(c, a * i32_of(args[1]))
    }),
    ("bignum_lsh", |c, args| {
        let a = big(c, args[0])?;
        integer(c, a << args[1])
    }),
    ("bignum_rsh", |c, args| {
        let a = big(c, args[0])?;
        integer(c, a >> args[1])
    }),
    ("bignum_lsh_i32_i64", |c, args| {
        integer(c, BigInt::from(i32_of(args[0])) << args[1])
    }),
    ("bignum_eq", compare!(big == big)),
    ("bignum_lt", compare!(big < big)),
    ("bignum_lt_i32_big", compare!(i32 < big)),
    ("bignum_lt_big_i32", compare!(big < i32)),
    (
        "bignum_lt_big_f64",
        with_float!(big, |order| order.is_some_and(|o| o.is_lt())),
    ),
    (
        "bignum_le_big_f64",
        with_float!(big, |order| order.is_some_and(|o| o.is_le())),
    ),
    (
        "bignum_lt_f64_big",
        with_float!(float, |order| order.is_some_and(|o| o.is_gt())),
    ),
    (
        "bignum_le_f64_big",
        with_float!(float, |order| order.is_some_and(|o| o.is_ge())),
    ),
    (
        "bignum_eq_f64",
        with_float!(big, |order| order.is_some_and(|o| o.is_eq())),
    ),
    ("bignum_to_f64", |c, args| {
        float(big(c, args[0])?.to_f64().unwrap_or(f64::NAN))
    }),
    ("fsin", |_, args| float(f64::from_bits(args[0]).sin())),
    ("fcos", |_, args| float(f64::from_bits(args[0]).cos())),
    ("ftan", |_, args| float(f64::from_bits(args[0]).tan())),
    ("fasin", |_, args| float(f64::from_bits(args[0]).asin())),
    ("facos", |_, args| float(f64::from_bits(args[0]).acos())),
    ("fatan", |_, args| float(f64::from_bits(args[0]).atan())),
    ("fatan2", |_, args| {
        float(f64::from_bits(args[0]).atan2(f64::from_bits(args[1])))
    }),
    ("flog", |_, args| float(f64::from_bits(args[0]).ln())),
    ("fexp", |_, args| float(f64::from_bits(args[0]).exp())),
    ("jiffies_per_second", |_, _| Ok(1_000_000)),
    ("current_jiffy", |c, _| {
        float(c.data().start.elapsed().as_secs_f64() * 1e6)
    }),
    ("quit", |_, args| Err(HostError::Exit(i32_of(args[0])))),
    ("die", |c, args| {
        Err(HostError::new(&format!(
            "the program dies: {}",
            text(c, args[0])?
        )))
    }),
];

/// What they import from `io` and `debug`.
const OTHERS: &[(&str, &str, Answer)] = &[
    ("io", "write_stdout", write),
    ("io", "write_stderr", |c, args| {
        eprint!("{}", text(c, args[0])?);
        Ok(0)
    }),
    ("io", "read_stdin", |c, _| {
        Ok(put(c, Thing::Text(String::new())))
    }),
    ("debug", "code_name", |_, _| Ok(0)),
    ("debug", "code_source", |_, _| Ok(0)),
];

fn linker() -> Result<Linker<Host>, Error> {
    let mut linker = Linker::new();
    let runtime = RUNTIME.iter().map(|&(name, answer)| ("rt", name, answer));
    for (module, name, answer) in runtime.chain(OTHERS.iter().copied()) {
        linker.func_as_imported(module, name, move |mut caller, args, results| {
            let result = answer(&mut caller, args)?;
            if let Some(first) = results.first_mut() {
                *first = result;
            }
            Ok(())
        })?;
    }
    Ok(linker)
}

/// Goes on with a run, in slices of fuel, until it is done.
fn finish(
    linker: &Linker<Host>,
    engine: &mut Engine<'_>,
    host: &mut Host,
    mut outcome: Result<Outcome, Error>,
) -> Result<(), String> {
    while let Ok(Outcome::OutOfFuel) = outcome {
        host.pauses += 1;
        engine.add_fuel(SLICE);
        outcome = linker.resume(engine, host);
    }
    match outcome.map_err(|error| error.to_string())? {
        Outcome::Done => Ok(()),
        other @ unfinished!() => Err(format!("{other:?}")),
    }
}

fn run(program: &str, helper: &str) -> Result<(), String> {
    let open = |path: &str| Image::open(path.as_ref()).map_err(|e| format!("{path}: {e:?}"));
    let load = |image| Module::load_from_binary(image, &Limits::default());
    let (program, helper) = (open(program)?, open(helper)?);
    let helper = load(helper.bytes()).map_err(|e| e.to_string())?;
    let program = load(program.bytes()).map_err(|e| e.to_string())?;
    let config = Config::default().with_heap_bytes(64 << 20);
    let mut engine = Engine::new(config).map_err(|e| e.to_string())?;
    let mut linker = linker().map_err(|e| e.to_string())?;
    let mut host = Host {
        things: Vec::new(),
        helper: None,
        start: Instant::now(),
        pauses: 0,
    };
    for module in [&helper, &program] {
        let outcome = linker.instantiate(&mut engine, &mut host, module);
        finish(&linker, &mut engine, &mut host, outcome)?;
        host.helper = host.helper.or(engine.last_instance());
    }
    let instance = engine.last_instance().ok_or("no instance")?;
    let Some(Extern::Func(main)) = engine.export(instance, "main") else {
        return Err("the program has no function main".into());
    };
    let outcome = linker.call(&mut engine, &mut host, main, &[]);
    finish(&linker, &mut engine, &mut host, outcome)?;
    let stats = engine.stats();
    eprintln!(
        "scheme: {} fuel, {} pauses, {} collections",
        stats.fuel_used, host.pauses, stats.collections
    );
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [program, helper] = &args[..] else {
        eprintln!("usage: scheme IMAGE HELPER");
        return ExitCode::from(2);
    };
    match run(program, helper) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("scheme: {message}");
            ExitCode::FAILURE
        }
    }
}
