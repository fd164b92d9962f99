//! Operands that an instruction may have, at random.

use wrt_format::isa::{Field, MAX_SHIFT, Op, Own, Role};

use super::ops::SLOTS;
use super::world::value;
use super::*;

/// Operands in range for their roles. Labels are filled in by [`function`].
pub(super) fn operands(op: Op, random: &mut Random) -> Vec<i64> {
    let one = |field: &Field| match field.role {
        _ if is_own(field) => in_opcode(field.place.counted().unwrap(), random),
        Role::Def
        | Role::DefAcc
        | Role::DefF32
        | Role::DefF64
        | Role::Use
        | Role::Acc
        | Role::AccF32
        | Role::AccF64
        | Role::Mod => (random.next() % SLOTS as u64) as i64,
        Role::Def128 | Role::Use128 | Role::Mod128 => (random.next() % (SLOTS as u64 - 1)) as i64,
        Role::Lane16 | Role::Lane8 | Role::Lane4 | Role::Lane2 => {
            (random.next() % u64::from(field.role.lanes().unwrap())) as i64
        }
        Role::ImmS16 | Role::ImmS32 => {
            let bits = u32::from(field.place.bits);
            (value(random, bits) << (64 - bits)) as i64 >> (64 - bits)
        }
        Role::ImmU16 | Role::ImmU32 => {
            let most = u32::MAX >> (32 - field.place.bits);
            let imm = [0, 1, 4, 8, most & 65535, most, random.next() as u32 & most];
            i64::from(imm[random.next() as usize % imm.len()])
        }
        Role::Shift => (random.next() % (u64::from(MAX_SHIFT) + 1)) as i64,
        Role::Mem => 0,
        Role::Label16 | Role::Label32 => 0,
        Role::UseSpan
        | Role::Count
        | Role::DefSpan
        | Role::SpanLen
        | Role::CollectedType
        | Role::StructType
        | Role::ArrayType
        | Role::Array8
        | Role::Array16
        | Role::Array32
        | Role::Array64
        | Role::Array128
        | Role::Field8
        | Role::Field16
        | Role::Field32
        | Role::Field64
        | Role::Field128
        | Role::RefKinds
        | Role::Window
        | Role::Results
        | Role::Wide
        | Role::TargetCount
        | Role::Frame
        | Role::BlockCost
        | Role::Cost
        | Role::TrapCode
        | Role::DefinedFunc
        | Role::NearFunc
        | Role::ImportFunc
        | Role::Func
        | Role::Type
        | Role::DefinedGlobal
        | Role::ImportGlobal
        | Role::Tag
        | Role::Table
        | Role::Elem
        | Role::Data
        | Role::Const
        | Role::Const128 => panic!("{}: {:?} is not for this", op.info().name, field.role),
    };
    op.info().fields.iter().map(one).collect()
}

/// Whether it is an immediate or an offset in the opcode.
fn is_own(field: &Field) -> bool {
    field.place.counted().is_some() && !field.role.is_register()
}

/// A value that an opcode can say.
fn in_opcode(own: Own, random: &mut Random) -> i64 {
    let bytes = i64::from(own.last) - i64::from(own.first) + 1;
    let byte = i64::from(own.first) + (random.next() % bytes as u64) as i64;
    (byte - i64::from(own.zero)) << own.shift
}

/// For each accumulator an instruction that leaves something there and in the slot that it reads: a move or negation.
pub(super) const PRODUCERS: [(Role, Op); 3] = [
    (Role::DefAcc, Op::Mov),
    (Role::DefF32, Op::F32Neg),
    (Role::DefF64, Op::F64Neg),
];

/// The accumulator operand of an instruction, and what leaves it there.
pub(super) fn producer(op: Op) -> Option<(usize, Op)> {
    let of = |role| PRODUCERS.iter().find(|it| it.0 == role).map(|it| it.1);
    let mut operands = op.info().fields.iter().enumerate();
    operands.find_map(|(i, field)| Some((i, of(field.role.defined_by()?)?)))
}
