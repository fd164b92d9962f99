//! The integer operators without their width, so that a rule is written once for i32 and i64.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the operators that are no comparison have none of this"
)]

use crate::ir::{BinaryOp, Type};

macro_rules! int_ops {
    ($($op:ident $i32:ident $i64:ident;)*) => {
        /// An integer operator with two operands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum IntOp {
            $($op,)*
        }

        /// The operator and width of `op`, if it is one on integers.
        pub(super) const fn split(op: BinaryOp) -> Option<(IntOp, Width)> {
            match op {
                $(
                    BinaryOp::$i32 => Some((IntOp::$op, Width::W32)),
                    BinaryOp::$i64 => Some((IntOp::$op, Width::W64)),
                )*
                _ => None,
            }
        }

        /// The operator of this width.
        pub(super) const fn join(op: IntOp, width: Width) -> BinaryOp {
            match (op, width) {
                $(
                    (IntOp::$op, Width::W32) => BinaryOp::$i32,
                    (IntOp::$op, Width::W64) => BinaryOp::$i64,
                )*
            }
        }
    };
}

int_ops! {
    Add I32Add I64Add;
    Sub I32Sub I64Sub;
    Mul I32Mul I64Mul;
    DivS I32DivS I64DivS;
    DivU I32DivU I64DivU;
    RemS I32RemS I64RemS;
    RemU I32RemU I64RemU;
    And I32And I64And;
    Or I32Or I64Or;
    Xor I32Xor I64Xor;
    Shl I32Shl I64Shl;
    ShrS I32ShrS I64ShrS;
    ShrU I32ShrU I64ShrU;
    Rotl I32Rotl I64Rotl;
    Rotr I32Rotr I64Rotr;
    Eq I32Eq I64Eq;
    Ne I32Ne I64Ne;
    LtS I32LtS I64LtS;
    LtU I32LtU I64LtU;
    GtS I32GtS I64GtS;
    GtU I32GtU I64GtU;
    LeS I32LeS I64LeS;
    LeU I32LeU I64LeU;
    GeS I32GeS I64GeS;
    GeU I32GeU I64GeU;
}

/// The width of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    W32,
    W64,
}

impl Width {
    pub(super) const fn bits(self) -> u64 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// All bits set.
    pub(super) const fn mask(self) -> u64 {
        match self {
            Self::W32 => u32::MAX as u64,
            Self::W64 => u64::MAX,
        }
    }

    /// The smallest signed number.
    pub(super) const fn min_signed(self) -> u64 {
        1 << (self.bits() - 1)
    }

    pub(super) const fn ty(self) -> Type {
        match self {
            Self::W32 => Type::I32,
            Self::W64 => Type::I64,
        }
    }
}

impl IntOp {
    /// Whether the operands may be swapped.
    pub(super) const fn commutes(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Mul | Self::And | Self::Or | Self::Xor | Self::Eq | Self::Ne
        )
    }

    /// The comparison that holds for `(b, a)` if this one holds for `(a, b)`. None for operators that are no comparison.
    pub(super) const fn swapped(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::LtS => Self::GtS,
            Self::LtU => Self::GtU,
            Self::GtS => Self::LtS,
            Self::GtU => Self::LtU,
            Self::LeS => Self::GeS,
            Self::LeU => Self::GeU,
            Self::GeS => Self::LeS,
            Self::GeU => Self::LeU,
            _ => return None,
        })
    }

    /// The comparison that holds exactly if this one does not. None for operators that are no comparison.
    pub(super) const fn inverse(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::LtS => Self::GeS,
            Self::LtU => Self::GeU,
            Self::GtS => Self::LeS,
            Self::GtU => Self::LeU,
            Self::LeS => Self::GtS,
            Self::LeU => Self::GtU,
            Self::GeS => Self::LtS,
            Self::GeU => Self::LtU,
            _ => return None,
        })
    }

    /// The comparison without regard to sign: what a signed comparison is for numbers that are not negative.
    pub(super) const fn unsigned(self) -> Self {
        match self {
            Self::LtS => Self::LtU,
            Self::GtS => Self::GtU,
            Self::LeS => Self::LeU,
            Self::GeS => Self::GeU,
            other => other,
        }
    }

    /// Whether it is a comparison that depends on the sign.
    pub(super) const fn is_signed_compare(self) -> bool {
        matches!(self, Self::LtS | Self::GtS | Self::LeS | Self::GeS)
    }
}
