//! Threads of a script: `thread` starts one with directives of its own, `wait` waits until it has run them all.
//!
//! Each has a thread of the engine. While the script waits they take turns, round and round in the order in which they were started: a turn
//! is one directive, or a slice of its call, which ends early where the guest waits for a notification. If all wait, the clock goes to
//! where the first of them gives up; if none does, they are deadlocked, and that is a failure. So a script does the same each time.

use wast::{WastDirective, WastExecute, WastInvoke, WastThread};
use wrt_vm::{Error, Outcome, Thread, ValType};

use super::Verdict;
use super::modules::Built;
use super::run::{Runner, Scope, owned};

/// What came of a directive in a thread.
pub(crate) type Report<'m> = (&'m WastDirective<'m>, Verdict);

/// Stack of a thread, in slots of 8 bytes.
const STACK_SLOTS: u32 = 1 << 16;
/// Fuel of a turn.
const SLICE: u64 = 1000;

/// A thread of a script.
pub(crate) struct ScriptThread<'m> {
    name: String,
    thread: Thread,
    scope: Scope,
    directives: &'m [WastDirective<'m>],
    built: &'m [Option<Built>],
    /// The directive that comes next, or whose call has not ended.
    next: usize,
    /// Types of the results of that call.
    call: Option<Vec<ValType>>,
    /// Whether it has the turn, further out.
    busy: bool,
}

/// The call that a directive makes.
fn call<'a>(directive: &'a WastDirective<'a>) -> Option<&'a WastInvoke<'a>> {
    if let WastDirective::Invoke(call)
    | WastDirective::AssertExhaustion { call, .. }
    | WastDirective::AssertTrap {
        exec: WastExecute::Invoke(call),
        ..
    }
    | WastDirective::AssertReturn {
        exec: WastExecute::Invoke(call),
        ..
    }
    | WastDirective::AssertException {
        exec: WastExecute::Invoke(call),
        ..
    } = directive
    {
        Some(call)
    } else {
        None
    }
}

impl<'m> Runner<'m> {
    /// Starts a thread, which sees one module of the script at most.
    pub(super) fn start_thread(
        &mut self,
        it: &'m WastThread<'m>,
        built: Option<&'m Built>,
    ) -> Result<Verdict, String> {
        let Some(Built::Thread(built)) = built else {
            return Err("a thread without its modules".to_owned());
        };
        let mut scope = Scope::default();
        if let Some(shared) = it.shared_module {
            let instance = self.instance(Some(shared))?;
            scope.named.insert(owned(shared), instance);
        }
        let thread = self.engine.add_thread(STACK_SLOTS);
        self.threads.push(ScriptThread {
            name: owned(it.name),
            thread: thread.map_err(|error| error.to_string())?,
            scope,
            directives: &it.directives,
            built,
            next: 0,
            call: None,
            busy: false,
        });
        Ok(Verdict::Pass)
    }

    /// Waits for the end of a thread.
    pub(super) fn wait(&mut self, name: &str) -> Result<Verdict, String> {
        loop {
            let at = self.threads.iter().position(|it| it.name == name);
            let at = at.ok_or_else(|| format!("there is no thread ${name}"))?;
            let it = &self.threads[at];
            if it.next == it.directives.len() {
                let thread = self.threads.remove(at).thread;
                let removed = self.engine.remove_thread(thread);
                return removed
                    .map(|()| Verdict::Pass)
                    .map_err(|error| error.to_string());
            }
            if !self.turns().map_err(|error| error.to_string())? {
                return Err(format!("thread ${name} waits for ever"));
            }
        }
    }

    /// Lets the other threads run until this one waits no longer. False if it would for ever.
    pub(super) fn let_others_run(&mut self) -> Result<bool, Error> {
        let thread = self.engine.thread();
        while self.engine.waits_for(thread).is_some() {
            if !self.turns()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A turn for each thread of the script; if none can do anything, time passes. False if that would not help.
    fn turns(&mut self) -> Result<bool, Error> {
        let mut any = false;
        for at in 0..self.threads.len() {
            any |= self.turn(at)?;
        }
        if !any && let Some(deadline) = self.engine.next_deadline() {
            self.engine.set_clock(deadline);
            any = true;
        }
        Ok(any)
    }

    /// A turn of one thread; whether it had anything to do.
    fn turn(&mut self, at: usize) -> Result<bool, Error> {
        let it = &mut self.threads[at];
        let waits = self.engine.waits_for(it.thread).is_some();
        if it.busy || waits || it.next == it.directives.len() {
            return Ok(false);
        }
        it.busy = true;
        let (directive, built) = (&it.directives[it.next], it.built[it.next].as_ref());
        let (thread, running) = (it.thread, it.call.take());
        core::mem::swap(&mut self.scope, &mut it.scope);
        let before = self.engine.thread();
        self.engine.switch_to(thread)?;
        let verdict = match (call(directive), running) {
            (Some(_), Some(types)) => {
                self.engine.set_time_slice(Some(SLICE));
                let outcome = self.engine.resume();
                self.engine.set_time_slice(None);
                self.went_on(at, directive, outcome, types)
            }
            (Some(call), None) => {
                self.engine.set_time_slice(Some(SLICE));
                let started = self.start(call);
                self.engine.set_time_slice(None);
                match started {
                    Ok((outcome, types)) => self.went_on(at, directive, outcome, types),
                    Err(message) => Some(Verdict::Fail(message)),
                }
            }
            (None, _) => Some(self.directive(directive, built)),
        };
        self.engine.switch_to(before)?;
        let it = &mut self.threads[at];
        core::mem::swap(&mut self.scope, &mut it.scope);
        it.busy = false;
        if let Some(verdict) = verdict {
            it.next += 1;
            self.reports.push((directive, verdict));
        }
        Ok(true)
    }

    /// What came of a directive whose call has come this far; nothing if it has not ended.
    fn went_on(
        &mut self,
        at: usize,
        directive: &WastDirective<'_>,
        outcome: Result<Outcome, Error>,
        types: Vec<ValType>,
    ) -> Option<Verdict> {
        let outcome = self.served(outcome);
        if let Ok(Outcome::Yield | Outcome::Wait(_)) = outcome {
            self.threads[at].call = Some(types);
            return None;
        }
        self.leave_runs();
        let done = self.executed(outcome, &types);
        let verdict = done.and_then(|done| self.judge(directive, &done));
        Some(verdict.unwrap_or_else(Verdict::Fail))
    }
}
