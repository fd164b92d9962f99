//! One guest: its engine, module and WASI world, run to its end through every pause.
//!
//! Input: a module. Output: [`End`] or a [`Failure`] that says where the guest stopped.
//!
//! ```text
//!            done, exit, trap
//!   running ------------------> ended
//!     |  ^
//!     |  | 2. refill: fuel is added, resume
//!     v  |
//!   paused ------------------> ended (out of fuel)
//!   1. out of fuel   3. no refill
//! ```
//!
//! That is how each of the guest's threads goes; which of them is next, and how they begin, is in `threads`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wrt_vm::{
    Engine, Error, Extern, ExternKind, Frame, Func, ImportError, Instance, Linker, Module, Outcome,
    Stats, Tag, Turn, Val, ValType,
};
use wrt_wasi::Wasi;

use super::keep::Keep;
#[cfg(feature = "compile")]
use super::profile::Profile;
use super::threads::{self, Threads};
#[cfg(feature = "compile")]
use crate::preinit::is_initialiser;
use crate::status::{Failure, Status};
use crate::wasi::SharedTape;

/// Frames that a backtrace shows from the innermost on, and from the outermost on.
const BACKTRACE_FRAMES: (usize, usize) = (20, 5);

/// How a guest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It returned.
    Done,
    /// It asked to exit with this code.
    Exit(i32),
}

/// What the first thread of a guest is at, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Instantiation: the module's start function.
    Instantiate,
    /// The export `_initialize` of a library.
    Initialize,
    /// `_start`, or the export that is to be invoked.
    Main,
}

/// A guest.
pub(crate) struct Guest<'m> {
    pub(crate) engine: Engine<'m>,
    pub(crate) module: Module<'m>,
    pub(crate) linker: Linker<Wasi>,
    pub(crate) wasi: Wasi,
    pub(super) threads: Threads,
    refill: Option<u64>,
    /// Where the image is.
    pub(super) image: PathBuf,
    /// The export that is called in place of `_start`, with its arguments as slots.
    pub(super) invoked: Option<(String, Vec<u64>)>,
    pub(super) phase: Phase,
    pub(super) keep: Keep,
    #[cfg(feature = "compile")]
    pub(super) profile: Option<Profile>,
    /// Where calls of the host are noted, or answered from.
    pub(super) tape: Option<SharedTape>,
    /// Index of the function that the present run began with.
    entered: Option<u32>,
}

impl<'m> Guest<'m> {
    pub(crate) fn new(
        engine: Engine<'m>,
        module: Module<'m>,
        wasi: Wasi,
        refill: Option<u64>,
        image: &Path,
        keep: Keep,
    ) -> Result<Self, Failure> {
        Ok(Self {
            engine,
            module,
            linker: crate::wasi::linker()?,
            wasi,
            threads: Threads::default(),
            refill,
            image: image.canonicalize().unwrap_or_else(|_| image.to_path_buf()),
            invoked: None,
            phase: Phase::Instantiate,
            keep,
            #[cfg(feature = "compile")]
            profile: None,
            tape: None,
            entered: None,
        })
    }

    /// Runs a command: instantiates it and calls `_start`.
    pub(crate) fn start(&mut self) -> Result<End, Failure> {
        let start = self.module.exports().find(|export| export.name == "_start");
        if start.is_none_or(|export| export.kind != ExternKind::Func) {
            return Err(self.no_export("_start", "; choose one with --invoke"));
        }
        self.phases(false)
    }

    /// The arguments of an export as slots.
    pub(super) fn slots_of(&self, name: &str, args: &[String]) -> Result<Vec<u64>, Failure> {
        let export = self.module.exports().find(|export| export.name == name);
        let Some(export) = export.filter(|export| export.kind == ExternKind::Func) else {
            return Err(self.no_export(name, ""));
        };
        let view = *self.module.view();
        let ty = view.func_type(view.func_type_idx(export.index));
        parse_args(name, ty.params, args)
    }

    /// Calls an export and prints its results. The slots of its arguments must be as many as it takes.
    pub(super) fn invoke(&mut self, name: &str, slots: Vec<u64>) -> Result<End, Failure> {
        self.invoked = Some((name.to_owned(), slots));
        self.phases(false)
    }

