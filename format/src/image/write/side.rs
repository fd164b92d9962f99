//! The sections beside ROOT that are worked out from the description: DECOYS, EXPORT-INDEX, NAMES, LINES, INLINED. Their layouts are described at
//! `image/lookup.rs`.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::spec::{ExportSpec, FuncSpec, InlinedSpec, WriteError};
use crate::image::lines::{NumberWriter, stops};
use crate::image::lookup::GROUP;
use crate::isa::{Op, instructions, is_fuel};

fn word(value: usize) -> Result<[u8; 4], WriteError> {
    let value = u32::try_from(value).map_err(|_| WriteError::TooLarge)?;
    Ok(value.to_le_bytes())
}

/// Numbers of the exports in the order of their names; empty if they stand in that order.
pub(super) fn export_index(exports: &[ExportSpec]) -> Result<Vec<u8>, WriteError> {
    let name = |export: &ExportSpec| export.name.as_bytes().to_vec();
    if exports.is_sorted_by_key(name) {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<usize> = (0..exports.len()).collect();
    numbers.sort_by_key(|&i| name(&exports[i]));
    let words: Result<Vec<_>, _> = numbers.into_iter().map(word).collect();
    Ok(words?.concat())
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
    let mut parts = vec![&b""[..]; count];
    for (func, name) in &names[..known] {
        parts[*func as usize] = name.as_bytes();
    }
    parted(&parts)
}

/// Parts, one for each function, as they lie in NAMES, LINES and INLINED; empty where they all are.
fn parted<Part: AsRef<[u8]>>(parts: &[Part]) -> Result<Vec<u8>, WriteError> {
    let last = parts.iter().rposition(|part| !part.as_ref().is_empty());
    let Some(last) = last else {
        return Ok(Vec::new());
    };
    let (mut starts, mut blob) = (Vec::new(), Vec::new());
    for (i, group) in parts.chunks(GROUP as usize).enumerate() {
        if i > 0 {
            starts.extend_from_slice(&word(blob.len())?);
        }
        for (j, part) in group.iter().enumerate() {
            if i * GROUP as usize + j > last {
                break;
            }
            let part = part.as_ref();
            put_length(&mut blob, part.len());
            blob.extend_from_slice(part);
        }
    }
    starts.extend_from_slice(&blob);
    Ok(starts)
}

/// Puts a number as LEB128.
fn put_length(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The INLINED section for defined functions; empty where nothing stands in the place of calls.
pub(super) fn inlined(inlined: &[InlinedSpec]) -> Result<Vec<u8>, WriteError> {
    let parts = inlined.iter().map(|func| {
        let mut part = Vec::new();
        if !func.copies.is_empty() {
            put_length(&mut part, func.end as usize);
        }
        for row in &func.copies {
            for number in [row.callee, row.body, row.len, row.back] {
                put_length(&mut part, number as usize);
            }
        }
        part
    });
    parted(&parts.collect::<Vec<_>>())
}

/// The LINES section for defined functions; empty where nothing is known.
pub(super) fn lines(lines: &[Vec<(u32, u32)>], funcs: &[FuncSpec]) -> Result<Vec<u8>, WriteError> {
    if lines.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let parts = funcs.iter().enumerate().map(|(i, func)| {
        let known = lines.get(i).map_or(&[][..], Vec::as_slice);
        let mut last = 0u32;
        let mut numbers = NumberWriter::default();
        for stop in stops(instructions(&func.code)) {
            let before = known.partition_point(|&(word, _)| word <= stop.at);
            // Nothing is known before the first place that is: it is as good as any.
            let Some(&(_, offset)) = known.get(before.saturating_sub(1)) else {
                break;
            };
            numbers.put(stop.context, offset.wrapping_sub(last));
            last = offset;
        }
        numbers.finish()
    });
    parted(&parts.collect::<Vec<_>>())
}
