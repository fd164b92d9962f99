//! Tests of the container: what is written is read, and every fault is found.

use super::*;
use alloc::vec::Vec;
use sha2::{Digest, Sha256};

fn sample() -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 5).unwrap();
    assert!(writer.section(Kind::Engine as u32).unwrap());
    writer.u32s(&[1, 2]).unwrap();
    writer.u8(3).unwrap();
    assert!(writer.section(0x8001).unwrap());
    writer.bytes(&[7; 3000]).unwrap();
    assert!(writer.section_aligned(Kind::Pages as u32, 12).unwrap());
    writer.bytes(&[9; PAGE_BYTES]).unwrap();
    let (id, len) = writer.finish().unwrap();
    assert_eq!(len, out.len() as u64);
    assert_eq!(id, out[out.len() - 32..]);
    out
}

/// Makes the id right again.
fn reseal(bytes: &mut [u8]) {
    let trailer = bytes.len() - TRAILER_LEN;
    let table = u64::from_le_bytes(bytes[trailer + 8..trailer + 16].try_into().unwrap()) as usize;
    let mut hash = Sha256::new();
    hash.update(&bytes[..HEADER_LEN]);
    hash.update(&bytes[table.min(trailer)..trailer]);
    hash.update(&bytes[trailer..trailer + 32]);
    let id: [u8; 32] = hash.finalize().into();
    bytes[trailer + 32..].copy_from_slice(&id);
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    let snapshot = Snapshot::parse(&bytes).unwrap();
    assert_eq!(snapshot.features(), 5);
    assert_eq!(snapshot.section(Kind::Engine), [1, 0, 0, 0, 2, 0, 0, 0, 3]);
    assert_eq!(snapshot.numbered(0x8001), Some(&[7; 3000][..]));
    assert_eq!(snapshot.section(Kind::Pages), [9; PAGE_BYTES]);
    assert_eq!(snapshot.section(Kind::Heap), []);
    let pages = snapshot.sections().last().unwrap();
    assert_eq!(pages.offset % 4096, 0);
    assert_eq!(snapshot.id(), bytes[bytes.len() - 32..]);
}

#[test]
fn every_cut_is_found() {
    let bytes = sample();
    for len in 0..bytes.len() {
        let fault = Snapshot::parse(&bytes[..len]).unwrap_err();
        let expected = if len < 4 {
            Fault::NotASnapshot
        } else {
            Fault::Truncated
        };
        assert_eq!(fault, expected, "{len}");
    }
    let mut longer = bytes.clone();
    longer.extend(&bytes[bytes.len() - TRAILER_LEN..]);
    assert_eq!(Snapshot::parse(&longer).unwrap_err(), Fault::TrailingBytes);
}

#[test]
fn every_changed_byte_is_found() {
    let bytes = sample();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        if (10..12).contains(&at) {
            // The minor version: only the id tells.
            assert_eq!(Snapshot::parse(&changed).unwrap_err(), Fault::BadId);
        }
        assert!(Snapshot::parse(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn faults_have_names() {
    let bytes = sample();
    let trailer = bytes.len() - TRAILER_LEN;
    let table = trailer - 3 * ENTRY_LEN;
    let check = |at: usize, value: u8, fault: Fault| {
        let mut changed = bytes.clone();
        changed[at] = value;
        reseal(&mut changed);
        assert_eq!(Snapshot::parse(&changed).unwrap_err(), fault, "byte {at}");
    };
    check(1, b'X', Fault::NotASnapshot);
    check(8, 2, Fault::OtherVersion);
    check(12, !bytes[12], Fault::OtherIsa);
    check(40, 1, Fault::BadHeader);
    check(HEADER_LEN, 9, Fault::Damaged(Kind::Engine as u32));
    check(bytes.len() / 4, 9, Fault::Damaged(0x8001));
    check(table - 1, 8, Fault::Damaged(Kind::Pages as u32));
    // Padding, a kind that is unknown, kinds out of order, a place that is wrong, a length that is too long, a reserved field.
    check(HEADER_LEN + 9, 1, Fault::BadTable);
    check(table, 12, Fault::UnknownSection);
    // The parent's id has 32 bytes.
    check(table, Kind::Parent as u8, Fault::BadTable);
    check(table + ENTRY_LEN + 1, 0, Fault::BadTable);
    check(table + 8, HEADER_LEN as u8 + 8, Fault::BadTable);
    check(table + 2 * ENTRY_LEN + 17, 0xff, Fault::BadTable);
    check(table + 24, 1, Fault::BadTable);
    check(trailer + 8, bytes[trailer + 8] ^ 8, Fault::BadTable);
    check(trailer + 24, 25, Fault::BadTable);
    let mut changed = bytes.clone();
    changed[trailer + 40] ^= 1;
    assert_eq!(Snapshot::parse(&changed).unwrap_err(), Fault::BadId);
    for fault in [Fault::NotASnapshot, Fault::Damaged(9), Fault::BadId] {
        assert!(!alloc::format!("{fault}").is_empty());
    }
}

#[test]
fn pages_are_hashed_when_asked() {
    let mut bytes = sample();
    let at = bytes.len() - TRAILER_LEN - 3 * ENTRY_LEN - 1;
    bytes[at] ^= 1;
    assert!(Snapshot::parse_lazily(&bytes).is_ok());
    assert_eq!(
        Snapshot::parse(&bytes).unwrap_err(),
        Fault::Damaged(Kind::Pages as u32)
    );
}

#[test]
fn there_are_only_so_many_sections() {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 0).unwrap();
    for i in 0..MAX_SECTIONS as u32 {
        assert!(writer.section(HOST_SECTIONS.start + i).unwrap());
    }
    assert!(!writer.section(HOST_SECTIONS.end - 1).unwrap());
    writer.finish().unwrap();
    assert_eq!(
        Snapshot::parse(&out).unwrap().sections().count(),
        MAX_SECTIONS
    );
}

#[test]
fn a_section_that_is_hashed_elsewhere() {
    let with = |hash: [u8; 32]| {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, 5).unwrap();
        writer.section(Kind::Engine as u32).unwrap();
        writer.u32s(&[1, 2]).unwrap();
        writer.u8(3).unwrap();
        writer.section(0x8001).unwrap();
        writer.hash_elsewhere();
        writer.bytes(&[7; 10]).unwrap();
        writer.bytes(&[7; 2990]).unwrap();
        writer.hash_is(hash);
        writer.section_aligned(Kind::Pages as u32, 12).unwrap();
        writer.bytes(&[9; PAGE_BYTES]).unwrap();
        writer.finish().unwrap();
        out
    };
    assert!(with(Sha256::digest([7; 3000]).into()) == sample());
    let wrong = with([0; 32]);
    assert_eq!(Snapshot::parse(&wrong).unwrap_err(), Fault::Damaged(0x8001));
}

/// Pages 1 to 3 and 5 are holes, the rest is not; HOLES says what is given.
fn with_holes(rows: &[u64], in_hole: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 0).unwrap();
    writer.section(Kind::Holes as u32).unwrap();
    writer.u64s(rows).unwrap();
    writer.section_aligned(Kind::Pages as u32, 12).unwrap();
    for (page, zeros) in [(1, 3), (2, 1), (3, 0)] {
        writer.bytes(&[page; PAGE_BYTES]).unwrap();
        writer.hole(zeros * PAGE_BYTES as u64).unwrap();
    }
    writer.finish().unwrap();
    // PAGES begins at 4096.
    out[2 * PAGE_BYTES + 5] = in_hole;
    out
}

