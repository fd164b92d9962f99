//! A machine for emitted words: it follows the rules of the instruction set for fuel and control, and leaves the meaning of everything
//! else to the random code that it runs.

use wrt_format::image::Handler;
use wrt_format::isa::{Control, Op, Role, field_value, label_words, pair, table_of};

use crate::lower::vcode::VCode;
use crate::regalloc::meaning::{Trace, digest, inputs, result, step, thrown, throws};

use super::super::Code;
use super::super::{acc, pairs, short};

/// An instruction read back from words.
pub(super) struct Decoded {
    pub(super) op: Op,
    pub(super) fields: Vec<i64>,
    pub(super) words: usize,
}

/// Decodes the instruction at a word.
pub(super) fn decode(words: &[u16], at: usize) -> Decoded {
    let info = Op::from_number(words[at]).expect("an opcode").info();
    // An accumulator form means what its plain form does, and so does a short form.
    let op = acc::plain(short::plain(info.op));
    let fields: Vec<i64> = info
        .fields
        .iter()
        .map(|field| field_value(&words[at..], field))
        .collect();
    let count = info
        .fields
        .iter()
        .position(|field| field.role == Role::TargetCount);
    let targets = count.map_or(0, |at| {
        label_words(info.fields[at].place) * (fields[at] as usize + 1)
    });
    Decoded {
        op,
        fields,
        words: usize::from(info.words) + targets,
    }
}

/// The labels of the branch table at a word.
pub(super) fn table_labels(words: &[u16], at: usize) -> Vec<i64> {
    let op = Op::from_number(words[at]).expect("an opcode");
    let width = table_of(op).map_or(2, |count| label_words(count.place));
    let end = at + decode(words, at).words;
    let labels = words[at + usize::from(op.info().words)..end].chunks(width);
    let label = |label: &[u16]| match *label {
        [near] => i64::from(near as i16),
        [low, high] => i64::from(pair(low, high) as i32),
        _ => unreachable!("labels of one or two words"),
    };
    labels.map(label).collect()
}

struct Machine<'a> {
    words: &'a [u16],
    regs: Vec<u64>,
    trace: Trace,
    fuel: u64,
    pc: usize,
}

/// Runs the code of a function.
pub(crate) fn run(code: &VCode, emitted: &Code) -> Trace {
    let mut machine = Machine {
        words: &emitted.words,
        regs: vec![0; usize::from(emitted.frame) + 1],
        trace: Trace::default(),
        fuel: 0,
        pc: 0,
    };
    for (slot, value) in inputs(code).into_iter().enumerate() {
        machine.regs[slot] = value;
    }
    for _ in 0..20_000 {
        if !machine.instruction(emitted) {
            machine.trace.fuel = Some(machine.fuel);
            break;
        }
    }
    machine.trace
}

