//! Runs images: see `wrtd --help`.

fn main() -> std::process::ExitCode {
    wrt_cli::cmd::wrtd(std::env::args_os())
}
