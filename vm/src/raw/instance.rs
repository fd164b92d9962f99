//! Instances: a module together with the engine-wide numbers of all that it imports and defines.
//!
//! An instance comes into being complete (S1) but with empty contents: its memories and tables are zero, its globals 0. Evaluating
//! initialisers and placing segments is done after that, with safe methods, by `crate::instance`.

use wrt_format::image::features;
use wrt_format::image::subtype::is_traced;
use wrt_format::image::types::{GlobalType, TableType, ValType};
use wrt_format::image::view::{ElemItems, ElemView, ModuleView};
use wrt_format::verify::VerifyError;

use super::arena::OutOfMemory;
use super::buf::Buf;
use super::store::{HOST_INSTANCE, NULL, Store};

/// The items of a segment are worked out when they are needed.
const NO_VALUES: u32 = u32::MAX;

/// An instance. Every number is in range (S1).
#[derive(Debug)]
pub(crate) struct InstData<'m> {
    /// Its module, borrowed from the image.
    pub(super) module: ModuleView<'m>,
    /// First word of each defined function, 0 as long as the function is not verified (S2).
    pub(super) entries: Buf<u32>,
    /// Engine-wide number of each function type of the module.
    pub(super) types: Buf<u32>,
    /// Reference to each imported function, resolved to its origin.
    pub(super) funcs: Buf<u64>,
    /// Number of each memory of the memory index space.
    pub(super) memories: Buf<u32>,
    /// Number of each table of the table index space.
    pub(super) tables: Buf<u32>,
    /// Number of each global of the global index space. The defined ones have consecutive numbers.
    pub(super) globals: Buf<u32>,
    /// Number of each tag of the tag index space.
    pub(super) tags: Buf<u32>,
    /// Items of the element segments that are expressions of traced types, one segment after the other; null once it has been dropped.
    pub(super) elem_values: Buf<u64>,
    /// For each element segment where its items begin in `elem_values`, or [`NO_VALUES`]. Empty where there are none.
    elem_starts: Buf<u32>,
    /// One bit per data segment, then one per element segment, set when it has been dropped.
    pub(super) dropped: Buf<u64>,
    /// Number of the handler map of its code, or [`NO_MAP`](super::tail::direct::NO_MAP).
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) map: u32,
    /// What calls through its table 0 lead to.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) callees: super::tail::callees::Callees,
}

/// What an instance imports, in the order of each index space.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Imports<'a> {
    /// References to functions.
    pub(crate) funcs: &'a [u64],
    /// Numbers of tables.
    pub(crate) tables: &'a [u32],
    /// Numbers of memories.
    pub(crate) memories: &'a [u32],
    /// Numbers of globals.
    pub(crate) globals: &'a [u32],
    /// Numbers of tags.
    pub(crate) tags: &'a [u32],
    /// Engine-wide numbers of the module's types, if they are known already.
    pub(crate) types: Option<&'a [u32]>,
}

/// A value type of a module as one of the engine, where its types have these numbers.
pub(crate) fn engine_type(numbers: &[u32], ty: ValType) -> ValType {
    ty.map_index(|index| numbers.get(index as usize).copied().unwrap_or(0))
}

/// Why an instance could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddError {
    /// There is not enough memory.
    OutOfMemory,
    /// The imports are not those of the module, or one is not of this store.
    Imports,
}

impl From<OutOfMemory> for AddError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// What a function reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// Defined function `func` of an instance.
    Guest {
        /// Number of the instance.
        instance: u32,
        /// Number among the functions that its module defines.
        func: u32,
    },
    /// A host function.
    Host(u32),
}

/// The reference to function `func` (of the function index space) of an instance.
pub(crate) const fn func_ref(instance: u32, func: u32) -> u64 {
    ((instance as u64 + 1) << 32) | func as u64
}

/// The reference to a host function.
pub(crate) const fn host_ref(host: u32) -> u64 {
    ((HOST_INSTANCE as u64) << 32) | host as u64
}

