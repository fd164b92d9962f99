//! Data segments as copy-on-write sections: what a memory holds at first is laid out in the image as it lies in the memory, so that a
//! host can map it and firmware can leave it in flash.
//!
//! Only where that cannot be told apart from writing the segments one after the other: every active segment of the memory has a
//! constant offset and fits the memory's initial size, and no segment that could trap comes before one of them.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::ExternSpec;
use super::spec::{DataMode, DataSpec, ModuleSpec};
use crate::image::types::{ConstOp, ExternKind, MemoryType, PAGE_LOG2};

/// Less initial data than this is not worth a page-aligned section.
const WORTHWHILE: u64 = 64 << 10;
/// A gap of this many zero bytes splits a section.
const GAP: u64 = 64 << 10;
/// Alignment of sections in the image and in the memory.
const ALIGN: u64 = 1 << crate::image::header::COW_ALIGN_LOG2;

/// Initial contents of a part of a memory.
pub(super) struct Run {
    /// Index among the defined memories.
    pub(super) memory: u32,
    /// First address, a multiple of [`ALIGN`].
    pub(super) address: u64,
    /// Contents, a multiple of [`ALIGN`].
    pub(super) bytes: Vec<u8>,
}

impl Run {
    fn end(&self) -> u64 {
        self.address + self.bytes.len() as u64
    }
}

/// Which data segments are in copy-on-write sections, and those sections.
pub(super) fn flatten(spec: &ModuleSpec) -> (Vec<bool>, Vec<Run>) {
    let mut flattened = vec![false; spec.datas.len()];
    let mut runs = Vec::new();
    // Segments before the first that could trap.
    let safe = (spec.datas.iter()).position(|data| !always_fits(spec, data));
    let safe = safe.unwrap_or(spec.datas.len());
    let imported = imported_memories(spec).count() as u32;
    for (memory, ty) in spec.memories.iter().enumerate() {
        let memory = memory as u32;
        let of_memory = |data: &DataSpec| match &data.mode {
            DataMode::Passive => None,
            DataMode::Active { mem, offset } if *mem == imported + memory => {
                Some(constant(&offset.0).unwrap_or(u64::MAX))
            }
            DataMode::Active { .. } => None,
        };
        let segments: Vec<(usize, u64)> = (spec.datas.iter().enumerate())
            .filter_map(|(i, data)| Some((i, of_memory(data)?)))
            .collect();
        let total: u64 = (segments.iter())
            .map(|&(i, _)| spec.datas[i].bytes.len() as u64)
            .sum();
        let all_safe = segments.iter().all(|&(i, _)| i < safe);
        if total < WORTHWHILE || !all_safe || ty.page_log2 != PAGE_LOG2 || ty.shared {
            continue;
        }
        // Sections express addresses up to 16 TiB.
        let last = segments.iter().map(|&(_, at)| at).max();
        if last.is_none_or(|at| at >= 1 << 43) {
            continue;
        }
        for &(i, _) in &segments {
            flattened[i] = true;
        }
        layout(memory, &spec.datas, &segments, &mut runs);
    }
    (flattened, runs)
}

fn imported_memories(spec: &ModuleSpec) -> impl Iterator<Item = &MemoryType> {
    let memories = spec
        .imports
        .iter()
        .filter(|import| import.ty.kind() == ExternKind::Memory);
    memories.filter_map(|import| match &import.ty {
        ExternSpec::Memory(ty) => Some(ty),
        ExternSpec::Func(_) | ExternSpec::Table(_) | ExternSpec::Global(_) | ExternSpec::Tag(_) => {
            None
        }
    })
}

fn constant(ops: &[ConstOp]) -> Option<u64> {
    match ops {
        [ConstOp::Const(bits)] => Some(*bits),
        _ => None,
    }
}

/// Whether instantiating the segment cannot trap.
fn always_fits(spec: &ModuleSpec, data: &DataSpec) -> bool {
    let DataMode::Active { mem, offset } = &data.mode else {
        return true;
    };
    let ty = imported_memories(spec)
        .chain(&spec.memories)
        .nth(*mem as usize);
    let (Some(ty), Some(offset)) = (ty, constant(&offset.0)) else {
        return false;
    };
    let end = u128::from(offset) + data.bytes.len() as u128;
    end <= u128::from(ty.min) << ty.page_log2.min(63)
}

/// Writes the segments one after the other into pages, and joins pages that lie close together to runs.
fn layout(memory: u32, datas: &[DataSpec], segments: &[(usize, u64)], runs: &mut Vec<Run>) {
    let mut pages = BTreeMap::<u64, Vec<u8>>::new();
    for &(i, start) in segments {
        let mut at = start;
        let mut rest = datas[i].bytes.as_slice();
        while !rest.is_empty() {
            let inside = (at % ALIGN) as usize;
            let (now, later) = rest.split_at(rest.len().min(ALIGN as usize - inside));
            let page = pages
                .entry(at / ALIGN)
                .or_insert_with(|| vec![0; ALIGN as usize]);
            page[inside..inside + now.len()].copy_from_slice(now);
            at += now.len() as u64;
            rest = later;
        }
    }
    let mut last: Option<Run> = None;
    for (number, page) in pages {
        if page.iter().all(|&byte| byte == 0) {
            continue;
        }
        let address = number * ALIGN;
        match &mut last {
            Some(run) if address - run.end() < GAP => {
                run.bytes.resize((address - run.address) as usize, 0);
                run.bytes.extend_from_slice(&page);
            }
            Some(_) | None => runs.extend(last.replace(Run {
                memory,
                address,
                bytes: page,
            })),
        }
    }
    runs.extend(last);
}
