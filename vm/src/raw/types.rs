//! The types of an engine: what the modules of its instances define, and what the host asks for, each once.
//!
//! Input: type sections of verified modules. Output: engine-wide numbers, which are equal exactly when the types are (spec, 3.2 and
//! 4.4.1.1: recursive groups are equal when they are so member by member, references into the group compared by place).
//!
//! Invariants: types are only appended, whole groups at a time, the members of a group one behind the other; the references in a
//! type's values are engine-wide numbers of types that exist; a supertype has a lower number, is of the same kind, and has as many parameters and
//! results, or fields of which those of its subtypes are a continuation.
//!
//! Whether one type is below another takes two looks: each type has a row of its supertypes, from the most general one to itself, so that
//! a type whose depth is `d` can only be above it as number `d` of the row. T1: `depth` and `display` of a record describe such a row.

use wrt_format::image::ModuleView;
use wrt_format::image::SubType;
use wrt_format::image::root::FieldRow;
use wrt_format::image::subtype::{TypeSpace, is_traced, val_matches};
use wrt_format::image::types::{Composite, ValType, place_field, val};

use super::arena::{Arena, OutOfMemory};
use super::buf::Buf;
use crate::heap::What;

/// In place of an engine-wide number, together with the place: a member of the same group.
const IN_GROUP: u32 = 1 << 23;
/// Looks into the index of groups that one search may take. Honest types take a few; of a million that were made to take many, each takes no
/// more than this.
const PROBES: usize = 1024;
/// No supertype.
const NONE: u32 = u32::MAX;

/// A type: `params`, then `results` value types from `start` on in the table of value types; of structs or arrays `params` fields from
/// `start` on in that of fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeRec {
    start: u32,
    params: u16,
    /// Of structs the words of 8 bytes that their fields take.
    pub(super) results: u16,
    composite: Composite,
    /// What objects of the type are, see [`What`]; 0 of functions.
    pub(super) what: u32,
    /// Number of its supertypes.
    pub(super) depth: u32,
    /// Where the row of its supertypes begins, of which it is the last itself.
    pub(super) display: u32,
    /// Number of its supertype, or [`NONE`].
    supertype: u32,
    /// Types of the group, for its first type; else 0.
    group_len: u32,
    /// Of the whole group.
    hash: u32,
    open: bool,
    /// Of a function type [`FuncSig::has_vectors`] and [`FuncSig::has_refs`].
    has_vectors: bool,
    has_refs: bool,
}

/// A field of structs, or the elements of arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its type, which may be packed.
    pub(crate) ty: ValType,
    /// Its place in a struct, in bytes.
    pub(crate) offset: u32,
    mutable: bool,
    /// Whether it may refer to something that is collected.
    pub(crate) traced: bool,
}

/// What a type of a group is.
struct Member<'a> {
    composite: Composite,
    params: &'a [ValType],
    results: &'a [ValType],
    fields: &'a [FieldRow],
    sub: SubType,
}

/// A function type of the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FuncSig<'a> {
    /// Types of the parameters. References to defined types go by engine-wide numbers.
    pub(crate) params: &'a [ValType],
    /// Types of the results.
    pub(crate) results: &'a [ValType],
    /// Whether one of them is a v128, which takes two slots.
    pub(crate) has_vectors: bool,
    /// Whether one of them is a reference.
    pub(crate) has_refs: bool,
}

impl<'a> FuncSig<'a> {
    fn new(params: &'a [ValType], results: &'a [ValType]) -> Self {
        let all = || params.iter().chain(results);
        Self {
            params,
            results,
            has_vectors: all().any(|&ty| ty == val::V128),
            has_refs: all().any(|ty| ty.is_ref()),
        }
    }

    /// Slots that the arguments take.
    #[inline]
    pub(crate) fn param_slots(&self) -> usize {
        self.slots(self.params)
    }

    /// Slots that the results take.
    #[inline]
    pub(crate) fn result_slots(&self) -> usize {
        self.slots(self.results)
    }

    #[inline]
    fn slots(&self, types: &[ValType]) -> usize {
        if self.has_vectors {
            val::slot_count(types)
        } else {
            types.len()
        }
    }
}

