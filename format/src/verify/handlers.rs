//! HANDLERS: each row is for calls and throws of one function, and leads to a block of it whose frame has room for what is caught.
//!
//! The walk over a function's code comes to the sites in order, as the rows do, so both are gone through once, side by side.

use super::error::VerifyErrorKind as Kind;
use super::func::{Checked, Together, Walk, ensure};
use crate::image::func::FuncRecord;
use crate::image::handler::{Clause, RawHandler};
use crate::image::view::ModuleView;

/// The rows of one function, and how far the walk has come in them.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    rows: &'a [RawHandler],
    /// Rows gone through.
    seen: usize,
    /// The last site of the rows that the walk is among, if it is.
    last: Option<u32>,
    /// Slots that they need from the window on.
    need: u32,
}

impl<'a> Rows<'a> {
    /// The rows of a function.
    pub(super) fn new(module: &ModuleView<'a>, record: &FuncRecord) -> Self {
        Self {
            rows: module.handlers_of(record),
            ..Self::default()
        }
    }

    /// At the end of the function nothing is left.
    pub(super) fn finish(&self) -> Checked<()> {
        let done = self.seen == self.rows.len() && self.last.is_none();
        ensure(done, Kind::BadHandlers)
    }
}

impl Walk<'_, '_> {
    /// Checks the call or throw whose window operand is at word `at` of the function, and is `window`.
    pub(super) fn site(&mut self, at: usize, window: u32) -> Checked<()> {
        if self.handlers.rows.is_empty() {
            return Ok(());
        }
        let site = self.record.code_word.saturating_add(at as u32);
        if self.handlers.last.is_none() {
            self.open_rows(site)?;
        }
        let Some(last) = self.handlers.last else {
            return Ok(());
        };
        ensure(site <= last, Kind::BadHandlers)?;
        if site == last {
            self.handlers.last = None;
        }
        let end = window.saturating_add(self.handlers.need);
        ensure(end <= self.record.frame.into(), Kind::WindowOutOfRange)
    }

    /// Goes through the rows whose first site this is, if there are any.
    fn open_rows(&mut self, site: u32) -> Checked<()> {
        self.handlers.need = 0;
        while let Some(row) = self.handlers.rows.get(self.handlers.seen) {
            let row = row.decode();
            if row.first > site {
                break;
            }
            let same = row.first == site && self.handlers.last.is_none_or(|last| last == row.last);
            ensure(same && row.last >= site, Kind::BadHandlers)?;
            let block = row.block.checked_sub(self.record.code_word);
            let block = block.ok_or(Kind::BadHandlers)?;
            ensure(self.is_block(block as usize), Kind::BadHandlers)?;
            let need = self.caught(row.clause)?;
            self.handlers.need = self.handlers.need.max(need);
            self.handlers.last = Some(row.last);
            self.handlers.seen = self.handlers.seen.saturating_add(1);
        }
        Ok(())
    }

    /// Slots of what a handler is given.
    fn caught(&self, clause: Clause) -> Checked<u32> {
        let values = match clause.tag {
            Some(tag) => self.values_of_tag(tag)?,
            None => 0,
        };
        Ok(values.saturating_add(clause.with_ref.into()))
    }

    /// What is thrown: the values of the tag are what a callee's parameters are.
    pub(super) fn tag(&self, tag: u32, together: &mut Together) -> Checked<()> {
        together.callee = Some((self.values_of_tag(tag)?, 0));
        Ok(())
    }

    /// Slots of the values that exceptions of a tag carry.
    fn values_of_tag(&self, tag: u32) -> Checked<u32> {
        let ty = self.module.tag_type(tag).ok_or(Kind::IndexOutOfRange)?;
        Ok(self.type_slots(ty).0)
    }
}
