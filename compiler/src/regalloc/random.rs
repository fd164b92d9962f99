//! Random selected code for tests.
//!
//! The code is structured like what selection makes: conditionals, loops, branch tables, calls, merges with parameters. What it means
//! is in [`super::meaning`].

use wrt_format::image::Clause;
use wrt_format::isa::Op;

use super::meaning::mix;
use crate::lower::vcode::{VBlock, VCode, VEdge, VInst, VReg};

/// The type of what the code allocates; types below are of functions.
pub(crate) const STRUCT: i64 = 64;

/// A small generator of pseudo-random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Makes a function of about `size` statements.
pub(crate) fn generate(seed: u64, size: usize) -> VCode {
    let mut rng = Rng(seed);
    let (params, results) = (rng.below(6), rng.below(4));
    let mut gen_ = Gen {
        rng,
        blocks: vec![VBlock {
            cost: 1,
            ..VBlock::default()
        }],
        is_ref: Vec::new(),
        values: Vec::new(),
        refs: Vec::new(),
        depth: 0,
        results,
        left: size,
        nesting: 0,
    };
    for _ in 0..params {
        let is_ref = gen_.rng.chance(20);
        let param = gen_.fresh(is_ref);
        gen_.blocks[0].params.push(param);
        gen_.scope(param);
    }
    if gen_.statements() {
        gen_.ret();
    }
    VCode {
        func_idx: 3,
        blocks: gen_.blocks,
        vreg_count: gen_.is_ref.len() as u32,
        is_wide: vec![false; gen_.is_ref.len()],
        home_of: Vec::new(),
        is_ref: gen_.is_ref,
        home_slots: 0,
        pool: vec![0x1234_5678_9abc_def0, u64::MAX / 3],
        param_count: params as u32,
        result_count: results as u32,
    }
}

struct Gen {
    rng: Rng,
    blocks: Vec<VBlock>,
    is_ref: Vec<bool>,
    values: Vec<VReg>,
    refs: Vec<VReg>,
    depth: u32,
    results: usize,
    left: usize,
    nesting: usize,
}

impl Gen {
    fn fresh(&mut self, is_ref: bool) -> VReg {
        self.is_ref.push(is_ref);
        VReg(self.is_ref.len() as u32 - 1)
    }

    fn scope(&mut self, vreg: VReg) {
        if self.is_ref[vreg.0 as usize] {
            self.refs.push(vreg);
        } else {
            self.values.push(vreg);
        }
    }

    fn current(&mut self) -> &mut VBlock {
        self.blocks.last_mut().expect("a block")
    }

    fn here(&self) -> u32 {
        self.blocks.len() as u32 - 1
    }

    fn block(&mut self, cost: u32) -> u32 {
        let loop_depth = self.depth;
        self.blocks.push(VBlock {
            cost,
            loop_depth,
            ..VBlock::default()
        });
        self.here()
    }

    fn push(&mut self, op: Op, fields: &[i64]) -> &mut VInst {
        let mut all = [0; 6];
        all[..fields.len()].copy_from_slice(fields);
        let block = self.current();
        block.insts.push(VInst {
            op,
            fields: all,
            args: Vec::new(),
            results: Vec::new(),
            offset: 100 + block.insts.len() as u32,
        });
        block.insts.last_mut().expect("an instruction")
    }

    fn value(&mut self) -> VReg {
        if self.values.is_empty() {
            let dst = self.fresh(false);
            let imm = self.rng.below(1000) as i64;
            self.push(Op::ConstU32, &[dst.0.into(), imm]);
            self.values.push(dst);
        }
        // Mostly recent values, so that ranges are of all lengths.
        let recent = self.values.len().min(4);
        let at = if self.rng.chance(60) {
            self.values.len() - 1 - self.rng.below(recent)
        } else {
            self.rng.below(self.values.len())
        };
        self.values[at]
    }

    fn reference(&mut self) -> VReg {
        if self.refs.is_empty() {
            let dst = self.fresh(true);
            self.push(Op::RefFunc, &[dst.0.into(), 1]);
            self.refs.push(dst);
        }
        let at = self.rng.below(self.refs.len());
        self.refs[at]
    }

    fn any(&mut self, is_ref: bool) -> VReg {
        if is_ref {
            self.reference()
        } else {
            self.value()
        }
    }

