//! Open files: reading, writing, seeking, sizes, times, flags, renumbering.

use super::*;
use crate::abi::fdflags;
use crate::fds::FdKind;

#[test]
fn writes_and_reads_through_several_vectors() {
    let mut world = World::new();
    let fd = world.create("a");
    assert_eq!(fd, 4);
    world.put(DATA, b"hello, world");
    world.vectors(&[5, 0, 7]);
    world.ok(WasiFunc::FdWrite, &[fd, IOVS.into(), 3, OUT.into()]);
    assert_eq!(world.u32(OUT), 12);
    assert_eq!(world.host("a"), b"hello, world");
    world.ok(WasiFunc::FdSeek, &[fd, 7, 0, OUT.into()]);
    world.put(DATA, &[0; 64]);
    world.vectors(&[3, 10]);
    world.ok(WasiFunc::FdRead, &[fd, IOVS.into(), 2, OUT.into()]);
    assert_eq!(world.u32(OUT), 5);
    assert_eq!(world.get(DATA, 6), b"world\0");
    assert_eq!(world.read(fd, 8), Ok(vec![]));
}

#[test]
fn positioned_calls_leave_the_offset_alone() {
    let mut world = World::new();
    let fd = world.file("a", b"0123456789");
    world.put(DATA, b"xy");
    world.vectors(&[2]);
    world.ok(WasiFunc::FdPwrite, &[fd, IOVS.into(), 1, 4, OUT.into()]);
    assert_eq!(world.u32(OUT), 2);
    world.vectors(&[4]);
    world.ok(WasiFunc::FdPread, &[fd, IOVS.into(), 1, 3, OUT.into()]);
    assert_eq!(world.get(DATA, 4), b"3xy6");
    world.ok(WasiFunc::FdTell, &[fd, OUT.into()]);
    assert_eq!(world.u64(OUT), 0);
    assert_eq!(
        world.call(WasiFunc::FdPread, &[0, IOVS.into(), 1, 0, OUT.into()]),
        Errno::SPIPE
    );
    let past = [fd, IOVS.into(), 1, u64::MAX, OUT.into()];
    assert_eq!(world.call(WasiFunc::FdPwrite, &past), Errno::INVAL);
}

#[test]
fn seeks_from_the_three_places() {
    let mut world = World::new();
    let fd = world.file("a", b"0123456789");
    let mut seek = |delta: i64, whence: u64| {
        let errno = world.call(
            WasiFunc::FdSeek,
            &[fd, delta.cast_unsigned(), whence, OUT.into()],
        );
        if errno == Errno::SUCCESS {
            Ok(world.u64(OUT))
        } else {
            Err(errno)
        }
    };
    assert_eq!(seek(4, 0), Ok(4));
    assert_eq!(seek(3, 1), Ok(7));
    assert_eq!(seek(-2, 2), Ok(8));
    assert_eq!(seek(100, 2), Ok(110));
    assert_eq!(seek(-111, 1), Err(Errno::INVAL));
    assert_eq!(seek(i64::MAX, 1), Err(Errno::INVAL));
    assert_eq!(seek(0, 3), Err(Errno::INVAL));
    assert_eq!(seek(0, 1), Ok(110));
    for stream in 0..3 {
        assert_eq!(
            world.call(WasiFunc::FdSeek, &[stream, 0, 1, OUT.into()]),
            Errno::SPIPE
        );
        assert_eq!(
            world.call(WasiFunc::FdTell, &[stream, OUT.into()]),
            Errno::SPIPE
        );
    }
    assert_eq!(
        world.call(WasiFunc::FdTell, &[ROOT, OUT.into()]),
        Errno::BADF
    );
}

#[test]
fn append_writes_at_the_end_wherever_the_offset_is() {
    let mut world = World::new();
    let fd = world.file("a", b"one");
    world.ok(WasiFunc::FdFdstatSetFlags, &[fd, fdflags::APPEND.into()]);
    assert_eq!(world.write(fd, b"two"), Errno::SUCCESS);
    assert_eq!(world.host("a"), b"onetwo");
    world.ok(
        WasiFunc::FdFdstatSetFlags,
        &[fd, (fdflags::SYNC | fdflags::DSYNC).into()],
    );
    world.ok(WasiFunc::FdSeek, &[fd, 0, 0, OUT.into()]);
    assert_eq!(world.write(fd, b"O"), Errno::SUCCESS);
    assert_eq!(world.host("a"), b"Onetwo");
    world.ok(WasiFunc::FdFdstatGet, &[fd, OUT.into()]);
    assert_eq!(world.get(OUT, 4), [4, 0, 18, 0]);
    assert_eq!(
        world.call(WasiFunc::FdFdstatSetFlags, &[fd, 32]),
        Errno::INVAL
    );
    assert_eq!(
        world.call(WasiFunc::FdFdstatSetFlags, &[ROOT, 1]),
        Errno::BADF
    );
}

