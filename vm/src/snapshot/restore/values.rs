//! What is in memories, tables, globals, the heap.
//!
//! Input: the rows of their sections, PAGES. Output: things with their sizes and contents.
//! Invariants: sizes obey types and budgets; a function reference in a table leads somewhere or is found not to when it is used, as any
//! other; pages of a memory are covered once.

use wrt_format::image::CowRun;
use wrt_format::snapshot::{Content, Kind, PAGE_BYTES, PageKind};

use super::parts::Part;
use super::{Restore, Result, ensure, invalid, number_in};
use crate::error::Budget;
use crate::heap::HeapError;
use crate::raw::parts::Sort;
use crate::snapshot::pages;

/// Pages from which on a run is handed to the memory's back end, which may map it.
const MAPPED_PAGES: usize = 16;

impl Restore<'_, '_> {
    /// Reads what follows the row of a thing that is there, of its least size.
    pub(super) fn contents(&mut self, sort: Sort, number: u32) -> Result<()> {
        match sort {
            Sort::Table => self.table(number),
            Sort::Memory => self.memory(number),
            Sort::Global => {
                let value = self.globals.u64s()?;
                let set = self.engine.store.set_global(number, value);
                ensure(set, Kind::Globals, "the number of a global")
            }
            Sort::Tag => Ok(()),
        }
    }

    fn table(&mut self, number: u32) -> Result<()> {
        let len = self.tables.u64()?;
        let store = &mut self.engine.store;
        let table = store.table(number).map(|table| table.elems().len() as u64);
        let delta = table.and_then(|least| len.checked_sub(least));
        let delta = delta.ok_or(invalid(Kind::Tables, "the size of a table"))?;
        let backed = len <= self.tables.fields.left() as u64 / 8;
        ensure(backed, Kind::Tables, "it is cut off")?;
        if !store.can_grow_table(number, delta) {
            return Err(Budget::TableElems.into());
        }
        store.grow_table(number, delta, 0)?;
        match store.table_mut(number) {
            Some(table) => self.tables.fill(table.elems_mut()),
            None => Ok(()),
        }
    }

    fn memory(&mut self, number: u32) -> Result<()> {
        let bytes = self.memories.u64()?;
        let store = &mut self.engine.store;
        let found = store.memory(number).map(|it| (it.len() as u64, it.ty()));
        let (least, ty) = found.ok_or(invalid(Kind::Memories, "the number of a memory"))?;
        let grown = bytes.checked_sub(least);
        let grown = grown.filter(|grown| grown.is_multiple_of(1 << ty.page_log2));
        let grown = grown.ok_or(invalid(Kind::Memories, "the size of a memory"))?;
        let delta = grown >> ty.page_log2;
        if store.can_grow_memory(number, delta).is_none() {
            return Err(Budget::MemoryPages.into());
        }
        store.grow_memory(number, delta)?;
        self.pages_of(number, (bytes as usize).div_ceil(PAGE_BYTES))
    }

    /// Sets the pages of a memory, of which there are so many, all 0.
    fn pages_of(&mut self, number: u32, pages: usize) -> Result<()> {
        let owner = pages::owner(&self.engine.store, number);
        let cow = owner.map(|(module, defined)| module.cow_runs(defined));
        let mut cow = cow.into_iter().flatten().peekable();
        self.ancestors.next_memory(owner.is_none());
        let (mut page, mut mapped, mut looked_at) = (0, 0, 0);
        while page < pages {
            if page >= looked_at {
                (looked_at, mapped) = self.map_with_holes(number, page);
            }
            let count = usize::try_from(self.memories.u64()?).ok();
            let end = count.and_then(|count| count.checked_add(page));
            let kind = PageKind::from_number(self.memories.u32()?);
            let run = end.filter(|&end| page < end && end <= pages).zip(kind);
            let (end, kind) = run.ok_or(invalid(Kind::Memories, "a run of pages"))?;
            match kind {
                PageKind::Zero => {}
                PageKind::Stored | PageKind::Hole => {
                    let stored = self.take_pages(end - page);
                    let stored = stored.ok_or(invalid(Kind::Pages, "its length"))?;
                    if kind == PageKind::Stored && end > mapped {
                        self.stored_run(number, page, stored)?;
                    }
                }
                PageKind::Image => self.image_run(number, (page, end), &mut cow)?,
                PageKind::Parent => self.parent_run(number, (page, end), &mut cow)?,
            }
            page = end;
        }
        Ok(())
    }

