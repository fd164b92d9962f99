//! The error codes of WASI preview 1, and how an operating system error becomes one.
//!
//! Input: an `io::Error` from the standard library or cap-std. Output: an [`Errno`]. On Unix the error number decides; errors
//! without one (cap-std reports an attempt to leave a preopen as a plain `PermissionDenied`) go by their kind.

use core::fmt;
use std::io;

macro_rules! errnos {
    ($($name:ident = $code:literal $text:literal,)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Self = Self($code);)*

            /// The short name of the code as the WASI text gives it, such as `badf`; "unknown" for a number WASI does not have.
            #[must_use]
            pub fn name(self) -> String {
                match self.0 {
                    $($code => stringify!($name).to_ascii_lowercase(),)*
                    _ => "unknown".to_owned(),
                }
            }
        }
    };
}

/// An error code of WASI preview 1, 0 to 76. It is what a WASI call returns in its `i32` result.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub u16);

errnos! {
    SUCCESS = 0 "No error.",
    TOOBIG = 1 "Argument list too long.",
    ACCES = 2 "Permission denied.",
    AGAIN = 6 "Resource unavailable, or the operation would block.",
    BADF = 8 "Bad file descriptor.",
    BUSY = 10 "Device or resource busy.",
    DQUOT = 19 "Disk quota exceeded.",
    EXIST = 20 "File exists.",
    FAULT = 21 "Bad address: a guest pointer outside of the memory.",
    FBIG = 22 "File too large.",
    ILSEQ = 25 "Illegal byte sequence: a path that is not UTF-8.",
    INTR = 27 "Interrupted.",
    INVAL = 28 "Invalid argument.",
    IO = 29 "Input or output error.",
    ISDIR = 31 "Is a directory.",
    LOOP = 32 "Too many levels of symbolic links.",
    MFILE = 33 "Too many open file descriptors.",
    MLINK = 34 "Too many links.",
    NAMETOOLONG = 37 "File name too long.",
    NFILE = 41 "Too many open files in the system.",
    NODEV = 43 "No such device.",
    NOENT = 44 "No such file or directory.",
    NOLCK = 46 "No locks available.",
    NOMEM = 48 "Not enough memory.",
    NOSPC = 51 "No space left on the device.",
    NOSYS = 52 "Function not supported.",
    NOTDIR = 54 "Not a directory.",
    NOTEMPTY = 55 "Directory not empty.",
    NOTSOCK = 57 "Not a socket.",
    NOTSUP = 58 "Not supported.",
    NOTTY = 59 "Not a terminal.",
    NXIO = 60 "No such device or address.",
    OVERFLOW = 61 "Value too large.",
    PERM = 63 "Operation not permitted; also an attempt to leave a preopened directory.",
    PIPE = 64 "Broken pipe.",
    RANGE = 68 "Result too large.",
    ROFS = 69 "Read-only file system.",
    SPIPE = 70 "Invalid seek.",
    STALE = 72 "Stale file handle.",
    TIMEDOUT = 73 "Timed out.",
    TXTBSY = 74 "Text file busy.",
    XDEV = 75 "Cross-device link.",
    NOTCAPABLE = 76 "The descriptor's rights do not allow it.",
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        by_number(&error).unwrap_or_else(|| by_kind(error.kind()))
    }
}

