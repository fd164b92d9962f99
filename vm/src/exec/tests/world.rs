//! What an instruction can change: slots, memory, the way that control goes; and values to try.

use std::vec::Vec;

use wrt_format::trap::Trap;

use super::Random;

/// What a run left behind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct World {
    pub(super) slots: Vec<u64>,
    pub(super) memory: Vec<u8>,
    /// Whether the memory has 64-bit addresses.
    pub(super) is_wide: bool,
    /// 1 if a branch was taken, 2 if not, 0 for other instructions.
    pub(super) taken: u64,
}

impl World {
    /// A sum of addresses and signed numbers, in the width of addresses.
    pub(super) fn wrap(&self, sum: u64) -> u64 {
        if self.is_wide { sum } else { sum % (1 << 32) }
    }
}

/// The bytes of an access, or the trap.
pub(super) fn access(world: &mut World, at: u64, bytes: usize) -> Result<&mut [u8], Trap> {
    let start = usize::try_from(at).map_err(|_| Trap::MemoryOutOfBounds)?;
    world
        .memory
        .get_mut(start..start.saturating_add(bytes))
        .ok_or(Trap::MemoryOutOfBounds)
}

pub(super) fn read(world: &mut World, at: u64, bytes: usize) -> Result<u64, Trap> {
    let mut value = [0; 8];
    value[..bytes].copy_from_slice(access(world, at, bytes)?);
    Ok(u64::from_le_bytes(value))
}

pub(super) fn write_bytes(
    world: &mut World,
    at: u64,
    bytes: usize,
    value: u64,
) -> Result<(), Trap> {
    access(world, at, bytes)?.copy_from_slice(&value.to_le_bytes()[..bytes]);
    Ok(())
}

/// Values that make something special happen, and random ones.
pub(super) fn value(random: &mut Random, bits: u32) -> u64 {
    const EDGES: [u64; 12] = [0, 1, 2, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x8000, 0x7fff];
    let sign = 1_u64 << (bits - 1);
    match random.next() % 8 {
        0 => EDGES[random.next() as usize % EDGES.len()],
        1 => (EDGES[random.next() as usize % EDGES.len()]).wrapping_neg(),
        2 => sign.wrapping_sub(random.next() % 3).wrapping_add(1),
        3 => f64::from(random.next() as i32 >> (random.next() % 32)).to_bits(),
        4 => u64::from((random.next() as i32 as f32 / 16.0).to_bits()),
        5 => [f64::NAN, f64::INFINITY, -0.0, -1.5][random.next() as usize % 4].to_bits(),
        6 => u64::from(
            [f32::NAN, f32::NEG_INFINITY, -0.0, 2.5][random.next() as usize % 4].to_bits(),
        ),
        _ => random.next(),
    }
}
