//! Operators on structs and arrays, and casts.
//!
//! A new struct or array is empty at first and then filled, field by field: nothing in between can be seen, and what is 0 or null stays as
//! it is. That does not depend on the optimisation level, so that fuel does not either.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::{Builder, Inst, Type, Value};
use crate::error::Error;
use crate::ir::object::{Access, ObjectOp, Target};
use crate::wasm::heap_type;
use wasmparser::Operator;
use wrt_format::image::types::{Composite, HeapType, ValType};

/// Structs whose fields take more bytes than this are refused: a place is a 16-bit operand.
const MAX_STRUCT_BYTES: u32 = u16::MAX as u32;

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn object(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        Ok(self.structs(op)? || self.arrays(op) || self.array_segments(op) || self.casts(op)?)
    }

    fn structs(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match *op {
            Operator::StructNew { struct_type_index } => {
                let fields = self.module.types[struct_type_index as usize].fields.len();
                let values = self.pop_n(fields);
                self.new_struct(struct_type_index);
                let object = self.stack[self.stack.len() - 1];
                for (field, value) in (0..).zip(values) {
                    if !self.is_zero(value) {
                        let access = self.field(struct_type_index, field, false)?;
                        self.apply(ObjectOp::StructSet(access), vec![object, value], &[]);
                    }
                }
            }
            Operator::StructNewDefault { struct_type_index } => self.new_struct(struct_type_index),
            Operator::StructGet {
                struct_type_index,
                field_index,
            }
            | Operator::StructGetU {
                struct_type_index,
                field_index,
            } => self.get_field(struct_type_index, field_index, false)?,
            Operator::StructGetS {
                struct_type_index,
                field_index,
            } => self.get_field(struct_type_index, field_index, true)?,
            Operator::StructSet {
                struct_type_index,
                field_index,
            } => {
                let args = self.pop_n(2);
                let access = self.field(struct_type_index, field_index, false)?;
                self.apply(ObjectOp::StructSet(access), args, &[]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn arrays(&mut self, op: &Operator<'_>) -> bool {
        match *op {
            Operator::ArrayNew { array_type_index } => {
                let (len, value) = (self.pop(), self.pop());
                self.new_array(array_type_index, len);
                if !self.is_zero(value) {
                    let array = self.stack[self.stack.len() - 1];
                    let zero = self.value(Inst::Const(0), Type::I32);
                    let fill = ObjectOp::ArrayFill(self.element(array_type_index, false));
                    self.apply(fill, vec![array, zero, value, len], &[]);
                }
            }
            Operator::ArrayNewDefault { array_type_index } => {
                let len = self.pop();
                self.new_array(array_type_index, len);
            }
            Operator::ArrayNewFixed {
                array_type_index,
                array_size,
            } => {
                let values = self.pop_n(array_size as usize);
                let len = self.value(Inst::Const(array_size.into()), Type::I32);
                self.new_array(array_type_index, len);
                let array = self.stack[self.stack.len() - 1];
                let set = ObjectOp::ArraySet(self.element(array_type_index, false));
                for (at, value) in (0..).zip(values) {
                    if !self.is_zero(value) {
                        let index = self.value(Inst::Const(at), Type::I32);
                        self.apply(set, vec![array, index, value], &[]);
                    }
                }
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.get_element(array_type_index, false);
            }
            Operator::ArrayGetS { array_type_index } => self.get_element(array_type_index, true),
            Operator::ArraySet { array_type_index } => {
                let set = ObjectOp::ArraySet(self.element(array_type_index, false));
                let args = self.pop_n(3);
                self.apply(set, args, &[]);
            }
            Operator::ArrayLen => {
                let args = self.pop_n(1);
                self.apply(ObjectOp::ArrayLen, args, &[Type::I32]);
            }
            Operator::ArrayFill { array_type_index } => {
                let fill = ObjectOp::ArrayFill(self.element(array_type_index, false));
                let args = self.pop_n(4);
                self.apply(fill, args, &[]);
            }
            Operator::ArrayCopy {
                array_type_index_dst,
                ..
            } => {
                let ty = self.module.canonical_type(array_type_index_dst);
                let args = self.pop_n(5);
                self.apply(ObjectOp::ArrayCopy(ty), args, &[]);
            }
            _ => return false,
        }
        true
    }

    fn array_segments(&mut self, op: &Operator<'_>) -> bool {
        match *op {
            Operator::ArrayNewData {
                array_type_index,
                array_data_index,
            } => {
                let ty = self.module.canonical_type(array_type_index);
                let args = self.pop_n(2);
                let op = ObjectOp::ArrayNewData(ty, array_data_index);
                self.apply(op, args, &[Type::AnyRef]);
            }
            Operator::ArrayNewElem {
                array_type_index,
                array_elem_index,
            } => {
                let ty = self.module.canonical_type(array_type_index);
                let args = self.pop_n(2);
                let op = ObjectOp::ArrayNewElem(ty, array_elem_index);
                self.apply(op, args, &[Type::AnyRef]);
            }
            Operator::ArrayInitData {
                array_data_index, ..
            } => {
                let args = self.pop_n(4);
                self.apply(ObjectOp::ArrayInitData(array_data_index), args, &[]);
            }
            Operator::ArrayInitElem {
                array_elem_index, ..
            } => {
                let args = self.pop_n(4);
                self.apply(ObjectOp::ArrayInitElem(array_elem_index), args, &[]);
            }
            _ => return false,
        }
        true
    }

    fn casts(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        let (hty, nullable, test) = match *op {
            Operator::RefTestNonNull { hty } => (hty, false, true),
            Operator::RefTestNullable { hty } => (hty, true, true),
            Operator::RefCastNonNull { hty } => (hty, false, false),
            Operator::RefCastNullable { hty } => (hty, true, false),
            _ => return Ok(false),
        };
        let target = self.target(ValType::reference(heap_type(hty)?, nullable));
        let value = self.pop();
        let (op, ty) = match test {
            true => (ObjectOp::RefTest(target), Type::I32),
            false => (ObjectOp::RefCast(target), self.func.ty(value)),
        };
        self.apply(op, vec![value], &[ty]);
        Ok(true)
    }

    fn apply(&mut self, op: ObjectOp, args: Vec<Value>, results: &[Type]) {
        self.emit(Inst::Object { op, args }, results);
    }

    fn new_struct(&mut self, type_idx: u32) {
        let ty = self.module.canonical_type(type_idx);
        self.apply(ObjectOp::StructNew(ty), Vec::new(), &[Type::AnyRef]);
    }

    fn new_array(&mut self, type_idx: u32, len: Value) {
        let ty = self.module.canonical_type(type_idx);
        self.apply(ObjectOp::ArrayNew(ty), vec![len], &[Type::AnyRef]);
    }

    fn get_field(&mut self, type_idx: u32, field: u32, signed: bool) -> Result<(), Error> {
        let access = self.field(type_idx, field, signed)?;
        let ty = self.module.types[type_idx as usize].fields[field as usize].ty;
        let ty = self.module.ir_type(ty);
        let args = self.pop_n(1);
        self.apply(ObjectOp::StructGet(access), args, &[ty]);
        Ok(())
    }

    fn get_element(&mut self, type_idx: u32, signed: bool) {
        let access = self.element(type_idx, signed);
        let ty = self.module.types[type_idx as usize].fields[0].ty;
        let ty = self.module.ir_type(ty);
        let args = self.pop_n(2);
        self.apply(ObjectOp::ArrayGet(access), args, &[ty]);
    }

    /// Where a field is.
    fn field(&self, type_idx: u32, field: u32, signed: bool) -> Result<Access, Error> {
        let ty = &self.module.types[type_idx as usize];
        let offset = ty.field_offset(field as usize);
        if offset > MAX_STRUCT_BYTES {
            let limit = u64::from(MAX_STRUCT_BYTES);
            return Err(Error::too_large("bytes of a struct", limit));
        }
        Ok(Access {
            type_idx: self.module.canonical_type(type_idx),
            offset,
            width: ty.fields[field as usize].ty.width_log2(),
            signed,
        })
    }

    /// How the elements of an array are accessed.
    fn element(&self, type_idx: u32, signed: bool) -> Access {
        let ty = &self.module.types[type_idx as usize];
        Access {
            type_idx: self.module.canonical_type(type_idx),
            offset: 0,
            width: ty.fields[0].ty.width_log2(),
            signed,
        }
    }

    /// The type as one that references are tested for.
    pub(super) fn target(&self, ty: ValType) -> Target {
        let is_func = match ty.as_ref() {
            Some((HeapType::Defined(index), _)) => {
                self.module.types[index as usize].composite == Composite::Func
            }
            _ => false,
        };
        Target {
            ty: ty.map_index(|index| self.module.canonical_type(index)),
            is_func,
        }
    }

    /// Whether a value is what new structs and arrays are full of.
    fn is_zero(&self, value: Value) -> bool {
        let def = self.func.def_inst(value);
        def.is_some_and(|def| {
            let inst = &self.func.insts[def.index()].inst;
            matches!(inst, Inst::Const(0) | Inst::V128Const(0))
        })
    }
}