impl<'m> InstData<'m> {
    /// Its module.
    pub(crate) const fn module(&self) -> &ModuleView<'m> {
        &self.module
    }

    /// Number of memory `i` of the memory index space.
    pub(crate) fn memory(&self, i: u32) -> Option<u32> {
        self.memories.as_slice().get(i as usize).copied()
    }

    /// Number of table `i` of the table index space.
    pub(crate) fn table(&self, i: u32) -> Option<u32> {
        self.tables.as_slice().get(i as usize).copied()
    }

    /// Number of global `i` of the global index space.
    pub(crate) fn global(&self, i: u32) -> Option<u32> {
        self.globals.as_slice().get(i as usize).copied()
    }

    /// Number of tag `i` of the tag index space.
    pub(crate) fn tag(&self, i: u32) -> Option<u32> {
        self.tags.as_slice().get(i as usize).copied()
    }

    /// Engine-wide number of function type `i`.
    pub(crate) fn type_id(&self, i: u32) -> Option<u32> {
        self.types.as_slice().get(i as usize).copied()
    }

    /// First word of defined function `func`, if it is verified.
    pub(crate) fn entry(&self, func: u32) -> Option<u32> {
        self.entries
            .as_slice()
            .get(func as usize)
            .copied()
            .filter(|&word| word != 0)
    }

    /// Whether data segment `i` has been dropped.
    pub(crate) fn data_dropped(&self, i: u32) -> bool {
        self.bit(i)
    }

    /// Whether element segment `i` has been dropped.
    pub(crate) fn elem_dropped(&self, i: u32) -> bool {
        self.bit(self.module.data_count().saturating_add(i))
    }

    /// Drops data segment `i`.
    pub(crate) fn drop_data(&mut self, i: u32) {
        self.set_bit(i);
    }

    /// Drops element segment `i`.
    pub(crate) fn drop_elem(&mut self, i: u32) {
        if self.elem_place(i, 0).is_some() {
            let len = self.module.elem(i).map_or(0, |elem| elem.len());
            (0..len).for_each(|at| self.set_elem_value(i, at, NULL));
        }
        self.set_bit(self.module.data_count().saturating_add(i));
    }

    /// Values of element segments that the collector has to know of.
    pub(crate) const fn elem_values(&self) -> &[u64] {
        self.elem_values.as_slice()
    }

    /// The value of item `at` of element segment `i`, if that was worked out when the instance was made.
    pub(crate) fn elem_value(&self, i: u32, at: u32) -> Option<u64> {
        let place = self.elem_place(i, at)?;
        self.elem_values.as_slice().get(place).copied()
    }

    /// Notes it.
    pub(crate) fn set_elem_value(&mut self, i: u32, at: u32, value: u64) {
        let place = self.elem_place(i, at);
        let values = self.elem_values.as_mut_slice();
        if let Some(item) = place.and_then(|place| values.get_mut(place)) {
            *item = value;
        }
    }

    fn elem_place(&self, i: u32, at: u32) -> Option<usize> {
        let start = self.elem_starts.as_slice().get(i as usize).copied()?;
        (start != NO_VALUES).then_some(start as usize + at as usize)
    }

    fn bit(&self, i: u32) -> bool {
        let word = self.dropped.as_slice().get(i as usize / 64);
        word.is_none_or(|word| word >> (i % 64) & 1 != 0)
    }

    fn set_bit(&mut self, i: u32) {
        if let Some(word) = self.dropped.as_mut_slice().get_mut(i as usize / 64) {
            *word |= 1 << (i % 64);
        }
    }
}

/// Items of element segments that are worked out when an instance of a module is made.
pub(crate) fn elem_value_count(module: &ModuleView<'_>) -> usize {
    let segments = (0..module.elem_count()).filter_map(|i| module.elem(i));
    segments
        .filter(|elem| keeps_values(module, elem))
        .fold(0, |count, elem| count + elem.len() as usize)
}

/// Whether the items of an element segment may be, or refer to, things that are collected.
fn keeps_values(module: &ModuleView<'_>, elem: &ElemView<'_>) -> bool {
    module.features() & features::GC != 0
        && matches!(elem.items, ElemItems::Exprs(_))
        && is_traced(module, elem.ty)
}

