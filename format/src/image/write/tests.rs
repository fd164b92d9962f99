//! What is written comes back, byte for byte the same every time, and as `FORMAT.md` says.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::image::types::{ConstOp, ExternKind, GlobalType, MemoryType, TableType, ValType, val};
use crate::image::view;
use crate::image::view::ModuleView;
use crate::image::{features, header};
use crate::isa::{Op, encode, table_label};
use crate::verify::{Limits, VerifiedImage};

mod copies;
mod handlers;
use copies::{rich_copies, rich_lines};
use handlers::{read_sites, rich_around, rich_handlers};

/// The words of instructions given as opcode and operands.
pub(crate) fn code(instructions: &[(Op, &[i64])]) -> Vec<u16> {
    let mut words = Vec::new();
    for &(op, operands) in instructions {
        let encoded = encode(op, operands).unwrap();
        words.extend_from_slice(&encoded[..usize::from(op.info().words)]);
    }
    words
}

fn func_type(params: &[ValType], results: &[ValType]) -> FuncTypeSpec {
    FuncTypeSpec {
        params: params.to_vec(),
        results: results.to_vec(),
        ..FuncTypeSpec::default()
    }
}

fn import(name: &str, ty: ExternSpec) -> ImportSpec {
    ImportSpec {
        module: "env".into(),
        name: name.into(),
        ty,
    }
}

pub(crate) const TABLE: TableType = TableType {
    elem: val::FUNCREF,
    is64: false,
    min: 10,
    max: Some(20),
};
pub(crate) const MEMORY: MemoryType = MemoryType {
    is64: false,
    shared: false,
    page_log2: 16,
    min: 4,
    max: Some(9),
};

fn global(ty: ValType, mutable: bool, ops: &[ConstOp]) -> GlobalSpec {
    GlobalSpec {
        ty: GlobalType { ty, mutable },
        init: ops.to_vec().into(),
    }
}

fn export(name: &str, kind: ExternKind, index: u32) -> ExportSpec {
    ExportSpec {
        name: name.into(),
        kind,
        index,
    }
}

fn active(mem: u32, offset: u64, bytes: Vec<u8>) -> DataSpec {
    let offset = ConstExpr::constant(offset);
    DataSpec {
        mode: DataMode::Active { mem, offset },
        bytes,
    }
}

fn rich_funcs() -> Vec<FuncSpec> {
    let mut table = code(&[(Op::Enter, &[8, 3]), (Op::BrTable, &[0, 1])]);
    table.extend([table_label(8), table_label(11)].concat());
    table.extend(code(&[
        (Op::Fuel, &[1]),
        (Op::Ret1, &[1]),
        (Op::Fuel, &[2]),
    ]));
    table.extend(code(&[(Op::Load32, &[2, 0, 8]), (Op::ConstPool, &[3, 1])]));
    table.extend(code(&[
        (Op::CallTiny, &[5, 4, 2]),
        (Op::CallImportShort, &[5, 4, 0]),
    ]));
    table.extend(code(&[(Op::CallIndirectShort, &[5, 4, 1, 0, 1])]));
    table.extend(code(&[
        (Op::GlobalSet, &[4, 0]),
        (Op::GlobalGetImport, &[4, 0]),
    ]));
    table.extend(code(&[(Op::Ret1, &[2])]));
    let looping = code(&[
        (Op::Enter, &[1, 1]),
        (Op::Fuel, &[4]),
        (Op::BrI32AddNz, &[0, 0, -1, -1]),
        (Op::Fuel, &[0]),
        (Op::Ret, &[]),
    ]);
    let pair = code(&[
        (Op::Enter, &[3, 2]),
        (Op::Mov, &[1, 0]),
        (Op::RetN, &[1, 2]),
    ]);
    let of = |type_idx, frame, code| FuncSpec {
        type_idx,
        frame,
        refs: 0,
        code,
    };
    vec![of(1, 8, table), of(0, 1, looping), of(2, 3, pair)]
}

fn rich_elems() -> Vec<ElemSpec> {
    let offset = ConstExpr::constant(2);
    let null = ConstExpr::constant(0);
    let func = ConstExpr(vec![ConstOp::RefFunc(1)]);
    vec![
        ElemSpec {
            mode: ElemMode::Active { table: 0, offset },
            items: ElemItems::Funcs(vec![4, 3, 0]),
            ty: val::FUNCREF,
        },
        ElemSpec {
            mode: ElemMode::Passive,
            items: ElemItems::Exprs(vec![null.clone(), func]),
            ty: val::FUNCREF,
        },
        ElemSpec {
            mode: ElemMode::Declared,
            items: ElemItems::Funcs(vec![2]),
            ty: val::FUNCREF,
        },
        ElemSpec {
            mode: ElemMode::Passive,
            items: ElemItems::Exprs(vec![null]),
            ty: val::EXTERNREF,
        },
    ]
}

