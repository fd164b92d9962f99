//! Which pages of memories have never been used, by what the system's page tables say, so that a snapshot need not read them.
//!
//! Input: a place in a region. Output: a bit per page of 4096 bytes. Invariants: a page is called untouched only if it is anonymous and neither
//! present nor swapped out; pages that files are mapped over are never called so. Where the system does not tell, nothing is.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use wrt_vm::Region;

/// A number of 64 bits for each page of this process's addresses.
pub(super) const PAGE_MAP: &str = "/proc/self/pagemap";
/// Of an entry: present, or swapped out.
const IN_USE: u64 = 0b11 << 62;
/// Bytes of what a bit stands for.
const UNIT: usize = 4096;
/// Pages that are looked up to see whether the map can be believed.
const PROBES: usize = 16;

/// See the file's description.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// With the process that it is of: a fork has pages of its own.
    page_map: OnceLock<Option<(u32, File)>>,
    /// By the address of a region: from where to where, in bytes, all that files are mapped over lies.
    files: Mutex<Option<HashMap<usize, (usize, usize)>>>,
}

impl Touched {
    pub(crate) const fn new() -> Self {
        Self {
            page_map: OnceLock::new(),
            files: Mutex::new(None),
        }
    }

    /// Notes that a part of a file has been mapped at this place.
    pub(super) fn note_file(&self, region: Region, offset: usize, bytes: usize) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, end) = files
            .get_or_insert_default()
            .entry(region.base.addr().get())
            .or_insert((offset, offset + bytes));
        *start = offset.min(*start);
        *end = (offset + bytes).max(*end);
    }

    /// The region is no more.
    pub(super) fn forget(&self, region: Region) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = &mut *files {
            files.remove(&region.base.addr().get());
        }
    }

    pub(super) fn untouched(&self, region: Region, offset: usize) -> u64 {
        let process = std::process::id();
        let map = self.page_map.get_or_init(|| {
            let file = File::open(PAGE_MAP).ok()?;
            tells_the_truth(&file).then_some((process, file))
        });
        let Some((_, map)) = map.as_ref().filter(|(of, _)| *of == process) else {
            return 0;
        };
        let (address, page) = (region.base.addr().get(), rustix::param::page_size());
        let first = (address + offset) / page;
        let mut entries = [[0; 8]; 64];
        let count = (64 * UNIT).div_ceil(page).min(64);
        let wanted = entries[..count].as_flattened_mut();
        if page < UNIT || map.read_exact_at(wanted, first as u64 * 8).is_err() {
            return 0;
        }
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.as_ref().and_then(|files| files.get(&address));
        let &(start, end) = file.unwrap_or(&(0, 0));
        (0..64).fold(0, |bits, i| {
            let at = offset + i * UNIT;
            let entry = entries.get((address + at) / page - first);
            let in_use = entry.is_none_or(|&entry| u64::from_ne_bytes(entry) & IN_USE != 0);
            let in_file = at < end && start < at + UNIT;
            bits | u64::from(!in_use && !in_file) << i
        })
    }
}

/// Whether pages that are in use are said to be present, anonymous and not swapped out, as each of sixteen must be: some sandboxes have an empty
/// file in this place, or one of zeros, and an emulator of a machine of the other byte order hands on what its own system says.
fn tells_the_truth(map: &File) -> bool {
    let page = rustix::param::page_size();
    let used = vec![1_u8; (PROBES + 1) * page];
    let mut entries = [[0; 8]; PROBES];
    let first = used.as_ptr().addr().div_ceil(page);
    let read = map.read_exact_at(entries.as_flattened_mut(), first as u64 * 8);
    core::hint::black_box(&used);
    read.is_ok() && entries.iter().all(|&entry| said_present(entry))
}

/// Whether an entry is that of a page that has just been written: of the five highest bits, whose meaning has never changed, only the first is set.
fn said_present(entry: [u8; 8]) -> bool {
    u64::from_ne_bytes(entry) >> 59 == 0b10000
}

#[cfg(test)]
mod tests {
    use super::said_present;

    #[test]
    fn entries_in_the_other_byte_order_are_not_believed() {
        let present = 0x8180_0000_0012_3456_u64;
        assert!(said_present(present.to_ne_bytes()));
        assert!(!said_present(present.swap_bytes().to_ne_bytes()));
        for other in [0, 1 << 62, 3 << 62, present | 1 << 61] {
            assert!(!said_present(other.to_ne_bytes()), "{other:#x}");
        }
    }
}
