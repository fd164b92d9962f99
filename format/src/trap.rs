//! Why a guest stopped for good. The numbers are part of the format.

macro_rules! traps {
    ($($number:literal $name:ident $text:literal;)*) => {
        /// A trap (Wasm spec, 4.2 "Traps"). The texts are those of the official test suite.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Trap {
            $(#[doc = $text] $name = $number,)*
        }

        impl Trap {
            /// All traps, in numeric order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The message, as the official test suite words it.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

traps! {
    0 Unreachable "unreachable";
    1 MemoryOutOfBounds "out of bounds memory access";
    2 TableOutOfBounds "out of bounds table access";
    3 UndefinedElement "undefined element";
    4 UninitializedElement "uninitialized element";
    5 IndirectCallTypeMismatch "indirect call type mismatch";
    6 IntegerDivideByZero "integer divide by zero";
    7 IntegerOverflow "integer overflow";
    8 InvalidConversionToInteger "invalid conversion to integer";
    9 StackOverflow "call stack exhausted";
    10 InvalidCode "function failed verification";
    11 HostError "host function failed";
    12 InvalidReference "invalid reference";
    13 NullReference "null reference";
    14 NullFunctionReference "null function reference";
    15 OutOfMemory "out of memory";
    16 UnalignedAtomic "unaligned atomic";
    17 ExpectedSharedMemory "expected shared memory";
    18 NullStructureReference "null structure reference";
    19 NullArrayReference "null array reference";
    20 NullI31Reference "null i31 reference";
    21 CastFailure "cast failure";
    22 ArrayOutOfBounds "out of bounds array access";
    23 NullExceptionReference "null exception reference";
}

impl Trap {
    /// The trap of this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl core::fmt::Display for Trap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_md_lists_every_trap() {
        let text = include_str!("../FORMAT.md");
        for &trap in Trap::ALL {
            let row = alloc::format!("| {} | {trap:?} | {trap} |", trap as u16);
            assert!(text.contains(&row), "FORMAT.md lacks the row {row}");
            assert_eq!(Trap::from_number(trap as u16), Some(trap));
        }
    }
}
