//! The one table of WASI preview 1 functions: a row per function gives its name, its signature and the Rust function that does it.
//!
//! From it come [`WasiFunc`], its lookups by name, its Wasm signatures, and `dispatch`. A new function is a row and a function in
//! `calls`.

use crate::calls;
use crate::mem::Memory;
use crate::wasi::{Step, Wasi};

/// The code of the Wasm value type `i32`.
const I32: u8 = 0x7f;
/// The code of the Wasm value type `i64`.
const I64: u8 = 0x7e;

macro_rules! value_type {
    (i32) => {
        I32
    };
    (i64) => {
        I64
    };
}

/// How an argument slot becomes the argument of a Rust function: addresses, lengths, descriptors and flags are all unsigned.
macro_rules! argument {
    (i32, $slot:expr) => {
        $slot as u32
    };
    (i64, $slot:expr) => {
        $slot
    };
}

macro_rules! wasi_funcs {
    ($($variant:ident = $module:ident::$name:ident($($arg:ident: $ty:ident),*) $(-> $result:ident)?;)*) => {
        /// A function of WASI preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WasiFunc {
            $(#[doc = concat!("`", stringify!($name), "`")] $variant,)*
        }

        impl WasiFunc {
            /// All functions, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The function of that import name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The import name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// The Wasm value types of the parameters: 0x7f is `i32`, 0x7e is `i64`.
            #[must_use]
            pub const fn params(self) -> &'static [u8] {
                match self {
                    $(Self::$variant => &[$(value_type!($ty)),*],)*
                }
            }

            /// The Wasm value types of the results: one `i32`, the error code; nothing for `proc_exit`.
            #[must_use]
            pub const fn results(self) -> &'static [u8] {
                match self {
                    $(Self::$variant => &[$(value_type!($result))?],)*
                }
            }
        }

        /// Calls `func`. Argument slots that are not there count as 0.
        pub(crate) fn dispatch(wasi: &mut Wasi, mem: &mut Memory<'_>, func: WasiFunc, args: &[u64]) -> Step {
            let mut _slots = args.iter().copied();
            match func {
                $(WasiFunc::$variant => {
                    $(let $arg = argument!($ty, _slots.next().unwrap_or(0));)*
                    calls::$module::$name(wasi, mem $(, $arg)*).into()
                })*
            }
        }
    };
}

