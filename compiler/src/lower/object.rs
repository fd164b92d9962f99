//! Selection of operators on structs and arrays, and of casts.

use super::cond::Width;
use super::select::Selector;
use super::vcode::VInst;
use crate::ir::{Access, Inst, ObjectOp, Target, Value};
use wrt_format::image::types::HeapType;
use wrt_format::isa::{Op, ref_kind};

/// The instruction of an access, by log2 of its bytes: signed ones of one and two bytes first.
const STRUCT_GET: [[Op; 5]; 2] = [
    [
        Op::StructGet8U,
        Op::StructGet16U,
        Op::StructGet32,
        Op::StructGet64,
        Op::StructGet128,
    ],
    [
        Op::StructGet8S,
        Op::StructGet16S,
        Op::StructGet32,
        Op::StructGet64,
        Op::StructGet128,
    ],
];
const ARRAY_GET: [[Op; 5]; 2] = [
    [
        Op::ArrayGet8U,
        Op::ArrayGet16U,
        Op::ArrayGet32,
        Op::ArrayGet64,
        Op::ArrayGet128,
    ],
    [
        Op::ArrayGet8S,
        Op::ArrayGet16S,
        Op::ArrayGet32,
        Op::ArrayGet64,
        Op::ArrayGet128,
    ],
];
const STRUCT_SET: [Op; 5] = [
    Op::StructSet8,
    Op::StructSet16,
    Op::StructSet32,
    Op::StructSet64,
    Op::StructSet128,
];
const ARRAY_SET: [Op; 5] = [
    Op::ArraySet8,
    Op::ArraySet16,
    Op::ArraySet32,
    Op::ArraySet64,
    Op::ArraySet128,
];

/// How a type is tested for: the test, the cast, the branch on yes; and the operand that names it.
struct Form {
    test: Op,
    cast: Op,
    branch: Option<Op>,
    operand: i64,
}

/// The form for a type.
fn form(target: Target) -> Form {
    let nullable = target.ty.is_defaultable();
    if let Some(index) = target.defined() {
        let [test, cast] = match (target.is_func, nullable) {
            (false, false) => [Op::RefTest, Op::RefCast],
            (false, true) => [Op::RefTestNull, Op::RefCastNull],
            (true, false) => [Op::RefTestFunc, Op::RefCastFunc],
            (true, true) => [Op::RefTestFuncNull, Op::RefCastFuncNull],
        };
        let branch = match (target.is_func, nullable) {
            (false, false) => Some(Op::BrRefTest),
            (false, true) => Some(Op::BrRefTestNull),
            (true, _) => None,
        };
        return Form {
            test,
            cast,
            branch,
            operand: index.into(),
        };
    }
    let null = if nullable { ref_kind::NULL } else { 0 };
    Form {
        test: Op::RefTestKind,
        cast: Op::RefCastKind,
        branch: Some(Op::BrRefTestKind),
        operand: (kinds(target) | null).into(),
    }
}

/// The kinds of references that an abstract type has, but for null.
fn kinds(target: Target) -> u16 {
    let all = ref_kind::ALL & !ref_kind::NULL;
    let Some((heap, _)) = target.ty.as_ref() else {
        return 0;
    };
    match heap {
        HeapType::Func | HeapType::Extern | HeapType::Exn | HeapType::Any => all,
        HeapType::Eq => ref_kind::I31 | ref_kind::STRUCT | ref_kind::ARRAY,
        HeapType::I31 => ref_kind::I31,
        HeapType::Struct => ref_kind::STRUCT,
        HeapType::Array => ref_kind::ARRAY,
        HeapType::NoFunc
        | HeapType::NoExtern
        | HeapType::NoExn
        | HeapType::None
        | HeapType::Defined(_) => 0,
    }
}

