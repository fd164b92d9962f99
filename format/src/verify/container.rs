//! The container: header, section table, and the archive of the metadata.

use rkyv::rancor::Failure;

use super::error::VerifyErrorKind as Kind;
use super::{Limits, VerifyError};
use crate::image::header::{self, CRC_OFFSET, HEADER_LEN, Header};
use crate::image::root::{Root, RootModule};
use crate::image::section::{self, ENTRY_LEN, Section, SectionTable};
use crate::isa::ISA_ID;

type Result<T> = core::result::Result<T, VerifyError>;

fn ensure(condition: bool, kind: Kind, offset: u32) -> Result<()> {
    if condition {
        Ok(())
    } else {
        Err(VerifyError::new(kind, offset))
    }
}

/// Checks header and section table, in the order of `FORMAT.md`: what it is, whether it is whole, whether this runner can run it.
pub(super) fn check<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Header, SectionTable<'a>)> {
    let Some(header) = Header::parse(bytes) else {
        let prefix = bytes.get(..header::MAGIC.len()).unwrap_or(bytes);
        let ours = prefix.len() >= 4 && header::MAGIC.starts_with(prefix);
        let kind = if ours {
            Kind::Truncated
        } else {
            Kind::NotAnImage
        };
        return Err(VerifyError::new(kind, 0));
    };
    ensure(
        bytes.as_ptr().addr().is_multiple_of(16),
        Kind::Misaligned,
        0,
    )?;
    ensure(header.major == header::MAJOR, Kind::OtherVersion, 8)?;
    let total = u64::from(header.total_len);
    ensure(
        header.total_len <= header::MAX_IMAGE_LEN,
        Kind::BadHeader,
        16,
    )?;
    ensure(bytes.len() as u64 >= total, Kind::Truncated, 16)?;
    ensure(
        bytes.len() as u64 == total,
        Kind::TrailingBytes,
        header.total_len,
    )?;
    let table = section_table(bytes, &header)?;
    let crc = Header::checksum(bytes, table.0.as_flattened());
    ensure(header.crc == crc, Kind::BadChecksum, CRC_OFFSET)?;
    check_header(&header, limits)?;
    check_sections(bytes, &header, table)?;
    Ok((header, table))
}

fn section_table<'a>(bytes: &'a [u8], header: &Header) -> Result<SectionTable<'a>> {
    let bad = VerifyError::new(Kind::BadSectionTable, 20);
    ensure(header.header_len == HEADER_LEN, Kind::BadHeader, 12)?;
    // The table follows the header, so that both are read at once.
    ensure(
        header.section_table_offset == HEADER_LEN,
        Kind::BadSectionTable,
        20,
    )?;
    let rest = bytes.get(HEADER_LEN as usize..).ok_or(bad)?;
    let entries = rest.as_chunks::<{ ENTRY_LEN as usize }>().0;
    let table = entries.get(..header.section_count as usize).ok_or(bad)?;
    Ok(SectionTable(table))
}

fn check_header(header: &Header, limits: &Limits) -> Result<()> {
    ensure(header.isa_id == ISA_ID, Kind::OtherIsa, 28)?;
    ensure(
        header.min_runner <= header::RUNNER_VERSION,
        Kind::RunnerTooOld,
        52,
    )?;
    let missing = header.required_features & !limits.features;
    if missing != 0 {
        return Err(VerifyError::missing(missing, 32));
    }
    ensure(header.host_abi == 0, Kind::UnsupportedFeature, 48)?;
    ensure(header.hw_class == [0; 16], Kind::OtherHardware, 88)?;
    let known = header.hash_alg == header::HASH_SHA256
        && header.chunk_log2 == 0
        && header.page_align_log2 == header::COW_ALIGN_LOG2
        && header.word_log2 == 1
        && header.flags == 0
        && header.reserved == 0;
    ensure(known, Kind::BadHeader, 104)?;
    let b = &header.budgets;
    let within = u64::from(header.total_len) <= limits.image_bytes
        && header.section_count <= limits.sections
        && b.max_frame_slots <= limits.frame_slots
        && u64::from(b.table_elems) <= limits.table_elems
        && b.globals <= limits.globals
        && u64::from(b.min_mem_64k) <= limits.memory_bytes.div_ceil(1 << 16);
    ensure(within, Kind::OverBudget, 56)
}

/// Sections ascend, do not overlap, lie in the image, and leave no more than alignment asks for between them, all of it zero.
fn check_sections(bytes: &[u8], header: &Header, table: SectionTable<'_>) -> Result<()> {
    let table_len = u64::from(header.section_count).saturating_mul(u64::from(ENTRY_LEN));
    let mut end = u64::from(HEADER_LEN).saturating_add(table_len);
    let mut entry = HEADER_LEN;
    let mut order = None;
    for section in table.iter() {
        check_entry(&section, entry)?;
        ensure(order < Some(section.order()), Kind::SectionOrder, entry)?;
        let start = u64::from(section.offset);
        let align = 1u64 << section.align_log2;
        let aligned = end.checked_next_multiple_of(align) == Some(start);
        ensure(aligned, Kind::SectionRange, entry)?;
        let gap = bytes.get(end as usize..start as usize);
        let gap = gap.ok_or(VerifyError::new(Kind::SectionRange, entry))?;
        ensure(
            gap.iter().all(|&byte| byte == 0),
            Kind::BadPadding,
            end as u32,
        )?;
        end = start.saturating_add(u64::from(section.len));
        ensure(end <= bytes.len() as u64, Kind::SectionRange, entry)?;
        order = Some(section.order());
        entry = entry.saturating_add(ENTRY_LEN);
    }
    ensure(end == bytes.len() as u64, Kind::SectionRange, 16)
}

fn check_entry(section: &Section, entry: u32) -> Result<()> {
    let sane = section.align_log2 <= 16
        && section.reserved == 0
        && section.flags & !(section::REQUIRED | section::COW) == 0;
    ensure(sane, Kind::BadSection, entry)?;
    let Some(kind) = section::Kind::from_number(section.kind) else {
        let optional = section.flags & section::REQUIRED == 0;
        return ensure(optional, Kind::UnsupportedSection, entry);
    };
    let cow = kind == section::Kind::DataCow;
    let flags = if cow { section::COW } else { 0 }
        | if kind.is_optional() {
            0
        } else {
            section::REQUIRED
        };
    let sane = section.flags == flags
        && section.align_log2 == kind.align_log2()
        && section.mem_len == section.len
        && (cow || (section.aux0 == 0 && section.aux1 == 0))
        && (kind != section::Kind::Root || section.index == 0)
        && kind.element_bytes().is_none_or(|bytes| {
            u64::from(section.count).checked_mul(bytes) == Some(u64::from(section.len))
        });
    ensure(sane, Kind::BadSection, entry)
}

/// Finds and checks the archive of the metadata. There is at least one module.
pub(super) fn root<'a>(
    bytes: &'a [u8],
    table: SectionTable<'a>,
) -> Result<(&'a Root, &'a RootModule)> {
    let is_root = |section: &Section| section.kind == section::Kind::Root as u16;
    // Of module 0, and of the smallest kind: the first section or none.
    let found = table.iter().next().filter(is_root);
    let section = found.ok_or(VerifyError::new(Kind::MissingSection, HEADER_LEN))?;
    let bad = VerifyError::new(Kind::BadRoot, section.offset);
    let archive = rkyv::api::low::access::<Root, Failure>(section.bytes(bytes));
    let root = archive.map_err(|_| bad)?;
    Ok((root, root.modules.first().ok_or(bad)?))
}
