//! Time travel without a debugger: positions are states, the host is asked everything once, going back finds what going forward found.
#![cfg(feature = "compile")]

use std::path::Path;

use wrt_format::image::debug::map::{CODE_BASE, frame_address, global_address, local_offset};
use wrt_format::image::section::Kind;
use wrt_format::verify::VerifiedImage;
use wrt_host::MmapProvider;
use wrt_vm::{Engine, Limits, Module, Trap};
use wrt_wasi::WasiBuilder;

use super::log::Log;
use super::space::{self, Space};
use super::steps::Steps;
use super::timeline::{Maker, Stop, Timeline};
use crate::build::{self, Settings};
use crate::cmd::stepwise::{Ending, Guest, Stepwise, config};
use crate::load::Aligned;
use crate::status::Failure;
use crate::tape::Tape;

/// Rounds of eight bytes of random numbers from the host, added up at 16 by a function of its own; a bulk fill of 64 KiB once; at the end
/// a trap if address 8 says so, else exit code 3.
const GUEST: &str = r#"
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 3)
  (global $rounds (mut i64) (i64.const 0))
  (func $add (param $n i64) (local $sum i64)
    (local.set $sum (i64.add (i64.load (i32.const 16)) (local.get $n)))
    (i64.store (i32.const 16) (local.get $sum)))
  (func (export "_start") (local $i i32)
    (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536))
    (loop $more
      (drop (call $random (i32.const 0) (i32.const 8)))
      (call $add (i64.load (i32.const 0)))
      (global.set $rounds (i64.add (global.get $rounds) (i64.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 20))))
    (if (i32.load (i32.const 8)) (then (unreachable)))
    (call $exit (i32.const 3))))
"#;

