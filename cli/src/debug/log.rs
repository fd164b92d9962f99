//! What a guest has asked of the host so far, with the answers, in memory: so that time can be run again.
//!
//! Input: calls of WASI, in order. Output: at the frontier of what has happened they are done, and noted; in the past they are answered as they were, and
//! nothing is done. Invariants: a call is done once, however often time goes over it; an answer is given only to the call that it was noted of.

use wrt_vm::HostError;
use wrt_wasi::{Abi, Step, Wasi, WasiFunc};

use crate::tape::Call;

/// A call that has been done.
#[derive(Debug)]
struct Entry {
    func: WasiFunc,
    abi: Abi,
    /// Fuel used before it.
    fuel: u64,
    args: Box<[u64]>,
    step: Step,
    /// What it has changed in memory.
    writes: Box<[(usize, Box<[u8]>)]>,
}

impl Entry {
    fn bytes(&self) -> usize {
        let written = self.writes.iter();
        let written: usize = written.map(|(_, bytes)| size_of_val(&**bytes)).sum();
        size_of::<Self>() + size_of_val(&*self.args) + size_of_val(&*self.writes) + written
    }
}

/// All calls, and how many of them lie in the past of the present moment.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    at: usize,
    bytes: usize,
}

impl Log {
    /// Calls before the present moment.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Calls that have been done, and the bytes that the notes take.
    pub(super) const fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    /// The present moment is another one, with so many calls before it.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at.min(self.entries.len());
    }

    /// Answers a call of the past, or does it.
    ///
    /// # Errors
    /// The guest goes another way than it went: something in its state was changed, or the machine is wrong.
    pub(crate) fn answer_or_do(
        &mut self,
        call: Call<'_>,
        wasi: &mut Wasi,
        memory: &mut [u8],
    ) -> Result<Step, HostError> {
        let step = match self.entries.get(self.at) {
            Some(entry) => answer(entry, call, memory)?,
            None => self.done(call, wasi, memory),
        };
        self.at += 1;
        Ok(step)
    }

    fn done(&mut self, call: Call<'_>, wasi: &mut Wasi, memory: &mut [u8]) -> Step {
        let (step, writes) = wasi.call_noting(call.abi, call.func, memory, call.args);
        let writes = writes.into_iter().map(|range| {
            let bytes = memory.get(range.clone()).unwrap_or_default();
            (range.start, bytes.into())
        });
        let entry = Entry {
            func: call.func,
            abi: call.abi,
            fuel: call.fuel,
            args: call.args.into(),
            step,
            writes: writes.collect(),
        };
        self.bytes += entry.bytes();
        self.entries.push(entry);
        step
    }
}

/// Gives the answer to the call that it was noted of.
fn answer(entry: &Entry, call: Call<'_>, memory: &mut [u8]) -> Result<Step, HostError> {
    let same = entry.func == call.func
        && entry.abi == call.abi
        && entry.fuel == call.fuel
        && *entry.args == *call.args;
    if !same {
        return Err(HostError::new(&format!(
            "the guest goes another way than it went: {} after {} fuel, it was {} after {}",
            call.func.name(),
            call.fuel,
            entry.func.name(),
            entry.fuel
        )));
    }
    for (start, bytes) in &entry.writes {
        let place = memory.get_mut(*start..start.saturating_add(bytes.len()));
        let place = place.ok_or_else(|| HostError::new("the guest's memory is another one"))?;
        place.copy_from_slice(bytes);
    }
    Ok(entry.step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_wasi::{Clock, WasiBuilder};

    fn wasi() -> Wasi {
        let clock = Clock::Virtual {
            realtime_ns: 1000,
            monotonic_ns: 0,
            step_ns: 7,
        };
        WasiBuilder::new().clock(clock).build().unwrap()
    }

    fn time(fuel: u64, args: &[u64]) -> Call<'_> {
        Call {
            func: WasiFunc::ClockTimeGet,
            abi: Abi::Preview1,
            fuel,
            args,
        }
    }

    #[test]
    fn a_call_is_done_once_and_answered_as_often_as_it_is_asked() {
        let (mut log, mut wasi, mut memory) = (Log::default(), wasi(), [0; 32]);
        let mut ask = |log: &mut Log, memory: &mut [u8], fuel, at| {
            let step = log.answer_or_do(time(fuel, &[0, 0, at]), &mut wasi, memory);
            assert_eq!(step.unwrap(), Step::Errno(0));
            u64::from_le_bytes(memory[at as usize..][..8].try_into().unwrap())
        };
        let first = ask(&mut log, &mut memory, 10, 8);
        let second = ask(&mut log, &mut memory, 20, 16);
        assert_ne!(first, second);
        assert_eq!((log.at(), log.size().0), (2, 2));
        // Back before the second one: the clock has not gone on by asking again.
        log.go_to(1);
        memory[16..24].fill(0xee);
        assert_eq!(ask(&mut log, &mut memory, 20, 16), second);
        let third = ask(&mut log, &mut memory, 30, 16);
        assert_eq!(third - second, second - first);
        assert_eq!(log.size().0, 3);
        assert!(log.size().1 > 3 * 8);
    }

    #[test]
    fn another_call_is_refused() {
        let (mut log, mut wasi, mut memory) = (Log::default(), wasi(), [0; 32]);
        let mut ask = |log: &mut Log, call: Call<'_>, memory: &mut [u8]| {
            log.go_to(0);
            log.answer_or_do(call, &mut wasi, memory).is_ok()
        };
        let args = [0, 0, 8];
        assert!(ask(&mut log, time(10, &args), &mut memory));
        assert!(ask(&mut log, time(10, &args), &mut memory));
        let other = Call {
            func: WasiFunc::FdClose,
            ..time(10, &args)
        };
        assert!(!ask(&mut log, other, &mut memory));
        assert!(!ask(&mut log, time(11, &args), &mut memory));
        assert!(!ask(&mut log, time(10, &[0, 0, 16]), &mut memory));
        // A memory that is too small is no memory that the answer can have been for.
        assert!(!ask(&mut log, time(10, &args), &mut []));
        assert!(ask(&mut log, time(10, &args), &mut memory));
    }
}
