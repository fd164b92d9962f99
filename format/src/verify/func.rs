//! Function bodies: one pass over the words, without scratch memory.
//!
//! What makes that possible: a branch target needs no more than a look at the word there, which must be the opcode `fuel`. Words of
//! operands that have the same value are listed in DECOYS. A target is none of those, and the pass finds just those that are listed.

use super::VerifyError;
use super::error::VerifyErrorKind as Kind;
use super::handlers::Rows;
use super::rules::{Plain, Rule, rule_of, rule_of_op};
use crate::image::features;
use crate::image::func::{FuncRecord, RECORD_LEN};
use crate::image::subtype::TypeSpace;
use crate::image::types::{Composite, ExternKind, GlobalType, val};
use crate::image::view::ModuleView;
use crate::isa::{
    Control, MAX_WORDS, Op, PROLOGUE, Role, cost_of, field, field_value, is_fuel, label_words,
    may_have_fuel, pair, table_of, words_le,
};
use crate::trap::Trap;

pub(super) type Checked<T> = Result<T, Kind>;

pub(super) fn ensure(condition: bool, kind: Kind) -> Checked<()> {
    if condition { Ok(()) } else { Err(kind) }
}

impl ModuleView<'_> {
    /// Verifies the body of a defined function, given by its number among the defined ones. Only after that may it run.
    ///
    /// # Errors
    /// When a rule is broken, or there is no such function.
    pub fn verify_func(&self, defined_func: u32) -> Result<(), VerifyError> {
        let record_offset =
            (self.parts.funcs_offset).saturating_add(defined_func.saturating_mul(RECORD_LEN));
        let record_error = |kind| VerifyError::new(kind, record_offset);
        if defined_func >= self.func_count() {
            return Err(record_error(Kind::IndexOutOfRange));
        }
        let record = self.func(defined_func);
        let body = check_record(self, &record).map_err(record_error)?;
        let mut walk = Walk {
            module: self,
            body,
            decoys: own_decoys(self.parts.decoys, &record),
            seen: 0,
            handlers: Rows::new(self, &record),
            record,
            lanes: slot_lanes(record.frame),
            pair_lanes: slot_lanes(record.frame.saturating_sub(1)),
            floats: self.features() & features::FLOATS != 0,
            memory_zero: None,
            cost: 0,
            at: 0,
            before: 0,
        };
        walk.run().map_err(|kind| {
            let word = u64::from(record.code_word).saturating_add(walk.at as u64);
            let offset = u64::from(self.parts.code_offset).saturating_add(word.saturating_mul(2));
            VerifyError::new(kind, offset as u32)
        })
    }
}

/// The part of DECOYS that is about a function. If DECOYS does not ascend it is some other part: then the pass finds out.
fn own_decoys<'a>(decoys: &'a [u32], record: &FuncRecord) -> &'a [u32] {
    let below = |end: u32| decoys.partition_point(|&word| u32::from_le(word) < end);
    let start = below(record.code_word);
    let end = below(record.code_word.saturating_add(record.words));
    decoys.get(start..end).unwrap_or_default()
}

/// Checks a function record; gives the function's words.
fn check_record<'a>(module: &ModuleView<'a>, record: &FuncRecord) -> Checked<&'a [u16]> {
    let ty = module.func_type(record.type_idx);
    // What the record says of the type is right, or so many that it does not say it.
    let known = record.type_idx < module.func_type_count()
        && usize::from(record.params) == val::slot_count(ty.params)
        && usize::from(record.results) == val::slot_count(ty.results);
    // Without an `enter` there is no frame: the walk finds out.
    let framed = record.frame == 0
        || u32::from(record.frame) <= module.max_frame
            && u32::from(record.params).saturating_add(record.refs.into())
                <= u32::from(record.frame);
    let sane = known && framed && record.words > 0 && record.code_word as usize >= PROLOGUE.len();
    ensure(sane, Kind::BadFuncRecord)?;
    let body = module.parts.code.get(record.code_word as usize..);
    let body = body.and_then(|rest| rest.get(..record.words as usize));
    body.ok_or(Kind::BadFuncRecord)
}

