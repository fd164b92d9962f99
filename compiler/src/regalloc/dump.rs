//! Text of allocated code, for tests and for people.

use core::fmt::Write;

use wrt_format::isa::Role;

use crate::lower::vcode::{VCode, VInst};

use super::Allocated;

/// Renders `code` with slots in place of virtual registers, and the inserted moves.
#[must_use]
pub fn dump(code: &VCode, allocated: &Allocated) -> String {
    let mut out = String::new();
    let Allocated { base, frame, .. } = allocated;
    let _ = writeln!(out, "frame {frame} base {base}");
    let mut moves = allocated.moves.iter().peekable();
    for (b, block) in code.blocks.iter().enumerate() {
        let params: Vec<String> = block
            .params
            .iter()
            .map(|&it| format!("s{}", allocated.slot(it)))
            .collect();
        let _ = writeln!(out, "b{b}({}) cost {}:", params.join(", "), block.cost);
        for i in 0..=block.insts.len() {
            while let Some(it) =
                moves.next_if(|it| (it.block as usize, it.before as usize) == (b, i))
            {
                let _ = writeln!(out, "    * s{} = s{}", it.dst, it.src);
            }
            if let Some(inst) = block.insts.get(i) {
                let targets: Vec<u32> = block.succs.iter().map(|edge| edge.block).collect();
                let _ = writeln!(out, "    {}", instruction(inst, &targets, allocated));
            }
        }
    }
    out
}

fn instruction(inst: &VInst, targets: &[u32], allocated: &Allocated) -> String {
    let info = inst.op.info();
    let mut out = info.name.to_owned();
    let mut space = " ";
    for (field, &value) in info.fields.iter().zip(&inst.fields) {
        out.push_str(space);
        space = ", ";
        let text = match operand(field.role, value, targets, inst, allocated) {
            Some(text) => text,
            None => value.to_string(),
        };
        out.push_str(&text);
    }
    out
}

fn operand(
    role: Role,
    value: i64,
    targets: &[u32],
    inst: &VInst,
    allocated: &Allocated,
) -> Option<String> {
    if role.is_slot() {
        Some(format!("s{}", allocated.slots[value as usize]))
    } else if matches!(role, Role::Label16 | Role::Label32) {
        Some(format!("b{}", targets[value as usize]))
    } else if role == Role::TargetCount {
        let list: Vec<String> = targets.iter().map(|it| format!("b{it}")).collect();
        Some(format!("[{}]", list.join(" ")))
    } else if role == Role::Window {
        Some(format!("s{}+{}", allocated.base, inst.args.len()))
    } else if role == Role::Results {
        let count = inst.results.len();
        Some(format!("s{}+{count}", allocated.results_at(inst)))
    } else if role == Role::UseSpan {
        Some(format!("s{}", allocated.returned_from(inst)))
    } else if role == Role::Count {
        Some(inst.args.len().to_string())
    } else {
        None
    }
}
