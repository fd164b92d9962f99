//! Loads and stores: an address form times a kind of access.
//!
//! Address forms, all checked: `addr + offset` (near and `_far`), `wrap(addr + k) + offset` (`_wrap`),
//! `wrap(addr + (index << shift)) + offset` (`_index`), the same without `addr` (`_scaled`), all in memory 0 and as wide as its addresses
//! (`raw/address.rs`); and `_mem`, any memory.

use wrt_format::isa::Place;
use wrt_format::trap::Trap;

use crate::raw::state::{Ctl, State};

/// An access out of bounds.
pub(super) const OUT: Ctl = Ctl::Trap(Trap::MemoryOutOfBounds);

/// `addr + offset`.
#[inline(always)]
pub(super) fn near(s: &State, addr: u64, offset: Place) -> u64 {
    s.beyond(addr, s.half(offset).into())
}

/// A signed number that is added to an address.
#[inline(always)]
pub(super) fn step(k: impl Into<i64>) -> u64 {
    k.into() as u64
}

/// `wrap(addr + k)`.
#[inline(always)]
pub(super) fn wrapped(s: &State, addr: Place, k: Place) -> u64 {
    s.wrap(s.address(addr).wrapping_add(step(s.imm_s32(k))))
}

/// `wrap(addr + (index << shift))`.
#[inline(always)]
pub(super) fn indexed(s: &State, addr: u64, index: u64, shift: Place) -> u64 {
    s.wrap(addr.wrapping_add(s.scale(index, shift)))
}

/// `wrap(addr + index)`.
#[inline(always)]
pub(super) fn summed(s: &State, addr: Place, index: Place) -> u64 {
    s.wrap(s.address(addr).wrapping_add(s.address(index)))
}

