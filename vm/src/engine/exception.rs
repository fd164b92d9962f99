//! Exceptions between host and guest.
//!
//! Input: tags with values that host functions throw. Output: tags with values of exceptions that nobody in the guest has caught.
//! Invariants: as for traps, the frames of a run that has ended with an exception stay, and the exception with them, until something else
//! is asked of the engine.

use super::Engine;
use super::run::{FEW_SLOTS, narrowed_copy};
use crate::error::{Entity, Error, Misuse};
use crate::exec::{self, Refused};
use crate::outcome::{Outcome, Tag, Trap};
use crate::raw::store::Status;
use crate::val::{narrowed, valtype};

impl Engine<'_> {
    /// The exception that the last run has ended with: its tag and its values, one slot each or two for a v128, until the next call that
    /// changes the engine.
    #[must_use]
    pub fn exception(&self) -> Option<(Tag, &[u64])> {
        let ended =
            self.store.run.status == Status::Trapped && self.store.session.host_trap.is_none();
        let (tag, first, count) = self.store.session.thrown.filter(|_| ended)?;
        Some((Tag(tag), self.store.stack().get(first..first + count)?))
    }

    /// Answers the host call with an exception at the guest's call, which a `try_table` there may catch: `values` are slots as in the
    /// arguments of [`Engine::execute`], of the tag's types. Then resume.
    ///
    /// # Errors
    /// [`Error::Misuse`] when no host call waits; [`Error::ArgumentCount`]; [`Error::Unknown`] when there is no such tag, or a function
    /// reference leads nowhere; [`Error::Invalid`] when of more than 16 values one is an i32 or f32 beyond 32 bits.
    pub fn host_throw(&mut self, tag: Tag, values: &[u64]) -> Result<(), Error> {
        self.waiting().ok_or(Misuse::NoHostCall)?;
        self.settle();
        let types = self.tag_types(tag)?;
        let expected = valtype::slot_count(types);
        if expected != values.len() {
            return Err(Error::ArgumentCount {
                expected,
                got: values.len(),
            });
        }
        self.check_refs(types, values)?;
        let copy = narrowed_copy(types, values);
        let narrow = valtype::slot_types(types)
            .zip(values)
            .all(|(ty, &slot)| narrowed(ty, slot) == slot);
        if values.len() > FEW_SLOTS && !narrow {
            return Err(Error::Invalid("value: an i32 or f32 beyond 32 bits"));
        }
        let values = copy.get(..values.len()).unwrap_or(values);
        let thrown = exec::throw_host_call(&mut self.store, tag.0, values);
        self.answered(thrown)
    }

    /// Answers the host call with the exception that the run nested in it has ended with. Then resume.
    ///
    /// # Errors
    /// [`Error::Misuse`] when no host call waits, or no run nested in it has just ended with an exception.
    pub fn host_rethrow(&mut self) -> Result<(), Error> {
        self.waiting().ok_or(Misuse::NoHostCall)?;
        self.exception().ok_or(Misuse::NoException)?;
        let (tag, first, count) = self.store.session.thrown.ok_or(Misuse::NoException)?;
        self.settle();
        let thrown = exec::rethrow_host_call(&mut self.store, tag, first, count);
        self.answered(thrown)
    }

    fn answered(&mut self, thrown: Result<(), Refused>) -> Result<(), Error> {
        self.store.session.results = (0, 0);
        match thrown {
            Ok(()) => Ok(()),
            Err(Refused::Stack) => self.host_trap(Trap::StackOverflow),
            Err(Refused::NoFunction | Refused::Arity | Refused::Status) => {
                Err(Misuse::NoHostCall.into())
            }
        }
    }

    /// Types of the values that exceptions of a tag carry.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such tag.
    pub fn tag_types(&self, tag: Tag) -> Result<&[crate::ValType], Error> {
        let sig = self
            .store
            .tag_type(tag.0)
            .and_then(|ty| self.store.func_sig(ty));
        Ok(sig.ok_or(Error::Unknown(Entity::Tag))?.params)
    }

    pub(super) fn ended_with_exception(&mut self) -> Outcome {
        let session = &mut self.store.session;
        session.depth = session.depth.saturating_sub(1);
        Outcome::Exception(Tag(session.thrown.map_or(0, |(tag, ..)| tag)))
    }
}
