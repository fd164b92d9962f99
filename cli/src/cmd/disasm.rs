//! `wrtc disasm`: the bytecode of an image, each instruction after the Wasm offset it comes from.
//!
//! Input: an image; with `--func` one function of it, by name, export name or index. Output: text. The image's metadata is verified;
//! function bodies need not be valid to be shown. Behind an instruction that names a function stand the function's index and name.

use core::fmt::Write as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use wrt_format::image::ModuleView;
use wrt_format::image::types::{ExternKind, ExternType};
use wrt_format::isa::{Op, Role, disasm, field_value};
use wrt_format::verify::VerifiedImage;
use wrt_vm::{Limits, ValType};

use super::print;
use crate::load::Image;
use crate::status::{Failure, Status};

/// Arguments of `wrtc disasm`.
#[derive(Args, Debug)]
pub(crate) struct DisasmArgs {
    /// The image; a .wasm or .wat module is compiled first.
    #[arg(value_name = "IMG")]
    image: PathBuf,

    /// Show only this function.
    #[arg(long, value_name = "NAME|INDEX")]
    func: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &DisasmArgs) -> Result<u8, Failure> {
    let place = args.image.display();
    let image = Image::open(&args.image)?;
    let image = VerifiedImage::verify(image.bytes(), &Limits::default())
        .map_err(|error| Failure::from(error).at(&place))?;
    let mut text = String::new();
    let mut shown = 0;
    for module in (0..image.modules()).map(|number| image.module(number)) {
        let names = outer_names(&module);
        let name = |func| {
            let named = module.func_name(func);
            named
                .or_else(|| names.get(&func).copied())
                .unwrap_or_default()
        };
        for func in 0..module.func_count() {
            if args
                .func
                .as_ref()
                .is_none_or(|wanted| is_called(&module, func, wanted))
            {
                function(&mut text, &module, func, &name).map_err(|_| formatting())?;
                shown += 1;
            }
        }
        print(&text)?;
        text.clear();
    }
    match &args.func {
        Some(wanted) if shown == 0 => Err(Failure::usage(format!(
            "{place}: {}",
            not_shown(&image, wanted)
        ))),
        _ => Ok(0),
    }
}

/// Why no function was shown.
fn not_shown(image: &VerifiedImage<'_>, wanted: &str) -> String {
    let modules = || (0..image.modules()).map(|number| image.module(number));
    if let Ok(index) = wanted.parse::<u32>()
        && modules().any(|module| index < module.imported_funcs())
    {
        return format!("function {index} is imported and has no code here");
    }
    let funcs = modules().map(|module| module.imported_funcs() + module.func_count());
    format!(
        "the image defines no function {wanted}; indices end at {}",
        funcs.max().unwrap_or(0).saturating_sub(1)
    )
}

fn formatting() -> Failure {
    Failure::new(Status::Internal, "formatting failed")
}

/// Whether a defined function is what the user means: its index (imports first), name or export name.
fn is_called(module: &ModuleView<'_>, func: u32, wanted: &str) -> bool {
    let index = module.imported_funcs() + func;
    wanted.parse() == Ok(index)
        || module.func_name(index) == Some(wanted)
        || module.export(wanted) == Some((ExternKind::Func, index))
}

/// A heading, then a line per instruction: Wasm offset where a new one begins, word number, instruction.
fn function<'a>(
    text: &mut String,
    module: &ModuleView<'_>,
    func: u32,
    name: &dyn Fn(u32) -> &'a str,
) -> core::fmt::Result {
    let index = module.imported_funcs() + func;
    let record = module.func(func);
    let ty = module.func_type(record.type_idx);
    let types = |types: &[ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let called = name(index);
    writeln!(
        text,
        "func {index} {called}({}) -> ({})  frame {}, {} words at {:#x}",
        types(ty.params),
        types(ty.results),
        record.frame,
        record.words,
        record.code_word
    )?;
    let words = words(module, func);
    let (mut at, mut last) = (0, None);
    let mut offsets = module.wasm_offsets(func).peekable();
    let mut offset = None;
    while at < words.len() {
        while let Some((_, known)) = offsets.next_if(|&(word, _)| word as usize <= at) {
            offset = Some(known);
        }
        match offset.filter(|_| offset != last) {
            Some(offset) => write!(text, "{offset:#8x}")?,
            None => write!(text, "{:8}", "")?,
        }
        last = offset.or(last);
        write!(text, " {at:5}  ")?;
        at = instruction(text, module, words, at, name)?;
        writeln!(text)?;
    }
    writeln!(text)
}

/// The instruction at a word of a function's code, with the name of what it calls; gives the word behind it.
pub(super) fn instruction<'a>(
    text: &mut String,
    module: &ModuleView<'_>,
    words: &[u16],
    at: usize,
    name: &dyn Fn(u32) -> &'a str,
) -> Result<usize, core::fmt::Error> {
    let next = disasm::instruction(text, words, at)?.max(at + 1);
    if let Some(callee) = callee(module, words, at) {
        let line = format!("func {callee} {}", name(callee));
        write!(text, "  ; {}", line.trim_end())?;
    }
    Ok(next)
}

/// The code of a defined function.
pub(super) fn words<'a>(module: &ModuleView<'a>, func: u32) -> &'a [u16] {
    let record = module.func(func);
    let start = record.code_word as usize;
    let words = start..start.saturating_add(record.words as usize);
    module.code().get(words).unwrap_or_default()
}

/// What to call functions that have no name of their own: by an export or import of theirs.
pub(super) fn outer_names<'a>(module: &ModuleView<'a>) -> BTreeMap<u32, &'a str> {
    let imports = module
        .imports()
        .filter(|import| matches!(import.ty, ExternType::Func(_)));
    let imports = (0..).zip(imports.map(|import| import.name));
    let exports = module.exports().filter(|e| e.kind == ExternKind::Func);
    let exports = exports.map(|export| (export.index, export.name));
    imports.chain(exports).collect()
}

/// The function that the instruction at a word names, by its index in the function index space.
fn callee(module: &ModuleView<'_>, words: &[u16], at: usize) -> Option<u32> {
    let rest = words.get(at..)?;
    let info = Op::from_number(u16::from_le(*rest.first()?))?.info();
    let own = rest.get(..usize::from(info.words))?;
    let own: Vec<u16> = own.iter().map(|&word| u16::from_le(word)).collect();
    info.fields.iter().find_map(|field| {
        let first = if field.role.is_defined_func() {
            module.imported_funcs()
        } else if matches!(field.role, Role::ImportFunc | Role::Func) {
            0
        } else {
            return None;
        };
        let index = u32::try_from(field_value(&own, field)).ok()?;
        first.checked_add(index)
    })
}
