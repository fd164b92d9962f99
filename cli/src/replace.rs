//! Files that appear whole or not at all.
//!
//! Input: a path and what to write. Output: the file at that place, new. Invariants: whoever opens the path finds the old file or the new
//! one, also after a kill or a power failure at any moment; who has the old one open or mapped keeps it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Writes a file beside its place, and moves it there when it is on the disk. What is no regular file, a pipe for example, is written to as
/// it is; of a symbolic link the file behind it is meant.
///
/// # Errors
/// The first one of writing; nothing is left behind then.
pub(crate) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        return fill(&mut OpenOptions::new().write(true).open(path)?);
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)?;
    let written = fill(&mut file)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        // The first error is the one to tell.
        drop(std::fs::remove_file(&beside));
        return written;
    }
    sync_folder(&path)
}

/// The new name is on the disk, not only the contents.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
