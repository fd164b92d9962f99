//! Types, host functions, and instances with what the host has made before each of them.
//!
//! Input: HOSTS, INSTANCES, and the rows of TAGS, MEMORIES, TABLES and GLOBALS. Output: all things under the numbers that they had, memories
//! and tables with their contents.
//! Invariants: imports are checked as when an instance is made; so are budgets.

use wrt_format::image::types::{ExternKind, GlobalType, MemoryType, TableType, ValType};
use wrt_format::snapshot::{Kind, Snapshot};

use super::parts::Part;
use super::{Restore, Result, ensure, invalid, number_in};
use crate::error::Error;
use crate::instance;
use crate::module::Module;
use crate::outcome::{Extern, Func, Global, Memory, Table, Tag};
use crate::raw::buf::Buf;
use crate::raw::parts::Sort;

/// What a snapshot says of an instance.
struct Row<'a> {
    image: [u8; 32],
    module: u32,
    /// By [`Sort`]: number of the first thing that it defines.
    firsts: [u32; 4],
    /// What follows, of a length that the module says.
    rest: Part<'a>,
}

impl<'a> Row<'a> {
    fn read(part: &mut Part<'a>) -> Result<Self> {
        let image = part.take(32)?.first_chunk().copied();
        Ok(Self {
            image: image.ok_or(invalid(Kind::Instances, "it is cut off"))?,
            module: part.u32()?,
            firsts: part.u32s()?,
            rest: *part,
        })
    }
}

