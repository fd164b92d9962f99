//! `wrtc inspect --bounds`: how much a guest can do between two looks at its fuel.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, wrtc, wrtd};
use serde_json::{Value, json};

#[test]
fn the_costliest_block_of_each_function_is_shown() {
    let dir = Dir::new("bounds");
    // 200 additions in a row cost more than one word can say.
    let long = "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(200);
    let guest = format!(
        r#"(module (memory (export "memory") 1)
          (func $short (export "short") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func $long (export "long") (param i32) (result i32)
            (if (local.get 0) (then {long}))
            (local.get 0))
          (func $fill (export "fill") (param i32)
            (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
            (memory.fill (i32.const 9) (i32.const 1) (local.get 0))
            (drop (memory.grow (i32.const 0)))))"#
    );
    let image = dir.image("f", &guest);
    let path = image.to_str().unwrap();
    let shown = wrtc(&["inspect", path, "--bounds", "--json"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let bounds = &shown["bounds"];
    let functions = bounds["functions"].as_array().unwrap();
    let names: Vec<&Value> = functions.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, [&json!("short"), &json!("long"), &json!("fill")]);
    // An operator costs 1: the first has 3, the block of the second 4 times 200, and what follows it.
    assert_eq!(functions[0]["block_cost"], 3);
    assert_eq!(functions[1]["block_cost"], 801);
    assert_eq!(bounds["block_cost"], 801);
    assert!(functions[1]["wasm_offset"].as_u64() > functions[0]["wasm_offset"].as_u64());
    assert!(bounds["block_instructions"].as_u64().unwrap() >= 1);
    let lengths = json!([
        { "instruction": "memory_fill", "count": 2, "per_fuel": "64 bytes", "pauses_half_way": true },
        { "instruction": "memory_grow", "count": 1, "per_fuel": "64 KiB", "pauses_half_way": false },
    ]);
    assert_eq!(bounds["by_length"], lengths);
    let text = wrtc(&["inspect", path, "--bounds"]).stdout;
    assert!(text.contains("costliest block: 801 fuel"), "{text}");
    assert!(
        text.contains("memory_fill (2 times): 64 bytes for 1 fuel; pauses half-way"),
        "{text}"
    );
    assert!(!wrtc(&["inspect", path]).stdout.contains("costliest"));

    // With one unit less than the block costs the guest pauses.
    let run = |fuel: &str| wrtd(&["run", path, "--fuel", fuel, "--invoke", "long", "1"]);
    assert_eq!(run("803").stdout, "601\n");
    assert_eq!(run("802").status, 249);
}
