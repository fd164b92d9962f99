//! Clocks.

use crate::errno::Errno;
use crate::mem::Memory;
use crate::wasi::Wasi;

pub(crate) fn clock_res_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    id: u32,
    resolution: u32,
) -> Result<(), Errno> {
    mem.write_u64(resolution, wasi.clock.resolution(id)?)
}

/// The precision that the guest asks for is the best there is in any case.
pub(crate) fn clock_time_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    id: u32,
    _precision: u64,
    time: u32,
) -> Result<(), Errno> {
    mem.check(time, 8)?;
    mem.write_u64(time, wasi.clock.now(id)?)
}
