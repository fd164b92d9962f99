//! Rights: what a descriptor lacks it cannot do, what it gave up it does not get back, and a read-only preopen stays as it is.

use super::*;
use crate::abi::fdflags;

/// A call on a file, a right that it needs, and its arguments behind the descriptor.
fn file_cases() -> Vec<(WasiFunc, u64, Vec<u64>)> {
    let vector = [u64::from(IOVS), 1];
    let out = u64::from(OUT);
    vec![
        (
            WasiFunc::FdRead,
            r::FD_READ,
            vec![vector[0], vector[1], out],
        ),
        (
            WasiFunc::FdWrite,
            r::FD_WRITE,
            vec![vector[0], vector[1], out],
        ),
        (
            WasiFunc::FdPread,
            r::FD_READ,
            vec![vector[0], vector[1], 0, out],
        ),
        (
            WasiFunc::FdPread,
            r::FD_SEEK,
            vec![vector[0], vector[1], 0, out],
        ),
        (
            WasiFunc::FdPwrite,
            r::FD_WRITE,
            vec![vector[0], vector[1], 0, out],
        ),
        (WasiFunc::FdSeek, r::FD_SEEK, vec![1, 0, out]),
        (WasiFunc::FdTell, r::FD_TELL, vec![out]),
        (WasiFunc::FdSync, r::FD_SYNC, vec![]),
        (WasiFunc::FdDatasync, r::FD_DATASYNC, vec![]),
        (WasiFunc::FdAdvise, r::FD_ADVISE, vec![0, 1, 0]),
        (WasiFunc::FdAllocate, r::FD_ALLOCATE, vec![0, 1]),
        (WasiFunc::FdFilestatGet, r::FD_FILESTAT_GET, vec![out]),
        (
            WasiFunc::FdFilestatSetSize,
            r::FD_FILESTAT_SET_SIZE,
            vec![4],
        ),
        (
            WasiFunc::FdFilestatSetTimes,
            r::FD_FILESTAT_SET_TIMES,
            vec![0, 0, 10],
        ),
        (WasiFunc::FdFdstatSetFlags, r::FD_FDSTAT_SET_FLAGS, vec![0]),
        (
            WasiFunc::FdFdstatSetFlags,
            r::FD_SYNC,
            vec![fdflags::SYNC.into()],
        ),
    ]
}

#[test]
fn every_file_operation_needs_its_right() {
    let mut world = World::new();
    std::fs::write(world.dir.path().join("a"), "0123").unwrap();
    let rw = r::FD_READ | r::FD_WRITE;
    for (func, right, args) in file_cases() {
        let fd = world.open("a", 0, ALL_FILE).unwrap();
        world.vectors(&[1]);
        let args = [&[fd], &args[..]].concat();
        world.ok(func, &args);
        world.ok(WasiFunc::FdFdstatSetRights, &[fd, ALL_FILE & !right, 0]);
        assert_eq!(
            world.call(func, &args),
            Errno::NOTCAPABLE,
            "{} {right:#x}",
            func.name()
        );
        assert_eq!(
            world.call(WasiFunc::FdFdstatSetRights, &[fd, ALL_FILE, 0]),
            Errno::NOTCAPABLE
        );
        world.ok(WasiFunc::FdClose, &[fd]);
    }
    let fd = world.open("a", 0, rw).unwrap();
    world.ok(WasiFunc::FdFdstatGet, &[fd, OUT.into()]);
    assert_eq!(world.u64(OUT + 8), rw);
    // To ask where one is takes less than to go elsewhere.
    let fd = world.open("a", 0, r::FD_TELL | r::FD_READ).unwrap();
    world.ok(WasiFunc::FdSeek, &[fd, 0, 1, OUT.into()]);
    assert_eq!(
        world.call(WasiFunc::FdSeek, &[fd, 0, 0, OUT.into()]),
        Errno::NOTCAPABLE
    );
}