#[test]
fn sizes_and_space() {
    let mut world = World::new();
    let fd = world.file("a", b"0123456789");
    world.ok(WasiFunc::FdFilestatSetSize, &[fd, 4]);
    assert_eq!(world.host("a"), b"0123");
    world.ok(WasiFunc::FdAllocate, &[fd, 2, 6]);
    assert_eq!(world.host("a"), b"0123\0\0\0\0");
    world.ok(WasiFunc::FdAllocate, &[fd, 0, 1]);
    assert_eq!(world.host("a").len(), 8);
    assert_eq!(
        world.call(WasiFunc::FdAllocate, &[fd, u64::MAX, 2]),
        Errno::FBIG
    );
    assert_eq!(world.call(WasiFunc::FdAllocate, &[fd, 0, 0]), Errno::INVAL);
    assert_eq!(world.call(WasiFunc::FdAllocate, &[ROOT, 0, 1]), Errno::BADF);
    for advice in 0..6 {
        world.ok(WasiFunc::FdAdvise, &[fd, 0, 8, advice]);
    }
    assert_eq!(world.call(WasiFunc::FdAdvise, &[fd, 0, 8, 6]), Errno::INVAL);
    assert_eq!(
        world.call(WasiFunc::FdAdvise, &[fd, u64::MAX, 8, 0]),
        Errno::INVAL
    );
    for fd in [fd, ROOT, 1] {
        world.ok(WasiFunc::FdSync, &[fd]);
        world.ok(WasiFunc::FdDatasync, &[fd]);
    }
    assert_eq!(world.call(WasiFunc::FdSync, &[0]), Errno::BADF);
}

#[test]
fn attributes_and_times() {
    let mut world = World::new();
    let fd = world.file("a", b"12345");
    world.ok(
        WasiFunc::FdFilestatSetTimes,
        &[fd, 1_000_000_007, 2_000_000_009, 5],
    );
    world.ok(WasiFunc::FdFilestatGet, &[fd, OUT.into()]);
    assert_eq!(
        (
            world.get(OUT + 16, 1)[0],
            world.u64(OUT + 24),
            world.u64(OUT + 32)
        ),
        (4, 1, 5)
    );
    assert_eq!(
        (world.u64(OUT + 40), world.u64(OUT + 48)),
        (1_000_000_007, 2_000_000_009)
    );
    assert_ne!(world.u64(OUT + 56), 0);
    let ino = world.u64(OUT + 8);
    // Only the modification time, by path.
    let after = [0, 3_000_000_001, 4];
    assert_eq!(
        world.path(WasiFunc::PathFilestatSetTimes, &[ROOT, 1], "a", &after),
        Errno::SUCCESS
    );
    assert_eq!(
        world.path(WasiFunc::PathFilestatGet, &[ROOT, 0], "a", &[OUT.into()]),
        Errno::SUCCESS
    );
    assert_eq!(
        (world.u64(OUT + 40), world.u64(OUT + 48)),
        (1_000_000_007, 3_000_000_001)
    );
    assert_eq!(world.u64(OUT + 8), ino);
    // Now, and what contradicts itself.
    world.ok(WasiFunc::FdFilestatSetTimes, &[fd, 0, 0, 10]);
    world.ok(WasiFunc::FdFilestatGet, &[fd, OUT.into()]);
    assert!(world.u64(OUT + 48) > 1_600_000_000_000_000_000);
    for bad in [3, 12, 16] {
        let args = [fd, 0, 0, bad];
        assert_eq!(
            world.call(WasiFunc::FdFilestatSetTimes, &args),
            Errno::INVAL
        );
    }
    world.ok(WasiFunc::FdFilestatSetTimes, &[ROOT, 1, 1, 5]);
    world.ok(WasiFunc::FdFilestatGet, &[ROOT, OUT.into()]);
    assert_eq!(world.get(OUT + 16, 1), [3]);
    assert_eq!(
        world.call(WasiFunc::FdFilestatSetTimes, &[1, 0, 0, 10]),
        Errno::BADF
    );
}

