//! Expressions: places and values in terms of frames and memory.
//!
//! A local of WebAssembly is a place in the frame, a global one in memory ([`wrt_format::image::debug::map`]); what is on the operand stack
//! is nowhere. Where an expression is just a local, its place is meant; where it goes on, its value.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operations stay what they are, and new ones may come"
)]

use gimli::constants as dw;
use gimli::read::{self, Operation};
use gimli::write::{Address, Expression};
use wrt_format::image::debug::map::{global_address, local_offset};

use super::Bytes;
use super::entry::Converter;

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Where or what something is.
    Location,
    /// The address that places in the source's frame count from. gdb wants that to be what is left on the stack.
    FrameBase,
}

/// Bytes of a value of the stack.
const VALUE_BYTES: u8 = 8;

impl<'a> Converter<'a, '_> {
    /// The expression, if it means something here.
    pub(super) fn expression(
        &mut self,
        expression: read::Expression<Bytes<'a>>,
        what: Use,
    ) -> Option<Expression> {
        if !self.budget.takes(expression.0.len() as u64 + 1) {
            return None;
        }
        let encoding = self.read.encoding();
        let mut ops = Vec::new();
        let mut starts = Vec::new();
        let mut all = expression.operations(encoding);
        loop {
            let start = all.offset_from(&expression);
            match all.next() {
                Ok(Some(op)) => {
                    ops.push(op);
                    starts.push(start);
                }
                Ok(None) => break,
                Err(_) => return None,
            }
        }
        starts.push(expression.0.len());
        let mut out = Expression::new();
        // Where each operation has gone, and branches with the one that they go to.
        let (mut new, mut branches) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(&op) = ops.get(at) {
            new.push(out.next_index());
            let next = starts[at + 1];
            let target = |by: i16| {
                let target = next.checked_add_signed(by.into())?;
                starts.binary_search(&target).ok()
            };
            match op {
                Operation::Skip { target: by } => branches.push((out.op_skip(), target(by)?)),
                Operation::Bra { target: by } => branches.push((out.op_bra(), target(by)?)),
                Operation::WasmLocal { .. } | Operation::WasmGlobal { .. } => {
                    put_place(&mut out, &op);
                    let rest = &ops[at + 1..];
                    let taken = is_place(rest).filter(|_| what == Use::Location);
                    if taken.is_none() {
                        out.op_deref_size(VALUE_BYTES);
                    }
                    // A value that is just that of a local is the local, too.
                    for _ in 0..taken.unwrap_or(0) {
                        at += 1;
                        new.push(out.next_index());
                    }
                }
                Operation::StackValue if what == Use::FrameBase => {}
                other => self.operation(&mut out, other)?,
            }
            at += 1;
        }
        new.push(out.next_index());
        for (branch, target) in branches {
            out.set_target(branch, new[target]);
        }
        Some(out)
    }

    /// Adds an operation that stays what it is.
    fn operation(&self, out: &mut Expression, op: Operation<Bytes<'a>>) -> Option<()> {
        if let Some(simple) = simple(&op) {
            out.op(simple);
            return Some(());
        }
        match op {
            Operation::Deref {
                base_type,
                size,
                space: false,
            } => match base_type.0 {
                0 => out.op_deref_size(size),
                _ => out.op_deref_type(size, self.own(base_type)?),
            },
            Operation::Pick { index } => out.op_pick(index),
            Operation::PlusConstant { value } => out.op_plus_uconst(value),
            Operation::UnsignedConstant { value } => out.op_constu(value),
            Operation::SignedConstant { value } => out.op_consts(value),
            Operation::FrameOffset { offset } => out.op_fbreg(offset),
            Operation::Piece {
                size_in_bits,
                bit_offset: None,
            } => out.op_piece(size_in_bits / 8),
            Operation::Piece {
                size_in_bits,
                bit_offset: Some(bit_offset),
            } => out.op_bit_piece(size_in_bits, bit_offset),
            Operation::ImplicitValue { data } => out.op_implicit_value(data.slice().into()),
            Operation::ImplicitPointer { value, byte_offset } => {
                out.op_implicit_pointer(self.reference(value)?, byte_offset);
            }
            // Addresses in expressions are those of memory.
            Operation::Address { address } => out.op_addr(Address::Constant(address)),
            Operation::AddressIndex { index } => {
                let address = self.read.address(index).ok()?;
                out.op_addr(Address::Constant(address));
            }
            Operation::ConstantIndex { index } => out.op_constu(self.read.address(index).ok()?),
            Operation::TypedLiteral { base_type, value } => {
                out.op_const_type(self.own(base_type)?, value.slice().into());
            }
            Operation::Convert { base_type } => out.op_convert(self.base(base_type)?),
            Operation::Reinterpret { base_type } => out.op_reinterpret(self.base(base_type)?),
            // Registers, the operand stack, what was on entry, memory of threads: there is nothing here to read them from.
            _ => return None,
        }
        Some(())
    }

    /// A type, or none for the generic one.
    #[expect(
        clippy::option_option,
        reason = "the outer one says whether the type is known"
    )]
    fn base(&self, ty: gimli::UnitOffset) -> Option<Option<gimli::write::UnitEntryId>> {
        match ty.0 {
            0 => Some(None),
            _ => self.own(ty).map(Some),
        }
    }
}

