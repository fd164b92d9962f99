//! The machine as slow paths see it: places are numbers, everything is checked, nothing is unsafe.
//!
//! A slow path starts at an instruction that a handler did not carry out, with nothing changed yet. It either carries it out, or stops
//! the run with everything as it was, so that the instruction is carried out when the run goes on.

use wrt_format::isa::LEAVE_STUB;
use wrt_format::trap::Trap;

use crate::raw::ctx::Stop;
use crate::raw::debit;
use crate::raw::instance::{Callee, InstData};
use crate::raw::store::Store;

/// The running activation.
#[derive(Debug)]
pub(crate) struct Machine<'a, 'm> {
    /// Everything that the engine owns.
    pub(crate) store: &'a mut Store<'m>,
    /// Word of the instruction in the code section of the instance.
    pub(crate) pc: u32,
    /// First slot of the frame.
    pub(crate) fp: u32,
    /// Fuel left.
    pub(crate) fuel: i64,
    /// The running instance.
    pub(crate) instance: u32,
}

/// How a slow path ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    /// On to the instruction so many words further.
    Next(u32),
    /// `pc` has been set.
    Jump,
    /// The run is left.
    Stop(Stop),
}

impl From<Trap> for Flow {
    fn from(trap: Trap) -> Self {
        Self::Stop(Stop::Trap(trap))
    }
}

/// A slow path written with `?`: the error is the way out.
pub(crate) type Step<T> = Result<T, Flow>;

/// Out of fuel at this instruction.
pub(crate) const OUT_OF_FUEL: Flow = Flow::Stop(Stop::OutOfFuel);

