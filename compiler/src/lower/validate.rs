//! Checks the invariants of selected code that can be seen without knowing the program: see [`super::vcode`].

use super::vcode::{VBlock, VCode, VInst, VReg};
use core::ops::Range;
use wrt_format::isa::{Control, Field, MAX_SHIFT, MAX_WORDS, Op, Role, set_field};

/// What is wrong, and where.
type Verdict = Result<(), String>;

/// Whether `code` is what the register allocator expects.
///
/// # Errors
/// A sentence that names the block, the instruction and the rule that is broken.
pub fn validate(code: &VCode) -> Verdict {
    let mut check = Check {
        code,
        defs: vec![0; code.vreg_count as usize],
        uses: vec![0; code.vreg_count as usize],
    };
    check.registers()?;
    let mut pred_count = vec![0u32; code.blocks.len()];
    for block in &code.blocks {
        for edge in &block.succs {
            let count = pred_count
                .get_mut(edge.block as usize)
                .ok_or_else(|| format!("an edge to block {}, which does not exist", edge.block))?;
            *count += 1;
        }
    }
    let entry = code.blocks.first().ok_or("there is no block")?;
    ensure(pred_count[0] == 0, || {
        "the entry has predecessors".to_owned()
    })?;
    ensure(code.slot_count(&entry.params) == code.param_count, || {
        "the entry's parameters are not the function's".to_owned()
    })?;
    for (i, block) in code.blocks.iter().enumerate() {
        check
            .block(i, block, &pred_count)
            .map_err(|message| format!("b{i}: {message}"))?;
    }
    check.undefined()
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(message()) }
}

struct Check<'a> {
    code: &'a VCode,
    /// Number of definitions and uses of each register so far.
    defs: Vec<u32>,
    uses: Vec<u32>,
}

impl Check<'_> {
    fn registers(&self) -> Verdict {
        ensure(
            self.code.is_ref.len() == self.code.vreg_count as usize,
            || "`is_ref` does not list every register".to_owned(),
        )?;
        ensure(
            self.code.is_wide.len() == self.code.vreg_count as usize,
            || "`is_wide` does not list every register".to_owned(),
        )
    }

    fn define(&mut self, vreg: VReg) -> Verdict {
        let count = self.defs.get_mut(vreg.0 as usize);
        let count = count.ok_or_else(|| format!("{vreg} is out of range"))?;
        *count += 1;
        ensure(*count == 1, || format!("{vreg} is defined twice"))
    }

    fn use_of(&mut self, vreg: VReg) -> Verdict {
        let count = self.uses.get_mut(vreg.0 as usize);
        *count.ok_or_else(|| format!("{vreg} is out of range"))? += 1;
        Ok(())
    }

    /// Whether a register is as wide as the operand.
    fn width(&self, field: &Field, vreg: VReg) -> Verdict {
        let is_wide = self.code.is_wide.get(vreg.0 as usize);
        ensure(is_wide == Some(&field.role.is_pair()), || {
            format!("{vreg} is not as wide as {}", field.name)
        })
    }

    fn undefined(&self) -> Verdict {
        let undefined = (0..self.code.vreg_count)
            .find(|&i| self.uses[i as usize] > 0 && self.defs[i as usize] == 0);
        undefined.map_or(Ok(()), |i| {
            Err(format!("{} is used but not defined", VReg(i)))
        })
    }

    fn block(&mut self, index: usize, block: &VBlock, pred_count: &[u32]) -> Verdict {
        for &vreg in block.params.iter().chain(&block.caught) {
            self.define(vreg)?;
        }
        for (i, inst) in block.insts.iter().enumerate() {
            let last = i + 1 == block.insts.len();
            self.inst(block, inst)
                .and_then(|()| {
                    ensure(last || !inst.ends_block(), || {
                        "a branch before the end".to_owned()
                    })
                })
                .map_err(|message| format!("`{inst}`: {message}"))?;
        }
        self.private_operands(block)?;
        falls_through(index, block)?;
        for edge in &block.succs {
            let params = &self.code.blocks[edge.block as usize].params;
            ensure(edge.args.len() == params.len(), || {
                format!("{edge} has the wrong number of arguments")
            })?;
            for (&arg, &param) in edge.args.iter().zip(params) {
                self.use_of(arg)?;
                let is_ref = |vreg: VReg| self.code.is_ref.get(vreg.0 as usize);
                let is_wide = |vreg: VReg| self.code.is_wide.get(vreg.0 as usize);
                let same = is_ref(arg) == is_ref(param) && is_wide(arg) == is_wide(param);
                ensure(same, || format!("{arg} and {param} are not of one kind"))?;
            }
            let critical = block.is_fork() && pred_count[edge.block as usize] > 1;
            ensure(!critical || edge.args.is_empty(), || {
                format!("{edge} is critical and has arguments")
            })?;
        }
        Ok(())
    }

    fn constants(&self, places: Range<i64>) -> Verdict {
        let there = 0 <= places.start && places.end <= self.code.pool.len() as i64;
        ensure(there, || "no such constant".to_owned())
    }

    fn operand(&mut self, block: &VBlock, field: &Field, value: i64) -> Verdict {
        match field.role {
            Role::Def | Role::DefAcc | Role::DefF32 | Role::DefF64 | Role::Def128 => {
                self.define(vreg(value)?)?;
                self.width(field, vreg(value)?)?;
            }
            Role::Acc | Role::AccF32 | Role::AccF64 => {
                return Err("accumulators are for emission".to_owned());
            }
            Role::Use | Role::Use128 | Role::Mod | Role::Mod128 => {
                self.use_of(vreg(value)?)?;
                self.width(field, vreg(value)?)?;
            }
            Role::Label16 | Role::Label32 => ensure(value == 0, || {
                "a label is not the first successor".to_owned()
            })?,
            Role::TargetCount => ensure(value + 1 == block.succs.len() as i64, || {
                "the table has another number of successors".to_owned()
            })?,
            Role::Window
            | Role::Results
            | Role::Wide
            | Role::UseSpan
            | Role::Count
            | Role::DefSpan
            | Role::SpanLen
            | Role::Frame
            | Role::BlockCost
            | Role::Cost => ensure(value == 0, || format!("{} is not 0", field.name))?,
            Role::Shift => shift(value)?,
            Role::Lane16 | Role::Lane8 | Role::Lane4 | Role::Lane2 => lane(field.role, value)?,
            Role::Const => self.constants(value..value + 1)?,
            Role::Const128 => self.constants(value..value + 2)?,
            Role::ImmS16
            | Role::ImmU16
            | Role::ImmS32
            | Role::ImmU32
            | Role::TrapCode
            | Role::DefinedFunc
            | Role::NearFunc
            | Role::ImportFunc
            | Role::Func
            | Role::Type
            | Role::CollectedType
            | Role::StructType
            | Role::ArrayType
            | Role::Array8
            | Role::Array16
            | Role::Array32
            | Role::Array64
            | Role::Array128
            | Role::Field8
            | Role::Field16
            | Role::Field32
            | Role::Field64
            | Role::Field128
            | Role::RefKinds
            | Role::Tag
            | Role::DefinedGlobal
            | Role::ImportGlobal
            | Role::Mem
            | Role::Table
            | Role::Elem
            | Role::Data => ensure(set_field(&mut [0; MAX_WORDS], field, value), || {
                format!("{} does not fit", field.name)
            })?,
        }
        Ok(())
    }

    fn inst(&mut self, block: &VBlock, inst: &VInst) -> Verdict {
        let info = inst.op.info();
        for (field, &value) in info.fields.iter().zip(&inst.fields) {
            self.operand(block, field, value)?;
        }
        let unused = &inst.fields[info.fields.len()..];
        ensure(unused.iter().all(|&value| value == 0), || {
            "more operands than the instruction has".to_owned()
        })?;
        let calls = matches!(info.control, Control::Call | Control::TailCall);
        let takes = calls || matches!(inst.op, Op::RetN | Op::Throw);
        ensure(calls || inst.results.is_empty(), || {
            "only calls have results".to_owned()
        })?;
        ensure(takes || inst.args.is_empty(), || {
            "only calls, throws and returns have arguments".to_owned()
        })?;
        inst.args.iter().try_for_each(|&arg| self.use_of(arg))?;
        inst.results.iter().try_for_each(|&it| self.define(it))
    }

    /// Registers that an instruction advances are copies made in the same block that nothing else uses.
    fn private_operands(&self, block: &VBlock) -> Verdict {
        let is_copy = |value: i64, before: usize| {
            let before = &block.insts[..before];
            before
                .iter()
                .any(|it| it.op == Op::Mov && it.fields[0] == value)
        };
        for (i, inst) in block.insts.iter().enumerate() {
            for (field, &value) in inst.op.info().fields.iter().zip(&inst.fields) {
                if field.role.is_mod() {
                    ensure(is_copy(value, i) && self.is_used_once(value), || {
                        format!("`{inst}`: v{value} is not its own")
                    })?;
                }
            }
        }
        Ok(())
    }

    fn is_used_once(&self, value: i64) -> bool {
        self.uses.get(value as usize) == Some(&1)
    }
}

