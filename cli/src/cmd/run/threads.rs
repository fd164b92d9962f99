//! The guest's threads: the convention by which WASI modules spawn them, and what passes for time.
//!
//! A module imports its memory, shared, and the function `thread-spawn` of the module `wasi`, which takes an argument and gives the new
//! thread's number, or -1. A thread is an instance of its own of the same module, over the same memory; its life is a call of the export
//! `wasi_thread_start` with that number and the argument.
//!
//! Invariants: all threads run on one host thread, in turns of [`SLICE`] fuel, and the clock by which waits time out and sleepers wake is made of
//! fuel used and of the times when all were asleep. So the same guest with the same input does the same each time. A thread that sleeps, in a
//! `poll_oneoff` that waits for time alone, is parked: its call has no answer until then, and others have their turns.
//!
//! ```text
//! thread-spawn --> instantiating --done--> running --done--> gone
//!                        | trap, exit         | trap, exit
//!                        `--------------------`------------> all threads end
//! ```

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wrt_vm::{
    Engine, Error, ExternKind, ExternType, Func, HostCall, HostFunc, ImportView, Instance, Outcome,
    Thread, valtype,
};

use super::guest::Guest;
use crate::status::{Failure, Status};

/// The thread that a guest begins with.
pub(super) const FIRST: Thread = Thread::from_number(0);
/// Threads that one guest may spawn in all.
pub(super) const MAX_SPAWNED: u32 = 1 << 20;
/// Fuel of a turn: some tens of microseconds.
const SLICE: u64 = 20_000;
/// Module and name of the function that spawns a thread.
const SPAWN: (&str, &str) = ("wasi", "thread-spawn");
/// What a thread begins with.
const START: &str = "wasi_thread_start";
/// Threads shown when all wait for each other.
const SHOWN: usize = 8;

/// What there is to know of the guest's threads beside their runs.
#[derive(Debug)]
pub(crate) struct Threads {
    /// The host function `thread-spawn`, if threads are allowed.
    spawn: Option<HostFunc>,
    /// The instance of the first thread.
    pub(super) instance: Instance,
    /// The others.
    spawned: BTreeMap<Thread, Spawned>,
    /// Instances of threads that have ended, for those to come.
    free: Vec<Instance>,
    /// Number that the next one gets.
    next_tid: u32,
    /// Nanoseconds for which all threads were asleep.
    pub(super) slept: u64,
    /// Threads that sleep in a call of WASI, by when they wake on the engine's clock.
    sleepers: BTreeSet<(u64, Thread)>,
}

/// A spawned thread.
#[derive(Clone, Copy, Debug)]
struct Spawned {
    /// Its number in the guest.
    tid: u32,
    /// The argument it was given.
    argument: u64,
    instance: Instance,
    /// Whether its instance is complete.
    running: bool,
}

/// A thread that has just begun.
struct Begun {
    tid: u32,
    /// What its instantiation came to.
    outcome: Result<Outcome, Error>,
}

/// The same for a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ThreadsRecord {
    /// How many are allowed beside the first one, if any.
    pub(super) max: Option<u32>,
    spawn: Option<u32>,
    instance: u32,
    /// Thread, number in the guest, argument, instance, whether it is complete.
    spawned: Vec<(u32, u32, u64, u32, bool)>,
    /// Instances of threads that have ended.
    free: Vec<u32>,
    next_tid: u32,
    slept: u64,
    /// When and which threads wake.
    sleepers: Vec<(u64, u32)>,
}

impl Threads {
    /// Whether the guest may spawn threads.
    pub(super) const fn are_allowed(&self) -> bool {
        self.spawn.is_some()
    }

    /// What a snapshot is to know.
    pub(super) fn record(&self, engine: &Engine<'_>) -> ThreadsRecord {
        let spawned = self.spawned.iter();
        ThreadsRecord {
            max: self.spawn.map(|_| engine.config().max_threads - 1),
            spawn: self.spawn.map(HostFunc::number),
            instance: self.instance.number(),
            spawned: spawned
                .map(|(thread, it)| {
                    let instance = it.instance.number();
                    (thread.number(), it.tid, it.argument, instance, it.running)
                })
                .collect(),
            free: self.free.iter().map(|it| it.number()).collect(),
            next_tid: self.next_tid,
            slept: self.slept,
            sleepers: (self.sleepers.iter())
                .map(|(deadline, thread)| (*deadline, thread.number()))
                .collect(),
        }
    }

    /// When the first of the sleepers wakes, on the engine's clock.
    pub(super) fn first_to_wake(&self) -> Option<u64> {
        self.sleepers.first().map(|&(deadline, _)| deadline)
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self {
            spawn: None,
            instance: Instance::from_number(0),
            spawned: BTreeMap::new(),
            free: Vec::new(),
            next_tid: 1,
            slept: 0,
            sleepers: BTreeSet::new(),
        }
    }
}

