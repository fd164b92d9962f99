//! What follows from the instruction table: the opcode enum, its descriptions, and the operand places by name.

use super::family::{ENTER, FREE, family_of};
use super::identity::{computes_floats, may_stop, uses_memory_zero};
use super::operand::{Field, Place, Role, Spec, place_of, spec, words_of};
use crate::image::features;

/// How an instruction passes control on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Part of the prologue of the code section, illegal in a function.
    Stub,
    /// First instruction of a function.
    Enter,
    /// First instruction of a block.
    Fuel,
    /// To the next instruction.
    Next,
    /// To its label.
    Branch,
    /// To its label or to the `fuel` instruction that follows it.
    CondBranch,
    /// To one of the labels in the words that follow it.
    Table,
    /// To a callee, then to the next instruction.
    Call,
    /// To a callee, in place of this function.
    TailCall,
    /// Back to the caller.
    Return,
    /// To a handler in this function or a caller, or to nobody.
    Throw,
    /// Nowhere.
    Trap,
}

impl Control {
    /// Whether the instruction after this one is never reached from it.
    #[must_use]
    pub const fn is_terminator(self) -> bool {
        matches!(
            self,
            Self::Branch | Self::Table | Self::TailCall | Self::Return | Self::Throw | Self::Trap
        )
    }
}

/// What an instruction debits beyond its share of the block's cost. Charged slice by slice, so that it can pause in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing.
    Zero,
    /// 1 per 64 bytes, rounded up per slice.
    Bytes,
    /// 1 per page of 64 KiB grown.
    Pages,
    /// 1 per 8 elements, rounded up per slice.
    Elems,
    /// 1 per whole 64 bytes of what it allocates, in one piece. It may collect garbage before it reads its operands, so references to
    /// collected things are in slots that the collector looks at.
    Heap,
}

/// Everything the table says of one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpInfo {
    /// The opcode.
    pub op: Op,
    /// Name, as in the table.
    pub name: &'static str,
    /// Operands in order.
    pub fields: &'static [Field],
    /// Words, branch table targets not counted.
    pub words: u8,
    /// How it passes control on.
    pub control: Control,
    /// What it debits beyond its block's cost.
    pub charge: Charge,
    /// Whether it works on memory 0 without naming it. Its addresses are as wide as those of that memory.
    pub memory_zero: bool,
    /// Whether the machine can be asked for its place in the source there: it begins a block, calls, traps, or pauses half-way.
    pub stops: bool,
    /// Whether it computes with f32 or f64 that are not in a vector.
    pub floats: bool,
    /// What it computes, in terms of the operand names.
    pub formula: &'static str,
}

impl OpInfo {
    /// The feature that an image must declare to use it, of [`crate::image::features`], or 0. Tail calls go by [`Control::TailCall`].
    #[must_use]
    pub const fn feature(&self) -> u64 {
        let number = self.op as u16;
        if number >= 0x0500 && number < 0x0503 {
            features::FUNCTION_REFERENCES
        } else if number >= 0x0520 && number < 0x0522 {
            features::EXCEPTIONS
        } else if number >= 0x0740 && number < 0x0760 {
            features::THREADS
        } else if number >= 0x0540 && number < 0x0590 {
            features::GC
        } else if self.floats {
            features::FLOATS
        } else {
            0
        }
    }
}

