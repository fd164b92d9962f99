//! Where a guest's fuel goes: samples taken by handing out fuel in small portions.
//!
//! Input: an engine that has paused for want of fuel. Output: a tree of calls and a table of blocks, each with the fuel spent there; the
//! portion to go on with.
//! Invariants: samples depend on the guest and the portion's size alone, so two runs give the same profile; work and memory for each
//! sample have a bound, however deep the guest's stack is. The guest, its outcome and its fuel are those of a run without a profile.
//!
//! A pause costs the machine nothing but the pause, so the profiler needs no support of its own there. As a machine pauses at the block
//! that it could not pay for, a block is met as often as it costs fuel.

mod flame;
mod page;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use wrt_format::image::ModuleView;
use wrt_vm::{Engine, Stats};

use super::RunArgs;
use super::guest::Guest;
use crate::build;
use crate::cmd::disasm;
use crate::counts::Counts;
use crate::load::STDIN;
use crate::status::Failure;

/// Innermost frames that a sample looks at. What is further out is summed up under one name.
const DEPTH: usize = 512;
/// Nodes of the tree; a stack that would need more ends at the node that there is.
const NODES: usize = 1 << 18;

/// A function on the stack, under its callers.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Index of the function in its module; none for the root, and for frames too far out.
    pub(crate) func: Option<u32>,
    /// Fuel spent in it and in what it called.
    pub(crate) fuel: u64,
    /// Where its callees are in [`Profile::nodes`], by function.
    pub(crate) callees: BTreeMap<Option<u32>, usize>,
}

/// What has been sampled.
#[derive(Debug)]
pub(crate) struct Profile {
    /// The tree; the first node is the root.
    pub(crate) nodes: Vec<Node>,
    /// Fuel by function and word of the block in it.
    pub(crate) blocks: BTreeMap<(u32, u32), u64>,
    /// Samples taken.
    pub(crate) samples: u64,
    /// Mean fuel from one sample to the next.
    every: u64,
    /// State of the generator of portions.
    random: u64,
    /// Fuel that the guest has been given and the engine has not.
    held_back: u64,
    /// Fuel used at the last sample.
    used: u64,
    /// Pauses that the guest has only because of the profile.
    pauses: u64,
}

/// Names of functions: their own, or those of exports and imports.
pub(super) struct Names<'a> {
    module: ModuleView<'a>,
    outer: BTreeMap<u32, &'a str>,
}

impl<'a> Names<'a> {
    fn new(module: &ModuleView<'a>) -> Self {
        Self {
            module: *module,
            outer: disasm::outer_names(module),
        }
    }

    /// The name, or nothing.
    fn known(&self, func: u32) -> &'a str {
        let own = self.module.func_name(func);
        own.or_else(|| self.outer.get(&func).copied())
            .unwrap_or_default()
    }

    /// The name, or the number.
    fn of(&self, func: u32) -> String {
        match self.known(func) {
            "" => format!("function {func}"),
            name => name.to_owned(),
        }
    }
}

/// What `wrtd run --profile` has been asked for.
#[derive(Debug)]
pub(super) struct Request {
    file: File,
    path: PathBuf,
    title: String,
    wasm: Option<Vec<u8>>,
    counted: bool,
}

/// Whether the file that is asked for is to have counts, not a page.
pub(super) fn is_counted(args: &RunArgs) -> bool {
    let extension = args.profile.as_ref().and_then(|path| path.extension());
    extension.is_some_and(|extension| extension == "json")
}

impl Request {
    /// Makes the file and reads the module, so that a failure shows before the guest runs, and has the guest watched.
    pub(super) fn new(args: &RunArgs, guest: &mut Guest<'_>) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.profile else {
            return Ok(None);
        };
        let wasm = match &args.profile_wasm {
            Some(path) => {
                let wasm = build::read_module(path);
                Some(wasm.map_err(|failure| failure.at(path.display()))?)
            }
            // What is no module is an image, and without text.
            None if args.image.as_os_str() != STDIN => build::read_module(&args.image).ok(),
            None => None,
        };
        let counted = is_counted(args);
        if counted {
            can_count(guest, wasm.is_some()).map_err(|failure| failure.at(args.image.display()))?;
        }
        let file = File::create(path).map_err(|error| Failure::io(path.display(), &error))?;
        if counted {
            guest.engine.count_instructions(&guest.module);
        } else {
            guest.profile = Some(Profile::new(args.profile_every));
        }
        Ok(Some(Self {
            file,
            path: path.clone(),
            title: super::world::program_name(&args.image),
            wasm,
            counted,
        }))
    }

    /// Writes the counts or the page.
    pub(super) fn finish(mut self, guest: &Guest<'_>) -> Result<(), Failure> {
        let module = guest.module.view();
        let text = match (&guest.profile, &self.wasm) {
            (Some(profile), wasm) => page::page(&self.title, profile, module, wasm.as_deref()),
            (None, Some(wasm)) if self.counted => {
                let counts = Counts::of_run(wasm, module, guest.engine.block_counts());
                counts.ok_or_else(no_operators)?.to_json()
            }
            (None, _) => return Ok(()),
        };
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| Failure::io(self.path.display(), &error))
    }
}

