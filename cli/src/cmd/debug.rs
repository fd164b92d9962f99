//! `wrtd debug`: a guest under gdb, forward and backward.
//!
//! Input: [`DebugArgs`]. Output: what the guest prints, and its exit status. Invariants: nobody but this machine can connect unless that is asked for; the
//! address is bound before anything of the guest runs.

use core::net::SocketAddr;
use std::io::{self, Write as _};
use std::net::{TcpListener, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use clap::Args;
use wrt_host::MmapProvider;
use wrt_vm::Engine;

use super::run::stepwise::config;
use super::run::world::{WorldArgs, guest_args};
use super::run::{Guest, Keep, guest_status};
use crate::debug::{Ended, Session};
use crate::load::Image;
use crate::status::{Failure, Status};

/// Bytes in a MiB.
const MIB: usize = 1 << 20;
/// The address that stands for standard input and output.
const STDIO: &str = "-";

/// Arguments of `wrtd debug`.
#[derive(Args, Debug)]
pub(crate) struct DebugArgs {
    /// Wait for gdb at this address of this machine, HOST:PORT; with port 0 at a free one, which is printed. In gdb: `target remote HOST:PORT`. With -
    /// gdb talks over standard input and output, as in `target remote | wrtd debug --gdb - IMG`; what the guest prints goes to standard error then.
    #[arg(long, value_name = "ADDR")]
    gdb: String,

    /// Let other machines connect too. Whoever does reads and changes the guest's memory; nobody is asked for a password.
    #[arg(long)]
    allow_remote: bool,

    /// Memory for snapshots of the past, in MiB. More make going far back faster.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    history: u32,

    /// An image made with `wrtc compile -g`; with a compiler in this build also a .wasm or .wat module.
    #[arg(value_name = "IMG")]
    image: PathBuf,

    /// Call this export instead of `_start`; ARGS are its arguments, the results are printed one a line.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    #[command(flatten)]
    world: WorldArgs,

    /// The guest's arguments: everything from the first one on; put -- before one that starts with a dash.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_negative_numbers = true
    )]
    args: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(args: &DebugArgs) -> Result<u8, Failure> {
    let listener = if args.gdb == STDIO {
        None
    } else {
        Some(listen(&args.gdb, args.allow_remote)?)
    };
    let guest_args = guest_args(args.invoke.as_deref(), &args.args);
    let is_stdio = listener.is_none();
    let wasi = args.world.build(&args.image, guest_args, |builder| {
        if is_stdio {
            let builder = builder.stdin(Box::new(io::empty()));
            builder.stdout(Box::new(io::stderr()))
        } else {
            builder
        }
    })?;
    let image = Image::open_for_debugging(&args.image)?;
    let provider = image.known_to(MmapProvider::new());
    let place = args.image.display();
    let module = image.module(&args.image)?;
    let mut engine = Engine::with_provider(config(), &provider)?;
    engine.set_fuel(0);
    let guest = Guest::new(engine, module, wasi, None, &args.image, Keep::default())?;
    let invoke = args.invoke.as_deref().map(|name| (name, &args.args[..]));
    let session = Session::new(
        guest,
        invoke,
        (&provider, config()),
        symbol_file(&args.image),
        args.history as usize * MIB,
    );
    let mut session = session.map_err(|failure| failure.at(&place))?;
    let ended = match listener {
        None => match session.serve(io::stdin(), io::stdout())? {
            Ok(ended) => ended,
            Err(why) => return Err(Failure::new(Status::Io, format!("gdb has gone: {why}"))),
        },
        Some(listener) => serve_all(&mut session, &listener)?,
    };
    Ok(match ended {
        Ended::Exit(code) => guest_status(code),
        Ended::Killed => 0,
    })
}

/// Serves one debugger after the other until the guest has ended.
fn serve_all(session: &mut Session<'_>, listener: &TcpListener) -> Result<Ended, Failure> {
    let fail = |error: io::Error| Failure::io("--gdb", &error);
    let address = listener.local_addr().map_err(fail)?;
    eprintln!("wrtd: waiting for gdb: target remote {address}");
    loop {
        let (stream, _) = listener.accept().map_err(fail)?;
        // Packets are small, and each waits for an answer.
        stream.set_nodelay(true).map_err(fail)?;
        let reader = stream.try_clone().map_err(fail)?;
        match session.serve(reader, &stream)? {
            Ok(ended) => return Ok(ended),
            Err(why) => {
                drop(stream.shutdown(std::net::Shutdown::Both));
                let mut out = io::stderr().lock();
                // Nobody reads it, then.
                drop(writeln!(
                    out,
                    "wrtd: gdb has gone: {why}; waiting for another one: target remote {address}"
                ));
            }
        }
    }
}

/// Binds an address of this machine, or of others too.
fn listen(text: &str, allow_remote: bool) -> Result<TcpListener, Failure> {
    let wrong = |why: &str| Failure::usage(format!("--gdb {text}: {why}"));
    let with_host = if text.starts_with(':') {
        format!("127.0.0.1{text}")
    } else {
        text.to_owned()
    };
    let found = with_host.to_socket_addrs().map_err(|error| {
        wrong(&format!(
            "give an address as HOST:PORT, such as 127.0.0.1:1234 ({error})"
        ))
    })?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.is_empty() {
        return Err(wrong("this name has no address"));
    }
    if !allow_remote && addresses.iter().any(|address| !address.ip().is_loopback()) {
        return Err(wrong(
            "other machines could connect, and nobody would be asked for a password; give an address such as 127.0.0.1:1234, or --allow-remote",
        ));
    }
    TcpListener::bind(&addresses[..]).map_err(|error| Failure::io(format!("--gdb {text}"), &error))
}

/// The name under which gdb sees the symbol file.
fn symbol_file(image: &Path) -> String {
    let stem = image.file_stem().unwrap_or(image.as_os_str());
    format!("/{}.elf", stem.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_are_bound_and_others_refused() {
        let bound = listen("127.0.0.1:0", false).unwrap();
        let port = bound.local_addr().unwrap().port();
        assert!(
            listen(":0", false)
                .unwrap()
                .local_addr()
                .unwrap()
                .ip()
                .is_loopback()
        );
        let taken = listen(&format!("127.0.0.1:{port}"), false).unwrap_err();
        assert_eq!(taken.status, Status::Io);
        assert!(
            taken
                .message
                .starts_with(&format!("--gdb 127.0.0.1:{port}: ")),
            "{taken}"
        );
        for (text, part) in [
            ("0.0.0.0:0", "--allow-remote"),
            ("1234", "HOST:PORT"),
            ("", "HOST:PORT"),
            ("127.0.0.1:99999", "HOST:PORT"),
        ] {
            let failure = listen(text, false).unwrap_err();
            assert_eq!(failure.status, Status::Usage);
            assert!(failure.message.contains(part), "{failure}");
        }
        assert!(listen("0.0.0.0:0", true).is_ok());
    }

    #[test]
    fn the_symbol_file_is_named_after_the_image() {
        assert_eq!(symbol_file(Path::new("a/b.c.wrtb")), "/b.c.elf");
    }
}
