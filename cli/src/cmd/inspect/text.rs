//! The description of an image as text: the same facts as the JSON object, laid out for reading.
//!
//! Input: the JSON object. Output: text, a heading and a table for each part.

use core::fmt::Write as _;

use serde_json::Value;

/// Fields of a module that are one number each, in the order in which they are printed.
const COUNTS: &[&str] = &[
    "types",
    "functions",
    "tables",
    "memories",
    "globals",
    "elem_segments",
    "data_segments",
];
/// Budgets, with their units.
const BUDGETS: &[(&str, &str)] = &[
    ("max_frame_slots", "slots of 8 bytes"),
    ("min_memory_64k", "pages of 64 KiB"),
    ("max_memory_64k", "pages of 64 KiB"),
    ("table_elems", "elements"),
    ("globals", "globals"),
];

/// The whole text.
pub(super) fn of(image: &Value) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = header(&mut out, image).and_then(|()| sections(&mut out, image));
    for (number, module) in items(image, "modules").iter().enumerate() {
        let _ = self::module(&mut out, number, module);
    }
    out
}

fn header(out: &mut String, image: &Value) -> core::fmt::Result {
    writeln!(
        out,
        "image, {} bytes, format {}, instruction set {}, build {}, checksum {}, security counter {}",
        plain(&image["bytes"]),
        plain(&image["format"]),
        plain(&image["isa"]),
        plain(&image["build_id"]),
        plain(&image["crc"]),
        plain(&image["security_counter"])
    )?;
    writeln!(
        out,
        "features required: {}\nhash {}",
        list(&image["required_features"]),
        plain(&image["hash"])
    )?;
    writeln!(out, "\nbudgets")?;
    for (name, unit) in BUDGETS {
        let value = &image["budgets"][name];
        if value.is_null() {
            writeln!(out, "  {name:22} {:>10}", "no bound")?;
        } else {
            writeln!(out, "  {name:22} {:>10} {unit}", plain(value))?;
        }
    }
    Ok(())
}

fn sections(out: &mut String, image: &Value) -> core::fmt::Result {
    writeln!(out, "\nsections")?;
    writeln!(
        out,
        "  {:12} {:>6} {:>10} {:>10} {:>9}  sha256",
        "kind", "module", "offset", "bytes", "elements"
    )?;
    for section in items(image, "sections") {
        writeln!(
            out,
            "  {:12} {:>6} {:>10} {:>10} {:>9}  {}",
            plain(&section["kind"]),
            plain(&section["module"]),
            plain(&section["offset"]),
            plain(&section["bytes"]),
            plain(&section["count"]),
            plain(&section["sha256"])
        )?;
    }
    Ok(())
}

fn module(out: &mut String, number: usize, module: &Value) -> core::fmt::Result {
    writeln!(out, "\nmodule {number}, name: {}", plain(&module["name"]))?;
    let counts: Vec<String> = COUNTS
        .iter()
        .map(|name| format!("{} {}", plain(&module[name]), name.replace('_', " ")))
        .collect();
    writeln!(out, "  {}", counts.join(", "))?;
    writeln!(out, "  features: {}", list(&module["features"]))?;
    writeln!(out, "  start function: {}", plain(&module["start"]))?;
    writeln!(out, "  imports: {}", items(module, "imports").len())?;
    for import in items(module, "imports") {
        let (from, name) = (&import["module"], &import["name"]);
        writeln!(out, "    {from} {name} {}", plain(&import["type"]))?;
    }
    writeln!(out, "  exports: {}", items(module, "exports").len())?;
    for export in items(module, "exports") {
        writeln!(out, "    {} {}", export["name"], plain(&export["type"]))?;
    }
    Ok(())
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// Words with commas, or a word that says that there are none.
fn list(value: &Value) -> String {
    let items: Vec<String> = value.as_array().into_iter().flatten().map(plain).collect();
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