impl<'m> Machine<'_, 'm> {
    /// Word `at` of the running instance's code.
    pub(crate) fn word(&self, at: u32) -> u64 {
        u64::from_le(self.data().module().code()[at as usize])
    }

    /// Halfword `i` of the instruction and its extension word.
    pub(crate) fn half(&self, i: usize) -> u16 {
        half_of(self.word(self.pc + (i / 4) as u32), i % 4)
    }

    /// Halfwords `i` and `i + 1` of the instruction and its extension word.
    pub(crate) fn imm_u32(&self, i: usize) -> u32 {
        u32::from(self.half(i)) | u32::from(self.half(i + 1)) << 16
    }

    /// The slot that operand `i` names.
    pub(crate) fn get(&self, i: usize) -> u64 {
        self.store.stack()[self.slot(i)]
    }

    /// Sets the slot that operand `i` names.
    pub(crate) fn set(&mut self, i: usize, value: u64) {
        let slot = self.slot(i);
        self.store.stack_mut()[slot] = value;
    }

    fn slot(&self, i: usize) -> usize {
        self.fp as usize + usize::from(self.half(i))
    }

    /// The running instance.
    pub(crate) fn data(&self) -> &InstData<'m> {
        self.store
            .instance(self.instance)
            .expect("the running instance exists")
    }

    /// Takes `cost` from the fuel.
    pub(crate) fn charge(&mut self, cost: u32) -> Step<()> {
        let left = self.fuel - debit(cost);
        if left < 0 {
            return Err(OUT_OF_FUEL);
        }
        self.fuel = left;
        Ok(())
    }

    /// Prepares a call of a defined function whose frame is to start at slot `fp`: verifies it if need be, takes its frame into use,
    /// and debits its first block. Gives its first word. Out of fuel, nothing has changed.
    pub(crate) fn prepare(&mut self, instance: u32, func: u32, fp: u32) -> Step<u32> {
        let entry = self
            .store
            .verify_func(instance, func)
            .map_err(|_| Trap::InvalidCode)?;
        let data = self
            .store
            .instance(instance)
            .expect("the callee's instance exists");
        let word = u64::from_le(data.module().code()[entry as usize]);
        if !self
            .store
            .use_stack(fp as usize + usize::from(half_of(word, 1)))
        {
            return Err(Trap::StackOverflow.into());
        }
        self.charge((word >> 32) as u32)?;
        Ok(entry)
    }

    /// Calls a function of this instance whose frame starts at slot `fp`.
    pub(crate) fn call_own(&mut self, func: u32, fp: u32) -> Step<Flow> {
        let entry = self.prepare(self.instance, func, fp)?;
        self.store.stack_mut()[fp as usize - 1] = u64::from(self.pc) * 8;
        (self.fp, self.pc) = (fp, entry + 1);
        Ok(Flow::Jump)
    }

    /// Numbers of parameters and results of what a reference refers to.
    pub(crate) fn arity(&self, callee: Callee) -> (usize, usize) {
        let sig = self
            .store
            .callee_type(callee)
            .and_then(|ty| self.store.func_sig(ty));
        sig.map_or((0, 0), |sig| (sig.params.len(), sig.results.len()))
    }

    /// Calls what `reference` refers to; the arguments are at slot `window`.
    pub(crate) fn call_ref(&mut self, reference: u64, window: u32) -> Step<Flow> {
        let callee = self.store.callee(reference).ok_or(Trap::InvalidReference)?;
        let (instance, func) = match callee {
            Callee::Host(host) => return Ok(self.call_host(host, window)),
            Callee::Guest { instance, func } if instance == self.instance => {
                return self.call_own(func, window);
            }
            Callee::Guest { instance, func } => (instance, func),
        };
        let (params, results) = self.arity(callee);
        let (from, fp) = (window as usize, window as usize + 2);
        self.use_slots(fp + params)?;
        let entry = self.prepare(instance, func, fp as u32)?;
        let frame = self.leave_frame(results);
        let call_word = u64::from(self.pc) * 8;
        let stack = self.store.stack_mut();
        stack.copy_within(from..from + params, fp);
        stack[from - 1] = call_word;
        stack[from..fp].copy_from_slice(&frame);
        self.go_to(instance, entry, fp as u32);
        Ok(Flow::Jump)
    }

    /// Calls what `reference` refers to in place of this function; the arguments are at slot `window`.
    pub(crate) fn tail_call_ref(&mut self, reference: u64, window: u32) -> Step<Flow> {
        let callee = self.store.callee(reference).ok_or(Trap::InvalidReference)?;
        let (params, results) = self.arity(callee);
        let (from, here) = (window as usize, self.fp as usize);
        let (instance, func) = match callee {
            Callee::Host(host) => {
                // As if the caller had called it: this frame goes, its place takes the arguments.
                self.use_slots(here + params)?;
                let call_word = self.store.stack()[here - 1];
                self.store
                    .stack_mut()
                    .copy_within(from..from + params, here);
                self.pc = (call_word / 8) as u32;
                self.fp -= u32::from(half_of(self.word(self.pc), 1));
                return Ok(self.call_host(host, here as u32));
            }
            Callee::Guest { instance, func } => (instance, func),
        };
        // A frame that returns to a stub says by itself where to go on; any other returns into this instance's code.
        let stub =
            self.store.stack()[here - 1] < u64::from(wrt_format::isa::PROLOGUE.len() as u32) * 8;
        let fp = if instance == self.instance || stub {
            here
        } else {
            here + 2
        };
        self.use_slots(fp + params)?;
        let entry = self.prepare(instance, func, fp as u32)?;
        let frame = self.leave_frame(results);
        let stack = self.store.stack_mut();
        stack.copy_within(from..from + params, fp);
        if fp != here {
            stack[here..fp].copy_from_slice(&frame);
        }
        self.go_to(instance, entry, fp as u32);
        Ok(Flow::Jump)
    }

    /// The two slots below a callee of another instance: where to go back to, and the stub that does it.
    const fn leave_frame(&self, results: usize) -> [u64; 2] {
        [
            self.instance as u64 | (results as u64) << 32,
            LEAVE_STUB as u64 * 8,
        ]
    }

    /// Continues behind the `enter` word of a function.
    fn go_to(&mut self, instance: u32, entry: u32, fp: u32) {
        if instance != self.instance {
            self.store.counters.cross_calls += 1;
        }
        (self.instance, self.pc, self.fp) = (instance, entry + 1, fp);
    }

    /// Leaves the run for a host function; `pc` is a call word, to whose `dst` the results will go.
    fn call_host(&mut self, host: u32, window: u32) -> Flow {
        self.store.counters.host_calls += 1;
        self.store.run.callee = host;
        self.store.run.window = window;
        Flow::Stop(Stop::HostCall)
    }

    /// Takes slots up to `end` into use, or traps.
    fn use_slots(&mut self, end: usize) -> Step<()> {
        if self.store.use_stack(end) {
            Ok(())
        } else {
            Err(Trap::StackOverflow.into())
        }
    }
}

/// Halfword `i` of a word.
pub(crate) const fn half_of(word: u64, i: usize) -> u16 {
    (word >> (16 * i)) as u16
}
