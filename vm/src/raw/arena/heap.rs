//! Blocks from the global allocator, linked so that dropping the arena frees them all.

use alloc::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use core::alloc::Layout;
use core::ptr::NonNull;

use super::Header;

const HEADER_BYTES: usize = size_of::<Header>();

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, align_of::<Header>()).ok()
}

/// Points the neighbours of a block at it.
///
/// # Safety
/// `header` and its neighbours are blocks of one arena (A4).
unsafe fn relink(last: &mut Option<NonNull<Header>>, header: NonNull<Header>) {
    // SAFETY: A4.
    let (older, newer) = unsafe { ((*header.as_ptr()).older, (*header.as_ptr()).newer) };
    if let Some(older) = older {
        // SAFETY: A4.
        unsafe { (*older.as_ptr()).newer = Some(header) };
    }
    match newer {
        // SAFETY: A4.
        Some(newer) => unsafe { (*newer.as_ptr()).older = Some(header) },
        None => *last = Some(header),
    }
}

/// A block of `bytes` bytes.
pub(super) fn take(
    last: &mut Option<NonNull<Header>>,
    bytes: usize,
    zeroed: bool,
) -> Option<NonNull<u64>> {
    let total = bytes.checked_add(HEADER_BYTES)?;
    let layout = layout(total)?;
    let source = if zeroed { alloc_zeroed } else { alloc };
    // SAFETY: the size is not 0.
    let header = NonNull::new(unsafe { source(layout) })?.cast::<Header>();
    // SAFETY: the allocation is aligned and large enough for a header.
    unsafe {
        header.write(Header {
            older: *last,
            newer: None,
            bytes: total,
        })
    };
    // SAFETY: the block is new, and its older neighbour is a block of the same arena.
    unsafe { relink(last, header) };
    // SAFETY: the block goes on behind its header.
    Some(unsafe { header.add(1) }.cast())
}

/// Frees a block.
///
/// # Safety
/// `block` was handed out by [`take`] or [`grow`] with the same `last`.
pub(super) unsafe fn give_back(last: &mut Option<NonNull<Header>>, block: NonNull<u64>) {
    // SAFETY: A4: the header is right before the block.
    let header = unsafe { block.cast::<Header>().sub(1) };
    // SAFETY: A4.
    let Header {
        older,
        newer,
        bytes,
    } = unsafe { header.read() };
    if let Some(older) = older {
        // SAFETY: A4.
        unsafe { (*older.as_ptr()).newer = newer };
    }
    match newer {
        // SAFETY: A4.
        Some(newer) => unsafe { (*newer.as_ptr()).older = older },
        None => *last = older,
    }
    if let Some(layout) = layout(bytes) {
        // SAFETY: A4: allocated with this layout.
        unsafe { dealloc(header.as_ptr().cast(), layout) };
    }
}

/// Grows a block to `bytes` bytes; the new ones are zero.
///
/// # Safety
/// As for [`give_back`]; `bytes` is more than the block has.
pub(super) unsafe fn grow(
    last: &mut Option<NonNull<Header>>,
    block: NonNull<u64>,
    bytes: usize,
) -> Option<NonNull<u64>> {
    let total = bytes.checked_add(HEADER_BYTES)?;
    layout(total)?;
    // SAFETY: A4: the header is right before the block.
    let header = unsafe { block.cast::<Header>().sub(1) };
    // SAFETY: A4.
    let had = unsafe { (*header.as_ptr()).bytes };
    let old_layout = layout(had)?;
    // SAFETY: A4: allocated with this layout; the new size is not 0 and, as checked, not too large.
    let moved = NonNull::new(unsafe { realloc(header.as_ptr().cast(), old_layout, total) })?;
    // SAFETY: the block now has `total` bytes, of which `had` are old.
    unsafe { moved.add(had).write_bytes(0, total - had) };
    let header = moved.cast::<Header>();
    // SAFETY: the header moved with the block.
    unsafe { (*header.as_ptr()).bytes = total };
    // SAFETY: the neighbours are blocks of the same arena.
    unsafe { relink(last, header) };
    // SAFETY: the block goes on behind its header.
    Some(unsafe { header.add(1) }.cast())
}
