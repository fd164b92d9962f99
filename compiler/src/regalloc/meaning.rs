//! What random selected code means: tests run it before and after allocation and emission.
//!
//! [`step`] works on numbered registers, so that the same function runs virtual registers and frame slots. Operators compute
//! scrambled numbers of their operands; only moves and branches mean what they say.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "operators that have no meaning of their own are scrambled alike"
)]

use wrt_format::isa::Op;

use crate::lower::vcode::VCode;

/// Scrambles a number.
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// One number for a list of them.
pub(crate) fn digest(values: impl IntoIterator<Item = u64>) -> u64 {
    values
        .into_iter()
        .fold(7, |sum, value| mix(sum ^ value).wrapping_mul(3))
}

/// What a run does that can be seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// Calls, effects, and results.
    pub(crate) events: Vec<u64>,
    /// Fuel, if the run came to its end.
    pub(crate) fuel: Option<u64>,
}

impl Trace {
    /// The trace of a run that has come to its end.
    fn after(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// Whether two runs may be of the same program, one of them perhaps cut short.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let shared = self.events.len().min(other.events.len());
        let whole = self.fuel.is_none() || other.fuel.is_none() || self == other;
        whole && self.events[..shared] == other.events[..shared]
    }
}

/// Executes an instruction that is no call, return or unconditional branch: registers are numbered by its operands. For a conditional
/// branch, whether it is taken.
pub(crate) fn step(op: Op, fields: &[i64], regs: &mut [u64], trace: &mut Trace) -> bool {
    let at = |i: usize| fields[i] as usize;
    let int = |regs: &[u64], i: usize| regs[at(i)] as i32;
    match op {
        Op::Mov => regs[at(0)] = regs[at(1)],
        Op::Mov2 => {
            regs[at(0)] = regs[at(1)];
            regs[at(2)] = regs[at(3)];
        }
        Op::BrNz => return int(regs, 0) % 2 != 0,
        Op::BrZ => return int(regs, 0) % 2 == 0,
        Op::BrI32LtS => return int(regs, 0) < int(regs, 1),
        Op::BrI32LeS => return int(regs, 0) <= int(regs, 1),
        Op::BrI32LtUImm => return regs[at(0)] % 32 < fields[1] as u64,
        Op::BrI32GeUImm => return regs[at(0)] % 32 >= fields[1] as u64,
        Op::BrI32AddLtS => {
            regs[at(0)] = mix(regs[at(1)].wrapping_add(fields[3] as u64));
            return int(regs, 0) < int(regs, 2);
        }
        Op::BrI32AddNz => {
            regs[at(0)] = mix(regs[at(1)].wrapping_add(fields[2] as u64));
            return int(regs, 0) % 4 != 0;
        }
        _ => {
            // Emission chooses the shortest form.
            let known = if op == Op::ConstU16 { Op::ConstU32 } else { op };
            let mut inputs = vec![known as u64];
            let (mut defs, mut mods) = (Vec::new(), Vec::new());
            for (field, &value) in op.info().fields.iter().zip(fields) {
                match field.role {
                    role if role.is_def() => defs.push(value as usize),
                    role if role.is_use() => inputs.push(regs[value as usize]),
                    role if role.is_mod() => {
                        inputs.push(regs[value as usize]);
                        mods.push(value as usize);
                    }
                    _ => inputs.push(value as u64),
                }
            }
            let sum = digest(inputs);
            if defs.is_empty() {
                trace.events.push(sum);
            }
            for reg in mods {
                regs[reg] = !regs[reg];
            }
            for reg in defs {
                regs[reg] = sum;
            }
        }
    }
    false
}

/// Arguments that the function is run with.
pub(crate) fn inputs(code: &VCode) -> Vec<u64> {
    (0..code.param_count)
        .map(|i| digest([u64::from(i), 99]))
        .collect()
}

/// Result `i` of a call.
pub(crate) fn result(call: u64, i: usize) -> u64 {
    digest([call, i as u64])
}

/// Whether a call throws instead of returning.
pub(crate) fn throws(call: u64) -> bool {
    mix(call).is_multiple_of(3)
}

/// Value `i` of the exception that comes out of a call.
pub(crate) fn thrown(call: u64, i: usize) -> u64 {
    digest([call, 1000 + i as u64])
}

/// Runs selected code on its virtual registers.
pub(crate) fn run(code: &VCode) -> Trace {
    let mut trace = Trace::default();
    let mut regs = vec![0; code.vreg_count as usize];
    for (param, value) in code.blocks[0].params.iter().zip(inputs(code)) {
        regs[param.0 as usize] = value;
    }
    let (mut at, mut fuel, mut exception) = (0, 0, 0);
    for _ in 0..500 {
        let block = &code.blocks[at];
        fuel += u64::from(block.cost);
        let mut way = 0;
        for (i, caught) in block.caught.iter().enumerate() {
            regs[caught.0 as usize] = thrown(exception, i);
        }
        for (i, inst) in block.insts.iter().enumerate() {
            let tried = i + 1 == block.insts.len() && !block.clauses.is_empty();
            let args = inst.args.iter().map(|it| regs[it.0 as usize]);
            match inst.op {
                Op::Throw => {
                    (exception, way) = (digest(args), 0);
                    trace.events.push(exception);
                }
                Op::Call | Op::CallImport | Op::CallIndirect | Op::ReturnCall => {
                    let target = if inst.op == Op::CallIndirect {
                        regs[inst.fields[2] as usize]
                    } else {
                        0
                    };
                    let call = digest(args.chain([target]));
                    trace.events.push(call);
                    way = usize::from(tried && throws(call));
                    if way == 1 {
                        exception = call;
                        continue;
                    }
                    (inst.results.iter().enumerate())
                        .for_each(|(i, it)| regs[it.0 as usize] = result(call, i));
                    if inst.op == Op::ReturnCall {
                        return trace.after(fuel);
                    }
                }
                Op::Ret | Op::Ret1 | Op::RetN => {
                    let single = (inst.op == Op::Ret1).then(|| regs[inst.fields[0] as usize]);
                    trace.events.push(digest(args.chain(single)));
                    return trace.after(fuel);
                }
                Op::Br => {}
                Op::BrTable => {
                    let index = regs[inst.fields[0] as usize] as u32 as usize;
                    way = index % block.succs.len();
                }
                op => {
                    let mut fields = inst.fields;
                    if op == Op::ConstPool {
                        fields[1] = code.pool[fields[1] as usize] as i64;
                    }
                    let taken = step(op, &fields, &mut regs, &mut trace);
                    way = usize::from(block.succs.len() == 2 && !taken);
                }
            }
        }
        let edge = &block.succs[way];
        let args: Vec<u64> = edge.args.iter().map(|it| regs[it.0 as usize]).collect();
        at = edge.block as usize;
        for (param, value) in code.blocks[at].params.iter().zip(args) {
            regs[param.0 as usize] = value;
        }
    }
    trace
}
