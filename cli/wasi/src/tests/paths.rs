//! Names: opening, creating, removing, renaming, linking.

use super::*;
use crate::abi::fdflags;

fn mkdir(world: &mut World, path: &str) -> Errno {
    world.path(WasiFunc::PathCreateDirectory, &[ROOT], path, &[])
}

fn unlink(world: &mut World, path: &str) -> Errno {
    world.path(WasiFunc::PathUnlinkFile, &[ROOT], path, &[])
}

fn rmdir(world: &mut World, path: &str) -> Errno {
    world.path(WasiFunc::PathRemoveDirectory, &[ROOT], path, &[])
}

#[test]
fn open_flags() {
    let mut world = World::new();
    assert_eq!(world.open("a", 0, ALL_FILE), Err(Errno::NOENT));
    let fd = world.create("a");
    world.write(fd, b"content");
    assert_eq!(
        world.open("a", oflags::CREAT | oflags::EXCL, ALL_FILE),
        Err(Errno::EXIST)
    );
    world.open("a", oflags::CREAT, ALL_FILE).unwrap();
    assert_eq!(world.host("a"), b"content");
    assert_eq!(world.open("a", oflags::DIRECTORY, 0), Err(Errno::NOTDIR));
    assert_eq!(world.open("a/", 0, r::FD_READ), Err(Errno::NOTDIR));
    world.open("a", oflags::TRUNC, ALL_FILE).unwrap();
    assert_eq!(world.host("a"), b"");
    assert_eq!(
        world.open("d", oflags::DIRECTORY | oflags::CREAT, 0),
        Err(Errno::INVAL)
    );
    assert_eq!(world.open("a", 16, 0), Err(Errno::INVAL));
    assert_eq!(
        world.open_with("a", 1, 0, r::FD_READ, 32),
        Err(Errno::INVAL)
    );
    assert_eq!(world.open("", 0, r::FD_READ), Err(Errno::NOENT));
    assert_eq!(
        world.open(&"x".repeat(300), 0, r::FD_READ),
        Err(Errno::NAMETOOLONG)
    );
    world.put(TEXT, b"\xff");
    let bad = [ROOT, 1, TEXT.into(), 1, 0, r::FD_READ, 0, 0, OUT.into()];
    assert_eq!(world.call(WasiFunc::PathOpen, &bad), Errno::ILSEQ);
    let fd = world
        .open_with("a", 1, 0, ALL_FILE, fdflags::APPEND.into())
        .unwrap();
    world.write(fd, b"1");
    world.ok(WasiFunc::FdSeek, &[fd, 0, 0, OUT.into()]);
    world.write(fd, b"2");
    assert_eq!(world.host("a"), b"12");
}

#[test]
fn directories_open_with_and_without_the_flag() {
    let mut world = World::new();
    assert_eq!(mkdir(&mut world, "d"), Errno::SUCCESS);
    assert_eq!(mkdir(&mut world, "d"), Errno::EXIST);
    assert_eq!(mkdir(&mut world, "x/y"), Errno::NOENT);
    for (path, flags) in [("d", oflags::DIRECTORY), ("d", 0), ("d/", 0), (".", 0)] {
        let fd = world
            .open(path, flags, r::FD_READ | r::FD_READDIR | r::PATH_OPEN)
            .unwrap();
        world.ok(WasiFunc::FdFdstatGet, &[fd, OUT.into()]);
        assert_eq!(world.get(OUT, 1), [3], "{path}");
        assert_eq!(
            world.u64(OUT + 8),
            r::FD_READDIR | r::PATH_OPEN,
            "only what applies"
        );
        assert_eq!(world.read(fd, 1), Err(Errno::BADF));
        assert_eq!(world.write(fd, b"x"), Errno::BADF);
    }
    assert_eq!(world.open("d", 0, ALL_FILE), Err(Errno::ISDIR));
    assert_eq!(
        world.open("d", oflags::CREAT, r::FD_READ),
        Err(Errno::ISDIR)
    );
    // Below a directory that was opened.
    let d = world.open("d", oflags::DIRECTORY, r::DIR).unwrap();
    let after = [u64::from(oflags::CREAT), ALL_FILE, 0, 0, OUT.into()];
    assert_eq!(
        world.path(WasiFunc::PathOpen, &[d, 1], "f", &after),
        Errno::SUCCESS
    );
    assert!(world.dir.path().join("d/f").is_file());
    // A file is no directory to look in.
    let f = u64::from(world.u32(OUT));
    assert_eq!(
        world.path(WasiFunc::PathOpen, &[f, 1], "g", &after),
        Errno::NOTDIR
    );
    assert_eq!(
        world.path(WasiFunc::PathOpen, &[1, 1], "g", &after),
        Errno::BADF
    );
    assert_eq!(
        world.path(WasiFunc::PathOpen, &[99, 1], "g", &after),
        Errno::BADF
    );
}

#[test]
fn a_file_that_may_only_be_read_opens_with_creat() {
    let mut world = World::new();
    world.file("a", b"text");
    let path = world.dir.path().join("a");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let fd = world.open("a", oflags::CREAT, r::FD_READ).unwrap();
    assert_eq!(world.read(fd, 9), Ok(b"text".to_vec()));
    let fd = world.open("b", oflags::CREAT, r::FD_READ).unwrap();
    assert_eq!(world.read(fd, 9), Ok(vec![]));
}

