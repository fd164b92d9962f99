//! The module's declarations in the writer's terms.

use wrt_format::image::types::{self, ValType};
use wrt_format::image::write as out;

use crate::wasm::{self, ValidModule};

/// The types of the image: those of the module without repetitions, in their order.
pub(super) struct Types {
    specs: Vec<out::FuncTypeSpec>,
    /// For each type of the module its index in the image.
    index_of: Vec<u32>,
}

impl Types {
    pub(super) fn new(module: &ValidModule<'_>) -> Self {
        let mut specs = Vec::new();
        let mut index_of = Vec::with_capacity(module.types.len());
        for (type_idx, ty) in (0u32..).zip(&module.types) {
            let first = module.canonical_type(type_idx);
            if first < type_idx {
                index_of.push(index_of[first as usize]);
                continue;
            }
            index_of.push(specs.len() as u32);
            specs.push(out::FuncTypeSpec {
                composite: ty.composite,
                fields: ty.fields.clone(),
                params: ty.params.clone(),
                results: ty.results.clone(),
                sub: ty.sub,
            });
        }
        // A group may refer to its later members, whose indices are known only now.
        for (type_idx, index) in (0u32..).zip(&index_of) {
            if module.canonical_type(type_idx) < type_idx {
                continue;
            }
            let ty = &mut specs[*index as usize];
            let new = |old: u32| index_of[old as usize];
            let fields = ty.fields.iter_mut().map(|field| &mut field.ty);
            for val in ty.params.iter_mut().chain(&mut ty.results).chain(fields) {
                *val = val.map_index(new);
            }
            ty.sub.supertype = ty.sub.supertype.map(new);
        }
        Self { specs, index_of }
    }

    /// Index in the image of a type of the module.
    pub(super) fn index(&self, type_idx: u32) -> u32 {
        self.index_of[type_idx as usize]
    }

    /// A value type of the module with the image's indices.
    pub(super) fn value(&self, ty: ValType) -> ValType {
        ty.map_index(|index| self.index(index))
    }

    /// The same, if there is such a type.
    pub(super) fn checked_index(&self, type_idx: u32) -> Option<u32> {
        self.index_of.get(type_idx as usize).copied()
    }
}

/// Everything but functions, constants and lines. Without names if `strip`.
pub(super) fn module(module: &ValidModule<'_>, types: &Types, strip: bool) -> out::ModuleSpec {
    let defined_tables = &module.tables[module.imported_tables as usize..];
    let defined_memories = &module.memories[module.imported_memories as usize..];
    let defined_globals = &module.globals[module.imported_globals as usize..];
    let names: &[(u32, &str)] = if strip { &[] } else { &module.func_names };
    out::ModuleSpec {
        types: types.specs.clone(),
        imports: imports(module, types),
        tables: defined_tables
            .iter()
            .zip(&module.table_inits)
            .map(|(ty, init)| out::TableSpec {
                ty: table(ty, types),
                init: init.as_deref().map(|init| const_expr(init, types)),
            })
            .collect(),
        memories: defined_memories.iter().map(memory).collect(),
        globals: defined_globals
            .iter()
            .zip(&module.global_inits)
            .map(|(ty, init)| out::GlobalSpec {
                ty: global(ty, types),
                init: const_expr(init, types),
            })
            .collect(),
        tags: (module.tags[module.imported_tags as usize..].iter())
            .map(|&type_idx| types.index(type_idx))
            .collect(),
        exports: module.exports.iter().map(export).collect(),
        elems: (module.elems.iter()).map(|it| elem(it, types)).collect(),
        datas: (module.datas.iter()).map(|it| data(it, types)).collect(),
        start: module.start,
        func_names: names
            .iter()
            .map(|&(func_idx, name)| (func_idx, name.to_owned()))
            .collect(),
        module_name: module.module_name.filter(|_| !strip).map(str::to_owned),
        ..out::ModuleSpec::default()
    }
}

fn imports(module: &ValidModule<'_>, types: &Types) -> Vec<out::ImportSpec> {
    let convert = |import: &wasm::Import<'_>| out::ImportSpec {
        module: import.module.to_owned(),
        name: import.name.to_owned(),
        ty: match &import.ty {
            wasm::ExternType::Func(type_idx) => out::ExternSpec::Func(types.index(*type_idx)),
            wasm::ExternType::Table(ty) => out::ExternSpec::Table(table(ty, types)),
            wasm::ExternType::Memory(ty) => out::ExternSpec::Memory(memory(ty)),
            wasm::ExternType::Global(ty) => out::ExternSpec::Global(global(ty, types)),
            wasm::ExternType::Tag(type_idx) => out::ExternSpec::Tag(types.index(*type_idx)),
        },
    };
    module.imports.iter().map(convert).collect()
}

