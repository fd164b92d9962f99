//! Copies of the commonest handlers, for direct threading.
//!
//! A processor foretells where the jump at a handler's end goes, by the address of the jump and by what ran before. What it can keep in mind of that seems to be enough for
//! small programs, and not for larger ones. So the commonest handlers are there 8, 16 or 32 times, and which of them an
//! instruction gets depends on what comes next: each jump then goes to few places, most of them to one, and little has to be kept in mind. (Replication, in: Ertl
//! and Gregg, "Optimizing indirect branch prediction accuracy in virtual machine interpreters", PLDI 2003.)
//!
//! The rows are those that most of the code of ten programs from package registries has, and that most often run in the programs that are tuned for and in 85 small
//! ones, both counted alike. Left out is what goes on to places that its code does not say, as returns do, and what has large handlers.
//!
//! Input: an instruction and the code around it. Output: the handler that takes the place of its own, if there is one.

use wrt_format::isa::{Control, OP_LIMIT, Op, Role, field, row_number};

use super::direct::operand;
use super::*;

/// Calls `$with` with its arguments and the rows that have 32, 16 and 8 handlers.
macro_rules! common_rows {
    ($with:ident! $($argument:tt)*) => {
        $with! {
            $($argument)*
            [
                br br_const br_i32_add_add_nz br_i32_add_ne_imm br_i32_add_nz_short br_i32_eq_acc_lhs_short br_i32_eq_imm_short
                br_i32_ne_acc_lhs_short br_load32_eq br_load32_eq_imm br_mov br_nz_acc_cond_short br_nz_short br_short br_z_acc_cond_short br_z_short
                call_tiny const_0 const_pool_short const_u16 const_u16_short const_u32 const_u32_short f32_mul_add fuel global_get_import global_step
                i32_add_acc_lhs_short i32_add_imm_short i32_add_imm_then_add_imm i32_add_imm_tiny i32_add_load_acc_lhs_short i32_add_short
                i32_and_acc_lhs_short i32_and_imm_acc_lhs_short i32_and_imm_short i32_mul_imm_short i32_or_acc_lhs_short i32_shl_imm_short
                i32_sub_short i64_shr_u_imm load32_at_short load32_index_acc_index_short load32_index_short load32_short load32_tiny load32_wrap
                load32_wrap_short load64_short load64_store_short load64_wrap load64_wrap_short load8_u_far load8_u_short load8_u_wrap mov2_short
                mov_then_call select_acc_cond_short select_short store32_acc_src_short store32_acc_src_tiny store32_short store32_tiny
                store8_imm_short
            ]
            [
                br_i32_add_add_ne br_i32_add_add_ne_imm br_i32_add_gt_u_imm br_i32_add_imm br_i32_add_ne_short br_i32_eq br_i32_ge_u_imm
                br_i32_gt_s_imm br_i32_gt_u_imm br_i32_le_s_acc_lhs br_i32_le_u br_i32_lt_s_acc_lhs br_i32_lt_u_acc_lhs br_i32_ne br_i32_ne_imm_short
                br_load32_ne br_load32_ne_imm br_mov2 const_1 f32_mul_add_acc_c f32_sub f64_add f64_lt f64_mul f64_mul_acc_lhs f64_sub fuel_more
                global_get_non_null_short global_set_tiny i32_add_imm_acc_lhs_short i32_add_imm_acc_lhs_tiny i32_add_imm_store i32_add_imm_then_call
                i32_add_mem_imm_short i32_eq i32_eq_imm i32_eq_imm_acc_lhs i32_lt_s i32_lt_s_imm i32_lt_u_imm_acc_lhs i32_mul_acc_lhs i32_mul_add
                i32_mul_imm_acc_lhs i32_or i32_or_imm_acc_lhs i32_shl_imm_acc_lhs_short i32_shr_u_imm_short i32_shr_u_imm_xor_acc_a i32_sub_acc_rhs
                i32_xor_acc_lhs i64_add_imm i64_add_imm_acc_lhs i64_eq_imm i64_mul_imm i64_shr_u_imm_acc_lhs load32_acc_addr_short load32_far
                load32_load32 load32_store_short load64_far load64_tiny load8_u_index load8_u_tiny load8_u_wrap_short mov3 mov_short
                mov_then_i32_add_imm store32_at_acc_src store32_imm_short store32_imm_tiny store32_index_acc_src store32_index_short store32_wrap
                store64_acc_src_short store64_imm_short store64_short store64_wrap store64_wrap_short store8_index_acc_src store8_wrap
            ]
            [
                br_i32_add_gt_s_imm br_i32_add_lt_u br_i32_add_nz br_i32_and_nz_imm br_i32_and_nz_imm_acc_lhs br_i32_eq_imm_acc_lhs_short
                br_i32_ge_s_imm br_i32_le_s br_i32_le_s_acc_rhs br_i32_le_s_imm br_i32_le_u_acc_lhs br_i32_le_u_acc_rhs br_i32_le_u_imm br_i32_lt_s
                br_i32_lt_s_imm br_i32_lt_s_imm_acc_lhs br_i32_lt_u br_i32_lt_u_acc_rhs br_i32_lt_u_imm br_i32_lt_u_imm_acc_lhs
                br_i32_ne_imm_acc_lhs_short br_i64_ne_imm_acc_lhs br_load32_ge_u br_load32_lt_u br_load8_u_eq_imm br_load8_u_ne_imm br_z const_ones
                f32_mul_acc_lhs f32_mul_add_acc_a f64_add_acc_lhs f64_add_load_wrap f64_add_load_wrap_acc_lhs f64_mul_add f64_mul_add_acc_a
                f64_mul_add_load_wrap f64_mul_add_load_wrap_acc_c f64_mul_load f64_sub_mul global_set_short i31_get_s_short i32_add_add
                i32_add_add_acc_a i32_add_imm_and_imm i32_add_imm_load i32_add_imm_store_acc_lhs i32_add_imm_then_load32 i32_add_load_short
                i32_add_then_add_imm i32_div_s i32_div_u i32_lt_u i32_lt_u_imm i32_rem_u i32_shl_add i32_shl_add_acc_b i32_shl_imm_xor
                i32_shl_imm_xor_acc_a i32_shr_s_imm_acc_lhs i32_shr_u_imm_acc_lhs i32_shr_u_imm_and_imm i32_shr_u_imm_xor_acc_c i32_sub_acc_lhs
                i32_sub_store i32_xor_mul_acc_a i64_add i64_add_acc_lhs i64_and_acc_lhs_short i64_and_imm i64_mul_acc_lhs i64_mul_add i64_or_acc_lhs
                load16_u load32_acc_addr_tiny load32_index_acc_addr_short load32_load32_acc_addr load32_masked_acc_index load32_scaled
                load32_scaled_acc_index load64_acc_addr load8_s_i32 load8_s_i32_index load8_u_acc_addr select_i32_eq_imm select_i32_lt_u
                select_i32_lt_u_acc_rhs store16_acc_src store32_acc_addr store32_at_short store32_far store32_scaled store32_wrap_short
                store64_facc_src store64_index_acc_src store8 store8_acc_src
            ]
        }
    };
}

