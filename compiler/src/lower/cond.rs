//! Comparisons: their conditions, how conditions turn round, and the instructions that compute them or branch on them.

use crate::ir::Type;
use wrt_format::isa::Op;

/// Width of the operands of an instruction in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// 32 bits: the low half of the slot counts.
    W32,
    /// 64 bits.
    W64,
}

impl Width {
    /// The width of a type in its slot.
    pub(super) const fn of(ty: Type) -> Self {
        match ty {
            Type::I32 | Type::F32 => Self::W32,
            Type::I64
            | Type::F64
            | Type::V128
            | Type::FuncRef
            | Type::ExternRef
            | Type::AnyRef
            | Type::ExnRef => Self::W64,
        }
    }

    /// The number of bits.
    pub(super) const fn bits(self) -> u32 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// Slot bits as a signed number of this width.
    pub(super) const fn signed(self, bits: u64) -> i64 {
        match self {
            Self::W32 => bits as u32 as i32 as i64,
            Self::W64 => bits as i64,
        }
    }
}

/// A condition on two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IntCond {
    Eq,
    Ne,
    LtS,
    LtU,
    LeS,
    LeU,
    GtS,
    GtU,
    GeS,
    GeU,
}

/// A condition on two floats. `N..` is true where the other is not, also for NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatCond {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Nlt,
    Nle,
    Ngt,
    Nge,
}

/// A comparison of two values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    /// Of integers.
    Int(Width, IntCond),
    /// Of floats.
    Float(Width, FloatCond),
}

/// The instructions of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CompareOps {
    /// Result in a slot. None where only the opposite has an instruction.
    pub(super) slot: Option<Op>,
    /// Result in a slot, right operand an immediate.
    pub(super) slot_imm: Option<Op>,
    /// Branch.
    pub(super) branch: Op,
    /// Branch, right operand an immediate.
    pub(super) branch_imm: Option<Op>,
    /// Whether the operands of `slot` and `branch` change places: there is no `gt` with both in slots.
    pub(super) swap: bool,
}

impl IntCond {
    /// The condition with its operands in the other order.
    const fn swapped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::LtS => Self::GtS,
            Self::LtU => Self::GtU,
            Self::LeS => Self::GeS,
            Self::LeU => Self::GeU,
            Self::GtS => Self::LtS,
            Self::GtU => Self::LtU,
            Self::GeS => Self::LeS,
            Self::GeU => Self::LeU,
        }
    }

    const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::LtS => Self::GeS,
            Self::LtU => Self::GeU,
            Self::LeS => Self::GtS,
            Self::LeU => Self::GtU,
            Self::GtS => Self::LeS,
            Self::GtU => Self::LeU,
            Self::GeS => Self::LtS,
            Self::GeU => Self::LtU,
        }
    }
}

impl FloatCond {
    const fn swapped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Nlt => Self::Ngt,
            Self::Nle => Self::Nge,
            Self::Ngt => Self::Nlt,
            Self::Nge => Self::Nle,
        }
    }

    const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Nlt,
            Self::Le => Self::Nle,
            Self::Gt => Self::Ngt,
            Self::Ge => Self::Nge,
            Self::Nlt => Self::Lt,
            Self::Nle => Self::Le,
            Self::Ngt => Self::Gt,
            Self::Nge => Self::Ge,
        }
    }
}

macro_rules! int {
    ($slot:ident $slot_imm:ident $branch:ident $branch_imm:ident $swap:literal) => {
        CompareOps {
            slot: Some(Op::$slot),
            slot_imm: Some(Op::$slot_imm),
            branch: Op::$branch,
            branch_imm: Some(Op::$branch_imm),
            swap: $swap,
        }
    };
}

const fn float(slot: Option<Op>, branch: Op, swap: bool) -> CompareOps {
    CompareOps {
        slot,
        slot_imm: None,
        branch,
        branch_imm: None,
        swap,
    }
}

impl Compare {
    /// The comparison with its operands in the other order.
    pub(super) const fn swapped(self) -> Self {
        match self {
            Self::Int(width, cond) => Self::Int(width, cond.swapped()),
            Self::Float(width, cond) => Self::Float(width, cond.swapped()),
        }
    }

    /// The opposite comparison.
    pub(super) const fn negated(self) -> Self {
        match self {
            Self::Int(width, cond) => Self::Int(width, cond.negated()),
            Self::Float(width, cond) => Self::Float(width, cond.negated()),
        }
    }

