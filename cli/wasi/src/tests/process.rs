//! Arguments, environment, preopens, random numbers, clocks, ends, sockets.

use super::*;

#[test]
fn arguments_and_environment() {
    let mut world = World::with(|builder| {
        builder
            .arg("prog")
            .args(["a b", ""])
            .env("X", "1")
            .env("PATH", "/bin")
            .env("X", "2")
    });
    let sizes = |world: &mut World, func| {
        world.ok(func, &[OUT.into(), u64::from(OUT) + 4]);
        (world.u32(OUT), world.u32(OUT + 4))
    };
    assert_eq!(sizes(&mut world, WasiFunc::ArgsSizesGet), (3, 10));
    world.ok(WasiFunc::ArgsGet, &[OUT.into(), DATA.into()]);
    assert_eq!(world.get(DATA, 10), b"prog\0a b\0\0");
    assert_eq!(
        [world.u32(OUT), world.u32(OUT + 4), world.u32(OUT + 8)],
        [DATA, DATA + 5, DATA + 9]
    );
    assert_eq!(sizes(&mut world, WasiFunc::EnvironSizesGet), (2, 14));
    world.ok(WasiFunc::EnvironGet, &[OUT.into(), DATA.into()]);
    assert_eq!(world.get(DATA, 14), b"PATH=/bin\0X=2\0");
    assert_eq!(
        world.call(WasiFunc::ArgsGet, &[0xfff5, DATA.into()]),
        Errno::FAULT
    );
    assert_eq!(
        world.call(WasiFunc::ArgsGet, &[OUT.into(), 0xfff7]),
        Errno::FAULT
    );
    assert_eq!(
        world.call(WasiFunc::ArgsSizesGet, &[OUT.into(), 0xffff]),
        Errno::FAULT
    );
}

#[test]
fn what_cannot_be_passed_on_is_refused() {
    let with = |configure: fn(WasiBuilder) -> WasiBuilder| configure(WasiBuilder::new()).build();
    assert!(with(|builder| builder.arg("a\0b")).is_err());
    assert!(with(|builder| builder.env("", "x")).is_err());
    assert!(with(|builder| builder.env("A=B", "x")).is_err());
    let error = with(|builder| builder.env("A", "\0")).unwrap_err();
    assert_eq!(error.to_string(), r#""\0" cannot be given to a WASI guest"#);
}

#[test]
fn preopens_are_found_in_order() {
    let mut world = World::new();
    world.ok(WasiFunc::FdPrestatGet, &[ROOT, OUT.into()]);
    assert_eq!((world.u32(OUT), world.u32(OUT + 4)), (0, 5));
    world.ok(WasiFunc::FdPrestatDirName, &[ROOT, OUT.into(), 5]);
    assert_eq!(world.get(OUT, 5), b"/data");
    let short = [ROOT, OUT.into(), 4];
    assert_eq!(
        world.call(WasiFunc::FdPrestatDirName, &short),
        Errno::NAMETOOLONG
    );
    for fd in [0, 1, 2, 4] {
        assert_eq!(
            world.call(WasiFunc::FdPrestatGet, &[fd, OUT.into()]),
            Errno::BADF
        );
        assert_eq!(
            world.call(WasiFunc::FdPrestatDirName, &[fd, OUT.into(), 9]),
            Errno::BADF
        );
    }
    world.create("a");
    assert_eq!(
        world.call(WasiFunc::FdPrestatGet, &[4, OUT.into()]),
        Errno::BADF
    );
}

#[test]
fn random_numbers() {
    let mut world = World::new();
    world.ok(WasiFunc::RandomGet, &[DATA.into(), 13]);
    let first = world.get(DATA, 14).to_vec();
    assert!(first[..13].iter().any(|&byte| byte != 0) && first[13] == 0);
    let mut other = World::new();
    other.ok(WasiFunc::RandomGet, &[DATA.into(), 13]);
    assert_eq!(other.get(DATA, 14), first, "the same seed");
    assert_eq!(world.call(WasiFunc::RandomGet, &[0xfff0, 17]), Errno::FAULT);
}

#[test]
fn clocks() {
    let mut world = World::new();
    let now = |world: &mut World, id| {
        world.ok(WasiFunc::ClockTimeGet, &[id, 1, OUT.into()]);
        world.u64(OUT)
    };
    assert_eq!(now(&mut world, 0), 1_000_000_000_000);
    assert_eq!(
        [now(&mut world, 1), now(&mut world, 2), now(&mut world, 3)],
        [510, 520, 530]
    );
    world.ok(WasiFunc::ClockResGet, &[0, OUT.into()]);
    assert_eq!(world.u64(OUT), 10);
    let mut world = World::with(|builder| builder.clock(Clock::Host));
    assert!(now(&mut world, 0) > 1_600_000_000_000_000_000);
    let first = now(&mut world, 1);
    assert!(first < 60_000_000_000 && now(&mut world, 1) >= first);
    assert!(now(&mut world, 2) > 0 && now(&mut world, 3) > 0);
    for id in 0..4 {
        world.ok(WasiFunc::ClockResGet, &[id, OUT.into()]);
        assert!((1..=100_000_000).contains(&world.u64(OUT)));
    }
    assert_eq!(
        world.call(WasiFunc::ClockTimeGet, &[4, 0, OUT.into()]),
        Errno::INVAL
    );
    assert_eq!(
        world.call(WasiFunc::ClockResGet, &[4, OUT.into()]),
        Errno::INVAL
    );
    assert_eq!(
        world.call(WasiFunc::ClockTimeGet, &[0, 0, 0xffff]),
        Errno::FAULT
    );
}

#[test]
fn ends() {
    let mut world = World::new();
    world.write(1, b"bye");
    let mut call = |func, args: &[u64]| world.wasi.call(func, &mut world.mem, args);
    assert_eq!(
        call(WasiFunc::ProcExit, &[u64::from(u32::MAX)]),
        Step::Exit(u32::MAX)
    );
    assert_eq!(call(WasiFunc::ProcRaise, &[6]), Step::Exit(134));
    assert_eq!(call(WasiFunc::ProcRaise, &[0]), Step::Errno(0));
    assert_eq!(call(WasiFunc::ProcRaise, &[16]), Step::Errno(0));
    assert_eq!(
        call(WasiFunc::ProcRaise, &[18]),
        Step::Errno(Errno::NOTSUP.0)
    );
    assert_eq!(
        call(WasiFunc::ProcRaise, &[31]),
        Step::Errno(Errno::INVAL.0)
    );
    assert_eq!(call(WasiFunc::SchedYield, &[]), Step::Errno(0));
    assert_eq!(world.out.bytes(), b"bye");
}

#[test]
fn nothing_is_a_socket() {
    let mut world = World::new();
    let socket = [
        WasiFunc::SockAccept,
        WasiFunc::SockRecv,
        WasiFunc::SockSend,
        WasiFunc::SockShutdown,
    ];
    for func in socket {
        assert_eq!(world.call(func, &[1, 0, 0, 0, 0, 0]), Errno::NOTSOCK);
        assert_eq!(world.call(func, &[77, 0, 0, 0, 0, 0]), Errno::BADF);
    }
}