impl Selector<'_> {
    /// Selects an operator.
    pub(super) fn object(&mut self, op: ObjectOp, args: &[Value], results: &[Value]) {
        let dst = results.first().map(|&result| self.def(result));
        let dst = dst.unwrap_or(0);
        match (op, args) {
            (ObjectOp::StructNew(ty), _) => self.emit(Op::StructNew, &[dst, ty.into()]),
            (ObjectOp::StructGet(at), &[object]) => {
                let code = STRUCT_GET[usize::from(at.signed)][at.width as usize];
                let object = self.field(object);
                self.emit(code, &[dst, object, at.type_idx.into(), at.offset.into()]);
            }
            (ObjectOp::StructSet(at), &[object, value]) => {
                let (object, value) = (self.field(object), self.stored(at, value));
                let fields = [object, value, at.type_idx.into(), at.offset.into()];
                self.emit(STRUCT_SET[at.width as usize], &fields);
            }
            (ObjectOp::ArrayNew(ty), &[len]) => {
                let len = self.narrow_field(len, Width::W32);
                self.emit(Op::ArrayNew, &[dst, len, ty.into()]);
            }
            (ObjectOp::ArrayNewData(ty, segment), &[from, n]) => {
                let [from, n] = [from, n].map(|value| self.narrow_field(value, Width::W32));
                let fields = [dst, from, n, segment.into(), ty.into()];
                self.emit(Op::ArrayNewData, &fields);
            }
            (ObjectOp::ArrayNewElem(ty, segment), &[from, n]) => {
                let [from, n] = [from, n].map(|value| self.narrow_field(value, Width::W32));
                let fields = [dst, from, n, segment.into(), ty.into()];
                self.emit(Op::ArrayNewElem, &fields);
            }
            (ObjectOp::ArrayGet(at), &[object, index]) => {
                let code = ARRAY_GET[usize::from(at.signed)][at.width as usize];
                let object = self.field(object);
                let index = self.narrow_field(index, Width::W32);
                self.emit(code, &[dst, object, index, at.type_idx.into()]);
            }
            (ObjectOp::ArraySet(at), &[object, index, value]) => {
                let (object, value) = (self.field(object), self.stored(at, value));
                let index = self.narrow_field(index, Width::W32);
                let fields = [object, index, value, at.type_idx.into()];
                self.emit(ARRAY_SET[at.width as usize], &fields);
            }
            (ObjectOp::ArrayLen, &[object]) => {
                let object = self.field(object);
                self.emit(Op::ArrayLen, &[dst, object]);
            }
            (ObjectOp::RefTest(target), &[value]) => {
                let (form, src) = (form(target), self.field(value));
                self.emit(form.test, &[dst, src, form.operand]);
            }
            (ObjectOp::RefCast(target), &[value]) => {
                let (form, src) = (form(target), self.field(value));
                self.emit(form.cast, &[dst, src, form.operand]);
            }
            (_, args) => self.bulk_object(op, args),
        }
    }

    /// Selects an operator that goes through an array, and advances copies of its operands.
    fn bulk_object(&mut self, op: ObjectOp, args: &[Value]) {
        if let (ObjectOp::ArrayFill(at), &[array, index, value, n]) = (op, args) {
            let (array, value) = (self.field(array), self.stored(at, value));
            let (index, n) = (self.private(index), self.private(n));
            let code = if at.width == 4 {
                Op::ArrayFill128
            } else {
                Op::ArrayFill
            };
            self.emit(code, &[array, index, value, n, at.type_idx.into()]);
        } else if let (ObjectOp::ArrayCopy(ty), &[to, to_index, from, from_index, n]) = (op, args) {
            let (to, from) = (self.field(to), self.field(from));
            let [to_index, from_index, n] = [to_index, from_index, n].map(|it| self.private(it));
            let fields = [to, to_index, from, from_index, n, ty.into()];
            self.emit(Op::ArrayCopy, &fields);
        } else if let (
            ObjectOp::ArrayInitData(segment) | ObjectOp::ArrayInitElem(segment),
            &[array, index, from, n],
        ) = (op, args)
        {
            let array = self.field(array);
            let [index, from, n] = [index, from, n].map(|value| self.private(value));
            let code = if matches!(op, ObjectOp::ArrayInitData(_)) {
                Op::ArrayInitData
            } else {
                Op::ArrayInitElem
            };
            self.emit(code, &[array, index, from, n, segment.into()]);
        }
    }

    /// A value for a field of this width, of which the instruction reads the low bits.
    fn stored(&mut self, at: Access, value: Value) -> i64 {
        let width = if at.width <= 2 {
            Width::W32
        } else {
            Width::W64
        };
        self.narrow_field(value, width)
    }

    /// The branch that is taken if a reference is of a type, in place of the test `value`, if that may be folded.
    pub(super) fn test_type(&mut self, inst: Option<&Inst>) -> Option<VInst> {
        let Some(Inst::Object {
            op: ObjectOp::RefTest(target),
            args,
        }) = inst
        else {
            return None;
        };
        let (form, src) = (form(*target), args[0]);
        let code = form.branch?;
        let src = self.field(src);
        Some(self.make(code, &[src, form.operand, 0]))
    }
}
