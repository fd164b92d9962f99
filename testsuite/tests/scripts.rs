//! The scripts in `testsuite/wast`: of what the official suite has no files for. Every directive passes, at every level.

use std::path::Path;

use wrt_cli::wast::{Options, run_file};
use wrt_compiler::OptLevel;

#[test]
fn our_own_scripts_pass_at_every_level() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wast");
    let mut scripts = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        scripts += 1;
        for opt_level in [OptLevel::O0, OptLevel::O1, OptLevel::O2] {
            let options = Options {
                opt_level,
                check: true,
                ..Options::default()
            };
            let counts = run_file(&path, &options).expect("a readable script");
            assert_eq!(counts.failures, [], "{} at {opt_level:?}", path.display());
            assert!(counts.passed > 0, "{counts}");
        }
    }
    assert!(scripts > 0);
}
