//! The SSA form of one function: blocks with parameters, values defined once, cost carried by blocks.
//!
//! Invariants, held by [`super::check()`]:
//! - a value is defined once, by an instruction, as a block parameter, and every use is dominated by its definition;
//! - the arguments of an edge match the parameters of its target in number and type;
//! - the entry block has no predecessors and its parameters are the function's parameters;
//! - [`BlockData::cost`] is the number of fuel-bearing Wasm operators that the block stands for. Passes may merge blocks (costs add) and
//!   delete unreachable ones; along every path the sum stays what the Wasm source costs.
//! - handlers' edges lead to blocks that start with [`Inst::Caught`], and nothing else does;
//! - Every cycle passes an edge whose source or target block costs at least 1.

use super::inlined::Inlined;
use super::inst::{Inst, Terminator};
use super::types::Type;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index of its arena.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}
index!(
    /// A value: an index into [`Func::values`].
    Value, "v");
index!(
    /// A block: an index into [`Func::blocks`].
    Block, "b");
index!(
    /// An instruction: an index into [`Func::insts`].
    InstIdx, "i");

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    /// Parameter `index` of a block.
    Param(Block, u32),
    /// Result `index` of an instruction.
    Result(InstIdx, u32),
    /// Replaced by another value: every use is to be read through [`Func::resolve`].
    Alias(Value),
}

/// Type and origin of a value.
#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    /// Wasm type.
    pub ty: Type,
    /// Origin.
    pub def: ValueDef,
}

/// An instruction in its block.
#[derive(Clone, Debug)]
pub struct InstData {
    /// What it does.
    pub inst: Inst,
    /// Its results, in order.
    pub results: Results,
    /// Offset of the Wasm operator in the module, in bytes; a position, see [`super::inlined`].
    pub offset: u32,
}

/// The results of an instruction: a slice that takes no allocation where there is one or none, as nearly everywhere.
#[derive(Clone, Debug)]
pub enum Results {
    /// One.
    One([Value; 1]),
    /// Any other number.
    Many(Box<[Value]>),
}

impl core::ops::Deref for Results {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

impl core::ops::DerefMut for Results {
    fn deref_mut(&mut self) -> &mut [Value] {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

impl<'a> IntoIterator for &'a Results {
    type Item = &'a Value;
    type IntoIter = core::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An edge: the target block and one argument for each of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Target.
    pub block: Block,
    /// Arguments.
    pub args: Vec<Value>,
}

/// A block: parameters, instructions, one terminator.
#[derive(Clone, Debug)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<InstIdx>,
    /// How it ends.
    pub terminator: Terminator,
    /// If that is `BrIf`, whether a hint says that the condition is mostly true, or mostly false. Only for the layout: it may get lost.
    pub mostly: Option<bool>,
    /// Offset of the terminator's Wasm operator in the module, in bytes; a position, as that of instructions.
    pub offset: u32,
    /// Fuel: the number of Wasm operators in it that cost 1.
    pub cost: u32,
    /// How often it ran, going by a profile, if that is known. Only heuristics look at it: it may be wrong.
    pub count: Option<u64>,
    /// Where it is built for debugging, the offset of the one operator in it that costs fuel.
    pub step: Option<u32>,
}

/// A function in SSA form.
#[derive(Clone, Debug)]
pub struct Func {
    /// Index in the module's function index space.
    pub func_idx: u32,
    /// Types of the parameters.
    pub params: Vec<Type>,
    /// Types of the results.
    pub results: Vec<Type>,
    /// All values.
    pub values: Vec<ValueData>,
    /// All instructions; those in no block are dead.
    pub insts: Vec<InstData>,
    /// All blocks; block 0 is the entry.
    pub blocks: Vec<BlockData>,
    /// The live blocks in the order in which they are emitted; starts with the entry.
    pub layout: Vec<Block>,
    /// Where the module is compiled by a profile, the count from which on a block is hot.
    pub hot_from: Option<u64>,
    /// Whether it is built for debugging: each operator that costs fuel begins a block, and blocks are not to be merged.
    pub steps: bool,
    /// Types of the locals that have homes in the frame, where [`Inst::HomeSet`] keeps their values: all or none.
    pub homes: Vec<Type>,
    /// What has been put in the place of calls, and where its own body is.
    pub inlined: Inlined,
    /// Whether operands may name a value that another one has replaced.
    pub replaced: bool,
}

impl Func {
    /// The entry block.
    pub const ENTRY: Block = Block(0);

