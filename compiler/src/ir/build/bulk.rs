//! Operators on memories and tables as a whole, and on table elements.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::{Builder, Inst, Type};
use wasmparser::Operator;

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn bulk(&mut self, op: &Operator<'_>) -> bool {
        self.memory(op) || self.table(op)
    }

    /// The type of the addresses and sizes of a memory.
    fn memory_index(&self, mem: u32) -> Type {
        match self.module.memories[mem as usize].is64 {
            true => Type::I64,
            false => Type::I32,
        }
    }

    /// The type of the indices and sizes of a table.
    fn table_index(&self, table: u32) -> Type {
        match self.module.tables[table as usize].is64 {
            true => Type::I64,
            false => Type::I32,
        }
    }

    fn memory(&mut self, op: &Operator<'_>) -> bool {
        match *op {
            Operator::MemorySize { mem } => {
                let ty = self.memory_index(mem);
                self.emit(Inst::MemorySize(mem), &[ty]);
            }
            Operator::MemoryGrow { mem } => {
                let delta = self.pop();
                let ty = self.memory_index(mem);
                self.emit(Inst::MemoryGrow { mem, delta }, &[ty]);
            }
            Operator::MemoryFill { mem } => {
                let (n, value, to) = (self.pop(), self.pop(), self.pop());
                self.emit(Inst::MemoryFill { mem, to, value, n }, &[]);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (n, from, to) = (self.pop(), self.pop(), self.pop());
                let copy = Inst::MemoryCopy {
                    to_mem: dst_mem,
                    from_mem: src_mem,
                    to,
                    from,
                    n,
                };
                self.emit(copy, &[]);
            }
            Operator::MemoryInit { data_index, mem } => {
                let (n, from, to) = (self.pop(), self.pop(), self.pop());
                let init = Inst::MemoryInit {
                    mem,
                    data: data_index,
                    to,
                    from,
                    n,
                };
                self.emit(init, &[]);
            }
            Operator::DataDrop { data_index } => self.emit(Inst::DataDrop(data_index), &[]),
            _ => return false,
        }
        true
    }

    fn table(&mut self, op: &Operator<'_>) -> bool {
        match *op {
            Operator::TableGet { table } => {
                let index = self.pop();
                let ty = self.module.ir_type(self.module.tables[table as usize].elem);
                self.emit(Inst::TableGet { table, index }, &[ty]);
            }
            Operator::TableSet { table } => {
                let (value, index) = (self.pop(), self.pop());
                let set = Inst::TableSet {
                    table,
                    index,
                    value,
                };
                self.emit(set, &[]);
            }
            Operator::TableSize { table } => {
                let ty = self.table_index(table);
                self.emit(Inst::TableSize(table), &[ty]);
            }
            Operator::TableGrow { table } => {
                let (delta, init) = (self.pop(), self.pop());
                let ty = self.table_index(table);
                let grow = Inst::TableGrow { table, init, delta };
                self.emit(grow, &[ty]);
            }
            Operator::TableFill { table } => {
                let (n, value, to) = (self.pop(), self.pop(), self.pop());
                let fill = Inst::TableFill {
                    table,
                    to,
                    value,
                    n,
                };
                self.emit(fill, &[]);
            }
            Operator::TableCopy {
                dst_table,
                src_table,
            } => {
                let (n, from, to) = (self.pop(), self.pop(), self.pop());
                let copy = Inst::TableCopy {
                    to_table: dst_table,
                    from_table: src_table,
                    to,
                    from,
                    n,
                };
                self.emit(copy, &[]);
            }
            Operator::TableInit { elem_index, table } => {
                let (n, from, to) = (self.pop(), self.pop(), self.pop());
                let init = Inst::TableInit {
                    table,
                    elem: elem_index,
                    to,
                    from,
                    n,
                };
                self.emit(init, &[]);
            }
            Operator::ElemDrop { elem_index } => self.emit(Inst::ElemDrop(elem_index), &[]),
            _ => return false,
        }
        true
    }
}