    /// Maps what comes next of a memory, from this page on, if there are holes in it, so that it takes one mapping for all of it. Gives the pages
    /// up to which it has looked, and up to which all is done. What is wrong is found by whoever takes it run by run.
    fn map_with_holes(&mut self, number: u32, page: usize) -> (usize, usize) {
        let (mut rows, mut end, mut has_hole) = (self.memories.fields, page, false);
        let mut next = || {
            let (count, kind) = (rows.u64()?, PageKind::from_number(rows.u32()?)?);
            let is_there = matches!(kind, PageKind::Stored | PageKind::Hole);
            has_hole |= kind == PageKind::Hole;
            end = end.checked_add(usize::try_from(count).ok()?)?;
            is_there.then_some(end)
        };
        let mut behind = page;
        while let Some(end) = next() {
            behind = end;
        }
        let looked_at = behind.max(page + 1);
        let len = (behind - page).checked_mul(PAGE_BYTES);
        let bytes = len.and_then(|len| self.pages.get(..len));
        let memory = self.engine.store.memory_mut(number);
        let Some((bytes, memory)) = bytes.filter(|_| has_hole).zip(memory) else {
            return (looked_at, 0);
        };
        let start = page * PAGE_BYTES;
        // The last page may be a part of one.
        let bytes = &bytes[..bytes.len().min(memory.len() - start)];
        let is_mapped = memory.map(start as u64, bytes);
        (looked_at, if is_mapped { behind } else { 0 })
    }

    /// Sets pages to what the ancestors say of them.
    fn parent_run<'i>(
        &mut self,
        number: u32,
        (from, to): (usize, usize),
        cow: &mut core::iter::Peekable<impl Iterator<Item = CowRun<'i>>>,
    ) -> Result<()> {
        let mut at = from;
        while at < to {
            let found = self.ancestors.find(at as u64);
            let (content, count) = found.ok_or(invalid(Kind::Memories, "a page of the parent"))?;
            let count = usize::try_from(count).unwrap_or(usize::MAX).min(to - at);
            match content {
                Content::Zero => {}
                Content::Image => self.image_run(number, (at, at + count), cow)?,
                Content::Stored(bytes) => {
                    let bytes = bytes.get(..count * PAGE_BYTES).unwrap_or_default();
                    self.stored_run(number, at, bytes)?;
                }
            }
            at += count;
        }
        Ok(())
    }

    /// Sets pages from this one on to stored ones.
    fn stored_run(&mut self, number: u32, from: usize, stored: &[u8]) -> Result<()> {
        let Some(memory) = self.engine.store.memory_mut(number) else {
            return Ok(());
        };
        let start = from * PAGE_BYTES;
        // The last page may be a part of one.
        let len = stored.len().min(memory.len() - start);
        let stored = &stored[..len];
        if len >= MAPPED_PAGES * PAGE_BYTES {
            let placed = memory.place(start as u64, stored);
            return ensure(placed, Kind::Memories, "a run of pages");
        }
        memory.bytes_mut()[start..start + len].copy_from_slice(stored);
        Ok(())
    }

    /// Sets pages to what the image's copy-on-write data, from the run on that `cow` is at, says of them.
    fn image_run<'i>(
        &mut self,
        number: u32,
        (from, to): (usize, usize),
        cow: &mut core::iter::Peekable<impl Iterator<Item = CowRun<'i>>>,
    ) -> Result<()> {
        let Some(memory) = self.engine.store.memory_mut(number) else {
            return Ok(());
        };
        let mut at = from * PAGE_BYTES;
        let end = (to * PAGE_BYTES).min(memory.len());
        while at < end {
            let rest = loop {
                let run = cow.peek();
                let run = run.ok_or(invalid(Kind::Memories, "a page of the image"))?;
                let skipped = (at as u64).checked_sub(run.memory_offset);
                let skipped = skipped.ok_or(invalid(Kind::Memories, "a page of the image"))?;
                match run.bytes.get(skipped as usize..) {
                    Some(rest) if !rest.is_empty() => break rest,
                    Some(_) | None => cow.next(),
                };
            };
            let own = &rest[..rest.len().min(end - at)];
            let placed = memory.place(at as u64, own);
            ensure(placed, Kind::Memories, "a page of the image")?;
            at += own.len();
        }
        Ok(())
    }

    /// What is collected, and what the host keeps of it.
    pub(super) fn heap(&mut self, mut part: Part<'_>) -> Result<()> {
        let numbers = part.u64s()?;
        let types = self.types.as_slice();
        let store = &mut self.engine.store;
        let restored = store.restore_heap(numbers, &mut part.fields, |old| number_in(types, old));
        match restored {
            Ok(()) => {}
            Err(HeapError::Invalid(what)) => return Err(invalid(Kind::Heap, what)),
            Err(HeapError::OutOfMemory) => return Err(Budget::Memory.into()),
        }
        while part.fields.left() > 0 {
            let slot = part.u64()?;
            self.engine.store.keep(slot)?;
        }
        Ok(())
    }
}
