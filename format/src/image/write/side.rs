//! The sections beside ROOT that are worked out from the description: DECOYS, EXPORT-INDEX, NAMES, LINES. Their layouts are described at
//! `image/lookup.rs`.

use alloc::string::String;
use alloc::vec::Vec;

use super::spec::{ExportSpec, FuncSpec, WriteError};
use crate::image::crc::crc32;
use crate::image::lookup::stops;
use crate::isa::{Op, instructions, is_fuel};

fn word(value: usize) -> Result<[u8; 4], WriteError> {
    let value = u32::try_from(value).map_err(|_| WriteError::TooLarge)?;
    Ok(value.to_le_bytes())
}

/// Pairs of name hash and export number, ascending by hash, then name.
pub(super) fn export_index(exports: &[ExportSpec]) -> Result<Vec<u8>, WriteError> {
    let keys = exports.iter().enumerate().map(|(i, export)| {
        let name = export.name.as_bytes();
        (crc32(&[name]), name, i)
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    let mut out = Vec::with_capacity(keys.len() * 8);
    for (hash, _, i) in keys {
        out.extend_from_slice(&hash.to_le_bytes());
        out.extend_from_slice(&word(i)?);
    }
    Ok(out)
}

/// Where operands of a function look like the opcode `fuel`.
pub(super) fn decoys(code: &[u16]) -> impl Iterator<Item = u32> {
    // The second word of `enter` is a `fuel`.
    let others = instructions(code).filter(|&(_, op, _)| op != Some(Op::Enter));
    others.flat_map(|(at, _, words)| {
        let operands = words.iter().enumerate().skip(1);
        let decoys = operands.filter(|&(_, &word)| is_fuel(word));
        decoys.map(move |(i, _)| (at + i) as u32)
    })
}

/// The NAMES section for a function index space of `count` functions; empty where there are no names.
pub(super) fn names(names: &[(u32, String)], count: usize) -> Result<Vec<u8>, WriteError> {
    // What a module says of functions that it has not would only make the section long.
    let known = names.partition_point(|(func, _)| (*func as usize) < count);
    let names = &names[..known];
    let Some((last, _)) = names.last() else {
        return Ok(Vec::new());
    };
    let mut out = word(*last as usize + 1)?.to_vec();
    let mut rest = names.iter().peekable();
    let mut end = 0;
    for i in 0..=*last {
        while let Some((_, name)) = rest.next_if(|(func, _)| *func == i) {
            end += name.len();
        }
        out.extend_from_slice(&word(end)?);
    }
    for (_, name) in names {
        out.extend_from_slice(name.as_bytes());
    }
    Ok(out)
}

/// The LINES section for defined functions; empty where nothing is known.
pub(super) fn lines(lines: &[Vec<(u32, u32)>], funcs: &[FuncSpec]) -> Result<Vec<u8>, WriteError> {
    if lines.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let mut out = word(funcs.len())?.to_vec();
    let (mut parts, mut halves) = (Vec::new(), Vec::new());
    for (i, func) in funcs.iter().enumerate() {
        let known = lines.get(i).map_or(&[][..], Vec::as_slice);
        let mut last = 0u32;
        halves.clear();
        for (_, at) in stops(instructions(&func.code)) {
            let before = known.partition_point(|&(word, _)| word <= at);
            // Nothing is known before the first place that is: it is as good as any.
            let Some(&(_, offset)) = known.get(before.saturating_sub(1)) else {
                break;
            };
            put_difference(&mut halves, offset.wrapping_sub(last));
            last = offset;
        }
        let pairs = halves.chunks(2);
        parts.extend(pairs.map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 4)));
        out.extend_from_slice(&word(parts.len())?);
    }
    out.extend_from_slice(&parts);
    Ok(out)
}

/// The half bytes that `Halves::difference` reads back.
fn put_difference(halves: &mut Vec<u8>, difference: u32) {
    let (mark, rest, count) = match difference {
        0..=12 => (difference as u8, 0, 0),
        13..=28 => (13, difference - 13, 1),
        29..=284 => (14, difference - 29, 2),
        285.. => {
            let back = difference > i32::MAX as u32;
            let rest = if back {
                difference.wrapping_neg()
            } else {
                difference
            };
            let count = (32 - rest.leading_zeros()).div_ceil(4);
            halves.extend([15, (count - 1) as u8 | u8::from(back) << 3]);
            halves.extend((0..count).map(|i| (rest >> (4 * i)) as u8 & 15));
            return;
        }
    };
    halves.push(mark);
    halves.extend((0..count).map(|i| (rest >> (4 * i)) as u8 & 15));
}
