//! Reads the machine code of the handlers in this test's own executable: in an optimised build each must end in a jump and call
//! nothing, or the host's stack grows with every instruction. Where there is no `objdump` for the machine, nothing is checked.
#![cfg(all(target_arch = "x86_64", target_os = "linux", not(debug_assertions)))]
#![cfg(not(any(feature = "loop-core", feature = "checked")))]

use std::collections::BTreeMap;
use std::process::Command;

use wrt_format::isa::{ALL, Control, Op};
use wrt_vm::{Config, Engine};

/// Handlers whose whole body is a jump to a cold one: they dispatch nothing themselves.
const COLD: &[&str] = &[
    "array_copy",
    "array_fill",
    "array_fill128",
    "array_init_data",
    "array_init_elem",
    "array_new",
    "array_new_data",
    "array_new_elem",
    "atomic_notify",
    "atomic_wait32",
    "atomic_wait64",
    "call_import",
    "call_import_short",
    "data_drop",
    "elem_drop",
    "enter",
    "ext",
    "halt",
    "leave",
    "memory_grow",
    "memory_init",
    "memory_size",
    "ref_cast_func",
    "ref_cast_func_null",
    "ref_func",
    "ref_test_func",
    "ref_test_func_null",
    "return_call_import",
    "struct_new",
    "stub_call",
    "table_copy",
    "table_fill",
    "table_grow",
    "table_init",
    "table_size",
    "throw",
    "throw_ref",
    "trap",
];

/// Where handlers are: those of every processor, and those of vector instructions for some; those for 64-bit addresses, likewise; the same for direct
/// threading.
const SETS: [&str; 10] = [
    "handlers",
    "level::ssse3",
    "level::avx2",
    "wide::wide_handlers",
    "level::wide_avx2",
    "direct::direct_handlers",
    "level::direct_ssse3",
    "level::direct_avx2",
    "wide::wide_direct_handlers",
    "level::wide_direct_avx2",
];

/// The first set for direct threading.
const DIRECT: usize = 5;

/// The module of copies, in which each copy has a module.
const COPIES: &str = "copies";

/// Machine instructions of each handler, by set and name.
type Handlers = BTreeMap<(String, String), Vec<String>>;

fn handlers() -> Option<Handlers> {
    let executable = std::env::current_exe().ok()?;
    let listing = Command::new("objdump")
        .args(["-d", "-C", "--no-show-raw-insn"])
        .arg(executable)
        .output()
        .ok()?;
    let listing = String::from_utf8(listing.stdout).ok()?;
    let mut found = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    for line in listing.lines() {
        if let Some((_, symbol)) = line
            .strip_suffix(">:")
            .and_then(|line| line.split_once('<'))
        {
            current = SETS.iter().chain([&COPIES]).find_map(|&set| {
                let (_, path) = symbol.split_once(&format!("raw::tail::{set}::"))?;
                let mut parts = path.split("::");
                let copy = if set == COPIES { parts.next()? } else { "" };
                Some((format!("{set}{copy}"), parts.next()?.to_string()))
            });
        } else if let (Some(name), Some((_, instruction))) = (&current, line.split_once(":\t")) {
            found
                .entry(name.clone())
                .or_insert_with(Vec::new)
                .push(instruction.trim().to_string());
        }
    }
    Some(found)
}

#[test]
fn handlers_jump_and_call_nothing() {
    // So that the handlers are linked in. There is nothing to resume.
    let mut memory = vec![0; 1 << 20];
    let mut engine = Engine::with_memory(&mut memory, Config::default()).unwrap();
    assert!(engine.resume().is_err());
    let Some(handlers) = handlers() else { return };
    assert!(!handlers.is_empty(), "no handler found in the listing");
    let (mut merged, mut merged_direct) = (0, 0);
    let mut found = [0; SETS.len()];
    for (op, (number, set)) in ALL
        .iter()
        .flat_map(|op| SETS.iter().enumerate().map(move |set| (op, set)))
    {
        let name = op.info().name;
        // Handlers of equal code may have been merged into one.
        let Some(code) = handlers.get(&(set.to_string(), name.to_string())) else {
            merged += usize::from(number == 0);
            merged_direct += usize::from(number == DIRECT);
            continue;
        };
        found[number] += 1;
        jumps_and_calls_nothing(*op, set, number >= DIRECT, code);
    }
    let mut copies = 0;
    for ((set, name), code) in &handlers {
        let op = ALL.iter().find(|op| op.info().name == name);
        if let (true, Some(&op)) = (set.starts_with(COPIES), op) {
            copies += 1;
            jumps_and_calls_nothing(op, set, true, code);
        }
    }
    // 31 of 64 rows, 15 of 80, 7 of 96, each by itself.
    let direct = cfg!(feature = "direct-threading");
    assert_eq!(copies > 3_700, direct, "{copies} copies of handlers");
    assert!(merged < ALL.len() / 4, "{merged} handlers have no code");
    assert!(
        merged_direct < ALL.len() / 4 || !cfg!(feature = "direct-threading"),
        "{merged_direct} directly threaded handlers have no code"
    );
    each_set_is_there(found);
}

