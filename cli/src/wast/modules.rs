//! The modules of a script, compiled.
//!
//! Input: a directive. Output: [`Built`] for its module, if it has one.

use wast::{QuoteWat, WastDirective, WastExecute, Wat};
use wrt_compiler::Error;

use super::Options;
use crate::load::Aligned;

/// What came of a module.
#[derive(Debug)]
pub(crate) enum Built {
    /// An image.
    Image(Aligned),
    /// Its text does not parse.
    Text(String),
    /// It does not compile.
    Refused(Error),
    /// Those of the directives of a thread.
    Thread(Vec<Option<Self>>),
    /// It is a component, or another thing that is no module.
    NoModule,
}

/// Compiles the module of a directive.
pub(crate) fn build(directive: &mut WastDirective<'_>, options: &Options) -> Option<Built> {
    match directive {
        WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => {
            Some(quoted(module, options))
        }
        WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertMalformedCustom { module, .. }
        | WastDirective::AssertInvalid { module, .. }
        | WastDirective::AssertInvalidCustom { module, .. } => {
            let options = Options {
                rewrite: None,
                ..*options
            };
            Some(quoted(module, &options))
        }
        WastDirective::AssertUnlinkable { module, .. }
        | WastDirective::AssertTrap {
            exec: WastExecute::Wat(module),
            ..
        }
        | WastDirective::AssertReturn {
            exec: WastExecute::Wat(module),
            ..
        }
        | WastDirective::AssertException {
            exec: WastExecute::Wat(module),
            ..
        }
        | WastDirective::AssertSuspension {
            exec: WastExecute::Wat(module),
            ..
        } => Some(plain(module, options)),
        WastDirective::ModuleInstance { .. }
        | WastDirective::Register { .. }
        | WastDirective::Invoke(_)
        | WastDirective::AssertTrap { .. }
        | WastDirective::AssertReturn { .. }
        | WastDirective::AssertExhaustion { .. }
        | WastDirective::AssertException { .. }
        | WastDirective::AssertSuspension { .. }
        | WastDirective::Wait { .. } => None,
        WastDirective::Thread(thread) => {
            let directives = thread.directives.iter_mut();
            let built = directives.map(|directive| build(directive, options));
            Some(Built::Thread(built.collect()))
        }
    }
}

fn quoted(module: &mut QuoteWat<'_>, options: &Options) -> Built {
    match module {
        QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..) => Built::NoModule,
        QuoteWat::Wat(Wat::Module(_)) | QuoteWat::QuoteModule(..) => {
            compile(module.encode(), options)
        }
    }
}

fn plain(module: &mut Wat<'_>, options: &Options) -> Built {
    match module {
        Wat::Component(_) => Built::NoModule,
        Wat::Module(_) => compile(module.encode(), options),
    }
}

fn compile(encoded: Result<Vec<u8>, wast::Error>, options: &Options) -> Built {
    let wasm = match encoded {
        Ok(wasm) => wasm,
        Err(error) => return Built::Text(error.message()),
    };
    let wasm = match options.rewrite.map(|rewrite| rewrite(&wasm)) {
        None => wasm,
        Some(Ok(rewritten)) => rewritten,
        Some(Err(error)) => return Built::Text(error),
    };
    let options = wrt_compiler::Options {
        opt_level: options.opt_level,
        debug: options.debug,
        features: options.features,
        check: options.check,
        ..wrt_compiler::Options::default()
    };
    match wrt_compiler::compile(&wasm, &options) {
        Ok(compiled) => Built::Image(Aligned::new(&compiled.image)),
        Err(error) => Built::Refused(error),
    }
}
