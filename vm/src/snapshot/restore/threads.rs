//! Guest threads: their stacks, where their runs stand, and who waits.
//!
//! Input: THREADS, and instances that are complete. Output: threads whose runs can go on, and the list of those that wait (T2).

use wrt_format::trap::Trap;

use super::frames::{Starts, Walk, check, wrong};
use super::parts::Part;
use super::{NONE, Restore, Result};
use crate::raw::buf::Buf;
use crate::raw::store::{RunState, Status};
use crate::raw::threads::{Session, Waiter};
use crate::snapshot::status;

/// What a snapshot says of a thread, besides what is on its stack.
struct Row {
    number: u32,
    stack_slots: u32,
    mark: u32,
    live: u32,
    run: RunState,
    session: Session,
}

impl Row {
    fn read(part: &mut Part<'_>) -> Result<Self> {
        let [number, stack_slots, mark, live, code] = part.u32s()?;
        let [instance, pc, fp, record, callee, window] = part.u32s()?;
        let [depth, first, count, trap] = part.u32s()?;
        let [tag, first_thrown, thrown] = part.u32s()?;
        let slice_used = i64::try_from(part.u64()?).map_err(|_| wrong("the slice used"))?;
        let status = status::from_code(code).ok_or(wrong("a status"))?;
        let host_trap = match trap {
            NONE => None,
            trap => {
                let trap = u16::try_from(trap).ok().and_then(Trap::from_number);
                Some(trap.ok_or(wrong("a trap"))?)
            }
        };
        Ok(Self {
            number,
            stack_slots,
            mark,
            live,
            run: RunState {
                status,
                instance,
                pc,
                fp,
                record,
                callee,
                window,
            },
            session: Session {
                depth,
                results: (first as usize, count as usize),
                thrown: (tag != NONE).then_some((tag, first_thrown as usize, thrown as usize)),
                host_trap,
                slice_used,
            },
        })
    }
}

impl Restore<'_, '_> {
    /// All threads, and those that wait.
    pub(super) fn all_threads(&mut self, mut part: Part<'_>) -> Result<()> {
        let (limit, turn) = (self.counts.thread_limit, self.counts.thread);
        let store = &mut self.engine.store;
        let mut starts = Starts::new(store, self.counts.instances)?;
        let mut present = store.scratch_u32(limit as usize)?;
        let mut next = 0;
        for _ in 0..self.counts.threads {
            let row = Row::read(&mut part)?;
            let ascends = (next..limit).contains(&row.number);
            check(ascends, "the number of a thread")?;
            self.add_threads(next, row.number, 0)?;
            self.add_threads(row.number, row.number + 1, row.stack_slots)?;
            self.thread(&row, &mut part, &mut starts)?;
            present.as_mut_slice()[row.number as usize] = 1;
            next = row.number + 1;
        }
        self.add_threads(next, limit, 0)?;
        check(
            present.as_slice()[turn as usize] != 0,
            "the thread that has the turn",
        )?;
        self.engine.store.switch_thread(turn);
        for number in 0..limit {
            if present.as_slice()[number as usize] == 0 {
                self.engine.store.remove_thread(number);
            }
        }
        starts.release(&mut self.engine.store);
        self.engine.store.scratch_release(&mut present);
        self.waiters(part)
    }

    /// Makes the threads of these numbers; the first one is there. A thread gets the lowest number that is free, so those that are missing
    /// are made too, and taken away at the end.
    fn add_threads(&mut self, from: u32, to: u32, stack_slots: u32) -> Result<()> {
        for number in from.max(1)..to {
            let made = self.engine.store.add_thread(stack_slots)?;
            check(made == number, "the number of a thread")?;
        }
        Ok(())
    }

    fn thread(&mut self, row: &Row, part: &mut Part<'_>, starts: &mut Starts) -> Result<()> {
        let max_nesting = self.engine.config().max_nesting.max(1);
        let store = &mut self.engine.store;
        store.switch_thread(row.number);
        // Out of the store while it is looked at.
        let mut stack = core::mem::replace(&mut store.stack, Buf::new());
        let (live, room) = (row.live as usize, stack.room());
        let fits = stack.lengthen(live.max(row.mark as usize).min(room));
        let slots = stack.as_mut_slice().get_mut(..live).filter(|_| fits);
        part.fill(slots.ok_or(wrong("more slots than the stack has"))?)?;
        let mut walk = Walk {
            starts,
            store,
            stack: stack.as_slice(),
            room,
            used: live,
        };
        let runs = walk.activations(row.run, max_nesting)?;
        let used = walk.used;
        let (run, session) = (row.run, row.session);
        let trapped = run.status == Status::Trapped;
        let reported = u32::from(trapped && session.host_trap.is_none());
        check(session.depth <= max_nesting, "runs that nest too deep")?;
        check(session.depth == runs - reported, "the number of runs")?;
        check(
            trapped || session.host_trap.is_none(),
            "an answer to nobody",
        )?;
        let (first, count) = session.results;
        check(first + count <= room, "results outside of the stack")?;
        let mut used = used.max(first + count);
        if let Some((tag, first, count)) = session.thrown {
            let sig = self.engine.store.tag_type(tag);
            let sig = sig.and_then(|ty| self.engine.store.func_sig(ty));
            let own = sig.is_some_and(|sig| sig.param_slots() == count);
            let inside = first + count <= room;
            check(own && inside && trapped, "an exception")?;
            used = used.max(first + count);
        }
        let store = &mut self.engine.store;
        store.stack = stack;
        check(store.use_stack(used), "a stack that is too small")?;
        let run = match run.status {
            Status::Idle => RunState::IDLE,
            Status::Starting
            | Status::Ready
            | Status::HostCall
            | Status::Waiting
            | Status::Throwing
            | Status::Trapped => run,
        };
        store.put_thread(run, session);
        Ok(())
    }

    /// Who waits: each thread whose run stands at a wait, once.
    fn waiters(&mut self, mut part: Part<'_>) -> Result<()> {
        let store = &mut self.engine.store;
        while part.fields.left() > 0 {
            let [thread, memory] = part.u32s()?;
            let [address, timed, deadline] = part.u64s()?;
            let waits = store.run_of(thread).map(|(run, _)| run.status);
            check(
                waits == Some(Status::Waiting) && store.waiter(thread).is_none(),
                "who waits",
            )?;
            check(store.memory(memory).is_some(), "where a thread waits")?;
            check(timed <= 1 && (timed == 1 || deadline == 0), "a deadline")?;
            store.put_waiter(Waiter {
                thread,
                memory,
                address,
                deadline: (timed == 1).then_some(deadline),
            })?;
        }
        let waiting = (0..store.thread_limit())
            .filter_map(|thread| store.run_of(thread))
            .filter(|(run, _)| run.status == Status::Waiting);
        check(
            waiting.count() == store.all_waiters().len(),
            "a thread that waits for nothing",
        )
    }
}
