//! The tail-threaded core: one function per instruction, each ending in a jump to the next.
//!
//! Rust does not promise that such a call becomes a jump. It does where every argument travels in a caller-saved register and nothing
//! in the handler has an address or a destructor; `build.rs` knows where that is so, `tail/compiled.rs` checks the compiled handlers,
//! and the probe in `dispatch.rs` checks the running program.
//!
//! - Six-argument form: `(pc, fp, mem, acc, ctx, fuel)`, the float accumulators, the return word and `mem` once more ([`Spare`]). The context is the first part
//!   of a [`Board`], whose second part is the handler table: one register leads to both, and a traced run can have another table. A cold handler finds its
//!   argument in `acc`. Directly threaded handlers (`tail/direct.rs`) have what leads to the next handler in place of `mem`, and take that from where it is once more.
//! - Four-argument form: `(pc, fp, mem, ctx)` for machines with few registers; the argument of a cold handler is in the context.

use wrt_format::isa::{OP_LIMIT, row_number};

use super::ctx::{Ctx, SlowFn, Stop};
use super::state::{Ctl, State};
use super::{is_there, keep_apart};
use crate::op;
#[cfg(wrt_tail6)]
use spare::Spare;

/// Declares items whose functions have the calling convention that passes the most arguments in caller-saved registers.
#[cfg(target_arch = "x86_64")]
macro_rules! abi {
    (type $name:ident = fn($($types:tt)*);) => { type $name = unsafe extern "sysv64" fn($($types)*); };
    ($(#[$meta:meta])* fn $name:ident($($args:tt)*) $body:block) => {
        $(#[$meta])* unsafe extern "sysv64" fn $name($($args)*) $body
    };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! abi {
    (type $name:ident = fn($($types:tt)*);) => { type $name = unsafe extern "C" fn($($types)*); };
    ($(#[$meta:meta])* fn $name:ident($($args:tt)*) $body:block) => {
        $(#[$meta])* unsafe extern "C" fn $name($($args)*) $body
    };
}

/// Declares a handler of the kind `Self`; the body sees the registers as `$state`.
#[cfg(wrt_tail6)]
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident($state:ident) $body:block) => {
        handler! { $(#[$meta])* fn $name($state, mut) $body }
    };
    ($(#[$meta:meta])* fn $name:ident($state:ident, $($mutable:tt)?) $body:block) => {
        abi! {
            $(#[$meta])*
            fn $name(
                pc: *const u16, fp: *mut u64, third: *mut u8, acc: u64, ctx: *mut u8, fuel: i64, facc64: f64, facc32: f32, return_word: f64,
                mem_bits: Spare
            ) {
                let $($mutable)? $state = State {
                    pc,
                    fp,
                    mem: if Self::DIRECT { spare::address(mem_bits) } else { third },
                    #[cfg(wrt_direct)]
                    origin: third,
                    #[cfg(wrt_direct)]
                    is_direct: Self::DIRECT,
                    #[cfg(wrt_direct)]
                    forwarded: Self::FORWARDED,
                    #[cfg(wrt_direct)]
                    taken: forward::taken(Self::FORWARDED, acc, facc64, facc32),
                    #[cfg(feature = "memory64")]
                    is_wide: Self::WIDE,
                    acc,
                    fuel,
                    facc64,
                    facc32,
                    return_word,
                    mem_bits,
                    ctx: ctx.cast(),
                };
                $body
            }
        }
    };
}
#[cfg(wrt_tail4)]
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident($state:ident) $body:block) => {
        handler! { $(#[$meta])* fn $name($state, mut) $body }
    };
    ($(#[$meta:meta])* fn $name:ident($state:ident, $($mutable:tt)?) $body:block) => {
        abi! {
            $(#[$meta])*
            fn $name(pc: *const u16, fp: *mut u64, mem: *mut u8, ctx: *mut u8) {
                let $($mutable)? $state = State {
                    pc,
                    fp,
                    mem,
                    #[cfg(feature = "memory64")]
                    is_wide: Self::WIDE,
                    ctx: ctx.cast(),
                };
                $body
            }
        }
    };
}

#[cfg(wrt_tail6)]
abi! { type Handler = fn(*const u16, *mut u64, *mut u8, u64, *mut u8, i64, f64, f32, f64, Spare); }
#[cfg(wrt_tail4)]
abi! { type Handler = fn(*const u16, *mut u64, *mut u8, *mut u8); }

/// Calls a handler with the registers in `$state`, as the last thing that a handler of this kind does.
#[cfg(wrt_tail6)]
macro_rules! pass {
    ($kind:ty, $handler:expr, $state:ident) => {{
        let State {
            pc,
            fp,
            mem,
            #[cfg(wrt_direct)]
            origin,
            #[cfg(wrt_direct)]
                is_direct: _,
            #[cfg(wrt_direct)]
                forwarded: _,
            #[cfg(wrt_direct)]
                taken: _,
            #[cfg(feature = "memory64")]
                is_wide: _,
            acc,
            fuel,
            facc64,
            facc32,
            return_word,
            mem_bits,
            ctx,
        } = $state;
        #[cfg(wrt_direct)]
        let third = if <$kind>::DIRECT { origin } else { mem };
        #[cfg(not(wrt_direct))]
        let third = mem;
        // SAFETY: a handler is called with the registers of a run.
        unsafe {
            $handler(
                pc,
                fp,
                third,
                acc,
                ctx.cast(),
                fuel,
                facc64,
                facc32,
                return_word,
                mem_bits,
            )
        }
    }};
}
#[cfg(wrt_tail4)]
macro_rules! pass {
    ($kind:ty, $handler:expr, $state:ident) => {{
        let State {
            pc,
            fp,
            mem,
            #[cfg(feature = "memory64")]
                is_wide: _,
            ctx,
        } = $state;
        // SAFETY: a handler is called with the registers of a run.
        unsafe { $handler(pc, fp, mem, ctx.cast()) }
    }};
}

/// Lets the handler that calls it begin a cache line of code. It puts nothing into the handler: the directive stands in another part of the
/// section that the handler has to itself, and the section takes the greatest alignment of its parts. The number of the copy keeps the compiler from making one
/// function of copies.
///
/// A handler is entered by an indirect jump, and most fit one line or two. Measured on a Zen 4 machine, eleven programs take 0.936 of the
/// CPU time in the geometric mean (sha256 0.80, lz 0.83, sort 0.89).
#[inline(always)]
fn align_handler<K: Kind>() {
    #[cfg(all(
        target_os = "linux",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )
    ))]
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!(
            ".subsection 1",
            ".p2align 6",
            ".subsection 0",
            "/* {} */",
            const K::COPY,
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// Goes on with the instruction at `pc`, by handlers of this kind; what is between handler and jump keeps this jump apart from another in the same handler.
macro_rules! dispatch {
    ($kind:ty, $state:ident $(, $apart:ident)?) => {{
        let handler = if <$kind>::DIRECT {
            direct_handler(&$state)
        } else {
            handler_by_opcode(&$state)
        };
        $($apart();)?
        pass!($kind, handler, $state)
    }};
}

/// Goes on with the instruction at `pc`, coming from outside of the handlers.
macro_rules! enter {
    ($state:ident) => {{
        $state.recall_return_word();
        #[cfg(wrt_direct)]
        if $state.origin.is_null() {
            dispatch!(ByOpcode, $state)
        } else {
            dispatch!(direct::Direct, $state)
        }
        #[cfg(not(wrt_direct))]
        dispatch!(ByOpcode, $state)
    }};
}

/// What handlers are compiled for, which are there more than once: nothing of it is asked while they run.
trait Kind {
    /// Whether they are directly threaded. Their third argument is then [`State::origin`], and they take [`State::mem`] from [`State::mem_bits`] when
    /// they need it: the one is for every instruction, the other for some.
    const DIRECT: bool = false;

    /// Whether they are for a memory 0 of 64-bit addresses.
    #[cfg(feature = "memory64")]
    const WIDE: bool = false;

    /// The operand that they take from an accumulator, and from which, or 0 (`tail/forward.rs`).
    const FORWARDED: u8 = 0;

    /// Which copy they are (`tail/copies.rs`).
    const COPY: u32 = 0;
}

/// Declares kinds of handlers. Each is in a module of its own, since that is how the work of compiling them is divided: a method that a trait provides is compiled with the
/// module of the type that it is for.
macro_rules! kinds {
    ($($(#[$meta:meta])* $module:ident $kind:ident { $($name:ident: $type:ty = $value:expr;)* })*) => {$(
        mod $module {
            $(#[$meta])*
            #[derive(Debug)]
            pub(in crate::raw::tail) struct $kind;
        }
        pub(in crate::raw::tail) use $module::$kind;

        impl Kind for $kind {
            $(const $name: $type = $value;)*
        }

        impl Handlers for $kind {}
    )*};
}

/// The handler of the instruction at `pc`, by its opcode.
#[inline(always)]
fn handler_by_opcode(state: &State) -> Handler {
    let op = usize::from(state.opcode());
    #[cfg(wrt_tail6)]
    let table = Board::table(state.ctx);
    #[cfg(all(wrt_tail4, feature = "memory64"))]
    let table = state.context().table.cast::<Handler>();
    #[cfg(all(wrt_tail4, not(feature = "memory64")))]
    let table = TABLE.as_ptr();
    // SAFETY: R1: the opcode is one of the table.
    unsafe { *table.add(op) }
}

/// The same from the handler map of the running instance.
#[inline(always)]
fn direct_handler(state: &State) -> Handler {
    #[cfg(wrt_direct)]
    return direct::handler(state);
    #[cfg(not(wrt_direct))]
    handler_by_opcode(state)
}

/// Goes on with a cold handler and its argument.
macro_rules! cold {
    ($handler:ident, $argument:expr, $state:ident) => {{
        $state.set_argument($argument);
        pass!(Self, Cold::$handler, $state)
    }};
}

impl State {
    #[inline(always)]
    fn set_argument(&mut self, argument: *const ()) {
        #[cfg(wrt_tail6)]
        {
            self.acc = argument.expose_provenance() as u64;
        }
        #[cfg(wrt_tail4)]
        // SAFETY: C1.
        unsafe {
            (*self.ctx).argument = argument;
        }
    }

    #[inline(always)]
    fn argument(&self) -> *const () {
        #[cfg(wrt_tail6)]
        return core::ptr::with_exposed_provenance(self.acc as usize);
        #[cfg(wrt_tail4)]
        return self.context().argument;
    }
}

/// A reason to stop as an argument.
#[inline(always)]
const fn reason(stop: Stop) -> *const () {
    core::ptr::without_provenance(stop.code() as usize)
}

/// What handlers of all kinds go on with in rare cases. They use neither the third argument nor [`State::mem`].
#[derive(Debug)]
struct Cold;

impl Kind for Cold {}

impl Cold {
    handler! {
        /// Leaves the run; the argument is a [`Stop::code`].
        #[cold]
        #[inline(never)]
        fn exit(state,) {
            state.save();
            let marker = 0_u8;
            // SAFETY: C1.
            let ctx = unsafe { &mut *state.ctx };
            ctx.stop = state.argument().addr() as u32;
            ctx.host_stack = core::hint::black_box(&raw const marker).addr();
        }
    }

    handler! {
        /// Leaves the run at a block whose cost has been debited but is not there.
        #[cold]
        #[inline(never)]
        fn out_of_fuel(state) {
            state.undo_debit();
            cold!(exit, reason(Stop::OutOfFuel), state)
        }
    }

    handler! {
        /// Leaves the run at a call whose cost, the argument, has been debited but is not there.
        #[cold]
        #[inline(never)]
        fn refund(state) {
            state.refund(state.argument().addr() as u32);
            cold!(exit, reason(Stop::OutOfFuel), state)
        }
    }

    handler! {
        /// Takes the slow path that the argument is, then goes on from where that has led.
        #[cold]
        #[inline(never)]
        fn slow(state,) {
            state.save();
            let ctx = state.ctx;
            // SAFETY: only `Ctl::Slow` gives this handler its argument, and that is a `SlowFn`.
            let path = unsafe { core::mem::transmute::<*const (), SlowFn>(state.argument()) };
            // SAFETY: C1.
            let code = unsafe { &mut *ctx }.slow(path);
            if code != 0 {
                // The place is in the context already.
                // SAFETY: C1.
                unsafe { (*ctx).stop = code };
            } else {
                fit(ctx);
                let mut state = State::from_ctx(ctx);
                enter!(state)
            }
        }
    }

    handler! {
        /// Takes the place of opcodes that do not exist.
        #[cold]
        fn illegal(state) {
            cold!(exit, reason(Stop::Illegal), state)
        }
    }
}

/// The body of an instruction's handler: does what the function `$name` of `$bodies` says, and goes where that leads.
macro_rules! carry_out {
    ($state:ident, $bodies:ident, $name:ident) => {{
        align_handler::<Self>();
        #[cfg(wrt_direct)]
        if const { Self::DIRECT && spare::leaves_alone(stringify!($name)) } {
            $state.read_mem();
        }
        match $bodies::$name(&mut $state) {
            Ctl::Next => {
                $state.advance(wrt_format::isa::field::$name::words);
                dispatch!(Self, $state)
            }
            Ctl::Jump => dispatch!(Self, $state),
            Ctl::Taken => dispatch!(Self, $state, keep_apart),
            Ctl::Trap(trap) => cold!(exit, reason(Stop::Trap(trap)), $state),
            Ctl::Exit(stop) => cold!(exit, reason(stop), $state),
            Ctl::OutOfFuel => pass!(Self, Cold::out_of_fuel, $state),
            Ctl::Refund(cost) => {
                cold!(refund, core::ptr::without_provenance(cost as usize), $state)
            }
            Ctl::Slow(path) => cold!(slow, path as *const (), $state),
        }
    }};
}

/// A function per instruction, named after it, and the list of them.
macro_rules! handlers_of {
    ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
        /// The handlers of a kind. The compiler reads them once, and makes code of those that a table or list has.
        trait Handlers: Kind + Sized {
            $(handler! {
                fn $name(state) {
                    carry_out!(state, op, $name)
                }
            })*

            /// Instructions that are left out are illegal.
            const ALL: &[(u16, Handler)] = &[$((
                $number,
                if is_there(stringify!($name)) { Self::$name as Handler } else { Cold::illegal as Handler },
            )),*];
        }
    };
}
for_each_own_op!(handlers_of);

kinds! {
    /// Handlers that are found by opcode.
    by_opcode ByOpcode {}
}

#[cfg(wrt_direct)]
pub(super) mod callees;
#[cfg(all(test, target_arch = "x86_64", target_os = "linux"))]
mod compiled;
#[cfg(wrt_direct)]
mod copies;
#[cfg(wrt_direct)]
pub(super) mod direct;
#[cfg(wrt_direct)]
mod forward;
#[cfg(wrt_tail6)]
pub(super) mod spare;

#[cfg(wrt_levels)]
pub(super) mod level;
#[cfg(feature = "memory64")]
mod wide;

/// Handlers by opcode.
static TABLE: [Handler; OP_LIMIT] = table(ByOpcode::ALL);

/// A table of handlers by opcode.
const fn table(all: &[(u16, Handler)]) -> [Handler; OP_LIMIT] {
    let mut table = [Cold::illegal as Handler; OP_LIMIT];
    let mut i = 0;
    while i < all.len() {
        let (number, handler) = all[i];
        table[number as usize] = handler;
        i += 1;
    }
    // Opcodes of a family have the handler of their row.
    let mut number = 0;
    while number < OP_LIMIT {
        if let Some(row) = row_number(number as u16) {
            table[number] = table[row as usize];
        }
        number += 1;
    }
    table
}

/// A context with the handler table behind it.
#[cfg(wrt_tail6)]
#[repr(C)]
pub(super) struct Board {
    ctx: Ctx,
    table: [Handler; OP_LIMIT],
    /// What the processor can do, as far as the table relies on it.
    #[cfg(wrt_levels)]
    level: level::Level,
    /// Whether the table is for a memory 0 of 64-bit addresses.
    #[cfg(feature = "memory64")]
    is_wide: bool,
}

#[cfg(wrt_tail6)]
impl Board {
    /// Makes a board of memory that is large enough for one and aligned; gives its context, which points nowhere.
    ///
    /// # Safety
    /// `at` is valid for writes of a board.
    pub(super) unsafe fn set_up(at: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { (&raw mut (*at).ctx).write(Ctx::empty()) };
        // SAFETY: the caller's promise.
        unsafe { (&raw mut (*at).table).copy_from_nonoverlapping(&raw const TABLE, 1) };
        #[cfg(feature = "memory64")]
        // SAFETY: the caller's promise.
        unsafe {
            (&raw mut (*at).is_wide).write(false);
        }
        #[cfg(wrt_levels)]
        {
            // SAFETY: the caller's promise.
            unsafe { (&raw mut (*at).level).write(level::level()) };
            // SAFETY: the caller's promise, and the table has just been written.
            level::patch(unsafe { &mut (*at).table }, level::level());
        }
    }

    /// Gives the board that a context is part of the handlers of a level that the processor has.
    ///
    /// # Safety
    /// As of [`Self::table`], and no reference to the board is alive.
    #[cfg(all(test, wrt_levels))]
    pub(super) unsafe fn set_level(ctx: *mut Ctx, level: level::Level) {
        // SAFETY: the caller's promise.
        let board = unsafe { &mut *ctx.cast::<Self>() };
        board.level = level;
        #[cfg(feature = "memory64")]
        {
            board.is_wide = false;
        }
        board.table.copy_from_slice(&TABLE);
        level::patch(&mut board.table, level);
    }

    /// Puts handlers that lead nowhere into the table of the board that a context is part of.
    ///
    /// # Safety
    /// As of [`Self::table`], and no reference to the board is alive.
    #[cfg(all(test, wrt_direct))]
    pub(super) unsafe fn close(ctx: *mut Ctx) {
        // SAFETY: the caller's promise.
        unsafe { &mut (*ctx.cast::<Self>()).table }.fill(Cold::illegal);
    }

    /// The handler table of the board that a context is part of.
    #[inline(always)]
    const fn table(ctx: *const Ctx) -> *const Handler {
        // SAFETY: the six-argument core only runs contexts that are part of a board.
        unsafe { &raw const (*ctx.cast::<Self>()).table }.cast()
    }
}

/// Sees to it that the handlers are for the width of addresses of the running instance's memory 0. Directly threaded ones are.
#[inline(always)]
fn fit(ctx: *mut Ctx) {
    #[cfg(feature = "memory64")]
    wide::fit(ctx);
    #[cfg(not(feature = "memory64"))]
    let _ = ctx;
}

/// Runs from the place saved in `ctx` until the run is left; gives a [`Stop::code`].
///
/// # Safety
/// `ctx` satisfies C1 and C2; in the six-argument form it is part of a [`Board`].
#[inline(never)]
pub(super) unsafe fn run(ctx: *mut Ctx) -> u32 {
    fit(ctx);
    let mut state = State::from_ctx(ctx);
    enter!(state);
    // SAFETY: the handlers have returned, and the context is the caller's.
    unsafe { (*ctx).stop }
}
