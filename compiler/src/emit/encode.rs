//! Encoding: blocks in their final order to words, with fuel, labels and lines.
//!
//! Labels are as narrow as there are forms for at first. Where one does not reach, a branch takes the form whose label is as wide as its
//! plain form's. If it had that, an unconditional one takes a label of two words, and a conditional one is turned round and skips an
//! unconditional one. Then everything is encoded again.

use wrt_format::image::write::InlinedSpec;
use wrt_format::isa::{
    Control, MAX_BLOCK_COST, Op, Role, encode, fits, label_words, set_field, table_label, table_of,
};

use crate::error::Error;

use super::blocks::{Block, End, Inst, is_stepped};
use super::flow::{arrange, entries, skip_branch};
use super::handlers::Sites;
use super::{Code, acc, pairs, short};

/// A label to be filled in when all blocks have their places.
struct Fixup {
    /// Index of the branch in the words.
    word: u32,
    /// The block that it ends.
    from: u32,
    kind: Label,
    target: u32,
}

/// Where the label goes.
enum Label {
    /// Into this operand of the branch.
    Field(Op, usize),
    /// Into a branch table, at this index of the words, into so many of them.
    Table(u32, usize),
}

struct Encoder<'a> {
    blocks: &'a [Block],
    words: Vec<u16>,
    lines: Vec<(u32, u32)>,
    steps: Vec<(u32, u32)>,
    pool_words: Vec<u32>,
    fixups: Vec<Fixup>,
    /// Calls and throws, if anything in the function catches.
    sites: Sites,
    /// How wide the label of each block's branch is.
    widths: &'a [Width],
    /// Blocks whose label does not reach.
    short: Vec<u32>,
    /// The block under construction.
    block: u32,
    /// Index of the `fuel` of each block that has been reached.
    starts: Vec<Option<u32>>,
    /// Fuel that the block costs.
    cost: u32,
    /// Whether the function is for debugging: then what two blocks do together is no step of either.
    is_stepped: bool,
}

/// How wide a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    /// As narrow as there is a form for.
    Near,
    /// That of the plain instruction.
    Plain,
    /// Two words.
    Far,
}

/// Encodes the blocks in `order`, of which the first is the entry.
///
/// # Errors
/// Internal when the blocks break a rule of the image.
pub(super) fn function(
    blocks: &mut Vec<Block>,
    mut order: Vec<u32>,
    frame: u16,
) -> Result<Code, Error> {
    let mut widths = vec![Width::Near; blocks.len()];
    // Each round makes room for at least one label, for good.
    for round in 0_u32.. {
        let short = match attempt(blocks, &order, &widths, frame)? {
            Attempt::Reaches(code) => return Ok(code),
            Attempt::Short(short) => short,
        };
        let mut turned = false;
        for at in short {
            let width = &mut widths[at as usize];
            *width = match (*width, &blocks[at as usize].end) {
                (Width::Near, _) => Width::Plain,
                (Width::Plain | Width::Far, End::Cond(..)) => {
                    if !pairs::split(&mut blocks[at as usize]) {
                        skip_branch(blocks, &mut order, at)?;
                    }
                    turned = true;
                    Width::Near
                }
                (Width::Plain | Width::Far, _) => Width::Far,
            };
        }
        if turned {
            order = arrange(blocks, order)?;
            // Turned branches are plain ones.
            acc::run(blocks);
            widths.resize(blocks.len(), Width::Near);
        }
        if round >= NEAR_ROUNDS {
            for width in &mut widths {
                *width = (*width).max(Width::Plain);
            }
        }
    }
    Err(Error::internal("labels never reach"))
}

/// Rounds in which only labels that do not reach grow. They push others out of reach, a few of them in each round, so that rounds would
/// be as many as there are branches in code made for it.
const NEAR_ROUNDS: u32 = 8;

enum Attempt {
    Reaches(Code),
    /// The blocks that end with a label that does not reach.
    Short(Vec<u32>),
}

