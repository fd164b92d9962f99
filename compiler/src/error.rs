//! The compiler's error: one word, so that `Result`s stay small, with everything a message needs behind it.
//!
//! Every error says what is wrong and where: the byte offset in the Wasm module, and the function when it lies in one.

use core::fmt;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The module is not valid WebAssembly.
    Invalid,
    /// The module is valid, but uses a feature that this compiler does not translate, or its caller does not accept.
    Unsupported(&'static str),
    /// Something in the module exceeds a limit of the image format: what, and the largest accepted number.
    TooLarge(&'static str, u64),
    /// The profile is of another module.
    Profile,
    /// The compiler contradicts itself: a bug here, not in the module.
    Internal,
}

/// Why a module was not compiled.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    offset: Option<u64>,
    func_idx: Option<u32>,
    func_name: Option<String>,
}

impl Error {
    #[cold]
    fn new(kind: ErrorKind, message: String, offset: Option<u64>) -> Self {
        Self(Box::new(Inner {
            kind,
            message,
            offset,
            func_idx: None,
            func_name: None,
        }))
    }

    /// The module is invalid: the rule it breaks, and the byte offset in the module.
    #[cold]
    #[must_use]
    pub fn invalid(message: impl Into<String>, offset: u64) -> Self {
        Self::new(ErrorKind::Invalid, message.into(), Some(offset))
    }

    /// The module uses the feature `name`, first at this byte offset.
    #[cold]
    #[must_use]
    pub fn unsupported(name: &'static str, offset: u64) -> Self {
        Self::new(
            ErrorKind::Unsupported(name),
            format!("{name} is not supported"),
            Some(offset),
        )
    }

    /// The module uses the feature `name`, first at this byte offset, which the compiler knows and its caller does not accept.
    #[cold]
    #[must_use]
    pub fn not_accepted(name: &'static str, offset: u64) -> Self {
        Self::new(
            ErrorKind::Unsupported(name),
            format!("{name} is not among the accepted features"),
            Some(offset),
        )
    }

    /// There are more than `limit` of `what`.
    #[cold]
    #[must_use]
    pub fn too_large(what: &'static str, limit: u64) -> Self {
        Self::new(
            ErrorKind::TooLarge(what, limit),
            format!("{what} exceeds the limit of {limit}"),
            None,
        )
    }

    /// The profile says something of a place that the module does not have.
    #[cold]
    pub(crate) fn profile(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Profile, message.into(), None)
    }

    /// The compiler contradicts itself.
    #[cold]
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message.into(), None)
    }

    /// The same error, placed in a function (index in the function index space, and name if it has one). The place that an error
    /// already has is kept: the innermost one is the most precise.
    #[cold]
    #[must_use]
    pub fn in_func(mut self, func_idx: u32, name: Option<&str>) -> Self {
        if self.0.func_idx.is_none() {
            self.0.func_idx = Some(func_idx);
            self.0.func_name = name.map(str::to_owned);
        }
        self
    }

    /// The same error, placed in the function of another error.
    #[cold]
    #[must_use]
    pub(crate) fn in_func_of(mut self, other: &Self) -> Self {
        self.0.func_idx = other.0.func_idx;
        self.0.func_name.clone_from(&other.0.func_name);
        self
    }

    /// The same error at a byte offset, unless it has one.
    #[cold]
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What went wrong, in words, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where: byte offset in the Wasm module, if there is such a place.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// Where: index in the function index space, if it is in a function.
    #[must_use]
    pub fn func_idx(&self) -> Option<u32> {
        self.0.func_idx
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        match inner.kind {
            ErrorKind::Invalid => write!(f, "invalid module: {}", inner.message)?,
            ErrorKind::Unsupported(_) | ErrorKind::TooLarge(..) => f.write_str(&inner.message)?,
            ErrorKind::Profile => write!(f, "the profile does not fit: {}", inner.message)?,
            ErrorKind::Internal => write!(f, "internal error: {}", inner.message)?,
        }
        if let Some(func_idx) = inner.func_idx {
            write!(f, ", in function {func_idx}")?;
            if let Some(name) = &inner.func_name {
                write!(f, " <{name}>")?;
            }
        }
        if let Some(offset) = inner.offset {
            write!(f, ", at offset {offset:#x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn display_says_what_and_where() {
        let error = Error::invalid("type mismatch", 0x2a).in_func(7, Some("main"));
        assert_eq!(
            error.to_string(),
            "invalid module: type mismatch, in function 7 <main>, at offset 0x2a"
        );
        assert_eq!(
            Error::unsupported("SIMD", 16).to_string(),
            "SIMD is not supported, at offset 0x10"
        );
        assert_eq!(
            Error::too_large("frame slots", 65_535)
                .in_func(1, None)
                .to_string(),
            "frame slots exceeds the limit of 65535, in function 1"
        );
    }

    #[test]
    fn the_innermost_place_is_kept() {
        let error = Error::internal("x")
            .at(1)
            .at(2)
            .in_func(3, None)
            .in_func(4, None);
        assert_eq!((error.offset(), error.func_idx()), (Some(1), Some(3)));
    }
}
