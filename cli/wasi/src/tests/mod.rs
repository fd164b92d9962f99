//! Tests of the WASI functions through [`Wasi::call`], with a byte array for a memory and a temporary directory as preopen 3.

mod escape;
mod files;
mod hostile;
mod paths;
mod poll;
mod process;
mod readdir;
mod rights;
mod stable;
mod state;
mod unstable;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tempfile::TempDir;

use crate::abi::{oflags, rights as r};
use crate::{Abi, Capture, Clock, Errno, Step, Wasi, WasiBuilder, WasiFunc};

/// Addresses in the memory: strings go to `TEXT`, vectors to `IOVS`, results to `OUT`, data to `DATA`.
const TEXT: u32 = 0x1000;
const TEXT2: u32 = 0x2000;
const IOVS: u32 = 0x3000;
const OUT: u32 = 0x4000;
const DATA: u32 = 0x8000;

/// The first preopen.
const ROOT: u64 = 3;
const FOLLOW: u64 = 1;
const ALL_FILE: u64 = r::FILE;

struct World {
    wasi: Wasi,
    mem: Vec<u8>,
    dir: TempDir,
    out: Capture,
    err: Capture,
    abi: Abi,
}

fn builder(dir: &TempDir, read_only: bool) -> WasiBuilder {
    let dir = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
    WasiBuilder::new()
        .preopen_dir(dir, "/data", read_only)
        .random_seed(1)
        .clock(Clock::Virtual {
            realtime_ns: 1_000_000_000_000,
            monotonic_ns: 500,
            step_ns: 10,
        })
}

impl World {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(configure: impl FnOnce(WasiBuilder) -> WasiBuilder) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (out, err) = (Capture::default(), Capture::default());
        let builder = builder(&dir, false)
            .stdout(Box::new(out.clone()))
            .stderr(Box::new(err.clone()));
        let wasi = configure(builder).build().unwrap();
        Self {
            wasi,
            mem: vec![0; 0x10000],
            dir,
            out,
            err,
            abi: Abi::Preview1,
        }
    }

    /// The error code of a call.
    fn call(&mut self, func: WasiFunc, args: &[u64]) -> Errno {
        match self.wasi.call_as(self.abi, func, &mut self.mem, args) {
            Step::Errno(errno) => Errno(errno),
            Step::Exit(code) => panic!("{} ended the guest with {code}", func.name()),
        }
    }

    fn ok(&mut self, func: WasiFunc, args: &[u64]) {
        assert_eq!(
            self.call(func, args),
            Errno::SUCCESS,
            "{} {args:?}",
            func.name()
        );
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        self.mem[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }

    fn get(&self, at: u32, len: usize) -> &[u8] {
        &self.mem[at as usize..at as usize + len]
    }

    fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// A call whose first path argument is `path`; `args` gives what is before and behind its address and length.
    fn path(&mut self, func: WasiFunc, before: &[u64], path: &str, after: &[u64]) -> Errno {
        self.put(TEXT, path.as_bytes());
        let args = [before, &[TEXT.into(), path.len() as u64], after].concat();
        self.call(func, &args)
    }

    /// A call with two paths, each behind a descriptor: rename.
    fn rename(&mut self, old_fd: u64, old: &str, new_fd: u64, new: &str) -> Errno {
        self.put(TEXT, old.as_bytes());
        self.put(TEXT2, new.as_bytes());
        let old = [old_fd, TEXT.into(), old.len() as u64];
        let new = [new_fd, TEXT2.into(), new.len() as u64];
        self.call(WasiFunc::PathRename, &[old, new].concat())
    }

    fn symlink(&mut self, target: &str, path: &str) -> Errno {
        self.put(TEXT, target.as_bytes());
        self.put(TEXT2, path.as_bytes());
        let args = [
            TEXT.into(),
            target.len() as u64,
            ROOT,
            TEXT2.into(),
            path.len() as u64,
        ];
        self.call(WasiFunc::PathSymlink, &args)
    }

    fn open_with(
        &mut self,
        path: &str,
        lookup: u64,
        oflags: u32,
        base: u64,
        fdflags: u64,
    ) -> Result<u64, Errno> {
        let all = r::FILE | r::DIR;
        let after = [u64::from(oflags), base, all, fdflags, OUT.into()];
        match self.path(WasiFunc::PathOpen, &[ROOT, lookup], path, &after) {
            Errno::SUCCESS => Ok(self.u32(OUT).into()),
            errno => Err(errno),
        }
    }

    fn open(&mut self, path: &str, oflags: u32, base: u64) -> Result<u64, Errno> {
        self.open_with(path, FOLLOW, oflags, base, 0)
    }

    /// Makes a file on the host and opens it for everything.
    fn file(&mut self, name: &str, content: &[u8]) -> u64 {
        std::fs::write(self.dir.path().join(name), content).unwrap();
        self.open(name, 0, ALL_FILE).unwrap()
    }

    fn create(&mut self, name: &str) -> u64 {
        self.open(name, oflags::CREAT, ALL_FILE).unwrap()
    }

    /// Writes the vectors of the given lengths to `IOVS`, one behind the other from `DATA` on.
    fn vectors(&mut self, lens: &[u32]) {
        let mut at = DATA;
        for (iov, len) in (IOVS..).step_by(8).zip(lens) {
            self.put(iov, &at.to_le_bytes());
            self.put(iov + 4, &len.to_le_bytes());
            at += len;
        }
    }

    fn write(&mut self, fd: u64, bytes: &[u8]) -> Errno {
        self.put(DATA, bytes);
        self.vectors(&[bytes.len() as u32]);
        self.call(WasiFunc::FdWrite, &[fd, IOVS.into(), 1, OUT.into()])
    }

    fn read(&mut self, fd: u64, len: u32) -> Result<Vec<u8>, Errno> {
        self.vectors(&[len]);
        match self.call(WasiFunc::FdRead, &[fd, IOVS.into(), 1, OUT.into()]) {
            Errno::SUCCESS => Ok(self.get(DATA, self.u32(OUT) as usize).to_vec()),
            errno => Err(errno),
        }
    }

    fn host(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join(name)).unwrap()
    }
}