fn attempt(
    blocks: &[Block],
    order: &[u32],
    widths: &[Width],
    frame: u16,
) -> Result<Attempt, Error> {
    let entries = entries(blocks, order);
    if entries[0] != 0 {
        return Err(Error::internal("a branch goes to the entry block"));
    }
    let insts = blocks.iter().map(|block| block.body.len() + 2);
    let mut encoder = Encoder {
        blocks,
        words: Vec::with_capacity(insts.sum::<usize>() * 4),
        lines: Vec::new(),
        steps: Vec::new(),
        pool_words: Vec::new(),
        fixups: Vec::new(),
        sites: Sites::new(blocks, order),
        widths,
        short: Vec::new(),
        block: 0,
        starts: vec![None; blocks.len()],
        cost: 0,
        is_stepped: is_stepped(blocks),
    };
    for (i, &at) in order.iter().enumerate() {
        let block = &blocks[at as usize];
        encoder.open(at, i == 0, frame)?;
        let next = order.get(i + 1).copied();
        let moving = encoder.moving_branch(block, next);
        let body = block.body.len() - usize::from(moving.is_some());
        for (i, inst) in block.body[..body].iter().enumerate() {
            let word = encoder.words.len();
            let op = encoder.inst(inst)?;
            encoder.sites.add(word, op, block, i);
        }
        match moving {
            Some((branch, target)) => encoder.branch(branch, target)?,
            None => encoder.end(block, next)?,
        }
    }
    encoder.finish(frame)
}