/// Has the guest's time, with snapshots in so many bytes, gone over.
fn with_timeline<T>(wat: &str, budget: usize, act: impl FnOnce(&mut Timeline<'_>) -> T) -> T {
    let wasm = wat::parse_str(wat).unwrap();
    let settings = Settings {
        opt_level: wrt_compiler::OptLevel::O0,
        debug: true,
        ..Settings::default()
    };
    let image = Aligned::new(&build::compile(&wasm, &settings).unwrap().image);
    let provider = MmapProvider::new();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::with_provider(config(), &provider).unwrap();
    engine.set_fuel(0);
    let wasi = WasiBuilder::new().build().unwrap();
    let place = Path::new("guest.wrtb");
    let guest = Guest::new(engine, module, wasi, None, place, Default::default()).unwrap();
    let steps = Steps::new(*module.view()).unwrap();
    let machine = Stepwise::new(guest, Tape::Travel(Log::default()), None).unwrap();
    let maker = Maker {
        provider: &provider,
        config: config(),
    };
    let mut timeline = Timeline::begin(machine, steps, maker, budget).unwrap();
    act(&mut timeline)
}

fn hash(timeline: &Timeline<'_>) -> [u8; 32] {
    timeline.machine.guest.engine.state_hash()
}

fn calls(timeline: &Timeline<'_>) -> usize {
    timeline.machine.with_log(|log| log.size().0)
}

/// Steps to the end; positions and states before each step.
fn walk(timeline: &mut Timeline<'_>) -> (Vec<(u64, [u8; 32])>, Ending) {
    let mut all = vec![(timeline.position(), hash(timeline))];
    loop {
        match timeline.step().unwrap() {
            Stop::Step => all.push((timeline.position(), hash(timeline))),
            Stop::End(ending) => return (all, ending),
            other @ (Stop::Break | Stop::Watch(_) | Stop::Beginning | Stop::Interrupted) => {
                panic!("{other:?}")
            }
        }
    }
}

fn never() -> impl FnMut() -> bool {
    || false
}

#[test]
fn the_same_position_is_the_same_state() {
    with_timeline(GUEST, 1 << 20, |timeline| {
        let (all, ending) = walk(timeline);
        assert_eq!(ending, Ending::Exit(3));
        assert!(all.len() > 20 * 20, "{}", all.len());
        assert!(all.is_sorted_by(|a, b| a.0 < b.0));
        // One step takes more fuel than others: that of the bulk operator.
        assert!(all.windows(2).any(|two| two[1].0 - two[0].0 > 1000));
        let asked = calls(timeline);
        assert_eq!(asked, 21);
        // Back and forth, near and far.
        let mut at = 7;
        for _ in 0..300 {
            at = (at * 31 + 17) % all.len();
            let (position, state) = all[at];
            timeline.go_to(position).unwrap();
            assert_eq!((timeline.position(), hash(timeline)), (position, state));
        }
        assert_eq!(calls(timeline), asked);
        // From there on to the end again, by the same states, and nothing is asked of the host again.
        timeline.go_to(all[5].0).unwrap();
        let (again, ending) = walk(timeline);
        assert_eq!(ending, Ending::Exit(3));
        assert!(again == all[5..]);
        assert_eq!(calls(timeline), asked);
    });
}

#[test]
fn steps_back_are_the_steps_forward() {
    with_timeline(GUEST, 1 << 16, |timeline| {
        let (all, _) = walk(timeline);
        for (position, state) in all.iter().rev() {
            assert_eq!(timeline.step_back().unwrap(), Stop::Step);
            assert_eq!((timeline.position(), hash(timeline)), (*position, *state));
            assert_eq!(timeline.ended(), None);
        }
        assert_eq!(timeline.step_back().unwrap(), Stop::Beginning);
        assert_eq!(timeline.position(), all[0].0);
        assert_eq!(timeline.step().unwrap(), Stop::Step);
        assert_eq!(timeline.position(), all[1].0);
    });
}

/// The offset of the first step of the function that is exported or named so.
fn start_of(timeline: &Timeline<'_>, name: &str) -> u32 {
    let view = timeline.machine.guest.module.view();
    let func = (0..100).find(|&func| view.func_name(func) == Some(name));
    let record = view.func(func.unwrap() - view.imported_funcs());
    let words = record.code_word..record.code_word + record.words;
    words
        .clone()
        .find_map(|word| timeline.steps.debug.operator_at(word))
        .unwrap()
}

fn break_at(timeline: &mut Timeline<'_>, name: &str) {
    let offset = start_of(timeline, name);
    let words = timeline.steps.words_for(offset).collect();
    timeline.set_breaks(words);
}

#[test]
fn breakpoints_are_met_backward_as_forward() {
    with_timeline(GUEST, 1 << 20, |timeline| {
        break_at(timeline, "add");
        let mut forward = Vec::new();
        while timeline.run(&mut never()).unwrap() == Stop::Break {
            forward.push((timeline.position(), hash(timeline)));
        }
        assert_eq!(timeline.ended(), Some(Ending::Exit(3)));
        assert_eq!(forward.len(), 20);
        let mut backward = Vec::new();
        while timeline.run_back(&mut never()).unwrap() == Stop::Break {
            backward.push((timeline.position(), hash(timeline)));
        }
        backward.reverse();
        assert!(forward == backward);
        assert_eq!(calls(timeline), 21);
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Beginning);
        assert_eq!(timeline.run(&mut never()).unwrap(), Stop::Break);
        assert_eq!(timeline.position(), forward[0].0);
    });
}

fn sum(timeline: &Timeline<'_>) -> u64 {
    let mut bytes = [0; 8];
    assert_eq!(read(timeline, 16, &mut bytes), 8);
    u64::from_le_bytes(bytes)
}

fn read(timeline: &Timeline<'_>, address: u64, to: &mut [u8]) -> usize {
    let engine = &timeline.machine.guest.engine;
    let frames = space::frames(engine);
    let space = Space {
        engine,
        steps: &timeline.steps,
        frames: &frames,
    };
    space.read(address, to)
}