impl<'m> Store<'m> {
    /// Adds an instance with new, empty memories, tables and globals as its module defines them. Whether the imports have the types
    /// that the module wants is for the caller to check; here only what memory safety needs is.
    pub(crate) fn add_instance(
        &mut self,
        module: ModuleView<'m>,
        imports: Imports<'_>,
    ) -> Result<u32, AddError> {
        self.check_imports(&module, imports)?;
        self.instances.reserve_for_push(&mut self.arena)?;
        // Numbers above are those of other references.
        if self.instances.len() as u32 >= HOST_INSTANCE - 16 {
            return Err(AddError::OutOfMemory);
        }
        let mut instance = InstData {
            module,
            entries: Buf::new(),
            types: Buf::new(),
            funcs: Buf::new(),
            memories: Buf::new(),
            tables: Buf::new(),
            globals: Buf::new(),
            tags: Buf::new(),
            elem_values: Buf::new(),
            elem_starts: Buf::new(),
            dropped: Buf::new(),
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            map: super::tail::direct::NO_MAP,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            callees: super::tail::callees::Callees::NONE,
        };
        let before = self.next_numbers();
        if let Err(error) = self.fill_instance(&mut instance, imports) {
            self.forget_since(before);
            instance.entries.release(&mut self.arena);
            instance.types.release(&mut self.arena);
            instance.funcs.release(&mut self.arena);
            instance.memories.release(&mut self.arena);
            instance.tables.release(&mut self.arena);
            instance.globals.release(&mut self.arena);
            instance.tags.release(&mut self.arena);
            instance.elem_values.release(&mut self.arena);
            instance.elem_starts.release(&mut self.arena);
            instance.dropped.release(&mut self.arena);
            return Err(error.into());
        }
        // There is room for it, so nothing fails any more.
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        if self.threading == super::dispatch::Threading::Direct {
            instance.map = self.map_of(module.code());
        }
        self.instances.push(&mut self.arena, instance)?;
        Ok(self.instances.len() as u32 - 1)
    }

    /// S1 for what is imported.
    fn check_imports(&self, module: &ModuleView<'m>, imports: Imports<'_>) -> Result<(), AddError> {
        let below = |numbers: &[u32], limit: usize| numbers.iter().all(|&n| (n as usize) < limit);
        let known_types = imports
            .types
            .is_none_or(|types| types.len() == module.func_type_count() as usize);
        let counts = known_types
            && imports.funcs.len() == module.imported_funcs() as usize
            && imports.tables.len() == module.imported_tables() as usize
            && imports.memories.len() == module.imported_memories() as usize
            && imports.globals.len() == module.imported_globals() as usize
            && imports.tags.len() == module.imported_tags() as usize;
        let known = imports
            .funcs
            .iter()
            .all(|&func| self.callee(func).is_some())
            && below(imports.tables, self.tables.len())
            && below(imports.memories, self.memories.len())
            && below(imports.globals, self.globals.len())
            && imports.tags.iter().all(|&tag| self.tag_type(tag).is_some());
        // Handlers of memory 0 take 32-bit addresses, and the verifier goes by the type that the module declares.
        let widths = imports.memories.iter().zip(0..).all(|(&number, i)| {
            let declared = module.memory_type(i).map(|ty| (ty.is64, ty.page_log2));
            declared
                == self
                    .memory(number)
                    .map(|memory| (memory.ty().is64, memory.ty().page_log2))
        });
        if counts && known && widths {
            Ok(())
        } else {
            Err(AddError::Imports)
        }
    }

    fn fill_instance(
        &mut self,
        instance: &mut InstData<'m>,
        imports: Imports<'_>,
    ) -> Result<(), OutOfMemory> {
        let module = instance.module;
        instance.entries = Buf::<u32>::zeroed(&mut self.arena, module.func_count() as usize)?;
        match imports.types {
            Some(numbers) => instance.types.extend(&mut self.arena, numbers)?,
            None => instance.types = self.intern_types(&module)?,
        }
        instance.funcs.extend(&mut self.arena, imports.funcs)?;
        instance
            .memories
            .extend(&mut self.arena, imports.memories)?;
        for ty in module.memories() {
            let number = self.add_memory(ty)?;
            instance.memories.push(&mut self.arena, number)?;
        }
        instance.tables.extend(&mut self.arena, imports.tables)?;
        for table in module.tables() {
            let ty = TableType {
                elem: engine_type(instance.types.as_slice(), table.ty.elem),
                ..table.ty
            };
            let number = self.add_table(ty, NULL)?;
            instance.tables.push(&mut self.arena, number)?;
        }
        instance.globals.extend(&mut self.arena, imports.globals)?;
        for global in module.globals() {
            let ty = GlobalType {
                ty: engine_type(instance.types.as_slice(), global.ty.ty),
                ..global.ty
            };
            let number = self.add_global(ty, [0; 2])?;
            instance.globals.push(&mut self.arena, number)?;
        }
        instance.tags.extend(&mut self.arena, imports.tags)?;
        for ty in (0..module.tag_count()).filter_map(|i| module.tag(i)) {
            let ty = instance.type_id(ty).unwrap_or(0);
            let number = self.add_tag(ty)?;
            instance.tags.push(&mut self.arena, number)?;
        }
        self.make_room_for_elems(instance)?;
        let segments = module.data_count() as usize + module.elem_count() as usize;
        instance.dropped = Buf::<u64>::zeroed(&mut self.arena, segments.div_ceil(64))?;
        Ok(())
    }

