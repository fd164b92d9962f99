//! Random modules: wasm-smith with the feature set of the compiler, from a seed.

use arbitrary::Unstructured;
use wasm_smith::{Config, InstructionKind, InstructionKinds, Module};
use wasmparser::{Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};
use wrt_compiler::Profile;

/// SplitMix64: the seed of everything random here.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What a generated module may contain beside plain computation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds {
    /// Bulk memory and table instructions.
    bulk: bool,
    memory64: bool,
    /// No control flow; short, and no memories or tables, since most of such code would trap.
    straight_line: bool,
    many_memories: bool,
    /// Atomic instructions and shared memories, wide arithmetic, and where there are many memories custom page sizes.
    atomics: bool,
    /// Structs, arrays, i31 and casts.
    collected: bool,
    /// Vectors.
    vectors: bool,
}

impl Kinds {
    /// A mix that gives every kind its share.
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            bulk: seed % 3 == 1,
            memory64: seed % 5 == 4,
            straight_line: seed.is_multiple_of(6),
            many_memories: seed % 4 == 3,
            atomics: false,
            collected: false,
            vectors: seed % 7 == 5,
        }
    }
}

fn config(kinds: Kinds, random: &mut Random) -> Config {
    let mut allowed = vec![
        InstructionKind::Numeric,
        InstructionKind::Reference,
        InstructionKind::Parametric,
        InstructionKind::Variable,
        InstructionKind::Table,
        InstructionKind::Memory,
        InstructionKind::Control,
        InstructionKind::Aggregate,
    ];
    if kinds.vectors {
        allowed.push(InstructionKind::Vector);
    }
    if random.below(4) == 0 {
        allowed.retain(|kind| !matches!(kind, InstructionKind::Table | InstructionKind::Reference));
    }
    if kinds.straight_line {
        let trapping = [
            InstructionKind::Control,
            InstructionKind::Memory,
            InstructionKind::Table,
        ];
        allowed.retain(|kind| !trapping.contains(kind));
    }
    Config {
        allowed_instructions: InstructionKinds::new(&allowed),
        allow_start_export: random.below(4) == 0,
        // What the generator puts around an operator that may trap is control flow.
        disallow_traps: random.below(2) == 0 && !kinds.straight_line,
        bulk_memory_enabled: kinds.bulk,
        reference_types_enabled: true,
        multi_value_enabled: true,
        tail_call_enabled: true,
        extended_const_enabled: true,
        memory64_enabled: kinds.memory64,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        exceptions_enabled: false,
        gc_enabled: kinds.collected,
        simd_enabled: kinds.vectors,
        relaxed_simd_enabled: false,
        threads_enabled: kinds.atomics,
        wide_arithmetic_enabled: kinds.atomics,
        compact_imports_enabled: false,
        custom_page_sizes_enabled: kinds.atomics && kinds.many_memories,
        canonicalize_nans: true,
        export_everything: true,
        max_imports: 0,
        min_funcs: 1,
        max_funcs: 8,
        max_memories: if kinds.many_memories { 3 } else { 1 },
        min_memories: u32::from(random.below(5) != 0),
        max_tables: if kinds.many_memories { 3 } else { 1 },
        max_memory32_bytes: 6 * 65536,
        max_memory64_bytes: 6 * 65536,
        memory_max_size_required: true,
        max_table_elements: 40,
        table_max_size_required: true,
        max_instructions: if kinds.straight_line {
            random.below(60) as usize
        } else {
            60 + random.below(300) as usize
        },
        max_nesting_depth: 3 + random.below(8) as usize,
        ..Config::default()
    }
}

/// The module of this seed, or none when the generator gives up on its random bytes.
pub(crate) fn module(seed: u64) -> Option<Vec<u8>> {
    generate(seed, Kinds::of(seed))
}

/// The module of this seed with atomic instructions and other proposals that wasmi has not, and with accesses of memory in any case.
pub(crate) fn module_with_atomics(seed: u64) -> Option<Vec<u8>> {
    let kinds = Kinds {
        atomics: true,
        straight_line: false,
        ..Kinds::of(seed)
    };
    generate(seed, kinds)
}