const HOLES: [u64; 4] = [1, 3, 5, 1];

#[test]
fn holes_are_zeros_that_no_hash_covers() {
    let bytes = with_holes(&HOLES, 0);
    let snapshot = Snapshot::parse(&bytes).unwrap();
    let pages = snapshot.section(Kind::Pages);
    let expected = [1_u8, 0, 0, 0, 2, 0, 3];
    assert!(
        pages
            .chunks(PAGE_BYTES)
            .eq(expected.map(|it| [it; PAGE_BYTES]))
    );
    assert_eq!(snapshot.stored_bytes(), 3 * PAGE_BYTES);
    let stored = [1, 2, 3].map(|it| [it; PAGE_BYTES]);
    let hash: [u8; 32] = Sha256::digest(stored.as_flattened()).into();
    assert_eq!(snapshot.sections().last().unwrap().hash, hash);
    // A hole that is none is found by whoever looks at pages.
    let bytes = with_holes(&HOLES, 1);
    let damaged = Fault::Damaged(Kind::Pages as u32);
    assert_eq!(Snapshot::parse(&bytes).unwrap_err(), damaged);
    assert!(Snapshot::parse_lazily(&bytes).is_ok());
    // So is a place that is called a hole and is none, and one that is not called so.
    for rows in [&[1, 3][..], &[1, 2, 5, 1], &[0, 4, 5, 1]] {
        assert_eq!(Snapshot::parse(&with_holes(rows, 0)).unwrap_err(), damaged);
    }
}

#[test]
fn holes_that_are_none_are_refused() {
    let damaged = Fault::Damaged(Kind::Holes as u32);
    let cases: [&[u64]; 9] = [
        &[1],
        &[1, 3, 5],
        // Empty, beyond the section, out of order, over each other, one beside the other.
        &[1, 0],
        &[6, 2],
        &[u64::MAX, 2],
        &[1, u64::MAX],
        &[5, 1, 1, 3],
        &[1, 3, 3, 2],
        &[1, 2, 3, 1],
    ];
    for rows in cases {
        let bytes = with_holes(rows, 0);
        assert_eq!(
            Snapshot::parse_lazily(&bytes).unwrap_err(),
            damaged,
            "{rows:?}"
        );
    }
}

#[test]
fn a_sink_may_leave_zeros_out() {
    /// Counts zeros that are left out.
    struct Holed(Vec<u8>, u64);
    impl Sink for Holed {
        type Error = core::convert::Infallible;
        fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
            self.0.extend(bytes);
            Ok(())
        }
        fn zeros(&mut self, count: u64) -> Result<(), Self::Error> {
            self.1 += count;
            self.0.resize(self.0.len() + count as usize, 0);
            Ok(())
        }
    }
    let mut out = Holed(Vec::new(), 0);
    let mut writer = Writer::new(&mut out, 0).unwrap();
    writer.section(Kind::Holes as u32).unwrap();
    writer.u64s(&[0, 2]).unwrap();
    writer.section(Kind::Pages as u32).unwrap();
    writer.hole(2 * PAGE_BYTES as u64).unwrap();
    writer.bytes(&[1; 7]).unwrap();
    let (_, len) = writer.finish().unwrap();
    assert_eq!(len, out.0.len() as u64);
    assert!(Snapshot::parse(&out.0).is_ok());
    // What aligns the table is not among it.
    assert_eq!(out.1, 2 * PAGE_BYTES as u64);
}
