//! Handlers of instructions that work on a memory 0 of 64-bit addresses.
//!
//! They have the bodies of the others, compiled once more for whole slots as addresses (`raw/address.rs`), so that neither kind asks which it
//! is. The table of a board has those of one kind, for the instance that runs: a call of an instance of the other kind changes some 500
//! entries. Machines with few registers, whose table is not beside the context, have two of them, and the context says which. Handler maps are of
//! one module, and so of one kind.
//!
//! T2: a handler for one kind in place of the other would give wrong addresses, and check them as the right one does: nothing unsafe depends on it.

use wrt_format::isa::in_memory_zero;

#[cfg(wrt_levels)]
use super::level::avx2;
use super::*;

kinds! {
    /// Handlers for 64-bit addresses that are found by opcode.
    wide_by_opcode Wide { WIDE: bool = true; }
}

#[cfg(wrt_direct)]
kinds! {
    /// Directly threaded handlers for 64-bit addresses.
    wide_directly WideDirect { DIRECT: bool = true; WIDE: bool = true; }
}

/// Number of the opcodes that work on memory 0 without naming it.
const COUNT: usize = {
    let (mut count, mut number) = (0, 0);
    while number < OP_LIMIT {
        count += in_memory_zero(number as u16) as usize;
        number += 1;
    }
    count
};

/// Handlers of all these opcodes, in numeric order.
type List = [(u16, Handler); COUNT];

/// The list of handlers of rows, of which later ones take the place of earlier ones.
const fn list(sets: &[&[(u16, Handler)]]) -> List {
    let mut rows = [Cold::illegal as Handler; OP_LIMIT];
    let mut set = 0;
    while set < sets.len() {
        let mut i = 0;
        while i < sets[set].len() {
            let (number, handler) = sets[set][i];
            rows[number as usize] = handler;
            i += 1;
        }
        set += 1;
    }
    let mut list = [(0, Cold::illegal as Handler); COUNT];
    let (mut count, mut number) = (0, 0);
    while number < OP_LIMIT {
        if in_memory_zero(number as u16)
            && let Some(row) = row_number(number as u16)
        {
            list[count] = (number as u16, rows[row as usize]);
            count += 1;
        }
        number += 1;
    }
    list
}

#[cfg(wrt_tail6)]
pub(super) static BASE: List = list(&[Wide::ALL]);
#[cfg(wrt_levels)]
pub(super) static AVX2: List = list(&[Wide::ALL, <Wide as avx2::Handlers>::ALL]);
#[cfg(wrt_direct)]
pub(super) static DIRECT_BASE: List = list(&[WideDirect::ALL]);
#[cfg(all(wrt_direct, wrt_levels))]
pub(super) static DIRECT_AVX2: List = list(&[WideDirect::ALL, <WideDirect as avx2::Handlers>::ALL]);

/// All handlers by opcode.
#[cfg(wrt_tail4)]
static WIDE_TABLE: [Handler; OP_LIMIT] = {
    let (mut table, list) = (table(ByOpcode::ALL), list(&[Wide::ALL]));
    let mut i = 0;
    while i < list.len() {
        table[list[i].0 as usize] = list[i].1;
        i += 1;
    }
    table
};

/// See `fit` of the tail-threaded core.
#[cfg(wrt_tail4)]
#[inline(always)]
pub(super) fn fit(ctx: *mut Ctx) {
    // SAFETY: C1, and no reference to the context is alive while handlers run.
    let ctx = unsafe { &mut *ctx };
    let table = if ctx.is_wide { &WIDE_TABLE } else { &TABLE };
    ctx.table = table.as_ptr().cast();
}

/// See `fit` of the tail-threaded core.
#[cfg(wrt_tail6)]
#[inline(always)]
pub(super) fn fit(ctx: *mut Ctx) {
    // SAFETY: C1, C3: the context is that of a board, and no reference to either is alive while handlers run.
    let board = unsafe { &mut *ctx.cast::<Board>() };
    if board.is_wide != board.ctx.is_wide {
        change(board);
    }
}

/// Changes the handlers to those of the other kind.
#[cfg(wrt_tail6)]
#[cold]
#[inline(never)]
fn change(board: &mut Board) {
    board.is_wide = board.ctx.is_wide;
    #[cfg(wrt_levels)]
    let list = if board.level >= level::Level::Avx2 {
        &AVX2
    } else {
        &BASE
    };
    #[cfg(not(wrt_levels))]
    let list = &BASE;
    for &(number, handler) in list {
        let number = usize::from(number);
        board.table[number] = if board.is_wide {
            handler
        } else {
            TABLE[number]
        };
    }
    #[cfg(wrt_levels)]
    if !board.is_wide {
        level::patch(&mut board.table, board.level);
    }
}

/// The directly threaded handler of an opcode that works on memory 0 without naming it.
#[cfg(wrt_direct)]
pub(super) fn direct_handler_of(opcode: u16) -> Option<Handler> {
    #[cfg(wrt_levels)]
    let list = if level::level() >= level::Level::Avx2 {
        &DIRECT_AVX2
    } else {
        &DIRECT_BASE
    };
    #[cfg(not(wrt_levels))]
    let list = &DIRECT_BASE;
    let place = list.binary_search_by_key(&opcode, |row| row.0).ok()?;
    list.get(place).map(|row| row.1)
}
