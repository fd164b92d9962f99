//! WRT itself: compiled at -O2, run from its image with fuel on.

use crate::runtime::Program;
use wrt_compiler::Options;
#[cfg(feature = "profile")]
use wrt_format::image::ModuleView;
use wrt_vm::{Config, Engine, Extern, Func, Instance, Limits, Module, Outcome};

/// An instance of an image.
pub(crate) struct Wrt {
    engine: Engine<'static>,
    instance: Instance,
    #[cfg(feature = "profile")]
    module: Module<'static>,
    #[cfg(feature = "profile")]
    image_bytes: usize,
    run: Func,
}

impl Program for Wrt {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        self.engine.set_fuel(u64::MAX / 4);
        match self
            .engine
            .execute(self.instance, self.run, &[n.into()])
            .map_err(|e| e.to_string())?
        {
            Outcome::Done => Ok(self.engine.results()[0] as u32),
            other @ (Outcome::Trap(_)
            | Outcome::Exception(_)
            | Outcome::OutOfFuel
            | Outcome::HostCall(_)
            | Outcome::Yield
            | Outcome::Wait(_)) => Err(format!("{other:?}")),
        }
    }
}

#[cfg(feature = "profile")]
impl Wrt {
    /// The module.
    pub(crate) const fn view(&self) -> &ModuleView<'static> {
        self.module.view()
    }

    /// Bytes of the image.
    pub(crate) const fn image_bytes(&self) -> usize {
        self.image_bytes
    }

    /// How often `run(n)` executes the instruction, and enters the block, at each word of the code.
    pub(crate) fn count(&mut self, n: u32) -> Result<(Vec<u64>, Vec<u64>), String> {
        self.engine.count_instructions(&self.module);
        self.run(n)?;
        let instructions = self.engine.instruction_counts().to_vec();
        Ok((instructions, self.engine.block_counts().to_vec()))
    }
}

/// The image of a module, for as long as the process lives.
fn image(wasm: &[u8], options: &Options<'_>) -> Result<&'static [u8], String> {
    let compiled = wrt_compiler::compile(wasm, options).map_err(|e| e.to_string())?;
    Ok(Box::leak(Box::new(wrt_cli::load::Aligned::new(&compiled.image))).bytes())
}

/// WRT with fuel metering, as `wrtd` runs it.
pub(crate) fn fuel(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    Ok(Box::new(load(
        wasm,
        &Options::default(),
        Some(Config::DIRECT_THREADING_AFTER),
    )?))
}

/// The same without direct threading.
pub(crate) fn by_opcode(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    Ok(Box::new(load(wasm, &Options::default(), None)?))
}

/// What `run(n)` executes.
#[cfg(feature = "profile")]
pub(crate) fn counts(wasm: &[u8], n: u32) -> Result<crate::profile::Counts, String> {
    let mut program = compiled(wasm, &Options::default())?;
    let before = program.engine.fuel_used();
    let (counts, _) = program.count(n)?;
    let module = program.module.view();
    let funcs = (0..module.func_count()).map(|func| {
        let record = module.func(func);
        let words = (record.code_word as usize, record.words as usize);
        (words.0, words.1, module.imported_funcs() + func)
    });
    Ok(crate::profile::Counts {
        code: module
            .code()
            .iter()
            .map(|word| u16::from_le(*word))
            .collect(),
        counts,
        funcs: funcs.collect(),
        fuel: program.engine.fuel_used() - before,
    })
}

/// WRT with fuel metering and without direct threading, the module compiled in some way.
#[cfg(feature = "profile")]
pub(crate) fn compiled(wasm: &[u8], options: &Options<'_>) -> Result<Wrt, String> {
    load(wasm, options, None)
}

fn load(wasm: &[u8], options: &Options<'_>, direct: Option<u64>) -> Result<Wrt, String> {
    let text = |e: wrt_vm::Error| e.to_string();
    let image = image(wasm, options)?;
    let module = Module::load_from_binary(image, &Limits::default()).map_err(text)?;
    let config = Config::default().with_direct_threading(direct);
    let mut engine = Engine::new(config).map_err(text)?;
    engine.set_fuel(u64::MAX / 4);
    match module.instantiate(&mut engine, &[]).map_err(text)? {
        Outcome::Done => {}
        other @ (Outcome::Trap(_)
        | Outcome::Exception(_)
        | Outcome::OutOfFuel
        | Outcome::HostCall(_)
        | Outcome::Yield
        | Outcome::Wait(_)) => {
            return Err(format!("instantiation: {other:?}"));
        }
    }
    let instance = engine.last_instance().ok_or("no instance")?;
    match instance.export(&engine, "run") {
        Some(Extern::Func(run)) => Ok(Wrt {
            engine,
            instance,
            #[cfg(feature = "profile")]
            module,
            #[cfg(feature = "profile")]
            image_bytes: image.len(),
            run,
        }),
        _ => Err("no export `run`".into()),
    }
}
