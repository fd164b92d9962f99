//! The guest as gdb asks for it.
//!
//! Input: requests that gdbstub has decoded. Output: registers, memory, breakpoints; a [`Mode`] to go on in. Invariants: only [`Target::go`] lets time
//! pass; a request that makes no sense is refused, and changes nothing.

use gdbstub::common::Signal;
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::reverse_exec::{
    ReplayLogPosition, ReverseCont, ReverseContOps, ReverseStep, ReverseStepOps,
};
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadRangeStepping, SingleThreadRangeSteppingOps, SingleThreadResume,
    SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps,
    WatchKind,
};
use gdbstub::target::ext::exec_file::ExecFileOps;
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::monitor_cmd::MonitorCmdOps;
use gdbstub::target::{Target as GdbTarget, TargetError, TargetResult};
use wrt_format::image::debug::map::{code_address, frame_address, wasm_offset};
use wrt_vm::Trap;

use super::arch::{Amd64, Place};
use super::space::{self, Placed, Space};
use super::timeline::{Interrupt, Stop, Timeline};
use crate::cmd::stepwise::Ending;
use crate::status::Failure;

/// Breakpoints at most.
const MAX_BREAKPOINTS: usize = 10_000;

/// How the guest is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Run,
    Step,
    /// As long as `rip` is in this range.
    Range(u64, u64),
    StepBack,
    RunBack,
}

/// A breakpoint of gdb's.
#[derive(Debug)]
struct Breakpoint {
    address: u64,
    /// The words of CODE that the machine pauses at for it.
    words: Vec<u32>,
    /// Whether these are of another function, to which the one of the address returns without another step.
    is_behind: bool,
}

/// What gdb debugs.
pub(super) struct Target<'m> {
    pub(super) timeline: Timeline<'m>,
    mode: Mode,
    breakpoints: Vec<Breakpoint>,
    /// The frames as they are, innermost first.
    pub(super) frames: Vec<Placed>,
    /// The address of the breakpoint that the guest stands at, if it is not that of the operator.
    shown: Option<u64>,
    /// Whether gdb has been told that the guest has come to its end.
    end_is_known: bool,
    /// What is to be shown to the user before the next stop.
    pub(super) messages: Vec<String>,
    /// The name of the symbol file.
    pub(super) name: String,
    /// Where the guest begins, if that is not where the symbol file says: gdb takes the function there for the outermost one.
    pub(super) entry: Option<u64>,
}

impl<'m> Target<'m> {
    pub(super) fn new(timeline: Timeline<'m>, name: String, entry: Option<u64>) -> Self {
        let mut target = Self {
            timeline,
            mode: Mode::Run,
            breakpoints: Vec::new(),
            frames: Vec::new(),
            shown: None,
            end_is_known: false,
            messages: Vec::new(),
            name,
            entry,
        };
        target.look();
        target
    }

    /// Has the frames noted as they are.
    pub(super) fn look(&mut self) {
        self.shown = None;
        self.frames = space::frames(&self.timeline.machine.guest.engine);
    }

    pub(super) fn space(&self) -> Space<'_, 'm> {
        Space {
            engine: &self.timeline.machine.guest.engine,
            steps: &self.timeline.steps,
            frames: &self.frames,
        }
    }

    /// Forgets a debugger that has gone away.
    pub(super) fn forget_breakpoints(&mut self) {
        self.breakpoints.clear();
        self.timeline.set_breaks(Vec::new());
        self.timeline.watches = super::watch::Watches::default();
    }

    /// Lets the guest run to its end, without stops.
    pub(super) fn run_out(&mut self) -> Result<Ending, Failure> {
        self.forget_breakpoints();
        loop {
            if let Stop::End(ending) = self.timeline.run(&mut || false)? {
                return Ok(ending);
            }
        }
    }

    /// The address of the operator that a frame is at.
    fn rip(&self, frame: &Placed) -> u64 {
        self.offset(frame).map_or(0, code_address)
    }