/// What a handler's machine code must be like.
fn jumps_and_calls_nothing(op: Op, set: &str, is_direct: bool, code: &[String]) {
    let name = op.info().name;
    // Registers of 256 bits would have to be cleared before each jump.
    assert!(
        !code.iter().any(|it| it.contains("%ymm")),
        "{set} {name}:\n{}",
        code.join("\n")
    );
    // A directly threaded handler looks nothing up: the next one is at four times `pc` from a register.
    assert!(
        !is_direct
            || COLD.contains(&name)
            || code
                .iter()
                .any(|it| it.starts_with("mov ") && it.contains(",4),%r")),
        "{set} {name}:\n{}",
        code.join("\n")
    );
    // Where a label leads is noted beside its branch: nothing is worked out.
    assert!(
        !is_direct
            || op.info().control != Control::CondBranch
            || code
                .iter()
                .any(|it| it.starts_with("mov ") && it.contains("0x8(%rdx,%rdi,4),%r")),
        "{set} {name}:\n{}",
        code.join("\n")
    );
    if name.starts_with("select") {
        assert!(chooses_at_once(code), "{set} {name}:\n{}", code.join("\n"));
    }
    let any = |prefix: &str| {
        code.iter()
            .any(|instruction| instruction.starts_with(prefix))
    };
    assert!(!any("call"), "{set} {name} calls:\n{}", code.join("\n"));
    assert!(!any("ret"), "{set} {name} returns:\n{}", code.join("\n"));
    let jumps = code
        .iter()
        .filter(|i| i.starts_with("jmp    *") || i.starts_with("jmp *"))
        .count();
    // An index that is foretold takes one jump more, to its number.
    let foretold = cfg!(feature = "direct-threading") && op.info().control == Control::Table
        || is_direct && name.contains("call_indirect_zero");
    let two = foretold || op.info().control == Control::CondBranch;
    let ways = 1 + usize::from(foretold)..=1 + usize::from(two);
    assert!(
        ways.contains(&jumps) || COLD.contains(&name),
        "{set} {name} has {jumps} ways on:\n{}",
        code.join("\n")
    );
}

/// Whether what waits for the condition of a choice is one instruction, and no read behind it.
fn chooses_at_once(code: &[String]) -> bool {
    let Some(at) = code.iter().position(|it| it.starts_with("cmov")) else {
        return false;
    };
    let chosen = code[at].rsplit(',').next().unwrap_or_default();
    let reads = |it: &String| {
        it.split_once('(')
            .is_some_and(|(_, address)| address.contains(chosen))
    };
    let store = |it: &String| it.starts_with("mov ") && it.contains(&format!("{chosen},("));
    let behind = code[at + 1..]
        .iter()
        .take_while(|it| !it.starts_with("jmp"));
    let (mut behind, mut reading) = (behind.peekable(), false);
    while let Some(it) = behind.next_if(|it| !store(it)) {
        reading |= reads(it);
    }
    behind.next().is_some() && !reading
}

/// Those of a level and those for 64-bit addresses are compiled, and no more of the latter than work on memory 0.
fn each_set_is_there(found: [usize; SETS.len()]) {
    let is_vector = |op: &&Op| op.info().fields.iter().any(|field| field.role.is_pair());
    let vectors = ALL.iter().filter(is_vector);
    let least = vectors.count() / 2;
    assert!(
        !cfg!(feature = "simd") || found[1] > 0 && found[2] > least,
        "{found:?} of {SETS:?}"
    );
    // Some are merged: of those that know their address, and those that have just computed it.
    let in_memory = ALL.iter().filter(|op| op.info().memory_zero).count();
    assert!(
        !cfg!(feature = "memory64") || found[3] > in_memory / 2 && found[3] <= in_memory,
        "{found:?} of {SETS:?}, {in_memory}"
    );
}