impl Encoder<'_> {
    fn at(&self) -> u32 {
        self.words.len() as u32
    }

    /// Starts a block with its fuel: in several parts, if it costs more than one can hold.
    fn open(&mut self, block: u32, is_entry: bool, frame: u16) -> Result<(), Error> {
        self.block = block;
        let Block {
            body,
            cost,
            step,
            end,
            ..
        } = &self.blocks[block as usize];
        self.starts[block as usize] = Some(self.at());
        self.cost = *cost;
        let mut offsets = body.iter().map(|it| it.offset).chain(end.offset());
        if let Some(first) = offsets.find(|&offset| offset != 0) {
            self.lines.push((self.at(), first));
        }
        self.steps.extend(step.map(|offset| (self.at(), offset)));
        let part = (*cost).min(MAX_BLOCK_COST);
        if is_entry {
            self.put(Op::Enter, &[frame.into(), part.into()], 0)?;
        } else {
            self.put(Op::Fuel, &[part.into()], 0)?;
        }
        let mut left = *cost - part;
        while left > 0 {
            let part = left.min(u16::MAX.into());
            self.put(Op::FuelMore, &[part.into()], 0)?;
            left -= part;
        }
        Ok(())
    }

    /// Appends an instruction, in the shortest form that its place allows; gives that.
    fn inst(&mut self, inst: &Inst) -> Result<Op, Error> {
        let info = inst.op.info();
        if info.stops {
            let at = self.at();
            if self.lines.last().is_none_or(|&(word, _)| word != at) {
                self.lines.push((at, inst.offset));
            }
        }
        let leaves = matches!(
            info.control,
            Control::Call | Control::TailCall | Control::Throw
        );
        if leaves {
            self.has_fuel("a call costs no fuel")?;
        }
        if matches!(inst.op, Op::ConstPool | Op::V128Const) {
            self.pool_words.push(self.at());
        }
        let place = short::Place {
            near: self.width() == Width::Near,
            in_loop: self.blocks[self.block as usize].loop_depth > 0,
        };
        let operands = &inst.fields[..info.fields.len()];
        if let Some((op, operands)) = constant(inst.op, operands) {
            self.put(op, &operands[..op.info().fields.len()], inst.offset)?;
            return Ok(op);
        }
        let op = shortest(inst.op, operands, place);
        // A form in fewer words may do without the last operands.
        self.put(op, &operands[..op.info().fields.len()], inst.offset)?;
        Ok(op)
    }

    fn width(&self) -> Width {
        self.widths[self.block as usize]
    }

    fn put(&mut self, op: Op, fields: &[i64], offset: u32) -> Result<(), Error> {
        let info = op.info();
        let words = encode(op, fields).map_err(|error| {
            let (name, field) = (info.name, info.fields[usize::from(error.field)].name);
            let text = format!("{} does not fit operand {field} of {name}", error.value);
            Error::internal(text).at(u64::from(offset))
        })?;
        self.words.extend(&words[..usize::from(info.words)]);
        Ok(())
    }

    /// The branch that does what comes before it too, and where it goes. It may go to the next block, whose fuel it pays for; that is one
    /// instruction less to carry out, but longer, so only what runs often has it.
    fn moving_branch(&self, block: &Block, next: Option<u32>) -> Option<(Inst, u32)> {
        let often = |target: u32| {
            block
                .loop_depth
                .max(self.blocks[target as usize].loop_depth)
                > 0
        };
        match block.end {
            End::Next(target)
                if !self.is_stepped
                    && self.width() != Width::Far
                    && (Some(target) != next || often(target)) =>
            {
                Some((pairs::moving_branch(block.body.last()?)?, target))
            }
            End::Next(_) | End::Cond(..) | End::Table(..) | End::Leave(_) => None,
        }
    }

    fn end(&mut self, block: &Block, next: Option<u32>) -> Result<(), Error> {
        match &block.end {
            End::Next(target) if Some(*target) == next => Ok(()),
            End::Next(target) => self.branch(
                Inst {
                    op: if self.width() == Width::Far {
                        Op::BrFar
                    } else {
                        Op::Br
                    },
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
                let op = self.inst(inst)?;
                let width = table_of(op).map_or(2, |count| label_words(count.place));
                for &target in targets {
                    self.fixups.push(Fixup {
                        word,
                        from: self.block,
                        kind: Label::Table(self.at(), width),
                        target,
                    });
                    self.check_cycle(target)?;
                    self.words.extend(&table_label(0)[..width]);
                }
                Ok(())
            }
            End::Leave(inst) => {
                let word = self.words.len();
                let op = self.inst(inst)?;
                self.sites.add(word, op, block, block.body.len());
                Ok(())
            }
        }
    }

    fn branch(&mut self, mut inst: Inst, target: u32) -> Result<(), Error> {
        let fields = inst.op.info().fields;
        let label = fields
            .iter()
            .position(|it| matches!(it.role, Role::Label16 | Role::Label32))
            .ok_or_else(|| Error::internal("a branch has no label"))?;
        let word = self.at();
        // Any label, until it is known; 0 is none that fits the opcode.
        inst.fields[label] = 1;
        let op = self.inst(&inst)?;
        self.fixups.push(Fixup {
            word,
            from: self.block,
            kind: Label::Field(op, label),
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

    fn finish(mut self, frame: u16) -> Result<Attempt, Error> {
        for fixup in core::mem::take(&mut self.fixups) {
            self.fix(&fixup)?;
        }
        if !self.short.is_empty() {
            return Ok(Attempt::Short(self.short));
        }
        self.lines.dedup_by_key(|line| line.1);
        Ok(Attempt::Reaches(Code {
            words: self.words,
            frame,
            refs: 0,
            lines: self.lines,
            around: Vec::new(),
            inlined: InlinedSpec::default(),
            steps: self.steps,
            homes: None,
            handlers: self.sites.rows(&self.starts)?,
            pool: Vec::new(),
            pool_words: self.pool_words,
        }))
    }

    fn fix(&mut self, fixup: &Fixup) -> Result<(), Error> {
        let Some(start) = self.starts[fixup.target as usize] else {
            return Err(Error::internal("a branch goes to a block that is left out"));
        };
        let distance = i64::from(start) - i64::from(fixup.word);
        match fixup.kind {
            Label::Table(_, 1) if i16::try_from(distance).is_err() => self.short.push(fixup.from),
            Label::Table(at, width) => {
                let label = i32::try_from(distance)
                    .map_err(|_| Error::too_large("words of a function", i32::MAX as u64))?;
                let words = &table_label(label)[..width];
                self.words[at as usize..][..width].copy_from_slice(words);
            }
            Label::Field(op, field) => {
                let field = &op.info().fields[field];
                if !set_field(&mut self.words[fixup.word as usize..], field, distance) {
                    if field.role == Role::Label32 {
                        return Err(Error::too_large("words of a function", i32::MAX as u64));
                    }
                    self.short.push(fixup.from);
                }
            }
        }
        Ok(())
    }
}

/// The instruction for a constant that says less of it than the plain one does, if there is one.
pub(super) fn constant(op: Op, operands: &[i64]) -> Option<(Op, [i64; 2])> {
    let &[dst, imm] = operands else {
        return None;
    };
    if op != Op::ConstU32 {
        return None;
    }
    let signed = i64::from(imm as i32);
    let forms = [
        (imm == 0, Op::Const0),
        (imm == 1, Op::Const1),
        (signed == -1, Op::ConstOnes),
        (signed < 0, Op::ConstI32),
    ];
    let fits = |&&(is_value, op): &&(bool, Op)| {
        let mut fields = op.info().fields.iter().zip([dst, signed]);
        is_value && fields.all(|(field, value)| fits(field, value))
    };
    let form = forms.iter().find(fits);
    form.map(|&(_, op)| (op, [dst, signed]))
}

/// The shortest instruction that does the same, of those for its place.
fn shortest(op: Op, operands: &[i64], place: short::Place) -> Op {
    let op = match operands {
        [_, imm] if op == Op::ConstU32 && *imm <= u16::MAX.into() => Op::ConstU16,
        _ => op,
    };
    short::form(op, operands, place).unwrap_or(op)
}
