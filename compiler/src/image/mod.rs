//! Archiving: from the module and the code of its functions to the bytes of an image.
//!
//! Input: [`ValidModule`] and one [`Code`] for each defined function. Output: the image, which depends on nothing else but the options.
//! What functions could not know of each other is settled here: constants of all functions go to one pool, in which each occurs once,
//! in the order of the code; function types that are equal become one, and the code's type indices follow.

mod spec;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use wrt_format::image::features;
use wrt_format::image::write::{FuncSpec, ImageSpec, WriteError, write};
use wrt_format::isa::{Control, Field, Op, Role, field_value, instructions, set_field};

use crate::debug;
use crate::emit::Code;
use crate::error::Error;
use crate::wasm::ValidModule;
use crate::{Options, Report};

/// Builds the image of one module, and reports what DWARF came to. `codes[i]` is the code of the defined function `i`.
///
/// # Errors
/// `TooLarge` if a part of the image exceeds what its fields can count; internal if `codes` do not fit the module.
pub fn archive(
    module: &ValidModule<'_>,
    codes: Vec<Code>,
    options: &Options<'_>,
    report: &mut Report,
) -> Result<Vec<u8>, Error> {
    if codes.len() != module.body_count() as usize {
        return Err(Error::internal("not every function has code"));
    }
    let types = spec::Types::new(module);
    let mut out = spec::module(module, &types, options.strip);
    if options.debug {
        let spec = debug::describe(module, &codes, |ty| types.value(ty), report)?;
        out.debug = Some(spec);
    }
    let mut pool = Pool::default();
    for (body_idx, mut code) in (0u32..).zip(codes) {
        let func_idx = module.body_func_idx(body_idx);
        let named = code
            .relocate(|constants| pool.index(constants))
            .and_then(|()| {
                let named = Named::by(&code.words);
                relocate_types(&mut code.words, &named.types, &types)?;
                Ok(named)
            })
            .map_err(|error| error.in_func(func_idx, module.func_name(func_idx)))?;
        if named.calls_last {
            out.features |= features::TAIL_CALL;
        }
        out.counts_datas |= named.datas;
        out.funcs.push(FuncSpec {
            type_idx: types.index(module.funcs[func_idx as usize]),
            frame: code.frame,
            refs: code.refs,
            code: code.words,
        });
        out.handlers.push(code.handlers);
        out.around.push(code.around);
        if !options.strip {
            let shifted = |offset: u32| {
                let shifted = i64::from(offset) + options.offset_shift;
                shifted.clamp(0, u32::MAX.into()) as u32
            };
            let lines = code.lines.into_iter();
            let lines = lines.map(|(word, offset)| (word, shifted(offset)));
            out.lines.push(lines.collect());
            let mut inlined = code.inlined;
            inlined.end = shifted(inlined.end);
            for row in &mut inlined.copies {
                row.body = shifted(row.body);
            }
            out.inlined.push(inlined);
        }
    }
    out.pool = pool.values;
    let image = ImageSpec {
        modules: vec![out],
        build_id: build_id(module.wasm, options),
    };
    write(&image).map_err(|error| {
        if error == WriteError::TooLarge {
            Error::too_large("bytes of the image", 1 << 31)
        } else if error == WriteError::TooManySlots {
            let limit = u16::MAX.into();
            Error::too_large("parameters or results of a function type", limit)
        } else {
            Error::internal(error.to_string())
        }
    })
}

/// Tells builds apart: the same for the same input and options, and hardly ever for others.
fn build_id(wasm: &[u8], options: &Options<'_>) -> u64 {
    let mut hash = Sha256::new()
        .chain_update(wasm)
        .chain_update([options.opt_level as u8
            | (options.canonical_nans as u8) << 7
            | (options.debug as u8) << 6]);
    if let Some(profile) = options.profile {
        profile.for_each_row(|row| hash.update(row));
    }
    let hash = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(first)
}

/// The constants of a module, each once.
#[derive(Default)]
struct Pool {
    values: Vec<u64>,
    index_of: HashMap<(u64, Option<u64>), u32>,
}

impl Pool {
    /// Where one constant is, or two one after the other.
    fn index(&mut self, constants: &[u64]) -> u32 {
        let key = (constants[0], constants.get(1).copied());
        *self.index_of.entry(key).or_insert_with(|| {
            let index = self.values.len() as u32;
            self.values.extend_from_slice(constants);
            index
        })
    }
}

/// What the instructions of a function name.
#[derive(Default)]
struct Named {
    /// The operands that are types: index of the instruction, and which.
    types: Vec<(usize, &'static Field)>,
    /// Whether there are tail calls.
    calls_last: bool,
    /// Whether there are data segments.
    datas: bool,
}

impl Named {
    fn by(words: &[u16]) -> Self {
        let mut named = Self::default();
        for (at, op, _) in instructions(words) {
            let Some(info) = op.map(Op::info) else {
                continue;
            };
            named.calls_last |= info.control == Control::TailCall;
            for field in info.fields {
                named.datas |= field.role == Role::Data;
                if field.role.is_type() {
                    named.types.push((at, field));
                }
            }
        }
        named
    }
}

/// Replaces the module's type indices in instructions by the image's.
fn relocate_types(
    words: &mut [u16],
    named: &[(usize, &'static Field)],
    types: &spec::Types,
) -> Result<(), Error> {
    for &(at, field) in named {
        let old = field_value(&words[at..], field);
        let new = types.checked_index(old as u32);
        let new = new.ok_or_else(|| Error::internal("no such type"))?;
        if !set_field(&mut words[at..], field, new.into()) {
            return Err(Error::internal("a type's index does not fit"));
        }
    }
    Ok(())
}
