//! `poll_oneoff`.

use std::time::Instant;

use super::*;

const SUBS: u32 = 0x5000;

fn clock(world: &mut World, index: u32, id: u32, timeout: u64, absolute: bool) {
    let at = SUBS + index * 48;
    world.put(at, &[0; 48]);
    world.put(at, &u64::from(100 + index).to_le_bytes());
    world.put(at + 16, &id.to_le_bytes());
    world.put(at + 24, &timeout.to_le_bytes());
    world.put(at + 40, &[absolute.into()]);
}

fn stream(world: &mut World, index: u32, tag: u8, fd: u32) {
    let at = SUBS + index * 48;
    world.put(at, &[0; 48]);
    world.put(at, &u64::from(100 + index).to_le_bytes());
    world.put(at + 8, &[tag]);
    world.put(at + 16, &fd.to_le_bytes());
}

/// The events: user data, error, tag, bytes.
fn poll(world: &mut World, count: u64) -> Vec<(u64, Errno, u8, u64)> {
    world.ok(
        WasiFunc::PollOneoff,
        &[SUBS.into(), DATA.into(), count, OUT.into()],
    );
    let events = (0..world.u32(OUT)).map(|index| DATA + index * 32);
    let event = |at| {
        let errno = u16::from_le_bytes(world.get(at + 8, 2).try_into().unwrap());
        (
            world.u64(at),
            Errno(errno),
            world.get(at + 10, 1)[0],
            world.u64(at + 16),
        )
    };
    events.map(event).collect()
}

#[test]
fn the_nearest_clock_wins() {
    let mut world = World::new();
    clock(&mut world, 0, 1, 7_000, false);
    clock(&mut world, 1, 0, 5_000, false);
    clock(&mut world, 2, 0, 1_000_000_004_000, true);
    clock(&mut world, 3, 1, 400, true);
    assert_eq!(poll(&mut world, 2), [(101, Errno::SUCCESS, 0, 0)]);
    // The wait of 5000 has taken the absolute time past.
    assert_eq!(poll(&mut world, 3), [(102, Errno::SUCCESS, 0, 0)]);
    assert_eq!(
        poll(&mut world, 4),
        [(102, Errno::SUCCESS, 0, 0), (103, Errno::SUCCESS, 0, 0)]
    );
}

#[test]
fn host_time_passes() {
    let mut world = World::with(|builder| builder.clock(Clock::Host));
    clock(&mut world, 0, 1, 20_000_000, false);
    let start = Instant::now();
    assert_eq!(poll(&mut world, 1).len(), 1);
    assert!(start.elapsed().as_millis() >= 20);
}

#[test]
fn streams_and_files_are_ready() {
    let input: Box<dyn std::io::Read + Send> = Box::new(&b"in"[..]);
    let mut world = World::with(|builder| builder.stdin(input));
    let fd = world.file("a", b"0123456789");
    world.read(fd, 4).unwrap();
    world.write(1, b"flushed");
    clock(&mut world, 0, 1, u64::MAX, false);
    stream(&mut world, 1, 1, 0);
    stream(&mut world, 2, 2, 1);
    stream(&mut world, 3, 1, fd as u32);
    stream(&mut world, 4, 2, fd as u32);
    let events = poll(&mut world, 5);
    assert_eq!(
        events.iter().map(|event| event.0).collect::<Vec<_>>(),
        [101, 102, 103, 104]
    );
    assert!(events.iter().all(|event| event.1 == Errno::SUCCESS));
    assert_eq!((events[0].3, events[2].2, events[2].3), (1, 1, 6));
    assert_eq!(world.out.bytes(), b"flushed");
}

#[test]
fn what_cannot_be_waited_for_is_an_event_with_an_error() {
    let mut world = World::new();
    stream(&mut world, 0, 1, 99);
    stream(&mut world, 1, 2, 0);
    stream(&mut world, 2, 1, 3);
    clock(&mut world, 3, 9, 1, false);
    clock(&mut world, 4, 2, 1, false);
    let errors: Vec<_> = poll(&mut world, 5).iter().map(|event| event.1).collect();
    assert_eq!(
        errors,
        [
            Errno::BADF,
            Errno::BADF,
            Errno::BADF,
            Errno::INVAL,
            Errno::NOTSUP
        ]
    );
    let fd = world.create("a");
    world.ok(WasiFunc::FdFdstatSetRights, &[fd, r::FD_READ, 0]);
    stream(&mut world, 0, 1, fd as u32);
    assert_eq!(poll(&mut world, 1)[0].1, Errno::NOTCAPABLE);
}

#[test]
fn bad_calls() {
    let mut world = World::new();
    clock(&mut world, 0, 1, 1, false);
    let mut call = |subs: u64, events: u64, count: u64, ready: u64| {
        world.call(WasiFunc::PollOneoff, &[subs, events, count, ready])
    };
    assert_eq!(call(SUBS.into(), DATA.into(), 0, OUT.into()), Errno::INVAL);
    assert_eq!(
        call(SUBS.into(), DATA.into(), 8193, OUT.into()),
        Errno::INVAL
    );
    assert_eq!(call(0xffd1, DATA.into(), 1, OUT.into()), Errno::FAULT);
    assert_eq!(call(SUBS.into(), 0xffe1, 1, OUT.into()), Errno::FAULT);
    assert_eq!(call(SUBS.into(), DATA.into(), 1, 0xfffd), Errno::FAULT);
    stream(&mut world, 0, 3, 0);
    let args = [SUBS.into(), DATA.into(), 1, OUT.into()];
    assert_eq!(world.call(WasiFunc::PollOneoff, &args), Errno::INVAL);
}

#[test]
fn who_only_waits_for_time_can_be_parked() {
    let mut world = World::new();
    world.wasi.park_sleepers();
    let before = world.wasi.clock.now(1);
    clock(&mut world, 0, 1, 7_000, false);
    clock(&mut world, 1, 0, 5_000, false);
    // The events are those of when the time is over, and it is not over yet.
    assert_eq!(poll(&mut world, 2), [(101, Errno::SUCCESS, 0, 0)]);
    assert_eq!(world.wasi.parked(), Some(5_000));
    assert_eq!(world.wasi.take_parked(), Some(5_000));
    assert_eq!(world.wasi.take_parked(), None);
    assert!(world.wasi.clock.now(1).unwrap() < before.unwrap() + 5_000);
    // Something is ready, or it is an error: nobody sleeps.
    stream(&mut world, 1, 2, 1);
    assert_eq!(poll(&mut world, 2), [(101, Errno::SUCCESS, 2, 65536)]);
    assert_eq!(world.wasi.parked(), None);
}