const TOP_BITS: u64 = 0x8000_8000_8000_8000;

/// In each lane, the greatest slot number with the top bit set.
fn slot_lanes(frame: u16) -> u64 {
    u64::from(frame.saturating_sub(1)).wrapping_mul(0x0001_0001_0001_0001) | TOP_BITS
}

/// Whether each lane of `slots` is a slot number: its top bit is clear, and subtracting it from its lane borrows nothing.
fn slots_in_frame(lanes: u64, slots: u64) -> bool {
    slots & TOP_BITS == 0 && lanes.wrapping_sub(slots) & TOP_BITS == TOP_BITS
}

/// The pass over one function.
pub(super) struct Walk<'m, 'a> {
    pub(super) module: &'m ModuleView<'a>,
    body: &'a [u16],
    /// Words of the code section that are to look like `fuel` without being it, little-endian, and how many have been found.
    decoys: &'a [u32],
    seen: usize,
    pub(super) handlers: Rows<'a>,
    pub(super) record: FuncRecord,
    lanes: u64,
    /// As `lanes`, for slots that another one must follow.
    pair_lanes: u64,
    /// Whether the module may compute with floats.
    floats: bool,
    /// Whether there is a memory 0, once an instruction has asked.
    memory_zero: Option<bool>,
    /// Cost of the block that the walk is in, as far as its `fuel` says it.
    cost: u32,
    /// Word that the walk is at.
    at: usize,
    /// First word of the instruction before.
    before: usize,
}

/// Whether an instruction that names a global may do so: it sets it, which shows in that it has no result, only if it is mutable, and
/// it takes as many slots as the global.
fn check_global(rule: &Rule, global: Option<GlobalType>) -> Checked<()> {
    let sets = !rule.info.fields.iter().any(|field| field.role.is_def());
    let global = global.ok_or(Kind::IndexOutOfRange)?;
    ensure(global.mutable || !sets, Kind::ImmutableGlobal)?;
    ensure(rule.vector == (global.ty == val::V128), Kind::TypeMismatch)
}

/// Operands of one instruction that only make sense together.
#[derive(Default)]
pub(super) struct Together {
    window: u32,
    results_at: u32,
    span_at: u32,
    count: Option<u32>,
    /// Bytes of the fields of the struct type.
    struct_bytes: u32,
    /// First and number of slots that are written together.
    cleared: (u32, u32),
    /// Slots of the parameters and results of the callee.
    pub(super) callee: Option<(u32, u32)>,
}

impl Together {
    /// Notes the value of an operand that says little by itself.
    fn note(&mut self, role: Role, value: u32) {
        if role == Role::UseSpan {
            self.span_at = value;
        } else if role == Role::Window {
            self.window = value;
        } else if role == Role::Results {
            self.results_at = value;
        } else if role == Role::DefSpan {
            self.cleared.0 = value;
        } else if role == Role::SpanLen {
            self.cleared.1 = value;
        } else {
            self.count = Some(value);
        }
    }
}

/// Four words as lanes.
fn lanes_of(words: [u16; 4]) -> u64 {
    let [a, b, c, d] = words.map(|word| u64::from(u16::from_le(word)));
    a | b << 16 | c << 32 | d << 48
}

impl Walk<'_, '_> {
    fn word(&self, at: usize) -> Option<u16> {
        self.body.get(at).copied().map(u16::from_le)
    }

