//! Equality of types across recursive groups (spec, 3.2): groups are equal when they are so member by member, references to earlier
//! types compared by what they are, references into the group by place.

use super::FuncType;
use std::collections::HashMap;

/// In place of an index, together with the place: a member of the same group. No module has so many types.
const IN_GROUP: u32 = 1 << 23;

/// For each type the lowest index of an equal one. Linear in the size of the types.
pub(super) fn canonicalise(types: &[FuncType]) -> Vec<u32> {
    let mut canonical: Vec<u32> = Vec::with_capacity(types.len());
    let mut known: HashMap<Vec<FuncType>, u32> = HashMap::new();
    while canonical.len() < types.len() {
        let start = canonical.len();
        let others = types[start + 1..].iter();
        let len = 1 + others.take_while(|ty| ty.sub.in_group != 0).count();
        let normal = |index: u32| match index.checked_sub(start as u32) {
            Some(place) => IN_GROUP | place,
            None => canonical[index as usize],
        };
        let group = types[start..start + len].iter().map(|ty| {
            let mut ty = ty.clone();
            let fields = ty.fields.iter_mut().map(|field| &mut field.ty);
            for val in ty.params.iter_mut().chain(&mut ty.results).chain(fields) {
                *val = val.map_index(normal);
            }
            ty.sub.supertype = ty.sub.supertype.map(normal);
            ty
        });
        let first = *known.entry(group.collect()).or_insert(start as u32);
        canonical.extend(first..first + len as u32);
    }
    canonical
}
