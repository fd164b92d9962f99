//! Validation of a function body, and in the same pass the facts about it that building SSA form in one further pass needs: which
//! locals are assigned where, and which structured instructions are branched to.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::decode::value_type;
use super::features::provisional;
use super::{FuncType, ValidModule};
use crate::error::Error;
use crate::ir::Type;
use core::ops::Range;
use wasmparser::{Catch, FuncToValidate, FuncValidatorAllocations, Operator, OperatorsReader};
use wrt_format::image::types::ValType;

/// A `block`, `loop`, `if`, `try_table` or `try`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Number of the operator that ends it.
    pub(crate) end: u32,
    /// Whether a branch, live or not, goes to its label.
    pub(crate) targeted: bool,
    /// Of a `try`: its place in the list of those of the body.
    pub(crate) legacy: Option<u32>,
}

/// What follows the body of a `try`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LegacyTry {
    /// Its `catch` and `catch_all`, in order.
    pub(crate) clauses: Vec<LegacyClause>,
    /// The label of its `delegate`, counted from outside of it.
    pub(crate) delegate: Option<u32>,
}

/// A `catch` or `catch_all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LegacyClause {
    /// The tag of a `catch`.
    pub(crate) tag: Option<u32>,
    /// Whether a `rethrow`, live or not, throws again what it has caught.
    pub(crate) rethrown: bool,
}

/// A valid function body. Operators are numbered from 0 in the order of the body, unreachable ones included.
pub struct ValidBody<'a> {
    /// Index in the function index space.
    pub(crate) func_idx: u32,
    /// Type of the function.
    pub(crate) ty: &'a FuncType,
    /// Types of the locals, the parameters first.
    pub(crate) locals: Vec<Type>,
    /// The structured instructions in order.
    pub(crate) scopes: Vec<Scope>,
    /// Each `try` in order.
    pub(crate) tries: Vec<LegacyTry>,
    /// Offset of the body in the module, in bytes.
    pub(crate) offset: u64,
    /// For each local where its assignments start in `assigns`, and the end of the last's.
    assign_starts: Vec<u32>,
    /// The numbers of the operators that assign a local, ascending for each local.
    assigns: Vec<u32>,
    body: wasmparser::FunctionBody<'a>,
}

impl<'a> ValidBody<'a> {
    /// The operators.
    pub(crate) fn operators(&self) -> Result<OperatorsReader<'a>, Error> {
        self.body
            .get_operators_reader()
            .map_err(|error| provisional(&error))
    }

    /// Where the body is in the module, in bytes.
    pub(crate) fn range(&self) -> Range<u32> {
        let range = self.body.range();
        range.start as u32..range.end as u32
    }

    /// The numbers of the operators that assign `local`, ascending.
    pub(crate) fn assigns(&self, local: u32) -> &[u32] {
        let at = local as usize;
        &self.assigns[self.assign_starts[at] as usize..self.assign_starts[at + 1] as usize]
    }
}

impl core::fmt::Debug for ValidBody<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ValidBody({})", self.func_idx)
    }
}

/// What validation allocates, to be used again for the next function.
#[derive(Default)]
pub struct BodyAllocs(FuncValidatorAllocations);

impl core::fmt::Debug for BodyAllocs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BodyAllocs")
    }
}

impl<'a> ValidModule<'a> {
    /// Validates the body of a defined function.
    ///
    /// # Errors
    /// `Invalid` or `Unsupported`, by the validator's first word; [`super::explain`] settles which of the two it is.
    pub fn validate_body<'m>(
        &'m self,
        body_idx: u32,
        allocs: &mut BodyAllocs,
    ) -> Result<ValidBody<'m>, Error> {
        let func_idx = self.body_func_idx(body_idx);
        let in_func = |error: Error| error.in_func(func_idx, self.func_name(func_idx));
        let resources = self
            .resources
            .clone()
            .ok_or_else(|| Error::internal("a body without a module"))?;
        let to_validate = FuncToValidate {
            resources,
            index: func_idx,
            ty: self.funcs[func_idx as usize],
            features: self.features.0,
        };
        let mut validator = to_validate.into_validator(core::mem::take(&mut allocs.0));
        let body = &self.bodies[body_idx as usize];
        let scan = scan(&mut validator, body).map_err(in_func)?;
        let ty = self.func_type(func_idx);
        let locals = self.locals(ty, body).map_err(in_func)?;
        allocs.0 = validator.into_allocations();
        let (assign_starts, assigns) = by_local(&scan.assigns, locals.len());
        Ok(ValidBody {
            func_idx,
            ty,
            locals,
            scopes: scan.scopes,
            tries: scan.tries,
            offset: body.range().start,
            assign_starts,
            assigns,
            body: body.clone(),
        })
    }
}

impl ValidModule<'_> {
    /// Types of the locals, the parameters first.
    fn locals(
        &self,
        ty: &FuncType,
        body: &wasmparser::FunctionBody<'_>,
    ) -> Result<Vec<Type>, Error> {
        let mut locals = self.ir_params(ty);
        for (count, ty) in declared_locals(body)? {
            locals.resize(locals.len() + count as usize, self.ir_type(ty));
        }
        Ok(locals)
    }

    /// Value types of the locals of a defined function, the parameters first.
    pub(crate) fn local_types(&self, body_idx: u32) -> Result<Vec<ValType>, Error> {
        let mut locals = self.func_type(self.body_func_idx(body_idx)).params.clone();
        for (count, ty) in declared_locals(&self.bodies[body_idx as usize])? {
            locals.resize(locals.len() + count as usize, ty);
        }
        Ok(locals)
    }
}

