//! A guest that is run in small portions of fuel, and is put into a snapshot and taken out of it again wherever it pauses.
//!
//! Input: a module, functions to call. Output: [`Seen`], everything that can be observed of the runs.
//! Invariants: with and without hops the same is done to the engine, so that what is seen can be compared; a snapshot of what was restored is
//! the snapshot that it was restored from, byte for byte.

use sha2::{Digest, Sha256};
use wrt_compiler::OptLevel;
use wrt_format::image::types::ExternType;
use wrt_testsuite::image;
use wrt_vm::{
    Config, Engine, Extern, Instance, Limits, MAX_ANCESTORS, Module, Outcome, Snapshot,
    SnapshotOptions, Stats, Wake, valtype,
};

/// What was observed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// Outcomes of calls, with results, as text.
    pub(crate) outcomes: Vec<String>,
    /// What the host was asked, with the arguments.
    pub(crate) asked: Vec<(u32, Vec<u64>)>,
    /// SHA-256 of all exported memories after each call.
    pub(crate) memories: Vec<[u8; 32]>,
    pub(crate) fuel: u64,
    /// Counters that do not depend on the engine's own memory.
    pub(crate) counters: [u64; 9],
    /// Of the state after each call.
    pub(crate) states: Vec<[u8; 32]>,
    /// Pauses at which the engine was exchanged, or would have been.
    pub(crate) hops: u32,
}

/// When to hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hops {
    Never,
    Always,
    /// At every pause of this number and its multiples.
    Every(u32),
}

pub(crate) struct World<'m> {
    pub(crate) engine: Engine<'m>,
    pub(crate) module: Module<'m>,
    config: Config,
    hops: Hops,
    /// Fuel that is added at a pause.
    portion: u64,
    /// If portions are to differ: each is up to twice as much, by numbers that come from here.
    pub(crate) seed: Option<u64>,
    /// Snapshots that the next one is to be based on, the nearest first, if they are to be incremental.
    pub(crate) chain: Option<Vec<Vec<u8>>>,
    pub(crate) seen: Seen,
}

pub(crate) fn config() -> Config {
    Config::default()
        .with_stack_slots(4096)
        .with_heap_bytes(1 << 20)
        .with_threads(8)
}

/// Compiles a module, in text or binary.
pub(crate) fn compiled(wasm: &[u8], level: OptLevel) -> wrt_cli::load::Aligned {
    let wasm = wat::parse_bytes(wasm).unwrap();
    image(&wasm, level, true).unwrap()
}

pub(crate) fn taken(engine: &Engine<'_>) -> Vec<u8> {
    taken_with(engine, false)
}

/// With holes or without.
pub(crate) fn taken_with(engine: &Engine<'_>, holes: bool) -> Vec<u8> {
    let options = SnapshotOptions {
        host_references: true,
        holes,
        ..SnapshotOptions::default()
    };
    let mut bytes = Vec::new();
    let id = engine.snapshot(&mut bytes, &options).unwrap();
    assert_eq!(id.bytes, bytes.len() as u64);
    super::helped::is_the_same(engine, &options, &bytes);
    bytes
}

pub(crate) fn restored<'m>(bytes: &[u8], config: Config, modules: &[Module<'m>]) -> Engine<'m> {
    let snapshot = Snapshot::parse(bytes).unwrap();
    let engine = Engine::new(config).unwrap();
    engine
        .restored(&snapshot, modules)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Two snapshots are the same, byte for byte.
#[track_caller]
pub(crate) fn same_sections(a: &[u8], b: &[u8]) {
    let (one, two) = (Snapshot::parse(a).unwrap(), Snapshot::parse(b).unwrap());
    for section in one.sections() {
        let [one, two] = [one, two].map(|it| it.numbered(section.kind).unwrap());
        let differs = (0..one.len().max(two.len())).find(|&at| one.get(at) != two.get(at));
        assert_eq!(differs, None, "section {}", section.kind);
    }
    assert!(a == b);
}

impl<'m> World<'m> {
    pub(crate) fn new(image: &'m [u8], config: Config, hops: Hops, portion: u64) -> Self {
        let module = Module::load_from_binary(image, &Limits::default()).unwrap();
        Self {
            engine: Engine::new(config).unwrap(),
            module,
            config,
            hops,
            portion,
            seed: None,
            chain: None,
            seen: Seen::default(),
        }
    }

    /// Makes things of the host for all imports, then an instance.
    pub(crate) fn instantiate(&mut self) -> Instance {
        let engine = &mut self.engine;
        // One that nobody imports.
        engine.new_host_func(&[valtype::I64], &[]).unwrap();
        let view = self.module.view();
        let imports: Vec<Extern> = self
            .module
            .imports()
            .map(|import| match import.ty {
                ExternType::Func(ty) => {
                    let ty = view.func_type(ty);
                    let func = engine.new_host_func(ty.params, ty.results).unwrap();
                    func.func().into()
                }
                ExternType::Table(ty) => engine.new_table(ty, 0).unwrap().into(),
                ExternType::Memory(ty) => engine.new_memory(ty).unwrap().into(),
                ExternType::Global(ty) => engine.new_global(ty, 3).unwrap().into(),
                ExternType::Tag(ty) => engine.new_tag(view.func_type(ty).params).unwrap().into(),
            })
            .collect();
        let outcome = self.module.instantiate(engine, &imports).unwrap();
        let instance = engine.last_instance();
        self.finish(outcome);
        instance.or(self.engine.last_instance()).unwrap()
    }

