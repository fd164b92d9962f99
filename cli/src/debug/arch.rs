//! The processor that gdb takes a guest for: x86-64, of which there are three registers, and two more behind a call.
//!
//! Input: a place. Output: registers as gdb reads them; all others are unavailable. The target description is gdb's own of these registers, and says that
//! there is no operating system. gdb looks for what a function returns in `rax` or `xmm0`.

use gdbstub::arch::{Arch, Registers};

/// Registers before `rip`: `rax rbx rcx rdx rsi rdi rbp rsp r8 .. r15`.
const GENERAL: usize = 16;
const RBP: usize = 6;
const RSP: usize = 7;
/// Bytes of `eflags` and of the segment registers.
const FLAGS_BYTES: usize = 4 * 7;
/// Bytes of the x87 registers: 8 of 80 bits, 8 of 32.
const X87_BYTES: usize = 8 * 10 + 8 * 4;

/// Bytes of the vector registers behind the first eight bytes: 16 of 128 bits, one of 32.
const SSE_BYTES: usize = 16 * 16 + 4 - 8;
const RAX: usize = 0;

/// What the target is.
pub(super) const DESCRIPTION: &str = r#"<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>i386:x86-64</architecture>
<osabi>none</osabi>
<feature name="org.gnu.gdb.i386.core">
<reg name="rax" bitsize="64" type="int64" regnum="0"/>
<reg name="rbx" bitsize="64" type="int64"/>
<reg name="rcx" bitsize="64" type="int64"/>
<reg name="rdx" bitsize="64" type="int64"/>
<reg name="rsi" bitsize="64" type="int64"/>
<reg name="rdi" bitsize="64" type="int64"/>
<reg name="rbp" bitsize="64" type="data_ptr"/>
<reg name="rsp" bitsize="64" type="data_ptr"/>
<reg name="r8" bitsize="64" type="int64"/>
<reg name="r9" bitsize="64" type="int64"/>
<reg name="r10" bitsize="64" type="int64"/>
<reg name="r11" bitsize="64" type="int64"/>
<reg name="r12" bitsize="64" type="int64"/>
<reg name="r13" bitsize="64" type="int64"/>
<reg name="r14" bitsize="64" type="int64"/>
<reg name="r15" bitsize="64" type="int64"/>
<reg name="rip" bitsize="64" type="code_ptr"/>
<reg name="eflags" bitsize="32" type="int32"/>
<reg name="cs" bitsize="32" type="int32"/>
<reg name="ss" bitsize="32" type="int32"/>
<reg name="ds" bitsize="32" type="int32"/>
<reg name="es" bitsize="32" type="int32"/>
<reg name="fs" bitsize="32" type="int32"/>
<reg name="gs" bitsize="32" type="int32"/>
<reg name="st0" bitsize="80" type="i387_ext"/>
<reg name="st1" bitsize="80" type="i387_ext"/>
<reg name="st2" bitsize="80" type="i387_ext"/>
<reg name="st3" bitsize="80" type="i387_ext"/>
<reg name="st4" bitsize="80" type="i387_ext"/>
<reg name="st5" bitsize="80" type="i387_ext"/>
<reg name="st6" bitsize="80" type="i387_ext"/>
<reg name="st7" bitsize="80" type="i387_ext"/>
<reg name="fctrl" bitsize="32" type="int" group="float"/>
<reg name="fstat" bitsize="32" type="int" group="float"/>
<reg name="ftag" bitsize="32" type="int" group="float"/>
<reg name="fiseg" bitsize="32" type="int" group="float"/>
<reg name="fioff" bitsize="32" type="int" group="float"/>
<reg name="foseg" bitsize="32" type="int" group="float"/>
<reg name="fooff" bitsize="32" type="int" group="float"/>
<reg name="fop" bitsize="32" type="int" group="float"/>
</feature>
<feature name="org.gnu.gdb.i386.sse">
<vector id="v4f" type="ieee_single" count="4"/>
<vector id="v2d" type="ieee_double" count="2"/>
<vector id="v16i8" type="int8" count="16"/>
<vector id="v8i16" type="int16" count="8"/>
<vector id="v4i32" type="int32" count="4"/>
<vector id="v2i64" type="int64" count="2"/>
<union id="vec128">
<field name="v4_float" type="v4f"/>
<field name="v2_double" type="v2d"/>
<field name="v16_int8" type="v16i8"/>
<field name="v8_int16" type="v8i16"/>
<field name="v4_int32" type="v4i32"/>
<field name="v2_int64" type="v2i64"/>
<field name="uint128" type="uint128"/>
</union>
<reg name="xmm0" bitsize="128" type="vec128"/>
<reg name="xmm1" bitsize="128" type="vec128"/>
<reg name="xmm2" bitsize="128" type="vec128"/>
<reg name="xmm3" bitsize="128" type="vec128"/>
<reg name="xmm4" bitsize="128" type="vec128"/>
<reg name="xmm5" bitsize="128" type="vec128"/>
<reg name="xmm6" bitsize="128" type="vec128"/>
<reg name="xmm7" bitsize="128" type="vec128"/>
<reg name="xmm8" bitsize="128" type="vec128"/>
<reg name="xmm9" bitsize="128" type="vec128"/>
<reg name="xmm10" bitsize="128" type="vec128"/>
<reg name="xmm11" bitsize="128" type="vec128"/>
<reg name="xmm12" bitsize="128" type="vec128"/>
<reg name="xmm13" bitsize="128" type="vec128"/>
<reg name="xmm14" bitsize="128" type="vec128"/>
<reg name="xmm15" bitsize="128" type="vec128"/>
<reg name="mxcsr" bitsize="32" type="int32" group="vector"/>
</feature>
</target>
"#;

