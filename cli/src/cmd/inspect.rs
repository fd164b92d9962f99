//! `wrtc inspect`: what an image holds, as text or JSON.
//!
//! Input: an image. Output: header, budgets, features, sections with their hashes, and each module's imports and exports with their
//! types. Metadata and hashes are verified first; with `--verify` all function bodies too.

mod bounds;
mod text;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use wrt_format::image::section::{Kind, Section};
use wrt_format::image::types::{ExternKind, ExternType, GlobalType, MemoryType, TableType};
use wrt_format::image::{ModuleView, features};
use wrt_format::verify::VerifiedImage;
use wrt_vm::{Limits, ValType};

use super::print;
use crate::load::Image;
use crate::replace::replace;
use crate::status::{Failure, Status};

/// Arguments of `wrtc inspect`.
#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// The image; a .wasm or .wat module is compiled first.
    #[arg(value_name = "IMG")]
    image: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    /// Verify all function bodies too, as a runner does before their first call.
    #[arg(long)]
    verify: bool,

    /// Write the symbol file of an image for debugging (wrtc compile -g), an ELF executable that gdb reads, to FILE instead of printing anything.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "verify", "bounds"])]
    symbols: Option<PathBuf>,

    /// Show how much the guest can do between two looks at its fuel: the costliest block of each function, and what goes by length. Verifies
    /// all function bodies.
    #[arg(long)]
    bounds: bool,
}

/// Runs the command.
pub(crate) fn run(args: &InspectArgs) -> Result<u8, Failure> {
    let fail = |error| Failure::from(error).at(args.image.display());
    let image = Image::open(&args.image)?;
    let limits = Limits::default();
    let image = if args.verify || args.bounds {
        VerifiedImage::verify_all(image.bytes(), &limits)
    } else {
        VerifiedImage::verify(image.bytes(), &limits)
    };
    let image = image.map_err(fail)?;
    image.check_hashes().map_err(fail)?;
    if let Some(path) = &args.symbols {
        return write_symbols(&image, path).map_err(|failure| failure.at(args.image.display()));
    }
    let mut description = describe(&image);
    let mut behind = String::new();
    if args.bounds {
        let bounds = bounds::describe(&image);
        behind = bounds::text(&bounds);
        description["bounds"] = bounds;
    }
    if args.json {
        print(&format!("{description:#}\n"))?;
    } else {
        print(&format!("{}{behind}", text::of(&description)))?;
    }
    Ok(0)
}

/// Writes the symbol file of the first module that has one.
fn write_symbols(image: &VerifiedImage<'_>, path: &Path) -> Result<u8, Failure> {
    let mut modules = (0..image.modules()).map(|number| image.module(number));
    let symbols = modules.find_map(|module| module.debug()?.symbols());
    let symbols = symbols.ok_or_else(|| {
        Failure::new(
            Status::Invalid,
            "the image has no symbols: compile the module with -g",
        )
    })?;
    replace(path, |file| file.write_all(symbols))
        .map_err(|error| Failure::io(path.display(), &error))?;
    Ok(0)
}

/// Everything, as the JSON object that is printed.
fn describe(image: &VerifiedImage<'_>) -> Value {
    let header = image.header();
    let budgets = &header.budgets;
    let unbounded = |value: u32| (value != u32::MAX).then_some(value);
    let modules = (0..image.modules()).map(|number| module(&image.module(number)));
    json!({
        "bytes": image.bytes().len(),
        "format": format!("{}.{}", header.major, header.minor),
        "isa": format!("{:08x}", header.isa_id),
        "build_id": format!("{:016x}", header.build_id),
        "crc": format!("{:08x}", header.crc),
        "hash": hex(&header.hash),
        "security_counter": header.security_counter,
        "required_features": feature_names(header.required_features),
        "budgets": {
            "max_frame_slots": budgets.max_frame_slots,
            "min_memory_64k": budgets.min_mem_64k,
            "max_memory_64k": unbounded(budgets.max_mem_64k),
            "table_elems": budgets.table_elems,
            "globals": budgets.globals,
        },
        "sections": image.sections().iter().map(|entry| section(image, &entry)).collect::<Vec<_>>(),
        "modules": modules.collect::<Vec<_>>(),
    })
}

fn feature_names(bits: u64) -> Vec<&'static str> {
    features::NAMES
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, name)| *name)
        .collect()
}

