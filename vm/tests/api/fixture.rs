//! Images made by hand: a small assembler over the instruction table, and descriptions of modules with less to write.
//!
//! Input: instructions and what a module holds. Output: the bytes of an image, aligned as a loader needs them.
//! Invariants: what comes out of [`image`] passes the eager verifier, unless a test asks otherwise.

use wrt_format::image::types::val;
use wrt_format::image::types::{ConstOp, ExternKind, GlobalType, MemoryType, TableType, ValType};
use wrt_format::image::write::{
    ConstExpr, DataMode, DataSpec, ElemItems, ElemMode, ElemSpec, ExportSpec, ExternSpec, FuncSpec,
    FuncTypeSpec, GlobalSpec, ImageSpec, ImportSpec, ModuleSpec, TableSpec, write,
};
use wrt_format::isa::{Op, encode, frame_of};
use wrt_vm::{Config, Engine, Extern, Func, Instance, Limits, Module, Outcome};

pub(crate) const I32: ValType = val::I32;
pub(crate) const I64: ValType = val::I64;
pub(crate) const F64: ValType = val::F64;
pub(crate) const FUNCREF: ValType = val::FUNCREF;
pub(crate) const EXTERNREF: ValType = val::EXTERNREF;

/// Image bytes at an address that is a multiple of 16.
pub(crate) struct Image {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Image {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut room = vec![0; bytes.len() + 16];
        let start = room.as_ptr().align_offset(16);
        room[start..start + bytes.len()].copy_from_slice(bytes);
        Self {
            room,
            start,
            len: bytes.len(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len]
    }

    pub(crate) fn module(&self) -> Module<'_> {
        Module::load_from_binary(self.bytes(), &Limits::default()).unwrap()
    }
}

/// Code of a function under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code(pub(crate) Vec<u16>);

impl Code {
    /// Starts a function whose first block costs `cost`.
    pub(crate) fn enter(frame: u16, cost: u32) -> Self {
        Self::default().op(Op::Enter, &[i64::from(frame), i64::from(cost)])
    }

    pub(crate) fn op(mut self, op: Op, operands: &[i64]) -> Self {
        let words = encode(op, operands).unwrap();
        self.0.extend(&words[..usize::from(op.info().words)]);
        self
    }

    /// Where the next word goes.
    pub(crate) fn here(&self) -> i64 {
        self.0.len() as i64
    }
}

/// A module description with shorthands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec(pub(crate) ModuleSpec);

impl Spec {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Index of a function type, added if it is new.
    pub(crate) fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = FuncTypeSpec {
            params: params.to_vec(),
            results: results.to_vec(),
            ..FuncTypeSpec::default()
        };
        let types = &mut self.0.types;
        let index = types.iter().position(|t| *t == ty).unwrap_or_else(|| {
            types.push(ty);
            types.len() - 1
        });
        index as u32
    }

    pub(crate) fn import(mut self, module: &str, name: &str, ty: ExternSpec) -> Self {
        self.0.imports.push(ImportSpec {
            module: module.into(),
            name: name.into(),
            ty,
        });
        self
    }

    pub(crate) fn import_func(
        mut self,
        module: &str,
        name: &str,
        params: &[ValType],
        results: &[ValType],
    ) -> Self {
        let ty = self.ty(params, results);
        self.import(module, name, ExternSpec::Func(ty))
    }

    fn imported(&self, kind: ExternKind) -> u32 {
        let imports = self.0.imports.iter();
        imports.filter(|i| i.ty.kind() == kind).count() as u32
    }

    /// Adds a function and exports it by `name`, unless that is empty.
    pub(crate) fn func(
        mut self,
        name: &str,
        params: &[ValType],
        results: &[ValType],
        code: Code,
    ) -> Self {
        let type_idx = self.ty(params, results);
        let frame = frame_of(code.0[0]);
        self.0.funcs.push(FuncSpec {
            type_idx,
            frame,
            refs: 0,
            code: code.0,
        });
        let index = self.imported(ExternKind::Func) + self.0.funcs.len() as u32 - 1;
        self.exported(name, ExternKind::Func, index)
    }

    pub(crate) fn memory(mut self, name: &str, min: u64, max: Option<u64>) -> Self {
        self.0.memories.push(memory_type(min, max));
        let index = self.imported(ExternKind::Memory) + self.0.memories.len() as u32 - 1;
        self.exported(name, ExternKind::Memory, index)
    }

    pub(crate) fn table(
        mut self,
        name: &str,
        min: u64,
        max: Option<u64>,
        init: Option<Vec<ConstOp>>,
    ) -> Self {
        self.0.tables.push(TableSpec {
            ty: table_type(min, max),
            init: init.map(ConstExpr),
        });
        let index = self.imported(ExternKind::Table) + self.0.tables.len() as u32 - 1;
        self.exported(name, ExternKind::Table, index)
    }

    pub(crate) fn global(
        mut self,
        name: &str,
        ty: ValType,
        mutable: bool,
        init: Vec<ConstOp>,
    ) -> Self {
        self.0.globals.push(GlobalSpec {
            ty: GlobalType { ty, mutable },
            init: ConstExpr(init),
        });
        let index = self.imported(ExternKind::Global) + self.0.globals.len() as u32 - 1;
        self.exported(name, ExternKind::Global, index)
    }

    pub(crate) fn exported(mut self, name: &str, kind: ExternKind, index: u32) -> Self {
        if !name.is_empty() {
            self.0.exports.push(ExportSpec {
                name: name.into(),
                kind,
                index,
            });
        }
        self
    }

    pub(crate) fn active_elem(mut self, table: u32, offset: u64, funcs: &[u32]) -> Self {
        self.0.elems.push(ElemSpec {
            mode: ElemMode::Active {
                table,
                offset: ConstExpr::constant(offset),
            },
            items: ElemItems::Funcs(funcs.to_vec()),
            ty: FUNCREF,
        });
        self
    }

    pub(crate) fn active_data(self, mem: u32, offset: u64, bytes: &[u8]) -> Self {
        self.active_data_at(mem, vec![ConstOp::Const(offset)], bytes)
    }

    pub(crate) fn active_data_at(mut self, mem: u32, offset: Vec<ConstOp>, bytes: &[u8]) -> Self {
        self.0.datas.push(DataSpec {
            mode: DataMode::Active {
                mem,
                offset: ConstExpr(offset),
            },
            bytes: bytes.to_vec(),
        });
        self
    }

    pub(crate) fn start(mut self, func: u32) -> Self {
        self.0.start = Some(func);
        self
    }

    pub(crate) fn image(self) -> Image {
        image(vec![self])
    }
}

