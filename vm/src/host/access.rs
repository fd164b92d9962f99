//! The host's access to what an engine holds: making, reading and changing memories, tables, globals and host functions.
//!
//! Input: handles. Output: their contents and types. Invariants: every handle is checked; a reference that leads nowhere never gets into
//! a table or global; slots of 32-bit types are kept zero-extended.

use crate::engine::Engine;
use crate::error::{Budget, Entity, Error, Misuse};
use crate::instance::{check_memory, check_table, resolve, types};
use crate::module::Module;
use crate::outcome::{Extern, Func, Global, HostFunc, Instance, Memory, Table, Tag};
use crate::raw::arena::OutOfMemory;
use crate::val::{AnyRef, HeapType, Val, ValType};
use wrt_format::image::FuncTypeView;
use wrt_format::image::subtype::TypeSpace;
use wrt_format::image::types::{Composite, ExternType, GlobalType, MemoryType, TableType};

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Self {
        Self::Budget(Budget::Memory)
    }
}

/// Exports and index spaces of instances.
impl<'m> Engine<'m> {
    /// What an instance exports by this name. A binary search in the image.
    #[must_use]
    pub fn export(&self, instance: Instance, name: &str) -> Option<Extern> {
        let module = self.store.instance(instance.0)?.module();
        let (kind, index) = module.export(name)?;
        resolve(&self.store, instance.0, kind, index)
    }

    /// All that an instance exports, in the module's order.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such instance.
    pub fn exports(
        &self,
        instance: Instance,
    ) -> Result<impl Iterator<Item = (&'m str, Extern)> + '_, Error> {
        let data = self.store.instance(instance.0);
        let module = data.ok_or(Error::Unknown(Entity::Instance))?.module();
        Ok((0..module.export_count()).filter_map(move |i| {
            let export = module.export_at(i)?;
            let item = resolve(&self.store, instance.0, export.kind, export.index)?;
            Some((export.name, item))
        }))
    }

    /// Function of index `index`, imports first, of an instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none.
    pub fn instance_func(&self, instance: Instance, index: u32) -> Result<Func, Error> {
        let handle = self.store.func_handle(instance.0, index);
        handle
            .and_then(Func::from_bits)
            .ok_or(Error::Unknown(Entity::FuncIndex))
    }

    /// Memory of index `index`, imports first, of an instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none.
    pub fn instance_memory(&self, instance: Instance, index: u32) -> Result<Memory, Error> {
        let data = self.store.instance(instance.0);
        let number = data.and_then(|data| data.memory(index));
        number.map(Memory).ok_or(Error::Unknown(Entity::Memory))
    }

    /// Global of index `index`, imports first, of an instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none.
    pub fn instance_global(&self, instance: Instance, index: u32) -> Result<Global, Error> {
        let data = self.store.instance(instance.0);
        let number = data.and_then(|data| data.global(index));
        number.map(Global).ok_or(Error::Unknown(Entity::Global))
    }

    /// Whether data segment `index` of an instance has been dropped, as an active one has once it was written. One that there is not
    /// counts as dropped.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such instance.
    pub fn data_dropped(&self, instance: Instance, index: u32) -> Result<bool, Error> {
        let data = self.store.instance(instance.0);
        data.map(|data| data.data_dropped(index))
            .ok_or(Error::Unknown(Entity::Instance))
    }

    /// Whether element segment `index` of an instance has been dropped. One that there is not counts as dropped.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such instance.
    pub fn elem_dropped(&self, instance: Instance, index: u32) -> Result<bool, Error> {
        let data = self.store.instance(instance.0);
        data.map(|data| data.elem_dropped(index))
            .ok_or(Error::Unknown(Entity::Instance))
    }

    /// Table of index `index`, imports first, of an instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none.
    pub fn instance_table(&self, instance: Instance, index: u32) -> Result<Table, Error> {
        let data = self.store.instance(instance.0);
        let number = data.and_then(|data| data.table(index));
        number.map(Table).ok_or(Error::Unknown(Entity::Table))
    }

    /// The type of a function.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such function.
    pub fn func_type(&self, func: Func) -> Result<FuncTypeView<'_>, Error> {
        let callee = self.store.callee(func.0);
        let id = callee.and_then(|callee| self.store.callee_type(callee));
        let sig = id.and_then(|id| self.store.func_sig(id));
        let sig = sig.ok_or(Error::Unknown(Entity::Func))?;
        Ok(FuncTypeView {
            params: sig.params,
            results: sig.results,
        })
    }