fn no_operators() -> Failure {
    Failure::usage(
        "this image does not tell operators apart: to count them, give the module, or an image made with -g",
    )
}

/// Whether operators can be counted: they are blocks, and it is known of which module.
fn can_count(guest: &Guest<'_>, has_wasm: bool) -> Result<(), Failure> {
    if guest.module.view().debug().is_none() {
        return Err(no_operators());
    }
    if !has_wasm {
        return Err(Failure::usage(
            "the counts are of a module: name it with --profile-wasm",
        ));
    }
    Ok(())
}

impl Profile {
    /// A profile with a sample each `every` units of fuel in the mean.
    pub(crate) fn new(every: u64) -> Self {
        Self {
            nodes: vec![Node::default()],
            blocks: BTreeMap::new(),
            samples: 0,
            every: every.max(1),
            random: 0x9e37_79b9_7f4a_7c15,
            held_back: 0,
            used: 0,
            pauses: 0,
        }
    }

    /// Fuel of all samples.
    pub(crate) fn total(&self) -> u64 {
        self.nodes.first().map_or(0, |root| root.fuel)
    }

    /// Gives the guest so much fuel; what the engine is to have of it now.
    pub(crate) fn grant(&mut self, fuel: u64) -> u64 {
        self.held_back = self.held_back.saturating_add(fuel);
        self.portion()
    }

    /// Takes a sample of a guest that has paused; the fuel to go on with, none when all that was granted is used.
    pub(crate) fn sample(&mut self, engine: &Engine<'_>) -> Option<u64> {
        let used = engine.fuel_used();
        let fuel = used - self.used;
        if fuel > 0 {
            self.used = used;
            self.samples += 1;
            self.add(engine, fuel);
        }
        if self.held_back == 0 {
            return None;
        }
        self.pauses += 1;
        Some(self.portion())
    }

    /// The statistics of a run without a profile.
    pub(crate) fn correct(&self, mut stats: Stats) -> Stats {
        stats.fuel_granted = stats.fuel_granted.saturating_add(self.held_back);
        stats.fuel_remaining = stats.fuel_remaining.saturating_add(self.held_back);
        stats.pauses = stats.pauses.saturating_sub(self.pauses);
        stats
    }

    /// Portions differ, from half the mean to one and a half, lest they keep step with a loop of the guest (xorshift64, Marsaglia 2003).
    fn portion(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let portion = (self.every / 2 + self.random % self.every).max(1);
        let portion = portion.min(self.held_back);
        self.held_back -= portion;
        portion
    }

    fn add(&mut self, engine: &Engine<'_>, fuel: u64) {
        let runs_in = engine.backtrace().next().map(|frame| frame.runs_in);
        let frames = engine.backtrace().take(DEPTH + 1);
        let mut frames: Vec<(Option<u32>, u32)> =
            frames.map(|it| (Some(it.func), it.word)).collect();
        if let Some(outer) = frames.get_mut(DEPTH) {
            outer.0 = None;
        }
        if let (Some(func), Some(&(_, word))) = (runs_in, frames.first()) {
            *self.blocks.entry((func, word)).or_default() += fuel;
        }
        let mut at = 0;
        self.nodes[at].fuel += fuel;
        for &(func, _) in frames.iter().rev() {
            let next = self.nodes.len();
            at = match self.nodes[at].callees.get(&func) {
                Some(&known) => known,
                None if next == NODES => return,
                None => {
                    self.nodes[at].callees.insert(func, next);
                    self.nodes.push(Node {
                        func,
                        ..Node::default()
                    });
                    next
                }
            };
            self.nodes[at].fuel += fuel;
        }
    }
}
