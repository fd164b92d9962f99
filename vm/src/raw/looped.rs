//! The loop core: one `loop` around one `match`, with the registers in locals. It exists in every build.

use super::ctx::{Ctx, Stop};
use super::state::{Ctl, State};
use crate::op;
use wrt_format::isa::{Op, is_fuel};

macro_rules! loop_core {
    ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
        /// Runs from the place saved in `ctx` until the run is left; gives a [`Stop::code`]. With `COUNT` every instruction is counted.
        ///
        /// # Safety
        /// `ctx` satisfies C1 and C2.
        pub(super) unsafe fn run<const COUNT: bool>(ctx: *mut Ctx) -> u32 {
            let mut state = State::from_ctx(ctx);
            loop {
                #[cfg(feature = "profile")]
                if COUNT {
                    state.context().counted.add(state.pc);
                }
                let ctl = match state.opcode() {
                    $($number => match op::$name(&mut state) {
                        Ctl::Next => {
                            state.advance(wrt_format::isa::field::$name::words);
                            continue;
                        }
                        ctl => ctl,
                    },)*
                    // Opcodes of a family that are not the number of its row.
                    number if is_fuel(number) => op::fuel(&mut state),
                    number if Op::from_number(number) == Some(Op::BrShort) => {
                        op::br_short(&mut state)
                    }
                    _ => Ctl::Exit(Stop::Illegal),
                };
                let stop = match ctl {
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