fn rich_imports() -> Vec<ImportSpec> {
    vec![
        import("a", ExternSpec::Func(1)),
        import(
            "g",
            ExternSpec::Global(GlobalType {
                ty: val::I32,
                mutable: false,
            }),
        ),
        import("t", ExternSpec::Table(TABLE)),
        import("b", ExternSpec::Func(0)),
        import(
            "é",
            ExternSpec::Global(GlobalType {
                ty: val::I64,
                mutable: true,
            }),
        ),
    ]
}

fn rich_globals() -> Vec<GlobalSpec> {
    vec![
        global(val::I32, true, &[ConstOp::Const(7)]),
        global(val::FUNCREF, false, &[ConstOp::RefFunc(4)]),
        global(
            val::I32,
            false,
            &[ConstOp::GlobalGet(0), ConstOp::Const(1), ConstOp::I32Add],
        ),
        global(val::I32, false, &[ConstOp::GlobalGet(4)]),
    ]
}

/// A module with something of everything.
pub(crate) fn rich_module() -> ModuleSpec {
    let extern_table = TableType {
        elem: val::EXTERNREF,
        is64: true,
        min: 1,
        max: None,
    };
    let big = MemoryType {
        is64: true,
        max: None,
        min: 1,
        ..MEMORY
    };
    let noise = (0..70_000u32).map(|i| (i * 7 % 251) as u8 + 1).collect();
    ModuleSpec {
        types: vec![
            func_type(&[], &[]),
            func_type(&[val::I32, val::I32], &[val::I32]),
            func_type(&[val::I64], &[val::I32, val::F64]),
        ],
        imports: rich_imports(),
        funcs: rich_funcs(),
        pool: vec![1, u64::MAX, 0x0123_4567_89ab_cdef],
        tables: vec![
            TableSpec {
                ty: extern_table,
                init: None,
            },
            TableSpec {
                ty: TABLE,
                init: Some(ConstExpr(vec![ConstOp::RefFunc(0)])),
            },
        ],
        memories: vec![MEMORY, big],
        globals: rich_globals(),
        exports: vec![
            export("run", ExternKind::Func, 2),
            export("memory", ExternKind::Memory, 0),
            export("", ExternKind::Table, 2),
            export("global", ExternKind::Global, 5),
        ],
        elems: rich_elems(),
        datas: vec![
            active(0, 100, noise),
            DataSpec {
                mode: DataMode::Passive,
                bytes: b"passive".to_vec(),
            },
            active(0, 200_000, b"far".to_vec()),
            active(1, 5, b"other".to_vec()),
        ],
        counts_datas: true,
        tags: vec![0],
        start: Some(3),
        func_names: vec![
            (0, "imported".into()),
            (2, "main".into()),
            (4, "pair".into()),
        ],
        module_name: Some("rich".into()),
        lines: rich_lines(),
        inlined: rich_copies(),
        handlers: vec![rich_handlers()],
        around: vec![rich_around()],
        debug: None,
        features: 0,
    }
}

/// An image with something of everything, and a second module with next to nothing.
pub(crate) fn rich() -> ImageSpec {
    ImageSpec {
        modules: vec![rich_module(), ModuleSpec::default()],
        build_id: 0x1122_3344_5566_7788,
    }
}

fn ops(expr: view::ConstExprView<'_>) -> ConstExpr {
    ConstExpr(expr.ops().collect())
}

/// Reads a module back. What it was written from is equal but for what the writer flattened, names, and lines.
fn read(module: &ModuleView<'_>) -> ModuleSpec {
    let funcs = (0..module.func_count()).map(|i| {
        let record = module.func(i);
        let start = record.code_word as usize;
        let words = &module.code()[start..start + record.words as usize];
        FuncSpec {
            type_idx: record.type_idx,
            frame: record.frame,
            refs: record.refs,
            code: words.iter().map(|&word| u16::from_le(word)).collect(),
        }
    });
    let types = (0..module.func_type_count()).map(|i| {
        let ty = module.func_type(i);
        FuncTypeSpec {
            sub: module.sub_type(i),
            ..func_type(ty.params, ty.results)
        }
    });
    let names = (0..module.imported_funcs() + module.func_count())
        .filter_map(|i| Some((i, module.func_name(i)?.to_string())));
    ModuleSpec {
        types: types.collect(),
        imports: (module.imports())
            .map(|import| ImportSpec {
                module: import.module.into(),
                name: import.name.into(),
                ty: import.ty,
            })
            .collect(),
        funcs: funcs.collect(),
        pool: module
            .pool()
            .iter()
            .map(|&word| u64::from_le(word))
            .collect(),
        tables: (module.tables())
            .map(|table| TableSpec {
                ty: table.ty,
                init: table.init.map(ops),
            })
            .collect(),
        memories: module.memories().collect(),
        globals: (module.globals())
            .map(|global| GlobalSpec {
                ty: global.ty,
                init: ops(global.init),
            })
            .collect(),
        tags: (0..module.tag_count())
            .map(|i| module.tag(i).unwrap())
            .collect(),
        exports: (module.exports())
            .map(|e| export(e.name, e.kind, e.index))
            .collect(),
        elems: (0..module.elem_count())
            .map(|i| read_elem(module.elem(i).unwrap()))
            .collect(),
        datas: (0..module.data_count())
            .map(|i| read_data(module.data(i).unwrap()))
            .collect(),
        counts_datas: false,
        start: module.start(),
        func_names: names.collect(),
        module_name: module.name().map(String::from),
        features: module.features(),
        ..read_sites(module)
    }
}

