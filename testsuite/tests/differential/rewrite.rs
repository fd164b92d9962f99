//! Wasm modules with instructions put into their function bodies or other memory types, for what the other engines are asked.
//!
//! Input: a valid module. Output: the same module with other bodies; sections that are not code are copied byte by byte.

use wasmparser::{Operator, Parser, Payload};

/// `i32.const 1` `i32.rotl`: what is zero stays zero, and nothing else becomes it.
const KEEP_TRUTH: [u8; 3] = [0x41, 0x01, 0x77];
/// `i32.const 0` `drop`: one operator that costs 1 and one that costs nothing.
const COST_ONE: [u8; 3] = [0x41, 0x00, 0x1a];

/// LEB128 of a length.
pub(crate) fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A module whose bodies have `insert(position, operators before it, operator)` before each operator.
fn with_inserted(
    wasm: &[u8],
    insert: impl Fn(usize, Option<&Operator<'_>>, &Operator<'_>) -> &'static [u8],
) -> Vec<u8> {
    let (mut count, mut bodies, mut section) = (0, Vec::new(), 0..0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::CodeSectionStart {
                unchecked_range: range,
                count: n,
                ..
            } => (count, section) = (n, range),
            Payload::CodeSectionEntry(body) => {
                let ops = body.get_operators_reader().unwrap();
                let mut at = ops.original_position();
                let mut out = wasm[body.range().start as usize..at as usize].to_vec();
                let mut before: Option<Operator<'_>> = None;
                for (number, op) in ops.into_iter_with_offsets().enumerate() {
                    let (op, offset) = op.unwrap();
                    out.extend(&wasm[at as usize..offset as usize]);
                    out.extend(insert(number, before.as_ref(), &op));
                    (at, before) = (offset, Some(op));
                }
                out.extend(&wasm[at as usize..body.range().end as usize]);
                bodies.extend(leb(out.len()));
                bodies.extend(out);
            }
            _ => {}
        }
    }
    if count == 0 {
        return wasm.to_vec();
    }
    let mut code = leb(count as usize);
    code.extend(bodies);
    // The section's length field ends where its content starts, and its kind is in front of that field.
    let (start, end) = (section.start as usize, section.end as usize);
    let mut header = start - 1;
    while header > 0 && wasm[header - 1] & 0x80 != 0 {
        header -= 1;
    }
    let mut out = wasm[..header].to_vec();
    out.extend(leb(code.len()));
    out.extend(code);
    out.extend(&wasm[end..]);
    out
}

/// The module for wasmi 2.0.0, which translates a comparison of a local with zero and a `select` behind it to one instruction that
/// tests whatever was computed last instead of the local. With something between the two it does not; the meaning is the same.
pub(crate) fn around_the_peers_fault(wasm: &[u8]) -> Vec<u8> {
    with_inserted(wasm, |_, before, op| {
        let compared = matches!(
            before,
            Some(Operator::I32Eqz | Operator::I32Eq | Operator::I32Ne)
        );
        let selects = matches!(op, Operator::Select | Operator::TypedSelect { .. });
        if compared && selects {
            &KEEP_TRUTH
        } else {
            &[]
        }
    })
}

/// The module with memories that are not shared, of the same limits.
pub(crate) fn unshared(wasm: &[u8]) -> Vec<u8> {
    /// The bit of a memory type's flags that says so.
    const SHARED: u8 = 2;
    let mut out = wasm.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::MemorySection(memories) = payload.unwrap() {
            for memory in memories.into_iter_with_offsets() {
                let (offset, _) = memory.unwrap();
                out[offset as usize] &= !SHARED;
            }
        }
    }
    out
}

/// The module with every function costing 1 more: how much more a run costs is how many functions it has entered.
pub(crate) fn with_costlier_functions(wasm: &[u8]) -> Vec<u8> {
    with_inserted(
        wasm,
        |number, _, _| if number == 0 { &COST_ONE } else { &[] },
    )
}