/// The handlers of a copy, of rows that have at least so many.
macro_rules! copies_of {
    ($kind:ident 8 [$($most:ident)*] [$($more:ident)*] [$($some:ident)*]) => { copies_of! { $kind $($most)* $($more)* $($some)* } };
    ($kind:ident 16 [$($most:ident)*] [$($more:ident)*] [$($some:ident)*]) => { copies_of! { $kind $($most)* $($more)* } };
    ($kind:ident 32 [$($most:ident)*] [$($more:ident)*] [$($some:ident)*]) => { copies_of! { $kind $($most)* } };
    ($kind:ident $($name:ident)*) => {
        &[$(if is_there(stringify!($name)) { $kind::$name as Handler } else { Cold::illegal as Handler }),*]
    };
}

/// A kind for each copy, and a list of their handlers.
macro_rules! copies {
    ($($kind:ident $module:ident $number:literal $least:tt;)*) => {
        kinds! {$(
            /// The copy of this number.
            $module $kind { DIRECT: bool = true; COPY: u32 = $number; }
        )*}

        /// The copies beside the handler itself, each in the order of [`ROWS`], which begins with the rows that it has.
        pub(super) static COPIES: &[&[Handler]] = &[$(common_rows! { copies_of! $kind $least }),*];
    };
}
copies! {
    C1 c1 1 8; C2 c2 2 8; C3 c3 3 8; C4 c4 4 8; C5 c5 5 8;
    C6 c6 6 8; C7 c7 7 8; C8 c8 8 16; C9 c9 9 16; C10 c10 10 16;
    C11 c11 11 16; C12 c12 12 16; C13 c13 13 16; C14 c14 14 16; C15 c15 15 16;
    C16 c16 16 32; C17 c17 17 32; C18 c18 18 32; C19 c19 19 32; C20 c20 20 32;
    C21 c21 21 32; C22 c22 22 32; C23 c23 23 32; C24 c24 24 32; C25 c25 25 32;
    C26 c26 26 32; C27 c27 27 32; C28 c28 28 32; C29 c29 29 32; C30 c30 30 32;
    C31 c31 31 32;
}