/// Whether an import is one that a guest with threads has.
pub(super) fn is_for_threads(import: &ImportView<'_>) -> bool {
    match import.ty {
        ExternType::Memory(ty) => ty.shared,
        ExternType::Func(_) => (import.module, import.name) == SPAWN,
        ExternType::Table(_) | ExternType::Global(_) | ExternType::Tag(_) => false,
    }
}

impl Guest<'_> {
    /// Defines `thread-spawn` and the shared memories that the module imports.
    pub(crate) fn allow_threads(&mut self) -> Result<(), Failure> {
        let has_start = self
            .module
            .exports()
            .any(|export| export.name == START && export.kind == ExternKind::Func);
        for import in self.module.imports() {
            match import.ty {
                ExternType::Memory(ty) if ty.shared => {
                    let memory = self.engine.new_memory(ty)?;
                    self.linker.define(import.module, import.name, memory)?;
                }
                ExternType::Func(_) if (import.module, import.name) == SPAWN => {
                    if !has_start {
                        return Err(Failure::usage(format!(
                            "the module imports \"thread-spawn\", but exports no function {START:?}"
                        )));
                    }
                    if self.threads.spawn.is_none() {
                        let spawn = self
                            .engine
                            .new_host_func(&[valtype::I32], &[valtype::I32])?;
                        self.linker.define(import.module, import.name, spawn)?;
                        self.threads.spawn = Some(spawn);
                    }
                }
                ExternType::Func(_)
                | ExternType::Memory(_)
                | ExternType::Table(_)
                | ExternType::Global(_)
                | ExternType::Tag(_) => {}
            }
        }
        self.take_turns();
        Ok(())
    }

    /// Lets threads take turns, and those that sleep be parked.
    fn take_turns(&mut self) {
        self.engine.set_time_slice(Some(SLICE));
        self.wasi.park_sleepers();
    }

    /// Takes over from a snapshot what there is to know of threads, once the engine is restored.
    pub(crate) fn restore_threads(&mut self, record: &ThreadsRecord) -> Result<(), Failure> {
        let spawned = record.spawned.iter();
        self.threads = Threads {
            spawn: record.spawn.map(HostFunc::from_number),
            instance: Instance::from_number(record.instance),
            spawned: spawned
                .map(|&(thread, tid, argument, instance, running)| {
                    let spawned = Spawned {
                        tid,
                        argument,
                        instance: Instance::from_number(instance),
                        running,
                    };
                    (Thread::from_number(thread), spawned)
                })
                .collect(),
            free: (record.free.iter().copied().map(Instance::from_number)).collect(),
            next_tid: record.next_tid,
            slept: record.slept,
            sleepers: (record.sleepers.iter())
                .map(|&(deadline, thread)| (deadline, Thread::from_number(thread)))
                .collect(),
        };
        let Some(spawn) = self.threads.spawn else {
            return Ok(());
        };
        // Threads to come are linked with what the first instance has.
        let mut memories = 0;
        for import in self.module.imports() {
            match import.ty {
                ExternType::Memory(ty) => {
                    let memory = self
                        .engine
                        .instance_memory(self.threads.instance, memories)?;
                    memories += 1;
                    if ty.shared {
                        self.linker.define(import.module, import.name, memory)?;
                    }
                }
                ExternType::Func(_) if (import.module, import.name) == SPAWN => {
                    self.linker.define(import.module, import.name, spawn)?;
                }
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Global(_)
                | ExternType::Tag(_) => {}
            }
        }
        self.take_turns();
        Ok(())
    }

    /// Whether this is the call of a thread that wants another one.
    pub(super) fn is_spawn(&self, call: HostCall) -> bool {
        self.threads.spawn == Some(call.host)
    }

    /// Answers a call of `thread-spawn`. The new thread has the turn then, with the outcome given; or nothing has changed, but that the
    /// caller has been told so.
    pub(super) fn spawn(&mut self) -> Result<Option<Result<Outcome, Error>>, Failure> {
        let caller = self.engine.thread();
        let argument = self.engine.host_args().first().copied().unwrap_or(0);
        let begun = self.begin(argument)?;
        let new = self.engine.thread();
        self.engine.switch_to(caller)?;
        let tid = begun
            .as_ref()
            .map_or(u64::from(u32::MAX), |begun| begun.tid.into());
        self.engine.host_return(&[tid])?;
        self.engine.switch_to(new)?;
        Ok(begun.map(|begun| begun.outcome))
    }

    /// Begins a thread, which has the turn then. `None` if there are too many.
    fn begin(&mut self, argument: u64) -> Result<Option<Begun>, Failure> {
        let tid = self.threads.next_tid;
        let slots = self.engine.config().stack_slots;
        let thread = match self.engine.add_thread(slots) {
            Ok(thread) if tid < MAX_SPAWNED => thread,
            Ok(thread) => {
                self.engine.remove_thread(thread)?;
                return Ok(None);
            }
            Err(Error::Budget(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let caller = self.engine.thread();
        self.engine.switch_to(thread)?;
        let module = self.module;
        let (engine, wasi) = (&mut self.engine, &mut self.wasi);
        let outcome = match self.threads.free.pop() {
            Some(instance) => self.linker.renew(engine, wasi, instance),
            None => self.linker.instantiate(engine, wasi, &module),
        };
        if let Err(Error::Budget(_)) = outcome {
            self.engine.switch_to(caller)?;
            self.engine.remove_thread(thread)?;
            return Ok(None);
        }
        self.threads.next_tid += 1;
        let instance = self.engine.last_instance().unwrap_or(self.threads.instance);
        let spawned = Spawned {
            tid,
            argument,
            instance,
            running: false,
        };
        self.threads.spawned.insert(thread, spawned);
        Ok(Some(Begun { tid, outcome }))
    }

    /// A spawned thread's run has ended: on with its function, or without it.
    pub(super) fn thread_done(&mut self) -> Result<Option<Result<Outcome, Error>>, Failure> {
        let thread = self.engine.thread();
        let Some(spawned) = self.threads.spawned.get_mut(&thread) else {
            return Err(Failure::new(
                Status::Internal,
                "an unknown thread has ended",
            ));
        };
        if spawned.running {
            // A memory of its own would have to be cleared, and there is hardly one: threads import the one that they share.
            if self.module.view().memory_count() == 0 {
                self.threads.free.push(spawned.instance);
            }
            self.threads.spawned.remove(&thread);
            self.engine.switch_to(FIRST)?;
            self.engine.remove_thread(thread)?;
            return Ok(None);
        }
        spawned.running = true;
        let (args, instance) = ([u64::from(spawned.tid), spawned.argument], spawned.instance);
        let start: Func = self.exported_by(instance, START)?;
        let outcome = self
            .linker
            .call(&mut self.engine, &mut self.wasi, start, &args);
        Ok(Some(outcome))
    }

    /// Lets the clock go on by the fuel that was used, a nanosecond for each unit, and answers the calls of those whose sleep is over then.
    pub(super) fn tick(&mut self) -> Result<(), Failure> {
        let now = self.engine.fuel_used().saturating_add(self.threads.slept);
        self.engine.set_clock(now);
        let turn = self.engine.thread();
        while let Some(&(deadline, thread)) = self.threads.sleepers.first()
            && deadline <= self.engine.clock()
        {
            self.threads.sleepers.pop_first();
            self.engine.switch_to(thread)?;
            self.engine.host_return(&[0])?;
        }
        self.engine.switch_to(turn)?;
        Ok(())
    }

    /// Parks the thread that has the turn, if it has just begun to sleep.
    pub(super) fn park(&mut self) -> Result<(), Failure> {
        if let Some(ns) = self.wasi.take_parked() {
            self.tick()?;
            let deadline = self.engine.clock().saturating_add(ns);
            let sleeper = (deadline, self.engine.thread());
            self.threads.sleepers.insert(sleeper);
        }
        Ok(())
    }

    /// All threads are asleep, the first of them until then. The host is only if its clocks are the guest's.
    pub(super) fn sleep_until(&mut self, deadline: u64) {
        let asleep = deadline.saturating_sub(self.engine.clock());
        self.flush();
        if !self.wasi.has_virtual_clocks() && !self.is_replay() {
            std::thread::sleep(Duration::from_nanos(asleep));
        }
        self.threads.slept = self.threads.slept.saturating_add(asleep);
        self.engine.set_clock(deadline);
    }

    /// All threads wait for notifications that cannot come.
    pub(super) fn deadlock(&mut self) -> Failure {
        self.flush();
        let threads: Vec<Thread> = self.engine.threads().collect();
        let text = match threads.len() {
            1 => "deadlock: the guest waits for a notification, and there is no other thread"
                .to_owned(),
            count => format!("deadlock: all {count} threads wait for notifications"),
        };
        let mut failure = Failure::new(Status::Trap, text);
        for &thread in threads.iter().take(SHOWN) {
            if self.engine.switch_to(thread).is_err() {
                continue;
            }
            if let Some(wait) = self.engine.waits_for(thread) {
                let line = format!(
                    "  thread {} waits at address {:#x}",
                    self.tid(),
                    wait.address
                );
                failure.details.push(line);
                failure.details.extend(self.frames());
            }
        }
        if threads.len() > SHOWN {
            let more = threads.len() - SHOWN;
            failure
                .details
                .push(format!("  ... {more} more threads ..."));
        }
        failure
    }

    /// The thread that has the turn, for the middle of a sentence; nothing for the first one.
    pub(super) fn thread_name(&self) -> String {
        match self.engine.thread() {
            FIRST => String::new(),
            _ => format!(" in thread {}", self.tid()),
        }
    }

    /// The guest's number of the thread that has the turn, 0 for the first one.
    fn tid(&self) -> u32 {
        let spawned = self.threads.spawned.get(&self.engine.thread());
        spawned.map_or(0, |spawned| spawned.tid)
    }
}
