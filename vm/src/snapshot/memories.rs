//! The memories of a snapshot: what their pages are, and those that are stored.
//!
//! Input: the memories of an engine, earlier snapshots, a helper if there is one. Output: the sections MEMORIES and PAGES.
//! Invariants: pages are looked at once as long as there is room for notes; who helps changes nothing.

use wrt_format::image::types::MemoryType;
use wrt_format::snapshot::{
    ALIGN_LOG2, Ancestors, Kind, MAPPED_ALIGN_LOG2, MAPPED_FROM, PAGE_BYTES, PageKind, Sink, Writer,
};

use super::helper::{Compared, Helper};
use super::pages;
use super::save::{Save, Step};
use crate::raw::parts::Sort;

impl<'e, S: Sink> Save<'e, '_, '_, S> {
    /// Gives the bytes of the pages that are to be stored, which the helper learns of.
    pub(super) fn memories(
        &mut self,
        mut helper: Option<&mut impl Helper<'e>>,
    ) -> Result<u64, S::Error> {
        self.section(Kind::Memories)?;
        let (mut stored, mut noted) = (0, 0);
        let mut ancestors = self.ancestors;
        for number in 0..self.store.count(Sort::Memory) {
            let Some(memory) = self.store.memory(number) else {
                continue;
            };
            let by_host = !self.is_defined(Sort::Memory, number);
            if by_host {
                self.memory_type(memory.ty())?;
            }
            ancestors.next_memory(by_host);
            self.out.u64(memory.len() as u64)?;
            let owner = pages::owner(self.store, number);
            let untouched = |offset| memory.untouched(offset);
            let known = known(helper.as_deref_mut(), memory.bytes(), ancestors);
            let kinds = pages::kinds(memory.bytes(), owner, untouched, known, ancestors);
            let kinds = kinds.zip(memory.bytes().chunks(PAGE_BYTES));
            let kinds = kinds.map(|(kind, page)| {
                if kind == PageKind::Stored
                    && let Some(helper) = &mut helper
                {
                    helper.hash(page);
                    if let Some(zeros) = ZEROS.get(page.len()..).filter(|it| !it.is_empty()) {
                        helper.hash(zeros);
                    }
                }
                kind
            });
            for run in pages::runs(kinds) {
                self.out.u64(run.count as u64)?;
                self.out.u32(run.kind as u32)?;
                if run.kind == PageKind::Stored {
                    stored += (run.count * PAGE_BYTES) as u64;
                    self.notes.set(noted + run.first, run.count);
                }
            }
            noted += memory.len().div_ceil(PAGE_BYTES);
        }
        Ok(stored)
    }

    fn memory_type(&mut self, ty: MemoryType) -> Step<S> {
        let flags = u32::from(ty.is64) | u32::from(ty.shared) << 1;
        self.out.u32s(&[flags, ty.page_log2.into()])?;
        self.out.u64s(&[ty.min, ty.max.unwrap_or(u64::MAX)])
    }

    /// The stored pages of all memories, of which there are so many bytes.
    pub(super) fn pages(
        &mut self,
        stored: u64,
        mut helper: Option<&mut impl Helper<'e>>,
    ) -> Step<S> {
        let align = if stored < MAPPED_FROM {
            ALIGN_LOG2
        } else {
            MAPPED_ALIGN_LOG2
        };
        self.out.section_aligned(Kind::Pages as u32, align)?;
        if helper.is_some() {
            self.out.hash_elsewhere();
        }
        let mut noted = 0;
        let mut ancestors = self.ancestors;
        for number in 0..self.store.count(Sort::Memory) {
            let Some(memory) = self.store.memory(number) else {
                continue;
            };
            ancestors.next_memory(!self.is_defined(Sort::Memory, number));
            let bytes = memory.bytes();
            let count = bytes.len().div_ceil(PAGE_BYTES);
            match self.notes.stored(noted, count) {
                Some(kinds) => stored_pages(&mut self.out, bytes, kinds)?,
                None => {
                    let owner = pages::owner(self.store, number);
                    let untouched = |offset| memory.untouched(offset);
                    let known = known(helper.as_deref_mut(), bytes, ancestors);
                    let kinds = pages::kinds(bytes, owner, untouched, known, ancestors);
                    stored_pages(&mut self.out, bytes, kinds)?;
                }
            }
            noted += count;
        }
        if let Some(helper) = helper {
            self.out.hash_is(helper.finish());
        }
        Ok(())
    }
}

/// What a helper knows of a memory.
fn known<'e, H: Helper<'e>>(
    helper: Option<&mut H>,
    bytes: &'e [u8],
    ancestors: Ancestors<'e>,
) -> impl FnMut(usize) -> Option<u64> + use<'e, H> {
    let helper = helper.filter(|_| !ancestors.is_empty());
    let mut known = helper.map(|it| it.memory(Compared::new(bytes, ancestors)));
    move |first| known.as_mut().and_then(|known| known(first))
}

/// What the last page of a memory with pages of its own size is filled up with.
const ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// The pages of a memory that are stored.
fn stored_pages<S: Sink>(
    out: &mut Writer<'_, S>,
    bytes: &[u8],
    kinds: impl Iterator<Item = PageKind>,
) -> Step<S> {
    for run in pages::runs(kinds).filter(|run| run.kind == PageKind::Stored) {
        let start = run.first * PAGE_BYTES;
        let end = start + run.count * PAGE_BYTES;
        out.bytes(bytes.get(start..end.min(bytes.len())).unwrap_or_default())?;
        // The last page of a memory with pages of its own size may be a part of one.
        for _ in bytes.len()..end {
            out.u8(0)?;
        }
    }
    Ok(())
}
