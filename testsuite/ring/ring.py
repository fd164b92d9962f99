#!/usr/bin/env python3
"""Guests that hop around a ring of machines: x86-64, aarch64, armv7 (32 bits) and s390x (big-endian).

    python3 testsuite/ring/ring.py [--points N] [--seed S]

Builds `wrtd` for the three others, whose programs run under QEMU's user-mode emulation; installs what that needs (Debian packages). Each
program is paused at random points of its fuel; at each one the next machine of the ring goes on from the snapshot of the one before. The
same is done on this machine alone. At every point both snapshots must be the same bytes, and at the end output, exit status and statistics
the same as those of a run that was never paused.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "testsuite" / "programs"
# The triple, the linker, its Debian packages beside gcc, and the emulator with the folder of the machine's libraries.
MACHINES = {
    "aarch64": ("aarch64-unknown-linux-gnu", "aarch64-linux-gnu-gcc", ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
                ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]),
    "armv7": ("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf-gcc", ["gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross"],
              ["qemu-arm-static", "-L", "/usr/arm-linux-gnueabihf"]),
    "s390x": ("s390x-unknown-linux-gnu", "s390x-linux-gnu-gcc", ["gcc-s390x-linux-gnu", "libc6-dev-s390x-cross"],
              ["qemu-s390x-static", "-L", "/usr/s390x-linux-gnu"]),
}
# Debian's compiler and the library source that fits it: together they build the standard library for any target.
COMMON = ["rustc-web", "rust-web-src", "qemu-user-static"]
LOG = ["--stdin", str(PROGRAMS / "data" / "log.txt")]
# File, what wrtc is told beside, wrtd at the beginning, and at each start, and the guest's arguments.
GUESTS = [
    ("report.wasm", [], [], LOG, []),
    ("json.wasm", [], ["--invoke", "run"], [], ["1"]),
    ("sha256.wasm", [], ["--invoke", "run"], [], ["20"]),
    ("sort.wasm", [], ["--invoke", "run"], [], ["2000"]),
    ("nbody.wasm", ["--canonical-nans"], ["--invoke", "run"], [], ["100"]),
    ("recursion.wasm", [], ["--invoke", "run"], [], ["15"]),
    ("virtual.wasm", ["-O0"], ["--invoke", "run"], [], ["20"]),
    ("simd_blake3.wasm", [], ["--invoke", "run"], [], ["20"]),
    ("simd_signal.wasm", ["-O0"], ["--invoke", "run"], [], ["1"]),
    ("wide_btree.wasm", [], ["--invoke", "run"], [], ["300"]),
    ("wide_hashmap.wasm", ["-O0"], ["--invoke", "run"], [], ["300"]),
    ("features/gc_trees.wat", [], ["--invoke", "run"], [], ["1"]),
    ("features/throw.wat", [], ["--invoke", "run"], [], ["10"]),
    ("threads_queue.wasm", [], ["--threads"], [], []),
]


def installed(package):
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
    return "ok installed" in query.stdout


def install():
    packages = COMMON + [package for machine in MACHINES.values() for package in machine[2]]
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    root = [] if os.getuid() == 0 else ["sudo"]
    for command in (["update"], ["install", "-y", "--no-install-recommends"] + missing):
        for attempt in range(1, 5):
            if subprocess.run(root + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"] + command, stdout=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(attempt * 5)
        else:
            sys.exit(f"apt-get {command[0]} failed")


def build(folder):
    """wrtd for each machine, as a command. Builds run side by side, each in a folder of its own: cargo would have one wait for the other."""
    builds = []
    for name, (triple, linker, _, _) in MACHINES.items():
        env = dict(os.environ, RUSTC="/usr/bin/rustc", RUSTC_BOOTSTRAP="1")
        env[f"CARGO_TARGET_{triple.upper().replace('-', '_')}_LINKER"] = linker
        command = ["cargo", "build", "--release", "--quiet", "-Zbuild-std=std,panic_unwind", "--target", triple, "-p", "wrt-cli",
                   "--no-default-features", "--bin", "wrtd", "--target-dir", str(folder / name)]
        builds.append(subprocess.Popen(command, env=env, cwd=ROOT))
    failed = [triple for build, (triple, *_) in zip(builds, MACHINES.values()) if build.wait() != 0]
    if failed:
        sys.exit(f"wrtd does not build for {', '.join(failed)}")
    return {name: emulator + [str(folder / name / triple / "release" / "wrtd")] for name, (triple, _, _, emulator) in MACHINES.items()}


class Run:
    """What a command of wrtd came to."""

    def __init__(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()

    def stats(self):
        """Those statistics that are the guest's, and not of how it was run."""
        lines = [line for line in self.err.splitlines() if line.startswith("{")]
        if not lines:
            sys.exit(f"no statistics: {self.err}")
        stats = json.loads(lines[-1])
        return {name: stats[name] for name in GUESTS_OWN}