/// The numbers of the rows, those with the most copies first.
macro_rules! numbers {
    ([$($most:ident)*] [$($more:ident)*] [$($some:ident)*]) => {
        pub(super) const ROWS: &[u16] = &[$(field::$most::op as u16,)* $(field::$more::op as u16,)* $(field::$some::op as u16,)*];
    };
}
common_rows! { numbers! }

/// For each opcode 1 more than the place of its row in [`ROWS`]; 0 where it has none.
static PLACES: [u8; OP_LIMIT] = {
    let mut of_row = [0; OP_LIMIT];
    let mut i = 0;
    while i < ROWS.len() {
        assert!(
            of_row[ROWS[i] as usize] == 0 && i < 255,
            "a row is there once"
        );
        of_row[ROWS[i] as usize] = i as u8 + 1;
        i += 1;
    }
    let mut places = [0; OP_LIMIT];
    let mut number = 0;
    while number < OP_LIMIT {
        if let Some(row) = row_number(number as u16) {
            places[number] = of_row[row as usize];
        }
        number += 1;
    }
    places
};

/// The handler for the instruction at word `at` of `code`, whole functions, if it is not the one of its opcode.
pub(super) fn handler_at(code: &[u16], at: usize, op: Op, words: &[u16]) -> Option<Handler> {
    let opcode = words.first().copied().map_or(0, u16::from_le);
    let place = usize::from(*PLACES.get(usize::from(opcode))?).checked_sub(1)?;
    // Most copies have rows with many only.
    let handlers = 1 + COPIES.iter().take_while(|copy| place < copy.len()).count();
    let copy = number_of(handlers, code, at, op, words).checked_sub(1)?;
    COPIES.get(copy)?.get(place).copied()
}

/// One of several handlers of an instruction.
pub(super) fn choose(
    handlers: &[Handler],
    code: &[u16],
    at: usize,
    op: Op,
    words: &[u16],
) -> Option<Handler> {
    handlers
        .get(number_of(handlers.len(), code, at, op, words))
        .copied()
}

/// The number of the handler, of so many, that an instruction gets.
fn number_of(handlers: usize, code: &[u16], at: usize, op: Op, words: &[u16]) -> usize {
    // The upper bits of a product depend on all of the number.
    let mixed = next_of(code, at, op, words).wrapping_mul(0x9e37_79b1) >> 16;
    mixed as usize % handlers.max(1)
}