impl Machine<'_> {
    /// Takes a label: debits the block that it leads to, and goes on behind its fuel.
    fn branch(&mut self, label: i64) {
        self.pc = (self.pc as i64 + label) as usize;
        let Decoded { op, fields, .. } = decode(self.words, self.pc);
        assert_eq!(op, Op::Fuel, "a label leads elsewhere");
        self.fuel += fields[0] as u64;
        self.pc += usize::from(Op::Fuel.info().words);
    }

    /// The last of the instructions that a pair was made of; the others, which only go on to the next, are carried out.
    fn last_part(&mut self, op: Op, fields: Vec<i64>) -> (Op, Vec<i64>) {
        let Some((last, before)) = pairs::parts(op, &fields).and_then(|mut parts| {
            let last = parts.pop()?;
            Some((last, parts))
        }) else {
            return (op, fields);
        };
        for (op, fields) in before {
            step(op, &fields, &mut self.regs, &mut self.trace);
        }
        last
    }

    /// False if the function is left.
    fn instruction(&mut self, emitted: &Code) -> bool {
        let Decoded { op, fields, words } = decode(self.words, self.pc);
        let next = self.pc + words;
        let (op, mut fields) = self.last_part(op, fields);
        match op.info().control {
            Control::Enter => self.fuel += fields[1] as u64,
            Control::Fuel => self.fuel += fields[0] as u64,
            Control::Branch => {
                self.branch(fields[0]);
                return true;
            }
            Control::Table => {
                let index = self.regs[fields[0] as usize] as u32 as usize;
                let way = index % (fields[1] as usize + 1);
                self.branch(table_labels(self.words, self.pc)[way]);
                return true;
            }
            Control::Call | Control::TailCall => return self.call(emitted, op, &fields, next),
            Control::Return => {
                let span = if op == Op::Ret {
                    0..0
                } else if op == Op::Ret1 {
                    fields[0]..fields[0] + 1
                } else {
                    fields[0]..fields[0] + fields[1]
                };
                let values = span.map(|slot| self.regs[slot as usize]);
                self.trace.events.push(digest(values));
                return false;
            }
            Control::CondBranch => {
                let label = op.info().fields.len() - 1;
                if step(op, &fields, &mut self.regs, &mut self.trace) {
                    self.branch(fields[label]);
                    return true;
                }
                assert_eq!(
                    decode(self.words, next).op,
                    Op::Fuel,
                    "no fuel word after {op:?}"
                );
            }
            Control::Next if op == Op::RefClear => {
                // Nothing may rely on what is there before, nor on the zeros.
                let span = fields[0] as usize..(fields[0] + fields[1]) as usize;
                self.regs[span].fill(0xbeef);
            }
            Control::Next if op == Op::FuelMore => self.fuel += fields[0] as u64,
            Control::Next => {
                if op == Op::ConstPool {
                    fields[1] = emitted.pool[fields[1] as usize] as i64;
                }
                step(op, &fields, &mut self.regs, &mut self.trace);
            }
            Control::Throw => {
                let (base, count) = (fields[0] as usize, fields[1] as usize);
                let exception = digest(self.regs[base..base + count].iter().copied());
                self.trace.events.push(exception);
                assert!(self.catch(emitted, next - 1, base, exception));
                return true;
            }
            Control::Trap | Control::Stub => panic!("executed {op:?}"),
        }
        self.pc = next;
        true
    }

    /// Goes on at the handler for an exception from the site at a word, if there is one.
    fn catch(&mut self, emitted: &Code, site: usize, base: usize, exception: u64) -> bool {
        let is_at = |row: &&Handler| (row.first..=row.last).contains(&(site as u32));
        let Some(row) = emitted.handlers.iter().find(is_at) else {
            return false;
        };
        self.regs[base - 1..].fill(0xdead);
        for i in 0..row.clause.tag.expect("a tag") as usize {
            self.regs[base + i] = thrown(exception, i);
        }
        self.pc = row.block as usize;
        true
    }

    fn call(&mut self, emitted: &Code, op: Op, fields: &[i64], next: usize) -> bool {
        let base = fields[0] as usize;
        let others = op
            .info()
            .fields
            .iter()
            .rposition(|it| it.role != Role::Wide);
        let signature = fields[others.expect("a callee")] as usize;
        let target = if op == Op::CallIndirect {
            self.regs[fields[2] as usize]
        } else {
            0
        };
        let args = self.regs[base..base + signature % 16].iter().copied();
        let call = digest(args.chain([target]));
        self.trace.events.push(call);
        let site = next - 1;
        let tail = op == Op::ReturnCall;
        if !tail && throws(call) && self.catch(emitted, site, base, call) {
            return true;
        }
        // The return word and the callee's frame.
        self.regs[base - 1..].fill(0xdead);
        let results = op
            .info()
            .fields
            .iter()
            .position(|it| it.role == Role::Results);
        if let Some(field) = results {
            for i in 0..signature / 16 {
                self.regs[fields[field] as usize + i] = result(call, i);
            }
        }
        self.pc = next;
        op != Op::ReturnCall
    }
}