/// An image of several modules.
pub(crate) fn image(modules: Vec<Spec>) -> Image {
    let spec = ImageSpec {
        modules: modules.into_iter().map(|m| m.0).collect(),
        build_id: 0,
    };
    let image = Image::new(&write(&spec).unwrap());
    image.module().validate().unwrap();
    image
}

pub(crate) fn memory_type(min: u64, max: Option<u64>) -> MemoryType {
    MemoryType {
        is64: false,
        shared: false,
        page_log2: 16,
        min,
        max,
    }
}

pub(crate) fn table_type(min: u64, max: Option<u64>) -> TableType {
    TableType {
        elem: FUNCREF,
        is64: false,
        min,
        max,
    }
}

/// An engine for tests, with `fuel`.
pub(crate) fn engine<'m>(fuel: u64) -> Engine<'m> {
    let mut engine = Engine::new(Config::default().with_stack_slots(4096)).unwrap();
    engine.set_fuel(fuel);
    engine
}

/// Instantiates a module that must succeed at once.
pub(crate) fn instance<'m>(
    engine: &mut Engine<'m>,
    module: &Module<'m>,
    imports: &[Extern],
) -> Instance {
    assert_eq!(module.instantiate(engine, imports).unwrap(), Outcome::Done);
    engine.last_instance().unwrap()
}

/// The function that an instance exports.
pub(crate) fn func(engine: &Engine<'_>, instance: Instance, name: &str) -> Func {
    match instance.export(engine, name) {
        Some(Extern::Func(func)) => func,
        other => panic!("{name}: {other:?}"),
    }
}

/// Calls an exported function that must return at once.
pub(crate) fn call(
    engine: &mut Engine<'_>,
    instance: Instance,
    name: &str,
    args: &[u64],
) -> Vec<u64> {
    let func = func(engine, instance, name);
    assert_eq!(engine.execute(instance, func, args).unwrap(), Outcome::Done);
    engine.results().to_vec()
}

/// `(i32, i32) -> i32`: their sum. Costs 3.
pub(crate) fn add() -> Code {
    Code::enter(3, 3)
        .op(Op::I32Add, &[2, 0, 1])
        .op(Op::Ret1, &[2])
}

/// `() -> i32`: a constant. Costs 1.
pub(crate) fn constant(value: u32) -> Code {
    Code::enter(1, 1)
        .op(Op::ConstU32, &[0, i64::from(value)])
        .op(Op::Ret1, &[0])
}

/// `(i32 n) -> i32`: counts down from n, which is not 0, and returns 7. Costs 2, then 5 per round, then 1.
pub(crate) fn count_down() -> Code {
    let code = Code::enter(2, 2);
    let head = code.here();
    let code = code.op(Op::Fuel, &[5]);
    let back = head - code.here();
    code.op(Op::BrI32AddNz, &[0, 0, -1, back])
        .op(Op::Fuel, &[1])
        .op(Op::ConstU32, &[1, 7])
        .op(Op::Ret1, &[1])
}

/// A function of `params` that passes its parameters to import `import` and returns its `results` (0 or 1). Costs `1 + params`.
pub(crate) fn call_import(import: u32, params: u16, results: u16) -> Code {
    let base = params + results + 1;
    let mut code = Code::enter(base + params.max(results) + 1, 1 + u32::from(params));
    for i in 0..params {
        code = code.op(Op::Mov, &[i64::from(base + i), i64::from(i)]);
    }
    let dst = if results == 0 { 0 } else { i64::from(params) };
    code = code.op(
        Op::CallImportShort,
        &[i64::from(base), dst, i64::from(import)],
    );
    if results == 0 {
        code.op(Op::Ret, &[])
    } else {
        code.op(Op::Ret1, &[dst])
    }
}
