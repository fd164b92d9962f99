//! Encoding: blocks in their final order to words, with fuel words, labels and lines.

use std::sync::LazyLock;

use wrt_format::isa::{ALL, Charge, Control, OP_LIMIT, Op, Role, encode, ext_word};

use crate::error::Error;

use super::blocks::{Block, End, Inst};
use super::flow::entries;
use super::{Code, FAR_LABEL};

/// A label to be filled in when all blocks have their places.
struct Fixup {
    /// Index of the branch in the words.
    word: u32,
    inst: Inst,
    kind: Label,
    target: u32,
}

/// Where the label goes.
enum Label {
    /// Into this operand of the branch.
    Field(usize),
    /// Into a word of its own, at this index.
    Word(u32),
}

struct Encoder<'a> {
    blocks: &'a [Block],
    words: Vec<u64>,
    lines: Vec<(u32, u32)>,
    pool_words: Vec<u32>,
    fixups: Vec<Fixup>,
    /// Index of the fuel word of each block that has been reached.
    starts: Vec<Option<u32>>,
    /// Fuel that the block costs.
    cost: u32,
}

/// Encodes the blocks in `order`, of which the first is the entry.
///
/// # Errors
/// `TooLarge(FAR_LABEL)` when a 16-bit label does not reach; internal when the blocks break a rule of the image.
pub(super) fn function(blocks: &[Block], order: &[u32], frame: u16) -> Result<Code, Error> {
    let entries = entries(blocks, order);
    if entries[0] != 0 {
        return Err(Error::internal("a branch goes to the entry block"));
    }
    let mut encoder = Encoder {
        blocks,
        words: Vec::new(),
        lines: Vec::new(),
        pool_words: Vec::new(),
        fixups: Vec::new(),
        starts: vec![None; blocks.len()],
        cost: 0,
    };
    for (i, &at) in order.iter().enumerate() {
        let block = &blocks[at as usize];
        encoder.open(at as usize, i == 0);
        for inst in &block.body {
            encoder.inst(inst)?;
        }
        encoder.end(block, order.get(i + 1).copied())?;
    }
    encoder.finish(frame)
}

