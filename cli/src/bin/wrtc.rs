//! Compiles WebAssembly to images: see `wrtc --help`.

fn main() -> std::process::ExitCode {
    wrt_cli::cmd::wrtc(std::env::args_os())
}