/// A group that may be new.
#[derive(Clone, Copy)]
enum Group<'a> {
    /// One function type of the host, without supertype or subtypes.
    Host(&'a [ValType], &'a [ValType]),
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
            Self::Host(..) => 1,
            Self::Module { len, .. } => len,
        }
    }

    /// Its member `i`.
    fn member(self, i: u32) -> Member<'a> {
        match self {
            Self::Host(params, results) => Member {
                composite: Composite::Func,
                params,
                results,
                fields: &[],
                sub: SubType::default(),
            },
            Self::Module { module, start, .. } => {
                let ty = module.func_type(start + i);
                Member {
                    composite: module.composite(start + i),
                    params: ty.params,
                    results: ty.results,
                    fields: module.fields(start + i),
                    sub: module.sub_type(start + i),
                }
            }
        }
    }

    /// What an index in it means: an engine-wide number, or a place in the group.
    fn normal(self, index: u32) -> u32 {
        match self {
            Self::Host(..) => index,
            Self::Module { start, numbers, .. } => match index.checked_sub(start) {
                Some(place) => IN_GROUP | place,
                None => numbers.get(index as usize).copied().unwrap_or(0),
            },
        }
    }
}

/// Where a group is, or would be, in the index.
enum Found {
    /// The number of its first type.
    Group(u32),
    /// A place for it.
    Place(usize),
}

/// All types of an engine.
#[derive(Debug)]
pub(crate) struct Types {
    pub(super) recs: Buf<TypeRec>,
    vals: Buf<ValType>,
    fields: Buf<Field>,
    /// The rows of supertypes.
    pub(super) displays: Buf<u32>,
    /// The first types of groups by their hashes, in places of which the rest stay empty (0): numbers plus 1, each at the first place free from
    /// its hash on. As many as a power of two, and at most half of them taken.
    index: Buf<u32>,
    /// Number of groups.
    groups: usize,
}

impl TypeSpace for Types {
    fn supertype(&self, index: u32) -> Option<u32> {
        let rec = self.recs.as_slice().get(index as usize)?;
        (rec.supertype != NONE).then_some(rec.supertype)
    }

    fn composite(&self, index: u32) -> Composite {
        let rec = self.recs.as_slice().get(index as usize);
        rec.map_or(Composite::Func, |rec| rec.composite)
    }
}

impl Types {
    pub(super) const fn new() -> Self {
        Self {
            recs: Buf::new(),
            vals: Buf::new(),
            fields: Buf::new(),
            displays: Buf::new(),
            index: Buf::new(),
            groups: 0,
        }
    }

    /// Number of types.
    pub(crate) const fn len(&self) -> u32 {
        self.recs.len() as u32
    }

