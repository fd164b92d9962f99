//! Handlers that take an operand from the accumulator, for direct threading.
//!
//! What an instruction has written is in an accumulator as well as in its slot, and the commonest instructions have forms that read it
//! there (`i32_add_acc_lhs`): the next instruction then does not wait for the slot to be written and read. There are not opcodes enough
//! for every operand of every instruction. But a handler map knows the instruction before, and no format or verifier has to: where that
//! leaves a slot in an accumulator, and this one reads the slot, it gets a handler that reads the accumulator.
//!
//! The list has operands that are in the slot that was written just before in at least one of 400 dispatches of some of 84 programs, in one of
//! 33,000 of their mean, or in one of 17,000 instructions in the code of seven packages.
//!
//! Input: an instruction, and what the one before leaves where. Output: the handler that takes the place of its own, if there is one.

use wrt_format::isa::{Control, Field, OP_LIMIT, Op, Place, Role, field, field_value, words_le};

use super::*;

/// The accumulator of integers, as part of [`Kind::FORWARDED`].
const INT: u8 = 0x10;
/// That of f64.
const F64: u8 = 0x20;
/// That of f32.
const F32: u8 = 0x30;

/// What a handler takes its operand from.
#[inline(always)]
pub(super) fn taken(forwarded: u8, int: u64, double: f64, single: f32) -> u64 {
    match forwarded & !15 {
        INT => int,
        F64 => double.to_bits(),
        F32 => single.to_bits().into(),
        _ => 0,
    }
}

/// Handlers that take the operand at byte `FORWARDED & 15` from the accumulator that the upper bits name.
#[derive(Debug)]
struct At<const FORWARDED: u8, const COPY: u32>;

impl<const FORWARDED: u8, const COPY: u32> Kind for At<FORWARDED, COPY> {
    const DIRECT: bool = true;
    const FORWARDED: u8 = FORWARDED;
    const COPY: u32 = COPY;
}

impl<const FORWARDED: u8, const COPY: u32> Handlers for At<FORWARDED, COPY> {}

/// A handler of the list.
struct Forward {
    /// Number of its row.
    row: u16,
    /// The operand.
    place: Place,
    /// What it is taken from.
    from: u8,
    /// It, and copies.
    handlers: &'static [Handler],
}