    /// The offset of the operator that a frame is at. One that traps need not have a step.
    pub(super) fn offset(&self, frame: &Placed) -> Option<u32> {
        let spot = self.timeline.steps.spot(frame.word);
        let traps = frame.number == 0 && self.timeline.ended().is_some();
        let trapped = frame.frame.wasm_offset.filter(|_| traps);
        trapped.or(spot.map(|spot| spot.offset))
    }

    fn registers(&self) -> Place {
        let Some(frame) = self.frames.first() else {
            return Place::default();
        };
        Place {
            rip: self.shown.unwrap_or_else(|| self.rip(frame)),
            rbp: frame_address(frame.depth),
            rsp: frame_address(frame.depth + 1),
            returned: self.returned(frame),
        }
    }

    /// What the call has returned that the frame stands right behind.
    fn returned(&self, frame: &Placed) -> Option<u64> {
        let slot = self.timeline.steps.returned_to(frame.word)?;
        let engine = &self.timeline.machine.guest.engine;
        engine
            .frame_slots(frame.number)
            .get(usize::from(slot))
            .copied()
    }

    /// Goes on as gdb wants until there is something to tell; nothing if it was interrupted.
    pub(super) fn go(
        &mut self,
        interrupted: Interrupt<'_>,
    ) -> Result<Option<SingleThreadStopReason<u64>>, Failure> {
        let was_at_end = self.timeline.ended().is_some();
        let stop = match self.mode {
            Mode::Run => self.timeline.run(interrupted),
            Mode::Step => self.timeline.step(),
            Mode::Range(start, end) => self.timeline.step_while(interrupted, |timeline| {
                let spot = timeline.word().and_then(|word| timeline.steps.spot(word));
                spot.is_some_and(|spot| (start..end).contains(&code_address(spot.offset)))
            }),
            Mode::StepBack => self.timeline.step_back(),
            Mode::RunBack => self.timeline.run_back(interrupted),
        }?;
        self.timeline.machine.guest.flush();
        let reason = self.reason(stop, was_at_end)?;
        if !matches!(stop, Stop::End(_)) {
            self.end_is_known = false;
        }
        Ok(reason)
    }

    /// What gdb is told.
    fn reason(
        &mut self,
        stop: Stop,
        was_at_end: bool,
    ) -> Result<Option<SingleThreadStopReason<u64>>, Failure> {
        self.look();
        let reason = match stop {
            Stop::Interrupted => return Ok(None),
            Stop::Step => SingleThreadStopReason::DoneStep,
            Stop::Break => self.at_breakpoint(),
            Stop::Watch(addr) => SingleThreadStopReason::Watch {
                tid: (),
                kind: WatchKind::Write,
                addr,
            },
            Stop::Beginning => SingleThreadStopReason::ReplayLog {
                tid: None,
                pos: ReplayLogPosition::Begin,
            },
            Stop::End(Ending::Exit(code)) => return self.at_exit(code).map(Some),
            Stop::End(ending) => {
                let (signal, what) = self.describe(ending);
                if was_at_end {
                    SingleThreadStopReason::Terminated(signal)
                } else {
                    self.messages.push(what);
                    SingleThreadStopReason::SignalWithThread { tid: (), signal }
                }
            }
        };
        Ok(Some(reason))
    }

    /// At the guest's exit it stands before its last step once more, from where it can go back.
    fn at_exit(&mut self, code: i32) -> Result<SingleThreadStopReason<u64>, Failure> {
        let status = (code & 0xff) as u8;
        if self.end_is_known {
            return Ok(SingleThreadStopReason::Exited(status));
        }
        let position = self.timeline.position();
        if self.timeline.step_back()? == Stop::Beginning {
            return Ok(SingleThreadStopReason::Exited(status));
        }
        self.look();
        self.end_is_known = true;
        self.messages.push(format!(
            "the guest ends here with status {code}, after {position} fuel; go back, or continue to let it go"
        ));
        Ok(SingleThreadStopReason::ReplayLog {
            tid: None,
            pos: ReplayLogPosition::End,
        })
    }

