//! Exit statuses of the commands, and the failures that lead to them.
//!
//! Input: errors of the other crates. Output: [`Failure`]: a status and one line for standard error. The numbers are documented in
//! `--help` and never change. A guest's exit code passes through; the statuses of `wrtd` itself lie in a range of their own, and a
//! guest code in that range is reported as [`Status::GuestCode`], so that no status ever has two meanings.

use core::fmt;

use wrt_format::verify::{Class, VerifyError};
use wrt_vm::Error;

/// Whose help is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The compiler.
    Wrtc,
    /// The runner.
    Wrtd,
}

macro_rules! statuses {
    ($($number:literal $name:ident $wrtc:literal $wrtd:literal $text:literal;)*) => {
        /// What went wrong, as an exit status. 0 is success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Status {
            $(#[doc = $text] $name = $number,)*
        }

        impl Status {
            /// All statuses with their meanings, in ascending order.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $text),)*];

            /// Whether a command can end with it.
            #[must_use]
            pub const fn is_of(self, command: Command) -> bool {
                match (self, command) {
                    $((Self::$name, Command::Wrtc) => $wrtc, (Self::$name, Command::Wrtd) => $wrtd,)*
                }
            }
        }
    };
}

// Number, name, whether wrtc and wrtd can end with it, meaning.
statuses! {
    1 Failed true true "wrtc wast has found failures; wrtd snapshot diff has found differences; wrtd replay has gone another way";
    239 GuestCode false true "the guest's exit code lies in 239..=253; a line on standard error names it";
    240 Usage true true "an unknown flag, a wrong argument, no such function";
    241 Io true true "a file cannot be read or written";
    242 NotAnImage true true "the file is not a WRT image";
    243 OtherVersion true true "the image is of another version of the format or the instruction set";
    244 Truncated true true "the image is truncated";
    245 Corrupt true true "the image is damaged or breaks a rule of the format";
    246 OverBudget true true "the image or the guest asks for more than there is: a feature, a limit, memory";
    247 Import false true "an import is missing or has another type";
    248 Trap true true "the guest trapped";
    249 OutOfFuel true true "the guest ran out of fuel, or was stopped by a signal with --on-signal";
    250 Internal true true "an error in WRT itself";
    251 Invalid true true "the module is not valid WebAssembly";
    252 Unsupported true true "the module needs a feature that the compiler does not have or --features does not name; what a guest has open cannot go into a snapshot, or not be opened again";
    253 Exception true true "the guest threw an exception that nobody caught";
}

/// The first of the statuses that a guest's exit code cannot use.
const RESERVED_FIRST: u8 = Status::GuestCode as u8;
/// The last of them.
const RESERVED_LAST: u8 = Status::Exception as u8;

/// The table of statuses for `--help`.
#[must_use]
pub fn help(command: Command) -> String {
    let mut text = String::from(match command {
        Command::Wrtc => {
            "Exit status: 0 on success. Otherwise one line on standard error says what is wrong:\n"
        }
        Command::Wrtd => {
            "Exit status: that of the guest (the low 8 bits of its exit code), 0 when it returns. wrtd's own, each with one line on \
             standard error, a trap or exception with a backtrace below:\n"
        }
    });
    for (status, meaning) in Status::ALL {
        if status.is_of(command) {
            text.push_str(&format!("  {:3}  {meaning}\n", *status as u8));
        }
    }
    text
}

/// The exit status for a guest's exit code; the second part says that it had to be replaced by [`Status::GuestCode`].
#[must_use]
pub fn of_guest(code: i32) -> (u8, bool) {
    let status = (code & 0xff) as u8;
    if (RESERVED_FIRST..=RESERVED_LAST).contains(&status) {
        (Status::GuestCode as u8, true)
    } else {
        (status, false)
    }
}

/// Why a command ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub status: Status,
    /// One line.
    pub message: String,
    /// More lines for the traps: the backtrace.
    pub details: Vec<String>,
}

impl Failure {
    /// A failure of one line.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// A file that cannot be used.
    pub fn io(path: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(Status::Io, format!("{path}: {error}"))
    }

    /// The same failure with a path or another place in front of its message.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.details
            .iter()
            .try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl core::error::Error for Failure {}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let status = match error.class() {
            Class::NotAnImage => Status::NotAnImage,
            Class::OtherVersion => Status::OtherVersion,
            Class::Truncated => Status::Truncated,
            Class::Corrupt => Status::Corrupt,
            Class::Unsupported | Class::OverBudget => Status::OverBudget,
            Class::Misplaced => Status::Internal,
        };
        Self::new(status, error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Image(error) => return (*error).into(),
            Error::Budget(_) => Status::OverBudget,
            Error::Import(_) | Error::ImportCount { .. } => Status::Import,
            Error::ArgumentCount { .. }
            | Error::ResultCount { .. }
            | Error::Unknown(_)
            | Error::Misuse(_)
            | Error::Invalid(_)
            | Error::FuncType { .. }
            | Error::NoExport(_)
            | Error::Duplicate { .. }
            | Error::Stopped(_)
            | Error::Exit(_)
            | Error::Host(_) => Status::Internal,
            _ => Status::Internal,
        };
        Self::new(status, error.to_string())
    }
}

#[cfg(feature = "compile")]
impl From<wrt_compiler::error::Error> for Failure {
    fn from(error: wrt_compiler::error::Error) -> Self {
        use wrt_compiler::error::ErrorKind;
        let status = match error.kind() {
            ErrorKind::Invalid => Status::Invalid,
            ErrorKind::Unsupported(_) => Status::Unsupported,
            ErrorKind::TooLarge(..) => Status::OverBudget,
            ErrorKind::Profile => Status::Usage,
            ErrorKind::Internal => Status::Internal,
        };
        Self::new(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_codes_and_our_statuses_never_meet() {
        for code in 0..=255 {
            let (status, replaced) = of_guest(code);
            assert_eq!(replaced, (239..=253).contains(&code));
            assert_eq!(status, if replaced { 239 } else { code as u8 });
        }
        assert_eq!(of_guest(-1), (255, false));
        assert_eq!(of_guest(256 + 240), (239, true));
        assert!(Status::ALL.is_sorted_by_key(|(status, _)| *status as u8));
        assert!(help(Command::Wrtd).contains("249  the guest ran out of fuel"));
        assert!(!help(Command::Wrtc).contains("247"));
        assert!(help(Command::Wrtc).contains("  1  wrtc wast"));
    }
}