#[test]
fn changes_of_memory_are_met_behind_them_forward_and_before_them_backward() {
    with_timeline(GUEST, 1 << 20, |timeline| {
        assert!(timeline.watches.add(16, 8));
        let mut sums = vec![sum(timeline)];
        while timeline.run(&mut never()).unwrap() == Stop::Watch(16) {
            assert_ne!(sums.last(), Some(&sum(timeline)));
            sums.push(sum(timeline));
        }
        assert_eq!(sums.len(), 21);
        assert_eq!(timeline.ended(), Some(Ending::Exit(3)));
        for before in sums.iter().rev().skip(1) {
            assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Watch(16));
            assert_eq!(sum(timeline), *before);
        }
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Beginning);
        // By the host too: each round has other random numbers, whatever they are.
        assert!(timeline.watches.remove(16, 8) && !timeline.watches.remove(16, 8));
        assert!(timeline.watches.add(0, 8));
        let mut changes = 0;
        while timeline.run(&mut never()).unwrap() == Stop::Watch(0) {
            changes += 1;
        }
        assert_eq!(changes, 20);
        // Too much is refused.
        assert!(!timeline.watches.add(u64::MAX, 8) && !timeline.watches.add(0, 1 << 40));
        assert!((0..100).any(|_| !timeline.watches.add(0, 1)));
    });
}

#[test]
fn changes_of_locals_and_globals_are_met() {
    with_timeline(GUEST, 1 << 20, |timeline| {
        let rounds = global_address(0);
        assert!(timeline.watches.add(rounds, 8));
        for round in 1..=3_u8 {
            assert_eq!(timeline.run(&mut never()).unwrap(), Stop::Watch(rounds));
            let mut value = [0; 8];
            read(timeline, rounds, &mut value);
            assert_eq!(value, [round, 0, 0, 0, 0, 0, 0, 0]);
        }
        assert_eq!(
            timeline.run_back(&mut never()).unwrap(),
            Stop::Watch(rounds)
        );
        let mut value = [0; 1];
        read(timeline, rounds, &mut value);
        assert_eq!(value, [2]);
        assert!(timeline.watches.remove(rounds, 8));
        // The counter of the loop, a local of the outermost frame.
        let counter = frame_address(0).wrapping_add_signed(local_offset(0));
        assert!(timeline.watches.add(counter, 4));
        assert_eq!(timeline.run(&mut never()).unwrap(), Stop::Watch(counter));
        read(timeline, counter, &mut value);
        assert_eq!(value, [3]);
    });
}

#[test]
fn at_a_trap_one_can_look_around_and_go_back() {
    let guest = GUEST.replace(
        "(memory (export",
        "(data (i32.const 8) \"\\01\")(memory (export",
    );
    with_timeline(&guest, 1 << 20, |timeline| {
        let stop = timeline.run(&mut never()).unwrap();
        assert_eq!(stop, Stop::End(Ending::Trap(Trap::Unreachable)));
        let end = (timeline.position(), sum(timeline));
        assert_eq!(space::frames(&timeline.machine.guest.engine).len(), 1);
        assert!(!timeline.may_change());
        // It stays there.
        assert_eq!(timeline.step().unwrap(), stop);
        break_at(timeline, "add");
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Break);
        assert_ne!(sum(timeline), end.1);
        timeline.set_breaks(Vec::new());
        assert_eq!(timeline.run(&mut never()).unwrap(), stop);
        assert_eq!((timeline.position(), sum(timeline)), end);
        timeline.go_near(3).unwrap();
        assert_eq!((timeline.position(), timeline.ended()), (3, None));
        timeline.go_near(u64::MAX).unwrap();
        assert_eq!(timeline.position(), end.0);
    });
}

