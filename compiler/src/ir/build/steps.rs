//! Building for debugging: steps and homes.
//!
//! A step is a block that costs fuel, and it costs as much as its one operator, so that the machine can be paused before each operator.
//! Operators that cost nothing go with what is before them. The entry block costs nothing and fills the homes: who calls a function must not pay
//! for its first step. Where a block that costs nothing is still empty, a step begins there: a header of a loop has to cost something.

use super::{Builder, Func, Inst, Terminator, Value};
use crate::ir::func::Edge;

/// Most slots of homes of one function: half of what a frame can have.
const MOST_HOMES: u32 = 1 << 14;

impl Builder<'_> {
    /// From here on operators are steps. If locals have homes, they get the values that locals have at the start.
    pub(super) fn step_from_here(&mut self, homes: bool) {
        self.func.steps = true;
        if !homes {
            return;
        }
        let slots = self.body.locals.iter().map(|ty| ty.slots());
        if slots.sum::<u32>() > MOST_HOMES {
            return;
        }
        self.func.homes.clone_from(&self.body.locals);
        for local in 0..self.func.homes.len() as u32 {
            let value = self.initial(local);
            self.set_home(local, value);
        }
    }

    /// Before an operator that costs fuel: it begins a block, if it is a step.
    pub(super) fn begin_step(&mut self) {
        if !self.func.steps {
            return;
        }
        let block = self.func.block(self.current);
        let begins = block.cost == 0 && block.insts.is_empty() && self.current != Func::ENTRY;
        if !begins {
            self.split(|block| {
                Terminator::Br(Edge {
                    block,
                    args: Vec::new(),
                })
            });
        }
        self.mark_step();
    }

    /// The current block is a step of the operator at hand.
    pub(super) fn mark_step(&mut self) {
        if self.func.steps {
            self.func.block_mut(self.current).step = Some(self.offset);
        }
    }

    /// Assigns a local here.
    pub(super) fn assign(&mut self, local: u32, value: Value) {
        self.set_local(local, value);
        self.set_home(local, value);
    }

    /// Notes the value of a local where a debugger looks for it.
    fn set_home(&mut self, local: u32, value: Value) {
        if !self.func.homes.is_empty() {
            self.emit(Inst::HomeSet(local, value), &[]);
        }
    }
}