    /// False if control does not reach the end.
    fn statements(&mut self) -> bool {
        let count = 1 + self.rng.below(6);
        for _ in 0..count {
            if self.left == 0 {
                return true;
            }
            self.left -= 1;
            let kind = self.rng.below(100);
            let nested = self.nesting < 6 && kind >= 78;
            self.nesting += usize::from(nested);
            let goes_on = match kind {
                78..88 if nested => self.conditional(),
                88..95 if nested => self.looping(),
                95..100 if nested => self.table(),
                60..74 => self.call(),
                74..78 if self.nesting < 6 => self.tried(),
                74..78 => self.call(),
                _ => {
                    self.simple();
                    true
                }
            };
            self.nesting -= usize::from(nested);
            if !goes_on {
                return false;
            }
            if self.nesting > 0 && self.rng.chance(2) {
                self.ret();
                return false;
            }
        }
        true
    }

    fn simple(&mut self) {
        let (a, b, c) = (self.value(), self.value(), self.value());
        let [a, b, c] = [a, b, c].map(|it| i64::from(it.0));
        let is_ref = self.rng.chance(15);
        let reference = i64::from(self.reference().0);
        let dst = self.fresh(is_ref);
        let d = i64::from(dst.0);
        if is_ref && self.rng.chance(50) {
            self.push(Op::StructNew, &[d, STRUCT]);
        } else if is_ref {
            self.push(Op::TableGet, &[d, a, 0]);
        } else {
            match self.rng.below(12) {
                0 => self.push(Op::ConstU32, &[d, 77]),
                1 => self.push(Op::ConstPool, &[d, 1]),
                2 | 3 => self.push(Op::Mov, &[d, a]),
                4 => self.push(Op::Select, &[d, a, b, c]),
                5 => self.push(Op::I32AddImm, &[d, a, -5]),
                6 => self.push(Op::TableGrow, &[d, a, reference, 0]),
                7 => return self.fill(a, b, c, dst),
                8 => {
                    let other = self.fresh(false);
                    self.values.push(other);
                    self.push(Op::Mov2, &[d, a, other.0.into(), b])
                }
                9 => {
                    self.push(Op::GlobalSet, &[a, 0]);
                    self.push(Op::I32AddImm, &[d, a, 1])
                }
                10 => {
                    self.push(Op::TableSet, &[a, reference, 0]);
                    self.push(Op::I64ExtendI32U, &[d, a])
                }
                _ => self.push(Op::I32Add, &[d, a, b]),
            };
        }
        self.scope(dst);
    }

    /// An instruction that advances its operands, which therefore are copies.
    fn fill(&mut self, to: i64, value: i64, n: i64, dst: VReg) {
        let copies = [self.fresh(false), self.fresh(false)].map(|it| i64::from(it.0));
        self.push(Op::Mov, &[copies[0], to]);
        self.push(Op::Mov, &[copies[1], n]);
        self.push(Op::MemoryFill, &[copies[0], value, copies[1], 0]);
        self.push(Op::I64ExtendI32U, &[dst.0.into(), value]);
        self.values.push(dst);
    }

    /// A call that is no tail call.
    fn plain_call(&mut self) {
        let nesting = core::mem::take(&mut self.nesting);
        self.call();
        self.nesting = nesting;
    }

    /// A call; what it takes and gives is in the number of its function or type.
    fn call(&mut self) -> bool {
        let (args, results) = (self.rng.below(5), [0, 1, 1, 1, 2, 3][self.rng.below(6)]);
        let args: Vec<VReg> = (0..args)
            .map(|_| {
                if self.rng.chance(40) {
                    self.simple();
                }
                let is_ref = self.rng.chance(10);
                self.any(is_ref)
            })
            .collect();
        let results: Vec<VReg> = (0..results)
            .map(|_| {
                let is_ref = self.rng.chance(10);
                self.fresh(is_ref)
            })
            .collect();
        let index = i64::from(self.value().0);
        let signature = (args.len() + 16 * results.len()) as i64;
        let returned = (args.len() + 16 * self.results) as i64;
        let kind = self.rng.below(20);
        let inst = match kind {
            0 if self.nesting > 0 => self.push(Op::ReturnCall, &[0, returned]),
            0..4 => self.push(Op::CallIndirect, &[0, 0, index, 0, signature]),
            4..8 => self.push(Op::CallImport, &[0, 0, signature]),
            _ => self.push(Op::Call, &[0, 0, signature]),
        };
        let tail = inst.op == Op::ReturnCall;
        inst.args = args;
        if !tail {
            inst.results.clone_from(&results);
            results.into_iter().for_each(|it| self.scope(it));
        }
        self.current().cost += 1;
        !tail
    }