/// Calls `$with` with the number of handlers, the accumulators, and the rows and operands that have handlers which read them. Rows that have copies
/// (`copies.rs`) have some here too.
macro_rules! forwarded_rows {
    ($with:ident) => {
        $with! {
            4 INT {
                br_i32_add_lt_u(src, limit) br_i32_ne(lhs) br_i32_ne_imm_short(lhs) br_load32_eq(rhs) br_load32_ne(rhs)
                br_z_short(cond) f32_mul_add(a) f64_add(lhs) f64_add_load_wrap(lhs, addr) f64_lt(lhs, rhs) f64_mul(lhs) f64_mul_add(a, c)
                f64_mul_add_load_wrap(c) f64_mul_load(lhs, addr) f64_sub(lhs, rhs) f64_sub_mul(a, c) i32_add_imm_short(lhs) i32_add_load_short(addr)
                i32_add_mem_imm_short(addr) i32_add_then_add_imm(l0, s1) i32_div_s(lhs, rhs) i32_div_u(lhs, rhs) i32_eq(lhs) i32_lt_s(lhs, rhs)
                i32_lt_u(lhs, rhs) i32_mul_acc_lhs(rhs) i32_mul_add(a, c) i32_rem_u(lhs, rhs) i32_shl_imm_xor_acc_a(c) i32_shr_u_imm_xor_acc_a(c)
                i32_sub_acc_rhs(lhs) i32_sub_store(rhs) i64_eq_imm(lhs) i64_mul_add(a, c) load32_far(addr) load32_short(addr)
                load32_store_short(addr2, addr) load32_tiny(addr) load32_wrap(addr) load32_wrap_short(addr) load64_far(addr)
                load64_store_short(addr2, addr) load64_wrap(addr) load64_wrap_short(addr) load8_s_i32_index(addr, index) load8_u_far(addr)
                load8_u_wrap_short(addr) mov2_short(s0, s1) mov3(s0, s1, s2) select_acc_cond_short(a) select_i32_eq_imm(a, b) select_i32_lt_u(a, b)
                select_i32_lt_u_acc_rhs(a, b) select_short(a, b) store32_far(addr, src) store32_imm_short(addr) store32_imm_tiny(addr)
                store32_index_short(addr, index) store32_tiny(src) store32_wrap(src) store32_wrap_short(src) store64_imm_short(addr)
                store64_wrap(src) store64_wrap_short(src) store8_imm_short(addr) store8_wrap(addr, src)
            }
            4 F64 {
                f64_lt(lhs) f64_mul_add_acc_a(b) store64_wrap(src) store64_wrap_short(src)
            }
            4 F32 {
                store32_wrap(src) store32_wrap_short(src)
            }
            1 INT {
                br_f32_le(lhs) br_f64_eq(lhs) br_f64_lt(rhs) br_f64_ne(lhs) br_f64_nle(lhs) br_f64_nlt(lhs, rhs) br_i32_add_lt_s(limit)
                br_load32_gt_s(rhs) br_load32_gt_u(rhs) br_load32_le_s(rhs) br_load32_le_u(rhs) br_load32_lt_s(rhs) br_load8_u_index_ne(index, rhs)
                br_load8_u_wrap_eq(rhs) f32_add(lhs) f32_convert_i32_s(src) f32_convert_i32_u(src) f32_lt(lhs, rhs) f32_mul(lhs) f32_mul_load(addr)
                f32_sub_load(lhs) f64_add_add(a, c) f64_add_load(lhs, addr) f64_add_store(lhs) f64_convert_i32_s(src) f64_convert_i32_u(src)
                f64_convert_i64_u(src) f64_div(lhs, rhs) f64_mul_add_load(addr) f64_mul_add_load2(c, addr) f64_mul_add_load2_index(c, index)
                f64_mul_add_mem(a) f64_mul_load_wrap(addr) f64_mul_store(lhs) f64_promote_f32(src) f64_sub_load(lhs) f64_sub_load_wrap(lhs)
                f64_sub_mul_mem_wrap(a) i32_add_load(addr) i32_and_load(addr) i32_and_store(addr, lhs) i32_clz(src) i32_extend16_s(src)
                i32_extend8_s(src) i32_ge_u_imm(lhs) i32_gt_s_imm(lhs) i32_gt_u_imm(lhs) i32_le_s(lhs) i32_le_u(lhs, rhs) i32_mul_load(lhs)
                i32_mul_store(lhs) i32_ne(lhs) i32_or_store(addr, lhs) i32_rem_s(lhs, rhs) i32_rotl_imm_xor_acc_a(c) i32_rotr(rhs) i32_sub_load(lhs)
                i32_xor_store(lhs) i64_add_load(addr) i64_and_or(c) i64_ctz(src) i64_extend32_s(src) i64_le_u(lhs, rhs) i64_lt_u(lhs, rhs)
                i64_ne(lhs) i64_shr_u_imm_xor_acc_a(c) i64_xor_load(lhs, addr) i64_xor_store(lhs) load16_s_i32_wrap(addr) load16_u_wrap(addr)
                select_i32_lt_s(a) select_i32_lt_s_acc_lhs(b) select_i32_lt_s_acc_rhs(a, b) select_i32_lt_u_acc_lhs(a, b) store16_index(index, src)
                store16_wrap(src) store64_far(src) store64_index(index) store8_far(src) store8_index(addr, index)
            }
            1 F64 {
                f64_abs(src) f64_add_store(lhs) f64_eq(lhs) f64_sqrt(src) i32_trunc_sat_f64_s(src) store64_index(src)
            }
            1 F32 {
                f32_add_store(lhs) f64_promote_f32(src) i32_trunc_sat_f32_u(src)
            }
        }
    };
}

