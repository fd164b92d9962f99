//! Function bodies: one pass over the words, without scratch memory.
//!
//! What makes that possible: every word says by its opcode what it is, extension words included; so any word can be classified by
//! itself, and a branch target needs no more than a look at the word there, which must be `fuel`.

use super::VerifyError;
use super::error::VerifyErrorKind as Kind;
use super::rules::{Plain, RULES, Rule};
use crate::image::features;
use crate::image::func::FuncRecord;
use crate::image::types::{ExternKind, PAGE_LOG2};
use crate::image::view::ModuleView;
use crate::isa::{Control, Op, PROLOGUE, Role, field_value};
use crate::trap::Trap;

/// Greatest frame size: a slot number has its top bit clear, which the slot check relies on.
pub(super) const MAX_FRAME: u16 = 32_767;

type Checked<T> = Result<T, Kind>;

fn ensure(condition: bool, kind: Kind) -> Checked<()> {
    if condition { Ok(()) } else { Err(kind) }
}

impl ModuleView<'_> {
    /// Verifies the body of a defined function, given by its number among the defined ones. Only after that may it run.
    ///
    /// # Errors
    /// When a rule is broken, or there is no such function.
    pub fn verify_func(&self, defined_func: u32) -> Result<(), VerifyError> {
        let record_offset =
            (self.parts.funcs_offset).saturating_add(defined_func.saturating_mul(20));
        let record_error = |kind| VerifyError::new(kind, record_offset);
        let raw = self.parts.funcs.get(defined_func as usize);
        let raw = raw.ok_or(record_error(Kind::IndexOutOfRange))?;
        let record = raw.decode();
        let body = check_record(self, &record).map_err(record_error)?;
        let mut walk = Walk {
            module: self,
            body,
            record,
            lanes: slot_lanes(record.frame),
            memory_zero: None,
            cost: 0,
            at: 0,
            before: 0,
        };
        walk.run().map_err(|kind| {
            let word = u64::from(record.code_word).saturating_add(walk.at as u64);
            let offset = u64::from(self.parts.code_offset).saturating_add(word.saturating_mul(8));
            VerifyError::new(kind, offset as u32)
        })
    }
}

/// Checks a function record; gives the function's words.
fn check_record<'a>(module: &ModuleView<'a>, record: &FuncRecord) -> Checked<&'a [u64]> {
    let ty = module.func_type(record.type_idx);
    let known = record.type_idx < module.func_type_count()
        && usize::from(record.params) == ty.params.len()
        && usize::from(record.results) == ty.results.len();
    let sane = known
        && record.flags == 0
        && (1..=MAX_FRAME).contains(&record.frame)
        && u32::from(record.frame) <= module.max_frame
        && record.params <= record.frame
        && record.code_word as usize >= PROLOGUE.len();
    ensure(sane, Kind::BadFuncRecord)?;
    let body = module.parts.code.get(record.code_word as usize..);
    let body = body.and_then(|rest| rest.get(..record.words as usize));
    body.ok_or(Kind::BadFuncRecord)
}

const TOP_BITS: u64 = 0x8000_8000_8000_8000;

/// In each halfword, the greatest slot number with the top bit set.
fn slot_lanes(frame: u16) -> u64 {
    u64::from(frame.saturating_sub(1)).wrapping_mul(0x0001_0001_0001_0001) | TOP_BITS
}

/// Whether each halfword of `slots` is a slot number: its top bit is clear, and subtracting it from its lane borrows nothing.
fn slots_in_frame(lanes: u64, slots: u64) -> bool {
    slots & TOP_BITS == 0 && lanes.wrapping_sub(slots) & TOP_BITS == TOP_BITS
}

/// The pass over one function.
struct Walk<'m, 'a> {
    module: &'m ModuleView<'a>,
    body: &'a [u64],
    record: FuncRecord,
    lanes: u64,
    /// Whether memory 0 is as the short forms need it, once an instruction has asked.
    memory_zero: Option<bool>,
    /// Cost of the block that the walk is in.
    cost: u32,
    /// Word that the walk is at.
    at: usize,
    /// First word of the instruction before.
    before: usize,
}

/// Whether an instruction that names a global sets it: then it has no result.
fn sets(rule: &Rule) -> bool {
    !rule.info.fields.iter().any(|field| field.role.writes())
}