    /// The name of a guest function, if its image has it.
    #[must_use]
    pub fn func_name(&self, instance: Instance, index: u32) -> Option<&'m str> {
        self.store.instance(instance.0)?.module().func_name(index)
    }
}

/// Host functions, memories and tables.
impl Engine<'_> {
    /// Makes a host function of these parameter and result types, of [`valtype`](crate::valtype).
    ///
    /// # Errors
    /// [`Error::Invalid`] when a byte is no value type; [`Error::Budget`] when the engine has no room.
    pub fn new_host_func(
        &mut self,
        params: &[ValType],
        results: &[ValType],
    ) -> Result<HostFunc, Error> {
        types::check_valtypes(params, self.store.types.len())?;
        types::check_valtypes(results, self.store.types.len())?;
        if params.len().max(results.len()) > usize::from(u16::MAX) {
            return Err(Error::Invalid("function type: too many values"));
        }
        let ty = self.store.intern_type(params, results)?;
        Ok(HostFunc(self.store.add_host(ty)?))
    }

    /// Makes a host function of the type that import number `import` of a module asks for. That is the only way to one whose type names
    /// structs, arrays or functions of the module, or is in a recursive group of several.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the module has no such import, or it is no function; [`Error::Budget`] when the engine has no room.
    pub fn new_host_func_for(
        &mut self,
        module: &Module<'_>,
        import: u32,
    ) -> Result<HostFunc, Error> {
        let ty = self.import_func_type(module, import)?;
        Ok(HostFunc(self.store.add_host(ty)?))
    }

    /// Number of the type that an import of a function asks for.
    pub(crate) fn import_func_type(
        &mut self,
        module: &Module<'_>,
        import: u32,
    ) -> Result<u32, Error> {
        let asked = module.imports().nth(import as usize);
        let Some(ExternType::Func(index)) = asked.map(|asked| asked.ty) else {
            return Err(Error::Unknown(Entity::Func));
        };
        let mut types = self.store.intern_types(module.view())?;
        let ty = types.as_slice().get(index as usize).copied();
        self.store.scratch_release(&mut types);
        ty.ok_or(Error::Unknown(Entity::Func))
    }

    /// Makes a tag whose exceptions carry values of these types.
    ///
    /// # Errors
    /// [`Error::Invalid`] when one is no value type; [`Error::Budget`] when the engine has no room.
    pub fn new_tag(&mut self, params: &[ValType]) -> Result<Tag, Error> {
        types::check_valtypes(params, self.store.types.len())?;
        if params.len() > usize::from(u16::MAX) {
            return Err(Error::Invalid("tag type: too many values"));
        }
        let ty = self.store.intern_type(params, &[])?;
        Ok(Tag(self.store.add_tag(ty)?))
    }

    /// Makes a memory of the type's minimum, all zero.
    ///
    /// # Errors
    /// [`Error::Budget`] when it is larger than the engine allows or has room for; [`Error::Invalid`] when the type has no meaning: a
    /// shared memory has a maximum, and is there with the feature `atomics` only.
    pub fn new_memory(&mut self, ty: MemoryType) -> Result<Memory, Error> {
        let bounded = ty.max.is_none_or(|max| max >= ty.min);
        let shareable = cfg!(feature = "atomics") && ty.max.is_some();
        if !matches!(ty.page_log2, 0 | 16) || !bounded || ty.shared && !shareable {
            return Err(Error::Invalid("memory type"));
        }
        let bytes = u128::from(ty.min) << ty.page_log2;
        check_memory(&self.config, &self.store, bytes)?;
        Ok(Memory(self.store.add_memory(ty)?))
    }

    /// The bytes of a memory.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such memory.
    pub fn memory(&self, memory: Memory) -> Result<&[u8], Error> {
        let memory = self.store.memory(memory.0);
        Ok(memory.ok_or(Error::Unknown(Entity::Memory))?.bytes())
    }

    /// The bytes of a memory, to change. The length cannot change while they are borrowed.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such memory.
    pub fn memory_mut(&mut self, memory: Memory) -> Result<&mut [u8], Error> {
        let memory = self.store.memory_mut(memory.0);
        Ok(memory.ok_or(Error::Unknown(Entity::Memory))?.bytes_mut())
    }

    /// The type that a memory was declared with.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such memory.
    pub fn memory_type(&self, memory: Memory) -> Result<MemoryType, Error> {
        let memory = self.store.memory(memory.0);
        Ok(memory.ok_or(Error::Unknown(Entity::Memory))?.ty())
    }

    /// Grows a memory by `delta` pages of its page size. The pages before, or `None` when it cannot grow so far.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such memory.
    pub fn memory_grow(&mut self, memory: Memory, delta: u64) -> Result<Option<u64>, Error> {
        if self.store.memory(memory.0).is_none() {
            return Err(Error::Unknown(Entity::Memory));
        }
        let allowed = self.store.can_grow_memory(memory.0, delta);
        Ok(allowed.and_then(|_| self.store.grow_memory(memory.0, delta).ok()))
    }

    /// Makes a table of the type's minimum, all elements `init`, a reference of the element type or 0 for null.
    ///
    /// # Errors
    /// [`Error::Budget`] when it is larger than the engine allows or has room for; [`Error::Invalid`] when the type has no meaning;
    /// [`Error::Unknown`] when `init` is a function reference that leads nowhere.
    pub fn new_table(&mut self, ty: TableType, init: u64) -> Result<Table, Error> {
        if !ty.elem.is_ref()
            || !ty.elem.is_valid(self.store.types.len())
            || ty.max.is_some_and(|max| max < ty.min)
        {
            return Err(Error::Invalid("table type"));
        }
        check_table(&self.config, &self.store, u128::from(ty.min))?;
        let init = self.checked_slot(ty.elem, init)?;
        Ok(Table(self.store.add_table(ty, init)?))
    }

    /// Makes a table whose elements are null whatever its type says: they are set before anybody looks.
    ///
    /// # Errors
    /// [`Error::Budget`] and [`Error::Invalid`] as for [`Self::new_table`].
    pub(crate) fn new_table_unset(&mut self, ty: TableType) -> Result<Table, Error> {
        let sane = ty.elem.is_ref() && ty.max.is_none_or(|max| max >= ty.min);
        if !sane {
            return Err(Error::Invalid("table type"));
        }
        check_table(&self.config, &self.store, u128::from(ty.min))?;
        Ok(Table(self.store.add_table(ty, 0)?))
    }

    /// The type that a table was declared with.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table.
    pub fn table_type(&self, table: Table) -> Result<TableType, Error> {
        let table = self.store.table(table.0);
        Ok(table.ok_or(Error::Unknown(Entity::Table))?.ty())
    }

    /// Elements of a table.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table.
    pub fn table_size(&self, table: Table) -> Result<u64, Error> {
        let table = self.store.table(table.0);
        Ok(table.ok_or(Error::Unknown(Entity::Table))?.elems().len() as u64)
    }

    /// An element of a table: a reference, 0 for null.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table or element.
    pub fn table_get(&self, table: Table, index: u64) -> Result<u64, Error> {
        let table = self
            .store
            .table(table.0)
            .ok_or(Error::Unknown(Entity::Table))?;
        let elem = usize::try_from(index)
            .ok()
            .and_then(|i| table.elems().get(i));
        elem.copied().ok_or(Error::Unknown(Entity::TableElem))
    }

    /// Sets an element of a table to a reference of its element type, or 0 for null.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table or element, or the function reference leads nowhere.
    pub fn table_set(&mut self, table: Table, index: u64, value: u64) -> Result<(), Error> {
        let value = self.checked_slot(self.table_type(table)?.elem, value)?;
        let table = self
            .store
            .table_mut(table.0)
            .ok_or(Error::Unknown(Entity::Table))?;
        let elem = usize::try_from(index)
            .ok()
            .and_then(|i| table.elems_mut().get_mut(i));
        *elem.ok_or(Error::Unknown(Entity::TableElem))? = value;
        Ok(())
    }

    /// Grows a table by `delta` elements that are `init`. The elements before, or `None` when it cannot grow so far.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such table, or `init` is a function reference that leads nowhere.
    pub fn table_grow(
        &mut self,
        table: Table,
        delta: u64,
        init: u64,
    ) -> Result<Option<u64>, Error> {
        let init = self.checked_slot(self.table_type(table)?.elem, init)?;
        if !self.store.can_grow_table(table.0, delta) {
            return Ok(None);
        }
        Ok(self.store.grow_table(table.0, delta, init).ok())
    }
}

