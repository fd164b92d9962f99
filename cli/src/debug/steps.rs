//! Where the machine pauses, and which operator of the Wasm binary that is.
//!
//! Input: the section DEBUG of an image. Output: operators by words of CODE, words by addresses, the place that a caller goes on at. Invariants: nothing
//! of the section is believed: what makes no sense is not found.

use wrt_format::image::ModuleView;
use wrt_format::image::debug::Debug;
use wrt_format::isa::{Control, Role, field_value, instructions_le, window_at};

/// Branches that are followed from a call to the next step.
const MAX_BRANCHES: usize = 16;

/// The steps of a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps<'m> {
    view: ModuleView<'m>,
    pub(super) debug: Debug<'m>,
}

/// Where a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Offset of the operator in the Wasm binary.
    pub(super) offset: u32,
    /// Whether the machine pauses right before the operator.
    pub(super) is_step: bool,
}

impl<'m> Steps<'m> {
    /// None if the image was not made for debugging.
    pub(super) fn new(view: ModuleView<'m>) -> Option<Self> {
        let debug = view.debug()?;
        Some(Self { view, debug })
    }

    /// Words in the code section.
    pub(super) const fn words(&self) -> usize {
        self.view.code().len()
    }

    /// The words of all steps.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> + use<'m> {
        let debug = self.debug;
        (0..debug.step_count()).filter_map(move |i| Some(debug.step(i)?.0))
    }

    /// The offset of the first step of a function.
    pub(super) fn first_of(&self, func: u32) -> Option<u32> {
        let record = self
            .view
            .func(func.checked_sub(self.view.imported_funcs())?);
        let (word, offset) = self.debug.step(self.steps_before(record.code_word))?;
        (word < record.code_word.saturating_add(record.words)).then_some(offset)
    }

    /// Whether the machine, being at this word, is before a step.
    pub(super) fn is_step(&self, word: u32) -> bool {
        self.debug.operator_at(word).is_some()
    }

    /// Where the machine is when it is at this word: before the operator whose step begins there, or in the middle of the last one before.
    pub(super) fn spot(&self, word: u32) -> Option<Spot> {
        if let Some(offset) = self.debug.operator_at(word) {
            let is_step = true;
            return Some(Spot { offset, is_step });
        }
        let func = self.view.func_at(word)?;
        let (at, offset) = self.debug.step(self.steps_before(word).checked_sub(1)?)?;
        (at >= self.view.func(func).code_word).then_some(Spot {
            offset,
            is_step: false,
        })
    }

    /// How many steps have lower words.
    fn steps_before(&self, word: u32) -> u32 {
        let (mut low, mut high) = (0, self.debug.step_count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.debug.step(middle) {
                Some((at, _)) if at < word => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The slot in which a call has left its result, if the step at this word comes right behind one in the code.
    pub(super) fn returned_to(&self, word: u32) -> Option<u16> {
        let (before, _) = self.debug.step(self.steps_before(word).checked_sub(1)?)?;
        let code = self.view.code();
        let between = code.get(before as usize..word as usize)?;
        let (_, op, _) = instructions_le(between).last()?;
        let is_call = op?.info().control == Control::Call;
        let site = word.checked_sub(1)? as usize;
        is_call
            .then(|| window_at(code, site))
            .flatten()
            .map(|(_, to)| to)
    }

    /// The words at which the machine pauses for a breakpoint at this offset: those of the first operator at or behind it that has steps.
    pub(super) fn words_for(&self, offset: u32) -> impl Iterator<Item = u32> + use<'m> {
        let debug = self.debug;
        let first = debug.step_of(offset);
        let operator = first.and_then(|word| debug.operator_at(word));
        operator
            .into_iter()
            .flat_map(move |operator| debug.words_of(operator))
    }

    /// Whether the operator at this offset has an instruction, but no step: it costs nothing, and traps.
    pub(super) fn only_traps(&self, offset: u32) -> bool {
        let behind = self.debug.step_of(offset);
        if behind.is_some_and(|word| self.debug.operator_at(word) == Some(offset)) {
            return false;
        }
        // It is in the function of the next step, or in the one before that.
        let next = behind.and_then(|word| self.view.func_at(word));
        let last = next.map_or_else(|| self.view.func_count(), |func| func + 1);
        let near = last.saturating_sub(2)..last;
        near.into_iter()
            .any(|func| self.view.wasm_offsets(func).any(|(_, at)| at == offset))
    }

    /// The offset of the operator that is done next when the call whose last word is at `site` has returned. Where the function returns without another
    /// step it is one behind the operator that calls.
    pub(super) fn behind_call(&self, site: u32) -> Option<u32> {
        match self.step_behind(site) {
            Some(offset) => Some(offset),
            None => Some(self.spot(site)?.offset.saturating_add(1)),
        }
    }

    /// Whether the function returns without another step when the call whose last word is at `site` has returned.
    pub(super) fn returns_behind(&self, site: u32) -> bool {
        self.step_behind(site).is_none()
    }

    /// The offset of the operator whose step is next when the call whose last word is at `site` has returned: branches are followed.
    fn step_behind(&self, site: u32) -> Option<u32> {
        let code = self.view.code();
        let record = self.view.func(self.view.func_at(site)?);
        let end = record.code_word.saturating_add(record.words);
        let mut word = site.checked_add(1)?;
        let mut branches = 0;
        while word < end && branches < MAX_BRANCHES {
            if let Some(offset) = self.debug.operator_at(word) {
                return Some(offset);
            }
            let rest = code.get(word as usize..end as usize)?;
            let (_, op, words) = instructions_le(rest).next()?;
            let info = op?.info();
            match info.control {
                Control::Branch => {
                    let native: Vec<u16> = words.iter().map(|word| u16::from_le(*word)).collect();
                    let label = |role| matches!(role, Role::Label16 | Role::Label32);
                    let label = info.fields.iter().find(|field| label(field.role))?;
                    let distance = field_value(&native, label);
                    word = u32::try_from(i64::from(word).checked_add(distance)?).ok()?;
                    branches += 1;
                }
                Control::Next | Control::Fuel | Control::CondBranch | Control::Call => {
                    word = word.checked_add(words.len() as u32)?;
                }
                Control::Stub
                | Control::Enter
                | Control::Table
                | Control::TailCall
                | Control::Return
                | Control::Throw
                | Control::Trap => return None,
            }
        }
        None
    }
}
