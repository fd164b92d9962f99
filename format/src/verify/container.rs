//! The container: header, section table, and the archive of the metadata.

use rkyv::rancor::Failure;

use super::error::VerifyErrorKind as Kind;
use super::{Limits, VerifyError};
use crate::image::header::{self, CRC_OFFSET, HEADER_LEN, Header};
use crate::image::root::{Root, RootModule};
use crate::image::section::{self, HASH_LEN, Section, SectionTable, UNIT_LEN};
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
        12,
    )?;
    ensure(bytes.len() as u64 >= total, Kind::Truncated, 12)?;
    ensure(
        bytes.len() as u64 == total,
        Kind::TrailingBytes,
        header.total_len,
    )?;
    let table = SectionTable::of(bytes, header.table_units);
    let table = table.ok_or(VerifyError::new(Kind::BadSectionTable, 20))?;
    let crc = Header::checksum(bytes, table.bytes());
    ensure(header.crc == crc, Kind::BadChecksum, CRC_OFFSET)?;
    check_header(&header, limits)?;
    check_sections(bytes, table)?;
    Ok((header, table))
}

fn check_header(header: &Header, limits: &Limits) -> Result<()> {
    ensure(header.isa_id == ISA_ID, Kind::OtherIsa, 16)?;
    ensure(
        u32::from(header.min_runner) <= header::RUNNER_VERSION,
        Kind::RunnerTooOld,
        42,
    )?;
    let missing = header.required_features & !limits.features;
    if missing != 0 {
        return Err(VerifyError::missing(missing, 24));
    }
    ensure(header.host_abi == 0, Kind::UnsupportedFeature, 40)?;
    ensure(header.hw_class == 0, Kind::OtherHardware, 32)?;
    let known = header.hash_alg == header::HASH_SHA256
        && header.page_align_log2 == header::COW_ALIGN_LOG2
        && header.word_log2 == 1
        && header.flags == 0;
    ensure(known, Kind::BadHeader, 104)?;
    let b = &header.budgets;
    let within = u64::from(header.total_len) <= limits.image_bytes
        && header.table_units <= limits.sections
        && b.max_frame_slots <= limits.frame_slots
        && u64::from(b.table_elems) <= limits.table_elems
        && b.globals <= limits.globals
        && u64::from(b.min_mem_64k) <= limits.memory_bytes.div_ceil(1 << 16);
    ensure(within, Kind::OverBudget, 44)
}

/// Sections ascend, lie in the image, and fill it but for what alignment asks for, which is zero.
fn check_sections(bytes: &[u8], table: SectionTable<'_>) -> Result<()> {
    let mut end = HEADER_LEN.saturating_add(table.bytes().len() as u32);
    let mut entry = HEADER_LEN;
    let mut order = None;
    let mut sections = table.iter();
    let (mut hashes, mut count) = (None, 0_u32);
    loop {
        let units = sections.units_left();
        let Some(section) = sections.next() else {
            break;
        };
        check_entry(&section, entry)?;
        ensure(order < Some(section.order()), Kind::SectionOrder, entry)?;
        let gap = bytes.get(end as usize..section.offset as usize);
        let gap = gap.ok_or(VerifyError::new(Kind::SectionRange, entry))?;
        let zero = gap.iter().all(|&byte| byte == 0);
        ensure(zero, Kind::BadPadding, end)?;
        end = section.end();
        ensure(end as usize <= bytes.len(), Kind::SectionRange, entry)?;
        order = Some(section.order());
        if section.kind == section::Kind::Hashes as u8 {
            hashes = Some((section.len, entry));
        } else {
            count = count.saturating_add(1);
        }
        let units = units.saturating_sub(sections.units_left()) as u32;
        entry = entry.saturating_add(units.saturating_mul(UNIT_LEN));
    }
    ensure(end as usize == bytes.len(), Kind::SectionRange, 12)?;
    // As many hashes as there are other sections.
    match hashes {
        Some((len, entry)) => ensure(
            u64::from(len) == u64::from(count).saturating_mul(HASH_LEN.into()),
            Kind::BadSection,
            entry,
        ),
        None => Ok(()),
    }
}

fn check_entry(section: &Section, entry: u32) -> Result<()> {
    let sane = section.flags & !section::REQUIRED == 0;
    ensure(sane, Kind::BadSection, entry)?;
    let Some(kind) = section::Kind::from_number(section.kind) else {
        let optional = section.flags & section::REQUIRED == 0;
        return ensure(optional, Kind::UnsupportedSection, entry);
    };
    let of_image = matches!(kind, section::Kind::Root | section::Kind::Hashes);
    let cow = kind == section::Kind::DataCow;
    let sane = (section.flags == section::REQUIRED) != kind.is_optional()
        && section.align_log2 == kind.align_log2()
        && section.place.is_some() == cow
        && (!of_image || section.index == 0)
        && section.len.is_multiple_of(kind.element_bytes());
    ensure(sane, Kind::BadSection, entry)
}

/// Finds and checks the archive of the metadata. There is at least one module.
pub(super) fn root<'a>(
    bytes: &'a [u8],
    table: SectionTable<'a>,
) -> Result<(&'a Root, &'a RootModule)> {
    let is_root = |section: &Section| section.kind == section::Kind::Root as u8;
    // Of module 0, and of the smallest kind: the first section or none.
    let found = table.iter().next().filter(is_root);
    let section = found.ok_or(VerifyError::new(Kind::MissingSection, HEADER_LEN))?;
    let bad = VerifyError::new(Kind::BadRoot, section.offset);
    let archive = rkyv::api::low::access::<Root, Failure>(section.bytes(bytes));
    let root = archive.map_err(|_| bad)?;
    Ok((root, root.modules.first().ok_or(bad)?))
}
