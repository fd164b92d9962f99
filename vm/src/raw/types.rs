//! The types of an engine: what the modules of its instances define, and what the host asks for, each once.
//!
//! Input: type sections of verified modules. Output: engine-wide numbers, which are equal exactly when the types are (spec, 3.2 and
//! 4.4.1.1: recursive groups are equal when they are so member by member, references into the group compared by place).
//!
//! Invariants: types are only appended, whole groups at a time, the members of a group one behind the other; the references in a
//! type's values are engine-wide numbers of types that exist; a supertype has a lower number, and as many parameters and results.

use wrt_format::image::ModuleView;
use wrt_format::image::SubType;
use wrt_format::image::subtype::{TypeSpace, index_matches, val_matches};
use wrt_format::image::types::{ValType, val};

use super::arena::{Arena, OutOfMemory};
use super::buf::Buf;

/// In place of an engine-wide number, together with the place: a member of the same group.
const IN_GROUP: u32 = 1 << 23;
/// No supertype.
const NONE: u32 = u32::MAX;

/// A type: `params`, then `results` value types from `start` on in the table of value types.
#[derive(Clone, Copy, Debug)]
struct TypeRec {
    start: u32,
    params: u16,
    results: u16,
    /// Number of its supertype, or [`NONE`].
    supertype: u32,
    /// Types of the group, for its first type; else 0.
    group_len: u32,
    /// Of the whole group.
    hash: u32,
    open: bool,
}

/// A function type of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FuncSig<'a> {
    /// Types of the parameters. References to defined types go by engine-wide numbers.
    pub(crate) params: &'a [ValType],
    /// Types of the results.
    pub(crate) results: &'a [ValType],
}

impl FuncSig<'_> {
    /// Slots that the arguments take.
    pub(crate) fn param_slots(&self) -> usize {
        val::slot_count(self.params)
    }

    /// Slots that the results take.
    pub(crate) fn result_slots(&self) -> usize {
        val::slot_count(self.results)
    }
}

/// A group that may be new.
#[derive(Clone, Copy)]
enum Group<'a> {
    /// One function type of the host, without supertype or subtypes.
    Host(FuncSig<'a>),
    /// The types `start .. start + len` of a module whose earlier types have these numbers.
    Module {
        module: &'a ModuleView<'a>,
        start: u32,
        len: u32,
        numbers: &'a [u32],
    },
}

impl<'a> Group<'a> {
    const fn len(self) -> u32 {
        match self {
            Self::Host(_) => 1,
            Self::Module { len, .. } => len,
        }
    }

    /// Its member `i`.
    fn member(self, i: u32) -> (FuncSig<'a>, SubType) {
        match self {
            Self::Host(sig) => (sig, SubType::default()),
            Self::Module { module, start, .. } => {
                let ty = module.func_type(start + i);
                let sig = FuncSig {
                    params: ty.params,
                    results: ty.results,
                };
                (sig, module.sub_type(start + i))
            }
        }
    }

    /// What an index in it means: an engine-wide number, or a place in the group.
    fn normal(self, index: u32) -> u32 {
        match self {
            Self::Host(_) => index,
            Self::Module { start, numbers, .. } => match index.checked_sub(start) {
                Some(place) => IN_GROUP | place,
                None => numbers.get(index as usize).copied().unwrap_or(0),
            },
        }
    }
}

/// All types of an engine.
#[derive(Debug)]
pub(crate) struct Types {
    recs: Buf<TypeRec>,
    vals: Buf<ValType>,
}

impl TypeSpace for Types {
    fn supertype(&self, index: u32) -> Option<u32> {
        let rec = self.recs.as_slice().get(index as usize)?;
        (rec.supertype != NONE).then_some(rec.supertype)
    }
}

impl Types {
    pub(super) const fn new() -> Self {
        Self {
            recs: Buf::new(),
            vals: Buf::new(),
        }
    }

    /// Number of types.
    pub(crate) const fn len(&self) -> u32 {
        self.recs.len() as u32
    }