#[test]
fn removing() {
    let mut world = World::new();
    mkdir(&mut world, "d");
    world.create("d/f");
    assert_eq!(rmdir(&mut world, "d"), Errno::NOTEMPTY);
    assert!(matches!(
        unlink(&mut world, "d"),
        Errno::ISDIR | Errno::PERM
    ));
    assert_eq!(rmdir(&mut world, "d/f"), Errno::NOTDIR);
    assert_eq!(unlink(&mut world, "d/f/"), Errno::NOTDIR);
    assert_eq!(unlink(&mut world, "d/f"), Errno::SUCCESS);
    assert_eq!(unlink(&mut world, "d/f"), Errno::NOENT);
    assert_eq!(rmdir(&mut world, "d/"), Errno::SUCCESS);
    assert_eq!(rmdir(&mut world, "d"), Errno::NOENT);
}

#[test]
fn renaming_replaces_and_crosses_preopens() {
    let other = tempfile::tempdir().unwrap();
    let second = Dir::open_ambient_dir(other.path(), ambient_authority()).unwrap();
    let mut world = World::with(|builder| builder.preopen_dir(second, "/other", false));
    world.file("a", b"A");
    world.file("b", b"B");
    assert_eq!(world.rename(ROOT, "a", ROOT, "b"), Errno::SUCCESS);
    assert_eq!(world.host("b"), b"A");
    assert_eq!(world.rename(ROOT, "a", ROOT, "c"), Errno::NOENT);
    assert_eq!(world.rename(ROOT, "b", 4, "moved"), Errno::SUCCESS);
    assert_eq!(std::fs::read(other.path().join("moved")).unwrap(), b"A");
    assert_eq!(world.rename(4, "moved", 4, "../escaped"), Errno::PERM);
    mkdir(&mut world, "d");
    world.create("e");
    assert_eq!(world.rename(ROOT, "e", ROOT, "d"), Errno::ISDIR);
    assert_eq!(world.rename(ROOT, "d", ROOT, "e"), Errno::NOTDIR);
}

#[test]
fn hard_links() {
    let mut world = World::new();
    world.file("a", b"A");
    world.put(TEXT2, b"b");
    let to_b = [ROOT, TEXT2.into(), 1];
    assert_eq!(
        world.path(WasiFunc::PathLink, &[ROOT, 0], "a", &to_b),
        Errno::SUCCESS
    );
    assert_eq!(
        world.path(WasiFunc::PathLink, &[ROOT, 0], "a", &to_b),
        Errno::EXIST
    );
    assert_eq!(
        world.path(WasiFunc::PathLink, &[ROOT, 1], "a", &to_b),
        Errno::INVAL
    );
    assert_eq!(
        world.path(WasiFunc::PathFilestatGet, &[ROOT, 0], "b", &[OUT.into()]),
        Errno::SUCCESS
    );
    assert_eq!(world.u64(OUT + 24), 2);
}

#[cfg(unix)]
#[test]
fn symbolic_links_inside_work() {
    let mut world = World::new();
    mkdir(&mut world, "d");
    world.file("d/f", b"content");
    assert_eq!(world.symlink("d/f", "link"), Errno::SUCCESS);
    assert_eq!(world.symlink("../d/f", "d/up"), Errno::SUCCESS);
    for path in ["link", "d/up", "d/../d/f", "./link"] {
        let fd = world.open(path, 0, r::FD_READ).unwrap();
        assert_eq!(world.read(fd, 99), Ok(b"content".to_vec()), "{path}");
    }
    assert_eq!(
        world.open_with("link", 0, 0, r::FD_READ, 0),
        Err(Errno::LOOP)
    );
    let stat = |world: &mut World, lookup| {
        world.path(
            WasiFunc::PathFilestatGet,
            &[ROOT, lookup],
            "link",
            &[OUT.into()],
        );
        world.get(OUT + 16, 1)[0]
    };
    assert_eq!((stat(&mut world, 0), stat(&mut world, 1)), (7, 4));
    let after = [DATA.into(), 100, OUT.into()];
    assert_eq!(
        world.path(WasiFunc::PathReadlink, &[ROOT], "link", &after),
        Errno::SUCCESS
    );
    assert_eq!((world.u32(OUT), world.get(DATA, 3)), (3, &b"d/f"[..]));
    let short = [DATA.into(), 2, OUT.into()];
    assert_eq!(
        world.path(WasiFunc::PathReadlink, &[ROOT], "link", &short),
        Errno::SUCCESS
    );
    assert_eq!(world.u32(OUT), 2);
    assert_eq!(
        world.path(WasiFunc::PathReadlink, &[ROOT], "d", &after),
        Errno::INVAL
    );
    // The times of the link itself and not of the file.
    let after = [5_000_000_000, 6_000_000_000, 5];
    assert_eq!(
        world.path(WasiFunc::PathFilestatSetTimes, &[ROOT, 0], "link", &after),
        Errno::SUCCESS
    );
    world.path(WasiFunc::PathFilestatGet, &[ROOT, 0], "link", &[OUT.into()]);
    assert_eq!(world.u64(OUT + 48), 6_000_000_000);
    world.path(WasiFunc::PathFilestatGet, &[ROOT, 1], "link", &[OUT.into()]);
    assert_ne!(world.u64(OUT + 48), 6_000_000_000);
    assert_eq!(unlink(&mut world, "link"), Errno::SUCCESS);
    assert_eq!(world.host("d/f"), b"content");
}

#[cfg(unix)]
#[test]
fn symbolic_links_in_a_circle_end() {
    let mut world = World::new();
    assert_eq!(world.symlink("b", "a"), Errno::SUCCESS);
    assert_eq!(world.symlink("a", "b"), Errno::SUCCESS);
    assert_eq!(world.open("a", 0, r::FD_READ), Err(Errno::LOOP));
    assert_eq!(world.symlink("x", ""), Errno::NOENT);
    assert_eq!(world.symlink("", "x"), Errno::NOENT);
}
