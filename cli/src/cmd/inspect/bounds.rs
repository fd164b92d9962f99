//! `wrtc inspect --bounds`: how much a guest can do between two looks at its fuel.
//!
//! Input: an image whose code has been verified. Output: a JSON object. Invariants: what is said holds of every run, since it is read off the
//! code: a block is paid for when it is entered, and has no cycle; what goes by length is paid for as it goes.
//!
//! A pause, a time slice, an interrupt therefore waits for one block at most, and for one slice of what goes by length, which is
//! never longer than the fuel or the time slice covers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wrt_format::image::ModuleView;
use wrt_format::isa::{Charge, Op, Role, field_value, instructions_le};
use wrt_format::verify::VerifiedImage;

/// The costliest block of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Block {
    /// What entering it debits.
    cost: u64,
    /// Instructions in it.
    instructions: u64,
    /// Its first word in the function.
    word: usize,
}

/// What an instruction that goes by length does for a unit of fuel, and whether it pauses half-way.
const fn of_charge(charge: Charge) -> Option<(&'static str, bool)> {
    match charge {
        Charge::Zero => None,
        Charge::Bytes => Some(("64 bytes", true)),
        Charge::Elems => Some(("8 elements", true)),
        Charge::Pages => Some(("64 KiB", false)),
        Charge::Heap => Some(("64 bytes, and what is collected for them", false)),
    }
}

/// The bounds of all functions, and of what goes by length, of the whole image.
pub(super) fn describe(image: &VerifiedImage<'_>) -> Value {
    let mut lengths: BTreeMap<&str, (Charge, u64)> = BTreeMap::new();
    let mut most = Block::default();
    let mut longest = 0;
    let mut functions = Vec::new();
    for number in 0..image.modules() {
        let module = image.module(number);
        for func in 0..module.func_count() {
            let (block, instructions) = function(&module, func, &mut lengths);
            longest = longest.max(instructions);
            if block.cost > most.cost {
                most = block;
            }
            let index = module.imported_funcs() + func;
            functions.push(json!({
                "module": number,
                "function": index,
                "name": module.func_name(index),
                "block_cost": block.cost,
                "block_instructions": block.instructions,
                "wasm_offset": module.wasm_offset(func, block.word as u32),
            }));
        }
    }
    let lengths = lengths.into_iter().filter_map(|(name, (charge, count))| {
        let (per_fuel, pauses) = of_charge(charge)?;
        Some(json!({ "instruction": name, "count": count, "per_fuel": per_fuel, "pauses_half_way": pauses }))
    });
    json!({
        "block_cost": most.cost,
        "block_instructions": longest,
        "by_length": lengths.collect::<Vec<_>>(),
        "functions": functions,
    })
}

/// The costliest block of a function, and the most instructions of one.
fn function(
    module: &ModuleView<'_>,
    func: u32,
    lengths: &mut BTreeMap<&str, (Charge, u64)>,
) -> (Block, u64) {
    let record = module.func(func);
    let start = record.code_word as usize;
    let words = module.code().get(start..start + record.words as usize);
    let (mut now, mut most, mut longest) = (Block::default(), Block::default(), 0);
    let mut end = |block: Block| {
        longest = longest.max(block.instructions);
        if block.cost > most.cost {
            most = block;
        }
    };
    for (word, op, own) in instructions_le(words.unwrap_or_default()) {
        let Some(op) = op else { continue };
        let info = op.info();
        if matches!(op, Op::Fuel | Op::Enter) {
            end(now);
            now = Block {
                word,
                ..Block::default()
            };
        }
        now.instructions += 1;
        let own: Vec<u16> = own.iter().map(|&word| u16::from_le(word)).collect();
        let costs = info.fields.iter();
        let costs = costs.filter(|field| matches!(field.role, Role::BlockCost | Role::Cost));
        now.cost += costs
            .map(|field| field_value(&own, field) as u64)
            .sum::<u64>();
        if info.charge != Charge::Zero {
            lengths.entry(info.name).or_insert((info.charge, 0)).1 += 1;
        }
    }
    end(now);
    (most, longest)
}

/// The same as text.
pub(super) fn text(bounds: &Value) -> String {
    let mut text = format!(
        "\nbounds of the work between two looks at the fuel\n  costliest block: {} fuel; longest block: {} instructions\n",
        bounds["block_cost"], bounds["block_instructions"]
    );
    let list = |name: &str| bounds[name].as_array().cloned().unwrap_or_default();
    for length in list("by_length") {
        let plain = |field: &str| length[field].as_str().unwrap_or_default().to_owned();
        let pauses = if length["pauses_half_way"] == true {
            "pauses half-way where the fuel or the time slice ends"
        } else {
            "in one piece, paid for beforehand"
        };
        text.push_str(&format!(
            "  {} ({} times): {} for 1 fuel; {pauses}\n",
            plain("instruction"),
            length["count"],
            plain("per_fuel"),
        ));
    }
    text.push_str("  function  costliest block  instructions in it  at Wasm offset  name\n");
    for function in list("functions") {
        let offset = function["wasm_offset"].as_u64();
        let offset = offset.map_or("-".to_owned(), |offset| format!("{offset:#x}"));
        text.push_str(&format!(
            "  {:>8}  {:>15}  {:>18}  {offset:>14}  {}\n",
            function["function"].to_string(),
            function["block_cost"].to_string(),
            function["block_instructions"].to_string(),
            function["name"].as_str().unwrap_or_default()
        ));
    }
    text
}
