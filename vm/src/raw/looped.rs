//! The loop core: one `loop` around one `match`, with the registers in locals. It exists in every build.

use wrt_format::isa::{Op, field, row_number};

use super::ctx::{Ctx, Stop};
use super::state::{Ctl, State};
use crate::op;

/// What the instruction does. One that is left out is as an opcode without a row, and no code.
macro_rules! carry_out {
    ($state:ident, $name:ident) => {
        if const { super::is_there(stringify!($name)) } {
            op::$name(&mut $state)
        } else {
            Ctl::Exit(Stop::Illegal)
        }
    };
}

macro_rules! loop_core {
    ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
        /// Runs from the place saved in `ctx` until the run is left; gives a [`Stop::code`]. With `COUNT` every instruction is counted; with `STOPS` it is
        /// also left where a debugger wants it to pause.
        ///
        /// # Safety
        /// `ctx` satisfies C1 and C2.
        pub(super) unsafe fn run<const COUNT: bool, const STOPS: bool>(ctx: *mut Ctx) -> u32 {
            let mut state = State::from_ctx(ctx);
            state.recall_return_word();
            #[cfg(feature = "debug")]
            let mut left = state.context().stopping.left();
            'next: loop {
                let at = state.pc;
                executed::<COUNT>(&state);
                #[cfg(feature = "debug")]
                let before = state.fuel();
                let mut number = state.opcode();
                let ctl = loop {
                    break match number {
                    $($number => match carry_out!(state, $name) {
                        Ctl::Next => {
                            state.advance(field::$name::words);
                            if matches!(Op::$variant, Op::Fuel) {
                                entered::<COUNT>(&state);
                            }
                            continue 'next;
                        }
                        ctl => ctl,
                    },)*
                        // An opcode of a family: its row has another number, with which it goes on.
                        other => match row_number(other) {
                            Some(row) if row != other => {
                                number = row;
                                continue;
                            }
                            Some(_) | None => Ctl::Exit(Stop::Illegal),
                        },
                    };
                };
                if matches!(ctl, Ctl::Jump | Ctl::Taken) {
                    entered::<COUNT>(&state);
                }
                let stop = match ctl {
                    #[cfg(feature = "debug")]
                    Ctl::Jump | Ctl::Taken if STOPS && state.stops_here(before, &mut left) => Stop::OutOfFuel,
                    Ctl::Next | Ctl::Jump | Ctl::Taken => continue,
                    Ctl::Trap(trap) => Stop::Trap(trap),
                    Ctl::Exit(stop) => stop,
                    Ctl::OutOfFuel => {
                        state.undo_debit();
                        Stop::OutOfFuel
                    }
                    Ctl::Refund(cost) => {
                        state.refund(cost);
                        Stop::OutOfFuel
                    }
                    Ctl::Slow(path) => {
                        state.save();
                        // SAFETY: C1; `state` is only read again after this.
                        let code = unsafe { &mut *ctx }.slow(path);
                        if code != 0 {
                            return code;
                        }
                        state = State::from_ctx(ctx);
                        state.recall_return_word();
                        // What goes on where it was, in portions, has entered nothing.
                        if state.pc != at {
                            entered::<COUNT>(&state);
                        }
                        continue;
                    }
                };
                state.save();
                return stop.code();
            }
        }
    };
}
for_each_own_op!(loop_core);

/// Counts the instruction that is next.
#[inline(always)]
#[cfg_attr(
    not(feature = "profile"),
    expect(unused_variables, reason = "it does nothing here")
)]
fn executed<const COUNT: bool>(state: &State) {
    #[cfg(feature = "profile")]
    if COUNT {
        state.context().counted.add(state.pc);
    }
}

/// Counts the block that has just been paid for: the machine is behind its `fuel`.
#[inline(always)]
#[cfg_attr(
    not(feature = "profile"),
    expect(unused_variables, reason = "it does nothing here")
)]
fn entered<const COUNT: bool>(state: &State) {
    #[cfg(feature = "profile")]
    if COUNT {
        let fuel = state.pc.wrapping_sub(field::fuel::words);
        state.context().counted.enter(fuel);
    }
}