    /// The signal for an end, and what has happened.
    pub(super) fn describe(&self, ending: Ending) -> (Signal, String) {
        match ending {
            Ending::Exit(code) => (
                Signal::SIGZERO,
                format!("the guest has ended with status {code}"),
            ),
            Ending::Trap(trap) => (signal_of(trap), format!("trap: {trap}")),
            Ending::Exception(tag) => (Signal::SIGABRT, self.timeline.machine.uncaught(tag)),
            Ending::Deadlock => {
                let what =
                    "deadlock: the guest waits for a notification, and there is no other thread";
                (Signal::SIGSTOP, what.to_owned())
            }
        }
    }

    /// The breakpoint that the guest stands at.
    fn at_breakpoint(&mut self) -> SingleThreadStopReason<u64> {
        let Some(frame) = self.frames.first() else {
            return SingleThreadStopReason::DoneStep;
        };
        let here = self.rip(frame);
        let mut all = self.breakpoints.iter();
        let mut at_word = all.clone().filter(|it| it.words.contains(&frame.word));
        if all.any(|it| it.address == here) {
            return SingleThreadStopReason::SwBreak(());
        }
        match at_word.find(|it| !it.is_behind) {
            // Between two steps: gdb takes it for reached only at its own address.
            Some(breakpoint) => {
                self.shown = Some(breakpoint.address);
                SingleThreadStopReason::SwBreak(())
            }
            // A breakpoint that nothing is at would be taken for an old one, and passed over.
            None => SingleThreadStopReason::SignalWithThread {
                tid: (),
                signal: Signal::SIGTRAP,
            },
        }
    }

    fn set_breaks(&mut self) {
        let words = self
            .breakpoints
            .iter()
            .flat_map(|it| it.words.iter().copied());
        let words = words.collect();
        self.timeline.set_breaks(words);
    }

    /// Where the machine has to pause for a breakpoint at an address.
    fn breakpoint(&self, address: u64) -> Option<Breakpoint> {
        let offset = wasm_offset(address)?;
        let steps = &self.timeline.steps;
        let returning = self.frames.iter().skip(1).find(|frame| {
            let is_last = steps.returns_behind(frame.word);
            is_last && steps.behind_call(frame.word) == Some(offset)
        });
        if let Some(frame) = returning {
            // The function returns from there at once: to the first frame around it that goes on.
            let outer = self.frames.iter().skip(frame.number + 1);
            let outer = outer.map(|frame| frame.word);
            let goes_on = outer.into_iter().find(|&word| !steps.returns_behind(word));
            let offset = goes_on.and_then(|word| steps.behind_call(word));
            let words = offset
                .into_iter()
                .flat_map(|offset| steps.words_for(offset));
            return Some(Breakpoint {
                address,
                words: words.collect(),
                is_behind: true,
            });
        }
        let words: Vec<u32> = steps.words_for(offset).collect();
        // Before an operator that only traps the machine does not pause, nor behind it.
        (!words.is_empty()).then(|| Breakpoint {
            address,
            words: if steps.only_traps(offset) {
                Vec::new()
            } else {
                words
            },
            is_behind: false,
        })
    }
}

/// The signal that says most of a trap.
const fn signal_of(trap: Trap) -> Signal {
    match trap {
        Trap::MemoryOutOfBounds
        | Trap::TableOutOfBounds
        | Trap::UndefinedElement
        | Trap::UninitializedElement
        | Trap::StackOverflow
        | Trap::NullReference
        | Trap::NullFunctionReference
        | Trap::NullExceptionReference
        | Trap::NullStructureReference
        | Trap::NullArrayReference
        | Trap::NullI31Reference
        | Trap::ArrayOutOfBounds => Signal::SIGSEGV,
        Trap::IntegerDivideByZero | Trap::IntegerOverflow | Trap::InvalidConversionToInteger => {
            Signal::SIGFPE
        }
        Trap::UnalignedAtomic | Trap::ExpectedSharedMemory => Signal::SIGBUS,
        Trap::OutOfMemory => Signal::SIGKILL,
        Trap::HostError => Signal::SIGSYS,
        Trap::Unreachable
        | Trap::IndirectCallTypeMismatch
        | Trap::InvalidCode
        | Trap::InvalidReference
        | Trap::CastFailure => Signal::SIGILL,
    }
}

