//! Sockets: no descriptor of ours is one, and these functions say so.

use crate::errno::Errno;
use crate::mem::Memory;
use crate::wasi::Wasi;

fn not_a_socket(wasi: &Wasi, fd: u32) -> Result<(), Errno> {
    wasi.fds.get(fd)?;
    Err(Errno::NOTSOCK)
}

pub(crate) fn sock_accept(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> Result<(), Errno> {
    not_a_socket(wasi, fd)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn sock_recv(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_count: u32,
    _flags: u32,
    _nread: u32,
    _out_flags: u32,
) -> Result<(), Errno> {
    not_a_socket(wasi, fd)
}

pub(crate) fn sock_send(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_count: u32,
    _flags: u32,
    _nwritten: u32,
) -> Result<(), Errno> {
    not_a_socket(wasi, fd)
}

pub(crate) fn sock_shutdown(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _how: u32,
) -> Result<(), Errno> {
    not_a_socket(wasi, fd)
}