    /// Perhaps exchanges the engine for one restored from its snapshot.
    pub(crate) fn hop(&mut self) {
        self.seen.hops += 1;
        let hops = match self.hops {
            Hops::Never => false,
            Hops::Always => true,
            Hops::Every(n) => self.seen.hops.is_multiple_of(n),
        };
        if !hops {
            return;
        }
        let fuel = self.engine.remaining_fuel();
        let bytes = taken(&self.engine);
        self.engine = match self.chain.take() {
            // Every other time through one with holes, which says the same.
            None if self.seen.hops.is_multiple_of(2) => {
                let with_holes = taken_with(&self.engine, true);
                restored(&with_holes, self.config, &[self.module])
            }
            None => restored(&bytes, self.config, &[self.module]),
            Some(chain) => self.through_chain(chain, bytes.len()),
        };
        let snapshot = Snapshot::parse(&bytes).unwrap();
        assert_eq!(Engine::snapshot_fuel(&snapshot), Some(fuel));
        self.engine.set_fuel(fuel);
        same_sections(&taken(&self.engine), &bytes);
    }

    /// The engine restored from a snapshot that is based on those of the hops before, as many as there may be.
    fn through_chain(&mut self, mut chain: Vec<Vec<u8>>, whole: usize) -> Engine<'m> {
        if chain.len() > MAX_ANCESTORS {
            chain.clear();
        }
        let parents: Vec<_> = chain
            .iter()
            .map(|it| Snapshot::parse(it).unwrap())
            .collect();
        let options = SnapshotOptions {
            host_references: true,
            parents: &parents,
            holes: chain.len().is_multiple_of(2),
            ..SnapshotOptions::default()
        };
        let mut bytes = Vec::new();
        self.engine.snapshot(&mut bytes, &options).unwrap();
        let snapshot = Snapshot::parse(&bytes).unwrap();
        assert_eq!(snapshot.parent(), parents.first().map(Snapshot::id));
        // An entry of the table and the parent's id are more; of pages there are fewer.
        assert!(options.holes || bytes.len() < whole + 256);
        let engine = Engine::new(self.config).unwrap();
        let engine = engine.restored_on(&snapshot, &parents, &[self.module]);
        let engine = engine.unwrap_or_else(|error| panic!("{error}"));
        chain.insert(0, bytes);
        self.chain = Some(chain);
        engine
    }

    fn next_portion(&mut self) -> u64 {
        let Some(seed) = &mut self.seed else {
            return self.portion;
        };
        *seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        1 + (*seed >> 33) % (2 * self.portion)
    }

    /// Calls a function until its end.
    pub(crate) fn call(&mut self, instance: Instance, name: &str, args: &[u64]) {
        let Some(Extern::Func(func)) = self.engine.export(instance, name) else {
            panic!("no function {name}");
        };
        self.hop();
        let outcome = self.engine.execute(instance, func, args).unwrap();
        self.finish(outcome);
        self.look(instance);
    }

    fn finish(&mut self, mut outcome: Outcome) {
        loop {
            self.hop();
            match outcome {
                Outcome::OutOfFuel | Outcome::Yield => {
                    let portion = self.next_portion();
                    self.engine.add_fuel(portion);
                }
                Outcome::HostCall(call) => {
                    let args = self.engine.host_args().to_vec();
                    assert_eq!(self.engine.pending_host_call(), Some(call));
                    let ty = self.engine.func_type(call.host.func()).unwrap();
                    let types: Vec<_> = valtype::slot_types(ty.results).collect();
                    let sum = args.iter().fold(5, |sum: u64, arg| sum.wrapping_add(*arg));
                    let results: Vec<u64> = types
                        .iter()
                        .map(|ty| if ty.is_ref() { 0 } else { sum & 0xffff })
                        .collect();
                    self.seen.asked.push((call.host.number(), args));
                    self.engine.host_return(&results).unwrap();
                    self.hop();
                }
                Outcome::Wait(wait) => match wait.deadline {
                    Some(deadline) => self.engine.set_clock(deadline),
                    None => {
                        let thread = self.engine.thread();
                        self.engine.wake(thread, Wake::Notified).unwrap();
                        self.hop();
                    }
                },
                Outcome::Done | Outcome::Trap(_) | Outcome::Exception(_) => break,
            }
            outcome = self.engine.resume().unwrap();
        }
        let frames: Vec<_> = self.engine.backtrace().collect();
        let text = format!(
            "{outcome:?} {:?} {:?} {frames:?}",
            self.engine.results(),
            self.engine.exception()
        );
        self.seen.outcomes.push(text);
    }

    fn look(&mut self, instance: Instance) {
        let mut hash = Sha256::new();
        for (_, item) in self.engine.exports(instance).unwrap() {
            if let Extern::Memory(memory) = item {
                hash.update(self.engine.memory(memory).unwrap());
            }
        }
        self.seen.memories.push(hash.finalize().into());
        self.seen.states.push(self.engine.state_hash());
        self.seen.fuel = self.engine.fuel_used();
        self.seen.counters = counters(&self.engine.stats());
    }
}

/// What of the statistics goes on across machines.
pub(crate) fn counters(stats: &Stats) -> [u64; 9] {
    [
        stats.executions,
        stats.pauses,
        stats.host_calls,
        stats.cross_calls,
        stats.traps,
        stats.grows,
        stats.peak_memory_bytes,
        stats.heap_objects,
        stats.collections,
    ]
}
