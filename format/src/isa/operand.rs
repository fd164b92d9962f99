//! Operand roles: what an operand means, how wide it is, and where in an instruction it lies.
//!
//! Code is a stream of 16-bit little-endian words. An instruction is its opcode and then its operands in order, little-endian and without
//! gaps: most take one word, some two, and those of short forms a byte, so that two share a word, or the three bytes behind one. Only where
//! a callee's frame and results go, [`Role::Window`] and [`Role::Results`], always comes last: a return word is the place of an instruction's
//! last word, its *site*, see [`window_at`].

use super::family::{OWN, Own};

/// Greatest distance of a [`Role::Shift`]: elements of up to 2 GiB.
pub const MAX_SHIFT: u32 = 31;

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
    /// The first of two slots that the instruction writes: a v128, the low half first.
    Def128,
    /// The first of two slots that the instruction reads: a v128, the low half first.
    Use128,
    /// The first of two slots that the instruction reads and advances: a v128, the low half first.
    Mod128,
    /// First of the slots that [`Role::Count`] numbers, all read.
    UseSpan,
    /// Number of slots from [`Role::UseSpan`] on; equals the number of results of the function.
    Count,
    /// First of the slots that [`Role::SpanLen`] numbers, all written.
    DefSpan,
    /// Number of slots from [`Role::DefSpan`] on.
    SpanLen,
    /// First slot of the callee's frame, at least 1: the slot below holds the return word.
    Window,
    /// First of the slots that take the callee's results; 0 where there are none.
    Results,
    /// 0: the last word of an instruction whose [`Role::Window`] and [`Role::Results`] take the two words before.
    Wide,
    /// Signed 16-bit immediate.
    ImmS16,
    /// Unsigned 16-bit immediate.
    ImmU16,
    /// Signed 32-bit immediate.
    ImmS32,
    /// Unsigned 32-bit immediate.
    ImmU32,
    /// Shift distance, up to [`MAX_SHIFT`].
    Shift,
    /// Number of one of 16 lanes.
    Lane16,
    /// Number of one of 8 lanes.
    Lane8,
    /// Number of one of 4 lanes.
    Lane4,
    /// Number of one of 2 lanes.
    Lane2,
    /// Signed distance in words from the branch to a `fuel` instruction of the same function.
    Label16,
    /// Signed distance in words from the branch to a `fuel` instruction of the same function.
    Label32,
    /// Number of entries of a branch table, without the default.
    TargetCount,
    /// Frame size of the function in slots, 1..=32767.
    Frame,
    /// Fuel that the block costs, 0..=62: the word is that of `fuel`, see the module `family`.
    BlockCost,
    /// Fuel.
    Cost,
    /// A [`crate::trap::Trap`] number.
    TrapCode,
    /// Index of a function that the module defines (imports not counted).
    DefinedFunc,
    /// The same, below 65536.
    NearFunc,
    /// Index of an imported function.
    ImportFunc,
    /// Index in the module's function index space, imports first.
    Func,
    /// Index of a function type.
    Type,
    /// Index of a type of structs or arrays.
    CollectedType,
    /// Index of a type of structs. The operands behind it say which field.
    StructType,
    /// Index of a type of arrays.
    ArrayType,
    /// Index of a type of arrays whose elements take 1 byte.
    Array8,
    /// Index of a type of arrays whose elements take 2 bytes.
    Array16,
    /// Index of a type of arrays whose elements take 4 bytes.
    Array32,
    /// Index of a type of arrays whose elements take 8 bytes.
    Array64,
    /// Index of a type of arrays whose elements take 16 bytes.
    Array128,
    /// Place in bytes, of 1 byte, in a struct of the type of the operand before.
    Field8,
    /// Place in bytes, of 2 bytes, likewise.
    Field16,
    /// Place in bytes, of 4 bytes, likewise.
    Field32,
    /// Place in bytes, of 8 bytes, likewise.
    Field64,
    /// Place in bytes, of 16 bytes, likewise.
    Field128,
    /// Kinds of references: a set of the bits of [`ref_kind`].
    RefKinds,
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
    /// Index in the module's tag index space.
    Tag,
    /// Index into the constant pool.
    Const,
    /// Index into the constant pool of the first of two constants: a v128, the low half first.
    Const128,
}

