//! Lists of places: where a variable is depends on where the guest is.

use gimli::constants as dw;
use gimli::read::{self, AttributeValue as Read};
use gimli::write::{
    Address, AttributeValue as Write, Expression, Location, LocationList, LocationListId,
};

use super::Bytes;
use super::entry::Converter;
use super::expr::Use;

impl<'a> Converter<'a, '_> {
    /// The list that an attribute refers to; without parts that make no sense here.
    pub(super) fn locations(&mut self, value: Read<Bytes<'a>>) -> Option<LocationListId> {
        let offset = self.read.attr_locations_offset(value).ok()??;
        if let Some(&known) = self.known_lists.get(&offset.0) {
            return known;
        }
        let mut out = Vec::new();
        let mut parts = self.read.locations(offset).ok()?;
        while self.budget.takes(4)
            && let Ok(Some(part)) = parts.next()
        {
            let begin = self.places.begin(part.range.begin);
            let end = self.places.end(part.range.end);
            let data = self.expression(part.data, Use::Location);
            if let (Some(begin), Some(end), Some(data)) = (begin, end, data)
                && begin < end
            {
                out.push(Location::StartEnd {
                    begin: Address::Constant(begin),
                    end: Address::Constant(end),
                    data,
                });
            }
        }
        let id = (!out.is_empty()).then(|| self.unit.locations.add(LocationList(out)));
        self.known_lists.insert(offset.0, id);
        id
    }

    /// An attribute that is an expression.
    pub(super) fn expression_attribute(
        &mut self,
        name: gimli::DwAt,
        expression: read::Expression<Bytes<'a>>,
    ) -> Option<Write> {
        // gdb takes the place in a table of virtual functions from the operator as it is written.
        if name == dw::DW_AT_vtable_elem_location {
            let bytes = expression.0.slice().to_vec();
            return Some(Write::Exprloc(Expression::raw(bytes)));
        }
        let what = match name {
            dw::DW_AT_frame_base => Use::FrameBase,
            _ => Use::Location,
        };
        Some(Write::Exprloc(self.expression(expression, what)?))
    }
}
