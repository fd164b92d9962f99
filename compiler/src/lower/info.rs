//! What selection needs to know of the module around a function: plain data, so that tests can make it by hand.

use crate::ir::Type;
use crate::wasm::ValidModule;

/// A memory of the module's index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryInfo {
    /// Whether addresses are i64.
    pub is64: bool,
}

/// A table of the module's index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Whether indices are i64.
    pub is64: bool,
}

/// A function type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Types of the parameters.
    pub params: Vec<Type>,
    /// Types of the results.
    pub results: Vec<Type>,
}

/// The module around a function.
#[derive(Clone, Debug, Default)]
pub struct ModuleInfo {
    /// Number of imported functions: the first ones of the function index space.
    pub imported_funcs: u32,
    /// Number of imported globals: the first ones of the global index space.
    pub imported_globals: u32,
    /// Function types by index.
    pub types: Vec<Signature>,
    /// For each function of the index space the index of its type, canonical.
    pub funcs: Vec<u32>,
    /// Memories of the index space.
    pub memories: Vec<MemoryInfo>,
    /// Tables of the index space.
    pub tables: Vec<TableInfo>,
}

impl ModuleInfo {
    /// What is to be known of `module`.
    #[must_use]
    pub fn new(module: &ValidModule<'_>) -> Self {
        let memory = |ty: &crate::wasm::MemoryType| MemoryInfo { is64: ty.is64 };
        Self {
            imported_funcs: module.imported_funcs,
            imported_globals: module.imported_globals,
            types: (module.types.iter())
                .map(|ty| Signature {
                    params: module.ir_params(ty),
                    results: module.ir_results(ty),
                })
                .collect(),
            funcs: module
                .funcs
                .iter()
                .map(|&ty| module.canonical_type(ty))
                .collect(),
            memories: module.memories.iter().map(memory).collect(),
            tables: module
                .tables
                .iter()
                .map(|ty| TableInfo { is64: ty.is64 })
                .collect(),
        }
    }

    /// Whether the loads and stores that do not name their memory reach memory `mem`.
    #[must_use]
    pub const fn is_plain(&self, mem: u32) -> bool {
        mem == 0
    }

    /// Whether they take 64-bit addresses.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.memories.first().is_some_and(|memory| memory.is64)
    }

    /// Types of the parameters and results of a function of the index space.
    #[must_use]
    pub fn signature(&self, func_idx: u32) -> (&[Type], &[Type]) {
        let ty = &self.types[self.funcs[func_idx as usize] as usize];
        (&ty.params, &ty.results)
    }
}
