//! The part of the instruction table for atomic accesses, see `ops.rs`.
//!
//! An engine runs one guest thread at a time and changes threads only where a run is left: at a block's start, at a bulk operation, at a
//! wait. So an access is atomic by itself, and all that it has beyond a plain one is the check of its alignment. `mem` is any memory.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! atomic_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Plain accesses follow this check where they are to be atomic ones.
            0x0740 atomic_check AtomicCheck { addr: Use, offset: ImmU16, shift: Shift } Next fuel Zero "trap unless addr + offset is a multiple of 1 << shift";

            // Read, modify, write. The width is that of the memory; what is read is zero-extended.
            0x0741 atomic_rmw8_add AtomicRmw8Add { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(old + src); dst = old; traps if not aligned";
            0x0742 atomic_rmw16_add AtomicRmw16Add { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(old + src); dst = old; traps if not aligned";
            0x0743 atomic_rmw32_add AtomicRmw32Add { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(old + src); dst = old; traps if not aligned";
            0x0744 atomic_rmw64_add AtomicRmw64Add { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(old + src); dst = old; traps if not aligned";
            0x0745 atomic_rmw8_sub AtomicRmw8Sub { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(old - src); dst = old; traps if not aligned";
            0x0746 atomic_rmw16_sub AtomicRmw16Sub { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(old - src); dst = old; traps if not aligned";
            0x0747 atomic_rmw32_sub AtomicRmw32Sub { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(old - src); dst = old; traps if not aligned";
            0x0748 atomic_rmw64_sub AtomicRmw64Sub { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(old - src); dst = old; traps if not aligned";
            0x0749 atomic_rmw8_and AtomicRmw8And { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(old & src); dst = old; traps if not aligned";
            0x074a atomic_rmw16_and AtomicRmw16And { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(old & src); dst = old; traps if not aligned";
            0x074b atomic_rmw32_and AtomicRmw32And { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(old & src); dst = old; traps if not aligned";
            0x074c atomic_rmw64_and AtomicRmw64And { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(old & src); dst = old; traps if not aligned";
            0x074d atomic_rmw8_or AtomicRmw8Or { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(old | src); dst = old; traps if not aligned";
            0x074e atomic_rmw16_or AtomicRmw16Or { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(old | src); dst = old; traps if not aligned";
            0x074f atomic_rmw32_or AtomicRmw32Or { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(old | src); dst = old; traps if not aligned";
            0x0750 atomic_rmw64_or AtomicRmw64Or { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(old | src); dst = old; traps if not aligned";
            0x0751 atomic_rmw8_xor AtomicRmw8Xor { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(old ^ src); dst = old; traps if not aligned";
            0x0752 atomic_rmw16_xor AtomicRmw16Xor { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(old ^ src); dst = old; traps if not aligned";
            0x0753 atomic_rmw32_xor AtomicRmw32Xor { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(old ^ src); dst = old; traps if not aligned";
            0x0754 atomic_rmw64_xor AtomicRmw64Xor { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(old ^ src); dst = old; traps if not aligned";
            0x0755 atomic_rmw8_xchg AtomicRmw8Xchg { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); mem[addr + offset] = u8(src); dst = old; traps if not aligned";
            0x0756 atomic_rmw16_xchg AtomicRmw16Xchg { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); mem[addr + offset] = u16(src); dst = old; traps if not aligned";
            0x0757 atomic_rmw32_xchg AtomicRmw32Xchg { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); mem[addr + offset] = u32(src); dst = old; traps if not aligned";
            0x0758 atomic_rmw64_xchg AtomicRmw64Xchg { dst: Def, addr: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); mem[addr + offset] = u64(src); dst = old; traps if not aligned";
            0x0759 atomic_rmw8_cmpxchg AtomicRmw8Cmpxchg { dst: Def, addr: Use, expected: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u8(mem[addr + offset]); dst = old; if old == u8(expected) mem[addr + offset] = u8(src); traps if not aligned";
            0x075a atomic_rmw16_cmpxchg AtomicRmw16Cmpxchg { dst: Def, addr: Use, expected: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u16(mem[addr + offset]); dst = old; if old == u16(expected) mem[addr + offset] = u16(src); traps if not aligned";
            0x075b atomic_rmw32_cmpxchg AtomicRmw32Cmpxchg { dst: Def, addr: Use, expected: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u32(mem[addr + offset]); dst = old; if old == u32(expected) mem[addr + offset] = u32(src); traps if not aligned";
            0x075c atomic_rmw64_cmpxchg AtomicRmw64Cmpxchg { dst: Def, addr: Use, expected: Use, src: Use, offset: ImmU32, mem: Mem } Next fuel Zero "old = u64(mem[addr + offset]); dst = old; if old == u64(expected) mem[addr + offset] = u64(src); traps if not aligned";

            // Waiting. The run is left, and goes on behind the instruction when the thread is woken.
            0x075d atomic_wait32 AtomicWait32 { dst: Def, addr: Use, expected: Use, timeout: Use, offset: ImmU32, mem: Mem } Next fuel Zero "if u32(mem[addr + offset]) != u32(expected) dst = 1, else wait: dst = 0 when notified, 2 when timeout nanoseconds are over; traps if not aligned or not shared";
            0x075e atomic_wait64 AtomicWait64 { dst: Def, addr: Use, expected: Use, timeout: Use, offset: ImmU32, mem: Mem } Next fuel Zero "if u64(mem[addr + offset]) != u64(expected) dst = 1, else wait: dst = 0 when notified, 2 when timeout nanoseconds are over; traps if not aligned or not shared";
            0x075f atomic_notify AtomicNotify { dst: Def, addr: Use, count: Use, offset: ImmU32, mem: Mem } Next fuel Zero "dst = threads woken, at most u32(count), of those that wait at mem[addr + offset]; traps if not aligned";
        }
    };
}
