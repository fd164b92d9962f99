//! Roots: all places outside the heap that may hold references into it, and collection itself.
//!
//! Input: the store, whose run state says where the innermost frame stands. Output: a heap without what nothing refers to.
//! Invariants: nothing that is found is believed. What a hostile image says about its frames may leave roots out, which frees what it
//! uses; each use is checked. Frames are walked as for a backtrace.

use wrt_format::image::subtype::{TypeSpace, is_traced};
use wrt_format::image::types::{ValType, val};

use super::{Heap, Kind, Shapes, What};
use crate::exec;
use crate::exec::frames::Frame;
use crate::raw::arena::OutOfMemory;
use crate::raw::store::{RunState, Status, Store};

impl Shapes for Store<'_> {
    fn each_ref(&self, what: What, len: usize, visit: &mut dyn FnMut(usize)) {
        if what.kind() == Kind::Exception as u32 {
            let tag = self.tag_type(what.number());
            let sig = tag.and_then(|ty| self.func_sig(ty));
            let types = val::slot_types(sig.map_or(&[], |sig| sig.params));
            let traced = types
                .enumerate()
                .filter(|(_, ty)| is_traced(&self.types, *ty));
            traced
                .map(|(i, _)| i * 8)
                .filter(|&at| at < len)
                .for_each(visit);
            return;
        }
        let mut traced = self
            .types
            .fields(what.number())
            .iter()
            .filter(|field| field.traced);
        if what.kind() == Kind::Struct as u32 {
            traced.for_each(|field| visit(field.offset as usize));
        } else if traced.next().is_some() {
            (0..len).step_by(8).for_each(visit);
        }
    }
}

impl Store<'_> {
    /// A new object whose payload of so many bytes is zero, as a slot. Garbage is collected if it is time for that, or if memory is
    /// short; [`Self::run`] must say where the innermost frame stands, and what is in `more` stays as well.
    pub(crate) fn allocate(
        &mut self,
        what: What,
        payload: u64,
        more: &[u64],
    ) -> Result<u64, OutOfMemory> {
        if let Ok(slot) = self.heap.allocate(&mut self.arena, what, payload) {
            return Ok(slot);
        }
        self.collect(payload, more);
        self.heap.allocate(&mut self.arena, what, payload)
    }

    /// Collects garbage, to make room for an object with so many bytes of payload. What is in `more` stays.
    pub(crate) fn collect(&mut self, payload: u64, more: &[u64]) {
        let mut heap = core::mem::replace(&mut self.heap, Heap::new(0));
        let mut roots = 0;
        let mut mark = |slots: &[u64]| {
            roots += slots.len() as u64;
            slots.iter().for_each(|&slot| heap.mark(slot));
        };
        mark(more);
        self.each_root(&mut mark);
        heap.collect(&*self, roots, payload);
        self.heap = heap;
    }

    /// Calls `visit` with every slot outside the heap that may hold a reference into it.
    fn each_root(&self, visit: &mut impl FnMut(&[u64])) {
        let globals = self.globals.as_slice().iter().zip(0..);
        for (value, number) in globals {
            if (self.global_type(number)).is_some_and(|global| is_traced(&self.types, global.ty)) {
                visit(core::slice::from_ref(value));
            }
        }
        for table in self.tables.as_slice() {
            if is_traced(&self.types, table.ty().elem) {
                visit(table.elems());
            }
        }
        for instance in (0..).map_while(|number| self.instance(number)) {
            visit(instance.elem_values());
        }
        visit(self.kept.as_slice());
        for (stack, run) in self.activations() {
            Stack { store: self, stack }.each_root(run, visit);
        }
        for (stack, run) in self.parked_activations() {
            Stack { store: self, stack }.each_paused(run, visit);
        }
    }
}

/// The stack of a thread.
#[derive(Clone, Copy)]
struct Stack<'a> {
    store: &'a Store<'a>,
    stack: &'a [u64],
}

impl Stack<'_> {
    /// The roots of an activation and of those that it is nested in.
    fn each_root(self, run: RunState, visit: &mut impl FnMut(&[u64])) {
        exec::frames_on(self.store, self.stack, run)
            .for_each(|frame| self.each_root_of(&frame, visit));
        self.each_host_arg(run, visit);
    }

    /// What else may be a root of an activation that stands where nothing allocates or calls: at a block, a wait, or before its first
    /// instruction. References may be in any slot of the innermost frame there, so all of them count; handles stay, and a slot that is
    /// none only keeps something longer.
    fn each_paused(self, run: RunState, visit: &mut impl FnMut(&[u64])) {
        match run.status {
            Status::Ready | Status::Waiting => {
                if let Some(frame) = exec::frames_on(self.store, self.stack, run).next()
                    && frame.fp == run.fp
                    && let Some(data) = self.store.instance(frame.instance)
                {
                    let size = usize::from(data.module().func(frame.func).frame);
                    let first = frame.fp as usize;
                    let end = (first + size).min(self.stack.len());
                    visit(self.stack.get(first..end).unwrap_or_default());
                }
            }
            Status::Starting => {
                if let Some(data) = self.store.instance(run.instance) {
                    let module = data.module();
                    let params = module.func_type(module.func(run.callee).type_idx).params;
                    self.each_traced(module, run.window as usize, params, visit);
                }
            }
            Status::Idle | Status::HostCall | Status::Throwing | Status::Trapped => {}
        }
    }

    /// The roots of a frame: parameters by their types, and behind them the slots that are for references alone.
    fn each_root_of(self, frame: &Frame, visit: &mut impl FnMut(&[u64])) {
        let Some(data) = self.store.instance(frame.instance) else {
            return;
        };
        let module = data.module();
        let record = module.func(frame.func);
        let params = module.func_type(record.type_idx).params;
        let first = frame.fp as usize;
        self.each_traced(module, first, params, visit);
        let refs = first + usize::from(record.params);
        let refs = self.stack.get(refs..refs + usize::from(record.refs));
        visit(refs.unwrap_or_default());
    }

    /// Values of these types that lie on the stack from slot `first` on.
    fn each_traced(
        self,
        space: &impl TypeSpace,
        first: usize,
        types: &[ValType],
        visit: &mut impl FnMut(&[u64]),
    ) {
        for (slot, ty) in (first..).zip(val::slot_types(types)) {
            if is_traced(space, ty)
                && let Some(value) = self.stack.get(slot)
            {
                visit(core::slice::from_ref(value));
            }
        }
    }

    /// What the host has not answered, or may still look at: arguments of host functions, values of exceptions that nothing caught.
    fn each_host_arg(self, run: RunState, visit: &mut impl FnMut(&[u64])) {
        let mut at = Some(run);
        while let Some(run) = at.filter(|run| run.status != Status::Idle) {
            let ty = match run.status {
                Status::HostCall => self.store.host_type(run.callee),
                Status::Throwing => self.store.tag_type(run.callee),
                Status::Idle
                | Status::Starting
                | Status::Ready
                | Status::Waiting
                | Status::Trapped => None,
            };
            if let Some(sig) = ty.and_then(|ty| self.store.func_sig(ty)) {
                self.each_traced(&self.store.types, run.window as usize, sig.params, visit);
            }
            at = exec::outer_of(self.stack, run.record);
        }
    }
}
