//! `wrtd debug` over a socket, by the protocol itself; and what it refuses.
#![cfg(all(feature = "compile", feature = "debug"))]

mod common;

use common::gdb::{Client, Server};
use common::{Dir, text, wrtc, wrtd};

/// Prints a line each of three rounds by a function of its own, keeps the round at address 100, and exits with 3; or traps before, if
/// the byte at 200 says so.
const GUEST: &str = r#"
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\05\00\00\00round")
  (data (i32.const 200) "\00")
  (global $g (mut i32) (i32.const 77))
  (func $print (param $round i32)
    (i32.store (i32.const 100) (local.get $round))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "_start") (local $i i32)
    (loop $more
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (call $print (local.get $i))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 3))))
    (if (i32.load8_u (i32.const 200)) (then (unreachable)))
    (call $exit (i32.const 3))))
"#;

const CODE: u64 = 0x1000_0000_0000;
const FRAMES: u64 = 0x7000_0000_0000;
const GLOBALS: u64 = 0x3000_0000_0000;

fn server(dir: &Dir, wat: &str) -> Server {
    let wat = dir.file("guest.wat", wat);
    Server::start(&[text(&wat)])
}

fn trapping() -> String {
    GUEST.replace(r#"(i32.const 200) "\00""#, r#"(i32.const 200) "\01""#)
}

/// Steps to where the function `print` has just been entered: one frame more than at the beginning. Gives its address.
fn enter_print(client: &mut Client) -> u64 {
    loop {
        assert!(client.ask("vCont;s:1").starts_with(['S', 'T']));
        let (rip, rbp) = client.place();
        if rbp < FRAMES {
            return rip;
        }
    }
}

#[test]
fn breakpoints_watches_and_time() {
    let dir = Dir::new("debug-protocol");
    let mut server = server(&dir, GUEST);
    let mut client = server.connect();
    let features = client.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
    for feature in [
        "ReverseStep+",
        "ReverseContinue+",
        "swbreak+",
        "hwbreak+",
        "qXfer:features:read+",
    ] {
        assert!(features.contains(feature), "{features}");
    }
    let target = client.ask("qXfer:features:read:target.xml:0,fff");
    assert!(target.contains("i386:x86-64"), "{target}");
    assert!(client.ask("?").starts_with("T05"));
    let (start, rbp) = client.place();
    assert!(start > CODE && rbp == FRAMES);
    let print = enter_print(&mut client);
    // Return address and caller's frame lie in the frame, then the parameter.
    assert_eq!(client.word(FRAMES - 0x10_0000 - 16), FRAMES);
    let back = client.word(FRAMES - 0x10_0000 - 8);
    assert!(back > CODE && back != print);
    assert_eq!(client.word(FRAMES - 0x10_0000 - 32), 1);
    assert_eq!(client.word(FRAMES - 8), 0);
    assert_eq!(client.word(GLOBALS), 77);
    // A breakpoint there is met twice more, forward and backward.
    assert_eq!(client.ask(&format!("Z0,{print:x},1")), "OK");
    for round in [2, 3] {
        assert!(client.ask("vCont;c").contains("swbreak:"));
        assert_eq!(client.place().0, print);
        assert_eq!(client.word(FRAMES - 0x10_0000 - 32), round);
    }
    assert!(client.ask("bc").contains("swbreak:"));
    assert_eq!(client.word(FRAMES - 0x10_0000 - 32), 2);
    assert_eq!(client.ask(&format!("z0,{print:x},1")), "OK");
    assert!(client.ask(&format!("z0,{print:x},1")).starts_with('E'));
    // What the function writes, as a watchpoint: behind the change forward, before it backward.
    assert_eq!(client.ask("Z2,64,4"), "OK");
    assert!(client.ask("vCont;c").contains("watch:64;"));
    assert_eq!(client.word(100) as u32, 2);
    assert!(client.ask("vCont;c").contains("watch:64;"));
    assert_eq!(client.word(100) as u32, 3);
    assert!(client.ask("bc").contains("watch:64;"));
    assert_eq!(client.word(100) as u32, 2);
    assert_eq!(client.ask("z2,64,4"), "OK");
    // To the beginning, to the end, and off.
    assert!(client.ask("bc").contains("replaylog:begin"));
    assert_eq!(client.place(), (start, FRAMES));
    assert!(client.ask("vCont;c").contains("replaylog:end"));
    assert!(client.messages.concat().contains("status 3"));
    assert!(client.ask("bs").starts_with(['S', 'T']));
    assert!(client.ask("vCont;c").contains("replaylog:end"));
    assert_eq!(client.ask("vCont;c"), "W03");
    let ran = server.end();
    assert_eq!((ran.status, ran.stdout.as_str()), (3, "roundroundround"));
}

#[test]
fn a_trap_is_a_signal_and_can_be_gone_back_from() {
    let dir = Dir::new("debug-trap");
    let mut server = server(&dir, &trapping());
    let mut client = server.connect();
    assert!(client.ask("vCont;c").starts_with("T04"));
    let trapped = client.place();
    assert!(client.monitor("where").contains("_start (wasm offset"));
    assert_eq!(client.ask("bs"), "S05");
    assert_eq!(client.ask("vCont;s:1"), "T04thread:01;");
    assert_eq!(client.place(), trapped);
    assert!(client.ask("vCont;c").starts_with("X04"));
    let ran = server.end();
    assert_eq!((ran.status, ran.stdout.as_str()), (248, "roundroundround"));
    assert!(
        ran.stderr.contains("trap: unreachable\n    0: _start"),
        "{}",
        ran.stderr
    );
}

#[test]
fn ranges_are_stepped_through() {
    let dir = Dir::new("debug-ranges");
    let mut server = server(&dir, GUEST);
    let mut client = server.connect();
    let (start, _) = client.place();
    // All of the code: until the guest ends.
    assert!(
        client
            .ask(&format!("vCont;r{CODE:x},{:x}:1", CODE + 0x1000))
            .contains("replaylog:end")
    );
    assert!(client.ask("bc").contains("replaylog:begin"));
    // Out of a range at once, and one that ends behind the third operator.
    assert_eq!(client.ask("vCont;r1,2:1"), "S05");
    let (second, _) = client.place();
    assert_ne!(second, start);
    assert_eq!(client.ask("vCont;s:1"), "S05");
    let (third, _) = client.place();
    assert!(client.ask("bc").contains("replaylog:begin"));
    assert_eq!(client.ask(&format!("vCont;r{start:x},{third:x}:1")), "S05");
    assert_eq!(client.place().0, third);
}

#[test]
fn memory_is_changed_where_nothing_was_asked_of_the_host_since() {
    let dir = Dir::new("debug-memory");
    let mut server = server(&dir, GUEST);
    let mut client = server.connect();
    assert_eq!(client.ask("mffff,2"), "00");
    assert!(client.ask("m10000,1").starts_with('E'));
    assert!(client.ask("mffffffffffffffff,2").starts_with('E'));
    // Another word for each round: the time before is gone.
    enter_print(&mut client);
    assert_eq!(client.ask("M8,3:686579"), "OK");
    assert_eq!(client.ask("M4,1:03"), "OK");
    assert_eq!(client.ask(&format!("M{GLOBALS:x},1:05")), "OK");
    assert_eq!(client.word(GLOBALS), 5);
    assert!(client.ask("M10000,1:00").starts_with('E'));
    assert!(
        client
            .ask(&format!("M{:x},1:00", FRAMES - 32))
            .starts_with('E')
    );
    assert!(client.ask("vCont;c").contains("replaylog:end"));
    // The host has been asked since.
    assert!(client.ask("bc").contains("replaylog:begin"));
    assert_eq!(client.word(8) & 0xff_ffff, 0x79_65_68);
    assert!(client.ask("M8,1:00").starts_with('E'));
    assert_eq!(client.word(8) & 0xff, 0x68);
    // Registers stay what they are.
    let registers = client.ask("g");
    assert_eq!(
        client.ask(&format!("G{}", registers.replace('x', "0"))),
        "OK"
    );
    let moved = format!("G{}", "1".repeat(registers.len()));
    assert!(client.ask(&moved).starts_with('E'));
    assert_eq!(client.ask("D"), "OK");
    let ran = server.end();
    assert_eq!((ran.status, ran.stdout.as_str()), (3, "heyheyhey"));
}

#[test]
fn an_endless_run_is_interrupted_and_killed() {
    let dir = Dir::new("debug-endless");
    let endless = r#"(module (memory 1) (func (export "_start") (loop $l (br $l))))"#;
    let mut server = server(&dir, endless);
    let mut client = server.connect();
    client.send("vCont;c");
    std::thread::sleep(core::time::Duration::from_millis(50));
    client.raw(b"\x03");
    assert_eq!(client.reply(), "S02");
    assert!(client.monitor("history").contains("snapshots"));
    client.send("bc");
    assert!(client.reply().contains("replaylog:begin"));
    client.send("k");
    assert_eq!(server.end().status, 0);
}

#[test]
fn monitor_shows_what_gdb_does_not_know() {
    let dir = Dir::new("debug-monitor");
    let mut server = server(&dir, GUEST);
    let mut client = server.connect();
    assert!(client.monitor("help").contains("monitor goto N"));
    assert_eq!(
        client.monitor("fuel"),
        "0 fuel used; 0 at the furthest so far\n"
    );
    enter_print(&mut client);
    assert_eq!(client.monitor("locals"), "0: i32 1\n");
    assert_eq!(client.monitor("locals 1"), "0: i32 1\n");
    assert_eq!(client.monitor("locals 2"), "there are 2 frames\n");
    assert_eq!(client.monitor("globals"), "0: i32 77\n");
    let frames = client.monitor("where");
    assert!(frames.starts_with("  0: print (wasm offset 0x"), "{frames}");
    assert!(
        client
            .monitor("goto 2")
            .starts_with("2 fuel used\n  0: _start")
    );
    assert!(
        client
            .monitor("jump 2")
            .starts_with("\"jump 2\" is no command")
    );
    assert!(client.monitor("history").contains("0 calls of the host"));
    // A snapshot there goes on as a run of its own.
    let file = dir.path().join("a.wrts");
    assert!(
        client
            .monitor(&format!("snapshot {}", file.display()))
            .contains("wrtd resume")
    );
    assert!(
        client
            .monitor("snapshot /nowhere/a.wrts")
            .contains("/nowhere/a.wrts")
    );
    assert!(client.ask("vCont;c").contains("replaylog:end"));
    assert!(client.ask("bc").contains("replaylog:begin"));
    assert!(client.monitor("snapshot x").contains("furthest"));
    client.send("k");
    server.end();
    let resumed = wrtd(&[
        "resume",
        text(&file),
        "--image",
        text(&dir.image("guest2", GUEST)),
    ]);
    assert!(
        resumed.stderr.contains("is not the image"),
        "{}",
        resumed.stderr
    );
    let wat = dir.path().join("guest.wat");
    let compiled = wrtc(&["compile", "-g", text(&wat)]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let resumed = wrtd(&[
        "resume",
        text(&file),
        "--image",
        text(&wat.with_extension("wrtb")),
    ]);
    assert_eq!(
        (resumed.status, resumed.stdout.as_str()),
        (3, "roundroundround")
    );
}

/// Packets that are wrong, or ask for what there is not. None of them lets time pass or changes memory.
const HOSTILE: &[&str] = &[
    "",
    "m",
    "m,",
    "mzz,1",
    "m0,ffffffffffffffff0",
    "M20000,4:00",
    "M20000,ffffffff:00",
    "X20000,5:a",
    "Z0",
    "Z0,zz,1",
    "Z9,1,1",
    "Z2,0,ffffffffffffffff",
    "Z3,0,1",
    "z0,0,0",
    "G",
    "Gzz",
    "P0=00",
    "p0",
    "p999",
    "vCont",
    "vCont;",
    "vCont;q",
    "vCont;r",
    "vCont;r5,",
    "vCont;t",
    "Hg",
    "Hgp1.1",
    "T0",
    "qXfer:features:read:../../etc:0,1",
    "qXfer:features:read:target.xml:ffffffffffffffff,ffff",
    "qXfer:exec-file:read::0,1",
    "qRcmd,",
    "qRcmd,0",
    "qRcmd,ff00ff",
    "vFile:open:2f6574632f706173737764,0,0",
    "vFile:open:,0,0",
    "vFile:pread:3,ffffffff,0",
    "vFile:pread:9,1,0",
    "vFile:fstat:ffffffff",
    "vFile:close:0",
    "vFile:readlink:00",
    "vFile:setfs:0",
    "vFile:unlink:2f",
    "vFile:pwrite:3,0,00",
    "vRun;",
    "vAttach;1",
    "R00",
    "!",
    "QTinit",
    "qTStatus",
    "bx",
];

#[test]
fn whatever_comes_over_the_connection_ends_no_more_than_the_session() {
    let dir = Dir::new("debug-hostile");
    let mut server = server(&dir, GUEST);
    let mut client = server.connect();
    let print = enter_print(&mut client);
    let fuel = client.monitor("fuel");
    drop(client);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let long = format!("$m{}#00", "1".repeat(200_000));
    for packet in HOSTILE {
        let mut client = server.connect();
        client.send(packet);
        client.leave();
    }
    for _ in 0..60 {
        let mut client = server.connect();
        let bytes: Vec<u8> = (0..next() % 300)
            .map(|_| match next() % 4 {
                0 => b"$#+-:;,mMgGvZzqX\x03"[next() as usize % 17],
                _ => next() as u8,
            })
            // Neither time nor memory is to change here.
            .filter(|byte| !b"csCSbMXG".contains(byte))
            .collect();
        client.raw(&bytes);
        client.leave();
    }
    let mut client = server.connect();
    client.raw(long.as_bytes());
    client.leave();
    // It is still where it was.
    let mut client = server.connect();
    assert_eq!((client.place().0, client.monitor("fuel")), (print, fuel));
    assert_eq!(client.ask("D"), "OK");
    let ran = server.end();
    assert_eq!((ran.status, ran.stdout.as_str()), (3, "roundroundround"));
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_debugged_is_refused() {
    let dir = Dir::new("debug-refused");
    let image = dir.image("plain", GUEST);
    let plain = ["debug", "--gdb", "127.0.0.1:0", text(&image)];
    wrtd(&plain).fails(252, "wrtd: ", "wrtc compile -g");
    wrtd(&["debug", "--gdb", "0.0.0.0:0", text(&image)]).fails(
        240,
        "wrtd: --gdb 0.0.0.0:0: ",
        "--allow-remote",
    );
    wrtd(&["debug", "--gdb", "nonsense", text(&image)]).fails(
        240,
        "wrtd: --gdb nonsense: ",
        "HOST:PORT",
    );
    wrtd(&["debug", text(&image)]).fails(240, "wrtd: ", "--gdb");
    let bound = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = bound.local_addr().unwrap().to_string();
    let taken = ["debug", "--gdb", &address, text(&image)];
    wrtd(&taken).fails(241, &format!("wrtd: --gdb {address}: "), "in use");
    let missing = dir.path().join("missing.wrtb");
    wrtd(&["debug", "--gdb", "127.0.0.1:0", text(&missing)]).fails(241, "wrtd: ", "missing.wrtb");
    let threads = dir.file(
        "threads.wat",
        r#"(module (import "env" "memory" (memory 1 1 shared)) (func (export "_start")))"#,
    );
    wrtd(&["debug", "--gdb", "127.0.0.1:0", text(&threads)]).fails(252, "wrtd: ", "threads");
}

#[test]
fn an_export_is_debugged_and_its_results_printed() {
    let dir = Dir::new("debug-invoke");
    let wat = dir.file("add.wat", r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#);
    let mut server = Server::start(&["--invoke", "add", text(&wat), "40", "2"]);
    let mut client = server.connect();
    assert_eq!(client.monitor("locals"), "0: i32 40\n1: i32 2\n");
    assert!(client.ask("vCont;c").contains("replaylog:end"));
    assert_eq!(client.ask("vCont;c"), "W00");
    let ran = server.end();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "42\n"));
}

/// A breakpoint at a return address is how gdb finishes functions.
#[test]
fn return_addresses_are_stopped_at() {
    let dir = Dir::new("debug-returns");
    let wat = r#"
(module
  (global $g (mut i32) (i32.const 0))
  (func $leaf (global.set $g (i32.const 1)))
  (func $last (call $leaf))
  (func $either (param i32)
    (if (local.get 0) (then (call $leaf)) (else (call $last)))
    (global.set $g (i32.const 2)))
  (func (export "_start")
    (call $either (i32.const 1))
    (call $last)
    (global.set $g (i32.const 3))))
"#;
    let mut server = server(&dir, wat);
    let mut client = server.connect();
    let depth = |client: &mut Client| (FRAMES - client.place().1) / 0x10_0000;
    let enter = |client: &mut Client, wanted: u64| {
        while depth(client) != wanted {
            assert!(client.ask("vCont;s:1").starts_with(['S', 'T']));
        }
    };
    // From the first arm on behind both, not to the second one.
    enter(&mut client, 2);
    let back = client.word(FRAMES - 2 * 0x10_0000 - 8);
    assert_eq!(client.ask(&format!("Z0,{back:x},1")), "OK");
    assert!(client.ask("vCont;c").contains("swbreak:"));
    assert_eq!((client.place().0, depth(&mut client)), (back, 1));
    assert_eq!(client.word(GLOBALS), 1);
    assert_eq!(client.ask(&format!("z0,{back:x},1")), "OK");
    // Out of what its caller does last: there is nothing to stop at in that one.
    enter(&mut client, 0);
    enter(&mut client, 2);
    let back = client.word(FRAMES - 2 * 0x10_0000 - 8);
    assert_eq!(client.ask(&format!("Z0,{back:x},1")), "OK");
    let stop = client.ask("vCont;c");
    assert!(
        stop.starts_with("T05") && !stop.contains("swbreak"),
        "{stop}"
    );
    assert_eq!((depth(&mut client), client.word(GLOBALS)), (0, 1));
    // Between the end of a function and its first step there is none, nor behind the last function.
    assert!(client.ask("Z0,1,1").starts_with('E'));
    assert!(
        client
            .ask(&format!("Z0,{:x},1", CODE + 0x10_0000))
            .starts_with('E')
    );
}
