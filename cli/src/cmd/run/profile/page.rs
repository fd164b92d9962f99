//! The profile as one HTML page that needs nothing else: the drawing of calls, then the blocks that took most fuel, Wasm beside bytecode.
//!
//! Input: a profile, the module's image and, if it is known, the Wasm binary that the image comes from. Output: text.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use wrt_format::image::ModuleView;
use wrt_format::isa::{Control, Op};

use super::flame::{escape, svg};
use super::{Names, Profile};
use crate::cmd::disasm;

/// Blocks that are shown.
const BLOCKS: usize = 30;
/// Most instructions of a block that are shown.
const LINES: usize = 200;

/// Text and range of a hot block.
struct Block {
    func: u32,
    /// Its first and last offset in the Wasm binary, as far as the image knows.
    offsets: Option<(u32, u32)>,
    fuel: u64,
    bytecode: String,
}

/// The page.
pub(super) fn page(
    title: &str,
    profile: &Profile,
    module: &ModuleView<'_>,
    wasm: Option<&[u8]>,
) -> String {
    let names = Names::new(module);
    let blocks = hottest(profile, module, &names);
    let text = wasm.map_or_else(|| Ok(BTreeMap::new()), |wasm| operators(wasm, &blocks));
    let (text, trouble) = match text {
        Ok(text) => (text, None),
        Err(error) => (BTreeMap::new(), Some(error)),
    };
    let total = profile.total();
    let title = escape(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}: profile</title>\n<style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n<p>{samples} samples, one each {every} units of fuel in the mean; {total} units in all. One WebAssembly operator costs 1.</p>\n\
         <h2>Calls</h2>\n<p>Callers above callees, widths are fuel. A click on a box shows it alone; a click on <i>all</i> everything.</p>\n",
        samples = profile.samples,
        every = profile.every,
    );
    if profile.samples == 0 {
        out.push_str("<p>The guest has used less fuel than one portion: choose a smaller one with --profile-every.</p>\n");
    }
    out.push_str(&svg(profile, &|func| names.of(func)));
    out.push_str("<h2>Blocks</h2>\n");
    if let Some(error) = trouble {
        let error = escape(&error);
        out.push_str(&format!(
            "<p>The module's text cannot be shown: {error}</p>\n"
        ));
    }
    for block in &blocks {
        let share = 100.0 * block.fuel as f64 / total.max(1) as f64;
        let offset = block.offsets.map(|(first, _)| first);
        let place = offset.map(|offset| format!(" at Wasm offset {offset:#x}"));
        let wasm = offset.and_then(|offset| text.get(&offset));
        // Formatting into a string does not fail.
        let _ = writeln!(
            out,
            "<h3>{share:.2} %: {name}{place}</h3>\n<div class=\"block\"><pre>{wasm}</pre><pre>{bytecode}</pre></div>",
            name = escape(&names.of(block.func)),
            place = place.unwrap_or_default(),
            wasm = escape(wasm.map_or("", String::as_str)),
            bytecode = escape(&block.bytecode),
        );
    }
    let _ = writeln!(out, "<script>{SCRIPT}</script></body></html>");
    out
}

/// The blocks that took most fuel, the most expensive first.
fn hottest(profile: &Profile, module: &ModuleView<'_>, names: &Names<'_>) -> Vec<Block> {
    let mut blocks: Vec<_> = profile.blocks.iter().collect();
    blocks.sort_by_key(|&(place, fuel)| (core::cmp::Reverse(fuel), place));
    blocks.truncate(BLOCKS);
    let blocks = blocks.into_iter().filter_map(|(&(func, word), &fuel)| {
        let defined = func.checked_sub(module.imported_funcs())?;
        // Where the compiler has put it in the place of a call, the block is another function's.
        let source = module.positions(defined, word).next()?.func;
        Some(Block {
            func: module.imported_funcs() + source,
            offsets: offsets(module, defined, word),
            fuel,
            bytecode: bytecode(module, defined, word as usize, names)?,
        })
    });
    blocks.collect()
}

/// The first and the last Wasm offset of the block that begins at a word.
fn offsets(module: &ModuleView<'_>, func: u32, word: u32) -> Option<(u32, u32)> {
    let words = disasm::words(module, func);
    let begins = |at: u32| words.get(at as usize).is_some_and(|&word| begins(word));
    let own = module.wasm_offsets(func).skip_while(|&(at, _)| at < word);
    let mut own = own.take_while(|&(at, _)| at == word || !begins(at));
    let (at, first) = own.next()?;
    // Optimised code is not in the order of its source, nor all of one function.
    let body = |at: u32| module.positions(func, at).next().map(|it| it.func);
    let own = own.filter(|&(it, _)| body(it) == body(at));
    let last = own.map(|(_, offset)| offset).max();
    Some((first, last.unwrap_or(first).max(first)))
}

