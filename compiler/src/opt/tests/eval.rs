//! An evaluator for the IR, for tests: what a function returns, and all that can be seen from outside on the way there, the fuel at
//! each point included.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the evaluator knows what the tests use, and says so if there is more"
)]

use crate::ir::{Block, BlockData, Edge, Func, Inst, LoadOp, Terminator, Type, Value};
use crate::opt::fold;
use wrt_format::trap::Trap;

/// Bytes of every memory.
pub(super) const MEMORY: usize = 256;
/// Blocks entered before a run is given up.
const LIMIT: u64 = 2_000;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Return(Vec<u64>),
    Trap(Trap),
    /// An exception of this tag, with these values.
    Throw(u32, Vec<u64>),
    /// Too long to tell.
    Limit,
}

/// All that can be seen of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) end: End,
    pub(super) fuel: u64,
    /// Function, arguments, and fuel at each call.
    pub(super) calls: Vec<(u32, Vec<u64>, u64)>,
    pub(super) memory: Vec<u8>,
    pub(super) globals: Vec<u64>,
}

/// An exception.
struct Thrown {
    tag: u32,
    values: Vec<u64>,
    /// Whether the handlers of the block's terminator are for it.
    tried: bool,
}

struct Machine<'a> {
    func: &'a Func,
    values: Vec<Option<u64>>,
    /// The values of the exception that has been caught.
    caught: Vec<u64>,
    run: Run,
}

/// Runs `func` on these arguments.
pub(super) fn run(func: &Func, args: &[u64]) -> Run {
    let mut machine = Machine {
        func,
        values: vec![None; func.values.len()],
        caught: Vec::new(),
        run: Run {
            end: End::Limit,
            fuel: 0,
            calls: Vec::new(),
            memory: (0..MEMORY).map(|i| (i * 37) as u8).collect(),
            globals: vec![5, 7],
        },
    };
    machine.run.end = machine.blocks(args).unwrap_or_else(End::Trap);
    machine.run
}