impl GdbTarget for Target<'_> {
    type Arch = Amd64;
    type Error = Failure;

    fn base_ops(&mut self) -> BaseOps<'_, Amd64, Failure> {
        BaseOps::SingleThread(self)
    }

    fn guard_rail_implicit_sw_breakpoints(&self) -> bool {
        true
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        self.symbols().map(|_| self as _)
    }

    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadBase for Target<'_> {
    fn read_registers(&mut self, regs: &mut Place) -> TargetResult<(), Self> {
        *regs = self.registers();
        Ok(())
    }

    fn write_registers(&mut self, regs: &Place) -> TargetResult<(), Self> {
        // A place cannot be changed: the operand stack would be that of another one.
        let here = Place {
            returned: None,
            ..self.registers()
        };
        if *regs == here {
            Ok(())
        } else {
            Err(TargetError::NonFatal)
        }
    }

    fn read_addrs(&mut self, address: u64, data: &mut [u8]) -> TargetResult<usize, Self> {
        match self.space().read(address, data) {
            0 if !data.is_empty() => Err(TargetError::NonFatal),
            count => Ok(count),
        }
    }

    fn write_addrs(&mut self, address: u64, data: &[u8]) -> TargetResult<(), Self> {
        if !self.timeline.may_change() {
            return Err(TargetError::NonFatal);
        }
        self.timeline.has_changed();
        let engine = &mut self.timeline.machine.guest.engine;
        if space::write(engine, address, data) {
            Ok(())
        } else {
            Err(TargetError::NonFatal)
        }
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadResume for Target<'_> {
    fn resume(&mut self, _: Option<Signal>) -> Result<(), Failure> {
        self.mode = Mode::Run;
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<SingleThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, (), Self>> {
        Some(self)
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, (), Self>> {
        Some(self)
    }
}

impl SingleThreadSingleStep for Target<'_> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), Failure> {
        self.mode = Mode::Step;
        Ok(())
    }
}

impl SingleThreadRangeStepping for Target<'_> {
    fn resume_range_step(&mut self, start: u64, end: u64) -> Result<(), Failure> {
        self.mode = Mode::Range(start, end);
        Ok(())
    }
}

impl ReverseStep<()> for Target<'_> {
    fn reverse_step(&mut self, _: ()) -> Result<(), Failure> {
        self.mode = Mode::StepBack;
        Ok(())
    }
}

impl ReverseCont<()> for Target<'_> {
    fn reverse_cont(&mut self) -> Result<(), Failure> {
        self.mode = Mode::RunBack;
        Ok(())
    }
}

impl Breakpoints for Target<'_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Target<'_> {
    fn add_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        if self.breakpoints.len() >= MAX_BREAKPOINTS {
            return Ok(false);
        }
        let Some(breakpoint) = self.breakpoint(address) else {
            return Ok(false);
        };
        self.breakpoints.push(breakpoint);
        self.set_breaks();
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        let mut all = self.breakpoints.iter();
        let Some(at) = all.position(|it| it.address == address) else {
            return Ok(false);
        };
        self.breakpoints.swap_remove(at);
        self.set_breaks();
        Ok(true)
    }
}

impl HwWatchpoint for Target<'_> {
    fn add_hw_watchpoint(
        &mut self,
        address: u64,
        len: u64,
        kind: WatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(kind == WatchKind::Write && self.timeline.watches.add(address, len))
    }

    fn remove_hw_watchpoint(
        &mut self,
        address: u64,
        len: u64,
        kind: WatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(kind == WatchKind::Write && self.timeline.watches.remove(address, len))
    }
}
