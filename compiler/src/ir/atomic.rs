//! The atomic operators of the IR: an access, how wide it is, and what its operands are.
//!
//! They are barriers: no pass removes one, moves one, or carries what it knows of memory across one. Where only one thread runs at a
//! time that is more than the memory model asks for, and it keeps the order in which the module says that memory is used.

use super::ops::{LoadOp, StoreOp};
use super::types::Type;

/// What a read-modify-write operator does with what it reads and its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RmwOp {
    /// Adds the operand.
    Add,
    /// Subtracts the operand.
    Sub,
    /// And, bit by bit.
    And,
    /// Or, bit by bit.
    Or,
    /// Exclusive or, bit by bit.
    Xor,
    /// Takes the operand.
    Xchg,
}

impl RmwOp {
    /// Name as in the Wasm text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::Xchg => "xchg",
        }
    }
}

/// An atomic access. The first operand is the address. A [`LoadOp`] says how wide it is and of what type; it extends with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtomicOp {
    /// Reads.
    Load(LoadOp),
    /// Writes the second operand, of this type.
    Store(StoreOp, Type),
    /// Reads, and writes what the operator makes of that and the second operand.
    Rmw(RmwOp, LoadOp),
    /// Reads, and writes the third operand if the second is what was read.
    Cmpxchg(LoadOp),
    /// Waits while memory holds the second operand, for at most so many nanoseconds as the third says; 0, 1 or 2.
    Wait(LoadOp),
    /// Wakes at most as many waiting threads as the second operand says; how many.
    Notify,
}

impl AtomicOp {
    /// Name as in the Wasm text format.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Load(op) => op.name().replacen('.', ".atomic.", 1),
            Self::Store(op, ty) => {
                let bits = op.bytes() * 8;
                let width = if bits == 8 * width_of(ty) {
                    String::new()
                } else {
                    bits.to_string()
                };
                format!("{ty}.atomic.store{width}")
            }
            Self::Rmw(op, load) => rmw_name(op.name(), load),
            Self::Cmpxchg(load) => rmw_name("cmpxchg", load),
            Self::Wait(load) => format!("memory.atomic.wait{}", load.bytes() * 8),
            Self::Notify => "memory.atomic.notify".to_owned(),
        }
    }

    /// Bytes of memory that it concerns; the address is a multiple of that.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Load(load) | Self::Rmw(_, load) | Self::Cmpxchg(load) | Self::Wait(load) => {
                load.bytes()
            }
            Self::Store(op, _) => op.bytes(),
            Self::Notify => 4,
        }
    }

    /// Types of the operands behind the address.
    #[must_use]
    pub fn value_types(self) -> Vec<Type> {
        match self {
            Self::Load(_) => Vec::new(),
            Self::Store(_, ty) => vec![ty],
            Self::Rmw(_, load) => vec![load.result_type()],
            Self::Cmpxchg(load) => vec![load.result_type(); 2],
            Self::Wait(load) => vec![load.result_type(), Type::I64],
            Self::Notify => vec![Type::I32],
        }
    }

    /// Number of operands, the address included: one to three.
    #[must_use]
    pub const fn operand_count(self) -> usize {
        match self {
            Self::Load(_) => 1,
            Self::Store(..) | Self::Rmw(..) | Self::Notify => 2,
            Self::Cmpxchg(_) | Self::Wait(_) => 3,
        }
    }

    /// Type of the result, if there is one.
    #[must_use]
    pub const fn result_type(self) -> Option<Type> {
        match self {
            Self::Load(load) | Self::Rmw(_, load) | Self::Cmpxchg(load) => Some(load.result_type()),
            Self::Wait(_) | Self::Notify => Some(Type::I32),
            Self::Store(..) => None,
        }
    }
}

/// Bytes of a value of an integer type.
const fn width_of(ty: Type) -> u32 {
    match ty {
        Type::I32 => 4,
        Type::I64
        | Type::F32
        | Type::F64
        | Type::V128
        | Type::FuncRef
        | Type::ExternRef
        | Type::AnyRef
        | Type::ExnRef => 8,
    }
}

fn rmw_name(name: &str, load: LoadOp) -> String {
    let ty = load.result_type();
    if load.bytes() == width_of(ty) {
        format!("{ty}.atomic.rmw.{name}")
    } else {
        format!("{ty}.atomic.rmw{}.{name}_u", load.bytes() * 8)
    }
}