#[cfg(unix)]
fn by_number(error: &io::Error) -> Option<Errno> {
    use rustix::io::Errno as Os;
    const TABLE: &[(Os, Errno)] = &[
        (Os::TOOBIG, Errno::TOOBIG),
        (Os::ACCESS, Errno::ACCES),
        (Os::AGAIN, Errno::AGAIN),
        (Os::BADF, Errno::BADF),
        (Os::BUSY, Errno::BUSY),
        (Os::DQUOT, Errno::DQUOT),
        (Os::EXIST, Errno::EXIST),
        (Os::FAULT, Errno::FAULT),
        (Os::FBIG, Errno::FBIG),
        (Os::ILSEQ, Errno::ILSEQ),
        (Os::INTR, Errno::INTR),
        (Os::INVAL, Errno::INVAL),
        (Os::IO, Errno::IO),
        (Os::ISDIR, Errno::ISDIR),
        (Os::LOOP, Errno::LOOP),
        (Os::MFILE, Errno::MFILE),
        (Os::MLINK, Errno::MLINK),
        (Os::NAMETOOLONG, Errno::NAMETOOLONG),
        (Os::NFILE, Errno::NFILE),
        (Os::NODEV, Errno::NODEV),
        (Os::NOENT, Errno::NOENT),
        (Os::NOLCK, Errno::NOLCK),
        (Os::NOMEM, Errno::NOMEM),
        (Os::NOSPC, Errno::NOSPC),
        (Os::NOSYS, Errno::NOSYS),
        (Os::NOTDIR, Errno::NOTDIR),
        (Os::NOTEMPTY, Errno::NOTEMPTY),
        (Os::NOTSUP, Errno::NOTSUP),
        (Os::NOTTY, Errno::NOTTY),
        (Os::NXIO, Errno::NXIO),
        (Os::OVERFLOW, Errno::OVERFLOW),
        (Os::PERM, Errno::PERM),
        (Os::PIPE, Errno::PIPE),
        (Os::RANGE, Errno::RANGE),
        (Os::ROFS, Errno::ROFS),
        (Os::SPIPE, Errno::SPIPE),
        (Os::STALE, Errno::STALE),
        (Os::TIMEDOUT, Errno::TIMEDOUT),
        (Os::TXTBSY, Errno::TXTBSY),
        (Os::XDEV, Errno::XDEV),
    ];
    let os = Os::from_io_error(error)?;
    TABLE
        .iter()
        .find(|(number, _)| *number == os)
        .map(|(_, errno)| *errno)
}

#[cfg(not(unix))]
fn by_number(_: &io::Error) -> Option<Errno> {
    None
}

fn by_kind(kind: io::ErrorKind) -> Errno {
    use io::ErrorKind as K;
    const TABLE: &[(K, Errno)] = &[
        (K::NotFound, Errno::NOENT),
        (K::PermissionDenied, Errno::PERM),
        (K::AlreadyExists, Errno::EXIST),
        (K::InvalidInput, Errno::INVAL),
        (K::WouldBlock, Errno::AGAIN),
        (K::BrokenPipe, Errno::PIPE),
        (K::Interrupted, Errno::INTR),
        (K::TimedOut, Errno::TIMEDOUT),
        (K::OutOfMemory, Errno::NOMEM),
        (K::Unsupported, Errno::NOTSUP),
        (K::NotADirectory, Errno::NOTDIR),
        (K::IsADirectory, Errno::ISDIR),
        (K::DirectoryNotEmpty, Errno::NOTEMPTY),
        (K::ReadOnlyFilesystem, Errno::ROFS),
        (K::StorageFull, Errno::NOSPC),
        (K::FileTooLarge, Errno::FBIG),
        (K::NotSeekable, Errno::SPIPE),
        (K::ResourceBusy, Errno::BUSY),
        (K::CrossesDevices, Errno::XDEV),
        (K::TooManyLinks, Errno::MLINK),
        (K::InvalidFilename, Errno::INVAL),
    ];
    TABLE
        .iter()
        .find(|(k, _)| *k == kind)
        .map_or(Errno::IO, |(_, errno)| *errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_errors_keep_their_meaning() {
        let missing = std::fs::File::open("/no/such/file/at/all").unwrap_err();
        assert_eq!(Errno::from(missing), Errno::NOENT);
        let escape = io::Error::new(io::ErrorKind::PermissionDenied, "outside");
        assert_eq!(Errno::from(escape), Errno::PERM);
        assert_eq!(Errno::from(io::Error::other("?")), Errno::IO);
    }

    #[cfg(unix)]
    #[test]
    fn error_numbers_win_over_kinds() {
        let os = |e: rustix::io::Errno| Errno::from(io::Error::from_raw_os_error(e.raw_os_error()));
        assert_eq!(os(rustix::io::Errno::ACCESS), Errno::ACCES);
        assert_eq!(os(rustix::io::Errno::PERM), Errno::PERM);
        assert_eq!(os(rustix::io::Errno::LOOP), Errno::LOOP);
        assert_eq!(format!("{:?}", Errno::NOTCAPABLE), "notcapable(76)");
    }
}
