//! Choice between the two cores, and the only way into them.

use super::ctx::{Ctx, Stop};
use super::looped;
use super::store::Store;
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
use super::tail;
use crate::exec::serving::{Answers, Serving};

/// How instructions are dispatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Core {
    /// Each handler jumps to the next.
    #[cfg_attr(
        not(all(any(wrt_tail6, wrt_tail4), not(debug_assertions))),
        expect(dead_code, reason = "this build has no tail-threaded core")
    )]
    Tail,
    /// Likewise, directly threaded, and so are all instances for this run alone.
    #[cfg(all(test, wrt_direct, not(debug_assertions)))]
    Direct,
    /// As the first, with the handlers of a level that the processor has, and no others from then on.
    #[cfg(all(test, wrt_levels, not(debug_assertions)))]
    Level(tail::level::Level),
    /// One loop around one `match`.
    Loop,
}

/// How handlers are found, in builds that have a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threading {
    /// By opcode.
    ByOpcode,
    /// By opcode until so much fuel has been used, then directly.
    DirectAfter(u64),
    /// In the map of the code, if there was room for one.
    Direct,
}

impl Threading {
    /// That of an engine which is to be threaded directly after so much fuel.
    pub(crate) const fn after(fuel: Option<u64>) -> Self {
        match fuel {
            None => Self::ByOpcode,
            // Without fuel there is nothing to tell the time by.
            Some(_) if cfg!(feature = "no-fuel") => Self::Direct,
            Some(0) => Self::Direct,
            Some(fuel) => Self::DirectAfter(fuel),
        }
    }
}

/// Runs the store's activation with `fuel` until it is left; gives the reason and the fuel left. `run.pc`, `run.fp` and `run.instance`
/// have then the place where it was left.
///
/// The place to start from must be one that an activation was started at or left at (C2): whoever sets it otherwise (a restored
/// snapshot) has to verify it first.
pub(crate) fn run<A: Answers>(
    store: &mut Store<'_>,
    fuel: i64,
    core: Core,
    serving: &mut Serving<'_, A>,
) -> (Stop, i64) {
    let Threading::DirectAfter(by_opcode) = store.threading else {
        return run_on(store, fuel, 0, core, serving);
    };
    // Under a debugger a run may also be left where the fuel is not short.
    if kind(store) != Kind::Plain {
        return run_on(store, fuel, 0, core, serving);
    }
    let first = i64::try_from(by_opcode).map_or(fuel, |by_opcode| fuel.min(by_opcode));
    let (stop, left) = run_on(store, first, fuel - first, core, serving);
    let used = (first - left).unsigned_abs();
    store.threading = Threading::DirectAfter(by_opcode - used);
    if stop != Stop::OutOfFuel || first == fuel {
        return (stop, fuel - first + left);
    }
    // What is left does not cover the next block. A pause can be gone on from with any fuel, and by any core.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    store.thread_directly();
    #[cfg(not(all(wrt_direct, not(debug_assertions))))]
    {
        store.threading = Threading::ByOpcode;
    }
    run_on(store, fuel - first + left, 0, core, serving)
}

/// The same without a change of how handlers are found. There is `more` fuel that the run may not use.
fn run_on<A: Answers>(
    store: &mut Store<'_>,
    fuel: i64,
    more: i64,
    core: Core,
    serving: &mut Serving<'_, A>,
) -> (Stop, i64) {
    let core = if kind(store) == Kind::Plain {
        core
    } else {
        Core::Loop
    };
    match core {
        #[cfg(all(test, wrt_levels, not(debug_assertions)))]
        Core::Level(level) => {
            // SAFETY: C3.
            unsafe { tail::Board::set_level(store.board.as_ptr().cast(), level) };
            run_on(store, fuel, more, Core::Tail, serving)
        }
        #[cfg(all(test, wrt_direct, not(debug_assertions)))]
        Core::Direct => {
            store.thread_directly();
            let ctx = store.board.as_ptr().cast();
            // So that a handler which looks the next one up leads nowhere.
            // SAFETY: C3.
            unsafe { tail::Board::close(ctx) };
            let left = run_on(store, fuel, more, Core::Tail, serving);
            store.threading = Threading::ByOpcode;
            // SAFETY: C3.
            unsafe { tail::Board::set_up(ctx.cast()) };
            left
        }
        #[cfg(all(wrt_tail6, not(debug_assertions)))]
        Core::Tail => {
            let ctx: *mut Ctx = store.board.as_ptr().cast();
            // SAFETY: C3: the board is there, and nothing else refers to its context.
            unsafe { &mut *ctx }.load(store, fuel);
            // SAFETY: the context has just been loaded from the store, and is part of a board.
            unsafe { run_loaded(ctx, store, more, serving, |ctx| tail::run(ctx)) }
        }
        #[cfg(all(wrt_tail4, not(debug_assertions)))]
        Core::Tail => {
            let mut ctx = Ctx::empty();
            ctx.load(store, fuel);
            // SAFETY: the context has just been loaded from the store.
            unsafe { run_loaded(&mut ctx, store, more, serving, |ctx| tail::run(ctx)) }
        }
        Core::Loop => run_looped(store, fuel, more, serving),
        #[cfg(not(all(any(wrt_tail6, wrt_tail4), not(debug_assertions))))]
        Core::Tail => run_on(store, fuel, more, Core::Loop, serving),
    }
}

