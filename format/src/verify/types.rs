//! Type definitions: ranges, recursive groups, declared supertypes, and what value types mean.

use super::error::VerifyErrorKind as Kind;
use super::module::{Checked, Checker, Result, ensure, spend};
use crate::image::features;
use crate::image::root::{NONE, SubRow, TypeRow, type_flag};
use crate::image::subtype::{MAX_DEPTH, TypeSpace, field_matches, val_matches};
use crate::image::types::{Composite, MAX_TYPE_VALUES, MAX_TYPES, ValType, place_field, val};

impl Checker<'_> {
    pub(super) fn check_types(&self) -> Result<()> {
        let types = &self.root().types;
        let count = types.len() as u64;
        self.at(
            self.root(),
            ensure(count <= u64::from(MAX_TYPES), Kind::BadType),
        )?;
        let subs = self.root().subs();
        if subs.is_empty() {
            for (index, row) in types.iter().enumerate() {
                let end = (index as u32).saturating_add(1);
                self.at(row, self.check_func_type(row, end))?;
            }
            return Ok(());
        }
        let complete = subs.len() == types.len();
        self.at(self.root(), ensure(complete, Kind::BadType))?;
        let mut start = 0usize;
        while let Some(rest) = subs.get(start..).filter(|rest| !rest.is_empty()) {
            // A group ends where the next one begins.
            let others = rest.iter().skip(1);
            let len = others
                .take_while(|row| row.in_group != 0)
                .count()
                .saturating_add(1);
            let end = start.saturating_add(len) as u32;
            for (i, sub) in rest.iter().take(len).enumerate() {
                let index = start.saturating_add(i);
                let Some(row) = types.get(index) else {
                    return Ok(());
                };
                self.at(sub, self.check_sub(index as u32, sub, i as u32))?;
                self.at(row, self.check_type(index as u32, row, end))?;
                self.at(sub, self.check_supertype(index as u32, sub))?;
            }
            start = start.saturating_add(len);
        }
        Ok(())
    }

    /// How a type at place `in_group` of a group is declared, but for its supertype.
    fn check_sub(&self, index: u32, sub: &SubRow, in_group: u32) -> Checked<()> {
        let flags = sub.flags.to_native();
        let kind = flags & !type_flag::OPEN;
        let known = matches!(kind, 0 | type_flag::STRUCT | type_flag::ARRAY);
        ensure(sub.in_group == in_group && known, Kind::BadType)?;
        let plain = sub.supertype == NONE && flags & type_flag::OPEN == 0 && in_group == 0;
        let collected = self.module.composite(index) != Composite::Func;
        let declared = plain || self.declares(features::FUNCTION_REFERENCES);
        ensure(declared, Kind::FeatureNotDeclared)?;
        let declared = !collected || self.declares(features::GC);
        ensure(declared, Kind::FeatureNotDeclared)
    }

    /// What a type consists of, in a group that ends before type `end`.
    fn check_type(&self, index: u32, row: &TypeRow, end: u32) -> Checked<()> {
        match self.module.composite(index) {
            Composite::Func => self.check_func_type(row, end),
            Composite::Struct => self.check_fields(row, end, false),
            Composite::Array => self.check_fields(row, end, true),
        }
    }

    fn check_func_type(&self, row: &TypeRow, end: u32) -> Checked<()> {
        let counts = [row.params.to_native(), row.results.to_native()];
        ensure(
            counts.iter().all(|&count| count <= MAX_TYPE_VALUES),
            Kind::BadType,
        )?;
        let slots = usize::from(counts[0]).saturating_add(usize::from(counts[1]));
        let first = row.start.to_native() as usize;
        let vals = self.root().type_vals.get(first..);
        let vals = vals.and_then(|vals| vals.get(..slots));
        spend(&self.left.vals, slots)?;
        vals.ok_or(Kind::BadType)?
            .iter()
            .try_for_each(|ty| self.check_val_of(*ty, end))
    }

    /// The fields of structs, whose size follows from them, or the elements of arrays.
    fn check_fields(&self, row: &TypeRow, end: u32, is_array: bool) -> Checked<()> {
        let count = usize::from(row.params.to_native());
        let fields = self.root().fields().get(row.start.to_native() as usize..);
        let fields = fields.and_then(|fields| fields.get(..count));
        spend(&self.left.fields, count)?;
        let mut bytes = 0;
        for field in fields.ok_or(Kind::BadType)? {
            let ty = field.ty;
            ensure(field.mutable.to_native() <= 1, Kind::BadType)?;
            if ty != val::I8 && ty != val::I16 {
                self.check_val_of(ty, end)?;
            }
            (_, bytes) = place_field(bytes, ty);
        }
        let size = if is_array { 0 } else { bytes.div_ceil(8) };
        let sized = u32::from(row.results.to_native()) == size && (!is_array || count == 1);
        ensure(sized, Kind::BadType)
    }

    /// The supertype is an earlier type that allows subtypes, and the types match.
    fn check_supertype(&self, index: u32, row: &SubRow) -> Checked<()> {
        if row.supertype == NONE {
            return ensure(row.depth == 0, Kind::BadType);
        }
        let supertype = row.supertype.to_native();
        let above = self.root().subs().get(supertype as usize);
        let above = above.filter(|_| supertype < index).ok_or(Kind::BadType)?;
        let depth = above.depth.to_native().saturating_add(1);
        let allowed = above.flags.to_native() & type_flag::OPEN != 0;
        let known = depth <= MAX_DEPTH && row.depth == depth;
        ensure(allowed && known, Kind::BadType)?;
        let module = &self.module;
        let alike = module.composite(index) == module.composite(supertype);
        let (own, other) = (module.func_type(index), module.func_type(supertype));
        let matches = |(sub, sup): (&ValType, &ValType)| val_matches(module, *sub, *sup);
        let fits = own.params.len() == other.params.len()
            && own.results.len() == other.results.len()
            && other.params.iter().zip(own.params).all(matches)
            && own.results.iter().zip(other.results).all(matches);
        // Structs may have more fields than the type above, at the end.
        let (own, other) = (module.fields(index), module.fields(supertype));
        let mut pairs = own.iter().zip(other);
        let fits = fits
            && own.len() >= other.len()
            && pairs.all(|(sub, sup)| field_matches(module, sub.decode(), sup.decode()));
        ensure(alike && fits, Kind::BadType)
    }

    /// A tag is of a type without results.
    pub(super) fn check_tag(&self, type_idx: u32) -> Checked<()> {
        self.check_func(type_idx)?;
        ensure(
            self.module.func_type(type_idx).results.is_empty(),
            Kind::BadType,
        )?;
        ensure(
            self.declares(features::EXCEPTIONS),
            Kind::FeatureNotDeclared,
        )
    }

    /// The index of a function type.
    pub(super) fn check_func(&self, type_idx: u32) -> Checked<()> {
        let known = type_idx < self.module.func_type_count();
        ensure(known, Kind::IndexOutOfRange)?;
        let is_func = self.module.composite(type_idx) == Composite::Func;
        ensure(is_func, Kind::BadType)
    }

    /// A value type may name any type of the module.
    pub(super) fn check_val(&self, ty: ValType) -> Checked<()> {
        self.check_val_of(ty, self.module.func_type_count())
    }

    /// A value type that is a reference.
    pub(super) fn check_ref(&self, ty: ValType) -> Checked<()> {
        ensure(ty.is_ref(), Kind::BadType)?;
        self.check_val(ty)
    }

    /// A value type may name the first `types` types.
    fn check_val_of(&self, ty: ValType, types: u32) -> Checked<()> {
        ensure(ty.is_valid(types), Kind::BadType)?;
        let early = !ty.is_ref() || ty == val::FUNCREF || ty == val::EXTERNREF;
        let feature = match ty.is_exn() {
            true => features::EXCEPTIONS,
            false => features::FUNCTION_REFERENCES,
        };
        ensure(early || self.declares(feature), Kind::FeatureNotDeclared)?;
        let collected = ty.as_ref().is_some_and(|(heap, _)| heap.is_collected());
        let declared = !collected || self.declares(features::GC);
        ensure(declared, Kind::FeatureNotDeclared)?;
        ensure(
            ty != val::V128 || self.declares(features::SIMD),
            Kind::FeatureNotDeclared,
        )
    }
}