#[test]
fn a_change_from_outside_is_where_time_begins_anew() {
    with_timeline(GUEST, 1 << 20, |timeline| {
        break_at(timeline, "add");
        for _ in 0..3 {
            assert_eq!(timeline.run(&mut never()).unwrap(), Stop::Break);
        }
        let third = timeline.position();
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Break);
        // The host has been asked since: that cannot be taken back.
        assert!(!timeline.may_change());
        timeline.go_to(third).unwrap();
        assert!(timeline.may_change());
        timeline.has_changed();
        let mut n = [0; 8];
        let parameter = frame_address(1).wrapping_add_signed(local_offset(0));
        assert_eq!(read(timeline, parameter, &mut n), 8);
        let engine = &mut timeline.machine.guest.engine;
        assert!(space::write(engine, 16, &[5, 0, 0, 0, 0, 0, 0, 0]));
        assert!(space::write(engine, global_address(0), &[200]));
        for wrong in [
            CODE_BASE,
            parameter,
            frame_address(0) - 8,
            global_address(1),
            u64::MAX,
            3 << 16,
        ] {
            assert!(!space::write(engine, wrong, &[1]), "{wrong:#x}");
        }
        timeline.set_breaks(Vec::new());
        assert!(timeline.watches.add(16, 8));
        assert_eq!(timeline.run(&mut never()).unwrap(), Stop::Watch(16));
        assert_eq!(sum(timeline), u64::from_le_bytes(n).wrapping_add(5));
        assert!(timeline.watches.remove(16, 8));
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Beginning);
        assert_eq!((timeline.position(), sum(timeline)), (third, 5));
        let end = timeline.run(&mut never()).unwrap();
        assert_eq!(end, Stop::End(Ending::Exit(3)));
    });
}

#[test]
fn runs_are_interrupted_and_go_on() {
    let endless = r#"(module (memory 1)
        (func (export "_start")
            (loop $l
              (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
              (br $l))))"#;
    with_timeline(endless, 1 << 20, |timeline| {
        for _ in 0..3 {
            let mut looks = 0;
            let stop = timeline.run(&mut || {
                looks += 1;
                looks > 3
            });
            assert_eq!(stop.unwrap(), Stop::Interrupted);
        }
        assert!(timeline.moments().0 > 1);
        let far = timeline.position();
        // Nothing stops it backward: it is interrupted at once, or comes to the beginning.
        assert_eq!(timeline.run_back(&mut || true).unwrap(), Stop::Interrupted);
        assert_eq!(timeline.run_back(&mut never()).unwrap(), Stop::Beginning);
        assert_eq!(timeline.position(), 0);
        timeline.go_to(far).unwrap();
        assert_eq!(timeline.position(), far);
        let stop = timeline.step_while(&mut || true, |_| true).unwrap();
        assert_eq!(stop, Stop::Interrupted);
    });
}

/// A growth is paid for at once, 1 for each page: more than is left of a portion that ends within its step.
#[test]
fn positions_within_a_step_are_come_to_behind_it() {
    let grows = r#"(module (memory 1)
        (func (export "_start")
          (memory.fill (i32.const 0) (i32.const 1) (i32.const 6400))
          (drop (memory.grow (i32.const 200)))
          (drop (i32.const 1))))"#;
    with_timeline(grows, 1 << 20, |timeline| {
        let (all, _) = walk(timeline);
        let end = timeline.position();
        let positions: Vec<u64> = all.iter().map(|(at, _)| *at).collect();
        assert!(
            positions.windows(2).any(|two| two[1] - two[0] == 201),
            "{positions:?}"
        );
        assert!(
            positions.windows(2).any(|two| two[1] - two[0] == 101),
            "{positions:?}"
        );
        for target in 0..=end {
            timeline.go_near(target).unwrap();
            let next = positions.iter().find(|&&at| at >= target);
            assert_eq!(timeline.position(), *next.unwrap_or(&end), "{target}");
            // And from there one back.
            let before = positions.iter().rfind(|&&at| at < timeline.position());
            let stop = timeline.step_back().unwrap();
            assert_eq!(stop == Stop::Beginning, before.is_none());
            assert_eq!(timeline.position(), *before.unwrap_or(&0));
        }
    });
}

