//! What an image for debugging says beside its code: steps, homes of locals, symbols.
//!
//! Input: [`ValidModule`] and the [`Code`] of its functions, built for debugging. Output: [`DebugSpec`], from which the section DEBUG is
//! written. What custom sections say (names, DWARF) is nobody's promise: where it makes no sense it is left out, never an error.

mod custom;
mod dwarf;
mod elf;
mod names;
mod places;
mod symbols;

use wrt_format::image::debug::Home;
use wrt_format::image::types::{ValType, val};
use wrt_format::image::write::DebugSpec;

use crate::emit::Code;
use crate::error::Error;
use crate::options::Report;
use crate::wasm::ValidModule;

/// Describes the functions, and reports what their DWARF came to. `image_type` makes a value type of the module one of the image.
pub(crate) fn describe(
    module: &ValidModule<'_>,
    codes: &[Code],
    image_type: impl Fn(ValType) -> ValType,
    report: &mut Report,
) -> Result<DebugSpec, Error> {
    let mut spec = DebugSpec::default();
    for (body_idx, code) in (0..).zip(codes) {
        spec.steps.push(code.steps.clone());
        let mut homes = Vec::new();
        if let Some(first) = code.homes {
            let mut slot = u32::from(first);
            for ty in module.local_types(body_idx)? {
                homes.push(Home {
                    slot,
                    ty: image_type(ty),
                });
                slot += if ty == val::V128 { 2 } else { 1 };
            }
        }
        spec.homes.push(homes);
    }
    let file = symbols::file(module, codes)?;
    report.dwarf_bytes = file.dwarf_bytes;
    report.dwarf_functions = file.dwarf_functions;
    spec.symbols = file.bytes;
    Ok(spec)
}

#[cfg(test)]
mod tests;