/// Operands of one instruction that only make sense together.
#[derive(Default)]
struct Together {
    window: u32,
    results_at: u32,
    span_at: u32,
    count: Option<u32>,
    /// Parameters and results of the callee.
    callee: Option<(u32, u32)>,
}

fn op_of(word: u64) -> u16 {
    word as u16
}

fn cost_of(word: u64) -> u32 {
    (word >> 32) as u32
}

impl Walk<'_, '_> {
    fn word(&self, at: usize) -> Option<u64> {
        self.body.get(at).copied().map(u64::from_le)
    }

    fn run(&mut self) -> Checked<()> {
        let mut control = self.instruction(true)?;
        loop {
            let before = self.at;
            self.skip_plain();
            if self.at >= self.body.len() {
                let plain = self.at > before;
                return ensure(!plain && control.is_terminator(), Kind::NoTerminator);
            }
            control = self.instruction(false)?;
        }
    }

    /// Goes over instructions that obey all their rules by what the masks say. Most do; the others are for [`Self::instruction`].
    fn skip_plain(&mut self) {
        let allowed = match self.memory_zero {
            Some(true) => Plain::WithMemoryZero,
            Some(false) | None => Plain::Always,
        };
        let lanes = self.lanes;
        let rest = self.body.get(self.at..).unwrap_or_default();
        let plain = rest.iter().position(|&word| {
            let word = u64::from_le(word);
            let Some(rule) = RULES.get(usize::from(op_of(word))) else {
                return true;
            };
            let [slots, zero] = [rule.slots[0], rule.zero[0]];
            rule.plain > allowed || word & zero != 0 || !slots_in_frame(lanes, word & slots)
        });
        let count = plain.unwrap_or(rest.len());
        if count > 0 {
            self.at = self.at.saturating_add(count);
            // All of them are single words.
            self.before = self.at.saturating_sub(1);
        }
    }

    /// Checks the instruction at `self.at` and goes behind it.
    fn instruction(&mut self, first: bool) -> Checked<Control> {
        let word = self.word(self.at).ok_or(Kind::NoEnter)?;
        let rule = RULES.get(usize::from(op_of(word))).ok_or(Kind::UnknownOp)?;
        ensure(rule.words != 0, Kind::UnknownOp)?;
        ensure(!first || rule.control == Control::Enter, Kind::NoEnter)?;
        let ext = self.extension(rule)?;
        let wrong = [word & rule.zero[0], ext & rule.zero[1]];
        if wrong != [0; 2] {
            return Err(rule.explain(wrong));
        }
        let inside = slots_in_frame(self.lanes, word & rule.slots[0])
            && slots_in_frame(self.lanes, ext & rule.slots[1]);
        ensure(inside, Kind::SlotOutOfRange)?;
        if rule.memory_zero {
            self.check_memory_zero()?;
        }
        if let Some((field, role)) = rule.accumulated {
            self.accumulated(role, field_value(word, ext, field))?;
        }
        if rule.label_shift != 0 {
            let from = if rule.label_in_ext { ext } else { word };
            self.label((from as i64) >> rule.label_shift)?;
        }
        let mut next = self.at.saturating_add(usize::from(rule.words));
        match rule.control {
            Control::Next => {
                if rule.special != 0 {
                    self.operands(rule, word, ext)?;
                }
            }
            Control::Branch | Control::CondBranch => {}
            Control::Fuel => {
                self.cost = cost_of(word);
                ensure(self.cost <= i32::MAX as u32, Kind::CostTooLarge)?;
            }
            Control::Enter => {
                ensure(first, Kind::UnknownOp)?;
                ensure(
                    (word >> 16) as u16 == self.record.frame,
                    Kind::FrameMismatch,
                )?;
                self.cost = cost_of(word);
                ensure(self.cost <= i32::MAX as u32, Kind::CostTooLarge)?;
            }
            Control::Ext => return Err(Kind::ExtWord),
            Control::Stub => return Err(Kind::UnknownOp),
            Control::Table => next = self.table(next, cost_of(word))?,
            Control::Call | Control::TailCall | Control::Return | Control::Trap => {
                self.leaving(rule, word, ext)?;
            }
        }
        self.check_next(rule.control, next)?;
        self.before = self.at;
        self.at = next;
        Ok(rule.control)
    }

