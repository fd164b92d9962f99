//! The section DEBUG, whose layout is described at `image/debug`.

use alloc::vec::Vec;

use super::spec::{ModuleSpec, WriteError};
use crate::image::debug::Home;
use crate::isa::PROLOGUE;

/// The bytes; none for an image that is not for debugging.
pub(super) fn section(module: &ModuleSpec) -> Result<Vec<u8>, WriteError> {
    let Some(debug) = &module.debug else {
        return Ok(Vec::new());
    };
    let mut steps = Vec::new();
    let (mut starts, mut homes) = (Vec::new(), Vec::<&Home>::new());
    let mut start = PROLOGUE.len();
    for (i, func) in module.funcs.iter().enumerate() {
        let first = u32::try_from(start).map_err(|_| WriteError::TooLarge)?;
        let own = debug.steps.get(i).into_iter().flatten();
        steps.extend(own.map(|&(word, offset)| (first.saturating_add(word), offset)));
        starts.push(homes.len());
        homes.extend(debug.homes.get(i).into_iter().flatten());
        start += func.code.len();
    }
    starts.push(homes.len());
    let mut by_offset: Vec<usize> = (0..steps.len()).collect();
    by_offset.sort_by_key(|&i| (steps[i].1, i));

    let count = |value: usize| u32::try_from(value).map_err(|_| WriteError::TooLarge);
    let mut words = Vec::new();
    words.extend([
        count(steps.len())?,
        count(module.funcs.len())?,
        count(homes.len())?,
    ]);
    words.extend(steps.iter().flat_map(|&(word, offset)| [word, offset]));
    for number in by_offset.into_iter().chain(starts) {
        words.push(count(number)?);
    }
    for home in homes {
        words.extend([home.slot, u32::from_le_bytes(home.ty.to_bytes())]);
    }
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.extend_from_slice(&debug.symbols);
    Ok(bytes)
}
