//! Exceptions: from where one is thrown to the handler that catches it.
//!
//! The stack is searched first, from the throwing frame outwards to the bottom of the activation, and nothing changes before a handler
//! is found: so an exception that nobody catches leaves all frames for a backtrace, and a search that the fuel does not cover can be made
//! again. Frames are left by forgetting them.
//!
//! Fuel: 1 for each function that is left, which is one for a frame and one for each copy of a callee that its call is in (AROUND), and 1 for every [`CLAUSES`] clauses that are compared, so that a search is paid for whatever the
//! depth of the stack and the size of the tables. What is thrown and caught in one function costs nothing beyond its blocks. A clause that
//! asks for a reference makes the exception an object of the heap, unless it is one already, and pays for that as for any other.

use wrt_format::image::{Handler, ModuleView};
use wrt_format::isa::PROLOGUE;
use wrt_format::trap::Trap;

use super::frames::{caller, caller_within};
use super::machine::{Flow, Machine, OUT_OF_FUEL, Step};
use crate::heap::What;
use crate::raw::ctx::Stop;
use crate::raw::debit;
use crate::raw::instance::InstData;
use crate::raw::store::{NULL, RunState, Status};

/// Clauses that are compared for one unit of fuel.
const CLAUSES: u32 = 16;

/// An exception on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thrown {
    /// Engine-wide number of its tag.
    pub(crate) tag: u32,
    /// Where its values are.
    pub(crate) values: Values,
}

/// Where the values of an exception are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// On the stack, from this slot on: it has just been thrown.
    Stack(u32),
    /// In the heap: it has been caught before. A reference as a slot.
    Heap(u64),
}

/// What a search has come to.
struct Found {
    handler: Handler,
    /// The frame that catches, its `pc` being the site.
    frame: RunState,
}

impl Machine<'_, '_> {
    /// Goes on at the handler for an exception that comes from `site` in the running frame: the last word of the call or
    /// throw. Without a handler the run is left with the exception; out of fuel, nothing has changed.
    pub(crate) fn throw(&mut self, site: u32, thrown: Thrown) -> Step<Flow> {
        let (found, cost) = self.search(site, thrown.tag)?;
        if debit(cost) > self.fuel {
            return Err(OUT_OF_FUEL);
        }
        let Some(Found { handler, frame }) = found else {
            let first = self.values_of_uncaught(site, thrown)?;
            self.charge(cost)?;
            self.store.run.callee = thrown.tag;
            self.store.run.window = first;
            return Err(Flow::Stop(Stop::Exception));
        };
        let reference = match handler.clause.with_ref {
            true => self.reference_to(thrown, cost)?,
            false => NULL,
        };
        self.charge(cost)?;
        (self.instance, self.fp, self.pc) = (frame.instance, frame.fp, handler.block);
        let to = frame.fp as usize + usize::from(self.window_at(frame.pc).0);
        let mut count = 0;
        if handler.clause.tag.is_some() {
            count = self.value_slots(thrown.tag);
            match thrown.values {
                Values::Stack(first) => {
                    let from = first as usize;
                    self.store.stack_mut().copy_within(from..from + count, to);
                }
                Values::Heap(exception) => self.store.unpack_exception(exception, to),
            }
        }
        if handler.clause.with_ref {
            self.store.stack_mut()[to + count] = reference;
        }
        Ok(Flow::Jump)
    }

    /// A reference to an exception, which is made an object if it is none yet. `cost` is what will be charged besides.
    fn reference_to(&mut self, thrown: Thrown, cost: u32) -> Step<u64> {
        let first = match thrown.values {
            Values::Stack(first) => first,
            Values::Heap(exception) => return Ok(exception),
        };
        let what = What::exception(thrown.tag).ok_or(Trap::OutOfMemory)?;
        // Both charges or none.
        self.charge(cost)?;
        // While it is made, its values are roots where they are.
        let before = self.store.run;
        self.store.run = RunState {
            status: Status::Throwing,
            callee: thrown.tag,
            window: first,
            ..before
        };
        let payload = self.value_slots(thrown.tag) as u64 * 8;
        let made = self.allocate(what, payload);
        self.store.run.status = before.status;
        self.fuel += debit(cost);
        let reference = made?;
        self.store.fill_exception(reference, first as usize);
        Ok(reference)
    }