fn read_elem(elem: view::ElemView<'_>) -> ElemSpec {
    ElemSpec {
        mode: match elem.mode {
            view::ElemMode::Passive => ElemMode::Passive,
            view::ElemMode::Declared => ElemMode::Declared,
            view::ElemMode::Active { table, offset } => {
                let offset = ops(offset);
                ElemMode::Active { table, offset }
            }
        },
        items: match elem.items {
            view::ElemItems::Funcs(funcs) => {
                ElemItems::Funcs(funcs.iter().map(|&func| u32::from_le(func)).collect())
            }
            view::ElemItems::Exprs(exprs) => {
                ElemItems::Exprs((0..exprs.len()).map(|i| ops(exprs.expr(i))).collect())
            }
        },
        ty: elem.ty,
    }
}

fn read_data(data: view::DataView<'_>) -> DataSpec {
    DataSpec {
        mode: match data.mode {
            view::DataMode::Passive => DataMode::Passive,
            view::DataMode::Active { mem, offset } => {
                let offset = ops(offset);
                DataMode::Active { mem, offset }
            }
        },
        bytes: data.bytes.to_vec(),
    }
}

#[test]
fn everything_comes_back() {
    let spec = rich();
    let bytes = align(&write(&spec).unwrap());
    let image = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
    image.check_hashes().unwrap();
    assert_eq!(image.modules(), 2);
    assert_eq!(image.header().build_id, spec.build_id);
    let module = image.module(0);
    let mut expected = spec.modules[0].clone();
    expected.features = features::MULTI_MEMORY
        | features::MEMORY64
        | features::EXTENDED_CONST
        | features::EXCEPTIONS;
    expected.lines.clear();
    expected.inlined.clear();
    expected.counts_datas = false;
    let emptied = DataSpec {
        mode: DataMode::Passive,
        bytes: vec![],
    };
    expected.datas[0] = emptied.clone();
    expected.datas[2] = emptied;
    assert_eq!(read(&module), expected);
    assert_eq!(read(&image.module(1)), ModuleSpec::default());
    assert_eq!(image.module(1).name(), None);
}

#[test]
fn lookups() {
    let bytes = align(&write(&rich()).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    for export in rich_module().exports {
        assert_eq!(
            module.export(&export.name),
            Some((export.kind, export.index))
        );
    }
    assert_eq!(module.export("runs"), None);
    assert_eq!(module.func_name(1), None);
    let line = |func, word| module.wasm_offset(func, word);
    // Before the first place that is known it is the same.
    assert_eq!(
        [line(0, 0), line(0, 3), line(0, 10), line(0, 13)],
        [Some(1000); 4]
    );
    assert_eq!(
        [line(0, 14), line(0, 21), line(0, 22), line(0, 24)],
        [Some(1000), Some(1000), Some(900), Some(900)]
    );
    // The last is in force for `call_indirect` too.
    assert_eq!([line(0, 25), line(0, 28), line(0, 99)], [Some(100_000); 3]);
    assert_eq!(module.import_func_type(1), 0);
    assert_eq!(module.import_number(ExternKind::Global, 1), Some(4));
    assert_eq!(module.func_type_idx(4), 2);
    assert_eq!(module.table_type(0), Some(TABLE));
    assert_eq!(module.memory_type(0), Some(MEMORY));
    assert!(module.global_type(1).unwrap().mutable);
}

/// The memory as the copy-on-write sections and the segments left fill it.
fn initial_memory(module: &ModuleView<'_>, memory: u32, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    for run in module.cow_runs(memory) {
        assert_eq!(run.memory_offset % 4096, 0);
        assert_eq!(run.file_offset % 4096, 0);
        let at = run.memory_offset as usize;
        out[at..at + run.bytes.len()].copy_from_slice(run.bytes);
    }
    out
}

