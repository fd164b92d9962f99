//! The bridge between the machine and WASI: a linker whose host functions are those of preview 1.
//!
//! Input: nothing, or a tape. Output: a [`Linker`] over [`Wasi`]. The guest's memory is its export `memory`, or its first memory if it exports
//! none by that name. On a tape calls are noted, or answered from it and not done.
//!
//! A call whose caller is to sleep ([`Wasi::park_sleepers`]) is done, and not ready: the embedder gives the answer, 0, when the time has come.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use wrt_vm::{Caller, Error, HostError, Linker, ValType};
use wrt_wasi::{Abi, Step, Wasi, WasiFunc};

use crate::tape::{Answer, Call, Player, Recorder, Tape};

/// The module names of preview 1.
const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// A tape that all host functions share.
pub(crate) type SharedTape = Arc<Mutex<Tape>>;

/// A linker that defines all functions of WASI preview 1 under both of its names.
///
/// # Errors
/// None in practice: the names differ and their types are value types.
pub fn linker() -> Result<Linker<Wasi>, Error> {
    let mut linker = Linker::new();
    define(&mut linker, None, |_| true)?;
    Ok(linker)
}

/// The same, on a tape.
pub(crate) fn linker_with(tape: SharedTape) -> Result<Linker<Wasi>, Error> {
    let mut linker = Linker::new();
    define(&mut linker, Some(tape), |_| true)?;
    Ok(linker)
}

/// Defines those functions whose names `wanted` accepts.
pub(crate) fn define(
    linker: &mut Linker<Wasi>,
    tape: Option<SharedTape>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    for module in MODULES {
        let abi = Abi::from_module(module).unwrap_or_default();
        for &func in WasiFunc::ALL.iter().filter(|func| wanted(func.name())) {
            let tape = tape.clone();
            let call =
                move |caller: Caller<'_, '_, Wasi>, args: &[u64], results: &mut [u64]| match call(
                    (abi, func),
                    tape.as_deref(),
                    caller,
                    args,
                )? {
                    Step::Errno(errno) => {
                        results.fill(errno.into());
                        Ok(())
                    }
                    Step::Exit(code) => Err(HostError::Exit(code.cast_signed())),
                };
            let types = |bytes: &[u8]| -> Vec<ValType> {
                bytes.iter().copied().map(ValType::from_byte).collect()
            };
            let (params, results) = (types(func.params()), types(func.results()));
            linker.func(module, func.name(), &params, &results, call)?;
        }
    }
    Ok(())
}

fn call(
    (abi, func): (Abi, WasiFunc),
    tape: Option<&Mutex<Tape>>,
    mut caller: Caller<'_, '_, Wasi>,
    args: &[u64],
) -> Result<Step, HostError> {
    let memory = caller
        .exported_memory("memory")
        .or_else(|_| caller.memory(0));
    // One unit of fuel is a nanosecond to a guest whose clocks are virtual.
    let fuel = caller.engine().fuel_used();
    let time = fuel.max(caller.engine().clock());
    caller.data_mut().drive_clock(time);
    // Without a memory every pointer is a bad one.
    let mut none = [];
    let (bytes, wasi) = match memory {
        Ok(memory) => caller.bytes_and_data(memory)?,
        Err(_) => (&mut none[..], caller.data_mut()),
    };
    let Some(tape) = tape else {
        let step = wasi.call_as(abi, func, bytes, args);
        return ready(wasi, step);
    };
    let call = Call {
        func,
        abi,
        fuel,
        args,
    };
    let step = match &mut *tape.lock().unwrap_or_else(PoisonError::into_inner) {
        Tape::Record(recorder) => record(recorder, call, wasi, bytes),
        Tape::Replay(player) => replay(player, call, wasi, bytes),
        #[cfg(feature = "debug")]
        Tape::Travel(log) => log.answer_or_do(call, wasi, bytes),
    };
    ready(wasi, step?)
}

/// What a call has come to, unless its caller sleeps first.
fn ready(wasi: &mut Wasi, step: Step) -> Result<Step, HostError> {
    match wasi.parked() {
        Some(_) if step == Step::Errno(0) => Err(HostError::Pending),
        _ => {
            _ = wasi.take_parked();
            Ok(step)
        }
    }
}

/// Does a call, and notes it.
fn record(
    recorder: &mut Recorder,
    call: Call<'_>,
    wasi: &mut Wasi,
    bytes: &mut [u8],
) -> Result<Step, HostError> {
    let stream = match (call.func, call.args.first()) {
        (WasiFunc::FdWrite, Some(&fd)) => wasi.kind_of(fd as u32),
        _ => None,
    };
    let (step, writes) = wasi.call_noting(call.abi, call.func, bytes, call.args);
    let noted = recorder.note(call, (step, wasi.parked()), stream, bytes, &writes);
    noted.map_err(|error| HostError::new(&format!("the recording cannot be written: {error}")))?;
    Ok(step)
}

/// Answers a call from a recording.
fn replay(
    player: &mut Player,
    call: Call<'_>,
    wasi: &mut Wasi,
    bytes: &mut [u8],
) -> Result<Step, HostError> {
    let Some(answer) = player.answer(call, bytes) else {
        return Err(HostError::new(
            "the guest goes another way than was recorded",
        ));
    };
    let Answer {
        step,
        sleeps,
        stream,
    } = answer;
    if let Some(ns) = sleeps {
        wasi.park(ns);
    }
    let shown = match stream {
        1 => show(&mut io::stdout().lock(), call.args, bytes),
        2 => show(&mut io::stderr().lock(), call.args, bytes),
        _ => Ok(()),
    };
    // A reader that has gone away is no trouble of the guest's.
    drop(shown);
    Ok(step)
}

/// Shows what the guest has written with an `fd_write` of these arguments.
fn show(to: &mut dyn io::Write, args: &[u64], bytes: &[u8]) -> io::Result<()> {
    let word = |at: u64| {
        let word = bytes.get(usize::try_from(at).ok()?..)?.first_chunk()?;
        Some(u64::from(u32::from_le_bytes(*word)))
    };
    let &[_, iovs, count, written] = args else {
        return Ok(());
    };
    let mut left = word(written).unwrap_or(0);
    for number in 0..count {
        let at = iovs + 8 * number;
        let (Some(start), Some(len)) = (word(at), word(at + 4)) else {
            break;
        };
        let len = len.min(left);
        let part = bytes.get(start as usize..(start + len) as usize);
        to.write_all(part.unwrap_or_default())?;
        left -= len;
        if left == 0 {
            break;
        }
    }
    to.flush()
}