    fn run(&mut self) -> Checked<()> {
        let mut control = self.instruction(true)?;
        loop {
            let before = self.at;
            self.skip_plain();
            if self.at >= self.body.len() {
                let plain = self.at > before;
                ensure(!plain && control.is_terminator(), Kind::NoTerminator)?;
                self.handlers.finish()?;
                return ensure(self.seen == self.decoys.len(), Kind::BadDecoys);
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
        let mut rest = self.body.get(self.at..).unwrap_or_default();
        while let Some(first) = rest.first_chunk::<4>() {
            let words = lanes_of(*first);
            let Some(rule) = rule_of(words as u16) else {
                break;
            };
            let ([slots, _], [zero, _], [operands, _]) = (rule.slots, rule.zero, rule.operands);
            let [high_slots, _] = rule.high_slots;
            let wrong = rule.plain > allowed
                || rule.floats && !self.floats
                || words & zero != 0
                || !slots_in_frame(self.lanes, words.wrapping_sub(rule.bias) & slots)
                || !slots_in_frame(self.lanes, words >> 8 & high_slots)
                || may_have_fuel(words, operands);
            if wrong {
                break;
            }
            self.before = self.body.len().saturating_sub(rest.len());
            rest = rest.get(usize::from(rule.words)..).unwrap_or_default();
        }
        self.at = self.body.len().saturating_sub(rest.len());
    }

    /// Checks the instruction at `self.at` and goes behind it.
    fn instruction(&mut self, first: bool) -> Checked<Control> {
        let opcode = self.word(self.at).ok_or(Kind::NoEnter)?;
        let rule = Op::from_number(opcode).and_then(rule_of_op);
        let rule = rule.ok_or(Kind::UnknownOp)?;
        ensure(rule.control != Control::Stub, Kind::UnknownOp)?;
        ensure(!first || rule.control == Control::Enter, Kind::NoEnter)?;
        let words = self.words(rule)?;
        self.look(rule, &words)?;
        let missing = rule.info.feature() & !self.module.features();
        ensure(missing == 0, Kind::FeatureNotDeclared)?;
        if let Some((field, role)) = rule.accumulated {
            self.accumulated(role, field_value(&words, field))?;
        }
        if let Some(label) = rule.label {
            self.label(field_value(&words, label))?;
        }
        let mut next = self.at.saturating_add(usize::from(rule.words));
        match rule.control {
            Control::Next => {
                if rule.special != 0 {
                    let together = self.operands(rule, &words)?;
                    let (at, len) = together.cleared;
                    let inside = at.saturating_add(len) <= self.record.frame.into();
                    ensure(inside, Kind::SlotOutOfRange)?;
                }
            }
            Control::CondBranch => {
                if rule.special != 0 {
                    self.operands(rule, &words)?;
                }
            }
            Control::Branch | Control::Stub => {}
            Control::Fuel => {
                let [fuel, ..] = words;
                self.cost = cost_of(fuel);
            }
            Control::Enter => {
                let [_, fuel, ..] = words;
                ensure(first, Kind::UnknownOp)?;
                ensure(self.record.frame > 0, Kind::NoEnter)?;
                ensure(is_fuel(fuel), Kind::NoFuelWord)?;
                self.cost = cost_of(fuel);
            }
            Control::Table => {
                next = self.table(next, rule, &words)?;
            }
            Control::Call
            | Control::TailCall
            | Control::Return
            | Control::Throw
            | Control::Trap => {
                self.leaving(rule, &words)?;
            }
        }
        self.check_next(rule.control, next)?;
        self.before = self.at;
        self.at = next;
        Ok(rule.control)
    }

    /// The words of the instruction at `self.at`, then zeros.
    fn words(&self, rule: &Rule) -> Checked<[u16; MAX_WORDS]> {
        let end = self.at.saturating_add(usize::from(rule.words));
        let own = self.body.get(self.at..end).ok_or(Kind::CutOff)?;
        Ok(words_le(own))
    }

    /// Checks what the masks say of an instruction.
    fn look(&mut self, rule: &Rule, words: &[u16; MAX_WORDS]) -> Checked<()> {
        let [a, b, c, d, e, f, g, h] = words.map(u16::to_le);
        let groups = [lanes_of([a, b, c, d]), lanes_of([e, f, g, h])];
        let mut decoy = false;
        let masks = rule.slots.into_iter().zip(rule.high_slots).zip(rule.zero);
        let mut bias = rule.bias;
        for ((group, ((slots, high_slots), zero)), operands) in
            groups.into_iter().zip(masks).zip(rule.operands)
        {
            ensure(group & zero == 0, Kind::BadImmediate)?;
            let inside = slots_in_frame(self.lanes, group.wrapping_sub(bias) & slots)
                && slots_in_frame(self.lanes, group >> 8 & high_slots);
            ensure(inside, Kind::SlotOutOfRange)?;
            decoy |= may_have_fuel(group, operands);
            bias = 0;
        }
        if decoy {
            self.decoys(rule.words)?;
        }
        if rule.vector {
            let ([low, high], [of_low, of_high]) = (groups, rule.pairs);
            self.check_pairs([low & of_low, high & of_high])?;
        }
        if rule.memory_zero {
            self.check_memory_zero()?;
        }
        Ok(())
    }

    /// Finds the operands of an instruction of so many words that look like `fuel` where DECOYS says.
    fn decoys(&mut self, words: u8) -> Checked<()> {
        let end = self.at.saturating_add(usize::from(words));
        for at in self.at.saturating_add(1)..end {
            if self.word(at).is_some_and(is_fuel) {
                self.decoy(at)?;
            }
        }
        Ok(())
    }

    fn decoy(&mut self, at: usize) -> Checked<()> {
        let word = u64::from(self.record.code_word).saturating_add(at as u64);
        let listed = self.decoys.get(self.seen).copied().map(u32::from_le);
        ensure(listed.map(u64::from) == Some(word), Kind::BadDecoys)?;
        self.seen = self.seen.saturating_add(1);
        Ok(())
    }

    /// The instruction before has left this slot in the accumulator that `role` stands for.
    fn accumulated(&self, role: Role, slot: i64) -> Checked<()> {
        let opcode = self.word(self.before).unwrap_or(0);
        let left = rule_of(opcode).and_then(|rule| rule.leaves);
        let left = left.filter(|field| field.role == role).map(|field| {
            // It is in one of the first two words.
            let words = [0, 1].map(|i| self.word(self.before.saturating_add(i)).unwrap_or(0));
            field_value(&words, field)
        });
        ensure(left == Some(slot), Kind::NotAccumulated)
    }

    /// A block begins after a conditional branch, and, unless the function ends, after what never goes on.
    fn check_next(&self, control: Control, next: usize) -> Checked<()> {
        let may_end = control.is_terminator();
        if !may_end && control != Control::CondBranch {
            return Ok(());
        }
        match self.word(next) {
            Some(word) => ensure(is_fuel(word), Kind::NoFuelWord),
            None => ensure(may_end, Kind::NoTerminator),
        }
    }

    /// Pairs of slots, by their first ones, of a vector instruction, which the module must declare.
    fn check_pairs(&self, [low, high]: [u64; 2]) -> Checked<()> {
        let declared = self.module.features() & features::SIMD != 0;
        ensure(declared, Kind::FeatureNotDeclared)?;
        // A frame of one slot has no pair, but its lanes look as if slot 0 were one.
        let inside = self.record.frame >= 2
            && slots_in_frame(self.pair_lanes, low)
            && slots_in_frame(self.pair_lanes, high);
        ensure(inside, Kind::SlotOutOfRange)
    }

    fn check_memory_zero(&mut self) -> Checked<()> {
        let module = self.module;
        let memory_zero = &mut self.memory_zero;
        let is_there = *memory_zero.get_or_insert_with(|| module.memory_type(0).is_some());
        ensure(is_there, Kind::NoMemoryZero)
    }

    /// A label of the instruction at `self.at`: it leads to a `fuel` instruction, and a way back costs something.
    fn label(&self, label: i64) -> Checked<()> {
        let target = (self.at as i64).saturating_add(label);
        let target = usize::try_from(target).map_err(|_| Kind::BadLabel)?;
        ensure(self.is_block(target), Kind::BadLabel)?;
        let cost = self.word(target).map_or(0, cost_of);
        let forward = label > 0;
        ensure(forward || self.cost > 0 || cost > 0, Kind::FreeCycle)
    }

    /// Whether word `target` is a `fuel` instruction, provided that the whole function verifies.
    pub(super) fn is_block(&self, target: usize) -> bool {
        let place = self.record.code_word.saturating_add(target as u32);
        let decoy = |word: &u32| u32::from_le(*word).cmp(&place);
        // Not in `enter`: a run could be paused there, where no instruction begins.
        let is_fuel = target >= field::enter::words && self.word(target).is_some_and(is_fuel);
        is_fuel && self.decoys.binary_search_by(decoy).is_err()
    }

    /// The targets of a branch table from word `first` on; gives the word behind them.
    fn table(&mut self, first: usize, rule: &Rule, words: &[u16]) -> Checked<usize> {
        let count = table_of(rule.info.op).ok_or(Kind::UnknownOp)?;
        let width = label_words(count.place);
        let targets = (field_value(words, count) as usize).checked_add(1);
        let len = targets.and_then(|n| n.checked_mul(width));
        let end = first.checked_add(len.ok_or(Kind::CutOff)?);
        let end = end.ok_or(Kind::CutOff)?;
        let own = self.body.get(first..end).ok_or(Kind::CutOff)?;
        for (i, target) in own.chunks_exact(width.max(1)).enumerate() {
            let at = first.saturating_add(i.saturating_mul(width));
            for (j, &word) in target.iter().enumerate() {
                if is_fuel(u16::from_le(word)) {
                    self.decoy(at.saturating_add(j))?;
                }
            }
            self.label(match *target {
                [near] => i64::from(u16::from_le(near) as i16),
                [low, high] => i64::from(pair(u16::from_le(low), u16::from_le(high)) as i32),
                _ => return Err(Kind::CutOff),
            })?;
        }
        Ok(end)
    }

    /// Calls and ends of the function.
    fn leaving(&mut self, rule: &Rule, words: &[u16]) -> Checked<()> {
        let together = self.operands(rule, words)?;
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
                ensure(inside, Kind::WindowOutOfRange)?;
                let end = self.at.saturating_add(usize::from(rule.words));
                self.site(end.saturating_sub(1), together.window)
            }
            Control::Throw => {
                let (values, _) = together.callee.unwrap_or_default();
                ensure(self.cost > 0, Kind::FreeCycle)?;
                let inside = together.window >= 1 && fits(together.window, values);
                ensure(inside, Kind::WindowOutOfRange)?;
                ensure(together.results_at == 0, Kind::BadImmediate)?;
                let end = self.at.saturating_add(usize::from(rule.words));
                self.site(end.saturating_sub(1), together.window)
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
                // `ret_n` has a count; `ret1` and its like return one value; `ret` has no operands.
                let plain = u32::from(!rule.info.fields.is_empty());
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
            | Control::Stub => Ok(()),
        }
    }

    /// Operands that are no slots, labels or immediates, by their roles.
    fn operands(&self, rule: &Rule, words: &[u16]) -> Checked<Together> {
        let mut together = Together::default();
        for (i, field) in rule.info.fields.iter().enumerate() {
            if rule.special >> i & 1 == 1 {
                let value = field_value(words, field) as u32;
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
            Role::Def | Role::DefAcc | Role::DefF32 | Role::DefF64 | Role::Def128 => Ok(()),
            Role::Use | Role::Acc | Role::AccF32 | Role::AccF64 | Role::Use128 => Ok(()),
            Role::Mod | Role::Mod128 | Role::Shift | Role::RefKinds | Role::TargetCount => Ok(()),
            Role::Lane16 | Role::Lane8 | Role::Lane4 | Role::Lane2 | Role::Wide => Ok(()),
            Role::ImmS16 | Role::ImmU16 | Role::ImmS32 | Role::ImmU32 => Ok(()),
            Role::Label16 | Role::Label32 | Role::BlockCost | Role::Cost | Role::Frame => Ok(()),
            Role::UseSpan
            | Role::Count
            | Role::DefSpan
            | Role::SpanLen
            | Role::Window
            | Role::Results => {
                together.note(role, index);
                Ok(())
            }
            Role::TrapCode => ensure(
                Trap::from_number(index as u16).is_some(),
                Kind::BadImmediate,
            ),
            Role::DefinedFunc | Role::NearFunc => {
                below(module.func_count())?;
                let (params, results) = module.func_slots(index);
                together.callee = Some((params.into(), results.into()));
                Ok(())
            }
            Role::ImportFunc => {
                together.callee = Some(self.type_slots(module.import_func_type(index)));
                below(module.imported_funcs())
            }
            Role::CollectedType
            | Role::StructType
            | Role::ArrayType
            | Role::Array8
            | Role::Array16
            | Role::Array32
            | Role::Array64
            | Role::Array128 => self.type_operand(role, index, together),
            Role::Field8 | Role::Field16 | Role::Field32 | Role::Field64 | Role::Field128 => {
                let bytes = role.field_bytes().unwrap_or(0);
                let inside = index.saturating_add(bytes) <= together.struct_bytes;
                ensure(inside, Kind::FieldOutOfRange)
            }
            Role::Type => {
                below(module.func_type_count())?;
                let is_func = module.composite(index) == Composite::Func;
                ensure(is_func, Kind::TypeMismatch)?;
                together.callee = Some(self.type_slots(index));
                Ok(())
            }
            Role::Tag => self.tag(index, together),
            Role::Func => space(ExternKind::Func, module.func_count()),
            Role::Mem => space(ExternKind::Memory, module.memory_count()),
            Role::Table => space(ExternKind::Table, module.table_count()),
            Role::Elem => below(module.elem_count()),
            Role::Data => below(module.data_count()),
            Role::Const => below(module.pool().len() as u32),
            Role::Const128 => below((module.pool().len() as u32).saturating_sub(1)),
            Role::DefinedGlobal => check_global(rule, module.global(index).map(|it| it.ty)),
            Role::ImportGlobal => {
                below(module.imported_globals())?;
                check_global(rule, module.global_type(index))
            }
        }
    }

    /// A type that is none of functions, or may be none.
    fn type_operand(&self, role: Role, index: u32, together: &mut Together) -> Checked<()> {
        let module = self.module;
        let known = index < module.func_type_count();
        ensure(known, Kind::IndexOutOfRange)?;
        if role == Role::CollectedType {
            let is_func = module.composite(index) == Composite::Func;
            return ensure(!is_func, Kind::TypeMismatch);
        }
        if role == Role::StructType {
            together.struct_bytes = module.struct_bytes(index);
            let is_struct = module.composite(index) == Composite::Struct;
            return ensure(is_struct, Kind::TypeMismatch);
        }
        let element = module.fields(index).first();
        let element = element.filter(|_| module.composite(index) == Composite::Array);
        let element = element.ok_or(Kind::TypeMismatch)?;
        let width = 1_u32.checked_shl(element.ty.width_log2());
        let fits = role
            .element_bytes()
            .is_none_or(|bytes| width == Some(bytes));
        ensure(fits, Kind::TypeMismatch)
    }

    /// Slots of the parameters and results of a function type.
    pub(super) fn type_slots(&self, type_idx: u32) -> (u32, u32) {
        let ty = self.module.func_type(type_idx);
        let slots = |types| val::slot_count(types) as u32;
        (slots(ty.params), slots(ty.results))
    }
}
