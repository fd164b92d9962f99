//! Value types of the IR: those of Wasm (spec, 2.3.1), as far as this compiler accepts them.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// 32-bit integer, zero-extended in its slot.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float, its bits zero-extended in its slot.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector. Its values take two slots.
    V128,
    /// Function reference; null is 0.
    FuncRef,
    /// Host reference, or an `anyref` that was converted; null is 0.
    ExternRef,
    /// Reference to a struct, an array, an i31, or a host reference that was converted; null is 0.
    AnyRef,
    /// Reference to an exception; null is 0.
    ExnRef,
}

impl Type {
    /// Slots that a value takes.
    #[must_use]
    pub const fn slots(self) -> u32 {
        match self {
            Self::V128 => 2,
            Self::I32
            | Self::I64
            | Self::F32
            | Self::F64
            | Self::FuncRef
            | Self::ExternRef
            | Self::AnyRef
            | Self::ExnRef => 1,
        }
    }

    /// Whether the value may refer to something that the collector of garbage frees: then it has to know of it.
    #[must_use]
    pub const fn is_traced(self) -> bool {
        matches!(self, Self::ExternRef | Self::AnyRef | Self::ExnRef)
    }

    /// Whether the value is a reference.
    #[must_use]
    pub const fn is_ref(self) -> bool {
        matches!(
            self,
            Self::FuncRef | Self::ExternRef | Self::AnyRef | Self::ExnRef
        )
    }
}

impl core::fmt::Display for Type {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
            Self::AnyRef => "anyref",
            Self::ExnRef => "exnref",
        })
    }
}
