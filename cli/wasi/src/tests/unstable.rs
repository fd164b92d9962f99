//! The older module name `wasi_unstable`: where its numbers and layouts differ.

use super::*;

fn world() -> World {
    let mut world = World::new();
    world.abi = Abi::from_module("wasi_unstable").unwrap();
    world
}

#[test]
fn module_names() {
    assert_eq!(
        Abi::from_module("wasi_snapshot_preview1"),
        Some(Abi::Preview1)
    );
    assert_eq!(Abi::from_module("wasi_snapshot_preview2"), None);
}

#[test]
fn whence_counts_from_the_current_place_first() {
    let mut world = world();
    let fd = world.file("a", b"0123456789");
    let mut seek = |delta, whence| {
        world.ok(WasiFunc::FdSeek, &[fd, delta, whence, OUT.into()]);
        world.u64(OUT)
    };
    assert_eq!(
        [seek(3, 0), seek(0, 1), seek(5, 2), seek(1, 0)],
        [3, 10, 5, 6]
    );
}

#[test]
fn filestat_has_a_short_link_count() {
    let mut world = world();
    let fd = world.file("a", b"0123456789");
    world.put(OUT, &[0xee; 64]);
    world.ok(
        WasiFunc::FdFilestatSetTimes,
        &[fd, 7_000_000_000, 8_000_000_000, 5],
    );
    world.ok(WasiFunc::FdFilestatGet, &[fd, OUT.into()]);
    assert_eq!((world.u32(OUT + 20), world.u64(OUT + 24)), (1, 10));
    assert_eq!(
        (world.u64(OUT + 32), world.u64(OUT + 40)),
        (7_000_000_000, 8_000_000_000)
    );
    assert_eq!(world.get(OUT + 56, 8), [0xee; 8]);
}

#[test]
fn subscriptions_have_an_identifier() {
    let mut world = world();
    let at = 0x5000;
    world.put(at, &77_u64.to_le_bytes());
    world.put(at + 16, &[0xff; 8]);
    world.put(at + 24, &1_u32.to_le_bytes());
    world.put(at + 32, &5_u64.to_le_bytes());
    world.put(at + 56, &78_u64.to_le_bytes());
    world.put(at + 56 + 8, &[2]);
    world.put(at + 56 + 16, &1_u32.to_le_bytes());
    world.ok(
        WasiFunc::PollOneoff,
        &[at.into(), DATA.into(), 1, OUT.into()],
    );
    assert_eq!((world.u32(OUT), world.u64(DATA)), (1, 77));
    world.ok(
        WasiFunc::PollOneoff,
        &[at.into(), DATA.into(), 2, OUT.into()],
    );
    assert_eq!((world.u32(OUT), world.u64(DATA)), (1, 78));
}
