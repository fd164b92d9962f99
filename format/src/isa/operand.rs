//! Operand roles: what an operand means, how wide it is, and where the halfwords of an instruction hold it.
//!
//! An instruction is one 8-byte word `[op | h1 | h2 | h3]` of little-endian halfwords, with an optional extension word
//! `[ext | h5 | h6 | h7]`. Operands fill the halfwords in order: a 16-bit operand takes the next free halfword of 1, 2, 3, 5, 6, 7;
//! a 32-bit operand takes the next free aligned pair, 2-3 or 6-7. Halfwords that no operand takes are zero.

/// What an operand means. The verifier checks each role by one rule, the disassembler prints each in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// A slot that the instruction writes.
    Def,
    /// A slot that the instruction writes, and the integer accumulator with it.
    DefAcc,
    /// A slot that the instruction writes, and the f32 accumulator with it.
    DefF32,
    /// A slot that the instruction writes, and the f64 accumulator with it.
    DefF64,
    /// A slot that the instruction reads.
    Use,
    /// The slot that the instruction before names as [`Role::DefAcc`]: read, from there or from the accumulator.
    Acc,
    /// The slot that the instruction before names as [`Role::DefF32`]: read, from there or from the accumulator.
    AccF32,
    /// The slot that the instruction before names as [`Role::DefF64`]: read, from there or from the accumulator.
    AccF64,
    /// A slot that the instruction reads and advances, so that it can pause half-way.
    Mod,
    /// First of the slots that [`Role::Count`] numbers, all read.
    UseSpan,
    /// Number of slots from [`Role::UseSpan`] on; equals the number of results of the function.
    Count,
    /// First slot of the callee's frame, at least 1: the slot below holds the return word.
    Window,
    /// First of the slots that take the callee's results; 0 where there are none.
    Results,
    /// Signed 16-bit immediate.
    ImmS16,
    /// Unsigned 16-bit immediate.
    ImmU16,
    /// Signed 32-bit immediate.
    ImmS32,
    /// Unsigned 32-bit immediate.
    ImmU32,
    /// Shift distance, 0..=3.
    Shift,
    /// Signed distance in words from the branch to a `fuel` word of the same function.
    Label16,
    /// Signed distance in words from the branch to a `fuel` word of the same function.
    Label32,
    /// Number of entries of a branch table, without the default.
    TargetCount,
    /// Frame size of the function in slots, 1..=32767.
    Frame,
    /// Fuel that the block costs.
    Cost,
    /// A [`crate::trap::Trap`] number.
    TrapCode,
    /// Index of a function that the module defines (imports not counted).
    DefinedFunc,
    /// Index of an imported function.
    ImportFunc,
    /// Index in the module's function index space, imports first.
    Func,
    /// Index of a function type.
    Type,
    /// Index of a global that the module defines (imports not counted).
    DefinedGlobal,
    /// Index of an imported global.
    ImportGlobal,
    /// Index in the module's memory index space.
    Mem,
    /// Index in the module's table index space.
    Table,
    /// Index of an element segment.
    Elem,
    /// Index of a data segment.
    Data,
    /// Index into the constant pool.
    Const,
}

impl Role {
    /// Whether the operand takes a pair of halfwords.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        match self {
            Self::Def
            | Self::DefAcc
            | Self::DefF32
            | Self::DefF64
            | Self::Use
            | Self::Acc
            | Self::AccF32
            | Self::AccF64
            | Self::Mod
            | Self::UseSpan
            | Self::Count
            | Self::Window
            | Self::Results
            | Self::ImmS16
            | Self::ImmU16
            | Self::Shift
            | Self::Label16
            | Self::Frame
            | Self::TrapCode
            | Self::Mem
            | Self::Table => false,
            Self::ImmS32
            | Self::ImmU32
            | Self::Label32
            | Self::TargetCount
            | Self::Cost
            | Self::DefinedFunc
            | Self::ImportFunc
            | Self::Func
            | Self::Type
            | Self::DefinedGlobal
            | Self::ImportGlobal
            | Self::Elem
            | Self::Data
            | Self::Const => true,
        }
    }

    /// Whether the operand is a slot that the instruction writes.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::Def | Self::DefAcc | Self::DefF32 | Self::DefF64)
    }

    /// Whether the operand is a slot that the instruction only reads.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Use | Self::Acc | Self::AccF32 | Self::AccF64)
    }

    /// Whether the operand is a single slot.
    #[must_use]
    pub const fn is_slot(self) -> bool {
        self.writes() || self.reads() || matches!(self, Self::Mod)
    }

    /// What the instruction before must define so that this operand finds its value in an accumulator.
    #[must_use]
    pub const fn defined_by(self) -> Option<Self> {
        if matches!(self, Self::Acc) {
            Some(Self::DefAcc)
        } else if matches!(self, Self::AccF32) {
            Some(Self::DefF32)
        } else if matches!(self, Self::AccF64) {
            Some(Self::DefF64)
        } else {
            None
        }
    }

    /// Whether the operand is signed: its raw bits are sign-extended when read as a value.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(
            self,
            Self::ImmS16 | Self::ImmS32 | Self::Label16 | Self::Label32
        )
    }
}

/// One operand of an instruction: its name, role and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, as in the table.
    pub name: &'static str,
    /// Meaning.
    pub role: Role,
    /// First halfword: 1..=3 in the instruction's word, 5..=7 in its extension word.
    pub halfword: u8,
}

/// The halfword of operand `index` among operands of these roles.
///
/// # Panics
/// At compile time, if the operands do not fit two words.
#[must_use]
pub const fn halfword_of(roles: &[Role], index: usize) -> usize {
    let mut next = 1;
    let mut i = 0;
    loop {
        let at = if roles[i].is_wide() {
            if next <= 2 { 2 } else { 6 }
        } else if next == 4 {
            5
        } else {
            next
        };
        let end = if roles[i].is_wide() { at + 2 } else { at + 1 };
        assert!(
            end <= 8,
            "the operands of an instruction do not fit two words"
        );
        if i == index {
            return at;
        }
        next = end;
        i += 1;
    }
}

/// Words that an instruction with operands of these roles takes, branch table targets not counted: 1 or 2.
#[must_use]
pub const fn words_of(roles: &[Role]) -> usize {
    if roles.is_empty() || halfword_of(roles, roles.len() - 1) < 4 {
        1
    } else {
        2
    }
}