/// Puts the address of a local or global.
fn put_place(out: &mut Expression, op: &Operation<Bytes<'_>>) {
    if let Operation::WasmLocal { index } = *op {
        out.op(dw::DW_OP_call_frame_cfa);
        out.op_consts(local_offset(index));
        out.op(dw::DW_OP_plus);
    } else if let Operation::WasmGlobal { index } = *op {
        out.op_addr(Address::Constant(global_address(index)));
    }
}

/// Whether a local or global in front of these operations is a place: how many of them say no more than that.
fn is_place(rest: &[Operation<Bytes<'_>>]) -> Option<usize> {
    let ends =
        |op: Option<&Operation<Bytes<'_>>>| matches!(op, None | Some(Operation::Piece { .. }));
    match rest {
        [Operation::StackValue, rest @ ..] if ends(rest.first()) => Some(1),
        _ if ends(rest.first()) => Some(0),
        _ => None,
    }
}

/// The operation without operands that an operation is.
fn simple(op: &Operation<Bytes<'_>>) -> Option<gimli::DwOp> {
    Some(match op {
        Operation::Drop => dw::DW_OP_drop,
        Operation::Swap => dw::DW_OP_swap,
        Operation::Rot => dw::DW_OP_rot,
        Operation::Abs => dw::DW_OP_abs,
        Operation::And => dw::DW_OP_and,
        Operation::Div => dw::DW_OP_div,
        Operation::Minus => dw::DW_OP_minus,
        Operation::Mod => dw::DW_OP_mod,
        Operation::Mul => dw::DW_OP_mul,
        Operation::Neg => dw::DW_OP_neg,
        Operation::Not => dw::DW_OP_not,
        Operation::Or => dw::DW_OP_or,
        Operation::Plus => dw::DW_OP_plus,
        Operation::Shl => dw::DW_OP_shl,
        Operation::Shr => dw::DW_OP_shr,
        Operation::Shra => dw::DW_OP_shra,
        Operation::Xor => dw::DW_OP_xor,
        Operation::Eq => dw::DW_OP_eq,
        Operation::Ge => dw::DW_OP_ge,
        Operation::Gt => dw::DW_OP_gt,
        Operation::Le => dw::DW_OP_le,
        Operation::Lt => dw::DW_OP_lt,
        Operation::Ne => dw::DW_OP_ne,
        Operation::Nop => dw::DW_OP_nop,
        Operation::PushObjectAddress => dw::DW_OP_push_object_address,
        Operation::CallFrameCFA => dw::DW_OP_call_frame_cfa,
        Operation::StackValue => dw::DW_OP_stack_value,
        _ => return None,
    })
}