impl Role {
    /// Whether the operand takes two words where it has its usual width, else one.
    #[must_use]
    const fn is_wide(self) -> bool {
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
            | Self::Def128
            | Self::Use128
            | Self::Mod128
            | Self::UseSpan
            | Self::Count
            | Self::DefSpan
            | Self::SpanLen
            | Self::Window
            | Self::Results
            | Self::Wide
            | Self::ImmS16
            | Self::ImmU16
            | Self::Shift
            | Self::Lane16
            | Self::Lane8
            | Self::Lane4
            | Self::Lane2
            | Self::Label16
            | Self::Frame
            | Self::BlockCost
            | Self::Cost
            | Self::NearFunc
            | Self::TrapCode
            | Self::Mem
            | Self::Field8
            | Self::Field16
            | Self::Field32
            | Self::Field64
            | Self::Field128
            | Self::RefKinds
            | Self::Table => false,
            Self::ImmS32
            | Self::ImmU32
            | Self::Label32
            | Self::TargetCount
            | Self::DefinedFunc
            | Self::ImportFunc
            | Self::Func
            | Self::Type
            | Self::CollectedType
            | Self::StructType
            | Self::ArrayType
            | Self::Array8
            | Self::Array16
            | Self::Array32
            | Self::Array64
            | Self::Array128
            | Self::DefinedGlobal
            | Self::ImportGlobal
            | Self::Elem
            | Self::Data
            | Self::Tag
            | Self::Const
            | Self::Const128 => true,
        }
    }

    /// Whether the operand is a single slot.
    #[must_use]
    pub const fn is_slot(self) -> bool {
        self.is_register() && !self.is_pair()
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

/// What an operand says about the one slot or the two slots that it names.
impl Role {
    /// Whether the instruction writes them without reading them.
    #[must_use]
    pub const fn is_def(self) -> bool {
        matches!(
            self,
            Self::Def | Self::DefAcc | Self::DefF32 | Self::DefF64 | Self::Def128
        )
    }

    /// Whether the instruction reads them and leaves them as they are.
    #[must_use]
    pub const fn is_use(self) -> bool {
        matches!(
            self,
            Self::Use | Self::Acc | Self::AccF32 | Self::AccF64 | Self::Use128
        )
    }

    /// Whether the instruction reads and writes them.
    #[must_use]
    pub const fn is_mod(self) -> bool {
        matches!(self, Self::Mod | Self::Mod128)
    }

    /// Whether the operand names slots that hold a value: in selected code, a virtual register.
    #[must_use]
    pub const fn is_register(self) -> bool {
        self.is_def() || self.is_use() || self.is_mod()
    }

    /// Whether it names a defined type.
    #[must_use]
    pub const fn is_type(self) -> bool {
        matches!(
            self,
            Self::Type | Self::CollectedType | Self::StructType | Self::ArrayType
        ) || self.element_bytes().is_some()
    }

    /// Bytes of the elements, if it names a type of arrays by these.
    #[must_use]
    pub const fn element_bytes(self) -> Option<u32> {
        if matches!(self, Self::Array8) {
            Some(1)
        } else if matches!(self, Self::Array16) {
            Some(2)
        } else if matches!(self, Self::Array32) {
            Some(4)
        } else if matches!(self, Self::Array64) {
            Some(8)
        } else if matches!(self, Self::Array128) {
            Some(16)
        } else {
            None
        }
    }

    /// Bytes of the field, if it is the place of one.
    #[must_use]
    pub const fn field_bytes(self) -> Option<u32> {
        if matches!(self, Self::Field8) {
            Some(1)
        } else if matches!(self, Self::Field16) {
            Some(2)
        } else if matches!(self, Self::Field32) {
            Some(4)
        } else if matches!(self, Self::Field64) {
            Some(8)
        } else if matches!(self, Self::Field128) {
            Some(16)
        } else {
            None
        }
    }

    /// Whether it is the label of a branch.
    #[must_use]
    pub const fn is_label(self) -> bool {
        matches!(self, Self::Label16 | Self::Label32)
    }

    /// Whether it names a function of the module that is not imported.
    #[must_use]
    pub const fn is_defined_func(self) -> bool {
        matches!(self, Self::DefinedFunc | Self::NearFunc)
    }

    /// Whether it names two slots.
    #[must_use]
    pub const fn is_pair(self) -> bool {
        matches!(self, Self::Def128 | Self::Use128 | Self::Mod128)
    }

    /// How many lanes there are, if the operand is the number of one: a power of two.
    #[must_use]
    pub const fn lanes(self) -> Option<u16> {
        if matches!(self, Self::Lane16) {
            Some(16)
        } else if matches!(self, Self::Lane8) {
            Some(8)
        } else if matches!(self, Self::Lane4) {
            Some(4)
        } else if matches!(self, Self::Lane2) {
            Some(2)
        } else {
            None
        }
    }
}

/// A role, and how many bits say it: what a row of the table writes for an operand, as one of the names in [`spec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Meaning.
    pub role: Role,
    /// Width: 8, 16, 24 or 32.
    pub bits: u8,
    /// Index into [`super::family::OWN`] if it is part of the opcode, else 0.
    pub own: u8,
}

