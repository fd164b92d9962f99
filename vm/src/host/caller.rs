//! What a host function of a linker sees: its own data, and the guest that calls it.
//!
//! Input: made by the linker for one host call. Output: access to the engine, the caller's instance and the embedder's data.
//! Invariants: the host call stays pending while a `Caller` of it exists, so runs that it starts nest above it; those it leaves
//! unfinished are cancelled when the host function returns.

use crate::engine::Engine;
use crate::error::{Entity, Error};
use crate::linker::Linker;
use crate::outcome::{Extern, Func, Instance, Memory, Outcome, Tag};

/// The guest that calls a host function, and the data of the embedder.
#[derive(Debug)]
pub struct Caller<'a, 'm, T> {
    pub(crate) engine: &'a mut Engine<'m>,
    pub(crate) data: &'a mut T,
    pub(crate) linker: &'a Linker<T>,
    pub(crate) instance: Instance,
}

impl<'m, T> Caller<'_, 'm, T> {
    /// The embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.data
    }

    /// The embedder's data.
    #[must_use]
    pub fn data_mut(&mut self) -> &mut T {
        self.data
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine<'m> {
        self.engine
    }

    /// The engine.
    #[must_use]
    pub fn engine_mut(&mut self) -> &mut Engine<'m> {
        self.engine
    }

    /// The instance whose code calls.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.instance
    }

    /// What the calling instance exports by this name.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<Extern> {
        self.engine.export(self.instance, name)
    }

    /// Memory of index `index` (imports first) of the calling instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when it has no such memory.
    pub fn memory(&self, index: u32) -> Result<Memory, Error> {
        self.engine.instance_memory(self.instance, index)
    }

    /// The memory that the calling instance exports by this name.
    ///
    /// # Errors
    /// [`Error::NoExport`] when it exports none.
    pub fn exported_memory(&self, name: &str) -> Result<Memory, Error> {
        match self.export(name) {
            Some(Extern::Memory(memory)) => Ok(memory),
            Some(Extern::Func(_) | Extern::Table(_) | Extern::Global(_) | Extern::Tag(_))
            | None => Err(Error::NoExport(name.into())),
        }
    }

    /// The bytes of a memory.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the engine has no such memory.
    pub fn bytes(&self, memory: Memory) -> Result<&[u8], Error> {
        self.engine.memory(memory)
    }

    /// The bytes of a memory, to change.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the engine has no such memory.
    pub fn bytes_mut(&mut self, memory: Memory) -> Result<&mut [u8], Error> {
        self.engine.memory_mut(memory)
    }

    /// The bytes of a memory and the embedder's data at once.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the engine has no such memory.
    pub fn bytes_and_data(&mut self, memory: Memory) -> Result<(&mut [u8], &mut T), Error> {
        Ok((self.engine.memory_mut(memory)?, self.data))
    }

    /// Fuel left.
    #[must_use]
    pub fn remaining_fuel(&self) -> u64 {
        self.engine.remaining_fuel()
    }

    /// Makes the guest pay for work of the host. False, and nothing taken, when less is left.
    #[must_use]
    pub fn consume_fuel(&mut self, amount: u64) -> bool {
        self.engine.consume_fuel(amount)
    }

    /// Calls a function while this host call is pending, serving its host calls too. The results are in [`Caller::results`]. A run
    /// that pauses here may be continued by [`Caller::resume`]; if it is not, it is cancelled when the host function returns.
    ///
    /// # Errors
    /// Those of [`Engine::execute`], and what host functions end with.
    pub fn call(&mut self, func: Func, args: &[u64]) -> Result<Outcome, Error> {
        self.linker.call(self.engine, self.data, func, args)
    }

    /// Continues a run that [`Caller::call`] has started and that has paused.
    ///
    /// # Errors
    /// Those of [`Engine::resume`], and what host functions end with.
    pub fn resume(&mut self) -> Result<Outcome, Error> {
        self.linker.resume(self.engine, self.data)
    }

    /// The results of the last call that is done, one slot each.
    #[must_use]
    pub fn results(&self) -> &[u64] {
        self.engine.results()
    }

    /// The exception that the last call has ended with: tag and values, one slot each or two for a v128. A host function throws it on by
    /// ending with [`HostError::Rethrow`](crate::HostError::Rethrow), before it calls anything else.
    #[must_use]
    pub fn exception(&self) -> Option<(Tag, &[u64])> {
        self.engine.exception()
    }

    /// The tag that the calling instance exports by this name, to end with [`HostError::Throw`](crate::HostError::Throw).
    ///
    /// # Errors
    /// [`Error::NoExport`] when it exports none.
    pub fn exported_tag(&self, name: &str) -> Result<Tag, Error> {
        match self.export(name) {
            Some(Extern::Tag(tag)) => Ok(tag),
            Some(Extern::Func(_) | Extern::Memory(_) | Extern::Table(_) | Extern::Global(_))
            | None => Err(Error::NoExport(name.into())),
        }
    }

    /// The function that the calling instance exports by this name.
    ///
    /// # Errors
    /// [`Error::NoExport`] when it exports none.
    pub fn exported_func(&self, name: &str) -> Result<Func, Error> {
        match self.export(name) {
            Some(Extern::Func(func)) => Ok(func),
            Some(Extern::Memory(_) | Extern::Table(_) | Extern::Global(_) | Extern::Tag(_))
            | None => Err(Error::NoExport(name.into())),
        }
    }

    /// The element of this index in a table of the calling instance, as a function: what a callback given by number is.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table or element, or it is null.
    pub fn table_func(&self, table: u32, index: u64) -> Result<Func, Error> {
        let table = self.engine.instance_table(self.instance, table)?;
        let bits = self.engine.table_get(table, index)?;
        Func::from_bits(bits).ok_or(Error::Unknown(Entity::Func))
    }
}
