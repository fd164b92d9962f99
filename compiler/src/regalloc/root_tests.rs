//! Where references are that the collector follows.

use wrt_format::isa::Op;

use super::tests::{block, call, check_dump, func, inst};
use super::{allocate, check};
use crate::lower::vcode::VCode;

/// Two new objects and a number go to a function, and again.
fn allocating() -> VCode {
    let mut code = func(
        0,
        6,
        vec![block(
            &[],
            vec![
                inst(Op::StructNew, &[0, 0]),
                inst(Op::ConstU32, &[1, 1]),
                inst(Op::StructNew, &[2, 0]),
                call(&[0, 1, 2], &[3]),
                call(&[3, 1], &[4]),
                call(&[2, 4], &[]),
                inst(Op::Ret, &[]),
            ],
            &[],
            0,
        )],
    );
    for vreg in [0, 2, 3] {
        code.is_ref[vreg] = true;
    }
    code
}

#[test]
fn references_are_in_the_window_only_where_nothing_allocates() {
    // The first object is there while the second is made: not yet in the window, as the number is, but in a slot of its own. The
    // second is needed after the call.
    check_dump(
        &allocating(),
        "frame 7 base 4
         b0() cost 1:
         struct_new s0, 0
         const_u32 s2, 1
         struct_new s1, 0
         * s4 = s0
         * s5 = s2
         * s6 = s1
         call s4+3, s4+1, 7
         * s5 = s2
         call s4+2, s5+1, 7
         * s4 = s1
         call s4+2, s0+0, 7
         ret",
    );
}

#[test]
fn a_reference_that_the_collector_does_not_find_is_found_out() {
    let code = allocating();
    let good = allocate(&code).unwrap();
    assert_eq!(check(&code, &good), Ok(()));
    // In the window while something is allocated; outside of the part for references; that part too small; a number in it.
    let moved = |vreg: usize, slot| {
        let mut bad = good.clone();
        bad.slots[vreg] = slot;
        check(&code, &bad).unwrap_err()
    };
    assert!(moved(0, good.base).contains("does not hold v0"));
    assert!(moved(2, 3).contains("a reference in slot 3"));
    assert!(moved(1, 0).contains("holds something else"));
    let mut bad = good.clone();
    bad.refs = 1;
    assert!(
        check(&code, &bad)
            .unwrap_err()
            .contains("a reference in slot 1")
    );
    bad = good.clone();
    bad.moves[0].dst = 0;
    bad.moves[0].src = 2;
    assert!(
        check(&code, &bad)
            .unwrap_err()
            .contains("gets something else")
    );
}
