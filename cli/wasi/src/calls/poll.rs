//! `poll_oneoff`: waiting for clocks and descriptors.
//!
//! Files and output streams are always ready; what can be waited for is time, and standard input. What is ready at once is
//! returned at once. Events come in the order of their subscriptions. Which clocks are first is known from the start, so a caller that is to
//! be parked (`Wasi::park_sleepers`) has its events at once; one that waits for standard input too is not parked.

use crate::abi::{Abi, EVENT_BYTES, clockid, rights};
use crate::errno::Errno;
use crate::fds::Handle;
use crate::mem::Memory;
use crate::wasi::Wasi;

/// The most subscriptions of a call: bounds the host memory that a call can take.
const SUBSCRIPTIONS_MAX: u32 = 8192;
/// The bytes that an output stream says it takes without waiting.
const WRITABLE_BYTES: u64 = 65536;

/// What is waited for.
#[derive(Clone, Copy)]
enum Wait {
    /// A clock, for so many nanoseconds from now.
    Clock(u64),
    /// Standard input.
    Stdin,
    /// Nothing: ready with so many bytes.
    Ready(u64),
    /// It is an error to wait for that.
    Failed(Errno),
}

struct Subscription {
    userdata: u64,
    tag: u8,
    wait: Wait,
}

pub(crate) fn poll_oneoff(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    ready: u32,
) -> Result<(), Errno> {
    if count == 0 || count > SUBSCRIPTIONS_MAX {
        return Err(Errno::INVAL);
    }
    let stride = match wasi.abi {
        Abi::Preview1 => 48,
        Abi::Unstable => 56,
    };
    mem.check(subscriptions, u64::from(count) * u64::from(stride))?;
    mem.check(events, u64::from(count) * u64::from(EVENT_BYTES))?;
    mem.check(ready, 4)?;
    wasi.stdio.flush()?;
    let mut list = Vec::with_capacity(count as usize);
    for index in 0..count {
        list.push(subscription(
            wasi,
            mem,
            subscriptions.wrapping_add(index * stride),
        )?);
    }
    let (waited, readable) = wait(wasi, &list)?;
    let mut written = 0;
    for sub in &list {
        let outcome = match sub.wait {
            Wait::Clock(left) if left <= waited => (Errno::SUCCESS, 0),
            Wait::Stdin if readable => (Errno::SUCCESS, 1),
            Wait::Clock(_) | Wait::Stdin => continue,
            Wait::Ready(bytes) => (Errno::SUCCESS, bytes),
            Wait::Failed(errno) => (errno, 0),
        };
        write_event(
            mem,
            events.wrapping_add(written * EVENT_BYTES),
            sub,
            outcome,
        )?;
        written += 1;
    }
    mem.write_u32(ready, written)
}

/// Waits until something is ready. Gives how long it waited in nanoseconds of the guest's time, and whether input can be read.
fn wait(wasi: &mut Wasi, list: &[Subscription]) -> Result<(u64, bool), Errno> {
    let immediate = list
        .iter()
        .any(|sub| matches!(sub.wait, Wait::Ready(_) | Wait::Failed(_)));
    let clock = list.iter().filter_map(|sub| match sub.wait {
        Wait::Clock(left) => Some(left),
        Wait::Stdin | Wait::Ready(_) | Wait::Failed(_) => None,
    });
    let timeout = if immediate { Some(0) } else { clock.min() };
    if !list.iter().any(|sub| matches!(sub.wait, Wait::Stdin)) {
        let timeout = timeout.unwrap_or(0);
        if timeout > 0 && wasi.parks {
            wasi.parked = Some(timeout);
        } else if timeout > 0 {
            wasi.clock.sleep(timeout);
        }
        return Ok((timeout, false));
    }
    // Virtual time stands still while the host waits: what is not there now is not there when the time has passed either.
    let virtual_wait = wasi.clock.is_virtual() && timeout.is_some();
    let host_timeout = if virtual_wait { Some(0) } else { timeout };
    if wasi.stdio.wait_readable(host_timeout)? {
        return Ok((0, true));
    }
    let timeout = timeout.unwrap_or(0);
    if virtual_wait {
        wasi.clock.sleep(timeout);
    }
    Ok((timeout, false))
}

fn subscription(wasi: &mut Wasi, mem: &Memory<'_>, at: u32) -> Result<Subscription, Errno> {
    let field = |offset: u32| at.wrapping_add(offset);
    let tag = mem.u8(field(8))?;
    let wait = match tag {
        0 => {
            // The older layout has one more word, an identifier, in front of the clock.
            let clock = match wasi.abi {
                Abi::Preview1 => 16,
                Abi::Unstable => 24,
            };
            let id = mem.u32(field(clock))?;
            let timeout = mem.u64(field(clock + 8))?;
            let absolute = mem.u16(field(clock + 24))? & 1 != 0;
            clock_wait(wasi, id, timeout, absolute)
        }
        1 | 2 => fd_wait(wasi, mem.u32(field(16))?, tag == 1).unwrap_or_else(Wait::Failed),
        _ => return Err(Errno::INVAL),
    };
    Ok(Subscription {
        userdata: mem.u64(at)?,
        tag,
        wait,
    })
}

fn clock_wait(wasi: &mut Wasi, id: u32, timeout: u64, absolute: bool) -> Wait {
    match (id, absolute) {
        (clockid::REALTIME | clockid::MONOTONIC, false) => Wait::Clock(timeout),
        (clockid::REALTIME | clockid::MONOTONIC, true) => match wasi.clock.now(id) {
            Ok(now) => Wait::Clock(timeout.saturating_sub(now)),
            Err(errno) => Wait::Failed(errno),
        },
        // CPU clocks stand still while a guest waits.
        (clockid::PROCESS_CPUTIME | clockid::THREAD_CPUTIME, _) => Wait::Failed(Errno::NOTSUP),
        _ => Wait::Failed(Errno::INVAL),
    }
}

fn fd_wait(wasi: &Wasi, fd: u32, reading: bool) -> Result<Wait, Errno> {
    let entry = wasi.fds.get(fd)?;
    match (&entry.handle, reading) {
        (Handle::Stdin, true) => entry.need(rights::POLL_FD_READWRITE).map(|()| Wait::Stdin),
        (Handle::Stdout | Handle::Stderr, false) => entry
            .need(rights::POLL_FD_READWRITE)
            .map(|()| Wait::Ready(WRITABLE_BYTES)),
        (Handle::File(open), true) => {
            entry.need(rights::POLL_FD_READWRITE | rights::FD_READ)?;
            let len = open.file.metadata()?.len();
            Ok(Wait::Ready(len.saturating_sub(entry.offset)))
        }
        (Handle::File(_), false) => {
            entry.need(rights::POLL_FD_READWRITE | rights::FD_WRITE)?;
            Ok(Wait::Ready(WRITABLE_BYTES))
        }
        (Handle::Stdin | Handle::Stdout | Handle::Stderr | Handle::Dir(_), _) => Err(Errno::BADF),
    }
}

fn write_event(
    mem: &mut Memory<'_>,
    at: u32,
    sub: &Subscription,
    (errno, nbytes): (Errno, u64),
) -> Result<(), Errno> {
    let mut bytes = [0; EVENT_BYTES as usize];
    bytes[0..8].copy_from_slice(&sub.userdata.to_le_bytes());
    bytes[8..10].copy_from_slice(&errno.0.to_le_bytes());
    bytes[10] = sub.tag;
    bytes[16..24].copy_from_slice(&nbytes.to_le_bytes());
    mem.write(at, &bytes)
}
