//! The stable numbers of files that a guest has met, as bytes: by paths, since what a host knows files by means nothing on another one.
//!
//! Input: numbers and the paths by which files were met; or bytes, and the directories that are given. Output: bytes, or the numbers of
//! the same files. Invariants: a file that has got another name is looked for, one that is gone has no number any more; the bytes are the same on
//! every machine.

use std::collections::HashMap;
use std::io;

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::{Dir, Metadata};

use crate::fileids::{FileIds, Key, Met};
use crate::saved::In;
use crate::state::{Out, Result, below, refused};

/// Entries of directories that are looked at for files that have got other names.
const MAX_LOOKED_AT: usize = 1 << 20;

/// Directories that are looked into below each other.
const MAX_DEPTH: usize = 100;

/// Directories with the guest's names for them.
pub(crate) type Given<'g> = [(&'g Dir, &'g str)];

/// What is at a guest's path, symbolic links in its last part followed or not.
fn look(given: &Given<'_>, path: &str, follow: bool) -> Option<Key> {
    let found = match given.iter().find(|(_, name)| *name == path) {
        Some((dir, _)) => dir.dir_metadata(),
        None => {
            let (dir, rest) = below(given.iter().copied(), path)?;
            if follow {
                dir.metadata(rest)
            } else {
                dir.symlink_metadata(rest)
            }
        }
    };
    found.ok().map(|it| key(&it))
}

fn key(metadata: &Metadata) -> Key {
    (metadata.dev(), metadata.ino())
}

/// Whether a path leads to the file: following symbolic links, or not.
fn leads_there(given: &Given<'_>, path: &str, file: Key) -> Option<bool> {
    let leads = |follow: &bool| look(given, path, *follow) == Some(file);
    [true, false].into_iter().find(leads)
}

/// Gives the paths of those of the wanted files that lie below a directory.
fn search(
    dir: &Dir,
    path: &str,
    wanted: &mut HashMap<Key, Option<String>>,
    (left, depth): (&mut usize, usize),
) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("directories that are nested too deep"));
    }
    for entry in dir.entries()? {
        let entry = entry?;
        let fewer = left.checked_sub(1);
        *left = fewer.ok_or_else(|| io::Error::other("too many files"))?;
        // What vanishes while we look is gone.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let path = format!("{path}/{}", entry.file_name().to_string_lossy());
        if metadata.is_dir()
            && let Ok(dir) = entry.open_dir()
        {
            search(&dir, &path, wanted, (left, depth + 1))?;
        }
        if let Some(place) = wanted.get_mut(&key(&metadata)) {
            *place = Some(path);
        }
    }
    Ok(())
}

/// Writes the numbers of all files that are still there.
pub(crate) fn write(files: &FileIds, given: &Given<'_>, out: &mut Out) -> Result<()> {
    let FileIds::Stable { known, last } = files else {
        out.u32(0);
        return Ok(());
    };
    let mut met: Vec<(&Key, &Met)> = known.iter().collect();
    met.sort_by_key(|(_, met)| met.number);
    let mut lost = HashMap::new();
    let mut rows: Vec<(u64, bool, String)> = Vec::new();
    for (file, Met { number, path }) in met.iter().copied() {
        match leads_there(given, path, *file) {
            Some(follow) => rows.push((*number, follow, path.clone())),
            None => drop(lost.insert(*file, None)),
        }
    }
    if !lost.is_empty() {
        let mut left = MAX_LOOKED_AT;
        for (dir, name) in given {
            let name = name.trim_end_matches('/');
            if let Err(error) = search(dir, name, &mut lost, (&mut left, 0)) {
                return refused(format!("{name}: looking for files of other names: {error}"));
            }
        }
    }
    let found = met.iter().filter_map(|(file, met)| {
        let path = lost.get(*file)?.clone()?;
        Some((met.number, false, path))
    });
    rows.extend(found);
    rows.sort();
    out.u32(1);
    out.u64(*last);
    out.u32(rows.len() as u32);
    for (number, follow, path) in rows {
        out.u64(number);
        out.u32(follow.into());
        out.text(&path);
    }
    Ok(())
}

/// Numbers of files with the paths by which they were met, symbolic links followed or not.
pub(crate) struct Rows {
    last: u64,
    rows: Vec<(u64, bool, String)>,
}

/// Reads the rows; none if the guest sees the host's numbers.
pub(crate) fn read(state: &mut In<'_>) -> Result<Option<Rows>> {
    if state.u32()? == 0 {
        return Ok(None);
    }
    let last = state.u64()?;
    let rows = (0..state.u32()?).map(|_| Ok((state.u64()?, state.u32()? != 0, state.text()?)));
    let rows = rows.collect::<Result<_>>()?;
    Ok(Some(Rows { last, rows }))
}

/// The numbers of the same files in these directories.
pub(crate) fn find(rows: Option<Rows>, given: &Given<'_>) -> Result<FileIds> {
    let Some(Rows { last, rows }) = rows else {
        return Ok(FileIds::Host);
    };
    let mut known = HashMap::new();
    for (number, follow, path) in rows {
        let Some(file) = look(given, &path, follow) else {
            return refused(format!("{path}: the guest has met it, and it is not there"));
        };
        if number > last || known.insert(file, Met { number, path }).is_some() {
            return refused("the state of WASI has a file twice");
        }
    }
    Ok(FileIds::Stable { known, last })
}