    /// The block.
    #[must_use]
    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.index()]
    }

    /// The block, to change.
    pub fn block_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.index()]
    }

    /// The value that `value` stands for after replacements.
    #[must_use]
    pub fn resolve(&self, mut value: Value) -> Value {
        while let ValueDef::Alias(to) = self.values[value.index()].def {
            value = to;
        }
        value
    }

    /// The type of `value`.
    #[must_use]
    pub fn ty(&self, value: Value) -> Type {
        self.values[self.resolve(value).index()].ty
    }

    /// The instruction that defines `value`, if it is one.
    #[must_use]
    pub fn def_inst(&self, value: Value) -> Option<InstIdx> {
        match self.values[self.resolve(value).index()].def {
            ValueDef::Result(inst, _) => Some(inst),
            ValueDef::Param(..) | ValueDef::Alias(_) => None,
        }
    }

    /// Makes every use of `from` a use of `to`. The definition of `from` may then be removed.
    ///
    /// # Panics
    /// When both are the same value, which would make a cycle.
    pub fn replace(&mut self, from: Value, to: Value) {
        let (from, to) = (self.resolve(from), self.resolve(to));
        assert_ne!(from, to, "a value replaces itself");
        self.values[from.index()].def = ValueDef::Alias(to);
        self.replaced = true;
    }

    /// A new instruction with results of these types, in no block yet.
    pub fn new_inst(&mut self, inst: Inst, types: &[Type], offset: u32) -> InstIdx {
        let idx = InstIdx(self.insts.len() as u32);
        let mut new = |(i, &ty)| self.new_value(ty, ValueDef::Result(idx, i as u32));
        let results = match types {
            [ty] => Results::One([new((0, ty))]),
            _ => Results::Many((0..).zip(types).map(new).collect()),
        };
        self.insts.push(InstData {
            inst,
            results,
            offset,
        });
        idx
    }

    /// A new value.
    pub fn new_value(&mut self, ty: Type, def: ValueDef) -> Value {
        self.values.push(ValueData { ty, def });
        Value(self.values.len() as u32 - 1)
    }

    /// How hot the block is, if a profile is at hand: 0 where bytes count and time does not, then 1 more for each doubling.
    #[must_use]
    pub fn heat(&self, block: Block) -> Option<u32> {
        let count = self.block(block).count.unwrap_or(0);
        let often = count / self.hot_from?.max(1);
        Some(often.checked_ilog2().map_or(0, |log2| log2 + 1))
    }

    /// What the handler that is `block` catches, if it is one.
    #[must_use]
    pub fn clause(&self, block: Block) -> Option<wrt_format::image::Clause> {
        let first = self.block(block).insts.first()?;
        if let Inst::Caught(clause) = self.insts[first.index()].inst {
            return Some(clause);
        }
        None
    }

    /// A new, empty block that ends in `unreachable`, not in the layout yet.
    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            terminator: Terminator::Trap(wrt_format::trap::Trap::Unreachable),
            mostly: None,
            offset: 0,
            cost: 0,
            count: None,
            step: None,
        });
        Block(self.blocks.len() as u32 - 1)
    }

    /// Adds a parameter to `block`; the edges to it need an argument more.
    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.block(block).params.len() as u32;
        let value = self.new_value(ty, ValueDef::Param(block, index));
        self.block_mut(block).params.push(value);
        value
    }
}