    /// Goes on where a snapshot was taken.
    pub(crate) fn go_on(&mut self) -> Result<End, Failure> {
        self.phases(true)
    }

    /// All phases from the present one on, to the middle of which an engine may have been restored.
    fn phases(&mut self, mut restored: bool) -> Result<End, Failure> {
        let name = self.invoked.as_ref().map_or("_start", |(name, _)| name);
        let (name, is_library) = (name.to_owned(), self.invoked.is_some());
        // A library that has an `_initialize` wants it called before everything else.
        let initialize = is_library
            && name != "_initialize"
            && self.module.view().export("_initialize").is_some();
        loop {
            let end = if core::mem::take(&mut restored) {
                let resumed = self.resumed();
                self.finish(resumed)?
            } else {
                match self.phase {
                    Phase::Instantiate => self.instantiate()?,
                    Phase::Initialize => {
                        let func = self.exported("_initialize")?;
                        self.call(func, &[])?
                    }
                    Phase::Main => {
                        let func = self.exported(&name)?;
                        let slots = self.invoked.as_ref().map(|(_, slots)| slots.clone());
                        self.call(func, &slots.unwrap_or_default())?
                    }
                }
            };
            self.phase = match self.phase {
                _ if end != End::Done => return Ok(end),
                Phase::Instantiate if initialize => Phase::Initialize,
                Phase::Instantiate | Phase::Initialize => Phase::Main,
                Phase::Main if is_library => return self.print_results(&name),
                Phase::Main => return Ok(end),
            };
        }
    }

    /// The results of an invoked function, one a line.
    fn print_results(&mut self, name: &str) -> Result<End, Failure> {
        let func = self.exported(name)?;
        let ty = self.engine.func_type(func)?;
        let values = Val::list(ty.results, self.engine.results());
        let lines: String = values.map(|value| format!("{value}\n")).collect();
        self.flush();
        let written = std::io::stdout().lock().write_all(lines.as_bytes());
        written.map_err(|e| Failure::io("standard output", &e))?;
        Ok(End::Done)
    }

    /// Instantiates the module, and calls an export without parameters and results.
    #[cfg(feature = "compile")]
    pub(crate) fn prepare(&mut self, export: Option<&str>) -> Result<(), Failure> {
        if let Some(name) = export.filter(|name| !is_initialiser(&self.module, name)) {
            let hint = "; what initialises has neither parameters nor results";
            return Err(self.no_export(name, hint));
        }
        let mut end = self.instantiate()?;
        if let (End::Done, Some(name)) = (end, export) {
            let func = self.exported(name)?;
            end = self.call(func, &[])?;
        }
        self.flush();
        match end {
            End::Done => Ok(()),
            End::Exit(code) => Err(Failure::usage(format!(
                "the guest exited with code {code} before it was initialised"
            ))),
        }
    }

    /// Statistics of the run.
    pub(crate) fn stats(&self) -> Stats {
        let stats = self.keep.correct(self.engine.stats());
        #[cfg(feature = "compile")]
        let stats = match &self.profile {
            Some(profile) => profile.correct(stats),
            None => stats,
        };
        stats
    }

    /// Gives the guest fuel; all at once unless its fuel is being watched.
    pub(super) fn grant(&mut self, fuel: u64) {
        #[cfg(feature = "compile")]
        let fuel = match &mut self.profile {
            Some(profile) => profile.grant(fuel),
            None => fuel,
        };
        let fuel = self.keep.grant(fuel);
        self.engine.add_fuel(fuel);
    }

    /// Whether the guest has only used up a portion of what it was given. It has the next one then.
    fn has_more(&mut self) -> Result<bool, Failure> {
        if let Some(portion) = self.checkpoint()? {
            self.engine.add_fuel(portion);
            return Ok(true);
        }
        #[cfg(feature = "compile")]
        if let Some(profile) = &mut self.profile
            && let Some(portion) = profile.sample(&self.engine)
        {
            self.engine.add_fuel(portion);
            return Ok(true);
        }
        Ok(false)
    }

