//! A world that is taken apart into bytes and put together again: everything goes on, or is refused by name.

use super::*;
use crate::abi::fdflags;
use crate::{FdKind, FdState, saved_descriptors};

impl World {
    /// The world as it is restored from its state, with the same directory.
    fn hop(&mut self) {
        let state = self.wasi.state().unwrap();
        self.wasi = given(&self.dir, false).restore(&state).unwrap();
    }

    fn refusal(&mut self) -> String {
        self.wasi.state().unwrap_err().to_string()
    }
}

/// What the embedder grants: nothing else of this builder counts.
fn given(dir: &TempDir, read_only: bool) -> WasiBuilder {
    let dir = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
    WasiBuilder::new().preopen_dir(dir, "/data", read_only)
}

fn fails(builder: WasiBuilder, state: &[u8], part: &str) {
    let error = builder.restore(state).unwrap_err().to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn files_go_on_where_they_were() {
    let mut world = World::new();
    let fd = world.file("a", b"0123456789");
    assert_eq!(world.read(fd, 4), Ok(b"0123".to_vec()));
    let log = world
        .open_with(
            "log",
            FOLLOW,
            oflags::CREAT,
            ALL_FILE,
            u64::from(fdflags::APPEND),
        )
        .unwrap();
    world.write(log, b"one ");
    let gap = world.create("gone");
    let last = world.create("last");
    world.ok(WasiFunc::FdClose, &[gap]);
    world.write(last, b"abc");
    let before: Vec<FdState> = world.wasi.fd_states();
    let state = world.wasi.state().unwrap();
    assert_eq!(saved_descriptors(&state).unwrap(), before);
    world.hop();
    assert_eq!(world.wasi.fd_states(), before);
    assert_eq!(world.read(fd, 4), Ok(b"4567".to_vec()));
    world.write(log, b"two");
    world.write(last, b"def");
    assert_eq!(world.host("log"), b"one two");
    assert_eq!(world.host("last"), b"abcdef");
    // The number that was free is given out again.
    assert_eq!(world.create("new"), gap);
}

#[test]
fn directories_and_cursors_go_on() {
    let mut world = World::new();
    std::fs::create_dir(world.dir.path().join("sub")).unwrap();
    for name in ["x", "y", "z"] {
        std::fs::write(world.dir.path().join("sub").join(name), name).unwrap();
    }
    let fd = world.open("sub", oflags::DIRECTORY, r::DIR).unwrap();
    // The two dots and the first file.
    let size = 24 * 3 + 1 + 2 + 1;
    world.ok(WasiFunc::FdReaddir, &[fd, DATA.into(), size, 0, OUT.into()]);
    let cookie = world.u64(DATA + 24 + 1 + 24 + 2);
    assert_eq!(cookie, 3);
    world.hop();
    // The cursor is in the listing that there was, not in one of now.
    std::fs::remove_file(world.dir.path().join("sub/x")).unwrap();
    world.ok(
        WasiFunc::FdReaddir,
        &[fd, DATA.into(), 100, cookie, OUT.into()],
    );
    assert_eq!(world.get(DATA + 24, 1), b"y");
    assert_eq!(world.wasi.fd_states().last().unwrap().kind, FdKind::Dir);
    let opened = world.path(
        WasiFunc::PathOpen,
        &[fd, FOLLOW],
        "z",
        &[0, r::FD_READ, 0, 0, OUT.into()],
    );
    assert_eq!(opened, Errno::SUCCESS);
}

#[test]
fn arguments_clocks_and_random_numbers_go_on() {
    let mut world = World::with(|builder| {
        let input: &[u8] = b"some input";
        builder
            .args(["guest", "b"])
            .env("K", "V")
            .stdin(Box::new(input))
    });
    let all = |world: &mut World| {
        world.ok(WasiFunc::RandomGet, &[DATA.into(), 9]);
        world.ok(WasiFunc::ClockTimeGet, &[1, 0, OUT.into()]);
        world.ok(WasiFunc::ArgsSizesGet, &[TEXT.into(), (TEXT + 4).into()]);
        let env = (TEXT + 8).into();
        world.ok(WasiFunc::EnvironSizesGet, &[env, (TEXT + 12).into()]);
        let random = world.get(DATA, 9).to_vec();
        (random, world.u64(OUT), world.get(TEXT, 16).to_vec())
    };
    all(&mut world);
    assert_eq!(world.read(0, 4), Ok(b"some".to_vec()));
    let state = world.wasi.state().unwrap();
    let straight = all(&mut world);
    let input: &[u8] = b"some input";
    let builder = given(&world.dir, false).stdin(Box::new(input)).arg("other");
    world.wasi = builder.restore(&state).unwrap();
    assert_eq!(all(&mut world), straight);
    assert_eq!(world.read(0, 10), Ok(b" input".to_vec()));
    let short: &[u8] = b"so";
    let builder = given(&world.dir, false).stdin(Box::new(short));
    fails(builder, &state, "shorter than the 4 bytes");
}

#[test]
fn the_hosts_monotonic_clock_does_not_go_back() {
    let mut world = World::with(|builder| builder.clock(Clock::Host));
    let now = |world: &mut World| {
        world.ok(WasiFunc::ClockTimeGet, &[1, 0, OUT.into()]);
        world.u64(OUT)
    };
    std::thread::sleep(core::time::Duration::from_millis(5));
    let before = now(&mut world);
    world.hop();
    assert!(now(&mut world) >= before);
}

#[test]
fn what_cannot_be_opened_again_is_named() {
    let mut world = World::new();
    let fd = world.file("a", b"0123");
    std::fs::remove_file(world.dir.path().join("a")).unwrap();
    assert_eq!(
        world.refusal(),
        "/data/a: removed or replaced since it was opened"
    );
    std::fs::write(world.dir.path().join("a"), "0123").unwrap();
    assert!(world.refusal().contains("replaced"));
    world.ok(WasiFunc::FdClose, &[fd]);
    world.file("a", b"0123");
    assert!(world.wasi.state().is_ok());
    world.ok(WasiFunc::FdClose, &[ROOT]);
    assert_eq!(world.refusal(), "/data/a: its directory has been closed");
}

#[cfg(unix)]
#[test]
fn a_device_is_named() {
    let dir = Dir::open_ambient_dir("/dev", ambient_authority()).unwrap();
    let mut world = World::with(|builder| builder.preopen_dir(dir, "/dev", false));
    let after = [0, r::FD_READ, 0, 0, OUT.into()];
    let opened = world.path(WasiFunc::PathOpen, &[ROOT + 1, FOLLOW], "null", &after);
    assert_eq!(opened, Errno::SUCCESS);
    assert_eq!(world.refusal(), "/dev/null: a pipe or a device");
}

#[test]
fn what_is_not_there_any_more_is_named() {
    let mut world = World::new();
    world.file("a", b"0123");
    let append = u64::from(fdflags::APPEND);
    world.open_with("a", FOLLOW, 0, ALL_FILE, append).unwrap();
    std::fs::create_dir(world.dir.path().join("sub")).unwrap();
    world.open("sub", oflags::DIRECTORY, r::DIR).unwrap();
    let state = world.wasi.state().unwrap();
    let path = world.dir.path().join("a");
    fails(WasiBuilder::new(), &state, "/data: the guest has it open");
    std::fs::write(&path, "012").unwrap();
    fails(
        given(&world.dir, false),
        &state,
        "/data/a: 3 bytes long, and had been 4",
    );
    // One that is only read or written in place may have grown; one that is appended to may not.
    std::fs::write(&path, "01234").unwrap();
    fails(
        given(&world.dir, false),
        &state,
        "5 bytes long, and had been 4",
    );
    std::fs::remove_file(&path).unwrap();
    fails(given(&world.dir, false), &state, "/data/a: ");
    std::fs::create_dir(&path).unwrap();
    fails(given(&world.dir, false), &state, "/data/a: ");
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, "0123").unwrap();
    std::fs::remove_dir(world.dir.path().join("sub")).unwrap();
    fails(given(&world.dir, false), &state, "/data/sub: ");
    std::fs::create_dir(world.dir.path().join("sub")).unwrap();
    fails(given(&world.dir, false).fd_limit(5), &state, "too many");
    assert!(given(&world.dir, false).restore(&state).is_ok());
}