#[test]
fn large_data_is_laid_out_for_mapping() {
    let spec = rich();
    let bytes = align(&write(&spec).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let mut expected = vec![0; 4 << 16];
    expected[100..70_100].copy_from_slice(&spec.modules[0].datas[0].bytes);
    expected[200_000..200_003].copy_from_slice(b"far");
    assert_eq!(initial_memory(&module, 0, 4 << 16), expected);
    // The gap of more than 64 KiB splits them.
    let places: Vec<_> = module
        .cow_runs(0)
        .map(|run| (run.memory_offset, run.bytes.len()))
        .collect();
    assert_eq!(places, [(0, 18 * 4096), (48 * 4096, 4096)]);
    assert_eq!(module.cow_runs(1).count(), 0);
}

#[test]
fn later_segments_overwrite_earlier_ones() {
    let mut module = rich_module();
    module.datas = vec![
        active(0, 0, vec![1; 65_536]),
        active(0, 4000, vec![2; 200]),
        active(0, 4100, vec![0; 50]),
        active(0, 110_000, vec![]),
    ];
    let bytes = write(&ImageSpec {
        modules: vec![module],
        build_id: 0,
    })
    .unwrap();
    let bytes = align(&bytes);
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let memory = initial_memory(&image.module(0), 0, 4 << 16);
    let parts = [
        &memory[..4000],
        &memory[4000..4100],
        &memory[4100..4150],
        &memory[4150..4200],
    ];
    let all = |part: &[u8], byte| part.iter().all(|&b| b == byte);
    assert!(all(parts[0], 1) && all(parts[1], 2) && all(parts[2], 0) && all(parts[3], 2));
    assert!(all(&memory[4200..65_536], 1) && all(&memory[65_536..], 0));
}

#[test]
fn data_that_could_trap_or_is_small_stays_as_it_is() {
    let flattened = |datas: Vec<DataSpec>| {
        let mut module = rich_module();
        module.datas = datas;
        cow::flatten(&module).0
    };
    let big = || active(0, 0, vec![1; 65_536]);
    assert_eq!(flattened(vec![big()]), [true]);
    assert_eq!(flattened(vec![active(0, 0, vec![1; 65_535])]), [false]);
    assert_eq!(
        flattened(vec![active(0, (3 << 16) + 1, vec![1; 65_536])]),
        [false]
    );
    assert_eq!(flattened(vec![active(0, 3 << 16, vec![1; 65_536])]), [true]);
    assert_eq!(
        flattened(vec![active(1, 65_536, vec![1]), big()]),
        [false, false]
    );
    assert_eq!(
        flattened(vec![big(), active(1, 65_536, vec![1])]),
        [true, false]
    );
    let mut variable = big();
    variable.mode = DataMode::Active {
        mem: 0,
        offset: ConstExpr(vec![ConstOp::GlobalGet(0)]),
    };
    assert_eq!(flattened(vec![big(), variable]), [false, false]);
}

#[test]
fn the_same_description_gives_the_same_bytes() {
    assert_eq!(write(&rich()).unwrap(), write(&rich()).unwrap());
    let mut other = rich();
    other.build_id += 1;
    assert_ne!(write(&rich()).unwrap(), write(&other).unwrap());
}

/// The bytes of an image, all of them: a change here is a change of the format.
#[test]
fn golden_bytes() {
    let mut module = ModuleSpec {
        types: vec![func_type(&[val::I32], &[val::I32])],
        memories: vec![MEMORY],
        exports: vec![export("f", ExternKind::Func, 0)],
        pool: vec![0x0102_0304_0506_0708],
        module_name: Some("golden".into()),
        func_names: vec![(0, "f".into())],
        lines: vec![vec![(1, 64)]],
        ..ModuleSpec::default()
    };
    module.funcs.push(FuncSpec {
        type_idx: 0,
        frame: 2,
        refs: 0,
        code: code(&[
            (Op::Enter, &[2, 1]),
            (Op::I32AddImm, &[0, 0, 1]),
            (Op::Ret1, &[0]),
        ]),
    });
    let spec = ImageSpec {
        modules: vec![module],
        build_id: 42,
    };
    let mut bytes = write(&spec).unwrap();
    // New instructions change the table's identity and with it the checksum, but not the format.
    bytes[16..20].fill(0);
    bytes[header::CRC_OFFSET as usize..header::HEADER_LEN as usize].fill(0);
    let text: String = bytes.chunks(32).map(|line| hex(line) + "\n").collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/image/write/golden.hex");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap());
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| alloc::format!("{byte:02x}"))
        .collect()
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut module = ModuleSpec::default();
    module.types.push(func_type(&vec![val::I32; 65_536], &[]));
    let spec = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    assert_eq!(write(&spec), Err(WriteError::TooManySlots));
    let mut module = ModuleSpec::default();
    let index = crate::image::root::Item::LIMIT;
    module.exports.push(export("f", ExternKind::Func, index));
    let spec = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    assert_eq!(write(&spec), Err(WriteError::TooLarge));
}