    /// Type number `id`.
    #[inline]
    pub(crate) fn func_sig(&self, id: u32) -> Option<FuncSig<'_>> {
        let rec = self.recs.as_slice().get(id as usize)?;
        if rec.composite != Composite::Func {
            return None;
        }
        let vals = self.vals.as_slice().get(rec.start as usize..)?;
        let (params, rest) = vals.split_at_checked(usize::from(rec.params))?;
        Some(FuncSig {
            params,
            results: rest.get(..usize::from(rec.results))?,
            has_vectors: rec.has_vectors,
            has_refs: rec.has_refs,
        })
    }

    /// Whether type number `sub` is type number `sup` or one of its subtypes.
    pub(crate) fn matches(&self, sub: u32, sup: u32) -> bool {
        let recs = self.recs.as_slice();
        let (Some(own), Some(above)) = (recs.get(sub as usize), recs.get(sup as usize)) else {
            return false;
        };
        let place = own.display as usize + above.depth as usize;
        above.depth <= own.depth && self.displays.as_slice().get(place) == Some(&sup)
    }

    /// The fields of a type of structs; of one of arrays one, the elements.
    pub(crate) fn fields(&self, id: u32) -> &[Field] {
        let Some(rec) = self.recs.as_slice().get(id as usize) else {
            return &[];
        };
        if rec.composite == Composite::Func {
            return &[];
        }
        let fields = self.fields.as_slice().get(rec.start as usize..);
        let fields = fields.and_then(|fields| fields.get(..usize::from(rec.params)));
        fields.unwrap_or_default()
    }

    /// What objects of a type are; none of functions.
    pub(crate) fn what(&self, id: u32) -> Option<What> {
        let rec = self.recs.as_slice().get(id as usize)?;
        (rec.what != 0).then_some(What(rec.what))
    }

    /// Bytes of the fields of a type of structs, a multiple of 8.
    pub(crate) fn struct_bytes(&self, id: u32) -> u64 {
        let rec = self.recs.as_slice().get(id as usize);
        rec.map_or(0, |rec| u64::from(rec.results) * 8)
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
        self.intern(arena, Group::Host(params, results))
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
        self.make_room_for_group(arena)?;
        let place = match find(self.index.as_slice(), hash, |first| {
            let rec = self.recs.as_slice()[first as usize];
            rec.hash == hash && rec.group_len == group.len() && self.equals(first, group)
        })? {
            Found::Group(first) => return Ok(first),
            Found::Place(place) => place,
        };
        let (recs, vals, first) = (self.recs.len(), self.vals.len(), self.len());
        let (fields, displays) = (self.fields.len(), self.displays.len());
        let added = (0..group.len()).try_for_each(|i| self.push(arena, group, i, first, hash));
        if added.is_err() {
            self.recs.truncate(recs);
            self.vals.truncate(vals);
            self.fields.truncate(fields);
            self.displays.truncate(displays);
        } else {
            self.note_traced(fields);
            self.index.as_mut_slice()[place] = first + 1;
            self.groups += 1;
        }
        added.map(|()| first)
    }

    /// Makes the index large enough for one more group.
    fn make_room_for_group(&mut self, arena: &mut Arena<'_>) -> Result<(), OutOfMemory> {
        if 2 * self.groups < self.index.len() {
            return Ok(());
        }
        let mut larger = Buf::<u32>::zeroed(arena, (2 * self.index.len()).max(16))?;
        let firsts = (0..).zip(self.recs.as_slice());
        let moved =
            firsts
                .filter(|(_, rec)| rec.group_len > 0)
                .try_for_each(|(first, rec): (u32, _)| {
                    if let Found::Place(place) = find(larger.as_slice(), rec.hash, |_| false)? {
                        larger.as_mut_slice()[place] = first + 1;
                    }
                    Ok(())
                });
        if moved.is_ok() {
            core::mem::swap(&mut self.index, &mut larger);
        }
        larger.release(arena);
        moved
    }

    /// Whether the group whose first type is number `first` is equal to `group`, which has as many members.
    fn equals(&self, first: u32, group: Group<'_>) -> bool {
        let len = group.len();
        let normal = |index: u32| match index.checked_sub(first) {
            Some(place) if place < len => IN_GROUP | place,
            Some(_) | None => index,
        };
        (0..len).all(|i| {
            let member = group.member(i);
            let Some(rec) = self.recs.as_slice().get((first + i) as usize) else {
                return false;
            };
            let same = |own: ValType, new: ValType| {
                own.map_index(normal) == new.map_index(|index| group.normal(index))
            };
            let all_same = |own: &[ValType], new: &[ValType]| {
                own.len() == new.len() && own.iter().zip(new).all(|(own, new)| same(*own, *new))
            };
            let sig = self.func_sig(first + i).unwrap_or_default();
            let fields = self.fields(first + i);
            let mut pairs = fields.iter().zip(member.fields);
            let supertype = (rec.supertype != NONE).then(|| normal(rec.supertype));
            rec.open == member.sub.open
                && rec.composite == member.composite
                && supertype == member.sub.supertype.map(|index| group.normal(index))
                && all_same(sig.params, member.params)
                && all_same(sig.results, member.results)
                && fields.len() == member.fields.len()
                && pairs.all(|(own, new)| {
                    let new = new.decode();
                    own.mutable == new.mutable && same(own.ty, new.ty)
                })
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
        let member = group.member(i);
        let (composite, fields, sub) = (member.composite, member.fields, member.sub);
        let number = |index: u32| {
            let normal = group.normal(index);
            if normal & IN_GROUP == 0 {
                normal
            } else {
                first + (normal & !IN_GROUP)
            }
        };
        let supertype = sub.supertype.map_or(NONE, number);
        let (display, depth) = self.push_display(arena, supertype, first + i)?;
        let (start, params, results) = if composite == Composite::Func {
            (self.vals.len(), member.params.len(), member.results.len())
        } else {
            let bytes = (fields.iter()).fold(0, |bytes, field| place_field(bytes, field.ty).1);
            (self.fields.len(), fields.len(), bytes.div_ceil(8) as usize)
        };
        let sig = FuncSig::new(member.params, member.results);
        let element = fields.first().map_or(0, |field| field.ty.width_log2());
        let rec = TypeRec {
            start: u32::try_from(start).map_err(too_many)?,
            params: u16::try_from(params).map_err(too_many)?,
            results: u16::try_from(results).map_err(too_many)?,
            composite,
            what: What::of_type(composite, element, first + i).map_or(0, |what| what.0),
            depth,
            display,
            supertype,
            group_len: if i == 0 { group.len() } else { 0 },
            hash,
            open: sub.open,
            has_vectors: sig.has_vectors,
            has_refs: sig.has_refs,
        };
        for ty in member.params.iter().chain(member.results) {
            self.vals.push(arena, ty.map_index(number))?;
        }
        let mut bytes = 0;
        for field in fields {
            let field = field.decode();
            let (offset, end) = place_field(bytes, field.ty);
            bytes = end;
            let field = Field {
                ty: field.ty.map_index(number),
                offset,
                mutable: field.mutable,
                traced: false,
            };
            self.fields.push(arena, field)?;
        }
        self.recs.push(arena, rec)
    }

    /// Adds the row of supertypes of the type that is to be number `id`: where it begins, and the number of supertypes.
    fn push_display(
        &mut self,
        arena: &mut Arena<'_>,
        supertype: u32,
        id: u32,
    ) -> Result<(u32, u32), OutOfMemory> {
        let start = u32::try_from(self.displays.len()).map_err(|_| OutOfMemory)?;
        let mut depth = 0;
        if let Some(above) = self.recs.as_slice().get(supertype as usize).copied() {
            for i in 0..=above.depth {
                let number = self.displays.as_slice()[(above.display + i) as usize];
                self.displays.push(arena, number)?;
            }
            depth = above.depth + 1;
        }
        self.displays.push(arena, id)?;
        Ok((start, depth))
    }

    /// Works out which of the fields from `first` on are traced, now that all types of their group are there.
    fn note_traced(&mut self, first: usize) {
        for at in first..self.fields.len() {
            let ty = self.fields.as_slice()[at].ty;
            let traced = is_traced(self, ty);
            self.fields.as_mut_slice()[at].traced = traced;
        }
    }
}

/// Looks for a group in an index. Fails if that takes too long.
fn find(index: &[u32], hash: u32, is_it: impl Fn(u32) -> bool) -> Result<Found, OutOfMemory> {
    let places = (hash as usize..).map(|place| place & (index.len() - 1));
    for place in places.take(PROBES) {
        match index[place].checked_sub(1) {
            None => return Ok(Found::Place(place)),
            Some(first) if is_it(first) => return Ok(Found::Group(first)),
            Some(_) => {}
        }
    }
    Err(OutOfMemory)
}

/// A hash of a group, word by word, by the upper half of a product. Who makes types of equal hashes makes them take longer to find, within limits.
fn hash(group: Group<'_>) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut mix = |word: u32| {
        let product = u64::from(hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = hash.rotate_left(5) ^ (product >> 32) as u32;
    };
    for i in 0..group.len() {
        let member = group.member(i);
        mix(member.composite as u32);
        mix(member.params.len() as u32);
        let supertype = member.sub.supertype;
        mix(supertype.map_or(NONE, |index| group.normal(index)));
        for ty in member.params.iter().chain(member.results) {
            let ty = ty.map_index(|index| group.normal(index));
            mix(u32::from_le_bytes(ty.to_bytes()));
        }
        for field in member.fields {
            let ty = field.ty.map_index(|index| group.normal(index));
            mix(u32::from_le_bytes(ty.to_bytes()));
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;
    use wrt_format::image::types::val;

    /// A list of `i32`, `i64`, `f32` and `f64`, which each number has another one of.
    fn list(mut number: u32) -> Vec<ValType> {
        let mut types = Vec::new();
        while number > 0 {
            types.push([val::I32, val::I64, val::F32, val::F64][number as usize % 4]);
            number /= 4;
        }
        types.push(val::I32);
        types
    }

    #[test]
    fn many_types_have_a_number_each() {
        let mut words = vec![0; 1 << 20];
        let mut arena = Arena::fixed(&mut words);
        let mut types = Types::new();
        for round in 0..2 {
            for number in 0..5000 {
                let own = types.intern_func(&mut arena, &list(number), &[]);
                assert_eq!(own, Ok(number), "{round}");
            }
        }
        assert_eq!((types.len(), types.groups), (5000, 5000));
    }

    #[test]
    fn types_that_are_made_to_be_hard_to_find_are_refused_in_time() {
        let mut words = vec![0; 1 << 20];
        let mut arena = Arena::fixed(&mut words);
        let mut types = Types::new();
        let hash_of = |params: &[ValType]| hash(Group::Host(params, &[]));
        let alike = (1..).filter(|&number| hash_of(&list(number)) & 0xfff == 7);
        let mut numbers = alike.map(|number| types.intern_func(&mut arena, &list(number), &[]));
        let refused = numbers.position(|number| number.is_err());
        assert_eq!(refused, Some(PROBES));
        // Those that there are keep their numbers, and others come in.
        assert_eq!((types.len() as usize, types.groups), (PROBES, PROBES));
        assert_eq!(
            types.intern_func(&mut arena, &[val::F64], &[]),
            Ok(PROBES as u32)
        );
    }
}