macro_rules! list {
    ($($copies:tt $from:ident { $($row:ident($($operand:ident),+))+ })+) => {
        static FORWARDED: &[Forward] = &[$($($(Forward {
            row: field::$row::op as u16,
            place: field::$row::$operand,
            from: $from,
            handlers: list!(@handlers $copies $from $row $operand),
        },)+)+)+];
    };
    (@handlers 4 $from:ident $row:ident $operand:ident) => {
        &[
            list!(@handler 0 $from $row $operand),
            list!(@handler 1 $from $row $operand),
            list!(@handler 2 $from $row $operand),
            list!(@handler 3 $from $row $operand),
        ]
    };
    (@handlers 1 $from:ident $row:ident $operand:ident) => { &[list!(@handler 0 $from $row $operand)] };
    (@handler $copy:literal $from:ident $row:ident $operand:ident) => {
        if is_there(stringify!($row)) {
            At::<{ $from | field::$row::$operand.byte }, $copy>::$row as Handler
        } else {
            Cold::illegal as Handler
        }
    };
}
forwarded_rows! { list }

/// For each row 1 more than the place of its first handler in the list; 0 where it has none.
static FIRST: [u8; OP_LIMIT] = {
    let mut first = [0; OP_LIMIT];
    let mut i = FORWARDED.len();
    while i > 0 {
        i -= 1;
        first[FORWARDED[i].row as usize] = i as u8 + 1;
    }
    first
};

/// For each handler of the list 1 more than the place of the next one of its row; 0 for the last.
static NEXT: [u8; FORWARDED.len()] = {
    assert!(FORWARDED.len() < 256, "places are a byte");
    let mut next = [0; FORWARDED.len()];
    let mut i = 0;
    while i < next.len() {
        let mut j = i + 1;
        while j < next.len() && FORWARDED[j].row != FORWARDED[i].row {
            j += 1;
        }
        next[i] = if j < next.len() { j as u8 + 1 } else { 0 };
        i += 1;
    }
    next
};

/// A slot, and the accumulator that an instruction leaves it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    slot: i64,
    from: u8,
}

/// What an instruction leaves in an accumulator for the one that it goes on to, which is always the next one.
pub(super) fn left_by(op: Op, words: &[u16]) -> Option<Left> {
    if op.info().control != Control::Next {
        return None;
    }
    // The verifier sees to the last such operand, if there are several.
    let mut fields = op.info().fields.iter().rev();
    fields.find_map(|field| {
        let (_, from) = ROLES.into_iter().find(|(role, _)| *role == field.role)?;
        let slot = field_value(&words_le(words), field);
        Some(Left { slot, from })
    })
}

/// Roles of operands that are left in an accumulator, and which.
const ROLES: [(Role, u8); 3] = [
    (Role::DefAcc, INT),
    (Role::DefF64, F64),
    (Role::DefF32, F32),
];

/// The handler for an instruction behind one that leaves this, if it is not the one of its opcode.
pub(super) fn handler_at(
    code: &[u16],
    at: usize,
    op: Op,
    words: &[u16],
    left: Left,
) -> Option<Handler> {
    let entry = |place: u8| Some((place, FORWARDED.get(usize::from(place.checked_sub(1)?))?));
    let first = entry(*FIRST.get(op as usize)?);
    let mut handlers = core::iter::successors(first, |&(place, _)| {
        entry(*NEXT.get(usize::from(place) - 1)?)
    });
    let (own, fields) = (words_le(words), op.info().fields);
    let names = |field: &Field| field_value(&own, field) == left.slot;
    // What does two things one after the other may read what it has written.
    let mut written = fields
        .iter()
        .filter(|field| field.role.is_def() || field.role.is_mod());
    let is_one = op.info().control == Control::Next && written.clone().count() < 2;
    if !is_one && written.any(names) {
        return None;
    }
    let reads = |place: Place| {
        fields
            .iter()
            .any(|field| field.place == place && names(field))
    };
    let found = handlers.find(|(_, it)| it.from == left.from && reads(it.place))?;
    copies::choose(found.1.handlers, code, at, op, words)
}

