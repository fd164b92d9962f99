//! Text of selected code, for tests and for people.
//!
//! `v2 = i32_add_imm v0, imm=-1` is an instruction; `func=3(v1, v2)` are the arguments of a call; `-> b1(v2), b3` the successors of
//! a branch, the way that falls through last. What catches an exception stands behind the call or throw.

use super::vcode::{VBlock, VCode, VEdge, VInst, VReg};
use core::fmt;
use wrt_format::isa::Role;

impl fmt::Display for VReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// Prints items with commas between.
fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

/// Operands in front of the `=`, or behind the instruction, or not known yet.
const fn is_hidden(role: Role) -> bool {
    role.is_def()
        || matches!(
            role,
            Role::Window
                | Role::Results
                | Role::Wide
                | Role::UseSpan
                | Role::Count
                | Role::DefSpan
                | Role::SpanLen
                | Role::Frame
                | Role::BlockCost
                | Role::Cost
                | Role::Label16
                | Role::Label32
                | Role::TargetCount
        )
}

impl fmt::Display for VInst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.op.info();
        let operands = || info.fields.iter().zip(&self.fields);
        for (_, dst) in operands().filter(|(field, _)| field.role.is_def()) {
            write!(f, "v{dst} = ")?;
        }
        if !self.results.is_empty() {
            list(f, &self.results)?;
            f.write_str(" = ")?;
        }
        f.write_str(info.name)?;
        let mut space = " ";
        for (field, value) in operands() {
            if is_hidden(field.role) {
                continue;
            }
            if field.role.is_use() || field.role.is_mod() {
                write!(f, "{space}v{value}")?;
            } else {
                write!(f, "{space}{}={value}", field.name)?;
            }
            space = ", ";
        }
        if !self.args.is_empty() {
            f.write_str("(")?;
            list(f, &self.args)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Display for VEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.block)?;
        if !self.args.is_empty() {
            f.write_str("(")?;
            list(f, &self.args)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl VBlock {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        list(f, &self.params)?;
        if !self.caught.is_empty() {
            f.write_str("; caught ")?;
            list(f, &self.caught)?;
        }
        writeln!(f, ") cost {} depth {}:", self.cost, self.loop_depth)?;
        let branches = !self.succs.is_empty()
            && self.clauses.is_empty()
            && self.insts.last().is_some_and(VInst::ends_block);
        for (i, inst) in self.insts.iter().enumerate() {
            write!(f, "    {inst}")?;
            if branches && i + 1 == self.insts.len() {
                f.write_str(" -> ")?;
                list(f, &self.succs)?;
            }
            writeln!(f)?;
        }
        if !branches && let Some(edge) = self.succs.first() {
            writeln!(f, "    -> {edge}")?;
        }
        for (clause, edge) in self.handlers() {
            let with_ref = if clause.with_ref { "_ref" } else { "" };
            match clause.tag {
                Some(tag) => writeln!(f, "    catch{with_ref} {tag} -> {edge}")?,
                None => writeln!(f, "    catch_all{with_ref} -> {edge}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for VCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (params, results) = (self.param_count, self.result_count);
        writeln!(
            f,
            "func {} params {params} results {results}",
            self.func_idx
        )?;
        for (i, block) in self.blocks.iter().enumerate() {
            write!(f, "  b{i}")?;
            block.print(f)?;
        }
        for (i, constant) in self.pool.iter().enumerate() {
            writeln!(f, "  pool {i}: {constant:#x}")?;
        }
        Ok(())
    }
}
