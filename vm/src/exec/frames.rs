//! Walking the frames of all activations, for backtraces: innermost first.

use wrt_format::isa::{HALT_STUB, LEAVE_STUB, PROLOGUE, window_at};

use super::activation::outer_of;
use crate::raw::store::{RunState, Status, Store};

/// A frame of a guest function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The instance whose function it is.
    pub(crate) instance: u32,
    /// Number among the functions that its module defines.
    pub(crate) func: u32,
    /// Word in the function: where it trapped or paused, or the call that it waits for.
    pub(crate) word: u32,
    /// First slot on the stack.
    pub(crate) fp: u32,
}

/// The frames of the present thread's activation and of those that it is nested in.
pub(crate) fn frames<'a>(store: &'a Store<'_>) -> Frames<'a> {
    frames_on(store, store.stack(), store.run)
}

/// The frames of an activation on this stack and of those that it is nested in.
pub(crate) fn frames_on<'a>(store: &'a Store<'_>, stack: &'a [u64], run: RunState) -> Frames<'a> {
    let started = !matches!(run.status, Status::Idle);
    Frames {
        store,
        stack,
        at: started.then_some(run),
    }
}

/// Iterator over frames, innermost first.
#[derive(Clone, Debug)]
pub(crate) struct Frames<'a> {
    store: &'a Store<'a>,
    stack: &'a [u64],
    /// The next place to look at.
    at: Option<RunState>,
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        loop {
            let run = self.at?;
            let stub = run.pc < PROLOGUE.len() as u32;
            let frame = if stub { None } else { self.frame_at(run) };
            self.at =
                caller(self.store, self.stack, run).or_else(|| outer_of(self.stack, run.record));
            if frame.is_some() {
                return frame;
            }
        }
    }
}

impl Frames<'_> {
    fn frame_at(&self, run: RunState) -> Option<Frame> {
        let module = self.store.instance(run.instance)?.module();
        // Records are in the order of the code.
        let records = module.func_records();
        let behind = records.partition_point(|it| u32::from_le(it.code_word) <= run.pc);
        let low = behind.saturating_sub(1) as u32;
        let word = run.pc.checked_sub(module.func(low).code_word)?;
        Some(Frame {
            instance: run.instance,
            func: low,
            word,
            fp: run.fp,
        })
    }
}

/// The frame that the frame at `run` returns to, in the same activation, at the last word of its call; none for the bottom frame.
pub(super) fn caller(store: &Store<'_>, stack: &[u64], run: RunState) -> Option<RunState> {
    let slot = |at: usize| stack.get(at).copied();
    let fp = run.fp as usize;
    // At a stub itself `fp` is what it is after the return to it.
    let (return_word, below) = if run.pc >= PROLOGUE.len() as u32 {
        let word = (slot(fp.checked_sub(1)?)? / 2) as u32;
        let base = match word {
            HALT_STUB => 1,
            LEAVE_STUB => 2,
            _ => 0,
        };
        (word, fp.checked_sub(base)?)
    } else if run.pc < LEAVE_STUB {
        (HALT_STUB, fp)
    } else {
        (LEAVE_STUB, fp)
    };
    match return_word {
        HALT_STUB => None,
        LEAVE_STUB => {
            let instance = slot(below)? as u32;
            let pc = (slot(below.checked_sub(1)?)? / 2) as u32;
            at_call(
                store,
                RunState {
                    instance,
                    pc,
                    fp: below as u32,
                    ..run
                },
            )
        }
        pc => at_call(
            store,
            RunState {
                pc,
                fp: below as u32,
                ..run
            },
        ),
    }
}

/// Where the frame that this one returns to is at, and where it starts, if that is a frame of guest code of the same instance: what
/// [`caller`] gives, for the many frames of a long way. `code` is the instance's.
pub(super) fn caller_within(code: &[u16], stack: &[u64], run: &RunState) -> Option<(u32, u32)> {
    let is_guest = |pc: u32| pc >= PROLOGUE.len() as u32;
    let return_word = *stack.get((run.fp as usize).checked_sub(1)?)?;
    let pc = (return_word / 2) as u32;
    if !is_guest(run.pc) || !is_guest(pc) {
        return None;
    }
    let (base, _) = window_at(code, pc as usize)?;
    Some((pc, run.fp.checked_sub(u32::from(base))?))
}

/// The frame of the call whose last word is at `run.pc`, and whose window is `run.fp`.
fn at_call(store: &Store<'_>, run: RunState) -> Option<RunState> {
    let code = store.instance(run.instance)?.module().code();
    let (base, _) = window_at(code, run.pc as usize)?;
    Some(RunState {
        fp: run.fp.checked_sub(u32::from(base))?,
        ..run
    })
}