fn vreg(value: i64) -> Result<VReg, String> {
    u32::try_from(value)
        .map(VReg)
        .map_err(|_| format!("{value} is no register"))
}

/// A block that does not branch away goes on to the next one.
fn falls_through(index: usize, block: &VBlock) -> Verdict {
    let control = block
        .insts
        .last()
        .map_or(Control::Next, |inst| inst.op.info().control);
    let handlers = block.clauses.len();
    let may_throw = matches!(control, Control::Call | Control::Throw);
    ensure(may_throw || handlers == 0, || {
        "handlers for what does not throw".to_owned()
    })?;
    let (count, fall) = match control {
        Control::Stub | Control::Enter | Control::Fuel => {
            return Err("an instruction that is no instruction of a function".to_owned());
        }
        Control::Next | Control::Call => (1 + handlers, Some(0)),
        Control::Throw => (handlers, None),
        Control::CondBranch => (2, Some(1)),
        Control::Branch => (1, None),
        Control::Table => (block.succs.len().max(1), None),
        Control::TailCall | Control::Return | Control::Trap => (0, None),
    };
    ensure(block.succs.len() == count, || {
        "the wrong number of successors".to_owned()
    })?;
    let next = index as u32 + 1;
    ensure(
        fall.is_none_or(|i: usize| block.succs[i].block == next),
        || "does not fall through to the next block".to_owned(),
    )
}

/// The number of a lane is below the number of lanes.
fn shift(value: i64) -> Verdict {
    let fits = (0..=i64::from(MAX_SHIFT)).contains(&value);
    ensure(fits, || "shift out of range".to_owned())
}

fn lane(role: Role, value: i64) -> Verdict {
    let lanes = i64::from(role.lanes().unwrap_or(0));
    ensure((0..lanes).contains(&value), || "no such lane".to_owned())
}