macro_rules! define_isa {
    ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
        /// An opcode. The discriminant is the number in the image.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("`", $formula, "`")] $variant = $number,)*
        }

        /// Every opcode, in numeric order.
        pub const ALL: &[Op] = &[$(Op::$variant),*];

        /// Descriptions of all opcodes, in the order of [`ALL`].
        pub static INFO: &[OpInfo] = &[$(OpInfo {
            op: Op::$variant,
            name: stringify!($name),
            fields: {
                const SPECS: &[Spec] = &[$(crate::isa::operand::spec::$role),*];
                const NAMES: &[&str] = &[$(stringify!($field)),*];
                const FIELDS: [Field; SPECS.len()] = fields(SPECS, NAMES);
                &FIELDS
            },
            words: words_of(&[$(spec::$role),*]) as u8,
            control: Control::$control,
            charge: Charge::$charge,
            memory_zero: uses_memory_zero($formula, &[$(spec::$role.role),*]),
            stops: may_stop($formula, Control::$control, Charge::$charge),
            floats: computes_floats(stringify!($name)),
            formula: $formula,
        }),*];

        /// The place of each operand of each instruction, by their names in the table: `field::i32_add::lhs`.
        pub mod field {
            #![expect(non_upper_case_globals, reason = "named as in the table")]
            $(
                #[doc = concat!("Operands of `", stringify!($name), "`.")]
                pub mod $name {
                    use crate::isa::operand::{Spec, words_of};
                    /// The instruction.
                    pub const op: crate::isa::Op = crate::isa::Op::$variant;
                    const SPECS: &[Spec] = &[$(crate::isa::operand::spec::$role),*];
                    /// Words of the instruction, branch table targets not counted.
                    pub const words: usize = words_of(SPECS);
                    define_isa!(@places 0; $($field)*);
                }
            )*
        }
    };
    (@places $index:expr; ) => {};
    (@places $index:expr; $field:ident $($rest:ident)*) => {
        #[doc = concat!("Place of `", stringify!($field), "`.")]
        pub const $field: crate::isa::operand::Place = crate::isa::operand::place_of(SPECS, $index);
        define_isa!(@places $index + 1; $($rest)*);
    };
}
for_each_op!(define_isa);

const fn fields<const N: usize>(specs: &[Spec], names: &[&'static str]) -> [Field; N] {
    let mut out = [Field {
        name: "",
        role: Role::Def,
        place: Place {
            byte: 0,
            bits: 0,
            own: 0,
        },
    }; N];
    let mut i = 0;
    while i < N {
        out[i] = Field {
            name: names[i],
            role: specs[i].role,
            place: place_of(specs, i),
        };
        i += 1;
    }
    out
}

/// One more than the largest opcode number.
pub const OP_LIMIT: usize = ALL[ALL.len() - 1] as usize + 1;

/// Index into [`INFO`] by opcode number, those of families included; `u16::MAX` where there is no such opcode.
pub(crate) static INDEX: [u16; OP_LIMIT] = {
    let mut index = [u16::MAX; OP_LIMIT];
    let mut i = 0;
    while i < ALL.len() {
        assert!(
            i == 0 || (ALL[i - 1] as usize) < ALL[i] as usize,
            "rows are in numeric order"
        );
        index[ALL[i] as usize] = i as u16;
        i += 1;
    }
    let mut i = 0;
    while i < INFO.len() {
        let (first, last) = family_of(&INFO[i]);
        let mut number = first as usize;
        while number <= last as usize {
            assert!(
                number == INFO[i].op as usize || index[number] == u16::MAX,
                "an opcode is of one row"
            );
            index[number] = i as u16;
            number += 1;
        }
        i += 1;
    }
    index[FREE as usize] = index[Op::Fuel as usize];
    index
};

/// The number of the row that an opcode number belongs to, if there is such an opcode: that of its handler.
#[must_use]
pub const fn row_number(number: u16) -> Option<u16> {
    if number as usize >= OP_LIMIT || INDEX[number as usize] == u16::MAX {
        None
    } else {
        Some(ALL[INDEX[number as usize] as usize] as u16)
    }
}

/// Whether the instruction of this opcode number works on memory 0 without naming it, see [`OpInfo::memory_zero`].
#[must_use]
pub const fn in_memory_zero(number: u16) -> bool {
    match row_number(number) {
        Some(_) => INFO[INDEX[number as usize] as usize].memory_zero,
        None => false,
    }
}

impl Op {
    /// The opcode of this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        if number & ENTER != 0 {
            return Some(Self::Enter);
        }
        let index = *INDEX.get(usize::from(number))?;
        let op = ALL.get(usize::from(index)).copied();
        // Its number in the table is that of its row only.
        op.filter(|&op| op != Self::Enter)
    }

    /// What the table says of it.
    #[must_use]
    pub fn info(self) -> &'static OpInfo {
        &INFO[usize::from(INDEX[self as usize])]
    }
}
