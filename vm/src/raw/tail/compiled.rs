//! Reads the machine code of the handlers in the executable of these tests: each must end in a jump and call
//! nothing, or the host's stack grows with every instruction. Where there is no `objdump` for the machine, nothing is checked.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::process::Command;

use wrt_format::isa::{ALL, Control, Op};

use super::*;

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

/// What the names of the sets of copies begin with.
const COPY: &str = "copy ";

/// Handlers of one kind by row, and whether they are directly threaded.
struct Set {
    name: String,
    is_direct: bool,
    handlers: Vec<(u16, Handler)>,
}

impl Set {
    fn new(name: &str, is_direct: bool, handlers: &[(u16, Handler)]) -> Self {
        Self {
            name: name.to_string(),
            is_direct,
            handlers: handlers.to_vec(),
        }
    }
}

/// All sets that this build has.
fn sets() -> Vec<Set> {
    let mut sets = Vec::from([Set::new("by opcode", false, ByOpcode::ALL)]);
    #[cfg(feature = "memory64")]
    sets.push(Set::new("wide", false, &wide::BASE));
    #[cfg(wrt_levels)]
    {
        let levels = level::SETS.map(|(level, of)| Set::new(&format!("{level:?}"), false, of));
        sets.extend(levels);
        #[cfg(feature = "memory64")]
        sets.push(Set::new("wide, AVX2", false, &wide::AVX2));
    }
    #[cfg(wrt_direct)]
    {
        sets.push(Set::new("direct", true, direct::Direct::ALL));
        sets.extend((1..).zip(copies::COPIES).map(|(number, copy)| {
            let rows = copies::ROWS.iter().copied().zip(copy.iter().copied());
            let rows: Vec<_> = rows.collect();
            Set::new(&format!("{COPY}{number}"), true, &rows)
        }));
        let forwards: Vec<_> = forward::handlers().collect();
        sets.push(Set::new("forward", true, &forwards));
        #[cfg(feature = "memory64")]
        sets.push(Set::new("wide, direct", true, &wide::DIRECT_BASE));
    }
    #[cfg(all(wrt_direct, wrt_levels))]
    {
        let levels = level::DIRECT_SETS;
        sets.extend(levels.map(|(level, of)| Set::new(&format!("{level:?}, direct"), true, of)));
        #[cfg(feature = "memory64")]
        sets.push(Set::new("wide, AVX2, direct", true, &wide::DIRECT_AVX2));
    }
    sets
}

/// Machine instructions of the functions of this program by address, if there is an `objdump` for it.
fn functions() -> Option<BTreeMap<usize, Vec<String>>> {
    let executable = std::env::current_exe().ok()?;
    let listing = Command::new("objdump")
        .args(["-d", "-C", "--no-show-raw-insn"])
        .arg(executable)
        .output()
        .ok()?;
    let listing = String::from_utf8(listing.stdout).ok()?;
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut current, mut illegal) = (None, None);
    for line in listing.lines() {
        if let Some((address, symbol)) = line.strip_suffix(">:").and_then(|it| it.split_once(" <"))
        {
            current = usize::from_str_radix(address, 16).ok();
            if symbol.contains("raw::tail::Cold::illegal") {
                illegal = current;
            }
        } else if let (Some(address), Some((_, instruction))) = (current, line.split_once(":\t")) {
            let function = found.entry(address).or_default();
            function.push(instruction.trim().to_string());
        }
    }
    // The program is somewhere else than the listing has it.
    let illegal = illegal.expect("the listing has a handler that every table has");
    let moved = ptr_of(Cold::illegal).wrapping_sub(illegal);
    Some(
        found
            .into_iter()
            .map(|(address, code)| (address.wrapping_add(moved), code))
            .collect(),
    )
}

fn ptr_of(handler: Handler) -> usize {
    handler as usize
}

#[test]
fn handlers_jump_and_call_nothing() {
    let Some(functions) = functions() else { return };
    for set in sets() {
        for (number, handler) in set.handlers {
            let op = Op::from_number(number).filter(|&op| op as u16 == number);
            let is_left_out = ptr_of(handler) == ptr_of(Cold::illegal);
            if let (Some(op), false) = (op, is_left_out) {
                let code = functions.get(&ptr_of(handler)).expect("it is listed");
                jumps_and_calls_nothing(op, &set.name, set.is_direct, code);
            }
        }
    }
}

#[test]
fn each_set_is_there() {
    let sets = sets();
    let count = |name: &str| {
        let is_there = |handler: Handler| ptr_of(handler) != ptr_of(Cold::illegal);
        let is_named = |set: &&Set| set.name == name || name == COPY && set.name.starts_with(name);
        let named = sets.iter().filter(is_named);
        let handlers = named.flat_map(|set| &set.handlers);
        handlers.filter(|(_, handler)| is_there(*handler)).count()
    };
    let in_memory = ALL.iter().filter(|op| op.info().memory_zero).count();
    let is_vector = |op: &&Op| op.info().fields.iter().any(|field| field.role.is_pair());
    let vectors = ALL.iter().filter(is_vector).count();
    assert!(count("by opcode") > ALL.len() / 2);
    let direct = cfg!(wrt_direct);
    assert_eq!(count("direct") > ALL.len() / 2, direct);
    assert_eq!(count(COPY) > 3_400, direct);
    assert_eq!(count("forward") > 100, direct);
    for (name, is_there) in [("wide", true), ("wide, direct", direct)] {
        let is_there = is_there && cfg!(feature = "memory64");
        // Without features some are left out, and families have a handler at several numbers.
        assert_eq!(count(name) > in_memory / 2, is_there, "{name}");
    }
    for (name, is_there) in [("Avx2", true), ("Avx2, direct", direct)] {
        let is_there = is_there && cfg!(wrt_levels);
        assert_eq!(count(name) > vectors / 2, is_there, "{name}");
    }
    for (name, is_there) in [("Ssse3", true), ("Ssse3, direct", direct)] {
        assert_eq!(count(name) > 0, is_there && cfg!(wrt_levels), "{name}");
    }
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