impl Machine<'_> {
    fn blocks(&mut self, args: &[u64]) -> Result<End, Trap> {
        let mut block = Func::ENTRY;
        let mut args = args.to_vec();
        for _ in 0..LIMIT {
            let data = self.func.block(block);
            assert_eq!(data.params.len(), args.len());
            for (&param, &arg) in data.params.iter().zip(&args) {
                self.set(param, arg);
            }
            self.run.fuel += u64::from(data.cost);
            let edge = match self.insts(data)? {
                Some(Thrown { tag, values, tried }) => {
                    let clause = |edge: &Edge| self.func.clause(edge.block).expect("a handler");
                    let fits = |edge: &&Edge| clause(edge).tag.is_none_or(|own| own == tag);
                    let mut handlers = data.terminator.handlers().iter().filter(|_| tried);
                    let Some(edge) = handlers.find(fits) else {
                        return Ok(End::Throw(tag, values));
                    };
                    self.caught = values;
                    edge
                }
                None => match self.next(&data.terminator)? {
                    Ok(edge) => edge,
                    Err(values) => return Ok(End::Return(values)),
                },
            };
            args = edge.args.iter().map(|&value| self.get(value)).collect();
            block = Block(edge.block.0);
        }
        Ok(End::Limit)
    }

    /// Runs a block's instructions; what is thrown.
    fn insts(&mut self, data: &BlockData) -> Result<Option<Thrown>, Trap> {
        for idx in &data.insts {
            let inst = &self.func.insts[idx.index()];
            if let Inst::Caught(clause) = inst.inst {
                let values = core::mem::take(&mut self.caught);
                if clause.tag.is_some() {
                    let pairs = inst.results.iter().zip(values);
                    pairs.for_each(|(&result, bits)| self.set(result, bits));
                }
                continue;
            }
            let result = self.inst(&inst.inst, inst.results.first().copied())?;
            if let (Some(&value), Some(bits)) = (inst.results.first(), result) {
                self.set(value, bits);
            }
            // A call with such a result throws instead.
            if let (Inst::Call { .. }, Some(bits)) = (&inst.inst, result)
                && bits % 4 == 1
            {
                let last = data.insts.last() == Some(idx);
                let tried = matches!(data.terminator, Terminator::Try { .. });
                return Ok(Some(Thrown {
                    tag: 0,
                    values: vec![bits],
                    tried: last && tried,
                }));
            }
        }
        let Terminator::Throw { tag, args, .. } = &data.terminator else {
            return Ok(None);
        };
        Ok(Some(Thrown {
            tag: *tag,
            values: args.iter().map(|&value| self.get(value)).collect(),
            tried: true,
        }))
    }

    /// The edge to take, or the results of the function.
    fn next<'b>(&self, terminator: &'b Terminator) -> Result<Result<&'b Edge, Vec<u64>>, Trap> {
        Ok(Ok(match terminator {
            Terminator::Br(edge) => edge,
            Terminator::Try { normal, .. } => normal,
            Terminator::BrIf {
                cond,
                then,
                otherwise,
            } => [otherwise, then][usize::from(self.get(*cond) != 0)],
            Terminator::BrTable {
                index,
                targets,
                default,
            } => targets.get(self.get(*index) as usize).unwrap_or(default),
            Terminator::Return(values) => {
                return Ok(Err(values.iter().map(|&v| self.get(v)).collect()));
            }
            Terminator::Trap(trap) => return Err(*trap),
            other => panic!("not for this evaluator: {other:?}"),
        }))
    }

    fn get(&self, value: Value) -> u64 {
        self.values[self.func.resolve(value).index()]
            .unwrap_or_else(|| panic!("{value} is not defined:\n{}", self.func))
    }

    fn set(&mut self, value: Value, bits: u64) {
        if matches!(self.func.ty(value), Type::I32 | Type::F32) {
            assert!(bits >> 32 == 0, "{value} is not zero-extended");
        }
        self.values[value.index()] = Some(bits);
    }

    fn place(&self, addr: Value, offset: u32, bytes: u32) -> Result<core::ops::Range<usize>, Trap> {
        let from = self.get(addr) + u64::from(offset);
        let to = from + u64::from(bytes);
        if to > MEMORY as u64 {
            return Err(Trap::MemoryOutOfBounds);
        }
        Ok(from as usize..to as usize)
    }

    fn inst(&mut self, inst: &Inst, result: Option<Value>) -> Result<Option<u64>, Trap> {
        Ok(match inst {
            Inst::Const(bits) => Some(*bits),
            Inst::Unary(op, a) => match fold::unary(*op, self.get(*a)) {
                None if op.can_trap() => return Err(Trap::InvalidConversionToInteger),
                None => Some(self.nan(result)),
                bits => bits,
            },
            Inst::Binary(op, a, b) => match fold::binary(*op, self.get(*a), self.get(*b)) {
                None if op.can_trap() => {
                    return Err(match self.get(*b) {
                        0 => Trap::IntegerDivideByZero,
                        _ => Trap::IntegerOverflow,
                    });
                }
                None => Some(self.nan(result)),
                bits => bits,
            },
            Inst::Select {
                cond,
                then,
                otherwise,
            } => Some(self.get(if self.get(*cond) != 0 {
                *then
            } else {
                *otherwise
            })),
            Inst::GlobalGet(global) => Some(self.run.globals[*global as usize]),
            Inst::GlobalSet(global, value) => {
                self.run.globals[*global as usize] = self.get(*value);
                None
            }
            Inst::Load {
                op, addr, offset, ..
            } => Some(self.load(*op, *addr, *offset)?),
            Inst::Store {
                op,
                addr,
                offset,
                value,
                ..
            } => {
                let place = self.place(*addr, *offset, op.bytes())?;
                let bytes = self.get(*value).to_le_bytes();
                self.run.memory[place].copy_from_slice(&bytes[..op.bytes() as usize]);
                None
            }
            Inst::Call { func, args } => {
                let args: Vec<u64> = args.iter().map(|&arg| self.get(arg)).collect();
                let hash = args.iter().fold(17u64, |h, a| h.wrapping_mul(31) ^ a);
                self.run.calls.push((*func, args, self.run.fuel));
                // The callee changes what it can reach.
                self.run.memory[(hash % 64) as usize] ^= 0x55;
                self.run.globals[0] = hash & 0xff;
                result.map(|_| hash & 0xffff)
            }
            other => panic!("not for this evaluator: {other:?}"),
        })
    }

    /// The NaN that arithmetic gives on this machine.
    fn nan(&self, result: Option<Value>) -> u64 {
        match result.map(|value| self.func.ty(value)) {
            Some(Type::F32) => 0xffc0_0000,
            _ => 0xfff8 << 48,
        }
    }

    fn load(&self, op: LoadOp, addr: Value, offset: u32) -> Result<u64, Trap> {
        let place = self.place(addr, offset, op.bytes())?;
        let mut bytes = [0; 8];
        bytes[..place.len()].copy_from_slice(&self.run.memory[place]);
        let raw = u64::from_le_bytes(bytes);
        Ok(match op {
            LoadOp::I32Load8S => u64::from(i32::from(raw as i8) as u32),
            LoadOp::I32Load16S => u64::from(i32::from(raw as i16) as u32),
            LoadOp::I64Load8S => i64::from(raw as i8) as u64,
            LoadOp::I64Load16S => i64::from(raw as i16) as u64,
            LoadOp::I64Load32S => i64::from(raw as i32) as u64,
            _ => raw,
        })
    }
}
