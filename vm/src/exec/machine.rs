//! The machine as slow paths see it: places are numbers, everything is checked, nothing is unsafe.
//!
//! A slow path starts at an instruction that a handler did not carry out, with nothing changed yet. It either carries it out, or stops
//! the run with everything as it was, so that the instruction is carried out when the run goes on.

use wrt_format::isa::{LEAVE_STUB, Place, cost_of, field, frame_of, pair, site_word, window_at};
use wrt_format::trap::Trap;

use crate::heap::What;
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

/// Bytes of a new object that one unit of fuel covers.
pub(crate) const BYTES_PER_FUEL: u64 = 64;

/// Out of fuel at this instruction.
pub(crate) const OUT_OF_FUEL: Flow = Flow::Stop(Stop::OutOfFuel);

impl<'m> Machine<'_, 'm> {
    /// Word `at` of the running instance's code.
    pub(crate) fn word(&self, at: u32) -> u16 {
        u16::from_le(self.data().module().code()[at as usize])
    }

    /// Operand of 8 or 16 bits.
    pub(crate) fn half(&self, at: Place) -> u16 {
        let word = self.word(self.pc + at.word() as u32) >> at.shift();
        if at.bits == 8 { word & 0xff } else { word }
    }

    /// Operand of any width: an unsigned immediate or an index.
    pub(crate) fn imm_u32(&self, at: Place) -> u32 {
        if at.bits <= 16 {
            return self.half(at).into();
        }
        let low = self.pc + at.word() as u32;
        pair(self.word(low), self.word(low + 1)) >> (32 - at.bits)
    }

    /// The slot that operand `at` names.
    pub(crate) fn get(&self, at: Place) -> u64 {
        self.store.stack()[self.slot(at)]
    }

    /// The slot behind the one that operand `at` names, the first of two.
    #[cfg(feature = "gc")]
    pub(crate) fn get_next(&self, at: Place) -> u64 {
        self.store.stack()[self.slot(at) + 1]
    }

    /// Sets the slot that operand `at` names.
    pub(crate) fn set(&mut self, at: Place, value: u64) {
        let slot = self.slot(at);
        self.store.stack_mut()[slot] = value;
    }

    fn slot(&self, at: Place) -> usize {
        self.fp as usize + usize::from(self.half(at))
    }

    /// The window that operand `base` of a call names, as a slot of the stack.
    fn window(&self, base: Place) -> u32 {
        self.fp + u32::from(self.half(base))
    }

    /// The last word of the call or throw whose operand `base` has this place: what a return word and what HANDLERS names.
    pub(crate) const fn site(&self, base: Place) -> u32 {
        self.pc + site_word(base) as u32
    }

    /// Where in its frame the call or throw at a site has the callee's frame, and where the results go.
    pub(crate) fn window_at(&self, site: u32) -> (u16, u16) {
        window_at(self.data().module().code(), site as usize).expect("sites lie in the code")
    }

    /// Goes on behind the call at a site, whose callee's frame begins at slot `window`; gives the slot that the results go to.
    pub(crate) fn return_to(&mut self, site: u32, window: u32) -> usize {
        let (base, dst) = self.window_at(site);
        self.fp = window - u32::from(base);
        self.pc = site + 1;
        self.fp as usize + usize::from(dst)
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
        let code = data.module().code();
        let [enter, fuel] = [0, 1].map(|i| u16::from_le(code[entry as usize + i]));
        let (frame, cost) = (frame_of(enter), cost_of(fuel));
        if !self.store.use_stack(fp as usize + usize::from(frame)) {
            return Err(Trap::StackOverflow.into());
        }
        self.charge(cost)?;
        Ok(entry)
    }

    /// Calls a function of this instance. `base` is the place of the call's window operand.
    pub(crate) fn call_own(&mut self, func: u32, base: Place) -> Step<Flow> {
        let (site, fp) = (self.site(base), self.window(base));
        let entry = self.prepare(self.instance, func, fp)?;
        self.store.stack_mut()[fp as usize - 1] = u64::from(site) * 2;
        (self.fp, self.pc) = (fp, entry + field::enter::words as u32);
        Ok(Flow::Jump)
    }

    /// Slots of the parameters and results of what a reference refers to.
    pub(crate) fn arity(&self, callee: Callee) -> (usize, usize) {
        let sig = self
            .store
            .callee_type(callee)
            .and_then(|ty| self.store.func_sig(ty));
        sig.map_or((0, 0), |sig| (sig.param_slots(), sig.result_slots()))
    }

    /// Calls what `reference` refers to. `base` is the place of the call's window operand.
    pub(crate) fn call_ref(&mut self, reference: u64, base: Place) -> Step<Flow> {
        let (site, window) = (self.site(base), self.window(base));
        if let Some(host) = self.store.host_of(reference) {
            return Ok(self.call_host(host, site, window));
        }
        let callee = self.store.callee(reference).ok_or(Trap::InvalidReference)?;
        let (instance, func) = match callee {
            Callee::Host(host) => return Ok(self.call_host(host, site, window)),
            Callee::Guest { instance, func } if instance == self.instance => {
                return self.call_own(func, base);
            }
            Callee::Guest { instance, func } => (instance, func),
        };
        let (params, results) = self.arity(callee);
        let (from, fp) = (window as usize, window as usize + 2);
        self.use_slots(fp + params)?;
        let entry = self.prepare(instance, func, fp as u32)?;
        let frame = self.leave_frame(results);
        let return_word = u64::from(site) * 2;
        let stack = self.store.stack_mut();
        stack.copy_within(from..from + params, fp);
        stack[from - 1] = return_word;
        stack[from..fp].copy_from_slice(&frame);
        self.go_to(instance, entry, fp as u32);
        Ok(Flow::Jump)
    }

    /// Calls what `reference` refers to in place of this function. `base` is the place of the call's window operand.
    pub(crate) fn tail_call_ref(&mut self, reference: u64, base: Place) -> Step<Flow> {
        let window = self.window(base);
        let callee = self.store.callee(reference).ok_or(Trap::InvalidReference)?;
        let (params, results) = self.arity(callee);
        let (from, here) = (window as usize, self.fp as usize);
        let (instance, func) = match callee {
            Callee::Host(host) => {
                // As if the caller had called it: this frame goes, its place takes the arguments.
                self.use_slots(here + params)?;
                let site = (self.store.stack()[here - 1] / 2) as u32;
                self.store
                    .stack_mut()
                    .copy_within(from..from + params, here);
                self.fp -= u32::from(self.window_at(site).0);
                return Ok(self.call_host(host, site, here as u32));
            }
            Callee::Guest { instance, func } => (instance, func),
        };
        // A frame that returns to a stub says by itself where to go on; any other returns into this instance's code.
        let stub =
            self.store.stack()[here - 1] < u64::from(wrt_format::isa::PROLOGUE.len() as u32) * 2;
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
            LEAVE_STUB as u64 * 2,
        ]
    }

    /// Continues behind the `enter` of a function.
    fn go_to(&mut self, instance: u32, entry: u32, fp: u32) {
        if instance != self.instance {
            self.store.counters.cross_calls += 1;
        }
        (self.instance, self.pc, self.fp) = (instance, entry + field::enter::words as u32, fp);
    }

    /// Leaves the run for a host function; until it has answered, `pc` is the last word of the call, `site`, which says where the results
    /// will go.
    fn call_host(&mut self, host: u32, site: u32, window: u32) -> Flow {
        self.pc = site;
        self.store.counters.host_calls += 1;
        self.store.run.callee = host;
        self.store.run.window = window;
        Flow::Stop(Stop::HostCall)
    }

    /// Allocates an object whose payload of so many bytes is zero, and pays for it: 1 for each whole 64 bytes. Gives the reference as a slot.
    /// Garbage may be collected, so no reference but those in slots that the collector looks at outlives this.
    pub(crate) fn allocate(&mut self, what: What, payload: u64) -> Step<u64> {
        let cost = u32::try_from(payload / BYTES_PER_FUEL).map_err(|_| Trap::OutOfMemory)?;
        self.charge(cost)?;
        let run = &mut self.store.run;
        (run.instance, run.pc, run.fp) = (self.instance, self.pc, self.fp);
        let allocated = self.store.allocate(what, payload, &[]);
        allocated.map_err(|_| Trap::OutOfMemory.into())
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