macro_rules! loads {
    ($($raw:ty, |$value:ident| $extend:expr;
       $near:ident $(| $near_short:ident)* $far:ident $wrap:ident $(| $wrap_short:ident)? $index:ident $(| $index_short:ident)? $mem:ident;)*) => { handlers! {$(
        fn $near $(| $near_short)* (s, at) {
            let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        fn $far(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        fn $wrap $(| $wrap_short)? (s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), s.offset(at::offset));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        fn $index $(| $index_short)? (s, at) {
            let ea = s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        fn $mem(s, at) {
            let bytes = s.load_any(at::mem, at::addr, s.imm_u32(at::offset));
            loads!(@finish s, at, bytes, $raw, |$value| $extend)
        }
    )*} };
    (@finish $s:ident, $at:ident, $bytes:expr, $raw:ty, |$value:ident| $extend:expr) => {
        match $bytes {
            Some(bytes) => {
                let $value = <$raw>::from_le_bytes(bytes);
                $s.set64($at::dst, $extend);
                Ctl::Next
            }
            None => OUT,
        }
    };
}

loads! {
    u8, |v| u64::from(v); load8_u | load8_u_short | load8_u_tiny load8_u_far load8_u_wrap | load8_u_wrap_short load8_u_index load8_u_mem;
    i8, |v| u64::from(v as u32); load8_s_i32 load8_s_i32_far load8_s_i32_wrap load8_s_i32_index load8_s_i32_mem;
    i8, |v| v as u64; load8_s_i64 load8_s_i64_far load8_s_i64_wrap load8_s_i64_index load8_s_i64_mem;
    u16, |v| u64::from(v); load16_u load16_u_far load16_u_wrap load16_u_index load16_u_mem;
    i16, |v| u64::from(v as u32); load16_s_i32 load16_s_i32_far load16_s_i32_wrap load16_s_i32_index load16_s_i32_mem;
    i16, |v| v as u64; load16_s_i64 load16_s_i64_far load16_s_i64_wrap load16_s_i64_index load16_s_i64_mem;
    u32, |v| u64::from(v); load32 | load32_short | load32_tiny load32_far load32_wrap | load32_wrap_short load32_index | load32_index_short load32_mem;
    i32, |v| v as u64; load32_s_i64 load32_s_i64_far load32_s_i64_wrap load32_s_i64_index load32_s_i64_mem;
    u64, |v| v; load64 | load64_short | load64_tiny load64_far load64_wrap | load64_wrap_short load64_index load64_mem;
}

macro_rules! stores {
    ($($raw:ty; $near:ident $(| $near_short:ident)* $far:ident $wrap:ident $(| $wrap_short:ident)? $index:ident $(| $index_short:ident)? $mem:ident;)*) => { handlers! {$(
        fn $near $(| $near_short)* (s, at) {
            let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        fn $far(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        fn $wrap $(| $wrap_short)? (s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), s.offset(at::offset));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        fn $index $(| $index_short)? (s, at) {
            let ea = s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        fn $mem(s, at) {
            let bytes = (s.get64(at::src) as $raw).to_le_bytes();
            if s.store_any(at::mem, at::addr, s.imm_u32(at::offset), bytes) { Ctl::Next } else { OUT }
        }
    )*} };
}

stores! {
    u8; store8 store8_far store8_wrap store8_index store8_mem;
    u16; store16 store16_far store16_wrap store16_index store16_mem;
    u32; store32 | store32_short | store32_tiny store32_far store32_wrap | store32_wrap_short store32_index | store32_index_short store32_mem;
    u64; store64 | store64_short store64_far store64_wrap | store64_wrap_short store64_index store64_mem;
}

macro_rules! store_imm {
    ($($name:ident $(| $short:ident)* => $raw:ty;)*) => { handlers! {$(
        fn $name $(| $short)* (s, at) {
            let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
            if s.store(ea, (s.imm_s16(at::imm) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
    )*} };
}

store_imm! {
    store8_imm | store8_imm_short => u8;
    store32_imm | store32_imm_short | store32_imm_tiny => u32;
    store64_imm | store64_imm_short => u64;
}

macro_rules! load_acc {
    ($($raw:ty, |$value:ident| $extend:expr; $near:ident $(| $near_short:ident)* [$($by_addr:ident $(| $addr_short:ident)? $by_index:ident $(| $index_short:ident)?)?];)*) => { handlers! {$(
        fn $near $(| $near_short)* (s, at) {
            let ea = s.beyond(s.acc_address(at::addr), s.offset(at::offset));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        $(fn $by_addr $(| $addr_short)? (s, at) {
            let ea = s.beyond(indexed(s, s.acc_address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        fn $by_index $(| $index_short)? (s, at) {
            let ea = s.beyond(indexed(s, s.address(at::addr), s.acc_address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        })?
    )*} };
}

load_acc! {
    u8, |v| u64::from(v); load8_u_acc_addr [load8_u_index_acc_addr load8_u_index_acc_index];
    i8, |v| u64::from(v as u32); load8_s_i32_acc_addr [];
    u16, |v| u64::from(v); load16_u_acc_addr [load16_u_index_acc_addr load16_u_index_acc_index];
    i16, |v| u64::from(v as u32); load16_s_i32_acc_addr [];
    u32, |v| u64::from(v); load32_acc_addr | load32_acc_addr_short | load32_acc_addr_tiny [load32_index_acc_addr | load32_index_acc_addr_short load32_index_acc_index | load32_index_acc_index_short];
    u64, |v| v; load64_acc_addr [load64_index_acc_addr load64_index_acc_index];
}

macro_rules! store_acc {
    ($($raw:ty; $addr:ident $src:ident $(| $src_short:ident)* [$($index:ident)?];)*) => { handlers! {$(
        fn $addr(s, at) {
            let ea = s.beyond(s.acc_address(at::addr), s.offset(at::offset));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        fn $src $(| $src_short)* (s, at) {
            let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
            if s.store(ea, (s.acc64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        $(fn $index(s, at) {
            let ea = s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            if s.store(ea, (s.acc64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        })?
    )*} };
}

store_acc! {
    u8; store8_acc_addr store8_acc_src [store8_index_acc_src];
    u16; store16_acc_addr store16_acc_src [];
    u32; store32_acc_addr store32_acc_src | store32_acc_src_short | store32_acc_src_tiny [store32_index_acc_src];
    u64; store64_acc_addr store64_acc_src | store64_acc_src_short [store64_index_acc_src];
}

handlers! {
    fn store32_facc_src(s, at) {
        let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
        if s.store(ea, s.acc_f32(at::src).to_le_bytes()) { Ctl::Next } else { OUT }
    }
    fn store64_facc_src(s, at) {
        let ea = s.beyond(s.address(at::addr), s.offset(at::offset));
        if s.store(ea, s.acc_f64(at::src).to_le_bytes()) { Ctl::Next } else { OUT }
    }
}

macro_rules! load_scaled {
    ($($raw:ty, |$value:ident| $extend:expr; $name:ident $($by_acc:ident)?;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        }
        $(fn $by_acc(s, at) {
            let ea = s.beyond(s.scale(s.acc_address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load(ea), $raw, |$value| $extend)
        })?
    )*} };
}

load_scaled! {
    u16, |v| u64::from(v); load16_u_scaled load16_u_scaled_acc_index;
    i16, |v| u64::from(v as u32); load16_s_i32_scaled;
    u32, |v| u64::from(v); load32_scaled load32_scaled_acc_index;
    u64, |v| v; load64_scaled load64_scaled_acc_index;
}

macro_rules! store_scaled {
    ($($raw:ty; $name:ident $($by_acc:ident)?;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            if s.store(ea, (s.get64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        }
        $(fn $by_acc(s, at) {
            let ea = s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            if s.store(ea, (s.acc64(at::src) as $raw).to_le_bytes()) { Ctl::Next } else { OUT }
        })?
    )*} };
}

store_scaled! {
    u16; store16_scaled;
    u32; store32_scaled store32_scaled_acc_src;
    u64; store64_scaled store64_scaled_acc_src;
}