/// Every [`Spec`] that rows use: a role by its name has its usual width, a name with a number another one.
pub mod spec {
    #![expect(non_upper_case_globals, reason = "named as roles are")]
    use super::{Role, Spec};

    macro_rules! usual {
        ($($role:ident)*) => {$(
            #[doc = concat!("[`Role::", stringify!($role), "`], of its usual width.")]
            pub const $role: Spec = Spec { role: Role::$role, bits: if Role::$role.is_wide() { 32 } else { 16 }, own: 0 };
        )*};
    }
    macro_rules! other {
        ($($name:ident = $role:ident $bits:literal;)*) => {$(
            #[doc = concat!("[`Role::", stringify!($role), "`] in ", stringify!($bits), " bits.")]
            pub const $name: Spec = Spec { role: Role::$role, bits: $bits, own: 0 };
        )*};
    }
    macro_rules! own {
        ($($name:ident = $role:ident $bits:literal, $own:literal;)*) => {$(
            #[doc = concat!("[`Role::", stringify!($role), "`] in ", stringify!($bits), " bits of the opcode.")]
            pub const $name: Spec = Spec { role: Role::$role, bits: $bits, own: $own };
        )*};
    }
    usual! {
        Def DefAcc DefF32 DefF64 Use Acc AccF32 AccF64 Mod Def128 Use128 Mod128 DefSpan SpanLen UseSpan Count Window Results Wide
        ImmS16 ImmU16 ImmS32 ImmU32 Shift Lane16 Lane8 Lane4 Lane2 Label16 Label32 TargetCount BlockCost Cost TrapCode
        DefinedFunc NearFunc ImportFunc Func Type CollectedType StructType ArrayType Array8 Array16 Array32 Array64 Array128
        Field8 Field16 Field32 Field64 Field128 RefKinds DefinedGlobal ImportGlobal Mem Table Elem Data Tag Const Const128
    }
    other! {
        DefByte = Def 8;
        DefAccByte = DefAcc 8;
        UseByte = Use 8;
        AccByte = Acc 8;
        ModByte = Mod 8;
        ImmS8 = ImmS16 8;
        ImmU8 = ImmU16 8;
        ImmU24 = ImmU32 24;
        ShiftByte = Shift 8;
        Label8 = Label16 8;
        WindowByte = Window 8;
        ResultsByte = Results 8;
        ImportFunc16 = ImportFunc 16;
        Type16 = Type 16;
        TargetCount16 = TargetCount 16;
        GlobalByte = DefinedGlobal 8;
        Global24 = DefinedGlobal 24;
        StructType16 = StructType 16;
        CollectedType16 = CollectedType 16;
        KindsByte = RefKinds 8;
        Const24 = Const 24;
    }
    own! {
        Frame = Frame 16, 1;
        OwnCost = BlockCost 16, 1;
        OwnLabel = Label16 8, 1;
        DefAccAt5d = DefAcc 8, 2;
        UseAt9e = Use 8, 3;
        AccAtA6 = Acc 8, 4;
        DefAccAtA8 = DefAcc 8, 5;
        ImmAt1b = ImmS16 8, 6;
        OffsetAt68 = ImmU16 8, 7;
        OffsetAt10 = ImmU16 8, 8;
        OffsetAt30 = ImmU16 8, 9;
        DefAccAt43 = DefAcc 8, 10;
        OffsetAt63 = ImmU16 8, 11;
        ImmAtA3 = ImmS16 8, 12;
        OffsetAtAc = ImmU16 8, 13;
        OffsetAtEd = ImmU16 8, 14;
        OffsetAt0510 = ImmU16 8, 15;
    }
}

/// Where an operand lies in its instruction, and how wide it is. Handlers take it as a constant, so that nothing of it is left in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// First byte, counted from the opcode's first one: 0..=15. Even, but for some operands of 8 bits and all of 24. Those at 0 are part of
    /// the opcode.
    pub byte: u8,
    /// Width: 8, 16, 24 or 32.
    pub bits: u8,
    /// Index into [`OWN`] if it is part of the opcode, else 0.
    pub own: u8,
}