    /// Writes out what the guest has printed. A closed standard output is the guest's own trouble.
    pub(crate) fn flush(&mut self) {
        drop(self.wasi.flush());
    }

    fn instantiate(&mut self) -> Result<End, Failure> {
        match self.linked() {
            Err(Error::Import(error)) => Err(self.undefined(error)),
            outcome => self.finish(outcome),
        }
    }

    /// Makes the instance and begins with its start function.
    pub(super) fn linked(&mut self) -> Result<Outcome, Error> {
        self.entered = self.module.view().start();
        let outcome = self
            .linker
            .instantiate(&mut self.engine, &mut self.wasi, &self.module);
        // Threads that its start function spawns will have instances of their own.
        let made = self.engine.last_instance();
        self.threads.instance = made.unwrap_or(self.threads.instance);
        outcome
    }

    /// The failure that an import has come to, with a line for each other one that nothing defines.
    pub(super) fn undefined(&self, error: ImportError) -> Failure {
        let first = error.index;
        let mut failure = Failure::from(Error::Import(error));
        failure.details.extend(self.undefined_after(first));
        failure.details.extend(self.threads_hint());
        failure
    }

    /// Lines about the imports behind one that nothing defines either, so that one run shows all that a host lacks.
    fn undefined_after(&self, first: usize) -> impl Iterator<Item = String> {
        let later = self.module.imports().skip(first + 1);
        let undefined = later.filter(|i| !self.linker.is_defined(i.module, i.name));
        undefined.map(|import| format!("  unknown import {:?} {:?}", import.module, import.name))
    }

    /// A line about imports that `--threads` would define.
    fn threads_hint(&self) -> Option<String> {
        let mut imports = self.module.imports();
        let undefined = imports
            .any(|it| !self.linker.is_defined(it.module, it.name) && threads::is_for_threads(&it));
        undefined.then(|| "  the module wants threads: run it with --threads".to_owned())
    }

    fn call(&mut self, func: Func, args: &[u64]) -> Result<End, Failure> {
        self.entered = func.origin().map(|(_, func)| func);
        let outcome = self
            .linker
            .call(&mut self.engine, &mut self.wasi, func, args);
        self.finish(outcome)
    }

    /// Goes on after a pause for want of fuel, in turns if there are some.
    fn resumed(&mut self) -> Result<Outcome, Error> {
        let (engine, wasi) = (&mut self.engine, &mut self.wasi);
        if self.threads.are_allowed() {
            self.linker.resume_turn(engine, wasi)
        } else {
            self.linker.resume(engine, wasi)
        }
    }

    /// Goes on until the run of the first thread has ended, or one has ended all.
    fn finish(&mut self, outcome: Result<Outcome, Error>) -> Result<End, Failure> {
        let mut turn = outcome.map(Turn::Outcome);
        loop {
            self.park()?;
            let next = match turn {
                Ok(Turn::Outcome(Outcome::Done)) if self.engine.thread() == threads::FIRST => {
                    return Ok(End::Done);
                }
                Ok(turn) => self.turn(turn),
                Err(Error::Exit(code)) => return Ok(End::Exit(code)),
                Err(error) => return Err(error.into()),
            };
            turn = match next? {
                Some(outcome) => outcome.map(Turn::Outcome),
                None => {
                    self.tick()?;
                    self.linker.run_turn(&mut self.engine, &mut self.wasi)
                }
            };
        }
    }