    /// First slot of the values of an exception that nobody catches: they are put on the stack if they are in the heap.
    fn values_of_uncaught(&mut self, site: u32, thrown: Thrown) -> Step<u32> {
        let exception = match thrown.values {
            Values::Stack(first) => return Ok(first),
            Values::Heap(exception) => exception,
        };
        let first = self.fp + u32::from(self.window_at(site).0);
        if !self
            .store
            .use_stack(first as usize + self.value_slots(thrown.tag))
        {
            return Err(Trap::StackOverflow.into());
        }
        self.store.unpack_exception(exception, first as usize);
        Ok(first)
    }

    /// Slots of the values that exceptions of a tag carry.
    pub(crate) fn value_slots(&self, tag: u32) -> usize {
        let sig = self
            .store
            .tag_type(tag)
            .and_then(|ty| self.store.func_sig(ty));
        sig.map_or(0, |sig| sig.param_slots())
    }

    /// The handler for an exception of this tag, if there is one, and what the search costs. It ends when the fuel does not cover it.
    fn search(&self, site: u32, tag: u32) -> Step<(Option<Found>, u32)> {
        let mut frame = RunState {
            instance: self.instance,
            pc: site,
            fp: self.fp,
            ..self.store.run
        };
        // Functions that are left, and clauses.
        let (mut left, mut compared) = (0_u32, 0_u32);
        let stack = self.store.stack();
        let module = |instance| self.store.instance(instance).map(InstData::module);
        // Most frames return to one of the same instance, and most of the sites there are in no `try_table`, and are not copied.
        let mut within = module(frame.instance);
        let mut quiet = 0..0;
        loop {
            let mut copies = 0;
            if let Some(module) = within.as_ref()
                && !quiet.contains(&frame.pc)
                // A host function called by nobody's code has no site.
                && frame.pc as usize >= PROLOGUE.len()
            {
                quiet = module.quiet_around(frame.pc);
                if quiet.is_empty() {
                    for handler in module.handlers_at(frame.pc) {
                        compared = compared.saturating_add(1);
                        if self.catches(frame.instance, &handler, tag) {
                            let cost = left.saturating_add(compared / CLAUSES);
                            return Ok((Some(Found { handler, frame }), cost));
                        }
                    }
                    copies = module.copies_around(frame.pc);
                }
            }
            let cost = left.saturating_add(compared / CLAUSES);
            if debit(cost) > self.fuel {
                return Err(OUT_OF_FUEL);
            }
            let code = within.map(ModuleView::code);
            if let Some((pc, fp)) = code.and_then(|code| caller_within(code, stack, &frame)) {
                debug_assert_eq!(
                    caller(self.store, stack, frame).map(|next| (next.instance, next.pc, next.fp)),
                    Some((frame.instance, pc, fp)),
                    "the short way is that of `caller`"
                );
                (frame.pc, frame.fp) = (pc, fp);
            } else {
                match caller(self.store, stack, frame) {
                    Some(next) => frame = next,
                    // The outermost frame stays, but not the callees in it.
                    None => return Ok((None, cost.saturating_add(copies))),
                }
                within = module(frame.instance);
                quiet = 0..0;
            }
            left = left.saturating_add(1 + copies);
        }
    }

    fn catches(&self, instance: u32, handler: &Handler, tag: u32) -> bool {
        let own = |index| self.store.instance(instance)?.tag(index);
        handler
            .clause
            .tag
            .is_none_or(|index| own(index) == Some(tag))
    }
}
