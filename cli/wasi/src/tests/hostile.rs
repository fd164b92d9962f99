//! Every function with hostile arguments and memories: nothing may panic, and nothing outside of the preopen may change.

use super::*;

/// SplitMix64, so that every run tries the same calls.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An argument: a small number, an address, one near an edge, or anything.
    fn argument(&mut self, func: WasiFunc, mem_bytes: u64) -> u64 {
        const EDGES: [u64; 8] = [
            0,
            1,
            i32::MAX as u64,
            u32::MAX as u64,
            u32::MAX as u64 - 7,
            i64::MAX as u64,
            u64::MAX,
            1 << 63,
        ];
        match self.below(10) {
            0..=2 => self.below(12),
            3 => self.below(mem_bytes + 1),
            4 | 5 => NAMES[self.below(NAMES.len() as u64) as usize].0,
            6 => mem_bytes.wrapping_sub(self.below(64)),
            7 => EDGES[self.below(8) as usize],
            // A reservation of a random size could really take the space.
            _ if func == WasiFunc::FdAllocate => self.below(4096),
            8 => self.below(65536),
            _ => self.next(),
        }
    }
}

/// What calls need to get anywhere, and where it is put: names, a vector, a subscription.
const NAMES: [(u64, &[u8]); 7] = [
    (64, b"file"),
    (80, b"dir"),
    (96, b"new"),
    (112, &[0, 4, 0, 0, 16, 0, 0, 0]),
    (128, b"../../out/of/here"),
    (160, b"dir/deep"),
    (176, b"link"),
];

/// Arguments that could be right: descriptors, flags, lengths and the addresses of the names.
const TAME: [u64; 14] = [0, 1, 3, 3, 3, 4, 4, 4, 8, 64, 80, 96, 112, 200];

#[test]
fn no_call_panics() {
    let mut world = World::new();
    world.create("file");
    let mut rng = Rng(0x5eed);
    let mut succeeded = std::collections::HashSet::new();
    for round in 0..100_000_u64 {
        if round % 500 == 0 {
            let input: Box<dyn std::io::Read + Send> = Box::new(std::io::repeat(7));
            world.wasi = builder(&world.dir, false).stdin(input).build().unwrap();
            world.mem = vec![0; 65536];
            world.file("file", b"0123456789");
            let mem_bytes = [0, 100, 4096, 65536, 65536][rng.below(5) as usize];
            world.mem = (0..mem_bytes).map(|_| rng.next() as u8).collect();
        }
        if round % 7 == 0 && world.mem.len() > 200 {
            for (at, bytes) in NAMES {
                world.mem[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
            }
            world.mem[200..248].fill(0);
        }
        let func = WasiFunc::ALL[rng.below(46) as usize];
        let mem_bytes = world.mem.len() as u64;
        let tame = rng.below(2) == 0;
        let args: Vec<u64> = func
            .params()
            .iter()
            .map(|_| match tame {
                true => TAME[rng.below(TAME.len() as u64) as usize],
                false => rng.argument(func, mem_bytes),
            })
            .collect();
        let abi = if rng.below(4) == 0 {
            Abi::Unstable
        } else {
            Abi::Preview1
        };
        if world.wasi.call_as(abi, func, &mut world.mem, &args) == Step::Errno(0) {
            succeeded.insert(func);
        }
    }
    assert!(
        succeeded.len() >= 34,
        "{} of the functions got somewhere: {succeeded:?}",
        succeeded.len()
    );
}

#[test]
fn missing_arguments_and_empty_memories_are_survived() {
    let mut world = World::new();
    world.mem.clear();
    for &func in WasiFunc::ALL {
        world.wasi.call(func, &mut world.mem, &[]);
        world.wasi.call(func, &mut world.mem, &[u64::MAX; 20]);
    }
}