    /// Does what a turn has come to; `None` when the threads are to go on as they are.
    fn turn(&mut self, turn: Turn) -> Result<Option<Result<Outcome, Error>>, Failure> {
        match turn {
            Turn::Outcome(Outcome::Done) => return self.thread_done(),
            Turn::Outcome(Outcome::Trap(trap)) => {
                let message = format!("trap{}: {trap}", self.thread_name());
                return Err(self.ended(Status::Trap, message));
            }
            Turn::Outcome(Outcome::Exception(tag)) => {
                let message = self.uncaught(tag);
                return Err(self.ended(Status::Exception, message));
            }
            Turn::Outcome(Outcome::OutOfFuel) => {
                if !self.has_more()? {
                    let Some(amount) = self.refill else {
                        return Err(self.out_of_fuel());
                    };
                    self.pause(amount);
                }
                let resumed = self.resumed();
                return Ok(Some(resumed));
            }
            Turn::Outcome(Outcome::HostCall(call)) if self.is_spawn(call) => return self.spawn(),
            Turn::Outcome(Outcome::Yield | Outcome::Wait(_)) => {}
            Turn::Asleep { deadline } => return self.rest(deadline, true),
            Turn::Idle => return self.rest(None, false),
            Turn::Outcome(Outcome::HostCall(_)) => return Err(no_answer()),
        }
        Ok(None)
    }

    /// No thread is ready: sleeps until the first of those wakes that wait, for which the deadline is, or that sleep.
    fn rest(
        &mut self,
        deadline: Option<u64>,
        any_waits: bool,
    ) -> Result<Option<Result<Outcome, Error>>, Failure> {
        let first = deadline.into_iter().chain(self.threads.first_to_wake());
        match first.min() {
            Some(deadline) => self.sleep_until(deadline),
            None if any_waits => return Err(self.deadlock()),
            None => return Err(no_answer()),
        }
        Ok(None)
    }

    fn pause(&mut self, amount: u64) {
        self.flush();
        let (place, used) = (self.place(), self.engine.fuel_used());
        eprintln!("wrtd: paused {place} after {used} fuel; adding {amount} and resuming");
        self.grant(amount);
    }

    fn out_of_fuel(&mut self) -> Failure {
        self.flush();
        let (place, used) = (self.place(), self.engine.fuel_used());
        let left = self.engine.remaining_fuel();
        let message =
            format!("out of fuel {place}: {used} used, {left} left, too little for the next block");
        match self.keep_for_later() {
            Ok(None) => Failure::new(Status::OutOfFuel, message),
            Ok(Some(path)) => {
                let message = format!("{message}; go on with: wrtd resume {}", path.display());
                Failure::new(Status::OutOfFuel, message)
            }
            Err(failure) => failure,
        }
    }

    /// What has been thrown: the tag's number in the engine, by its name if the guest exports it, and the values.
    pub(super) fn uncaught(&self, tag: Tag) -> String {
        let instance = self.engine.last_instance();
        let exports = instance.and_then(|it| self.engine.exports(it).ok());
        let name = exports.into_iter().flatten();
        let name = name.filter(|(_, item)| *item == Extern::Tag(tag));
        let name = name.map(|(name, _)| format!("{name:?}")).next();
        let name = name.unwrap_or_else(|| tag.number().to_string());
        let types = self.engine.tag_types(tag).unwrap_or_default();
        let slots = self.engine.exception().map_or(&[][..], |(_, slots)| slots);
        let values = Val::list(types, slots).map(|value| value.to_string());
        let values = values.collect::<Vec<_>>().join(", ");
        format!(
            "uncaught exception{}: tag {name}({values})",
            self.thread_name()
        )
    }

    /// A failure with a backtrace.
    fn ended(&mut self, status: Status, message: String) -> Failure {
        self.flush();
        let mut failure = Failure::new(status, message);
        failure.details = self.frames();
        failure
    }

    /// The frames of the thread that has the turn, a line each.
    pub(super) fn frames(&self) -> Vec<String> {
        let frames: Vec<Frame> = self.engine.backtrace().collect();
        let mut lines = Vec::new();
        let (first, last) = BACKTRACE_FRAMES;
        let hidden = first..frames.len().saturating_sub(last).max(first);
        for (number, frame) in frames.iter().enumerate() {
            if number == hidden.start && !hidden.is_empty() {
                lines.push(format!("  ... {} more ...", hidden.len()));
            }
            if !hidden.contains(&number) {
                lines.push(format!(
                    "  {number:3}: {}",
                    self.describe(frame.func, frame.wasm_offset)
                ));
            }
        }
        lines
    }

