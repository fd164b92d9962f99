//! What each WASI function does, one file per family.
//!
//! Every function takes the guest's world and memory and its arguments, and gives an error code or nothing. A call checks the
//! places of its results before it changes anything, so that a bad pointer has no other effect.

pub(crate) mod dir;
pub(crate) mod fd;
pub(crate) mod fdstat;
pub(crate) mod filestat;
pub(crate) mod io;
pub(crate) mod open;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod sock;
pub(crate) mod time;
