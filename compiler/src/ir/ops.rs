//! The pure operators of the IR, named as in Wasm: one row each, with operand and result type. `mul_high` is the second result of
//! `i64.mul_wide`.

use super::types::Type;

macro_rules! operators {
    ($(#[$doc:meta])* $enum:ident; $($variant:ident $name:literal $from:ident => $to:ident;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $(#[doc = $name] $variant,)*
        }

        impl $enum {
            /// Name as in the Wasm text format.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Type of the operands.
            #[must_use]
            pub const fn operand_type(self) -> Type {
                match self { $(Self::$variant => Type::$from,)* }
            }

            /// Type of the result.
            #[must_use]
            pub const fn result_type(self) -> Type {
                match self { $(Self::$variant => Type::$to,)* }
            }
        }
    };
}

operators! {
    /// Operators with two operands of one type.
    BinaryOp;
    I32Add "i32.add" I32 => I32;
    I32Sub "i32.sub" I32 => I32;
    I32Mul "i32.mul" I32 => I32;
    I32DivS "i32.div_s" I32 => I32;
    I32DivU "i32.div_u" I32 => I32;
    I32RemS "i32.rem_s" I32 => I32;
    I32RemU "i32.rem_u" I32 => I32;
    I32And "i32.and" I32 => I32;
    I32Or "i32.or" I32 => I32;
    I32Xor "i32.xor" I32 => I32;
    I32Shl "i32.shl" I32 => I32;
    I32ShrS "i32.shr_s" I32 => I32;
    I32ShrU "i32.shr_u" I32 => I32;
    I32Rotl "i32.rotl" I32 => I32;
    I32Rotr "i32.rotr" I32 => I32;
    I32Eq "i32.eq" I32 => I32;
    I32Ne "i32.ne" I32 => I32;
    I32LtS "i32.lt_s" I32 => I32;
    I32LtU "i32.lt_u" I32 => I32;
    I32GtS "i32.gt_s" I32 => I32;
    I32GtU "i32.gt_u" I32 => I32;
    I32LeS "i32.le_s" I32 => I32;
    I32LeU "i32.le_u" I32 => I32;
    I32GeS "i32.ge_s" I32 => I32;
    I32GeU "i32.ge_u" I32 => I32;
    I64Add "i64.add" I64 => I64;
    I64Sub "i64.sub" I64 => I64;
    I64Mul "i64.mul" I64 => I64;
    I64DivS "i64.div_s" I64 => I64;
    I64DivU "i64.div_u" I64 => I64;
    I64RemS "i64.rem_s" I64 => I64;
    I64RemU "i64.rem_u" I64 => I64;
    I64And "i64.and" I64 => I64;
    I64Or "i64.or" I64 => I64;
    I64Xor "i64.xor" I64 => I64;
    I64Shl "i64.shl" I64 => I64;
    I64ShrS "i64.shr_s" I64 => I64;
    I64ShrU "i64.shr_u" I64 => I64;
    I64Rotl "i64.rotl" I64 => I64;
    I64Rotr "i64.rotr" I64 => I64;
    I64MulHighS "i64.mul_high_s" I64 => I64;
    I64MulHighU "i64.mul_high_u" I64 => I64;
    I64Eq "i64.eq" I64 => I32;
    I64Ne "i64.ne" I64 => I32;
    I64LtS "i64.lt_s" I64 => I32;
    I64LtU "i64.lt_u" I64 => I32;
    I64GtS "i64.gt_s" I64 => I32;
    I64GtU "i64.gt_u" I64 => I32;
    I64LeS "i64.le_s" I64 => I32;
    I64LeU "i64.le_u" I64 => I32;
    I64GeS "i64.ge_s" I64 => I32;
    I64GeU "i64.ge_u" I64 => I32;
    F32Add "f32.add" F32 => F32;
    F32Sub "f32.sub" F32 => F32;
    F32Mul "f32.mul" F32 => F32;
    F32Div "f32.div" F32 => F32;
    F32Min "f32.min" F32 => F32;
    F32Max "f32.max" F32 => F32;
    F32Copysign "f32.copysign" F32 => F32;
    F32Eq "f32.eq" F32 => I32;
    F32Ne "f32.ne" F32 => I32;
    F32Lt "f32.lt" F32 => I32;
    F32Gt "f32.gt" F32 => I32;
    F32Le "f32.le" F32 => I32;
    F32Ge "f32.ge" F32 => I32;
    F64Add "f64.add" F64 => F64;
    F64Sub "f64.sub" F64 => F64;
    F64Mul "f64.mul" F64 => F64;
    F64Div "f64.div" F64 => F64;
    F64Min "f64.min" F64 => F64;
    F64Max "f64.max" F64 => F64;
    F64Copysign "f64.copysign" F64 => F64;
    F64Eq "f64.eq" F64 => I32;
    F64Ne "f64.ne" F64 => I32;
    F64Lt "f64.lt" F64 => I32;
    F64Gt "f64.gt" F64 => I32;
    F64Le "f64.le" F64 => I32;
    F64Ge "f64.ge" F64 => I32;
    RefEq "ref.eq" AnyRef => I32;
}

