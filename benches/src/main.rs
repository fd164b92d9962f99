//! See the library of this name.

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    wrt_benches::run(&args)
}