#[test]
fn rights_are_those_of_the_directory_given() {
    let mut world = World::new();
    let fd = world.file("a", b"0123");
    let state = world.wasi.state().unwrap();
    world.wasi = given(&world.dir, true).restore(&state).unwrap();
    assert_eq!(world.write(fd, b"x"), Errno::NOTCAPABLE);
    assert_eq!(world.read(fd, 4), Ok(b"0123".to_vec()));
    assert!(world.open("b", oflags::CREAT, ALL_FILE).is_err());
}

#[test]
fn any_bytes_are_refused_or_grant_nothing_new() {
    let mut world = World::new();
    world.file("a", b"0123");
    let state = world.wasi.state().unwrap();
    for len in 0..state.len() {
        let cut = given(&world.dir, false).restore(&state[..len]);
        assert!(cut.is_err(), "{len}");
        assert!(saved_descriptors(&state[..len]).is_err(), "{len}");
    }
    let longer = [&state[..], &[0]].concat();
    fails(given(&world.dir, false), &longer, "bytes follow");
    for at in 0..state.len() {
        let mut changed = state.clone();
        changed[at] ^= 0x21;
        if let Ok(wasi) = given(&world.dir, true).restore(&changed) {
            for fd in wasi.fd_states() {
                assert_eq!(
                    (fd.rights_base | fd.rights_inheriting) & r::CHANGING & !r::STDOUT,
                    0
                );
            }
        }
    }
    // A path out of the directory.
    let text = state.windows(7).position(|it| it == b"/data/a").unwrap();
    let mut changed = state;
    changed[text..text + 7].copy_from_slice(b"/data/.");
    fails(given(&world.dir, false), &changed, "/data/.: ");
}
