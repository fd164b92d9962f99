//! What is wrong with an image.

use crate::image::features;

/// What a user can do about an image that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It is something else.
    NotAnImage,
    /// It is for another version of the runner.
    OtherVersion,
    /// A part is missing.
    Truncated,
    /// It is damaged, or was made to do harm.
    Corrupt,
    /// The runner lacks something that it needs.
    Unsupported,
    /// It asks for more than the runner's limits allow.
    OverBudget,
    /// The caller has not laid it out in memory as required.
    Misplaced,
}

macro_rules! errors {
    ($($name:ident $class:ident $text:literal;)*) => {
        /// What is wrong. Each rule of the verifier has its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum VerifyErrorKind {
            $(#[doc = $text] $name,)*
        }

        impl VerifyErrorKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What a user can do about it.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            /// One clause of English.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

errors! {
    // The container.
    Misaligned Misplaced "the image must lie at an address that is a multiple of 16";
    NotAnImage NotAnImage "this is not a WRT image";
    Truncated Truncated "the image is shorter than its header says";
    TrailingBytes Corrupt "the image is longer than its header says";
    OtherVersion OtherVersion "the image has another major version of the format";
    OtherIsa OtherVersion "the image is for another version of the instruction set: compile the module again";
    RunnerTooOld OtherVersion "the image needs a newer runner";
    BadHeader Corrupt "a field of the header has no meaning";
    BadChecksum Corrupt "the checksum of header and section table is wrong";
    OtherHardware Unsupported "the image is for another class of hardware";
    UnsupportedFeature Unsupported "the image needs a feature that this runner does not have";
    UnsupportedSection Unsupported "the image needs a section that this runner does not know";
    BadSectionTable Corrupt "the section table does not lie in the image";
    BadSection Corrupt "an entry of the section table has no meaning";
    SectionOrder Corrupt "the entries of the section table are not in order";
    SectionRange Corrupt "the sections leave the image, or do not fill it";
    BadPadding Corrupt "bytes between sections are not zero";
    MissingSection Corrupt "a section is missing";
    HashMismatch Corrupt "the hash of the image or of a section is wrong";
    OverBudget OverBudget "the image asks for more than the limits allow";
    // The metadata.
    BadRoot Corrupt "the metadata is not a valid archive";
    BadBudgets Corrupt "the budgets in the header are not those of the modules";
    BadName Corrupt "a name does not lie in the names of its module, or is not UTF-8";
    BadType Corrupt "a type has no meaning";
    BadLimits Corrupt "the limits of a table or memory have no meaning";
    BadImport Corrupt "the list of imports by kind is not that of the imports";
    BadExport Corrupt "an export has no meaning";
    BadExportIndex Corrupt "the export index is not sorted, or is not that of the exports";
    BadSegment Corrupt "an element or data segment has no meaning";
    BadCowRun Corrupt "a copy-on-write section does not fit its memory";
    BadStart Corrupt "the start function has parameters or results, or does not exist";
    BadConstExpr Corrupt "a constant expression has no meaning";
    ConstExprType Corrupt "a constant expression has a value of another type";
    ConstExprDepth Corrupt "a constant expression needs a deeper stack than allowed";
    Overlap Corrupt "ranges of the metadata overlap";
    IndexOutOfRange Corrupt "an index is out of range";
    FeatureNotDeclared Corrupt "something needs a feature that the image does not declare";
    BadPrologue Corrupt "the code section does not start with the stubs";
    // Functions.
    BadFuncRecord Corrupt "a function record has no meaning";
    UnknownOp Corrupt "there is no instruction with this number, or it may not stand here";
    CutOff Corrupt "an instruction or branch table does not end in its function";
    BadDecoys Corrupt "DECOYS are not the operands that look like `fuel`";
    BadHandlers Corrupt "HANDLERS are not in order, or not for calls and blocks of a function";
    BadAround Corrupt "AROUND does not ascend";
    NoEnter Corrupt "a function does not start with `enter`";
    SlotOutOfRange Corrupt "a slot is outside the frame";
    WindowOutOfRange Corrupt "arguments or results of a call do not fit the frame";
    WrongResultCount Corrupt "a return has another number of results than the function";
    BadLabel Corrupt "a branch does not lead to a block of its function";
    NoFuelWord Corrupt "a block must begin here, but there is no `fuel`";
    NoTerminator Corrupt "the function's end can be reached";
    FreeCycle Corrupt "a loop or call could run without using fuel";
    BadImmediate Corrupt "an immediate operand is out of range";
    NoMemoryZero Corrupt "an instruction works on memory 0, and there is none";
    NotAccumulated Corrupt "an accumulator operand is not what the instruction before has written";
    ImmutableGlobal Corrupt "an immutable global is set";
    TypeMismatch Corrupt "a type is of another kind than is needed here, or does not fit what it is used with";
    FieldOutOfRange Corrupt "a field is outside of its struct";
}

/// What is wrong with an image, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerifyError {
    kind: VerifyErrorKind,
    offset: u32,
    /// Features that are missing.
    missing: u64,
}

impl VerifyError {
    #[cold]
    pub(crate) const fn new(kind: VerifyErrorKind, offset: u32) -> Self {
        Self {
            kind,
            offset,
            missing: 0,
        }
    }

    /// An image needs these features, which the runner does not have.
    #[cold]
    pub(crate) const fn missing(features: u64, offset: u32) -> Self {
        Self {
            kind: VerifyErrorKind::UnsupportedFeature,
            offset,
            missing: features,
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> VerifyErrorKind {
        self.kind
    }

    /// What a user can do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.kind.class()
    }

    /// Features that the image needs and the runner does not have, bits of [`features`]. 0 for every other error.
    #[must_use]
    pub const fn missing_features(&self) -> u64 {
        self.missing
    }

    /// Byte offset in the image of the word, header field, section table entry or section that is wrong.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }
}

impl core::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind.message())?;
        let mut missing = self.missing;
        while missing != 0 {
            let separator = if missing == self.missing { ": " } else { ", " };
            match features::name(missing) {
                Some(name) => write!(f, "{separator}{name}")?,
                None => write!(f, "{separator}number {}", missing.trailing_zeros())?,
            }
            missing &= missing.wrapping_sub(1);
        }
        write!(f, " (at byte {:#x})", self.offset)
    }
}

impl core::error::Error for VerifyError {}