fn export(export: &wasm::Export<'_>) -> out::ExportSpec {
    out::ExportSpec {
        name: export.name.to_owned(),
        kind: match export.kind {
            wasm::ExternKind::Func => types::ExternKind::Func,
            wasm::ExternKind::Table => types::ExternKind::Table,
            wasm::ExternKind::Memory => types::ExternKind::Memory,
            wasm::ExternKind::Global => types::ExternKind::Global,
            wasm::ExternKind::Tag => types::ExternKind::Tag,
        },
        index: export.index,
    }
}

fn elem(elem: &wasm::Elem, types: &Types) -> out::ElemSpec {
    out::ElemSpec {
        mode: match &elem.mode {
            wasm::ElemMode::Passive => out::ElemMode::Passive,
            wasm::ElemMode::Declared => out::ElemMode::Declared,
            wasm::ElemMode::Active { table, offset } => out::ElemMode::Active {
                table: *table,
                offset: const_expr(offset, types),
            },
        },
        items: match &elem.items {
            wasm::ElemItems::Funcs(funcs) => out::ElemItems::Funcs(funcs.clone()),
            wasm::ElemItems::Exprs(exprs) => {
                out::ElemItems::Exprs(exprs.iter().map(|it| const_expr(it, types)).collect())
            }
        },
        ty: types.value(elem.ty),
    }
}

fn data(data: &wasm::Data<'_>, types: &Types) -> out::DataSpec {
    out::DataSpec {
        mode: match &data.mode {
            wasm::DataMode::Passive => out::DataMode::Passive,
            wasm::DataMode::Active { mem, offset } => out::DataMode::Active {
                mem: *mem,
                offset: const_expr(offset, types),
            },
        },
        bytes: data.bytes.to_vec(),
    }
}

fn const_expr(expr: &[wasm::ConstOp], to: &Types) -> out::ConstExpr {
    let convert = |op: &wasm::ConstOp| match *op {
        wasm::ConstOp::Const(bits) => types::ConstOp::Const(bits),
        wasm::ConstOp::GlobalGet(index) => types::ConstOp::GlobalGet(index),
        wasm::ConstOp::RefFunc(index) => types::ConstOp::RefFunc(index),
        wasm::ConstOp::I32Add => types::ConstOp::I32Add,
        wasm::ConstOp::I32Sub => types::ConstOp::I32Sub,
        wasm::ConstOp::I32Mul => types::ConstOp::I32Mul,
        wasm::ConstOp::I64Add => types::ConstOp::I64Add,
        wasm::ConstOp::I64Sub => types::ConstOp::I64Sub,
        wasm::ConstOp::I64Mul => types::ConstOp::I64Mul,
        wasm::ConstOp::V128 => types::ConstOp::V128,
        wasm::ConstOp::RefI31 => types::ConstOp::RefI31,
        wasm::ConstOp::StructNew(index) => types::ConstOp::StructNew(to.index(index)),
        wasm::ConstOp::StructSet(field) => types::ConstOp::StructSet(field),
        wasm::ConstOp::ArrayNew(index) => types::ConstOp::ArrayNew(to.index(index)),
        wasm::ConstOp::ArrayFill => types::ConstOp::ArrayFill,
        wasm::ConstOp::ArraySet(at) => types::ConstOp::ArraySet(at),
        wasm::ConstOp::AnyConvertExtern => types::ConstOp::AnyConvertExtern,
        wasm::ConstOp::ExternConvertAny => types::ConstOp::ExternConvertAny,
    };
    out::ConstExpr(expr.iter().map(convert).collect())
}

fn table(ty: &wasm::TableType, types: &Types) -> types::TableType {
    types::TableType {
        elem: types.value(ty.elem),
        is64: ty.is64,
        min: ty.min,
        max: ty.max,
    }
}

fn memory(ty: &wasm::MemoryType) -> types::MemoryType {
    types::MemoryType {
        is64: ty.is64,
        shared: ty.shared,
        page_log2: ty.page_log2,
        min: ty.min,
        max: ty.max,
    }
}

fn global(ty: &wasm::GlobalType, types: &Types) -> types::GlobalType {
    types::GlobalType {
        ty: types.value(ty.ty),
        mutable: ty.mutable,
    }
}