impl Place {
    /// What the low byte of the opcode says, if that is the operand and it does not begin with 0 or has a sign.
    #[must_use]
    pub const fn counted(self) -> Option<Own> {
        if self.own > 1 {
            Some(OWN[self.own as usize])
        } else {
            None
        }
    }

    /// The word that the first byte is in, counted from the opcode.
    #[must_use]
    pub const fn word(self) -> usize {
        self.byte as usize / 2
    }

    /// Bits of that word before the operand: 0 or 8.
    #[must_use]
    pub const fn shift(self) -> u32 {
        self.byte as u32 % 2 * 8
    }
}

/// Kinds of references that casts to abstract types tell apart.
pub mod ref_kind {
    /// The null reference.
    pub const NULL: u16 = 1;
    /// An integer of 31 bits.
    pub const I31: u16 = 2;
    /// A struct.
    pub const STRUCT: u16 = 4;
    /// An array.
    pub const ARRAY: u16 = 8;
    /// Anything else: functions, things of the host.
    pub const OTHER: u16 = 16;
    /// All of them.
    pub const ALL: u16 = 31;
}

/// One operand of an instruction: its name, role and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, as in the table.
    pub name: &'static str,
    /// Meaning.
    pub role: Role,
    /// Where it lies.
    pub place: Place,
}

/// Greatest number of words that an instruction takes, branch table targets not counted.
pub const MAX_WORDS: usize = 8;

/// The word that a return word names, of a call or throw whose [`Role::Window`] has this place: the last one.
#[must_use]
pub const fn site_word(window: Place) -> usize {
    match window.bits {
        8 => window.word(),
        _ => window.word() + 2,
    }
}

/// Where the frame and the results of the callee go, of the call whose site is this word of the code, which is as it lies in the image: in its
/// two bytes or, if those are 0, in the two words before. None if there is no such word.
#[must_use]
pub fn window_at(code: &[u16], site: usize) -> Option<(u16, u16)> {
    let word = |at: usize| code.get(at).copied().map(u16::from_le);
    let last = word(site)?;
    match last & 0xff {
        0 => Some((word(site.checked_sub(2)?)?, word(site.checked_sub(1)?)?)),
        base => Some((base, last >> 8)),
    }
}

/// Words of each label behind a branch table whose [`Role::TargetCount`] has this place: near ones have half of both.
#[must_use]
pub const fn label_words(count: Place) -> usize {
    count.bits as usize / 16
}

/// How far behind others the operand stands.
const fn rank(role: Role) -> u8 {
    if matches!(role, Role::Window | Role::Results) {
        1
    } else {
        2 * matches!(role, Role::Wide) as u8
    }
}

/// The place of operand `index` among these.
///
/// # Panics
/// At compile time, if the operands do not fit [`MAX_WORDS`] or one that is wider than a byte begins where it cannot.
#[must_use]
pub const fn place_of(specs: &[Spec], index: usize) -> Place {
    let bits = specs[index].bits;
    if specs[index].own > 0 {
        let own = specs[index].own;
        return Place { byte: 0, bits, own };
    }
    let mut byte = 2;
    let mut i = 0;
    while i < specs.len() {
        let (other, own) = (rank(specs[i].role), rank(specs[index].role));
        let before = other < own || other == own && i < index;
        if before && specs[i].own == 0 {
            byte += specs[i].bits / 8;
        }
        i += 1;
    }
    assert!(
        byte + bits / 8 <= 2 * MAX_WORDS as u8,
        "the operands of an instruction do not fit"
    );
    assert!(
        bits == 8 || byte % 2 == bits / 8 % 2,
        "operands of words begin with a word, and one of three bytes ends with one"
    );
    Place { byte, bits, own: 0 }
}

/// Words that an instruction with these operands takes, branch table targets not counted.
///
/// # Panics
/// At compile time, if they leave half a word.
#[must_use]
pub const fn words_of(specs: &[Spec]) -> usize {
    let mut bytes = 2;
    let mut i = 0;
    while i < specs.len() {
        if specs[i].own == 0 {
            bytes += specs[i].bits as usize / 8;
        }
        i += 1;
    }
    assert!(bytes % 2 == 0, "operands fill their words");
    bytes / 2
}
