//! The functions of a module, each from its body to its code, in parallel.
//!
//! Input: [`ValidModule`]. Output: [`Functions`], in the order of the module. A function's IR is gone as soon as its code exists, so
//! that at any time there is one in memory per thread. If functions are faulty, the first one in the module is reported, whichever
//! thread was first.

use crate::callees::Callees;
use crate::emit::{self, Code};
use crate::error::{Error, ErrorKind};
use crate::ir::build::{build_body, build_for_debugging, build_profiled};
use crate::ir::cfg::Cfg;
use crate::ir::check::check_in;
use crate::ir::{self, Block, Func};
use crate::lower::{self, ModuleInfo};
use crate::opt;
use crate::options::{Options, Progress, Report};
use crate::profile::Counts;
use crate::regalloc;
use crate::wasm::{BodyAllocs, ValidModule, explain};
use core::sync::atomic::{AtomicU32, Ordering};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// All defined functions of a module.
pub(crate) struct Functions {
    /// Their code, in order.
    pub(crate) codes: Vec<Code>,
    /// What was counted.
    pub(crate) report: Report,
}

/// Compiles all functions.
pub(crate) fn functions(
    module: &ValidModule<'_>,
    options: &Options<'_>,
) -> Result<Functions, Error> {
    let info = ModuleInfo::new(module);
    let callees = Callees::new(module, options);
    let hot_from = match options.profile.filter(|_| !options.debug) {
        Some(profile) => {
            profile.check(module, -options.offset_shift)?;
            Some((profile, profile.hot_from(module, -options.offset_shift)))
        }
        None => None,
    };
    let counts = |func_idx: u32| {
        hot_from.map(|(profile, from)| profile.counts(func_idx, from, -options.offset_shift))
    };
    let total = module.body_count();
    let done = AtomicU32::new(0);
    let first_faulty = AtomicU32::new(u32::MAX);
    let results: Vec<_> = (0..total)
        .into_par_iter()
        .map_init(BodyAllocs::default, |allocs, body_idx| {
            // What comes behind a faulty function is not needed; what comes before it may be faulty too, and is then the first.
            if body_idx > first_faulty.load(Ordering::Relaxed) {
                return None;
            }
            let counts = counts(module.body_func_idx(body_idx));
            let result = function(module, &info, &callees, body_idx, allocs, counts, options);
            if result.is_err() {
                first_faulty.fetch_min(body_idx, Ordering::Relaxed);
            }
            if let Some(progress) = options.progress {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress { done, total });
            }
            Some(result)
        })
        .collect();
    let mut codes = Vec::with_capacity(results.len());
    let mut report = Report::default();
    for result in results.into_iter().flatten() {
        let (code, counted) =
            result.map_err(|error| explain(module.wasm, module.features, error))?;
        codes.push(code);
        report = report.plus(&counted);
    }
    Ok(Functions { codes, report })
}

/// Compiles one function.
fn function(
    module: &ValidModule<'_>,
    info: &ModuleInfo,
    callees: &Callees<'_>,
    body_idx: u32,
    allocs: &mut BodyAllocs,
    counts: Option<Counts<'_>>,
    options: &Options<'_>,
) -> Result<(Code, Report), Error> {
    let func_idx = module.body_func_idx(body_idx);
    let mut compile = |homes: bool| {
        let body = module.validate_body(body_idx, allocs)?;
        let mut func = if options.debug {
            build_for_debugging(module, &body, homes)?
        } else if let Some(counts) = counts {
            build_profiled(module, &body, counts)?
        } else {
            build_body(module, &body)?
        };
        drop(body);
        if options.canonical_nans {
            ir::canonical_nans(&mut func);
        }
        check_ir(&func, module, options, "building")?;
        let ir_insts_built = count_insts(&func);
        let callee = |callee, most| callees.get(callee, most);
        let cfg = opt::run_with(&mut func, options.opt_level, options.check, &callee);
        check_ir(&func, module, options, "optimisation")?;
        let code = generate(&func, &cfg, info, options)?;
        let report = Report {
            functions: 1,
            ir_insts_built,
            ir_insts: count_insts(&func),
            ir_blocks: func.layout.len() as u64,
            profiled_functions: counts.is_some_and(|counts| counts.ran()).into(),
            profiled_blocks: count_blocks(&func, |block| func.block(block).count > Some(0)),
            hot_blocks: count_blocks(&func, |block| func.heat(block) > Some(0)),
            words: code.words.len() as u64,
            max_frame_slots: u64::from(code.frame),
            ..Report::default()
        };
        Ok((code, report))
    };
    // A frame that is too large with homes may do without.
    let first = compile(true).or_else(|error: Error| {
        match options.debug && matches!(error.kind(), ErrorKind::TooLarge(..)) {
            true => compile(false),
            false => Err(error),
        }
    });
    first.map_err(|error| error.in_func(func_idx, module.func_name(func_idx)))
}

/// From IR to words.
fn generate(
    func: &Func,
    cfg: &Cfg,
    info: &ModuleInfo,
    options: &Options<'_>,
) -> Result<Code, Error> {
    let mut selected = lower::select_with(func, cfg, info, options.opt_level);
    lower::orient(&mut selected);
    let allocated = regalloc::allocate(&selected)?;
    if options.check {
        regalloc::check(&selected, &allocated).map_err(Error::internal)?;
    }
    let mut code = emit::emit(&selected, &allocated)?;
    code.around = emit::around(&func.inlined, &code.words, &code.lines);
    code.inlined = emit::inlined(&func.inlined, &mut code.lines, info);
    Ok(code)
}

fn check_ir(
    func: &Func,
    module: &ValidModule<'_>,
    options: &Options<'_>,
    stage: &str,
) -> Result<(), Error> {
    if !options.check {
        return Ok(());
    }
    check_in(func, module)
        .map_err(|error| Error::internal(format!("after {stage}: {error}\n{}", ir::print(func))))
}

fn count_blocks(func: &Func, counts: impl Fn(Block) -> bool) -> u64 {
    let blocks = func.layout.iter();
    blocks.filter(|&&block| counts(block)).count() as u64
}

fn count_insts(func: &Func) -> u64 {
    let blocks = func.layout.iter();
    blocks
        .map(|&block| func.block(block).insts.len() as u64)
        .sum()
}