/// Globals.
impl Engine<'_> {
    /// Makes a global. Of a 32-bit type only the low half of `value` counts; of a v128 it is the low half, the high one being 0: see
    /// [`Engine::set_global_val`].
    ///
    /// # Errors
    /// [`Error::Budget`] when the engine has no room; [`Error::Invalid`] when the type has no meaning; [`Error::Unknown`] when `value` is a
    /// function reference that leads nowhere.
    pub fn new_global(&mut self, ty: GlobalType, value: u64) -> Result<Global, Error> {
        types::check_valtypes(&[ty.ty], self.store.types.len())?;
        let value = self.checked_slot(ty.ty, value)?;
        Ok(Global(self.store.add_global(ty, [value, 0])?))
    }

    /// The type of a global.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such global.
    pub fn global_type(&self, global: Global) -> Result<GlobalType, Error> {
        self.store
            .global_type(global.0)
            .ok_or(Error::Unknown(Entity::Global))
    }

    /// The slot of a global; of a v128 its low half.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such global.
    pub fn global(&self, global: Global) -> Result<u64, Error> {
        let value = self.store.global(global.0);
        value
            .map(|[low, _]| low)
            .ok_or(Error::Unknown(Entity::Global))
    }

    /// The value of a global with its type.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such global.
    pub fn global_val(&self, global: Global) -> Result<Val, Error> {
        let halves = self.store.global(global.0).unwrap_or_default();
        let ty = self.global_type(global)?.ty;
        let slots = halves.get(..crate::val::valtype::slots(ty));
        slots
            .and_then(|slots| Val::from_slots(ty, slots))
            .ok_or(Error::Unknown(Entity::Global))
    }

    /// Sets a mutable global to a value of its type.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such global, or the function reference leads nowhere; [`Error::Misuse`] when it is immutable;
    /// [`Error::Invalid`] when the value is of another type.
    pub fn set_global_val(&mut self, global: Global, value: Val) -> Result<(), Error> {
        let ty = self.global_type(global)?.ty;
        let halves = value.halves();
        let read = halves.get(..crate::val::valtype::slots(ty));
        if read.and_then(|slots| Val::from_slots(ty, slots)) != Some(value) {
            return Err(Error::Invalid("type of a global's value"));
        }
        self.put_global(global, halves)
    }

    /// Sets a mutable global. Of a 32-bit type only the low half of `value` counts; of a v128 it is the low half, the high one being 0.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such global, or the function reference leads nowhere; [`Error::Misuse`] when it is immutable.
    pub fn set_global(&mut self, global: Global, value: u64) -> Result<(), Error> {
        self.put_global(global, [value, 0])
    }

    fn put_global(&mut self, global: Global, [low, high]: [u64; 2]) -> Result<(), Error> {
        let ty = self.global_type(global)?;
        if !ty.mutable {
            return Err(Misuse::ImmutableGlobal.into());
        }
        let low = self.checked_slot(ty.ty, low)?;
        if self.store.set_global(global.0, [low, high]) {
            Ok(())
        } else {
            Err(Error::Unknown(Entity::Global))
        }
    }

    /// `value` as a slot of this type of the engine; references must be of the type, and those to functions lead somewhere.
    pub(crate) fn checked_slot(&self, ty: ValType, value: u64) -> Result<u64, Error> {
        if ty == crate::val::valtype::V128 {
            return Ok(value);
        }
        let val = Val::from_slot(ty, value).ok_or(Error::Invalid("value type"))?;
        let fits = match val {
            Val::FuncRef(Some(func)) => {
                let callee = self.store.callee(func.0);
                let callee = callee.ok_or(Error::Unknown(Entity::Func))?;
                let number = self.store.callee_type(callee);
                number.is_some_and(|number| {
                    let own = ValType::reference(HeapType::Defined(number), false);
                    self.store.types.val_matches(own, ty)
                })
            }
            Val::ExternRef(Some(_)) => {
                let own = ValType::reference(HeapType::Extern, false);
                self.own_heap_type(value).is_some() && self.store.types.val_matches(own, ty)
            }
            Val::AnyRef(Some(_)) => self.own_heap_type(value).is_some_and(|heap| {
                let own = ValType::reference(heap, false);
                self.store.types.val_matches(own, ty)
            }),
            Val::ExnRef(Some(_)) => {
                let own = ValType::reference(HeapType::Exn, false);
                self.store.exception(value).is_some() && self.store.types.val_matches(own, ty)
            }
            Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
                ty.is_defaultable()
            }
            Val::I32(_) | Val::I64(_) | Val::F32(_) | Val::F64(_) | Val::V128(_) => true,
        };
        if fits {
            if matches!(val, Val::ExternRef(Some(_)) | Val::AnyRef(Some(_)))
                && AnyRef::from_bits(value).is_some_and(|any| any.host().is_some())
            {
                self.store.note_host_ref();
            }
            Ok(val.to_slot())
        } else {
            Err(Error::Invalid("reference of another type"))
        }
    }
}