/// The handlers of the list with the numbers of their rows.
#[cfg(test)]
pub(super) fn handlers() -> impl Iterator<Item = (u16, Handler)> {
    let rows = FORWARDED.iter();
    rows.flat_map(|it| it.handlers.iter().map(|&handler| (it.row, handler)))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use wrt_format::isa::{Charge, encode};

    /// The handler of an instruction with such operands behind one that leaves this.
    fn found(op: Op, operands: &[i64], slot: i64, from: u8) -> Option<usize> {
        let words = encode(op, operands).unwrap().map(u16::to_le);
        let words = &words[..usize::from(op.info().words)];
        handler_at(words, 0, op, words, Left { slot, from }).map(|handler| handler as usize)
    }

    #[test]
    fn each_operand_of_the_list_is_taken_from_its_accumulator_only() {
        let mut handlers = Vec::new();
        for it in FORWARDED {
            let op = Op::from_number(it.row).unwrap();
            let fields = op.info().fields;
            // Slots that differ, and offsets that short forms have.
            let operands: Vec<i64> = (1..).map(|i| 4 * i).take(fields.len()).collect();
            let at = fields.iter().position(|field| field.place == it.place);
            let slot = operands[at.unwrap()];
            let name = op.info().name;
            let is_left_out = !is_there(name);
            let handler = found(op, &operands, slot, it.from);
            let is_own = |found: usize| it.handlers.iter().any(|&own| own as usize == found);
            assert!(handler.is_some_and(is_own), "{name}");
            assert_eq!(found(op, &operands, 99, it.from), None, "{name}");
            let others = ROLES.into_iter().filter(|(_, from)| *from != it.from);
            for (_, from) in others {
                let handler = found(op, &operands, slot, from);
                assert!(is_left_out || !handler.is_some_and(is_own), "{name}");
            }
            handlers.extend(
                it.handlers
                    .iter()
                    .map(|&own| own as usize)
                    .filter(|_| !is_left_out),
            );
        }
        let count = handlers.len();
        handlers.sort_unstable();
        handlers.dedup();
        // Rows of equal code may be one.
        assert!(
            handlers.len() > count * 9 / 10,
            "{} of {count}",
            handlers.len()
        );
    }

    #[test]
    fn only_what_reads_slots_and_writes_single_ones_is_listed() {
        for it in FORWARDED {
            let info = Op::from_number(it.row).unwrap().info();
            let field = info.fields.iter().find(|field| field.place == it.place);
            assert_eq!(field.unwrap().role, Role::Use, "{}", info.name);
            assert!(it.place.byte > 0 && it.place.byte < 16, "{}", info.name);
            // What pauses half-way is gone on with by itself, whatever the accumulator holds then.
            let goes_on = matches!(info.control, Control::Next | Control::CondBranch);
            assert!(goes_on && info.charge == Charge::Zero, "{}", info.name);
            let spans = [Role::UseSpan, Role::DefSpan, Role::Results, Role::Window];
            let is_single = |role: Role| !role.is_pair() && !spans.contains(&role);
            assert!(info.fields.iter().all(|field| is_single(field.role)));
        }
    }

    #[test]
    fn what_an_instruction_has_written_itself_is_read_from_its_slot() {
        // The second move reads what the first one writes.
        let handler = |operands: &[i64]| found(Op::Mov2Short, operands, 5, INT);
        assert!(handler(&[1, 2, 3, 5]).is_some());
        assert!(handler(&[5, 2, 3, 5]).is_none());
        // What writes once has read before.
        assert!(found(Op::I32Eq, &[5, 5, 2], 5, INT).is_some());
        // A load that is compared with what was in its slot.
        assert!(found(Op::BrLoad32Eq, &[1, 2, 5, 0, 0], 5, INT).is_some());
        assert!(found(Op::BrLoad32Eq, &[5, 2, 5, 0, 0], 5, INT).is_none());
    }

    #[test]
    fn only_what_always_goes_on_to_the_next_instruction_leaves_something() {
        let left = |op: Op, operands: &[i64]| {
            let words = encode(op, operands).unwrap().map(u16::to_le);
            left_by(op, &words[..usize::from(op.info().words)])
        };
        let by = |slot, from| Some(Left { slot, from });
        assert_eq!(left(Op::I32Add, &[7, 1, 2]), by(7, INT));
        assert_eq!(left(Op::F64Add, &[7, 1, 2]), by(7, F64));
        assert_eq!(left(Op::F32Add, &[7, 1, 2]), by(7, F32));
        assert_eq!(left(Op::Store32, &[7, 1, 2]), None);
        assert_eq!(left(Op::Fuel, &[7]), None);
        assert_eq!(left(Op::BrLoad32Eq, &[7, 2, 5, 0, 0]), None);
    }
}
