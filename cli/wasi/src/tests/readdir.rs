//! Directory listings: order, cookies, entries that do not fit.

use super::*;

/// Reads a listing through a buffer of `buf_bytes`, as a C library does: cut-off entries are asked for again by cookie.
fn list(world: &mut World, fd: u64, buf_bytes: u32) -> Vec<(String, u8)> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        let args = [fd, DATA.into(), buf_bytes.into(), cookie, OUT.into()];
        world.ok(WasiFunc::FdReaddir, &args);
        let used = world.u32(OUT);
        let mut at = 0;
        while at + 24 <= used {
            let len = world.u32(DATA + at + 16);
            if at + 24 + len > used {
                break;
            }
            let name = String::from_utf8(world.get(DATA + at + 24, len as usize).to_vec()).unwrap();
            names.push((name, world.get(DATA + at + 20, 1)[0]));
            cookie = world.u64(DATA + at);
            at += 24 + len;
        }
        if used < buf_bytes {
            return names;
        }
        assert!(at > 0, "the buffer holds no entry");
    }
}

fn filled() -> (World, Vec<(String, u8)>) {
    let world = World::new();
    for name in [
        "zeta",
        "alpha",
        "a-rather-long-name-that-does-not-fit-at-once",
        "b",
    ] {
        std::fs::write(world.dir.path().join(name), "").unwrap();
    }
    std::fs::create_dir(world.dir.path().join("dir")).unwrap();
    let expected = [
        (".", 3),
        ("..", 3),
        ("a-rather-long-name-that-does-not-fit-at-once", 4),
        ("alpha", 4),
        ("b", 4),
        ("dir", 3),
        ("zeta", 4),
    ];
    (
        world,
        expected
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec(),
    )
}

#[test]
fn listings_are_sorted_whatever_the_buffer() {
    let (mut world, expected) = filled();
    for buf_bytes in [4096, 200, 100, 75, 69, 68] {
        assert_eq!(
            list(&mut world, ROOT, buf_bytes),
            expected,
            "{buf_bytes} bytes"
        );
    }
}

#[test]
fn cookies_keep_their_meaning_while_the_directory_changes() {
    let (mut world, _) = filled();
    world.ok(
        WasiFunc::FdReaddir,
        &[ROOT, DATA.into(), 4096, 0, OUT.into()],
    );
    std::fs::remove_file(world.dir.path().join("alpha")).unwrap();
    std::fs::write(world.dir.path().join("aaa"), "").unwrap();
    world.ok(
        WasiFunc::FdReaddir,
        &[ROOT, DATA.into(), 4096, 5, OUT.into()],
    );
    assert_eq!(world.get(DATA + 24, 3), b"dir");
    assert_eq!(world.u64(DATA), 6);
    let names: Vec<_> = list(&mut world, ROOT, 4096)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(names.contains(&"aaa".to_owned()) && !names.contains(&"alpha".to_owned()));
}

#[test]
fn inode_numbers_are_those_of_the_files() {
    let (mut world, _) = filled();
    world.ok(WasiFunc::FdReaddir, &[ROOT, DATA.into(), 50, 4, OUT.into()]);
    let ino = world.u64(DATA + 8);
    world.path(WasiFunc::PathFilestatGet, &[ROOT, 0], "b", &[OUT.into()]);
    assert_eq!(world.u64(OUT + 8), ino);
}

#[test]
fn odd_calls() {
    let (mut world, _) = filled();
    let file = world.create("f");
    world.ok(
        WasiFunc::FdReaddir,
        &[ROOT, DATA.into(), 4096, u64::MAX, OUT.into()],
    );
    assert_eq!(world.u32(OUT), 0);
    world.ok(WasiFunc::FdReaddir, &[ROOT, DATA.into(), 10, 0, OUT.into()]);
    assert_eq!(world.u32(OUT), 10);
    let mut call =
        |fd: u64, buf: u64, used: u64| world.call(WasiFunc::FdReaddir, &[fd, buf, 4096, 0, used]);
    assert_eq!(call(file, DATA.into(), OUT.into()), Errno::NOTDIR);
    assert_eq!(call(1, DATA.into(), OUT.into()), Errno::BADF);
    assert_eq!(call(ROOT, 0xf001, OUT.into()), Errno::FAULT);
    assert_eq!(call(ROOT, DATA.into(), 0xfffd), Errno::FAULT);
}
