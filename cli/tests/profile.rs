//! `wrtd run --profile`: where the fuel goes, and that looking changes nothing.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, run, wrtd};

/// `_start` calls `hot` often and `cold` once; both loop, `hot` for as many rounds.
const MODULE: &str = r#"(module
  (func $spin (param $rounds i32)
    (loop $again
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (local.get $rounds))))
  (func $hot (param i32) (call $spin (local.get 0)))
  (func $cold (param i32) (call $spin (local.get 0)))
  (func $deep (export "deep") (param i32)
    (call $spin (i32.const 10))
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "trap") (call $hot (i32.const 100000)) unreachable)
  (func (export "idle"))
  (func (export "_start")
    (call $hot (i32.const 90000))
    (call $cold (i32.const 10000))))"#;

/// The share in per cent that the page gives for a function's box.
fn share(page: &str, name: &str) -> f64 {
    let title = format!("<title>{name}: ");
    let share = page
        .split(&title)
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let share = share.and_then(|share| share.parse().ok());
    share.unwrap_or_else(|| panic!("no box for {name}: {page}"))
}

#[test]
fn boxes_are_as_wide_as_their_fuel_and_the_run_is_the_same() {
    let dir = Dir::new("profile");
    let image = dir.image("m", MODULE);
    let image = image.to_str().unwrap();
    let plain = wrtd(&["run", "--stats", "--fuel", "10000000", image]);
    let page = dir.path().join("page.html");
    let flags = [
        "run",
        "--stats",
        "--fuel",
        "10000000",
        "--profile",
        page.to_str().unwrap(),
    ];
    let every = ["--profile-every", "1000", image];
    let watched = || {
        let ran = wrtd(&[&flags[..], &every].concat());
        assert_eq!((ran.status, &ran.stderr), (0, &plain.stderr));
        std::fs::read_to_string(&page).unwrap()
    };
    let text = watched();
    assert!((share(&text, "all") - 100.0).abs() < 0.01);
    assert!(
        (share(&text, "hot") - 90.0).abs() < 2.0,
        "{}",
        share(&text, "hot")
    );
    assert!(
        (share(&text, "cold") - 10.0).abs() < 2.0,
        "{}",
        share(&text, "cold")
    );
    // Nothing but the image is there, so the block is shown as bytecode only.
    assert!(text.contains(" %: spin at Wasm offset 0x"), "{text}");
    assert!(
        text.contains("  fuel ") && !text.contains("i32.sub\n"),
        "{text}"
    );
    assert_eq!(text, watched(), "the same guest has the same profile");
}

#[test]
fn the_modules_text_stands_beside_the_bytecode() {
    let dir = Dir::new("profile_text");
    let image = dir.image("m", MODULE);
    let wat = image.with_extension("wat");
    let every = ["--profile-every", "1000"];
    let page = dir.path().join("page.html");
    let page = page.to_str().unwrap();
    let shows = |args: &[&str]| {
        let ran = wrtd(&[&["run", "--profile", page], &every[..], args].concat());
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        let text = std::fs::read_to_string(page).unwrap();
        assert!(
            text.contains("local.get $rounds\n") && text.contains("i32.sub\n"),
            "{text}"
        );
    };
    shows(&[wat.to_str().unwrap()]);
    let broken = dir.file("broken.wasm", b"\0asm\x01\0\0\0\x01\x7f");
    let broken = ["--profile-wasm", broken.to_str().unwrap()];
    let flags = ["run", "--profile", page];
    let ran = wrtd(&[&flags[..], &every, &broken, &[image.to_str().unwrap()]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let text = std::fs::read_to_string(page).unwrap();
    assert!(text.contains("text cannot be shown: "), "{text}");
    shows(&[
        "--profile-wasm",
        wat.to_str().unwrap(),
        image.to_str().unwrap(),
    ]);
}

#[test]
fn a_trap_and_a_pause_leave_a_profile() {
    let dir = Dir::new("profile_trap");
    let image = dir.image("m", MODULE);
    let page = dir.path().join("page.html");
    let text = || std::fs::read_to_string(&page).unwrap();
    let flags = [
        "--profile",
        page.to_str().unwrap(),
        "--profile-every",
        "1000",
    ];
    let trapped = run(&image, &[&flags[..], &["--invoke", "trap"]].concat());
    assert_eq!(trapped.status, 248, "{}", trapped.stderr);
    assert!(share(&text(), "trap") > 99.0);
    let paused = run(&image, &[&flags[..], &["--fuel", "50000"]].concat());
    assert_eq!(paused.status, 249, "{}", paused.stderr);
    assert!(paused.stderr.contains(" used, "), "{}", paused.stderr);
    let refill = ["--fuel", "50000", "--refill", "200000", "--stats"];
    let refilled = run(&image, &[&flags[..], &refill].concat());
    assert_eq!(refilled.status, 0, "{}", refilled.stderr);
    assert_eq!(refilled.stderr, run(&image, &refill).stderr);
    assert_eq!(refilled.stderr.matches("adding 200000").count(), 3);
}

#[test]
fn a_stack_is_looked_at_to_a_bound_and_an_idle_guest_has_no_samples() {
    let dir = Dir::new("profile_deep");
    let image = dir.image("m", MODULE);
    let page = dir.path().join("page.html");
    let text = || std::fs::read_to_string(&page).unwrap();
    let flags = ["--profile", page.to_str().unwrap()];
    let deep = ["--profile-every", "1000", "--invoke", "deep", "5000"];
    assert_eq!(run(&image, &[&flags[..], &deep].concat()).status, 0);
    assert!(share(&text(), "(further out)") > 80.0);
    assert_eq!(
        run(&image, &[&flags[..], &["--invoke", "idle"]].concat()).status,
        0
    );
    assert!(text().contains("0 samples") && text().contains("choose a smaller one"));
}

#[test]
fn names_are_text_whatever_they_hold() {
    let dir = Dir::new("profile_names");
    let image = dir.image(
        "m",
        r#"(module (func (export "</title><script>&\"'") (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100000))))))"#,
    );
    let page = dir.path().join("page.html");
    let flags = [
        "--profile",
        page.to_str().unwrap(),
        "--invoke",
        "</title><script>&\"'",
    ];
    assert_eq!(run(&image, &flags).status, 0);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(
        text.contains("&lt;/title&gt;&lt;script&gt;&amp;&quot;&#39;"),
        "{text}"
    );
    assert_eq!(text.matches("<script>").count(), 1, "{text}");
}

#[test]
fn wrong_flags_are_refused_before_the_guest_runs() {
    let dir = Dir::new("profile_flags");
    let image = dir.image("m", MODULE);
    let nowhere = dir.path().join("none").join("page.html");
    run(&image, &["--profile", nowhere.to_str().unwrap()]).fails(241, "wrtd: ", "page.html");
    run(&image, &["--profile-every", "5"]).fails(240, "wrtd: ", "--profile <FILE>");
    run(&image, &["--profile-wasm", "x.wasm"]).fails(240, "wrtd: ", "--profile <FILE>");
    let page = dir.path().join("page.html");
    let page = ["--profile", page.to_str().unwrap()];
    run(&image, &[&page[..], &["--profile-every", "0"]].concat()).fails(
        240,
        "wrtd: ",
        "--profile-every",
    );
    let none = [&page[..], &["--profile-wasm", "none.wasm"]].concat();
    run(&image, &none).fails(241, "wrtd: ", "none.wasm");
}
