//! Choice between the two cores, and the only way into them.

use super::ctx::{Ctx, Stop};
use super::looped;
use super::store::Store;
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
use super::tail;

/// How instructions are dispatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Core {
    /// Each handler jumps to the next.
    #[cfg_attr(
        not(all(any(wrt_tail6, wrt_tail4), not(debug_assertions))),
        expect(dead_code, reason = "this build has no tail-threaded core")
    )]
    Tail,
    /// One loop around one `match`.
    Loop,
}

/// Runs the store's activation with `fuel` until it is left; gives the reason and the fuel left. `run.pc`, `run.fp` and `run.instance`
/// have then the place where it was left.
///
/// The place to start from must be one that an activation was started at or left at (C2): whoever sets it otherwise (a restored
/// snapshot) has to verify it first.
pub(crate) fn run(store: &mut Store<'_>, fuel: i64, core: Core) -> (Stop, i64) {
    let mut ctx = Ctx::load(store, fuel);
    let code = enter(&mut ctx, core);
    ctx.unload(store);
    (Stop::from_code(code).unwrap_or(Stop::Illegal), ctx.fuel)
}

fn enter(ctx: &mut Ctx, core: Core) -> u32 {
    let ctx: *mut Ctx = ctx;
    match core {
        #[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
        // SAFETY: the context has just been loaded from the store (C1, C2), or is the probe's, which needs only code and a frame.
        Core::Tail => unsafe { tail::run(ctx) },
        #[cfg(not(all(any(wrt_tail6, wrt_tail4), not(debug_assertions))))]
        // SAFETY: as below.
        Core::Tail => unsafe { looped::run(ctx) },
        // SAFETY: the context has just been loaded from the store (C1, C2).
        Core::Loop => unsafe { looped::run(ctx) },
    }
}

/// The core to use: the tail-threaded one if this build has it and its handlers really jump.
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
pub(crate) fn preferred() -> Core {
    use core::sync::atomic::{AtomicU8, Ordering};
    /// 0: not known yet; 1: tail; 2: loop.
    static CHOICE: AtomicU8 = AtomicU8::new(0);
    match CHOICE.load(Ordering::Relaxed) {
        1 => Core::Tail,
        2 => Core::Loop,
        _ => {
            let core = if probe() { Core::Tail } else { Core::Loop };
            CHOICE.store(if core == Core::Tail { 1 } else { 2 }, Ordering::Relaxed);
            core
        }
    }
}

/// The core to use: this build has only one.
#[cfg(not(all(any(wrt_tail6, wrt_tail4), not(debug_assertions))))]
pub(crate) const fn preferred() -> Core {
    Core::Loop
}

/// Whether handlers of the tail-threaded core jump: the host's stack must be as deep after many instructions as after one.
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
fn probe() -> bool {
    use wrt_format::isa::Op;
    /// Enough that a handler's frame, 16 bytes at least, would show each time.
    const STEPS: usize = 64;
    // `i32_add slot 0 = slot 0 + slot 0` and `br` to a free block, in turn; at the end `halt`.
    let add = (Op::I32Add as u64).to_le();
    let fuel = (Op::Fuel as u64).to_le();
    let mut code = [0_u64; 3 * STEPS + 1];
    for step in code.chunks_exact_mut(3) {
        step.copy_from_slice(&[add, (Op::Br as u64 | 1 << 32).to_le(), fuel]);
    }
    code[3 * STEPS] = (Op::Halt as u64).to_le();
    let mut frame = [0_u64; 2];
    let mut depth = |steps: usize| {
        let mut ctx = Ctx::empty();
        ctx.code = code.as_ptr();
        ctx.pc = code[3 * (STEPS - steps)..].as_ptr().cast();
        ctx.fp = frame.as_mut_ptr();
        enter(&mut ctx, Core::Tail);
        ctx.host_stack
    };
    depth(1).abs_diff(depth(STEPS)) < 256
}