    /// Its instructions.
    #[rustfmt::skip]
    pub(super) const fn ops(self) -> CompareOps {
        use Width::{W32, W64};
        match self {
            Self::Int(W32, IntCond::Eq) => int!(I32Eq I32EqImm BrI32Eq BrI32EqImm false),
            Self::Int(W32, IntCond::Ne) => int!(I32Ne I32NeImm BrI32Ne BrI32NeImm false),
            Self::Int(W32, IntCond::LtS) => int!(I32LtS I32LtSImm BrI32LtS BrI32LtSImm false),
            Self::Int(W32, IntCond::LtU) => int!(I32LtU I32LtUImm BrI32LtU BrI32LtUImm false),
            Self::Int(W32, IntCond::LeS) => int!(I32LeS I32LeSImm BrI32LeS BrI32LeSImm false),
            Self::Int(W32, IntCond::LeU) => int!(I32LeU I32LeUImm BrI32LeU BrI32LeUImm false),
            Self::Int(W32, IntCond::GtS) => int!(I32LtS I32GtSImm BrI32LtS BrI32GtSImm true),
            Self::Int(W32, IntCond::GtU) => int!(I32LtU I32GtUImm BrI32LtU BrI32GtUImm true),
            Self::Int(W32, IntCond::GeS) => int!(I32LeS I32GeSImm BrI32LeS BrI32GeSImm true),
            Self::Int(W32, IntCond::GeU) => int!(I32LeU I32GeUImm BrI32LeU BrI32GeUImm true),
            Self::Int(W64, IntCond::Eq) => int!(I64Eq I64EqImm BrI64Eq BrI64EqImm false),
            Self::Int(W64, IntCond::Ne) => int!(I64Ne I64NeImm BrI64Ne BrI64NeImm false),
            Self::Int(W64, IntCond::LtS) => int!(I64LtS I64LtSImm BrI64LtS BrI64LtSImm false),
            Self::Int(W64, IntCond::LtU) => int!(I64LtU I64LtUImm BrI64LtU BrI64LtUImm false),
            Self::Int(W64, IntCond::LeS) => int!(I64LeS I64LeSImm BrI64LeS BrI64LeSImm false),
            Self::Int(W64, IntCond::LeU) => int!(I64LeU I64LeUImm BrI64LeU BrI64LeUImm false),
            Self::Int(W64, IntCond::GtS) => int!(I64LtS I64GtSImm BrI64LtS BrI64GtSImm true),
            Self::Int(W64, IntCond::GtU) => int!(I64LtU I64GtUImm BrI64LtU BrI64GtUImm true),
            Self::Int(W64, IntCond::GeS) => int!(I64LeS I64GeSImm BrI64LeS BrI64GeSImm true),
            Self::Int(W64, IntCond::GeU) => int!(I64LeU I64GeUImm BrI64LeU BrI64GeUImm true),
            Self::Float(W32, FloatCond::Eq) => float(Some(Op::F32Eq), Op::BrF32Eq, false),
            Self::Float(W32, FloatCond::Ne) => float(Some(Op::F32Ne), Op::BrF32Ne, false),
            Self::Float(W32, FloatCond::Lt) => float(Some(Op::F32Lt), Op::BrF32Lt, false),
            Self::Float(W32, FloatCond::Le) => float(Some(Op::F32Le), Op::BrF32Le, false),
            Self::Float(W32, FloatCond::Gt) => float(Some(Op::F32Lt), Op::BrF32Lt, true),
            Self::Float(W32, FloatCond::Ge) => float(Some(Op::F32Le), Op::BrF32Le, true),
            Self::Float(W32, FloatCond::Nlt) => float(None, Op::BrF32Nlt, false),
            Self::Float(W32, FloatCond::Nle) => float(None, Op::BrF32Nle, false),
            Self::Float(W32, FloatCond::Ngt) => float(None, Op::BrF32Nlt, true),
            Self::Float(W32, FloatCond::Nge) => float(None, Op::BrF32Nle, true),
            Self::Float(W64, FloatCond::Eq) => float(Some(Op::F64Eq), Op::BrF64Eq, false),
            Self::Float(W64, FloatCond::Ne) => float(Some(Op::F64Ne), Op::BrF64Ne, false),
            Self::Float(W64, FloatCond::Lt) => float(Some(Op::F64Lt), Op::BrF64Lt, false),
            Self::Float(W64, FloatCond::Le) => float(Some(Op::F64Le), Op::BrF64Le, false),
            Self::Float(W64, FloatCond::Gt) => float(Some(Op::F64Lt), Op::BrF64Lt, true),
            Self::Float(W64, FloatCond::Ge) => float(Some(Op::F64Le), Op::BrF64Le, true),
            Self::Float(W64, FloatCond::Nlt) => float(None, Op::BrF64Nlt, false),
            Self::Float(W64, FloatCond::Nle) => float(None, Op::BrF64Nle, false),
            Self::Float(W64, FloatCond::Ngt) => float(None, Op::BrF64Nlt, true),
            Self::Float(W64, FloatCond::Nge) => float(None, Op::BrF64Nle, true),
        }
    }

    /// The width of the operands.
    pub(super) const fn width(self) -> Width {
        match self {
            Self::Int(width, _) | Self::Float(width, _) => width,
        }
    }

    /// The width of the operands if they are integers: only those have immediates.
    pub(super) const fn int_width(self) -> Option<Width> {
        match self {
            Self::Int(width, _) => Some(width),
            Self::Float(..) => None,
        }
    }
}
