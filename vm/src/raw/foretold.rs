//! Indices that the processor foretells, as it does branches, so that what comes behind need not wait for them.
//!
//! Every operand of what a branch table leads to is read from there, so all of it waits for the index, though the processor has long foretold
//! which handlers run. A guest that interprets something goes at that pace: its next instruction is loaded, then the label, then operands,
//! then slots, one after the other. So a jump of the host goes to one of many places by the index, and each has its number as a constant:
//! where the jump was foretold rightly, which it is about as often as the next handler is, nothing waits. The same for calls
//! through a table.
//!
//! Only in builds with direct threading: a branch table takes 2.5 KiB for its places, a call a quarter of that, and machines that wait for
//! every load anyway gain nothing.
//!
//! Relied on elsewhere:
//! - F1: what is returned is the index itself, whichever way it was come by. Callers that have checked the index check nothing again.

/// `$index`, as a constant where it is one of the numbers.
#[cfg(all(wrt_direct, not(debug_assertions)))]
macro_rules! places {
    ($index:ident: $($number:literal)*) => {
        match $index {
            $($number => {
                let mut number: usize = $number;
                // A text of its own keeps each apart from the others, and the compiler from knowing that the number is the index.
                // SAFETY: no instruction, and the number stays as it is (F1).
                unsafe {
                    core::arch::asm!(
                        concat!("/* {0} ", $number, " */"),
                        inlateout(reg) number,
                        options(nomem, nostack, preserves_flags)
                    );
                }
                number
            })*
            other => other as usize,
        }
    };
}
#[cfg(not(all(wrt_direct, not(debug_assertions))))]
macro_rules! places {
    ($index:ident: $($number:literal)*) => {
        $index as usize
    };
}

/// `index`, which the processor may know before it is computed if it is below 256: opcodes of an interpreter are.
#[inline(always)]
pub(super) fn target(index: u32) -> usize {
    places! { index:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
            32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
            64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95
            96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127
            128 129 130 131 132 133 134 135 136 137 138 139 140 141 142 143 144 145 146 147 148 149 150 151 152 153 154 155 156 157 158 159
            160 161 162 163 164 165 166 167 168 169 170 171 172 173 174 175 176 177 178 179 180 181 182 183 184 185 186 187 188 189 190 191
            192 193 194 195 196 197 198 199 200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221 222 223
            224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255
    }
}

/// The same below 64, for elements of tables: there are many instructions that call, and a second jump for the upper bits of greater numbers
/// gains nothing in SQLite, QuickJS and Lua, whose tables are larger.
#[cfg(any(wrt_direct, test))]
#[inline(always)]
pub(super) fn element(index: u64) -> usize {
    places! { index:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
            32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_stay_what_they_are() {
        for index in (0..1_000).chain(u32::MAX - 1..=u32::MAX) {
            assert_eq!(target(index), index as usize);
            assert_eq!(element(index.into()), index as usize);
        }
    }
}
