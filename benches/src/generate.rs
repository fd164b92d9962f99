//! Large modules made of real code: all functions of a small module, again and again, with other constants each time.
//!
//! Input: a module and a number of copies. Output: a valid module whose first functions are those of the small one, followed by the
//! further copies, each of which calls its own functions. The same input gives the same bytes.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Instruction,
    Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionSectionReader, ImportSectionReader, Operator,
    Parser, TypeRef, TypeSectionReader,
};

/// The export, `[] -> [i32]`, that every generated module has: its result is [`FIRST_RESULT`].
pub(crate) const FIRST: &str = "first";
/// What [`FIRST`] gives.
pub(crate) const FIRST_RESULT: i32 = 4242;
/// The program that is copied: C with the standard library, 113 functions of which are most of formatted input and output.
pub(crate) const BASE: &[u8] = include_bytes!("../../testsuite/programs/report.wasm");
/// Constants below this one are left alone: the likes of sizes, shifts and flags.
const SMALLEST_CHANGED: u32 = 1 << 10;

/// `copies` times the functions of `base`.
///
/// # Errors
/// `base` is no module that this can copy.
pub(crate) fn module(base: &[u8], copies: u32) -> Result<Vec<u8>, String> {
    let mut copier = Copier {
        copies,
        ..Copier::default()
    };
    let mut module = Module::new();
    copier
        .parse_core_module(&mut module, Parser::new(0), base)
        .map_err(|error| error.to_string())?;
    Ok(module.finish())
}

/// A module of about this many bytes.
///
/// # Errors
/// Those of [`module`].
pub(crate) fn of_bytes(bytes: usize) -> Result<Vec<u8>, String> {
    let one = module(BASE, 1)?.len();
    let further = module(BASE, 2)?.len() - one;
    let copies = 1 + bytes.saturating_sub(one) / further;
    module(BASE, u32::try_from(copies).map_err(|e| e.to_string())?)
}

/// Copies functions while a module is encoded again.
#[derive(Default)]
struct Copier {
    copies: u32,
    /// Number of the copy that is being made.
    copy: u32,
    imported: u32,
    defined: u32,
    /// Index of the type of [`FIRST`].
    first_type: u32,
}

impl Copier {
    /// Index of the function behind all copies.
    const fn first_func(&self) -> u32 {
        self.imported + self.copies * self.defined
    }
}

impl Reencode for Copier {
    type Error = core::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        self.first_type = types.len();
        types.ty().function([], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for import in section.clone().into_imports() {
            self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
        }
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.defined = section.count();
        for _ in 0..self.copies {
            utils::parse_function_section(self, functions, section.clone())?;
        }
        functions.function(self.first_type);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(FIRST, ExportKind::Func, self.first_func());
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for copy in 0..self.copies {
            self.copy = copy;
            utils::parse_code_section(self, code, section.clone())?;
        }
        self.copy = 0;
        let mut first = Function::new([]);
        first.instruction(&Instruction::I32Const(FIRST_RESULT));
        first.instruction(&Instruction::End);
        code.function(&first);
        Ok(())
    }

    fn function_index(&mut self, func: u32) -> Result<u32, Error<Self::Error>> {
        let copied = func >= self.imported;
        Ok(func + if copied { self.copy * self.defined } else { 0 })
    }

    fn instruction<'a>(&mut self, op: Operator<'a>) -> Result<Instruction<'a>, Error<Self::Error>> {
        // Another constant in each copy, as the functions of a large program have: nothing can be shared between copies.
        if let Operator::I32Const { value } = op
            && value.unsigned_abs() >= SMALLEST_CHANGED
        {
            return Ok(Instruction::I32Const(
                value ^ (self.copy & 0x3ff).cast_signed(),
            ));
        }
        utils::instruction(self, op)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_valid_and_the_same_every_time() {
        let big = module(BASE, 5).unwrap();
        assert_eq!(module(BASE, 5).unwrap(), big);
        let compiled = wrt_compiler::compile(&big, &wrt_compiler::Options::default()).unwrap();
        let one = wrt_compiler::compile(BASE, &wrt_compiler::Options::default()).unwrap();
        assert_eq!(compiled.report.functions, 5 * one.report.functions + 1);
        // A copy is no smaller than what it is a copy of: no code was lost.
        assert!(compiled.report.words >= 5 * one.report.words - 100);
    }

    #[test]
    fn sizes_are_met() {
        let bytes = of_bytes(500_000).unwrap().len();
        assert!((450_000..=500_000).contains(&bytes), "{bytes}");
    }
}