/// x86-64 as gdb sees it.
pub(super) enum Amd64 {}

impl Arch for Amd64 {
    type Usize = u64;
    type Registers = Place;
    type BreakpointKind = usize;
    type RegId = ();

    fn target_description_xml() -> Option<&'static str> {
        Some(DESCRIPTION)
    }
}

/// The registers that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The address of the operator.
    pub(super) rip: u64,
    /// The address of the frame.
    pub(super) rbp: u64,
    /// Where the frame ends.
    pub(super) rsp: u64,
    /// What the function has returned that the guest has just come back from, in `rax` and `xmm0`.
    pub(super) returned: Option<u64>,
}

/// Eight bytes, or as many that are unavailable.
fn put(write: &mut impl FnMut(Option<u8>), value: Option<u64>) {
    match value {
        Some(value) => value
            .to_le_bytes()
            .into_iter()
            .for_each(|it| write(Some(it))),
        None => (0..8).for_each(|_| write(None)),
    }
}

impl Registers for Place {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.rip
    }

    fn gdb_serialize(&self, mut write: impl FnMut(Option<u8>)) {
        for number in 0..=GENERAL {
            let value = match number {
                RAX => self.returned,
                RBP => Some(self.rbp),
                RSP => Some(self.rsp),
                GENERAL => Some(self.rip),
                _ => None,
            };
            put(&mut write, value);
        }
        (0..FLAGS_BYTES + X87_BYTES).for_each(|_| write(None));
        put(&mut write, self.returned);
        (0..SSE_BYTES).for_each(|_| write(None));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let register = |number: usize| {
            let bytes = bytes.get(number * 8..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes))
        };
        self.rip = register(GENERAL).ok_or(())?;
        self.rbp = register(RBP).ok_or(())?;
        self.rsp = register(RSP).ok_or(())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_where_gdb_looks_for_them() {
        let place = Place {
            rip: 1,
            rbp: 2,
            rsp: 3,
            returned: None,
        };
        let bytes_of = |place: Place| {
            let mut bytes = Vec::new();
            place.gdb_serialize(|byte| bytes.push(byte));
            bytes
        };
        let bytes = bytes_of(place);
        // As many as the description says.
        let sizes = DESCRIPTION.split("bitsize=\"").skip(1);
        let bits: usize = sizes
            .map(|size| size.split('"').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(bytes.len() * 8, bits);
        assert_eq!(bytes.iter().flatten().count(), 3 * 8);
        assert_eq!([bytes[128], bytes[48], bytes[56]], [1, 2, 3].map(Some));
        let returned = Some(0x2a);
        let behind = bytes_of(Place { returned, ..place });
        // `xmm0` comes behind 16 + 1 registers of 64 bits, 7 of 32, 8 of 80, 8 of 32.
        let xmm0 = 17 * 8 + 7 * 4 + 8 * 10 + 8 * 4;
        assert_eq!([behind[0], behind[xmm0]], [Some(0x2a); 2]);
        assert_eq!(behind.iter().flatten().count(), 5 * 8);
        let bytes: Vec<u8> = bytes.into_iter().map(Option::unwrap_or_default).collect();
        let mut read = Place::default();
        read.gdb_deserialize(&bytes).unwrap();
        assert_eq!(read, place);
        assert!(read.gdb_deserialize(&bytes[..100]).is_err());
    }
}