    /// Where a paused guest is, for a sentence: at the first instruction of the block that it could not pay for.
    fn place(&self) -> String {
        // A run that could not even pay for its function's first block has no frame yet.
        let frame = self.engine.backtrace().next();
        if let Some(frame) = frame {
            return format!("in {}", self.describe(frame.func, frame.wasm_offset));
        }
        let Some(func) = self.entered else {
            return "before its first block".to_owned();
        };
        let view = self.module.view();
        let defined = func.checked_sub(view.imported_funcs());
        let offset = defined.and_then(|func| view.wasm_offset(func, 0));
        format!("in {}", self.describe(func, offset))
    }

    /// Function name, or its export name or number, and the Wasm offset.
    pub(crate) fn describe(&self, func: u32, wasm_offset: Option<u32>) -> String {
        let view = self.module.view();
        let name = view.func_name(func).or_else(|| {
            let mut exports = view.exports();
            let export = exports.find(|e| e.kind == ExternKind::Func && e.index == func);
            export.map(|export| export.name)
        });
        let name = name.map_or_else(|| format!("function {func}"), str::to_owned);
        match wasm_offset {
            Some(offset) => format!("{name} (wasm offset {offset:#x})"),
            None => name,
        }
    }

    pub(super) fn exported(&self, name: &str) -> Result<Func, Failure> {
        self.exported_by(self.threads.instance, name)
    }

    /// The function that an instance of the module exports by this name.
    pub(super) fn exported_by(&self, instance: Instance, name: &str) -> Result<Func, Failure> {
        match self.engine.export(instance, name) {
            Some(Extern::Func(func)) => Ok(func),
            Some(Extern::Table(_) | Extern::Memory(_) | Extern::Global(_) | Extern::Tag(_))
            | None => Err(self.no_export(name, "")),
        }
    }

    fn no_export(&self, name: &str, hint: &str) -> Failure {
        let exports = self
            .module
            .exports()
            .filter(|export| export.kind == ExternKind::Func);
        let names: Vec<&str> = exports.map(|export| export.name).collect();
        let known = match &names[..] {
            [] => "it exports no functions".to_owned(),
            names if names.len() <= 8 => format!("its functions are {}", names.join(", ")),
            names => format!(
                "its functions are {} and {} more",
                names[..8].join(", "),
                names.len() - 8
            ),
        };
        Failure::usage(format!(
            "the module exports no function {name:?}; {known}{hint}"
        ))
    }
}

fn no_answer() -> Failure {
    Failure::new(Status::Internal, "a host function has no answer")
}

/// The slots of the arguments, each read as its parameter's type.
fn parse_args(name: &str, params: &[ValType], args: &[String]) -> Result<Vec<u64>, Failure> {
    let types: Vec<String> = params.iter().map(ToString::to_string).collect();
    if params.len() != args.len() {
        return Err(Failure::usage(format!(
            "{name:?} takes {} arguments ({}), {} were given",
            params.len(),
            types.join(" "),
            args.len()
        )));
    }
    let values = params
        .iter()
        .zip(args)
        .enumerate()
        .map(|(index, (&ty, text))| {
            Val::parse(ty, text).ok_or_else(|| {
                let number = index + 1;
                Failure::usage(format!(
                    "argument {number} of {name:?} must be of type {ty}, not {text:?}"
                ))
            })
        });
    let values: Vec<Val> = values.collect::<Result<_, _>>()?;
    Ok(values.into_iter().flat_map(Val::to_slots).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_vm::valtype;

    #[test]
    fn arguments_are_read_by_type() {
        let params = [valtype::I32, valtype::F64];
        let parse = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            parse_args("f", &params, &args).map_err(|failure| failure.message)
        };
        assert_eq!(
            parse(&["-1", "0.5"]),
            Ok(vec![0xffff_ffff, 0.5_f64.to_bits()])
        );
        assert_eq!(
            parse(&["-1", "x"]),
            Err(r#"argument 2 of "f" must be of type f64, not "x""#.to_owned())
        );
        let count = r#""f" takes 2 arguments (i32 f64), 1 were given"#;
        assert_eq!(parse(&["1"]), Err(count.to_owned()));
    }
}
