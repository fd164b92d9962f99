//! Blocks, branches, and the words that are no instructions.

use crate::raw::ctx::Stop;
use crate::raw::state::Ctl;

handlers! {
    /// Calls continue behind it.
    fn enter(_s, at) {
        Ctl::Exit(Stop::Illegal)
    }
    /// Returns read it.
    fn stub_call(_s, at) {
        Ctl::Exit(Stop::Illegal)
    }
    fn fuel(s, at) {
        s.enter_block()
    }
    fn fuel_more(s, at) {
        let cost = s.half(at::cost).into();
        if s.pay(cost) { Ctl::Next } else { Ctl::Exit(Stop::OutOfFuel) }
    }
    fn br | br_short(s, at) {
        s.branch(s.imm_s16(at::label).into(), at::words)
    }
    fn br_far(s, at) {
        s.branch(s.imm_s32(at::label), at::words)
    }
    fn br_nz | br_nz_short(s, at) {
        s.branch_if(s.get32(at::cond) != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_z | br_z_short(s, at) {
        s.branch_if(s.get32(at::cond) == 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br64_nz | br64_nz_short(s, at) {
        s.branch_if(s.get64(at::cond) != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br64_z | br64_z_short(s, at) {
        s.branch_if(s.get64(at::cond) == 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_nz_acc_cond | br_nz_acc_cond_short(s, at) {
        s.branch_if(s.acc32(at::cond) != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_z_acc_cond | br_z_acc_cond_short(s, at) {
        s.branch_if(s.acc32(at::cond) == 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br64_nz_acc_cond(s, at) {
        s.branch_if(s.acc64(at::cond) != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br64_z_acc_cond(s, at) {
        s.branch_if(s.acc64(at::cond) == 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_table(s, at) {
        s.branch_table(s.get32(at::index), s.imm_u32(at::n), at::words)
    }
    fn br_table_short(s, at) {
        s.branch_table_near(s.get32(at::index), s.imm_u32(at::n), at::words)
    }
    fn br_table_acc_index_short(s, at) {
        s.branch_table_near(s.acc32(at::index), s.imm_u32(at::n), at::words)
    }
    fn br_table_acc_index(s, at) {
        s.branch_table(s.acc32(at::index), s.imm_u32(at::n), at::words)
    }
}