    /// Type number `id`.
    pub(crate) fn func_sig(&self, id: u32) -> Option<FuncSig<'_>> {
        let rec = self.recs.as_slice().get(id as usize)?;
        let vals = self.vals.as_slice().get(rec.start as usize..)?;
        let (params, rest) = vals.split_at_checked(usize::from(rec.params))?;
        Some(FuncSig {
            params,
            results: rest.get(..usize::from(rec.results))?,
        })
    }

    /// Whether type number `sub` is type number `sup` or one of its subtypes.
    pub(crate) fn matches(&self, sub: u32, sup: u32) -> bool {
        sub == sup || index_matches(self, sub, sup)
    }

    /// Whether a value of type `sub` may stand where one of type `sup` is expected.
    pub(crate) fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        val_matches(self, sub, sup)
    }

    /// The number of a function type of the host.
    pub(super) fn intern_func(
        &mut self,
        arena: &mut Arena<'_>,
        params: &[ValType],
        results: &[ValType],
    ) -> Result<u32, OutOfMemory> {
        self.intern(arena, Group::Host(FuncSig { params, results }))
    }

    /// Appends the numbers of all types of a module to `numbers`, which is empty.
    pub(super) fn intern_module(
        &mut self,
        arena: &mut Arena<'_>,
        module: &ModuleView<'_>,
        numbers: &mut Buf<u32>,
    ) -> Result<(), OutOfMemory> {
        let count = module.func_type_count();
        let mut start = 0;
        while start < count {
            let others = start + 1..count;
            let len = 1 + others
                .take_while(|&i| module.sub_type(i).in_group != 0)
                .count() as u32;
            let group = Group::Module {
                module,
                start,
                len,
                numbers: numbers.as_slice(),
            };
            let first = self.intern(arena, group)?;
            for number in first..first + len {
                numbers.push(arena, number)?;
            }
            start += len;
        }
        Ok(())
    }

    /// The number of the first type of a group, which is added if there is none equal to it.
    fn intern(&mut self, arena: &mut Arena<'_>, group: Group<'_>) -> Result<u32, OutOfMemory> {
        let hash = hash(group);
        let recs = self.recs.as_slice();
        let known = (0..self.len()).find(|&first| {
            let rec = recs[first as usize];
            rec.hash == hash && rec.group_len == group.len() && self.equals(first, group)
        });
        if let Some(first) = known {
            return Ok(first);
        }
        let (recs, vals, first) = (self.recs.len(), self.vals.len(), self.len());
        let added = (0..group.len()).try_for_each(|i| self.push(arena, group, i, first, hash));
        if added.is_err() {
            self.recs.truncate(recs);
            self.vals.truncate(vals);
        }
        added.map(|()| first)
    }

    /// Whether the group whose first type is number `first` is equal to `group`, which has as many members.
    fn equals(&self, first: u32, group: Group<'_>) -> bool {
        let len = group.len();
        let normal = |index: u32| match index.checked_sub(first) {
            Some(place) if place < len => IN_GROUP | place,
            Some(_) | None => index,
        };
        (0..len).all(|i| {
            let (sig, sub) = group.member(i);
            let (Some(own), Some(rec)) = (
                self.func_sig(first + i),
                self.recs.as_slice().get((first + i) as usize),
            ) else {
                return false;
            };
            let same = |own: &[ValType], new: &[ValType]| {
                let own = own.iter().map(|ty| ty.map_index(normal));
                own.eq(new
                    .iter()
                    .map(|ty| ty.map_index(|index| group.normal(index))))
            };
            let supertype = (rec.supertype != NONE).then(|| normal(rec.supertype));
            rec.open == sub.open
                && supertype == sub.supertype.map(|index| group.normal(index))
                && same(own.params, sig.params)
                && same(own.results, sig.results)
        })
    }

    /// Adds member `i` of a group whose first type is to be number `first`.
    fn push(
        &mut self,
        arena: &mut Arena<'_>,
        group: Group<'_>,
        i: u32,
        first: u32,
        hash: u32,
    ) -> Result<(), OutOfMemory> {
        let too_many = |_| OutOfMemory;
        if first + i >= IN_GROUP {
            return Err(OutOfMemory);
        }
        let (sig, sub) = group.member(i);
        let number = |index: u32| {
            let normal = group.normal(index);
            if normal & IN_GROUP == 0 {
                normal
            } else {
                first + (normal & !IN_GROUP)
            }
        };
        let rec = TypeRec {
            start: u32::try_from(self.vals.len()).map_err(too_many)?,
            params: u16::try_from(sig.params.len()).map_err(too_many)?,
            results: u16::try_from(sig.results.len()).map_err(too_many)?,
            supertype: sub.supertype.map_or(NONE, number),
            group_len: if i == 0 { group.len() } else { 0 },
            hash,
            open: sub.open,
        };
        for ty in sig.params.iter().chain(sig.results) {
            self.vals.push(arena, ty.map_index(number))?;
        }
        self.recs.push(arena, rec)
    }
}

/// A hash of a group: FNV-1a. It only saves comparisons.
fn hash(group: Group<'_>) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut mix = |word: u32| {
        for byte in word.to_le_bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    };
    for i in 0..group.len() {
        let (sig, sub) = group.member(i);
        mix(sig.params.len() as u32);
        mix(sub.supertype.map_or(NONE, |index| group.normal(index)));
        for ty in sig.params.iter().chain(sig.results) {
            let ty = ty.map_index(|index| group.normal(index));
            mix(u32::from_le_bytes(ty.to_bytes()));
        }
    }
    hash
}
