//! From places in the module's code to addresses for debuggers.
//!
//! DWARF counts code from the start of the contents of the code section. A debugger stops only at steps, and takes a line or a function for
//! reached only at its very first address: so what begins anywhere begins at the first step from there on in the same body. What is behind a body's last
//! step is at the body's last byte, its `end`, so that a return address there is in the function. An `unreachable` counts as a step here: it costs nothing, so
//! the machine does not pause before it, but it is where a debugger finds the machine after the trap.

use core::ops::Range;

use wrt_format::image::debug::map::code_address;
use wrt_format::isa::Op;

use crate::emit::Code;
use crate::wasm::ValidModule;

/// The bodies of a module, and the steps in them.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Byte offset in the module of the contents of the code section.
    code_start: u32,
    /// Byte ranges in the module of the bodies, ascending.
    bodies: Vec<Range<u32>>,
    /// Byte offsets in the module of all steps and of what only traps, ascending.
    steps: Vec<u32>,
}

impl Places {
    pub(super) fn new(module: &ValidModule<'_>, codes: &[Code], code_start: u32) -> Self {
        let bodies = (0..module.body_count()).map(|body| module.body_range(body));
        let mut steps: Vec<u32> = codes.iter().flat_map(stops).collect();
        steps.sort_unstable();
        Self {
            code_start,
            bodies: bodies
                .map(|body| body.start as u32..body.end as u32)
                .collect(),
            steps,
        }
    }

    /// Where the code begins and ends.
    pub(super) fn code(&self) -> Range<u32> {
        let end = self.bodies.last().map_or(self.code_start, |body| body.end);
        self.code_start..end
    }

    /// The offset in the module of an address of the module's DWARF. What was removed by a linker has the address 0, or one far behind the code.
    fn offset(&self, address: u64) -> Option<u32> {
        let offset = u32::try_from(address).ok()?.checked_add(self.code_start)?;
        (address != 0).then_some(offset)
    }

    /// The body that something at an offset belongs to: what is in front of a body is part of it.
    fn body_at(&self, offset: u32) -> Option<u32> {
        let at = self.bodies.partition_point(|body| body.end <= offset);
        (at < self.bodies.len()).then_some(at as u32)
    }

    /// The first step of a body at or behind an offset.
    fn step_from(&self, body: u32, offset: u32) -> Option<u32> {
        let Range { start, end } = self.bodies[body as usize].clone();
        let at = (self.steps).partition_point(|&step| step < offset.max(start));
        self.steps.get(at).copied().filter(|&step| step < end)
    }

    /// The address of what begins at an address of the module's DWARF, if a step follows in the same body.
    pub(super) fn step(&self, address: u64) -> Option<u64> {
        let offset = self.offset(address)?;
        let step = self.step_from(self.body_at(offset)?, offset)?;
        Some(code_address(step))
    }

    /// The address of what begins at an address of the module's DWARF.
    pub(super) fn begin(&self, address: u64) -> Option<u64> {
        let offset = self.offset(address)?;
        let body = self.body_at(offset)?;
        let step = self.step_from(body, offset);
        Some(code_address(step.unwrap_or_else(|| self.last_byte(body))))
    }

    /// The address of what ends in front of an address of the module's DWARF: the end of a body stays that.
    pub(super) fn end(&self, address: u64) -> Option<u64> {
        let offset = self.offset(address)?;
        let behind = self.bodies.partition_point(|body| body.end < offset);
        let is_end = self
            .bodies
            .get(behind)
            .is_some_and(|body| body.end == offset);
        if is_end {
            Some(code_address(offset))
        } else {
            self.begin(address)
        }
    }

    /// The addresses of a body, from its first step to behind its last byte.
    pub(super) fn body(&self, body: u32) -> Range<u64> {
        let Range { start, end } = self.bodies[body as usize].clone();
        let first = self.step_from(body, start);
        code_address(first.unwrap_or_else(|| self.last_byte(body)))..code_address(end)
    }

    fn last_byte(&self, body: u32) -> u32 {
        let Range { start, end } = self.bodies[body as usize].clone();
        end.saturating_sub(1).max(start)
    }

    /// The body that an address for debuggers is in.
    pub(super) fn body_of(&self, address: u64) -> Option<u32> {
        self.body_at(wrt_format::image::debug::map::wasm_offset(address)?)
    }
}

/// The offsets of the steps of a function, and of its operators that only trap, also right at the beginning of a block.
fn stops(code: &Code) -> impl Iterator<Item = u32> {
    let op = |word: u32| Op::from_number(*code.words.get(word as usize)?);
    let traps = move |word: u32| {
        let next = if op(word) == Some(Op::Fuel) {
            op(word + 1)
        } else {
            op(word)
        };
        next == Some(Op::Trap)
    };
    let only_traps = (code.lines.iter()).filter(move |&&(word, _)| traps(word));
    let both = code.steps.iter().chain(only_traps);
    both.map(|&(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bodies, the second without a step.
    fn places() -> Places {
        Places {
            code_start: 100,
            bodies: vec![110..120, 122..130],
            steps: vec![112, 115],
        }
    }

    #[test]
    fn what_only_traps_is_a_place_to_stop_at() {
        let code = Code {
            words: [Op::Fuel, Op::I32Add, Op::Trap, Op::Fuel, Op::Trap]
                .map(|op| op as u16)
                .to_vec(),
            frame: 1,
            refs: 0,
            // Offsets of blocks and of what may trap; the last word is none.
            lines: vec![(0, 40), (1, 42), (2, 44), (3, 41), (9, 50)],
            around: Vec::new(),
            inlined: Default::default(),
            steps: vec![(0, 40)],
            homes: None,
            pool: vec![],
            handlers: vec![],
            pool_words: vec![],
        };
        assert_eq!(stops(&code).collect::<Vec<_>>(), [40, 44, 41]);
    }

    #[test]
    fn what_begins_begins_at_a_step() {
        let places = places();
        let at = |address| places.begin(address).map(|it| it - code_address(0));
        assert_eq!(at(0), None, "removed by the linker");
        assert_eq!([1, 9, 12].map(at), [Some(112); 3]);
        assert_eq!([13, 15].map(at), [Some(115); 2]);
        assert_eq!([16, 19].map(at), [Some(119); 2], "the body's end");
        assert_eq!([20, 29].map(at), [Some(129); 2]);
        assert_eq!([30, 1 << 33, u64::MAX].map(at), [None; 3]);
        let step = |address| places.step(address).map(|it| it - code_address(0));
        assert_eq!([12, 16, 20].map(step), [Some(112), None, None]);
    }

    #[test]
    fn what_ends_with_a_body_ends_there() {
        let places = places();
        let at = |address| places.end(address).map(|it| it - code_address(0));
        assert_eq!([20, 30].map(at), [Some(120), Some(130)]);
        assert_eq!([13, 16].map(at), [Some(115), Some(119)]);
        assert_eq!([0, 31].map(at), [None; 2]);
        assert_eq!(places.body(0), code_address(112)..code_address(120));
        assert_eq!(places.body(1), code_address(129)..code_address(130));
        assert_eq!(places.code(), 100..130);
        let of = |offset| places.body_of(code_address(offset));
        assert_eq!(
            [112, 119, 120, 130].map(of),
            [Some(0), Some(0), Some(1), None]
        );
    }
}