impl Encoder<'_> {
    fn at(&self) -> u32 {
        self.words.len() as u32
    }

    /// Starts a block with a fuel word.
    fn open(&mut self, block: usize, is_entry: bool) {
        self.starts[block] = Some(self.at());
        self.cost = self.blocks[block].cost;
        let first = self.blocks[block].body.iter().find(|it| it.offset != 0);
        if let Some(first) = first {
            self.lines.push((self.at(), first.offset));
        }
        let op = if is_entry { Op::Enter } else { Op::Fuel };
        self.words.push(op as u64 | u64::from(self.cost) << 32);
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), Error> {
        let info = inst.op.info();
        if TELLING.get(inst.op as usize) == Some(&true) {
            let at = self.at();
            if self.lines.last().is_none_or(|&(word, _)| word != at) {
                self.lines.push((at, inst.offset));
            }
        }
        if matches!(info.control, Control::Call | Control::TailCall) {
            self.has_fuel("a call costs no fuel")?;
        }
        if inst.op == Op::ConstPool {
            self.pool_words.push(self.at());
        }
        let words = encode(inst.op, &inst.fields[..info.fields.len()]).map_err(|error| {
            let (name, field) = (info.name, info.fields[usize::from(error.field)].name);
            let text = format!("{} does not fit operand {field} of {name}", error.value);
            Error::internal(text).at(u64::from(inst.offset))
        })?;
        self.words.extend(&words[..usize::from(info.words)]);
        Ok(())
    }

    fn end(&mut self, block: &Block, next: Option<u32>) -> Result<(), Error> {
        match &block.end {
            End::Next(target) if Some(*target) == next => Ok(()),
            End::Next(target) => self.branch(
                Inst {
                    op: Op::Br,
                    fields: [0; 6],
                    offset: 0,
                },
                *target,
            ),
            End::Cond(branch, taken, other) => {
                if Some(*other) != next {
                    return Err(Error::internal("no block follows a conditional branch"));
                }
                let inst = Inst {
                    op: branch.op,
                    fields: branch.fields,
                    offset: branch.offset,
                };
                self.branch(inst, *taken)
            }
            End::Table(inst, targets) => {
                let word = self.at();
                self.inst(inst)?;
                for &target in targets {
                    self.fixups.push(Fixup {
                        word,
                        inst: inst.clone(),
                        kind: Label::Word(self.at()),
                        target,
                    });
                    self.check_cycle(target)?;
                    self.words.push(ext_word(0));
                }
                Ok(())
            }
            End::Leave(inst) => self.inst(inst),
        }
    }

    fn branch(&mut self, inst: Inst, target: u32) -> Result<(), Error> {
        let fields = inst.op.info().fields;
        let label = fields
            .iter()
            .position(|it| matches!(it.role, Role::Label16 | Role::Label32))
            .ok_or_else(|| Error::internal("a branch has no label"))?;
        let word = self.at();
        self.inst(&inst)?;
        self.fixups.push(Fixup {
            word,
            inst,
            kind: Label::Field(label),
            target,
        });
        self.check_cycle(target)
    }

    /// A backward branch must cost something, in its own block or in its target's.
    fn check_cycle(&self, target: u32) -> Result<(), Error> {
        let backward = self.starts[target as usize].is_some();
        if backward && self.blocks[target as usize].cost == 0 {
            return self.has_fuel("a cycle costs no fuel");
        }
        Ok(())
    }

    fn has_fuel(&self, otherwise: &str) -> Result<(), Error> {
        if self.cost == 0 {
            return Err(Error::internal(otherwise));
        }
        Ok(())
    }

    fn finish(mut self, frame: u16) -> Result<Code, Error> {
        for fixup in core::mem::take(&mut self.fixups) {
            self.fix(fixup)?;
        }
        self.words[0] |= u64::from(frame) << 16;
        self.lines.dedup_by_key(|line| line.1);
        Ok(Code {
            words: self.words,
            frame,
            lines: self.lines,
            pool: Vec::new(),
            pool_words: self.pool_words,
        })
    }

    fn fix(&mut self, fixup: Fixup) -> Result<(), Error> {
        let Some(start) = self.starts[fixup.target as usize] else {
            return Err(Error::internal("a branch goes to a block that is left out"));
        };
        let distance = i64::from(start) - i64::from(fixup.word);
        match fixup.kind {
            Label::Word(at) => {
                let label = i32::try_from(distance)
                    .map_err(|_| Error::too_large("words of a function", i32::MAX as u64))?;
                self.words[at as usize] = ext_word(label);
            }
            Label::Field(field) => {
                let Inst { op, mut fields, .. } = fixup.inst;
                fields[field] = distance;
                let info = op.info();
                let words = encode(op, &fields[..info.fields.len()])
                    .map_err(|_| Error::too_large(FAR_LABEL, i16::MAX as u64))?;
                let at = fixup.word as usize;
                let count = usize::from(info.words);
                self.words[at..at + count].copy_from_slice(&words[..count]);
            }
        }
        Ok(())
    }
}

/// By opcode number: whether a trap or a call can stop the machine at the instruction, so that its place in the source is asked for.
static TELLING: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut telling = vec![false; OP_LIMIT];
    for &op in ALL {
        let info = op.info();
        let stops = matches!(
            info.control,
            Control::Call | Control::TailCall | Control::Trap
        );
        // The formulas are exact about this: every access to memory or tables is checked.
        let traps = ["may trap", "mem[", "table["];
        telling[op as usize] = stops
            || info.charge != Charge::Zero
            || traps.iter().any(|text| info.formula.contains(text));
    }
    telling
});
