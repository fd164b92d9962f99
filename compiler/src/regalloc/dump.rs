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
                let slots = if it.wide { "v" } else { "s" };
                let _ = writeln!(out, "    * {slots}{} = {slots}{}", it.dst, it.src);
            }
            if let Some(inst) = block.insts.get(i) {
                let targets: Vec<u32> = block.succs.iter().map(|edge| edge.block).collect();
                let text = instruction(code, inst, &targets, allocated);
                let _ = writeln!(out, "    {text}");
            }
        }
    }
    out
}

fn instruction(code: &VCode, inst: &VInst, targets: &[u32], allocated: &Allocated) -> String {
    let info = inst.op.info();
    let mut out = info.name.to_owned();
    let mut space = " ";
    let operands = info.fields.iter().zip(&inst.fields);
    for (field, &value) in operands.filter(|(field, _)| field.role != Role::Wide) {
        out.push_str(space);
        space = ", ";
        let text = match operand((field.role, value), targets, (code, inst), allocated) {
            Some(text) => text,
            None => value.to_string(),
        };
        out.push_str(&text);
    }
    out
}

fn operand(
    (role, value): (Role, i64),
    targets: &[u32],
    (code, inst): (&VCode, &VInst),
    allocated: &Allocated,
) -> Option<String> {
    if role.is_register() {
        let slots = if role.is_pair() { "v" } else { "s" };
        Some(format!("{slots}{}", allocated.slots[value as usize]))
    } else if matches!(role, Role::Label16 | Role::Label32) {
        Some(format!("b{}", targets[value as usize]))
    } else if role == Role::TargetCount {
        let list: Vec<String> = targets.iter().map(|it| format!("b{it}")).collect();
        Some(format!("[{}]", list.join(" ")))
    } else if role == Role::Window {
        Some(format!(
            "s{}+{}",
            allocated.base,
            code.slot_count(&inst.args)
        ))
    } else if role == Role::Results {
        let count = code.slot_count(&inst.results);
        Some(format!("s{}+{count}", allocated.results_at(inst)))
    } else if role == Role::UseSpan {
        Some(format!("s{}", allocated.returned_from(code, inst)))
    } else if role == Role::Count {
        Some(code.slot_count(&inst.args).to_string())
    } else {
        None
    }
}
