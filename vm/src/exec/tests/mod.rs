//! Tests of the machine: hand-assembled images, run on both cores.

mod atomics;
mod bulk;
mod callees;
mod calls;
mod direct;
mod elsewhere;
mod exceptions;
#[cfg(all(wrt_direct, not(debug_assertions)))]
mod forwards;
mod fuel;
#[cfg(feature = "gc")]
mod gc;
mod host;
mod operands;
mod ops;
#[cfg(feature = "simd")]
mod parts;
mod reference;
mod refs;
mod roots;
mod special;
#[cfg(feature = "debug")]
mod stops;
mod together;
#[cfg(feature = "simd")]
mod vector;
#[cfg(feature = "memory64")]
mod wide;
mod world;

use std::boxed::Box;
use std::vec::Vec;

use wrt_format::image::ModuleView;
use wrt_format::image::features;
use wrt_format::image::types::{MemoryType, TableType, val};
use wrt_format::image::write::{self, FuncSpec, FuncTypeSpec, ImageSpec, ModuleSpec};
use wrt_format::isa::{MAX_BLOCK_COST, Op, encode};
use wrt_format::verify::{Limits, VerifiedImage};

use super::activation::{pending_host_call, run_on, run_with, start};
use super::*;
use crate::raw::arena::Arena;
use crate::raw::dispatch::{Core, preferred};
use crate::raw::instance::{Imports, func_ref};
use crate::raw::store::Store;

/// The cores of this build: both in an optimised one.
fn cores() -> Vec<Core> {
    let mut cores = std::vec![Core::Loop];
    if preferred() != Core::Loop {
        cores.push(preferred());
    }
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    cores.push(Core::Direct);
    cores
}

/// The cores of this build, and the sets of handlers for levels of processors that this one can run.
fn cores_and_levels() -> Vec<Core> {
    #[cfg_attr(
        not(all(wrt_levels, not(debug_assertions))),
        expect(unused_mut, reason = "this build has no levels")
    )]
    let mut cores = cores();
    #[cfg(all(wrt_levels, not(debug_assertions)))]
    if preferred() != Core::Loop {
        cores.extend(crate::raw::dispatch::levels());
    }
    cores
}

/// A function under construction.
struct Asm {
    frame: u16,
    refs: u16,
    code: Vec<u16>,
}

impl Asm {
    /// A function whose first block costs `cost`.
    fn new(frame: u16, cost: u32) -> Self {
        let mut asm = Self {
            frame,
            refs: 0,
            code: Vec::new(),
        };
        let first = cost.min(MAX_BLOCK_COST);
        asm.op(Op::Enter, &[i64::from(frame), i64::from(first)]);
        asm.costs_more(cost - first);
        asm
    }

    /// What a block costs beyond what its `fuel` can say.
    fn costs_more(&mut self, cost: u32) {
        if cost > 0 {
            self.op(Op::FuelMore, &[i64::from(cost)]);
        }
    }

    /// Appends an instruction; what is not given of its operands is 0.
    fn op(&mut self, op: Op, operands: &[i64]) -> &mut Self {
        let mut all = operands.to_vec();
        all.resize(op.info().fields.len(), 0);
        let words = encode(op, &all).unwrap();
        self.code
            .extend_from_slice(&words[..usize::from(op.info().words)]);
        self
    }

    /// Appends a `fuel`; gives its place.
    fn block(&mut self, cost: u32) -> usize {
        let (place, first) = (self.code.len(), cost.min(MAX_BLOCK_COST));
        self.op(Op::Fuel, &[i64::from(first)]);
        self.costs_more(cost - first);
        place
    }

    /// Appends a branch to `target`, a place that is known.
    fn back(&mut self, op: Op, operands: &[i64], target: usize) -> &mut Self {
        let mut all = operands.to_vec();
        all.push(target as i64 - self.code.len() as i64);
        self.op(op, &all)
    }

    fn func(&self, type_idx: u32) -> FuncSpec {
        FuncSpec {
            type_idx,
            frame: self.frame,
            refs: self.refs,
            code: self.code.clone(),
        }
    }
}

/// A function type of `params` and `results` i64.
fn longs(params: usize, results: usize) -> FuncTypeSpec {
    FuncTypeSpec {
        params: std::vec![val::I64; params],
        results: std::vec![val::I64; results],
        ..FuncTypeSpec::default()
    }
}

fn memory_type(min: u64, max: Option<u64>) -> MemoryType {
    MemoryType {
        is64: false,
        shared: false,
        page_log2: 16,
        min,
        max,
    }
}

fn table_type(min: u64, max: Option<u64>) -> TableType {
    TableType {
        elem: val::FUNCREF,
        is64: false,
        min,
        max,
    }
}

/// Writes and verifies an image of one module; it lives for ever.
fn load(module: ModuleSpec) -> ModuleView<'static> {
    let module = ModuleSpec {
        features: features::KNOWN,
        ..module
    };
    let bytes = write::write(&ImageSpec {
        modules: std::vec![module],
        build_id: 0,
    })
    .unwrap();
    let bytes: &'static [u8] = Box::leak(Box::new(write::align(&bytes)));
    VerifiedImage::verify(bytes, &Limits::DEFAULT)
        .unwrap()
        .module(0)
}

fn store(stack_slots: u32) -> Store<'static> {
    let mut store = Store::new(Arena::heap(1 << 26), stack_slots, None).unwrap();
    store.fuel = i64::MAX;
    store
}

/// A store with one instance of a module that imports nothing.
fn alone(module: ModuleSpec) -> Store<'static> {
    let mut store = store(1000);
    store
        .add_instance(load(module), Imports::default())
        .unwrap();
    store
}

/// Starts function `func` (of the index space) of instance 0.
fn begin(store: &mut Store<'_>, func: u32, args: &[u64]) {
    start(store, 0, func_ref(0, func), args).unwrap();
}

/// Results of an [`Exit::Done`].
fn results(store: &Store<'_>, exit: Exit) -> Vec<u64> {
    assert_eq!(exit, Exit::Done);
    let (first, count) = store.session.results;
    store.stack()[first..first + count].to_vec()
}

/// Calls function `func` of instance 0 on a core until it ends or pauses.
fn call_on(store: &mut Store<'_>, core: Core, func: u32, args: &[u64]) -> Exit {
    begin(store, func, args);
    run_on(store, core).unwrap()
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
