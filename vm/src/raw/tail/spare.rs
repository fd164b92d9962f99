//! A register for one more address. Directly threaded handlers have the start of memory 0 there, since the register for it leads to the next handler: to read it
//! from the context is a load more for each access, and loads are most of what a handler does.
//!
//! Where registers for integers are used up by six arguments, as on x86-64, it is one for floats.

/// What the register holds.
#[cfg(target_arch = "x86_64")]
pub(in crate::raw) type Spare = f64;
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::raw) type Spare = u64;

/// The address as what is kept there.
#[inline(always)]
pub(in crate::raw) fn from_address(address: *mut u8) -> Spare {
    let bits = address.expose_provenance() as u64;
    #[cfg(target_arch = "x86_64")]
    let bits = f64::from_bits(bits);
    bits
}

/// The address of what [`from_address`] has made.
#[inline(always)]
pub(super) fn address(spare: Spare) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    let spare = spare.to_bits();
    core::ptr::with_exposed_provenance_mut(spare as usize)
}

/// Directly threaded handlers that read the address from the context all the same: that takes a byte less, and with the register they would be longer than
/// a cache line, which costs more than the load.
#[cfg(wrt_direct)]
const LONG: &[&str] = &[
    "br_load32_ne_imm",
    "f32_add_store",
    "f32_mul_store",
    "f32_sub_store",
    "f64_add_load_wrap",
    "f64_mul_add_load_acc_c",
    "f64_mul_add_load_wrap_acc_a",
    "f64_mul_load_wrap",
    "i32_mul_add_load_wrap",
    "i32_mul_add_load_wrap_acc_c",
    "load16x4_s",
    "load32_load64",
    "load32x2_s",
    "store16_scaled",
];

/// Whether the handler of this name is one of them.
#[cfg(wrt_direct)]
pub(super) const fn leaves_alone(name: &str) -> bool {
    let mut i = 0;
    while cfg!(target_arch = "x86_64") && i < LONG.len() {
        if is_same(LONG[i].as_bytes(), name.as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(wrt_direct)]
const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back() {
        let mut byte = 7_u8;
        let there = &raw mut byte;
        for at in [there, core::ptr::null_mut()] {
            assert_eq!(address(from_address(at)), at);
        }
        // SAFETY: the address of a byte that lives.
        assert_eq!(unsafe { *address(from_address(there)) }, 7);
    }

    #[cfg(wrt_direct)]
    #[test]
    fn long_handlers_are_of_rows_that_work_on_memory() {
        let is_row = |name: &str| {
            let row = wrt_format::isa::INFO.iter().find(|row| row.name == name);
            row.is_some_and(|row| row.memory_zero)
        };
        assert!(LONG.iter().all(|name| is_row(name)));
        let is_found = |name| leaves_alone(name) == cfg!(target_arch = "x86_64");
        assert!(LONG.iter().all(|name| is_found(name)));
        assert!(!leaves_alone("load32") && !leaves_alone("store16_scaled_") && !leaves_alone(""));
    }
}
