//! The fault of wasmi 2.0.0 that [`crate::rewrite`] goes around, at its smallest. When this test fails because the fault is gone, the
//! detour can go too.

use crate::ours::Ours;
use crate::outcome::End;
use crate::peer::Peer;
use crate::rewrite;
use crate::{FUEL, image};
use wrt_compiler::OptLevel;

#[test]
fn the_peer_still_confuses_select_behind_eqz() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        (select (i32.const 1) (local.get 0) (i32.eqz (local.get 0)))))"#;
    let wasm = wat::parse_str(wat).unwrap();
    let by_peer = |wasm: &[u8], arg| {
        let (mut peer, _) = Peer::new(wasm, FUEL).map_err(|e| format!("{e:?}")).unwrap();
        peer.call("f", &[arg], FUEL).end
    };
    let by_us = |arg| {
        let image = image(&wasm, OptLevel::O2, true).unwrap();
        let ours = Ours::new(image.bytes(), FUEL, FUEL);
        let (mut ours, _) = ours.map_err(|e| format!("{e:?}")).unwrap();
        ours.call("f", &[arg], FUEL, FUEL).end
    };
    assert_eq!(by_us(0), End::Done(vec![1]));
    assert_eq!(by_us(5), End::Done(vec![5]));
    assert_eq!(by_peer(&wasm, 5), End::Done(vec![1]), "the fault");
    let around = rewrite::around_the_peers_fault(&wasm);
    assert_eq!(by_peer(&around, 0), End::Done(vec![1]));
    assert_eq!(by_peer(&around, 5), End::Done(vec![5]));
}