/// A number for the instructions that the handler of this one goes on to, by what the table says: what follows it, where its label leads, what it calls.
fn next_of(code: &[u16], at: usize, op: Op, words: &[u16]) -> u32 {
    let row = |at: usize| {
        let opcode = code.get(at).copied().map(u16::from_le);
        opcode.and_then(row_number).map_or(0, u32::from)
    };
    let behind = at + words.len();
    // A branch goes on behind the `fuel` that it comes to.
    let label = operand(op, words, Role::is_label);
    let there = label.map_or(0, |label| row(at.wrapping_add_signed(label as isize) + 1));
    let here = match op.info().control {
        Control::CondBranch => row(behind + 1),
        Control::Branch => 0,
        Control::Call => operand(op, words, Role::is_defined_func).map_or(0, |func| func as u32),
        Control::Stub
        | Control::Enter
        | Control::Fuel
        | Control::Next
        | Control::Table
        | Control::TailCall
        | Control::Return
        | Control::Throw
        | Control::Trap => row(behind),
    };
    here.wrapping_mul(31).wrapping_add(there)
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// The handler of the first instruction of words that are those of a function.
    fn handler(code: &[u16]) -> Option<Handler> {
        let op = Op::from_number(code[0])?;
        let code: Vec<u16> = code.iter().map(|word| word.to_le()).collect();
        handler_at(&code, 0, op, &code[..op.info().words.into()])
    }

    #[test]
    fn rows_have_as_many_handlers_as_their_list_says() {
        let mut counts = [0; 33];
        for &row in ROWS {
            let place = usize::from(PLACES[usize::from(row)]) - 1;
            assert_eq!(ROWS[place], row);
            counts[1 + COPIES.iter().filter(|copy| place < copy.len()).count()] += 1;
        }
        assert_eq!((counts[32], counts[16], counts[8]), (64, 80, 96));
        assert_eq!(ROWS.len(), 240);
    }

    #[test]
    fn no_two_handlers_are_one() {
        let mut all: Vec<usize> = Vec::new();
        for copy in COPIES {
            for (&row, &handler) in ROWS.iter().zip(*copy) {
                let left_out = ptr_of(handler) == ptr_of(Cold::illegal);
                assert_eq!(
                    left_out,
                    !is_there(Op::from_number(row).unwrap().info().name)
                );
                all.extend((!left_out).then_some(ptr_of(handler)));
            }
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        // Rows of equal code may be one, in each copy by itself.
        assert!(all.len() > count * 9 / 10, "{} of {count}", all.len());
    }

    fn ptr_of(handler: Handler) -> usize {
        handler as usize
    }

    #[test]
    fn the_handler_depends_on_what_comes_next() {
        let add = [Op::I32AddShort as u16, 0x0201, 3];
        let before = |next: u16| handler(&[add[0], add[1], add[2], next, 0, 0]).map(ptr_of);
        let mut found: Vec<_> = ROWS.iter().map(|&next| before(next)).collect();
        found.sort_unstable();
        found.dedup();
        assert!(found.len() > 24, "{} handlers", found.len());
        // Its own is one of them.
        assert!(found.contains(&None));
        // Operands are nothing to it, and opcodes of one row are one.
        let other = [add[0], 0x0706, 9, Op::Fuel as u16, 0, 0];
        assert_eq!(handler(&other).map(ptr_of), before(Op::Fuel as u16 - 1));
    }

    #[test]
    fn a_branch_has_its_handler_by_both_ways_and_a_call_by_its_callee() {
        let fuel = Op::Fuel as u16;
        let branch = |op: Op, there: u16, here: u16| {
            let words = usize::from(op.info().words);
            let mut code = vec![0; words + 4];
            let label = op.info().fields.iter().find(|it| it.role == Role::Label16);
            code[0] = op as u16;
            assert!(wrt_format::isa::set_field(
                &mut code,
                label.unwrap(),
                words as i64 + 2
            ));
            code[words..].copy_from_slice(&[fuel, here, fuel, there]);
            handler(&code).map(ptr_of)
        };
        let different = |of: &dyn Fn(u16) -> Option<usize>| {
            let mut found: Vec<_> = ROWS.iter().map(|&row| of(row)).collect();
            found.sort_unstable();
            found.dedup();
            found.len()
        };
        let cond = Op::BrNzShort;
        assert!(different(&|row| branch(cond, row, fuel)) > 8);
        assert!(different(&|row| branch(cond, fuel, row)) > 8);
        assert!(different(&|row| branch(Op::BrShort, row, fuel)) > 8);
        assert_eq!(different(&|row| branch(Op::BrShort, fuel, row)), 1);
        let info = Op::MovThenCall.info();
        let callee = (info.fields.iter()).find(|it| it.role.is_defined_func());
        let call = |func: u16| {
            let mut code = vec![0; usize::from(info.words) + 1];
            code[0] = info.op as u16;
            assert!(wrt_format::isa::set_field(
                &mut code,
                callee.unwrap(),
                func.into()
            ));
            handler(&code).map(ptr_of)
        };
        assert!(different(&call) > 8);
    }

    #[test]
    fn what_has_handlers_for_a_processor_or_goes_anywhere_has_no_copies() {
        let rows = ROWS.iter().map(|&row| Op::from_number(row).unwrap().info());
        for info in rows {
            let leaves = matches!(
                info.control,
                Control::Table | Control::Return | Control::TailCall | Control::Throw
            );
            let is_vector = info.fields.iter().any(|field| field.role.is_pair());
            assert!(
                !leaves && !is_vector && !info.name.contains("indirect"),
                "{}",
                info.name
            );
        }
    }
}
