//! Valid images and modules, changed in a few places; an image gets right hashes and checksum again, so that what the change breaks
//! is found by the rule for it and not by the checksum.

use sha2::{Digest, Sha256};
use wrt_format::image::header::{CRC_OFFSET, HASH_OFFSET, HEADER_LEN, Header};
use wrt_format::image::section::{Kind, Section, SectionTable, root_hash};

use super::Draw;

/// Places changed at most.
const CHANGES: usize = 6;
/// Code words copied or exchanged at most: about the longest instruction.
const RUN: usize = 6;

/// The section table, if it is inside, as the header says.
fn table(image: &[u8]) -> SectionTable<'_> {
    let field = image.get(20..24).and_then(|bytes| bytes.first_chunk());
    let units = field.map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let none = || SectionTable::of(image, 0).expect("a header");
    SectionTable::of(image, units).unwrap_or_else(none)
}

/// A number like those that are often a limit, or near another.
fn value(old: u32, draw: &mut Draw<'_>) -> u32 {
    const EDGES: [u32; 8] = [0, 1, 2, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];
    match draw.below(4) {
        0 => EDGES[draw.below(EDGES.len())],
        1 => old.wrapping_add(draw.below(8) as u32).wrapping_sub(4),
        2 => old ^ (1 << draw.below(32)),
        _ => draw.word(),
    }
}

/// Changes some bytes of a range: a bit, a byte, or an aligned field of 2 or 4 bytes.
pub(super) fn field(bytes: &mut [u8], draw: &mut Draw<'_>) {
    if bytes.is_empty() {
        return;
    }
    let at = draw.below(bytes.len());
    let width = [1, 2, 4][draw.below(3)];
    let at = at - at % width;
    let Some(place) = bytes.get_mut(at..at + width) else {
        return;
    };
    let mut old = [0; 4];
    old[..width].copy_from_slice(place);
    let new = value(u32::from_le_bytes(old), draw).to_le_bytes();
    place.copy_from_slice(&new[..width]);
}

/// Changes code: words, taken from other code or drawn; runs as long as an instruction copied or exchanged.
fn code(bytes: &mut [u8], draw: &mut Draw<'_>) {
    let words = bytes.as_chunks_mut::<2>().0;
    if words.len() < RUN {
        return;
    }
    let (to, from) = (draw.below(words.len()), draw.below(words.len()));
    let run = 1 + draw.below(RUN);
    let (run_to, run_from) = (to.min(words.len() - run), from.min(words.len() - run));
    match draw.below(6) {
        // Another opcode, the operands kept; or an operand of something else.
        0 | 1 => words[to] = words[from],
        2 => words.copy_within(run_from..run_from + run, run_to),
        3 => {
            for i in 0..run {
                words.swap(run_to + i, run_from + i);
            }
        }
        _ => {
            let old = u16::from_le_bytes(words[to]);
            let new = value(old.into(), draw).to_le_bytes();
            words[to] = [new[0], new[1]];
        }
    }
}

/// A changed copy of an image, with right hashes and checksum.
pub(super) fn image(base: &[u8], draw: &mut Draw<'_>) -> Vec<u8> {
    let mut out = base.to_vec();
    for _ in 0..=draw.below(CHANGES) {
        let sections: Vec<Section> = table(&out).iter().collect();
        let table_end = HEADER_LEN as usize + table(&out).bytes().len();
        let of_kind = |kind: Kind| sections.iter().find(|section| section.kind == kind as u8);
        let chosen = match draw.below(16) {
            0 => out.get_mut(..HEADER_LEN as usize),
            1 => out.get_mut(HEADER_LEN as usize..table_end),
            2 | 3 => range(&mut out, of_kind(Kind::Func)),
            4 | 5 => range(&mut out, of_kind(Kind::Root)),
            6 => {
                let any = (!sections.is_empty()).then(|| &sections[draw.below(sections.len())]);
                range(&mut out, any)
            }
            _ => {
                if let Some(words) = range(&mut out, of_kind(Kind::Code)) {
                    code(words, draw);
                }
                None
            }
        };
        if let Some(bytes) = chosen {
            field(bytes, draw);
        }
    }
    if draw.below(32) == 1 {
        out.truncate(draw.below(out.len()));
    }
    repair(&mut out);
    out
}

/// A section's bytes in an image that it may not be inside of.
fn range<'a>(image: &'a mut [u8], section: Option<&Section>) -> Option<&'a mut [u8]> {
    let section = section?;
    let start = section.offset as usize;
    image.get_mut(start..start.checked_add(section.len as usize)?)
}

/// Makes hashes and checksum right again, as far as the section table can be read.
pub(super) fn repair(image: &mut [u8]) {
    if image.len() < HEADER_LEN as usize {
        return;
    }
    let sections: Vec<Section> = table(image).iter().collect();
    let is_hashes = |section: &&Section| section.kind == Kind::Hashes as u8;
    let hashed = sections.iter().filter(|section| !is_hashes(section));
    let hashes = hashed.map(|section| Sha256::digest(section.bytes(image)).into());
    let hashes: Vec<[u8; 32]> = hashes.collect();
    if let Some(place) = range(image, sections.iter().find(is_hashes)) {
        let all = hashes.as_flattened();
        let len = place.len().min(all.len());
        place[..len].copy_from_slice(&all[..len]);
    }
    let root = root_hash(table(image), hashes.into_iter());
    image[HASH_OFFSET as usize..][..root.len()].copy_from_slice(&root);
    let crc = Header::checksum(image, table(image).bytes()).to_le_bytes();
    image[CRC_OFFSET as usize..][..4].copy_from_slice(&crc);
}

/// A changed copy of a module: single bytes exchanged, copied from elsewhere, taken out or put in.
pub(super) fn bytes(base: &[u8], draw: &mut Draw<'_>) -> Vec<u8> {
    let mut out = base.to_vec();
    for _ in 0..=draw.below(CHANGES) / 2 {
        let (to, from) = (draw.below(out.len()), draw.below(out.len()));
        match draw.below(8) {
            0 => out[to] ^= 1 << draw.below(8),
            1 => out[to] = draw.below(256) as u8,
            2 => out[to] = out[to].wrapping_add(1),
            3 => drop(out.remove(to)),
            4 => out.insert(to, draw.below(256) as u8),
            5 => {
                let len = draw.below(8).min(out.len() - from.max(to));
                out.copy_within(from..from + len, to);
            }
            _ => out[to] = out[from],
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::bases;
    use wrt_cli::load::Aligned;
    use wrt_format::verify::{Limits, VerifiedImage};

    #[test]
    fn what_is_repaired_is_whole() {
        for base in bases::images() {
            let mut image = base.clone();
            image[CRC_OFFSET as usize] ^= 1;
            image[HASH_OFFSET as usize] ^= 1;
            let refused = Aligned::new(&image);
            assert!(VerifiedImage::verify(refused.bytes(), &Limits::DEFAULT).is_err());
            repair(&mut image);
            assert!(image == *base);
        }
    }
}