    fn ret(&mut self) {
        let values: Vec<VReg> = (0..self.results).map(|_| self.value()).collect();
        match values[..] {
            [] => self.push(Op::Ret, &[]),
            [value] => self.push(Op::Ret1, &[value.0.into()]),
            _ => self.push(Op::RetN, &[]),
        };
        if values.len() > 1
            && let Some(inst) = self.current().insts.last_mut()
        {
            inst.args = values;
        }
    }

    /// Ends the block with a branch on some condition; the targets are filled in by the caller, but for the next block.
    fn branch(&mut self) -> u32 {
        let (a, b) = (self.value(), self.value());
        let [a, b] = [a, b].map(|it| i64::from(it.0));
        let dst = self.fresh(false);
        let d = i64::from(dst.0);
        match self.rng.below(6) {
            0 => self.push(Op::BrNz, &[a, 0]),
            1 => self.push(Op::BrZ, &[a, 0]),
            2 => self.push(Op::BrI32LtS, &[a, b, 0]),
            3 => self.push(Op::BrI32LtUImm, &[a, 17, 0]),
            4 => {
                self.values.push(dst);
                self.push(Op::BrI32AddLtS, &[d, a, b, 3, 0])
            }
            _ => {
                self.values.push(dst);
                self.push(Op::BrI32AddNz, &[d, a, 1, 0])
            }
        };
        let next = self.here() + 1;
        let to = |block| VEdge {
            block,
            args: Vec::new(),
        };
        self.current().succs = vec![to(0), to(next)];
        self.here()
    }

    /// Types of random parameters.
    fn types(&mut self) -> Vec<bool> {
        let count = self.rng.below(4);
        (0..count).map(|_| self.rng.chance(20)).collect()
    }

    fn args(&mut self, types: &[bool]) -> Vec<VReg> {
        types.iter().map(|&is_ref| self.any(is_ref)).collect()
    }

    fn params(&mut self, block: u32, types: &[bool]) {
        for &is_ref in types {
            let param = self.fresh(is_ref);
            self.blocks[block as usize].params.push(param);
            self.scope(param);
        }
    }

    /// Goes on to a block, by falling into it if `falls`.
    fn go(&mut self, from: u32, to: u32, args: Vec<VReg>, falls: bool) {
        let block = &mut self.blocks[from as usize];
        block.succs.push(VEdge { block: to, args });
        if !falls {
            block.insts.push(VInst {
                op: Op::Br,
                fields: [0; 6],
                args: Vec::new(),
                results: Vec::new(),
                offset: 0,
            });
        }
    }

    fn cost(&mut self) -> u32 {
        [0, 0, 1, 2, 5][self.rng.below(5)]
    }

    /// A block with its statements. The edge with its arguments to the merge, if its end is reached.
    fn arm(
        &mut self,
        cost: u32,
        params: &[bool],
        merge: &[bool],
    ) -> (u32, Option<(u32, Vec<VReg>)>) {
        let scopes = (self.values.len(), self.refs.len());
        let block = self.block(cost);
        self.params(block, params);
        let goes_on = self.rng.chance(15) || self.statements();
        let end = goes_on.then(|| {
            let args = self.args(merge);
            (self.here(), args)
        });
        self.values.truncate(scopes.0);
        self.refs.truncate(scopes.1);
        (block, end)
    }

    fn merge(&mut self, ends: Vec<Option<(u32, Vec<VReg>)>>, types: &[bool]) -> bool {
        let ends: Vec<_> = ends.into_iter().flatten().collect();
        if ends.is_empty() {
            return false;
        }
        let cost = self.cost();
        let before = self.here();
        let merge = self.block(cost);
        for (from, args) in ends {
            let falls = from == before && self.rng.chance(50);
            self.go(from, merge, args, falls);
        }
        self.params(merge, types);
        true
    }

    /// Calls whose exceptions go to one handler, the last of them perhaps a throw; then statements of which that is not so.
    fn tried(&mut self) -> bool {
        self.nesting += 1;
        let (merge, types) = (self.types(), self.types());
        let caught = self.rng.below(4);
        let scopes = (self.values.len(), self.refs.len());
        let count = 1 + self.rng.below(3);
        let mut sites = Vec::new();
        let mut throws = false;
        for i in 0..count {
            let args = self.args(&types);
            let from = self.here();
            throws = i + 1 == count && self.rng.chance(20);
            if throws {
                let values = (0..caught).map(|_| self.value()).collect();
                self.push(Op::Throw, &[0, caught as i64]).args = values;
                self.current().cost += 1;
            } else {
                self.plain_call();
                let next = self.block(0);
                let edge = VEdge {
                    block: next,
                    args: Vec::new(),
                };
                self.blocks[from as usize].succs.push(edge);
            }
            sites.push((self.here().min(from), args));
        }
        let goes_on = !throws && (self.rng.chance(15) || self.statements());
        let end = goes_on.then(|| {
            let args = self.args(&merge);
            (self.here(), args)
        });
        self.values.truncate(scopes.0);
        self.refs.truncate(scopes.1);
        let handler = self.block(1);
        self.params(handler, &types);
        for _ in 0..caught {
            let value = self.fresh(false);
            self.blocks[handler as usize].caught.push(value);
            self.values.push(value);
        }
        let goes_on = self.rng.chance(15) || self.statements();
        let handled = goes_on.then(|| {
            let args = self.args(&merge);
            (self.here(), args)
        });
        self.values.truncate(scopes.0);
        self.refs.truncate(scopes.1);
        self.catch(sites, handler, caught as u32);
        self.nesting -= 1;
        self.merge(vec![end, handled], &merge)
    }