/// References that the host holds.
impl Engine<'_> {
    /// What an anyref that is not null refers to, as exactly as that is known; none if it leads nowhere.
    fn own_heap_type(&self, slot: u64) -> Option<HeapType> {
        let any = AnyRef::from_bits(slot)?;
        if any.i31().is_some() {
            return Some(HeapType::I31);
        }
        if any.host().is_some() {
            return Some(HeapType::Any);
        }
        let (what, _) = self.store.heap.object(slot)?;
        let number = what.number();
        (self.store.types.what(number) == Some(what)).then_some(HeapType::Defined(number))
    }

    /// What an anyref refers to: [`HeapType::I31`], [`HeapType::Struct`], [`HeapType::Array`], or [`HeapType::Any`] for a thing of the host.
    /// None if it leads nowhere.
    #[must_use]
    pub fn heap_type(&self, any: AnyRef) -> Option<HeapType> {
        let own = self.own_heap_type(any.bits())?;
        let HeapType::Defined(number) = own else {
            return Some(own);
        };
        match self.store.types.composite(number) {
            Composite::Struct => Some(HeapType::Struct),
            Composite::Array => Some(HeapType::Array),
            Composite::Func => None,
        }
    }

    /// Keeps what a slot of type `anyref` or `externref` refers to, so that it lasts until [`Engine::release`]; gives a number to do so by. A
    /// struct or array that the host gets from a run lasts without this until the next run or instantiation.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it refers to nothing; [`Error::Budget`] when there is no room.
    pub fn keep(&mut self, slot: u64) -> Result<u32, Error> {
        if slot == 0 || self.own_heap_type(slot).is_none() {
            return Err(Error::Invalid("reference"));
        }
        let kept = self.store.kept.as_mut_slice();
        if let Some(free) = kept.iter().position(|&slot| slot == 0) {
            kept[free] = slot;
            return Ok(free as u32);
        }
        self.store.keep(slot)?;
        Ok(self.store.kept.len() as u32 - 1)
    }

    /// The slot that is kept under a number; 0 if there is none.
    #[must_use]
    pub fn kept(&self, number: u32) -> u64 {
        let slot = self.store.kept.as_slice().get(number as usize);
        slot.copied().unwrap_or(0)
    }

    /// Keeps it no longer.
    pub fn release(&mut self, number: u32) {
        if let Some(slot) = self.store.kept.as_mut_slice().get_mut(number as usize) {
            *slot = 0;
        }
    }
}

impl Instance {
    /// What it exports by this name; as [`Engine::export`].
    #[must_use]
    pub fn export(self, engine: &Engine<'_>, name: &str) -> Option<Extern> {
        engine.export(self, name)
    }
}