operators! {
    /// Operators with one operand.
    UnaryOp;
    I32Clz "i32.clz" I32 => I32;
    I32Ctz "i32.ctz" I32 => I32;
    I32Popcnt "i32.popcnt" I32 => I32;
    I32Extend8S "i32.extend8_s" I32 => I32;
    I32Extend16S "i32.extend16_s" I32 => I32;
    I32Eqz "i32.eqz" I32 => I32;
    I64Clz "i64.clz" I64 => I64;
    I64Ctz "i64.ctz" I64 => I64;
    I64Popcnt "i64.popcnt" I64 => I64;
    I64Extend8S "i64.extend8_s" I64 => I64;
    I64Extend16S "i64.extend16_s" I64 => I64;
    I64Extend32S "i64.extend32_s" I64 => I64;
    I64Eqz "i64.eqz" I64 => I32;
    F32Abs "f32.abs" F32 => F32;
    F32Neg "f32.neg" F32 => F32;
    F32Ceil "f32.ceil" F32 => F32;
    F32Floor "f32.floor" F32 => F32;
    F32Trunc "f32.trunc" F32 => F32;
    F32Nearest "f32.nearest" F32 => F32;
    F32Sqrt "f32.sqrt" F32 => F32;
    F64Abs "f64.abs" F64 => F64;
    F64Neg "f64.neg" F64 => F64;
    F64Ceil "f64.ceil" F64 => F64;
    F64Floor "f64.floor" F64 => F64;
    F64Trunc "f64.trunc" F64 => F64;
    F64Nearest "f64.nearest" F64 => F64;
    F64Sqrt "f64.sqrt" F64 => F64;
    I32WrapI64 "i32.wrap_i64" I64 => I32;
    I64ExtendI32S "i64.extend_i32_s" I32 => I64;
    I64ExtendI32U "i64.extend_i32_u" I32 => I64;
    I32TruncF32S "i32.trunc_f32_s" F32 => I32;
    I32TruncF32U "i32.trunc_f32_u" F32 => I32;
    I32TruncF64S "i32.trunc_f64_s" F64 => I32;
    I32TruncF64U "i32.trunc_f64_u" F64 => I32;
    I64TruncF32S "i64.trunc_f32_s" F32 => I64;
    I64TruncF32U "i64.trunc_f32_u" F32 => I64;
    I64TruncF64S "i64.trunc_f64_s" F64 => I64;
    I64TruncF64U "i64.trunc_f64_u" F64 => I64;
    I32TruncSatF32S "i32.trunc_sat_f32_s" F32 => I32;
    I32TruncSatF32U "i32.trunc_sat_f32_u" F32 => I32;
    I32TruncSatF64S "i32.trunc_sat_f64_s" F64 => I32;
    I32TruncSatF64U "i32.trunc_sat_f64_u" F64 => I32;
    I64TruncSatF32S "i64.trunc_sat_f32_s" F32 => I64;
    I64TruncSatF32U "i64.trunc_sat_f32_u" F32 => I64;
    I64TruncSatF64S "i64.trunc_sat_f64_s" F64 => I64;
    I64TruncSatF64U "i64.trunc_sat_f64_u" F64 => I64;
    F32ConvertI32S "f32.convert_i32_s" I32 => F32;
    F32ConvertI32U "f32.convert_i32_u" I32 => F32;
    F32ConvertI64S "f32.convert_i64_s" I64 => F32;
    F32ConvertI64U "f32.convert_i64_u" I64 => F32;
    F64ConvertI32S "f64.convert_i32_s" I32 => F64;
    F64ConvertI32U "f64.convert_i32_u" I32 => F64;
    F64ConvertI64S "f64.convert_i64_s" I64 => F64;
    F64ConvertI64U "f64.convert_i64_u" I64 => F64;
    F32DemoteF64 "f32.demote_f64" F64 => F32;
    F64PromoteF32 "f64.promote_f32" F32 => F64;
    I32ReinterpretF32 "i32.reinterpret_f32" F32 => I32;
    I64ReinterpretF64 "i64.reinterpret_f64" F64 => I64;
    F32ReinterpretI32 "f32.reinterpret_i32" I32 => F32;
    F64ReinterpretI64 "f64.reinterpret_i64" I64 => F64;
    RefI31 "ref.i31" I32 => AnyRef;
    I31GetS "i31.get_s" AnyRef => I32;
    I31GetU "i31.get_u" AnyRef => I32;
    AnyConvertExtern "any.convert_extern" ExternRef => AnyRef;
    ExternConvertAny "extern.convert_any" AnyRef => ExternRef;
}