    /// Room for the items of element segments that may be, or refer to, things that are collected: they are worked out once.
    fn make_room_for_elems(&mut self, instance: &mut InstData<'m>) -> Result<(), OutOfMemory> {
        let module = instance.module;
        if module.features() & features::GC == 0 {
            return Ok(());
        }
        let mut values = 0_usize;
        for elem in (0..module.elem_count()).filter_map(|i| module.elem(i)) {
            let kept = keeps_values(&module, &elem);
            let start = if kept { values as u32 } else { NO_VALUES };
            instance.elem_starts.push(&mut self.arena, start)?;
            values += if kept { elem.len() as usize } else { 0 };
        }
        instance.elem_values = Buf::<u64>::zeroed(&mut self.arena, values)?;
        Ok(())
    }

    /// Number of instances.
    pub(crate) const fn instance_count(&self) -> u32 {
        self.instances.len() as u32
    }

    /// An instance.
    pub(crate) fn instance(&self, instance: u32) -> Option<&InstData<'m>> {
        self.instances.as_slice().get(instance as usize)
    }

    /// An instance.
    pub(crate) fn instance_mut(&mut self, instance: u32) -> Option<&mut InstData<'m>> {
        self.instances.as_mut_slice().get_mut(instance as usize)
    }

    /// The reference to function `func` of the function index space of an instance: imports are resolved to their origin.
    pub(crate) fn func_handle(&self, instance: u32, func: u32) -> Option<u64> {
        let data = self.instance(instance)?;
        match func.checked_sub(data.module.imported_funcs()) {
            None => data.funcs.as_slice().get(func as usize).copied(),
            Some(defined) if defined < data.module.func_count() => Some(func_ref(instance, func)),
            Some(_) => None,
        }
    }

    /// The host function that a reference refers to, if it does to one.
    #[inline]
    pub(crate) fn host_of(&self, reference: u64) -> Option<u32> {
        let (upper, host) = ((reference >> 32) as u32, reference as u32);
        (upper == HOST_INSTANCE && self.host_type(host).is_some()).then_some(host)
    }

    /// What a function reference refers to; `None` for null and for bits that are no reference.
    pub(crate) fn callee(&self, reference: u64) -> Option<Callee> {
        let (upper, func) = ((reference >> 32) as u32, reference as u32);
        if upper == HOST_INSTANCE {
            return self.host_of(reference).map(Callee::Host);
        }
        let instance = upper.checked_sub(1)?;
        let module = self.instance(instance)?.module;
        let func = func.checked_sub(module.imported_funcs())?;
        (func < module.func_count()).then_some(Callee::Guest { instance, func })
    }

    /// Engine-wide type number of what a reference refers to.
    pub(crate) fn callee_type(&self, callee: Callee) -> Option<u32> {
        match callee {
            Callee::Host(host) => self.host_type(host),
            Callee::Guest { instance, func } => {
                let data = self.instance(instance)?;
                data.type_id(data.module.defined_type_idx(func))
            }
        }
    }

    /// Verifies a defined function, once, so that it may run; gives its first word.
    #[inline]
    pub(crate) fn verify_func(&mut self, instance: u32, func: u32) -> Result<u32, VerifyError> {
        let known = self.instance(instance).and_then(|data| data.entry(func));
        known.map_or_else(|| self.verify_new_func(instance, func), Ok)
    }

    #[cold]
    fn verify_new_func(&mut self, instance: u32, func: u32) -> Result<u32, VerifyError> {
        let found = self.instances.as_mut_slice().get_mut(instance as usize);
        let Some(data) = found else { return Ok(0) };
        data.module.verify_func(func)?;
        let word = data.module.func(func).code_word;
        if let Some(entry) = data.entries.as_mut_slice().get_mut(func as usize) {
            // S2: it has just been verified.
            *entry = word;
        }
        // D1 as well.
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        self.map_func(instance, func);
        self.counters.verified_funcs += 1;
        Ok(word)
    }

    /// Verifies all functions of an instance, so that no call has to.
    pub(crate) fn verify_all(&mut self, instance: u32) -> Result<(), VerifyError> {
        let count = self
            .instance(instance)
            .map_or(0, |data| data.module.func_count());
        (0..count).try_for_each(|func| self.verify_func(instance, func).map(|_| ()))
    }
}