    /// The extension word that the rule demands, or 0.
    fn extension(&self, rule: &Rule) -> Checked<u64> {
        if rule.words < 2 {
            return Ok(0);
        }
        let ext = self.word(self.at.saturating_add(1));
        let ext = ext.ok_or(Kind::ExtWord)?;
        ensure(op_of(ext) == Op::Ext as u16, Kind::ExtWord)?;
        Ok(ext)
    }

    /// The instruction before has left this slot in the accumulator that `role` stands for.
    fn accumulated(&self, role: Role, slot: i64) -> Checked<()> {
        let word = self.word(self.before).unwrap_or(0);
        let rule = RULES.get(usize::from(op_of(word)));
        let left = rule.and_then(|rule| rule.leaves);
        let left = left.filter(|field| field.role == role && field.halfword < 4);
        let same = left.is_some_and(|field| field_value(word, 0, field) == slot);
        ensure(same, Kind::NotAccumulated)
    }

    /// A block begins after a conditional branch, and, unless the function ends, after what never goes on.
    fn check_next(&self, control: Control, next: usize) -> Checked<()> {
        let may_end = control.is_terminator();
        if !may_end && control != Control::CondBranch {
            return Ok(());
        }
        match self.word(next) {
            Some(word) => ensure(op_of(word) == Op::Fuel as u16, Kind::NoFuelWord),
            None => ensure(may_end, Kind::NoTerminator),
        }
    }

    fn check_memory_zero(&mut self) -> Checked<()> {
        let module = self.module;
        let suits = *self.memory_zero.get_or_insert_with(|| {
            (module.memory_type(0)).is_some_and(|ty| !ty.is64 && ty.page_log2 == PAGE_LOG2)
        });
        ensure(suits, Kind::NoMemoryZero)
    }

    /// A label of the instruction at `self.at`: it leads to a `fuel` word, and a way back costs something.
    fn label(&self, label: i64) -> Checked<()> {
        let target = (self.at as i64).saturating_add(label);
        let word = usize::try_from(target).ok().and_then(|at| self.word(at));
        let word = word.filter(|&word| op_of(word) == Op::Fuel as u16);
        let word = word.ok_or(Kind::BadLabel)?;
        let forward = label > 0;
        ensure(
            forward || self.cost > 0 || cost_of(word) > 0,
            Kind::FreeCycle,
        )
    }

    /// The targets of a branch table from word `first` on; gives the word behind them.
    fn table(&self, first: usize, n: u32) -> Checked<usize> {
        let count = (n as usize).checked_add(1).ok_or(Kind::ExtWord)?;
        let targets = self.body.get(first..).and_then(|rest| rest.get(..count));
        for target in targets.ok_or(Kind::ExtWord)? {
            let target = u64::from_le(*target);
            ensure(op_of(target) == Op::Ext as u16, Kind::ExtWord)?;
            ensure(target & 0xffff_0000 == 0, Kind::ReservedBits)?;
            self.label(i64::from(cost_of(target) as i32))?;
        }
        Ok(first.saturating_add(count))
    }

    /// Calls and ends of the function.
    fn leaving(&self, rule: &Rule, word: u64, ext: u64) -> Checked<()> {
        let together = self.operands(rule, word, ext)?;
        let frame = u32::from(self.record.frame);
        let results = u32::from(self.record.results);
        let fits = |at: u32, count: u32| at.saturating_add(count) <= frame;
        match rule.control {
            Control::Call => {
                let (params, results) = together.callee.ok_or(Kind::IndexOutOfRange)?;
                ensure(self.cost > 0, Kind::FreeCycle)?;
                let inside = together.window >= 1
                    && fits(together.window, params)
                    && fits(together.results_at, results);
                ensure(inside, Kind::WindowOutOfRange)
            }
            Control::TailCall => {
                let (params, callee_results) = together.callee.ok_or(Kind::IndexOutOfRange)?;
                let declared = self.module.features() & features::TAIL_CALL != 0;
                ensure(declared, Kind::FeatureNotDeclared)?;
                ensure(self.cost > 0, Kind::FreeCycle)?;
                ensure(callee_results == results, Kind::WrongResultCount)?;
                let inside = together.window >= 1 && fits(together.window, params);
                ensure(inside, Kind::WindowOutOfRange)
            }
            Control::Return => {
                // `ret_n` has a count; `ret1` returns its one slot; `ret` has none.
                let plain = rule.info.fields.len() as u32;
                let count = together.count.unwrap_or(plain);
                let proper = together.count.is_none_or(|count| count >= 2);
                ensure(proper && count == results, Kind::WrongResultCount)?;
                ensure(fits(together.span_at, count), Kind::SlotOutOfRange)
            }
            Control::Branch
            | Control::CondBranch
            | Control::Trap
            | Control::Table
            | Control::Next
            | Control::Fuel
            | Control::Enter
            | Control::Ext
            | Control::Stub => Ok(()),
        }
    }

