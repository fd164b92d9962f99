//! Runs that must repeat: what differs between hosts and runs is not seen.

use super::*;
use crate::STABLE_TIME_NS;

/// A world with files that the host has made in this order.
fn world(names: &[&str]) -> World {
    let world = World::with(WasiBuilder::stable_files);
    for name in names {
        std::fs::write(world.dir.path().join(name), name).unwrap();
    }
    std::fs::create_dir(world.dir.path().join("dir")).unwrap();
    world
}

/// The record of a path: device, number, kind, links, size and three times.
fn stat(world: &mut World, path: &str) -> [u64; 8] {
    let errno = world.path(
        WasiFunc::PathFilestatGet,
        &[ROOT, FOLLOW],
        path,
        &[OUT.into()],
    );
    assert_eq!(errno, Errno::SUCCESS, "{path}");
    core::array::from_fn(|i| world.u64(OUT + 8 * i as u32))
}

fn number(world: &mut World, path: &str) -> u64 {
    stat(world, path)[1]
}

#[test]
fn listings_and_attributes_are_the_same_whatever_the_host_did_before() {
    let mut worlds = [world(&["a", "b", "c"]), world(&["c", "a", "b"])];
    let seen = worlds.each_mut().map(|world| {
        let args = [ROOT, DATA.into(), 512, 0, OUT.into()];
        world.ok(WasiFunc::FdReaddir, &args);
        let listing = world.get(DATA, world.u32(OUT) as usize).to_vec();
        (listing, stat(world, "b"), stat(world, "dir"))
    });
    assert_eq!(seen[0], seen[1]);
    let (_, b, dir) = &seen[0];
    assert_eq!(b[2..5], [4, 1, 1], "a regular file of one link and byte");
    assert_eq!((b[0], b[5..].to_vec()), (0, vec![STABLE_TIME_NS; 3]));
    assert_eq!((dir[2], dir[3], dir[4]), (3, 1, 0), "a directory");
    // The listing has met the directory itself, a, b, c and dir, in this order.
    assert_eq!((b[1], dir[1]), (3, 5));
}

#[test]
fn a_file_keeps_its_number_until_it_is_removed() {
    let mut world = world(&["a", "b", "c"]);
    let a = number(&mut world, "a");
    let b = number(&mut world, "b");
    assert_eq!((a, b, number(&mut world, "a")), (1, 2, 1));
    assert_eq!(world.rename(ROOT, "a", ROOT, "moved"), Errno::SUCCESS);
    assert_eq!(number(&mut world, "moved"), a);
    // Whatever the host calls a new file, the guest has not met it before.
    assert_eq!(
        world.path(WasiFunc::PathUnlinkFile, &[ROOT], "b", &[]),
        Errno::SUCCESS
    );
    std::fs::write(world.dir.path().join("b"), "new").unwrap();
    assert_eq!(number(&mut world, "b"), 3);
    // A file that another one is put in the place of is gone too.
    assert_eq!(number(&mut world, "c"), 4);
    assert_eq!(world.rename(ROOT, "moved", ROOT, "c"), Errno::SUCCESS);
    std::fs::write(world.dir.path().join("d"), "new").unwrap();
    assert_eq!((number(&mut world, "c"), number(&mut world, "d")), (a, 5));
    // One of two names is not the file.
    std::fs::hard_link(world.dir.path().join("c"), world.dir.path().join("e")).unwrap();
    assert_eq!(
        world.path(WasiFunc::PathUnlinkFile, &[ROOT], "c", &[]),
        Errno::SUCCESS
    );
    assert_eq!(number(&mut world, "e"), a);
    assert_eq!(world.rename(ROOT, "e", ROOT, "e"), Errno::SUCCESS);
    assert_eq!(number(&mut world, "e"), a);
}

#[test]
fn virtual_clocks_go_on_as_they_are_driven() {
    let mut world = World::with(|builder| {
        builder.clock(Clock::Virtual {
            realtime_ns: 100,
            monotonic_ns: 0,
            step_ns: 0,
        })
    });
    let now = |world: &mut World, id: u64| {
        world.ok(WasiFunc::ClockTimeGet, &[id, 1, OUT.into()]);
        world.u64(OUT)
    };
    assert_eq!((now(&mut world, 0), now(&mut world, 1)), (100, 0));
    world.wasi.drive_clock(7);
    world.wasi.drive_clock(5);
    assert_eq!((now(&mut world, 0), now(&mut world, 1)), (107, 7));
    world.wasi.drive_clock(u64::MAX);
    assert_eq!(now(&mut world, 1), u64::MAX);
}