/// The same on the loop core. Where it does something besides, every host call leaves the run.
fn run_looped<A: Answers>(
    store: &mut Store<'_>,
    fuel: i64,
    more: i64,
    serving: &mut Serving<'_, A>,
) -> (Stop, i64) {
    let kind = kind(store);
    let mut ctx = Ctx::empty();
    ctx.load(store, fuel);
    // SAFETY: the context has just been loaded from the store (C1, C2).
    unsafe {
        match kind {
            Kind::Plain => {
                let run = |ctx| looped::run::<false, false>(ctx);
                run_loaded(&mut ctx, store, more, serving, run)
            }
            #[cfg(feature = "profile")]
            Kind::Counting => {
                let code = looped::run::<true, false>(&mut ctx);
                ctx.finish(store, code)
            }
            #[cfg(feature = "debug")]
            Kind::Stopping => {
                let code = looped::run::<false, true>(&mut ctx);
                ctx.finish(store, code)
            }
        }
    }
}

/// Runs a context with the function of a core, again after each host call that is answered at once.
///
/// # Safety
/// The context has just been loaded from the store, so that C1 and C2 hold, and is what the core asks for.
#[inline(always)]
unsafe fn run_loaded<A: Answers>(
    ctx: *mut Ctx,
    store: &mut Store<'_>,
    more: i64,
    serving: &mut Serving<'_, A>,
    run: impl Fn(*mut Ctx) -> u32,
) -> (Stop, i64) {
    loop {
        let code = run(ctx);
        // SAFETY: the run is over, so nothing else refers to the context.
        let ctx = unsafe { &mut *ctx };
        let (stop, left) = ctx.finish(store, code);
        if stop != Stop::HostCall || !serving.answer(store, more + left) {
            return (stop, left);
        }
        ctx.go_on(store);
    }
}

/// What the loop core does besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Plain,
    /// It counts instructions.
    #[cfg(feature = "profile")]
    Counting,
    /// It pauses where a debugger wants it to.
    #[cfg(feature = "debug")]
    Stopping,
}

/// What the next run is to do besides: only the loop core does it.
#[cfg_attr(
    not(any(feature = "profile", feature = "debug")),
    expect(
        clippy::missing_const_for_fn,
        unused_variables,
        reason = "it depends on the features"
    )
)]
fn kind(store: &Store<'_>) -> Kind {
    #[cfg(feature = "profile")]
    if store.profile.is_some() {
        return Kind::Counting;
    }
    #[cfg(feature = "debug")]
    if let Some(stops) = &store.stops
        && stops.at != super::stops::At::Nowhere
    {
        return Kind::Stopping;
    }
    Kind::Plain
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

/// The levels of handlers that this processor has.
#[cfg(all(test, wrt_levels, not(debug_assertions)))]
pub(crate) fn levels() -> impl Iterator<Item = Core> {
    use tail::level::{Level, level};
    let all = [Level::Base, Level::Ssse3, Level::Avx2].into_iter();
    all.filter(|&wanted| wanted <= level()).map(Core::Level)
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
    // `i32_add slot 0 = slot 0 + slot 0` and `br` to a `fuel` of cost 0, in turn; at the end `halt`.
    const STEP: [u16; 7] = [Op::I32Add as u16, 0, 0, 0, Op::Br as u16, 2, 0x0300];
    let mut code = [0_u16; STEP.len() * STEPS + 1];
    for step in code.chunks_exact_mut(STEP.len()) {
        step.copy_from_slice(&STEP.map(u16::to_le));
    }
    code[STEP.len() * STEPS] = (Op::Halt as u16).to_le();
    // A return word and two slots.
    let mut frame = [0_u64; 3];
    #[cfg(wrt_tail6)]
    let mut board = core::mem::MaybeUninit::uninit();
    // SAFETY: it is a board's memory.
    #[cfg(wrt_tail6)]
    unsafe {
        tail::Board::set_up(board.as_mut_ptr());
    }
    #[cfg(wrt_tail6)]
    let ctx: *mut Ctx = board.as_mut_ptr().cast();
    #[cfg(wrt_tail4)]
    let ctx: *mut Ctx = &mut Ctx::empty();
    #[cfg(wrt_direct)]
    let mut map = [const { tail::direct::Entry::uninit() }; STEP.len() * STEPS + 1];
    #[cfg(wrt_direct)]
    tail::direct::fill(&mut map, 0, &code, false);
    let mut depth = |steps: usize, is_direct: bool| {
        // SAFETY: it has been set up, and no reference to it is alive.
        let empty = unsafe { &mut *ctx };
        empty.code = code.as_ptr();
        empty.pc = code[STEP.len() * (STEPS - steps)..].as_ptr();
        empty.fp = frame.as_mut_ptr().wrapping_add(1);
        #[cfg(not(wrt_direct))]
        let _ = is_direct;
        #[cfg(wrt_direct)]
        if is_direct {
            empty.origin = tail::direct::origin(map.as_ptr(), code.as_ptr());
        }
        // SAFETY: code without memory, calls or globals needs no more of a context than code and a frame.
        unsafe { tail::run(ctx) };
        // SAFETY: as above.
        unsafe { &*ctx }.host_stack
    };
    let mut jumps = |is_direct| depth(1, is_direct).abs_diff(depth(STEPS, is_direct)) < 256;
    jumps(false) && (!cfg!(wrt_direct) || jumps(true))
}