impl BinaryOp {
    /// Whether it can trap: integer division and remainder.
    #[must_use]
    pub const fn can_trap(self) -> bool {
        matches!(
            self,
            Self::I32DivS
                | Self::I32DivU
                | Self::I32RemS
                | Self::I32RemU
                | Self::I64DivS
                | Self::I64DivU
                | Self::I64RemS
                | Self::I64RemU
        )
    }
}

impl UnaryOp {
    /// Whether it can trap: float to integer conversions that do not saturate, and reading an i31, which may be null.
    #[must_use]
    pub const fn can_trap(self) -> bool {
        matches!(
            self,
            Self::I32TruncF32S
                | Self::I32TruncF32U
                | Self::I32TruncF64S
                | Self::I32TruncF64U
                | Self::I64TruncF32S
                | Self::I64TruncF32U
                | Self::I64TruncF64S
                | Self::I64TruncF64U
                | Self::I31GetS
                | Self::I31GetU
        )
    }
}

/// How a load widens what it reads. Named as the Wasm operators; the type is that of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoadOp {
    /// `i32.load8_s`
    I32Load8S,
    /// `i32.load8_u`
    I32Load8U,
    /// `i32.load16_s`
    I32Load16S,
    /// `i32.load16_u`
    I32Load16U,
    /// `i32.load`
    I32Load,
    /// `i64.load8_s`
    I64Load8S,
    /// `i64.load8_u`
    I64Load8U,
    /// `i64.load16_s`
    I64Load16S,
    /// `i64.load16_u`
    I64Load16U,
    /// `i64.load32_s`
    I64Load32S,
    /// `i64.load32_u`
    I64Load32U,
    /// `i64.load`
    I64Load,
    /// `f32.load`
    F32Load,
    /// `f64.load`
    F64Load,
    /// `v128.load`
    V128Load,
    /// `v128.load8x8_s`
    V128Load8x8S,
    /// `v128.load8x8_u`
    V128Load8x8U,
    /// `v128.load16x4_s`
    V128Load16x4S,
    /// `v128.load16x4_u`
    V128Load16x4U,
    /// `v128.load32x2_s`
    V128Load32x2S,
    /// `v128.load32x2_u`
    V128Load32x2U,
    /// `v128.load8_splat`
    V128Load8Splat,
    /// `v128.load16_splat`
    V128Load16Splat,
    /// `v128.load32_splat`
    V128Load32Splat,
    /// `v128.load64_splat`
    V128Load64Splat,
    /// `v128.load32_zero`
    V128Load32Zero,
    /// `v128.load64_zero`
    V128Load64Zero,
}