impl<'m> Restore<'_, 'm> {
    /// The module of an instance.
    fn module(&self, instance: u32, row: &Row<'_>) -> Result<Module<'m>> {
        let is_it = |module: &&Module<'m>| {
            let view = module.view();
            view.module_number() == row.module && view.image_id() == row.image
        };
        let found = self.modules.iter().find(is_it).copied();
        found.ok_or(super::RestoreError::MissingModule {
            instance,
            image: row.image,
            module: row.module,
        })
    }

    /// Notes the numbers of all types that modules define, and skips what else is said of instances.
    pub(super) fn all_types(&mut self, snapshot: &Snapshot<'_>) -> Result<()> {
        let mut part = Part::of(snapshot, Kind::Instances);
        // A type is named in INSTANCES or HOSTS, by four bytes at least.
        let named = part.fields.left()
            + snapshot.section(Kind::Hosts).len()
            + snapshot.section(Kind::Tags).len();
        let types = self.counts.types as usize;
        ensure(types <= named / 4, Kind::Engine, "the number of types")?;
        self.types = self.engine.store.scratch_u32(types)?;
        let mut hosts = [Kind::Hosts, Kind::Tags].map(|kind| Part::of(snapshot, kind));
        for instance in 0..self.counts.instances {
            let row = Row::read(&mut part)?;
            let view = *self.module(instance, &row)?.view();
            self.host_types(&mut hosts, false)?;
            let mut numbers = self.engine.store.intern_types(&view)?;
            for &number in numbers.as_slice() {
                self.note_type(part.u32()?, number)?;
            }
            self.engine.store.scratch_release(&mut numbers);
            let imported = |kind| u64::from(view.imported(kind));
            let words = 2 * imported(ExternKind::Func)
                + imported(ExternKind::Table)
                + imported(ExternKind::Memory)
                + imported(ExternKind::Global)
                + imported(ExternKind::Tag);
            part.take(usize::try_from(words * 4).unwrap_or(usize::MAX))?;
            let segments = u64::from(view.data_count()) + u64::from(view.elem_count());
            part.take(segments.div_ceil(64) as usize * 8)?;
            part.take(crate::raw::instance::elem_value_count(&view).saturating_mul(8))?;
        }
        self.host_types(&mut hosts, true)?;
        part.end()
    }

    /// Makes the types of the host, in HOSTS and TAGS, as long as their numbers follow those that there are, or all of them. Done before each
    /// instance this gives all types the numbers that they had, unless some were of modules of which there is no instance.
    fn host_types(&mut self, parts: &mut [Part<'_>; 2], all: bool) -> Result<()> {
        loop {
            let next = parts.map(|mut part| part.fields.u32().unwrap_or(u32::MAX));
            let [hosts, tags] = next;
            let (place, old) = if hosts <= tags { (0, hosts) } else { (1, tags) };
            let known = number_in(self.types.as_slice(), old).is_some();
            let later = !all && !known && old > self.engine.store.types.len();
            if parts[place].fields.left() == 0 || later {
                return Ok(());
            }
            self.func_type(&mut parts[place])?;
        }
    }

    /// Notes that a type of the snapshot has this number in the engine.
    fn note_type(&mut self, old: u32, number: u32) -> Result<()> {
        let place = self.types.as_mut_slice().get_mut(old as usize);
        let place = place.ok_or(invalid(Kind::Instances, "the number of a type"))?;
        ensure(
            *place == 0 || *place == number + 1,
            Kind::Instances,
            "two types of one number",
        )?;
        *place = number + 1;
        Ok(())
    }

    /// A value type of the snapshot as one of the engine.
    fn val_type(&self, ty: ValType, section: Kind) -> Result<ValType> {
        let mut known = true;
        let types = self.types.as_slice();
        let mapped = ty.map_index(|old| {
            let number = number_in(types, old);
            known &= number.is_some();
            number.unwrap_or(0)
        });
        let valid = known && mapped.is_valid(self.engine.store.types.len());
        ensure(valid, section, "a value type")?;
        Ok(mapped)
    }

    /// A function type of the host: gives its number in the engine. If a module defines it, it may be one of a recursive group, which its
    /// parameters and results alone do not tell.
    fn func_type(&mut self, part: &mut Part<'_>) -> Result<u32> {
        let [old, params, results] = part.u32s()?;
        ensure(params.max(results) <= 0xffff, part.kind, "a function type")?;
        let mut types: Buf<ValType> = Buf::new();
        for _ in 0..params + results {
            let ty = part.val_type()?;
            let ty = self.val_type(ty, part.kind)?;
            self.engine.store.scratch_push(&mut types, ty)?;
        }
        let (params, results) = types.as_slice().split_at(params as usize);
        let defined = number_in(self.types.as_slice(), old).filter(|&number| {
            let sig = self.engine.store.func_sig(number);
            sig.is_some_and(|sig| sig.params == params && sig.results == results)
        });
        let number = match defined {
            Some(number) => number,
            None => self.engine.store.intern_type(params, results)?,
        };
        self.engine.store.scratch_release(&mut types);
        self.note_type(old, number)?;
        Ok(number)
    }

    pub(super) fn all_hosts(&mut self, mut part: Part<'_>) -> Result<()> {
        for _ in 0..self.counts.hosts {
            let ty = self.func_type(&mut part)?;
            self.engine.store.add_host(ty)?;
        }
        part.end()
    }

    pub(super) fn all_instances(&mut self, mut part: Part<'_>) -> Result<()> {
        for number in 0..self.counts.instances {
            let row = Row::read(&mut part)?;
            let module = self.module(number, &row)?;
            self.instance(number, &module, &row)?;
            part = self.own_parts(number, &module, row.rest)?;
        }
        part.end()
    }

    /// Makes the instance, empty, with its memories and tables.
    fn instance(&mut self, number: u32, module: &Module<'m>, row: &Row<'_>) -> Result<()> {
        let view = module.view();
        for sort in Sort::ALL {
            let defined = match sort {
                Sort::Table => view.table_count(),
                Sort::Memory => view.memory_count(),
                Sort::Global => view.global_count(),
                Sort::Tag => view.tag_count(),
            };
            if defined > 0 {
                self.things_up_to(sort, row.firsts[sort as usize])?;
            }
        }
        let mut given = Buf::new();
        let added = self.link(module, row, &mut given);
        self.engine.store.scratch_release(&mut given);
        ensure(added? == number, Kind::Instances, "its number")?;
        for sort in Sort::ALL {
            for place in 0.. {
                let data = self.engine.store.instance(number);
                let own = data.and_then(|data| data.defined(sort).get(place).copied());
                let Some(own) = own else { break };
                if place == 0 {
                    let first = own == row.firsts[sort as usize];
                    ensure(first, Kind::Instances, "the number of what it defines")?;
                }
                self.contents(sort, own)?;
            }
        }
        Ok(())
    }

    /// Finds what the instance imports, checks it, and adds the instance.
    fn link(&mut self, module: &Module<'m>, row: &Row<'_>, given: &mut Buf<Extern>) -> Result<u32> {
        let view = module.view();
        let mut rest = row.rest;
        rest.take(view.func_type_count() as usize * 4)?;
        let mut funcs = rest;
        rest.take(view.imported_funcs() as usize * 8)?;
        let mut lists = [rest; 4];
        for (list, sort) in lists.iter_mut().zip(Sort::ALL) {
            *list = rest;
            rest.take(view.imported(kind_of(sort)) as usize * 4)?;
        }
        for import in view.imports() {
            let kind = import.ty.kind();
            let item = match Sort::ALL.into_iter().find(|&sort| kind_of(sort) == kind) {
                Some(sort) => {
                    let number = lists[sort as usize].u32()?;
                    self.things_up_to(sort, number.saturating_add(1))?;
                    thing(sort, number)
                }
                None => {
                    let func = Func::from_bits(funcs.u64()?);
                    Extern::Func(func.ok_or(invalid(Kind::Instances, "an imported function"))?)
                }
            };
            self.engine.store.scratch_push(given, item)?;
        }
        let mut types = self.engine.store.intern_types(view)?;
        let added = self.add(module, types.as_slice(), given.as_slice());
        self.engine.store.scratch_release(&mut types);
        Ok(added?)
    }

    fn add(
        &mut self,
        module: &Module<'m>,
        types: &[u32],
        given: &[Extern],
    ) -> core::result::Result<u32, Error> {
        instance::check_and_add(&mut self.engine, module, types, given)
    }

    /// Dropped segments and values of element segments; gives what follows the instance.
    fn own_parts<'p>(
        &mut self,
        number: u32,
        module: &Module<'m>,
        mut rest: Part<'p>,
    ) -> Result<Part<'p>> {
        let view = module.view();
        rest.take(view.func_type_count() as usize * 4)?;
        rest.take(view.imported_funcs() as usize * 8)?;
        for sort in Sort::ALL {
            rest.take(view.imported(kind_of(sort)) as usize * 4)?;
        }
        if let Some(data) = self.engine.store.instance_mut(number) {
            rest.fill(data.dropped_mut())?;
            rest.fill(data.elem_values_mut())?;
        }
        Ok(rest)
    }

    /// Makes things of the host until there are `count` of a sort, or as many as the snapshot says.
    pub(super) fn things_up_to(&mut self, sort: Sort, count: u32) -> Result<()> {
        let count = count.min(self.counts.of(sort));
        while self.engine.store.count(sort) < count {
            let number = match sort {
                Sort::Table => self.host_table()?,
                Sort::Memory => self.host_memory()?,
                Sort::Global => self.host_global()?,
                Sort::Tag => {
                    let mut part = self.tags;
                    let ty = self.func_type(&mut part)?;
                    self.tags = part;
                    self.engine.store.add_tag(ty)?
                }
            };
            self.contents(sort, number)?;
        }
        Ok(())
    }

    fn host_table(&mut self) -> Result<u32> {
        let elem = self.tables.val_type()?;
        let ty = TableType {
            elem: self.val_type(elem, Kind::Tables)?,
            is64: self.tables.bool()?,
            min: self.tables.u64()?,
            max: self.tables.max()?,
        };
        Ok(self.engine.new_table_unset(ty)?.number())
    }

    fn host_memory(&mut self) -> Result<u32> {
        let [flags, page_log2] = self.memories.u32s()?;
        let sane = flags <= 3 && page_log2 <= 16;
        ensure(sane, Kind::Memories, "the type of a memory")?;
        let ty = MemoryType {
            is64: flags & 1 != 0,
            shared: flags & 2 != 0,
            page_log2: page_log2 as u8,
            min: self.memories.u64()?,
            max: self.memories.max()?,
        };
        Ok(self.engine.new_memory(ty)?.number())
    }

    fn host_global(&mut self) -> Result<u32> {
        let ty = self.globals.val_type()?;
        let ty = GlobalType {
            ty: self.val_type(ty, Kind::Globals)?,
            mutable: self.globals.bool()?,
        };
        Ok(self.engine.store.add_global(ty, [0; 2])?)
    }
}

/// The kind of imports that things of a sort are.
const fn kind_of(sort: Sort) -> ExternKind {
    match sort {
        Sort::Table => ExternKind::Table,
        Sort::Memory => ExternKind::Memory,
        Sort::Global => ExternKind::Global,
        Sort::Tag => ExternKind::Tag,
    }
}

/// The thing of a sort of this number.
const fn thing(sort: Sort, number: u32) -> Extern {
    match sort {
        Sort::Table => Extern::Table(Table(number)),
        Sort::Memory => Extern::Memory(Memory(number)),
        Sort::Global => Extern::Global(Global(number)),
        Sort::Tag => Extern::Tag(Tag(number)),
    }
}