/// A call on a directory, a right that it needs, and its arguments.
fn dir_cases() -> Vec<(WasiFunc, u64, Vec<u64>)> {
    use WasiFunc as F;
    let (d, a, b, out) = (ROOT, u64::from(TEXT), u64::from(TEXT2), u64::from(OUT));
    vec![
        (F::PathOpen, r::PATH_OPEN, vec![d, 0, a, 1, 0, 0, 0, 0, out]),
        (
            F::PathOpen,
            r::PATH_CREATE_FILE,
            vec![d, 0, a, 1, 1, 0, 0, 0, out],
        ),
        (
            F::PathOpen,
            r::PATH_FILESTAT_SET_SIZE,
            vec![d, 0, a, 1, 8, 0, 0, 0, out],
        ),
        (
            F::PathFilestatGet,
            r::PATH_FILESTAT_GET,
            vec![d, 0, a, 1, out],
        ),
        (
            F::PathFilestatSetTimes,
            r::PATH_FILESTAT_SET_TIMES,
            vec![d, 0, a, 1, 0, 0, 5],
        ),
        (F::PathLink, r::PATH_LINK_SOURCE, vec![d, 0, a, 1, d, b, 1]),
        (F::PathLink, r::PATH_LINK_TARGET, vec![d, 0, a, 1, d, b, 1]),
        (
            F::PathReadlink,
            r::PATH_READLINK,
            vec![d, a, 1, out, 9, out],
        ),
        (F::PathRename, r::PATH_RENAME_SOURCE, vec![d, a, 1, d, b, 1]),
        (F::PathRename, r::PATH_RENAME_TARGET, vec![d, a, 1, d, b, 1]),
        (F::PathSymlink, r::PATH_SYMLINK, vec![a, 1, d, b, 1]),
        (
            F::PathCreateDirectory,
            r::PATH_CREATE_DIRECTORY,
            vec![d, b, 1],
        ),
        (
            F::PathRemoveDirectory,
            r::PATH_REMOVE_DIRECTORY,
            vec![d, a, 1],
        ),
        (F::PathUnlinkFile, r::PATH_UNLINK_FILE, vec![d, a, 1]),
        (F::FdReaddir, r::FD_READDIR, vec![d, out, 9, 0, out]),
    ]
}

#[test]
fn every_directory_operation_needs_its_right() {
    let mut world = World::new();
    std::fs::write(world.dir.path().join("a"), "0123").unwrap();
    world.put(TEXT, b"a");
    world.put(TEXT2, b"b");
    for (func, right, args) in dir_cases() {
        world.wasi = builder(&world.dir, false).build().unwrap();
        world.ok(
            WasiFunc::FdFdstatSetRights,
            &[ROOT, r::DIR & !right, r::DIR | r::FILE],
        );
        assert_eq!(
            world.call(func, &args),
            Errno::NOTCAPABLE,
            "{}",
            func.name()
        );
    }
    assert_eq!(world.host("a"), b"0123");
    assert!(!world.dir.path().join("b").exists());
}

#[test]
fn rights_are_inherited_and_no_more() {
    let mut world = World::new();
    world.file("a", b"0123");
    let keep = r::FD_READ | r::FD_TELL;
    world.ok(WasiFunc::FdFdstatSetRights, &[ROOT, r::DIR, keep]);
    assert_eq!(world.open("a", 0, ALL_FILE), Err(Errno::NOTCAPABLE));
    assert_eq!(
        world.open_with("a", 1, 0, r::FD_READ, fdflags::SYNC.into()),
        Err(Errno::NOTCAPABLE)
    );
    let fd = world
        .open("a", 0, r::FD_READ | r::FD_SEEK | 1 << 40)
        .unwrap();
    world.ok(WasiFunc::FdFdstatGet, &[fd, OUT.into()]);
    assert_eq!(
        (world.u64(OUT + 8), world.u64(OUT + 16)),
        (r::FD_READ, keep)
    );
}

#[test]
fn a_read_only_preopen_can_be_read() {
    let mut world = World::new();
    std::fs::create_dir(world.dir.path().join("d")).unwrap();
    std::fs::write(world.dir.path().join("d/a"), "0123").unwrap();
    world.wasi = builder(&world.dir, true).build().unwrap();
    let fd = world.open("d/a", 0, ALL_FILE & !r::CHANGING).unwrap();
    assert_eq!(world.read(fd, 9), Ok(b"0123".to_vec()));
    assert_eq!(world.write(fd, b"x"), Errno::NOTCAPABLE);
    assert_eq!(world.open("d/a", 0, r::FD_WRITE), Err(Errno::NOTCAPABLE));
    assert_eq!(
        world.open("d/a", oflags::TRUNC, r::FD_READ),
        Err(Errno::NOTCAPABLE)
    );
    assert_eq!(
        world.open("new", oflags::CREAT, r::FD_READ),
        Err(Errno::NOTCAPABLE)
    );
    // Neither does a directory opened below give more, whatever is asked for.
    let d = world.open("d", oflags::DIRECTORY, !0).unwrap();
    assert_eq!(
        world.path(WasiFunc::PathUnlinkFile, &[d], "a", &[]),
        Errno::NOTCAPABLE
    );
    assert_eq!(
        world.path(WasiFunc::PathUnlinkFile, &[ROOT], "d/a", &[]),
        Errno::NOTCAPABLE
    );
    assert_eq!(world.rename(d, "a", ROOT, "b"), Errno::NOTCAPABLE);
    assert_eq!(world.host("d/a"), b"0123");
}