/// The name of a kind of section in FORMAT.md.
fn kind_name(number: u8) -> String {
    let name = match Kind::from_number(number) {
        Some(Kind::Root) => "ROOT",
        Some(Kind::Func) => "FUNC",
        Some(Kind::Code) => "CODE",
        Some(Kind::Const) => "CONST",
        Some(Kind::DataCow) => "DATA-COW",
        Some(Kind::Data) => "DATA",
        Some(Kind::Elem) => "ELEM",
        Some(Kind::ExportIndex) => "EXPORT-INDEX",
        Some(Kind::Decoys) => "DECOYS",
        Some(Kind::Handlers) => "HANDLERS",
        Some(Kind::Around) => "AROUND",
        Some(Kind::Refs) => "REFS",
        Some(Kind::Hashes) => "HASHES",
        Some(Kind::Names) => "NAMES",
        Some(Kind::Lines) => "LINES",
        Some(Kind::Debug) => "DEBUG",
        Some(Kind::Inlined) => "INLINED",
        None => return format!("unknown {number}"),
    };
    name.to_owned()
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn section(image: &VerifiedImage<'_>, section: &Section) -> Value {
    let element = Kind::from_number(section.kind).map_or(1, Kind::element_bytes);
    json!({
        "kind": kind_name(section.kind),
        "module": section.index,
        "offset": section.offset,
        "bytes": section.len,
        "count": section.len / element,
        "sha256": hex(&image.hash_of(section)),
    })
}

fn module(module: &ModuleView<'_>) -> Value {
    let import = |import: wrt_format::image::ImportView<'_>| {
        json!({
            "module": import.module,
            "name": import.name,
            "type": type_text(module, &import.ty),
        })
    };
    let export = |export: wrt_format::image::ExportView<'_>| {
        let ty = export_type(module, export.kind, export.index);
        json!({
            "name": export.name,
            "type": ty.map_or_else(String::new, |ty| type_text(module, &ty)),
        })
    };
    json!({
        "name": module.name(),
        "features": feature_names(module.features()),
        "functions": module.func_count(),
        "types": module.func_type_count(),
        "tables": module.table_count(),
        "memories": module.memory_count(),
        "globals": module.global_count(),
        "elem_segments": module.elem_count(),
        "data_segments": module.data_count(),
        "start": module.start(),
        "imports": module.imports().map(import).collect::<Vec<_>>(),
        "exports": module.exports().map(export).collect::<Vec<_>>(),
    })
}

fn export_type(module: &ModuleView<'_>, kind: ExternKind, index: u32) -> Option<ExternType> {
    match kind {
        ExternKind::Func => Some(ExternType::Func(module.func_type_idx(index))),
        ExternKind::Table => module.table_type(index).map(ExternType::Table),
        ExternKind::Memory => module.memory_type(index).map(ExternType::Memory),
        ExternKind::Global => module.global_type(index).map(ExternType::Global),
        ExternKind::Tag => module.tag_type(index).map(ExternType::Tag),
    }
}

/// A type in the words of the text format.
fn type_text(module: &ModuleView<'_>, ty: &ExternType) -> String {
    match *ty {
        ExternType::Func(type_idx) => {
            let ty = module.func_type(type_idx);
            let list = |word: &str, types: &[ValType]| {
                let names: String = types.iter().map(|ty| format!(" {ty}")).collect();
                if names.is_empty() {
                    names
                } else {
                    format!(" ({word}{names})")
                }
            };
            format!(
                "(func{}{})",
                list("param", ty.params),
                list("result", ty.results)
            )
        }
        ExternType::Table(TableType {
            elem,
            is64,
            min,
            max,
        }) => {
            format!("(table{} {elem})", limits(is64, min, max))
        }
        ExternType::Memory(MemoryType {
            is64,
            shared,
            page_log2,
            min,
            max,
        }) => {
            let shared = if shared { " shared" } else { "" };
            let page = match page_log2 {
                16 => String::new(),
                log2 => format!(" (pagesize {})", 1_u64 << log2.min(63)),
            };
            format!("(memory{}{shared}{page})", limits(is64, min, max))
        }
        ExternType::Tag(type_idx) => {
            let params = module.func_type(type_idx).params.iter();
            let params: String = params.map(|ty| format!(" {ty}")).collect();
            match params.is_empty() {
                true => "(tag)".to_owned(),
                false => format!("(tag (param{params}))"),
            }
        }
        ExternType::Global(GlobalType { ty, mutable: true }) => {
            format!("(global (mut {ty}))")
        }
        ExternType::Global(GlobalType { ty, mutable: false }) => {
            format!("(global {ty})")
        }
    }
}

fn limits(is64: bool, min: u64, max: Option<u64>) -> String {
    let index = if is64 { " i64" } else { "" };
    let max = max.map_or_else(String::new, |max| format!(" {max}"));
    format!("{index} {min}{max}")
}