    /// Leads exceptions of calls to a handler, through pads if there are several.
    fn catch(&mut self, sites: Vec<(u32, Vec<VReg>)>, handler: u32, caught: u32) {
        let direct = sites.len() == 1 && self.rng.chance(50);
        for (from, args) in sites {
            let edge = if direct {
                VEdge {
                    block: handler,
                    args,
                }
            } else {
                let pad = self.block(0);
                self.go(pad, handler, args, false);
                VEdge {
                    block: pad,
                    args: Vec::new(),
                }
            };
            let block = &mut self.blocks[from as usize];
            block.succs.push(edge);
            block.clauses.push(Clause {
                tag: Some(caught),
                with_ref: false,
            });
        }
    }

    fn conditional(&mut self) -> bool {
        let (merge, first, second) = (self.types(), self.types(), self.types());
        let (to_first, to_second) = (self.args(&first), self.args(&second));
        self.current().cost += 1;
        let from = self.branch() as usize;
        let cost = self.cost();
        let (_, end) = self.arm(cost, &first, &merge);
        self.blocks[from].succs[1].args = to_first;
        let (other, other_end) = self.arm(cost, &second, &merge);
        self.blocks[from].succs[0] = VEdge {
            block: other,
            args: to_second,
        };
        self.merge(vec![end, other_end], &merge)
    }

    fn table(&mut self) -> bool {
        let merge = self.types();
        let index = self.value();
        let count = 1 + self.rng.below(4);
        let types: Vec<Vec<bool>> = (0..count).map(|_| self.types()).collect();
        let edges: Vec<Vec<VReg>> = types.iter().map(|it| self.args(it)).collect();
        self.current().cost += 1;
        self.push(Op::BrTable, &[index.0.into(), count as i64 - 1]);
        let from = self.here() as usize;
        let mut ends = Vec::new();
        for (types, args) in types.iter().zip(edges) {
            let (block, end) = self.arm(0, types, &merge);
            self.blocks[from].succs.push(VEdge { block, args });
            ends.push(end);
        }
        if self.rng.chance(30) {
            // The same target twice.
            let again = self.blocks[from].succs[0].clone();
            self.blocks[from].succs.push(again);
        }
        self.merge(ends, &merge)
    }

    fn looping(&mut self) -> bool {
        let types = self.types();
        let args = self.args(&types);
        let before = self.here();
        self.depth += 1;
        // A loop that starts with another loop costs nothing at its start.
        let cost = self.rng.below(2) as u32;
        let header = self.block(cost);
        let falls = self.rng.chance(50);
        self.go(before, header, args, falls);
        self.params(header, &types);
        let scopes = (self.values.len(), self.refs.len());
        if !self.statements() {
            self.depth -= 1;
            return false;
        }
        let args = self.args(&types);
        self.current().cost += 1;
        let end = self.branch() as usize;
        if types.is_empty() && self.rng.chance(50) {
            self.depth -= 1;
            self.block(0);
            self.blocks[end].succs[0].block = header;
        } else if self.rng.chance(50) {
            // Falls into the block that goes back.
            let back = self.block(0);
            self.go(back, header, args, false);
            self.depth -= 1;
            let exit = self.block(0);
            self.blocks[end].succs[0].block = exit;
        } else {
            self.depth -= 1;
            let exit = self.block(0);
            self.depth += 1;
            let back = self.block(0);
            self.go(back, header, args, false);
            self.depth -= 1;
            let after = self.block(0);
            self.go(exit, after, Vec::new(), false);
            self.blocks[end].succs[0].block = back;
        }
        // What the body defines is defined behind it too; older values are read more often.
        let keep = self.rng.below(3);
        self.values.truncate(scopes.0 + keep);
        self.refs.truncate(scopes.1);
        true
    }
}