/// What of `host` was restored in the place of `guest`'s world.
fn moved(guest: &mut World, host: &World) -> Result<(), String> {
    let state = guest.wasi.state().map_err(|error| error.to_string())?;
    let dir = Dir::open_ambient_dir(host.dir.path(), ambient_authority()).unwrap();
    let builder = WasiBuilder::new().preopen_dir(dir, "/data", false);
    guest.wasi = builder.restore(&state).map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn numbers_go_on_with_other_files_of_the_same_names() {
    let mut here = world(&["a", "b", "c"]);
    let there = world(&["c", "x", "b", "a"]);
    std::fs::remove_file(there.dir.path().join("x")).unwrap();
    for world in [&here, &there] {
        let dir = world.dir.path().join("dir");
        std::fs::write(dir.join("inner"), "i").unwrap();
        std::os::unix::fs::symlink("a", world.dir.path().join("link")).unwrap();
    }
    let names = ["c", "link", "dir", "dir/inner", "b", "."];
    let numbers = names.map(|name| number(&mut here, name));
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    moved(&mut here, &there).unwrap();
    assert_eq!(names.map(|name| number(&mut here, name)), numbers);
    // The link was followed, so this is the file that it leads to.
    assert_eq!(number(&mut here, "a"), 2);
    std::fs::write(there.dir.path().join("new"), "n").unwrap();
    assert_eq!(number(&mut here, "new"), 7);
}

#[test]
fn files_that_have_got_other_names_keep_their_numbers() {
    let mut here = world(&["a", "b", "gone"]);
    std::fs::write(here.dir.path().join("dir/inner"), "i").unwrap();
    let names = ["a", "dir/inner", "gone", "b"];
    let numbers = names.map(|name| number(&mut here, name));
    assert_eq!(here.rename(ROOT, "a", ROOT, "z"), Errno::SUCCESS);
    assert_eq!(here.rename(ROOT, "dir", ROOT, "other"), Errno::SUCCESS);
    assert_eq!(here.rename(ROOT, "b", ROOT, "gone"), Errno::SUCCESS);
    let there = world(&["gone", "z"]);
    std::fs::create_dir(there.dir.path().join("other")).unwrap();
    std::fs::write(there.dir.path().join("other/inner"), "i").unwrap();
    moved(&mut here, &there).unwrap();
    let names = ["z", "other/inner", "gone"];
    let [a, inner, _, b] = numbers;
    assert_eq!(names.map(|name| number(&mut here, name)), [a, inner, b]);
    let error = moved(&mut here, &world(&["gone"])).unwrap_err();
    assert!(
        error.contains("the guest has met it, and it is not there"),
        "{error}"
    );
}

#[test]
fn a_tree_that_is_too_deep_is_named() {
    let mut world = world(&["a"]);
    number(&mut world, "a");
    assert_eq!(world.rename(ROOT, "a", ROOT, "b"), Errno::SUCCESS);
    assert!(world.wasi.state().is_ok());
    let deep: std::path::PathBuf = (0..120).map(|_| "d").collect();
    std::fs::create_dir_all(world.dir.path().join(deep)).unwrap();
    let error = world.wasi.state().unwrap_err().to_string();
    assert!(error.contains("nested too deep"), "{error}");
}

#[test]
fn two_hosts_give_the_same_bytes() {
    let states = [world(&["a", "b"]), world(&["b", "a"])].map(|mut world| {
        let args = [ROOT, DATA.into(), 512, 0, OUT.into()];
        world.ok(WasiFunc::FdReaddir, &args);
        stat(&mut world, "b");
        world.wasi.clock = crate::clock::ClockState::new(Clock::Virtual {
            realtime_ns: 0,
            monotonic_ns: 0,
            step_ns: 0,
        });
        world.wasi.state().unwrap()
    });
    assert_eq!(states[0], states[1]);
}