/// The locals that a body declares: how many, and of which type.
fn declared_locals(body: &wasmparser::FunctionBody<'_>) -> Result<Vec<(u32, ValType)>, Error> {
    let reader = body.get_locals_reader();
    let mut reader = reader.map_err(|error| provisional(&error))?;
    let mut locals = Vec::new();
    for _ in 0..reader.get_count() {
        let offset = reader.original_position();
        let (count, ty) = reader.read().map_err(|error| provisional(&error))?;
        let ty = value_type(ty).map_err(|error| error.at(offset))?;
        locals.push((count, ty));
    }
    Ok(locals)
}

#[derive(Default)]
struct Scan {
    scopes: Vec<Scope>,
    tries: Vec<LegacyTry>,
    /// Local and operator number.
    assigns: Vec<(u32, u32)>,
    /// Open scopes, the innermost last; `None` is the function itself.
    open: Vec<Option<u32>>,
}

fn scan(
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &wasmparser::FunctionBody<'_>,
) -> Result<Scan, Error> {
    let invalid = |error| provisional(&error);
    let mut reader = body.get_binary_reader();
    reader.set_features(*validator.features());
    validator.read_locals(&mut reader).map_err(invalid)?;
    let mut ops = OperatorsReader::new(reader);
    let mut scan = Scan::default();
    scan.open.push(None);
    let mut number = 0;
    while !ops.eof() {
        let (op, offset) = ops.read_with_offset().map_err(invalid)?;
        validator.op(offset, &op).map_err(invalid)?;
        scan.operator(&op, number).map_err(invalid)?;
        number += 1;
    }
    ops.finish().map_err(invalid)?;
    Ok(scan)
}

/// The label that a clause branches to, counted from outside of its `try_table`.
pub(crate) const fn label(catch: &Catch) -> u32 {
    match *catch {
        Catch::One { label, .. }
        | Catch::OneRef { label, .. }
        | Catch::All { label }
        | Catch::AllRef { label } => label,
    }
}

impl Scan {
    /// Notes an operator that the validator has accepted, so that labels are in range.
    fn operator(&mut self, op: &Operator<'_>, number: u32) -> wasmparser::Result<()> {
        match op {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                self.assigns.push((*local_index, number));
            }
            Operator::TryTable { try_table } => {
                for catch in &try_table.catches {
                    self.target(label(catch));
                }
                self.scope();
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.scope(),
            Operator::Try { .. } => {
                self.scope();
                let scope = self.scopes.last_mut();
                scope.expect("a new scope").legacy = Some(self.tries.len() as u32);
                self.tries.push(LegacyTry::default());
            }
            Operator::Catch { tag_index } => self.clause(Some(*tag_index)),
            Operator::CatchAll => self.clause(None),
            Operator::Rethrow { relative_depth } => {
                let legacy = self.legacy(*relative_depth);
                if let Some(clause) = legacy.and_then(|legacy| legacy.clauses.last_mut()) {
                    clause.rethrown = true;
                }
            }
            Operator::Delegate { relative_depth } => {
                if let Some(legacy) = self.legacy(0) {
                    legacy.delegate = Some(*relative_depth);
                }
                self.end(number);
            }
            Operator::End => self.end(number),
            Operator::Br { relative_depth }
            | Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => {
                self.target(*relative_depth);
            }
            Operator::BrTable { targets } => {
                self.target(targets.default());
                for depth in targets.targets() {
                    self.target(depth?);
                }
            }
            // Only these concern locals and labels.
            _ => {}
        }
        Ok(())
    }

    fn scope(&mut self) {
        self.open.push(Some(self.scopes.len() as u32));
        self.scopes.push(Scope {
            end: 0,
            targeted: false,
            legacy: None,
        });
    }

    fn end(&mut self, number: u32) {
        if let Some(Some(scope)) = self.open.pop() {
            self.scopes[scope as usize].end = number;
        }
    }

    /// The `try` whose label is `depth`.
    fn legacy(&mut self, depth: u32) -> Option<&mut LegacyTry> {
        let scope = self.open[self.open.len() - 1 - depth as usize]?;
        let legacy = self.scopes[scope as usize].legacy?;
        Some(&mut self.tries[legacy as usize])
    }

    fn clause(&mut self, tag: Option<u32>) {
        if let Some(legacy) = self.legacy(0) {
            legacy.clauses.push(LegacyClause {
                tag,
                rethrown: false,
            });
        }
    }

    fn target(&mut self, depth: u32) {
        if let Some(scope) = self.open[self.open.len() - 1 - depth as usize] {
            self.scopes[scope as usize].targeted = true;
        }
    }
}

/// Groups the assignments by local with a counting sort: starts, and operator numbers.
fn by_local(assigns: &[(u32, u32)], locals: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0; locals + 1];
    for &(local, _) in assigns {
        starts[local as usize + 1] += 1;
    }
    for at in 0..locals {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    let mut numbers = vec![0; assigns.len()];
    for &(local, number) in assigns {
        numbers[next[local as usize] as usize] = number;
        next[local as usize] += 1;
    }
    (starts, numbers)
}