    /// Operands that are no slots, labels or immediates, by their roles.
    fn operands(&self, rule: &Rule, word: u64, ext: u64) -> Checked<Together> {
        let mut together = Together::default();
        for (i, field) in rule.info.fields.iter().enumerate() {
            if rule.special >> i & 1 == 1 {
                let value = field_value(word, ext, field) as u32;
                self.operand(rule, field.role, value, &mut together)?;
            }
        }
        Ok(together)
    }

    fn operand(&self, rule: &Rule, role: Role, index: u32, together: &mut Together) -> Checked<()> {
        let module = self.module;
        let below = |count: u32| ensure(index < count, Kind::IndexOutOfRange);
        let space = |kind, defined: u32| below(module.imported(kind).saturating_add(defined));
        match role {
            // The masks, or the control kind's rule, have seen to these.
            Role::Def | Role::DefAcc | Role::DefF32 | Role::DefF64 => Ok(()),
            Role::Use | Role::Acc | Role::AccF32 | Role::AccF64 => Ok(()),
            Role::Mod | Role::Shift => Ok(()),
            Role::ImmS16 | Role::ImmU16 | Role::ImmS32 | Role::ImmU32 => Ok(()),
            Role::Label16 | Role::Label32 => Ok(()),
            Role::Cost | Role::Frame | Role::TargetCount => Ok(()),
            Role::UseSpan => {
                together.span_at = index;
                Ok(())
            }
            Role::Count => {
                together.count = Some(index);
                Ok(())
            }
            Role::Window => {
                together.window = index;
                Ok(())
            }
            Role::Results => {
                together.results_at = index;
                Ok(())
            }
            Role::TrapCode => ensure(
                Trap::from_number(index as u16).is_some(),
                Kind::BadImmediate,
            ),
            Role::DefinedFunc => {
                below(module.func_count())?;
                let callee = module.func(index);
                together.callee = Some((u32::from(callee.params), u32::from(callee.results)));
                Ok(())
            }
            Role::ImportFunc => {
                below(module.imported_funcs())?;
                together.callee = Some(self.type_slots(module.import_func_type(index)));
                Ok(())
            }
            Role::Type => {
                below(module.func_type_count())?;
                together.callee = Some(self.type_slots(index));
                Ok(())
            }
            Role::Func => space(ExternKind::Func, module.func_count()),
            Role::Mem => space(ExternKind::Memory, module.memory_count()),
            Role::Table => space(ExternKind::Table, module.table_count()),
            Role::Elem => below(module.elem_count()),
            Role::Data => below(module.data_count()),
            Role::Const => below(module.pool().len() as u32),
            Role::DefinedGlobal => {
                below(module.global_count())?;
                let mutable = || module.global(index).is_some_and(|global| global.ty.mutable);
                ensure(!sets(rule) || mutable(), Kind::ImmutableGlobal)
            }
            Role::ImportGlobal => {
                below(module.imported_globals())?;
                let mutable = || {
                    module
                        .global_type(index)
                        .is_some_and(|global| global.mutable)
                };
                ensure(!sets(rule) || mutable(), Kind::ImmutableGlobal)
            }
        }
    }

    /// Number of parameters and results of a function type.
    fn type_slots(&self, type_idx: u32) -> (u32, u32) {
        let ty = self.module.func_type(type_idx);
        (ty.params.len() as u32, ty.results.len() as u32)
    }
}