PAUSED = 249
GUESTS_OWN = ["outcome", "fuel_used", "grows", "host_calls", "cross_calls", "traps", "collections", "heap_objects", "heap_bytes", "memory_bytes",
              "peak_memory_bytes"]


def chain(machines, image, guest, points, folder):
    """Runs a guest over the points, on one machine after the other; the snapshots, the output, and how it ended."""
    _, _, options, always, args = guest
    snapshots, out = [], b""
    for number, (start, end) in enumerate(zip([0] + points, points + [None])):
        machine = machines[number % len(machines)]
        command = list(machine)
        if number == 0:
            command += ["run", "--deterministic=7", "--stats=json"] + options + always
        else:
            command += ["resume", "--stats=json"] + always
        if end is not None:
            file = folder / f"{number}.wrts"
            # One of three has holes, so that each machine writes some and reads some.
            command += ["--fuel", str(end - start), "--on-pause", f"snapshot={file}"] + ["--sparse"] * (number % 3 == 1)
        command += [str(image)] + args if number == 0 else [str(snapshots[-1])]
        run = Run(command)
        out += run.out
        if end is None:
            return snapshots, out, run
        if run.status != PAUSED:
            sys.exit(f"{' '.join(command)}\nended with {run.status}: {run.err}")
        snapshots.append(file)
    raise AssertionError("points end with no fuel given")


def hop(host, ring, guest, count, random_points, folder):
    """One guest around the ring; says where it differs, or how many points it went through."""
    name, compiling, options, always, args = guest
    image = folder / "guest.wrtb"
    module = PROGRAMS / name
    if module.suffix == ".wat":
        # The text of one module names a number that is filled in.
        module = folder / "guest.wat"
        module.write_text((PROGRAMS / name).read_text().replace("FRAMES", "10"))
    subprocess.run([str(host[0].parent / "wrtc"), "compile", str(module), "-o", str(image)] + compiling, check=True,
                   stderr=subprocess.DEVNULL)
    host = [str(host[0])]
    straight = Run(host + ["run", "--deterministic=7", "--stats=json"] + options + always + [str(image)] + args)
    fuel = straight.stats()["fuel_used"]
    points = sorted(random_points.sample(range(1, fuel), count))
    sides = []
    for side, machines in (("here", [host]), ("ring", ring)):
        (folder / side).mkdir()
        sides.append(chain(machines, image, guest, points, folder / side))
    (here, here_out, here_end), (around, out, end) = sides
    for point, one, other in zip(points, here, around):
        if one.read_bytes() != other.read_bytes():
            return f"the snapshots at {point} differ"
    for what, ours, others in (
        ("outputs", straight.out, [here_out, out]),
        ("exit statuses", straight.status, [here_end.status, end.status]),
        ("statistics", straight.stats(), [here_end.stats(), end.stats()]),
    ):
        if any(other != ours for other in others):
            return f"{what} differ: {ours!r}, {others!r}"
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=108, help="points in all")
    parser.add_argument("--seed", type=int, default=1, help="of the random points")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target" / "release", help="folder of this machine's wrtc and wrtd")
    options = parser.parse_args()
    install()
    others = build(ROOT / "target" / "ring")
    host = [options.bin.resolve() / "wrtd"]
    ring = [[str(host[0])]] + list(others.values())

    def around(guest):
        random_points = random.Random(f"{options.seed} {guest[0]}")
        with tempfile.TemporaryDirectory() as folder:
            return hop(host, ring, guest, options.points // len(GUESTS), random_points, pathlib.Path(folder))

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(zip(GUESTS, pool.map(around, GUESTS)))
    for guest, result in results:
        if isinstance(result, int):
            passed += 1
            print(f"{guest[0]}: {result} points around {', '.join(['x86-64', *others])}", flush=True)
        else:
            failed += 1
            print(f"{guest[0]}: {result}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