/// Whether a block begins with this word.
fn begins(word: u16) -> bool {
    let op = Op::from_number(u16::from_le(word));
    op.is_some_and(|op| matches!(op.info().control, Control::Fuel | Control::Enter))
}

/// The instructions of the block at `word`, up to the next block.
fn bytecode(module: &ModuleView<'_>, func: u32, word: usize, names: &Names<'_>) -> Option<String> {
    let words = disasm::words(module, func);
    let mut text = String::new();
    let mut at = word;
    for line in 0..LINES {
        let ends = words.get(at).is_none_or(|&next| line > 0 && begins(next));
        if ends {
            break;
        }
        write!(text, "{at:5}  ").ok()?;
        at = disasm::instruction(&mut text, module, words, at, &|func| names.known(func)).ok()?;
        text.push('\n');
    }
    Some(text)
}

/// The text of the operators of each block, by its offset: from behind the control operator before it to the one that ends it.
fn operators(wasm: &[u8], blocks: &[Block]) -> Result<BTreeMap<u32, String>, String> {
    let mut storage = String::new();
    let lines = wasmprinter::Config::new().offsets_and_lines(wasm, &mut storage);
    let lines = lines.map_err(|error| error.to_string())?;
    let ends: BTreeMap<u32, u32> = blocks.iter().filter_map(|block| block.offsets).collect();
    let mut texts: BTreeMap<u32, Vec<(u32, &str)>> = BTreeMap::new();
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut straight = Vec::new();
    for (offset, line) in lines {
        let Some(offset) = offset.and_then(|offset| u32::try_from(offset).ok()) else {
            continue;
        };
        let (line, is_control) = (line.trim_end(), is_control(line));
        for (start, _) in &open {
            texts.entry(*start).or_default().push((offset, line));
        }
        straight.push((offset, line));
        if let Some(&end) = ends.get(&offset) {
            open.push((offset, end));
            texts.insert(offset, straight.clone());
        }
        open.retain(|&(start, end)| {
            let is_full = texts.get(&start).is_none_or(|text| text.len() >= LINES);
            let is_whole = is_control && offset >= end;
            !is_full && !is_whole
        });
        if is_control || straight.len() >= LINES {
            straight.clear();
        }
    }
    let texts = texts.into_iter();
    Ok(texts
        .map(|(start, lines)| (start, outdent(&lines)))
        .collect())
}

/// Whether the operator on this line begins or ends a block, or leads to another.
fn is_control(line: &str) -> bool {
    let operator = line.split_whitespace().next().unwrap_or_default();
    let others = [
        "block",
        "loop",
        "if",
        "else",
        "end",
        "return",
        "unreachable",
        "try_table",
    ];
    others.contains(&operator) || operator.starts_with("br") || operator.starts_with("return_")
}

/// Lines behind their offsets, without the indentation that all of them have.
fn outdent(lines: &[(u32, &str)]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let common = lines.iter().map(|(_, line)| indent(line)).min();
    let common = common.unwrap_or(0);
    let lines = lines.iter();
    let lines = lines.map(|(offset, line)| {
        format!("{offset:#8x}  {}\n", line.get(common..).unwrap_or_default())
    });
    lines.collect()
}

const STYLE: &str = "body{font:14px sans-serif;margin:2em;max-width:1240px}pre{font:12px monospace;margin:0;overflow-x:auto}\
h3{font-size:14px;margin:1.5em 0 .3em}.block{display:grid;grid-template-columns:1fr 1fr;gap:1em;background:#f6f6f6;padding:.5em}\
svg text{font:11px monospace;pointer-events:none}svg g{cursor:pointer}svg rect:hover{stroke:#000}";

/// A click on a box makes it as wide as the drawing, and what is beside it disappears.
const SCRIPT: &str = "const W=1200,all=[...document.querySelectorAll('#flame g')];
function zoom(x,w){for(const g of all){const l=(+g.dataset.x-x)*W/w,n=+g.dataset.w*W/w,a=Math.max(l,0),b=Math.min(l+n,W);
g.style.display=b-a>0.4?'':'none';const r=g.querySelector('rect'),t=g.querySelector('text'),c=Math.floor((b-a)/6.6),s=g.dataset.n;
r.setAttribute('x',a);r.setAttribute('width',Math.max(b-a,0));t.setAttribute('x',a+3);
t.textContent=c<3?'':s.length<=c?s:s.slice(0,c-1)+'\\u2026';}}
for(const g of all)g.addEventListener('click',()=>zoom(+g.dataset.x,+g.dataset.w));";