/// The module of this seed with structs, arrays, i31 and casts.
pub(crate) fn collected(seed: u64) -> Option<Vec<u8>> {
    let kinds = Kinds {
        collected: true,
        straight_line: false,
        ..Kinds::of(seed)
    };
    generate(seed, kinds)
}

fn generate(seed: u64, kinds: Kinds) -> Option<Vec<u8>> {
    let mut random = Random::new(seed);
    let config = config(kinds, &mut random);
    generated(config, &mut random)
}

fn generated(config: Config, random: &mut Random) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = (0..600 + random.below(3000))
        .map(|_| random.next() as u8)
        .collect();
    let module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    let wasm = module.to_bytes();
    Some(match random.below(2) {
        0 => wasm,
        _ => crate::hints::with_hints(&wasm, random.next()),
    })
}

/// The module of this seed with tags, throws and handlers, or none when the generator gives up on its random bytes.
pub(crate) fn throwing_module(seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed ^ 0x7472_7900);
    let kinds = Kinds {
        straight_line: false,
        ..Kinds::of(seed)
    };
    let config = Config {
        exceptions_enabled: true,
        min_tags: 1,
        max_tags: 4,
        ..config(kinds, &mut random)
    };
    generated(config, &mut random)
}

/// Whether a module has no control flow, and nothing that charges by length, which every engine does in its own way.
pub(crate) fn is_straight(wasm: &[u8]) -> bool {
    let bodies = Parser::new(0)
        .parse_all(wasm)
        .filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
    bodies.into_iter().all(|body| {
        let mut ops = body.get_operators_reader().unwrap().into_iter();
        ops.all(|op| {
            !matches!(
                op.unwrap(),
                Operator::Unreachable
                    | Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Br { .. }
                    | Operator::BrIf { .. }
                    | Operator::BrTable { .. }
                    | Operator::Return
                    | Operator::Call { .. }
                    | Operator::CallIndirect { .. }
                    | Operator::ReturnCall { .. }
                    | Operator::ReturnCallIndirect { .. }
                    | Operator::MemoryGrow { .. }
                    | Operator::MemoryFill { .. }
                    | Operator::MemoryCopy { .. }
                    | Operator::MemoryInit { .. }
                    | Operator::TableGrow { .. }
                    | Operator::TableFill { .. }
                    | Operator::TableCopy { .. }
                    | Operator::TableInit { .. }
            )
        })
    })
}

/// Whether a module has vectors.
pub(crate) fn has_vectors(wasm: &[u8]) -> bool {
    let without = WasmFeatures::all().difference(WasmFeatures::SIMD);
    let valid = |features| {
        Validator::new_with_features(features)
            .validate_all(wasm)
            .is_ok()
    };
    valid(WasmFeatures::all()) && !valid(without)
}

/// Counts of the operators of a module as no run has them: most numbers are small, some huge, many 0.
pub(crate) fn profile(seed: u64, wasm: &[u8]) -> Profile {
    let (mut random, mut profile) = (Random::new(seed ^ 0x9a9a), Profile::new());
    let mut func_idx = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                let imports = imports.into_imports();
                let is_func = |it: &wasmparser::Import<'_>| {
                    matches!(it.ty, TypeRef::Func(_) | TypeRef::FuncExact(_))
                };
                func_idx = imports.map(Result::unwrap).filter(is_func).count() as u32;
            }
            Payload::CodeSectionEntry(body) => {
                let ops = body.get_operators_reader().unwrap();
                let offsets = ops.into_iter_with_offsets().map(|op| op.unwrap().1 as u32);
                let rows: Vec<(u32, u64)> = offsets
                    .map(|offset| match random.below(4) {
                        0 => (offset, 0),
                        1 => (offset, 1 << random.below(64)),
                        _ => (offset, random.below(1000)),
                    })
                    .collect();
                profile.add(func_idx, &rows).unwrap();
                func_idx += 1;
            }
            _ => {}
        }
    }
    profile
}