wasi_funcs! {
    ArgsGet = process::args_get(argv: i32, argv_buf: i32) -> i32;
    ArgsSizesGet = process::args_sizes_get(argc: i32, argv_buf_bytes: i32) -> i32;
    ClockResGet = time::clock_res_get(id: i32, resolution: i32) -> i32;
    ClockTimeGet = time::clock_time_get(id: i32, precision: i64, time: i32) -> i32;
    EnvironGet = process::environ_get(environ: i32, environ_buf: i32) -> i32;
    EnvironSizesGet = process::environ_sizes_get(count: i32, buf_bytes: i32) -> i32;
    FdAdvise = fd::fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32;
    FdAllocate = fd::fd_allocate(fd: i32, offset: i64, len: i64) -> i32;
    FdClose = fd::fd_close(fd: i32) -> i32;
    FdDatasync = fd::fd_datasync(fd: i32) -> i32;
    FdFdstatGet = fdstat::fd_fdstat_get(fd: i32, stat: i32) -> i32;
    FdFdstatSetFlags = fdstat::fd_fdstat_set_flags(fd: i32, flags: i32) -> i32;
    FdFdstatSetRights = fdstat::fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64) -> i32;
    FdFilestatGet = filestat::fd_filestat_get(fd: i32, stat: i32) -> i32;
    FdFilestatSetSize = filestat::fd_filestat_set_size(fd: i32, size: i64) -> i32;
    FdFilestatSetTimes = filestat::fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, flags: i32) -> i32;
    FdPread = io::fd_pread(fd: i32, iovs: i32, iovs_count: i32, offset: i64, nread: i32) -> i32;
    FdPrestatDirName = fdstat::fd_prestat_dir_name(fd: i32, path: i32, path_bytes: i32) -> i32;
    FdPrestatGet = fdstat::fd_prestat_get(fd: i32, prestat: i32) -> i32;
    FdPwrite = io::fd_pwrite(fd: i32, iovs: i32, iovs_count: i32, offset: i64, nwritten: i32) -> i32;
    FdRead = io::fd_read(fd: i32, iovs: i32, iovs_count: i32, nread: i32) -> i32;
    FdReaddir = dir::fd_readdir(fd: i32, buf: i32, buf_bytes: i32, cookie: i64, used: i32) -> i32;
    FdRenumber = fd::fd_renumber(fd: i32, to: i32) -> i32;
    FdSeek = io::fd_seek(fd: i32, delta: i64, whence: i32, offset: i32) -> i32;
    FdSync = fd::fd_sync(fd: i32) -> i32;
    FdTell = io::fd_tell(fd: i32, offset: i32) -> i32;
    FdWrite = io::fd_write(fd: i32, iovs: i32, iovs_count: i32, nwritten: i32) -> i32;
    PathCreateDirectory = path::path_create_directory(fd: i32, path: i32, path_bytes: i32) -> i32;
    PathFilestatGet = filestat::path_filestat_get(fd: i32, flags: i32, path: i32, path_bytes: i32, stat: i32) -> i32;
    PathFilestatSetTimes = filestat::path_filestat_set_times(fd: i32, lookup: i32, path: i32, path_bytes: i32, atim: i64, mtim: i64, flags: i32) -> i32;
    PathLink = path::path_link(old_fd: i32, lookup: i32, old_path: i32, old_bytes: i32, new_fd: i32, new_path: i32, new_bytes: i32) -> i32;
    PathOpen = open::path_open(fd: i32, lookup: i32, path: i32, path_bytes: i32, flags: i32, base: i64, inheriting: i64, fdflags: i32, opened: i32) -> i32;
    PathReadlink = path::path_readlink(fd: i32, path: i32, path_bytes: i32, buf: i32, buf_bytes: i32, used: i32) -> i32;
    PathRemoveDirectory = path::path_remove_directory(fd: i32, path: i32, path_bytes: i32) -> i32;
    PathRename = path::path_rename(old_fd: i32, old_path: i32, old_bytes: i32, new_fd: i32, new_path: i32, new_bytes: i32) -> i32;
    PathSymlink = path::path_symlink(target: i32, target_bytes: i32, fd: i32, path: i32, path_bytes: i32) -> i32;
    PathUnlinkFile = path::path_unlink_file(fd: i32, path: i32, path_bytes: i32) -> i32;
    PollOneoff = poll::poll_oneoff(subscriptions: i32, events: i32, count: i32, ready: i32) -> i32;
    ProcExit = process::proc_exit(code: i32);
    ProcRaise = process::proc_raise(signal: i32) -> i32;
    RandomGet = process::random_get(buf: i32, buf_bytes: i32) -> i32;
    SchedYield = process::sched_yield() -> i32;
    SockAccept = sock::sock_accept(fd: i32, flags: i32, accepted: i32) -> i32;
    SockRecv = sock::sock_recv(fd: i32, iovs: i32, iovs_count: i32, flags: i32, nread: i32, out_flags: i32) -> i32;
    SockSend = sock::sock_send(fd: i32, iovs: i32, iovs_count: i32, flags: i32, nwritten: i32) -> i32;
    SockShutdown = sock::sock_shutdown(fd: i32, how: i32) -> i32;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_46_and_their_names_come_back() {
        assert_eq!(WasiFunc::ALL.len(), 46);
        for &func in WasiFunc::ALL {
            assert_eq!(WasiFunc::from_name(func.name()), Some(func));
        }
        assert_eq!(WasiFunc::from_name("fd_dup"), None);
        assert!(WasiFunc::ALL.is_sorted_by_key(|func| func.name()));
    }

    #[test]
    fn signatures_are_the_published_ones() {
        assert_eq!(
            WasiFunc::PathOpen.params(),
            [I32, I32, I32, I32, I32, I64, I64, I32, I32]
        );
        assert_eq!(WasiFunc::FdSeek.params(), [I32, I64, I32, I32]);
        assert_eq!(WasiFunc::ClockTimeGet.params(), [I32, I64, I32]);
        assert_eq!(WasiFunc::SchedYield.params(), []);
        assert_eq!(WasiFunc::ProcExit.results(), []);
        assert_eq!(WasiFunc::ProcRaise.results(), [I32]);
    }
}
