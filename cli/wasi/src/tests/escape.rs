//! No path leads out of a preopened directory, by whatever function it is tried.
#![cfg(unix)]

use super::*;

/// A world whose preopen is `inside` of a directory that also holds `secret` and `dir`.
fn world() -> (World, TempDir) {
    let outer = tempfile::tempdir().unwrap();
    std::fs::write(outer.path().join("secret"), "secret").unwrap();
    std::fs::create_dir(outer.path().join("dir")).unwrap();
    std::fs::create_dir(outer.path().join("inside")).unwrap();
    std::fs::write(outer.path().join("inside/file"), "file").unwrap();
    std::os::unix::fs::symlink("../secret", outer.path().join("inside/out")).unwrap();
    std::os::unix::fs::symlink("..", outer.path().join("inside/up")).unwrap();
    std::os::unix::fs::symlink(outer.path(), outer.path().join("inside/abs")).unwrap();
    std::os::unix::fs::symlink("up/secret", outer.path().join("inside/chain")).unwrap();
    let mut world = World::new();
    let dir = Dir::open_ambient_dir(outer.path().join("inside"), ambient_authority()).unwrap();
    let out = world.out.clone();
    world.wasi = WasiBuilder::new()
        .preopen_dir(dir, "/", false)
        .stdout(Box::new(out))
        .build()
        .unwrap();
    (world, outer)
}

/// Paths to the secret file outside.
const SECRET: [&str; 10] = [
    "../secret",
    "out",
    "up/secret",
    "chain",
    "abs/secret",
    "./../secret",
    "up/inside/../secret",
    "/etc/passwd",
    "file/../../secret",
    "../inside/file",
];

fn refused(errno: Errno, what: &str) {
    let known = [Errno::PERM, Errno::NOTDIR, Errno::LOOP, Errno::NOENT];
    assert!(known.contains(&errno), "{what}: {errno:?}");
}

#[test]
fn nothing_outside_is_opened_or_looked_at() {
    let (mut world, _outer) = world();
    for path in SECRET {
        for flags in [0, oflags::CREAT, oflags::TRUNC] {
            for base in [r::FD_READ, ALL_FILE] {
                refused(world.open(path, flags, base).unwrap_err(), path);
            }
        }
        refused(
            world.path(WasiFunc::PathFilestatGet, &[ROOT, 1], path, &[OUT.into()]),
            path,
        );
        let times = [1, 1, 5];
        refused(
            world.path(WasiFunc::PathFilestatSetTimes, &[ROOT, 1], path, &times),
            path,
        );
    }
    for path in ["..", "up", "abs", "../dir", "up/dir", "/", "../inside"] {
        refused(
            world
                .open(path, oflags::DIRECTORY, r::FD_READDIR)
                .unwrap_err(),
            path,
        );
    }
    assert_eq!(world.open("../secret", 0, r::FD_READ), Err(Errno::PERM));
    assert_eq!(world.open("/etc/passwd", 0, r::FD_READ), Err(Errno::PERM));
}

#[test]
fn nothing_outside_is_changed() {
    let (mut world, outer) = world();
    for path in ["../new", "up/new", "abs/new", "/new", "up/../new"] {
        refused(
            world.path(WasiFunc::PathCreateDirectory, &[ROOT], path, &[]),
            path,
        );
        refused(world.open(path, oflags::CREAT, ALL_FILE).unwrap_err(), path);
        refused(world.symlink("file", path), path);
        refused(world.rename(ROOT, "file", ROOT, path), path);
        world.put(TEXT2, path.as_bytes());
        let target = [ROOT, TEXT2.into(), path.len() as u64];
        refused(
            world.path(WasiFunc::PathLink, &[ROOT, 0], "file", &target),
            path,
        );
    }
    for path in ["../secret", "up/secret", "abs/secret"] {
        refused(
            world.path(WasiFunc::PathUnlinkFile, &[ROOT], path, &[]),
            path,
        );
        refused(world.rename(ROOT, path, ROOT, "stolen"), path);
        world.put(TEXT2, b"stolen");
        let target = [ROOT, TEXT2.into(), 6];
        refused(
            world.path(WasiFunc::PathLink, &[ROOT, 0], path, &target),
            path,
        );
    }
    for path in ["../dir", "up/dir", "abs/dir"] {
        refused(
            world.path(WasiFunc::PathRemoveDirectory, &[ROOT], path, &[]),
            path,
        );
    }
    assert_eq!(
        std::fs::read(outer.path().join("secret")).unwrap(),
        b"secret"
    );
    assert!(outer.path().join("dir").is_dir());
    let mut names: Vec<_> = std::fs::read_dir(outer.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["dir", "inside", "secret"]);
    assert!(!outer.path().join("inside/stolen").exists());
}

#[test]
fn links_to_absolute_paths_are_neither_made_nor_read() {
    let (mut world, _outer) = world();
    assert_eq!(world.symlink("/etc/passwd", "mine"), Errno::PERM);
    let after = [DATA.into(), 100, OUT.into()];
    assert_eq!(
        world.path(WasiFunc::PathReadlink, &[ROOT], "abs", &after),
        Errno::PERM
    );
    // A link that leads outside may be made, and does not lead anywhere.
    assert_eq!(world.symlink("../secret", "mine"), Errno::SUCCESS);
    assert_eq!(world.open("mine", 0, r::FD_READ), Err(Errno::PERM));
}

#[test]
fn a_directory_opened_below_is_no_way_up_either() {
    let (mut world, _outer) = world();
    world.path(WasiFunc::PathCreateDirectory, &[ROOT], "sub", &[]);
    let sub = world.open("sub", oflags::DIRECTORY, r::DIR).unwrap();
    let after = [0, r::FD_READ, 0, 0, OUT.into()];
    assert_eq!(
        world.path(WasiFunc::PathOpen, &[sub, 1], "../file", &after),
        Errno::PERM
    );
}