#[test]
fn standard_streams_have_no_type_and_are_in_order() {
    let input: Box<dyn std::io::Read + Send> = Box::new(&b"input"[..]);
    let mut world = World::with(|builder| builder.stdin(input));
    world.ok(WasiFunc::FdFdstatGet, &[1, OUT.into()]);
    assert_eq!(world.get(OUT, 1), [0]);
    world.ok(WasiFunc::FdFilestatGet, &[0, OUT.into()]);
    assert_eq!(world.get(OUT, 64), [0; 64]);
    assert_eq!(world.write(1, b"out "), Errno::SUCCESS);
    assert_eq!(world.out.bytes(), b"", "buffered");
    assert_eq!(world.write(2, b"err"), Errno::SUCCESS);
    assert_eq!(
        (world.out.bytes(), world.err.bytes()),
        (b"out ".to_vec(), b"err".to_vec())
    );
    assert_eq!(world.write(1, b"more"), Errno::SUCCESS);
    assert_eq!(world.read(0, 3), Ok(b"inp".to_vec()));
    assert_eq!(world.out.bytes(), b"out more", "written out before reading");
    assert_eq!(world.read(0, 30), Ok(b"ut".to_vec()));
    assert_eq!(world.read(0, 30), Ok(vec![]));
    assert_eq!(world.read(1, 1), Err(Errno::BADF));
    assert_eq!(world.write(0, b"x"), Errno::BADF);
    world.vectors(&[30_000; 3]);
    world.ok(WasiFunc::FdWrite, &[1, IOVS.into(), 1, OUT.into()]);
    let out = world.out.clone();
    drop(world);
    assert_eq!(out.bytes().len(), 30_008, "written out at the end");
}

#[test]
fn closing_and_renumbering() {
    let mut world = World::new();
    let (a, b) = (world.file("a", b"A"), world.file("b", b"B"));
    world.ok(WasiFunc::FdRenumber, &[b, a]);
    assert_eq!(world.read(a, 9), Ok(b"B".to_vec()));
    assert_eq!(world.read(b, 9), Err(Errno::BADF));
    assert_eq!(world.call(WasiFunc::FdRenumber, &[a, b]), Errno::BADF);
    assert_eq!(world.call(WasiFunc::FdRenumber, &[b, a]), Errno::BADF);
    world.ok(WasiFunc::FdRenumber, &[a, a]);
    assert_eq!(world.create("c"), b, "the lowest free number");
    world.ok(WasiFunc::FdClose, &[a]);
    assert_eq!(world.call(WasiFunc::FdClose, &[a]), Errno::BADF);
    assert_eq!(
        world.call(WasiFunc::FdClose, &[u32::MAX.into()]),
        Errno::BADF
    );
    assert_eq!(world.write(1, b"last"), Errno::SUCCESS);
    world.ok(WasiFunc::FdClose, &[1]);
    assert_eq!(world.out.bytes(), b"last");
    assert_eq!(world.write(1, b"x"), Errno::BADF);
}

#[test]
fn the_table_is_bounded_and_is_plain_data() {
    let mut world = World::with(|builder| builder.fd_limit(6));
    world.create("a");
    let b = world.file("b", b"0123");
    assert_eq!(world.open("c", oflags::CREAT, ALL_FILE), Err(Errno::MFILE));
    assert!(
        !world.dir.path().join("c").exists(),
        "nothing is made when the table is full"
    );
    world.read(b, 3).unwrap();
    let states = world.wasi.fd_states();
    assert_eq!(states.len(), 6);
    assert_eq!(
        (states[3].kind, states[3].path.as_str(), states[3].preopen),
        (FdKind::Dir, "/data", true)
    );
    assert_eq!(
        (states[5].kind, states[5].path.as_str(), states[5].offset),
        (FdKind::File, "/data/b", 3)
    );
}

#[test]
fn bad_vectors_have_no_effect() {
    let mut world = World::new();
    let fd = world.create("a");
    world.put(DATA, b"data");
    world.vectors(&[4, 4]);
    world.put(IOVS + 8, &0xffff_fff0_u32.to_le_bytes());
    let args = [fd, IOVS.into(), 2, OUT.into()];
    assert_eq!(world.call(WasiFunc::FdWrite, &args), Errno::FAULT);
    assert_eq!(world.call(WasiFunc::FdRead, &args), Errno::FAULT);
    assert_eq!(
        world.call(WasiFunc::FdWrite, &[fd, IOVS.into(), 1, 0xffff]),
        Errno::FAULT
    );
    assert_eq!(
        world.call(WasiFunc::FdWrite, &[fd, 0xfff9, 1, OUT.into()]),
        Errno::FAULT
    );
    let many = [fd, IOVS.into(), 1025, OUT.into()];
    assert_eq!(world.call(WasiFunc::FdWrite, &many), Errno::INVAL);
    assert_eq!(world.host("a"), b"");
}
