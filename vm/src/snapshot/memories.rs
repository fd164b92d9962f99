//! The memories of a snapshot: what their pages are, and those that are stored.
//!
//! Input: the memories of an engine, earlier snapshots, a helper if there is one. Output: the sections MEMORIES, HOLES and PAGES.
//! Invariants: pages are looked at once as long as there is room for notes; who helps changes nothing.

use wrt_format::image::types::MemoryType;
use wrt_format::snapshot::{
    ALIGN_LOG2, Ancestors, Kind, MAPPED_ALIGN_LOG2, MAPPED_FROM, PAGE_BYTES, PageKind, Sink, Writer,
};

use super::helper::{Compared, Helper};
use super::pages::{self, Run};
use super::save::{Save, Step};
use crate::raw::parts::Sort;
use crate::raw::store::Store;

/// What is in PAGES, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored {
    pages: u64,
    holes: u64,
}

impl<'e, S: Sink> Save<'e, '_, '_, S> {
    /// Says how much is to be stored. The helper learns of the pages.
    pub(super) fn memories(
        &mut self,
        mut helper: Option<&mut impl Helper<'e>>,
    ) -> Result<Stored, S::Error> {
        self.section(Kind::Memories)?;
        let (mut stored, mut noted) = (Stored::default(), 0);
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
            let known = known(helper.as_deref_mut(), memory.bytes(), ancestors);
            let kinds = kinds(self.store, number, known, ancestors);
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
            for run in saved_runs(kinds, self.has_holes) {
                self.out.u64(run.count as u64)?;
                self.out.u32(run.kind as u32)?;
                self.notes.set(noted, run);
                match run.kind {
                    PageKind::Stored => stored.pages += run.bytes(),
                    PageKind::Hole => stored.holes += run.bytes(),
                    PageKind::Zero | PageKind::Image | PageKind::Parent => {}
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

    /// Where the holes of PAGES are, if there are any.
    pub(super) fn holes(
        &mut self,
        stored: Stored,
        helper: Option<&mut impl Helper<'e>>,
    ) -> Step<S> {
        if stored.holes == 0 {
            return Ok(());
        }
        self.section(Kind::Holes)?;
        let mut at = 0;
        self.each_run(helper, |out, _, run| {
            if run.kind == PageKind::Hole {
                out.u64s(&[at, run.count as u64])?;
            }
            at += run.count as u64;
            Ok(())
        })
    }

    /// The stored pages of all memories.
    pub(super) fn pages(
        &mut self,
        stored: Stored,
        mut helper: Option<&mut impl Helper<'e>>,
    ) -> Step<S> {
        let align = if stored.pages + stored.holes < MAPPED_FROM {
            ALIGN_LOG2
        } else {
            MAPPED_ALIGN_LOG2
        };
        self.out.section_aligned(Kind::Pages as u32, align)?;
        if helper.is_some() {
            self.out.hash_elsewhere();
        }
        self.each_run(helper.as_deref_mut(), |out, bytes, run| {
            if run.kind == PageKind::Hole {
                return out.hole(run.bytes());
            }
            let start = run.first * PAGE_BYTES;
            let end = start + run.count * PAGE_BYTES;
            out.bytes(bytes.get(start..end.min(bytes.len())).unwrap_or_default())?;
            // The last page of a memory with pages of its own size may be a part of one.
            (bytes.len()..end).try_for_each(|_| out.u8(0))
        })?;
        if let Some(helper) = helper {
            self.out.hash_is(helper.finish());
        }
        Ok(())
    }

    /// Goes through what is in PAGES once more, with the bytes of the memory that it is of.
    fn each_run(
        &mut self,
        mut helper: Option<&mut impl Helper<'e>>,
        mut take: impl FnMut(&mut Writer<'_, S>, &[u8], Run) -> Step<S>,
    ) -> Step<S> {
        let mut noted = 0;
        let mut ancestors = self.ancestors;
        for number in 0..self.store.count(Sort::Memory) {
            let Some(memory) = self.store.memory(number) else {
                continue;
            };
            ancestors.next_memory(!self.is_defined(Sort::Memory, number));
            let bytes = memory.bytes();
            let count = bytes.len().div_ceil(PAGE_BYTES);
            let mut take = |out: &mut Writer<'_, S>, run: Run| match run.kind {
                PageKind::Stored | PageKind::Hole => take(out, bytes, run),
                PageKind::Zero | PageKind::Image | PageKind::Parent => Ok(()),
            };
            match self.notes.kinds(noted, count) {
                Some(kinds) => {
                    pages::runs(kinds).try_for_each(|run| take(&mut self.out, run))?;
                }
                None => {
                    let known = known(helper.as_deref_mut(), bytes, ancestors);
                    let kinds = kinds(self.store, number, known, ancestors);
                    let mut runs = saved_runs(kinds, self.has_holes);
                    runs.try_for_each(|run| take(&mut self.out, run))?;
                }
            }
            noted += count;
        }
        Ok(())
    }
}

/// What the pages of a memory are, to which these ancestors have come.
fn kinds<'a>(
    store: &'a Store<'_>,
    number: u32,
    known: impl FnMut(usize) -> Option<u64> + 'a,
    ancestors: Ancestors<'a>,
) -> impl Iterator<Item = PageKind> + 'a {
    let memory = store.memory(number);
    let bytes = memory.map_or(&[][..], |memory| memory.bytes());
    let untouched = move |offset| memory.map_or(0, |memory| memory.untouched(offset));
    let owner = pages::owner(store, number);
    pages::kinds(bytes, owner, untouched, known, ancestors)
}

/// The runs as they are saved.
fn saved_runs(kinds: impl Iterator<Item = PageKind>, has_holes: bool) -> impl Iterator<Item = Run> {
    let holes_to = if has_holes { pages::HOLE_PAGES } else { 0 };
    pages::with_holes(pages::runs(kinds), holes_to)
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
