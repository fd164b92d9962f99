//! What atomic instructions do to a world, for `ops`.

use wrt_format::trap::Trap;

use super::ops::Case;
use super::reference::read_modify_write;
use super::world::{World, read, write_bytes};

/// Carries an atomic instruction of this name without `atomic_` out.
pub(super) fn expect(
    name: &str,
    case: &Case<'_>,
    world: &mut World,
    before: &World,
) -> Result<(), Trap> {
    let (at, slot) = (case.address(before), |name| case.slot(before, name));
    let Some((width, operator)) = name.strip_prefix("rmw").and_then(|it| it.split_once('_')) else {
        let aligned = at.is_multiple_of(1 << case.raw("shift").unwrap());
        return aligned.then_some(()).ok_or(Trap::UnalignedAtomic);
    };
    let bytes = width.parse::<usize>().unwrap() / 8;
    if !at.is_multiple_of(bytes as u64) {
        return Err(Trap::UnalignedAtomic);
    }
    let old = read(world, at, bytes)?;
    let expected = case.has("expected").then(|| slot("expected"));
    let new = read_modify_write(operator, bytes, [old, slot("src")], expected);
    write_bytes(world, at, bytes, new)?;
    world.slots[case.raw("dst").unwrap() as usize] = old;
    Ok(())
}
