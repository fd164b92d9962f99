//! Random branch hints: they may change the order of blocks and nothing that can be seen.

use crate::generate::Random;
use crate::rewrite::leb;
use wasmparser::{Operator, Parser, Payload, TypeRef};

/// The module with a hint for every second `if` and `br_if`.
pub(crate) fn with_hints(wasm: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let (mut func, mut code, mut count, mut funcs) = (0, None, 0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(reader) => {
                let imports = reader.into_imports().map(Result::unwrap);
                func += imports
                    .filter(|it| matches!(it.ty, TypeRef::Func(_)))
                    .count();
            }
            Payload::CodeSectionStart {
                unchecked_range: range,
                ..
            } => code = Some(range),
            Payload::CodeSectionEntry(body) => {
                let (mut hints, mut number) = (Vec::new(), 0);
                for op in body
                    .get_operators_reader()
                    .unwrap()
                    .into_iter_with_offsets()
                {
                    let (op, offset) = op.unwrap();
                    let branches = matches!(op, Operator::If { .. } | Operator::BrIf { .. });
                    if branches && random.below(2) == 0 {
                        hints.extend(leb((offset - body.range().start) as usize));
                        hints.extend([1, random.below(2) as u8]);
                        number += 1;
                    }
                }
                if number > 0 {
                    funcs.extend(leb(func));
                    funcs.extend(leb(number));
                    funcs.extend(hints);
                    count += 1;
                }
                func += 1;
            }
            _ => {}
        }
    }
    let Some(code) = code.filter(|_| count > 0) else {
        return wasm.to_vec();
    };
    let name = b"metadata.code.branch_hint";
    let mut section = leb(name.len());
    section.extend(name);
    section.extend(leb(count));
    section.extend(funcs);
    // The code section's length field ends where its content starts, and its kind is in front of that field.
    let content = code.start as usize;
    let length = (1..=5).find(|&n| {
        let field = &wasm[content - n..content];
        let value = field
            .iter()
            .rev()
            .fold(0, |all, &byte| all << 7 | usize::from(byte & 0x7f));
        wasm[content - n - 1] == 10 && value == (code.end - code.start) as usize
    });
    let start = content - length.unwrap() - 1;
    let mut out = wasm[..start].to_vec();
    out.push(0);
    out.extend(leb(section.len()));
    out.extend(section);
    out.extend(&wasm[start..]);
    out
}