/// What a store writes: the low bytes of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOp {
    /// 1 byte.
    Store8,
    /// 2 bytes.
    Store16,
    /// 4 bytes.
    Store32,
    /// 8 bytes.
    Store64,
    /// 16 bytes: a vector.
    Store128,
}

impl LoadOp {
    /// Name as in the Wasm text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32Load8S => "i32.load8_s",
            Self::I32Load8U => "i32.load8_u",
            Self::I32Load16S => "i32.load16_s",
            Self::I32Load16U => "i32.load16_u",
            Self::I32Load => "i32.load",
            Self::I64Load8S => "i64.load8_s",
            Self::I64Load8U => "i64.load8_u",
            Self::I64Load16S => "i64.load16_s",
            Self::I64Load16U => "i64.load16_u",
            Self::I64Load32S => "i64.load32_s",
            Self::I64Load32U => "i64.load32_u",
            Self::I64Load => "i64.load",
            Self::F32Load => "f32.load",
            Self::F64Load => "f64.load",
            Self::V128Load => "v128.load",
            Self::V128Load8x8S => "v128.load8x8_s",
            Self::V128Load8x8U => "v128.load8x8_u",
            Self::V128Load16x4S => "v128.load16x4_s",
            Self::V128Load16x4U => "v128.load16x4_u",
            Self::V128Load32x2S => "v128.load32x2_s",
            Self::V128Load32x2U => "v128.load32x2_u",
            Self::V128Load8Splat => "v128.load8_splat",
            Self::V128Load16Splat => "v128.load16_splat",
            Self::V128Load32Splat => "v128.load32_splat",
            Self::V128Load64Splat => "v128.load64_splat",
            Self::V128Load32Zero => "v128.load32_zero",
            Self::V128Load64Zero => "v128.load64_zero",
        }
    }

    /// Bytes read.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::I32Load8S | Self::I32Load8U | Self::I64Load8S | Self::I64Load8U => 1,
            Self::I32Load16S | Self::I32Load16U | Self::I64Load16S | Self::I64Load16U => 2,
            Self::I32Load | Self::I64Load32S | Self::I64Load32U | Self::F32Load => 4,
            Self::I64Load | Self::F64Load => 8,
            Self::V128Load8Splat => 1,
            Self::V128Load16Splat => 2,
            Self::V128Load32Splat | Self::V128Load32Zero => 4,
            Self::V128Load64Splat | Self::V128Load64Zero => 8,
            Self::V128Load8x8S
            | Self::V128Load8x8U
            | Self::V128Load16x4S
            | Self::V128Load16x4U
            | Self::V128Load32x2S
            | Self::V128Load32x2U => 8,
            Self::V128Load => 16,
        }
    }

    /// Type of the result.
    #[must_use]
    pub const fn result_type(self) -> Type {
        match self {
            Self::I32Load8S
            | Self::I32Load8U
            | Self::I32Load16S
            | Self::I32Load16U
            | Self::I32Load => Type::I32,
            Self::I64Load8S
            | Self::I64Load8U
            | Self::I64Load16S
            | Self::I64Load16U
            | Self::I64Load32S
            | Self::I64Load32U
            | Self::I64Load => Type::I64,
            Self::F32Load => Type::F32,
            Self::F64Load => Type::F64,
            Self::V128Load
            | Self::V128Load8x8S
            | Self::V128Load8x8U
            | Self::V128Load16x4S
            | Self::V128Load16x4U
            | Self::V128Load32x2S
            | Self::V128Load32x2U
            | Self::V128Load8Splat
            | Self::V128Load16Splat
            | Self::V128Load32Splat
            | Self::V128Load64Splat
            | Self::V128Load32Zero
            | Self::V128Load64Zero => Type::V128,
        }
    }
}

impl StoreOp {
    /// Name: the width in bits.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store8 => "store8",
            Self::Store16 => "store16",
            Self::Store32 => "store32",
            Self::Store64 => "store64",
            Self::Store128 => "store128",
        }
    }

    /// Bytes written.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Store8 => 1,
            Self::Store16 => 2,
            Self::Store32 => 4,
            Self::Store64 => 8,
            Self::Store128 => 16,
        }
    }
}
