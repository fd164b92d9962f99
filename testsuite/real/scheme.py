#!/usr/bin/env python3
"""Runs a Scheme program that Guile Hoot has compiled to WebAssembly's structs and arrays, and compares what it writes with Guile's own output.

    python3 testsuite/real/scheme.py [--bin DIR] [--cache DIR]

Needs the release builds of wrtc and `scheme` in --bin (default target/release), and apt, which fetches Debian's packages of Guile and Hoot from
the suite that has them into --cache (default target/real); nothing is installed, and no root is needed. Where they cannot be had, the script
says so and exits 0.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

from packages import Offline, retry

HERE = pathlib.Path(__file__).resolve().parent
SUITE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n"


def unpacked(cache):
    """The folder that holds Guile, Hoot and the libraries that they need."""
    root = cache / "guile" / "root"
    if (root / "complete").exists():
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Offline("Guile Hoot comes from Debian's packages, and there is no apt here")
    shutil.rmtree(cache / "guile", ignore_errors=True)
    state = cache / "guile" / "apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True)
    (state / "sources.list").write_text(SUITE)
    # As if nothing were installed: then everything that is needed comes.
    (state / "status").write_text("")
    options = {
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", "-y"] + [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    retry(apt + ["update"])
    retry(apt + ["install", "--download-only", "--no-install-recommends", "guile-hoot"])
    for package in sorted((state / "cache" / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    (root / "complete").touch()
    return root


class Guile:
    """Guile as it lies in a folder, with its own loader and libraries."""

    def __init__(self, root):
        share, lib = root / "usr/share", next((root / "usr/lib").glob("*-linux-gnu"))
        self.hoot = next((share / "guile-hoot").iterdir())
        self.env = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "GUILE_AUTO_COMPILE": "0",
            "GUILE_LOAD_PATH": f"{share}/guile/3.0:{share}/guile/site/3.0",
            "GUILE_LOAD_COMPILED_PATH": f"{lib}/guile/3.0/ccache:{lib}/guile/3.0/site-ccache",
            "HOOT_STDLIB_PATH": str(self.hoot / "lib"),
        }
        loader = next(lib.glob("ld-linux-*.so.*"))
        self.command = [loader, "--library-path", lib, lib / "guile/3.0/bin/guile", "--no-auto-compile"]

    def run(self, *args):
        done = subprocess.run(self.command + list(args), env=self.env, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"guile {args[0]}: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout

    def compile(self, source, target):
        main = f'((@ (scripts compile-wasm) main) "-o" "{target}" "{source}")'
        self.run("-c", f"(use-modules (scripts compile-wasm)) {main}")


def run_scheme(bins, image, helper):
    """What the program writes, and how often it paused."""
    done = subprocess.run([bins / "scheme", image, helper], capture_output=True)
    told = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        sys.exit(f"scheme: {told}")
    pauses, collections = map(int, re.search(r"(\d+) pauses, (\d+) collections", told).groups())
    return done.stdout, pauses, collections, told.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("target/release"))
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("target/real"))
    options = parser.parse_args()
    cache = options.cache.resolve()
    try:
        guile = Guile(unpacked(cache))
    except Offline as why:
        print(f"scheme: skipped, nothing was compared: {why}")
        return
    source, wasm = HERE / "case_scheme.scm", cache / "scheme.wasm"
    expected = guile.run("--r7rs", source)
    guile.compile(source, wasm)
    for level in ("-O0", "-O2"):
        images = []
        for module in (wasm, guile.hoot / "reflect-wasm/wtf8.wasm"):
            images.append(cache / f"{module.stem}-{level}.wrtb")
            subprocess.run([options.bin / "wrtc", "compile", module, level, "-o", images[-1]], check=True, stderr=subprocess.DEVNULL)
        output, pauses, collections, told = run_scheme(options.bin, *images)
        if output != expected:
            sys.exit(f"scheme {level}: {output.decode(errors='replace')}\nbut Guile writes\n{expected.decode()}")
        if pauses < 100 or collections < 2:
            sys.exit(f"scheme {level}: it is meant to pause and to collect often: {told}")
        print(f"scheme {level}: {len(output)} bytes as Guile's own; {told}")


if __name__ == "__main__":
    main()
