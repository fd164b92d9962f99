//! `wrtc disasm`: the bytecode of an image, each instruction after the Wasm offset it comes from.
//!
//! Input: an image; with `--func` one function of it, by name, export name or index. Output: text. The image's metadata is verified;
//! function bodies need not be valid to be shown.

use core::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use wrt_format::image::ModuleView;
use wrt_format::image::types::ExternKind;
use wrt_format::isa::disasm;
use wrt_format::verify::VerifiedImage;
use wrt_vm::{Limits, type_name};

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
        for func in 0..module.func_count() {
            if args
                .func
                .as_ref()
                .is_none_or(|wanted| is_called(&module, func, wanted))
            {
                function(&mut text, &module, func).map_err(|_| formatting())?;
                shown += 1;
            }
        }
        print(&text)?;
        text.clear();
    }
    match &args.func {
        Some(wanted) if shown == 0 => Err(Failure::usage(format!(
            "{place}: the image defines no function {wanted}"
        ))),
        _ => Ok(0),
    }
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
fn function(text: &mut String, module: &ModuleView<'_>, func: u32) -> core::fmt::Result {
    let index = module.imported_funcs() + func;
    let record = module.func(func);
    let ty = module.func_type(record.type_idx);
    let types = |types: &[u8]| {
        types
            .iter()
            .map(|&ty| type_name(ty))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let name = module.func_name(index).unwrap_or("");
    writeln!(
        text,
        "func {index} {name}({}) -> ({})  frame {}, {} words at {:#x}",
        types(ty.params),
        types(ty.results),
        record.frame,
        record.words,
        record.code_word
    )?;
    let start = record.code_word as usize;
    let words = start..start.saturating_add(record.words as usize);
    let words = module.code().get(words).unwrap_or_default();
    let (mut at, mut last) = (0, None);
    while at < words.len() {
        let offset = module.wasm_offset(func, at as u32);
        match offset.filter(|_| offset != last) {
            Some(offset) => write!(text, "{offset:#8x}")?,
            None => write!(text, "{:8}", "")?,
        }
        last = offset.or(last);
        write!(text, " {at:5}  ")?;
        at = disasm::instruction(text, words, at)?.max(at + 1);
        writeln!(text)?;
    }
    writeln!(text)
}