/// An image that is not what it says: its steps cost more than 1, its section DEBUG names others than there are.
#[test]
fn a_section_that_lies_does_no_harm() {
    let wasm = wat::parse_str(GUEST).unwrap();
    let settings = Settings {
        opt_level: wrt_compiler::OptLevel::O0,
        debug: true,
        ..Settings::default()
    };
    let image = build::compile(&wasm, &settings).unwrap().image;
    let provider = MmapProvider::new();
    let mut ran = 0;
    for seed in 1..60_usize {
        let mut image = Aligned::new(&image).bytes().to_vec();
        lie(&mut image, seed);
        let image = Aligned::new(&image);
        let Ok(module) = Module::load_from_binary(image.bytes(), &Limits::default()) else {
            continue;
        };
        let engine = Engine::with_provider(config(), &provider).unwrap();
        let wasi = WasiBuilder::new().build().unwrap();
        let place = Path::new("guest.wrtb");
        let guest = Guest::new(engine, module, wasi, None, place, Default::default()).unwrap();
        let Some(steps) = Steps::new(*module.view()) else {
            continue;
        };
        let machine = Stepwise::new(guest, Tape::Travel(Log::default()), None).unwrap();
        let maker = Maker {
            provider: &provider,
            config: config(),
        };
        let Ok(mut timeline) = Timeline::begin(machine, steps, maker, 1 << 20) else {
            continue;
        };
        ran += 1;
        for offset in (0..300).step_by(37) {
            let words = timeline.steps.words_for(offset).collect();
            timeline.set_breaks(words);
            drop(timeline.run(&mut never()));
            drop(timeline.step());
            drop(timeline.step_back());
            drop(timeline.go_near(u64::from(offset)));
            drop(timeline.run_back(&mut never()));
            read(&timeline, frame_address(0) - 200, &mut [0; 200]);
        }
    }
    assert!(ran > 20, "{ran}");
}

/// Changes numbers of the section DEBUG, which nothing checks when an image is loaded.
fn lie(image: &mut [u8], seed: usize) {
    let aligned = Aligned::new(image);
    let bytes = aligned.bytes();
    let verified = VerifiedImage::verify(bytes, &Limits::default()).unwrap();
    let mut sections = verified.sections().iter();
    let debug = sections.find(|section| section.kind == Kind::Debug as u8);
    let section = debug.unwrap().bytes(bytes);
    let start = section.as_ptr() as usize - bytes.as_ptr() as usize;
    let len = section.len();
    let mut random = seed.wrapping_mul(0x9e37_79b9) | 1;
    for _ in 0..seed % 20 + 1 {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(7);
        let at = start + 12 + (random >> 20) % (len - 12) / 2;
        image[at] = image[at].wrapping_add((random >> 50) as u8 % 7);
    }
}

#[test]
fn what_is_not_made_for_debugging_or_wants_threads_is_refused() {
    let threads =
        r#"(module (import "env" "memory" (memory 1 1 shared)) (func (export "_start")))"#;
    let refused = |wat: &str, debug| -> Failure {
        let wasm = wat::parse_str(wat).unwrap();
        let settings = Settings {
            opt_level: wrt_compiler::OptLevel::O0,
            debug,
            ..Settings::default()
        };
        let image = Aligned::new(&build::compile(&wasm, &settings).unwrap().image);
        let provider = MmapProvider::new();
        let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
        let engine = Engine::with_provider(config(), &provider).unwrap();
        let wasi = WasiBuilder::new().build().unwrap();
        let place = Path::new("guest.wrtb");
        let guest = Guest::new(engine, module, wasi, None, place, Default::default()).unwrap();
        let name = "/guest.elf".to_owned();
        let session = super::Session::new(guest, None, (&provider, config()), name, 1 << 20);
        session.map(|_| ()).unwrap_err()
    };
    assert!(refused(GUEST, false).message.contains("wrtc compile -g"));
    assert!(refused(threads, true).message.contains("threads"));
    let nothing = "(module)";
    assert!(refused(nothing, true).message.contains("_start"));
}
