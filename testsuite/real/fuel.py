#!/usr/bin/env python3
"""Compares results and fuel totals with Wasmtime's, call by call, on random modules with control flow and calls.

    WRT_CASES=DIR WRT_CASES_MODULES=2500 cargo test --release -p wrt-testsuite --test differential cases_for
    python3 testsuite/real/fuel.py DIR [--cache DIR] [--least N]

Both charge 1 for an operator and nothing for nop, drop, block, loop, unreachable, return, else and end. Wasmtime charges 1 more for every
function entered. How many a run entered is measured: the module is run again with every function costing 1 more (SEED.entries.wasm);
what the second run uses beyond the first is the number of entries. Then WRT's total must be Wasmtime's less the entries, exactly.
Modules with structs, arrays and i31, and those that throw, are compared in results
alone: what those cost here goes by their size, and by what is searched and left. Instantiation is not compared: Wasmtime charges there for constant expressions too. Fails below --least modules compared (default 2000), so that it cannot pass by comparing nothing.
"""
import argparse
import json
import pathlib
import struct
import sys

from packages import Offline, reference_runtime

PLENTY = 1_000_000_000


def engine(wasmtime):
    config = wasmtime.Config()
    config.consume_fuel = True
    config.wasm_multi_memory = True
    config.wasm_memory64 = True
    config.wasm_tail_call = True
    config.wasm_threads = True
    config.wasm_wide_arithmetic = True
    config.wasm_custom_page_sizes = True
    config.wasm_function_references = True
    config.wasm_gc = True
    config.wasm_exceptions = True
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


def to_value(kind, bits):
    """What the reference runtime takes for a value: signed integers, floats, no reference."""
    if kind == "i32":
        return bits - (1 << 32) if bits >> 31 else bits
    if kind == "i64":
        return bits - (1 << 64) if bits >> 63 else bits
    if kind == "f32":
        return struct.unpack("<f", struct.pack("<I", bits))[0]
    if kind == "f64":
        return struct.unpack("<d", struct.pack("<Q", bits))[0]
    return None


def to_bits(kind, value):
    """The bits of a value, NaN canonical; of a reference whether it is there."""
    if kind == "i32":
        return value & 0xFFFF_FFFF
    if kind == "i64":
        return value & 0xFFFF_FFFF_FFFF_FFFF
    if kind == "f32":
        return 0x7FC0_0000 if value != value else struct.unpack("<I", struct.pack("<f", value))[0]
    if kind == "f64":
        return 0x7FF8_0000_0000_0000 if value != value else struct.unpack("<Q", struct.pack("<d", value))[0]
    return 0 if value is None or getattr(value, "is_null", False) else 1


class Run:
    """An instance of one module, metered."""

    def __init__(self, wasmtime, engine, path):
        self.wasmtime = wasmtime
        self.store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, path.read_bytes())
        self.store.set_fuel(PLENTY)
        instance = wasmtime.Instance(self.store, module, [])
        self.exports = instance.exports(self.store)

    def call(self, call):
        """Results, or "trap" or "exception", and the fuel used."""
        self.store.set_fuel(PLENTY)
        args = [to_value(*arg) for arg in call["args"]]
        func = self.exports[call["name"]]
        try:
            results = func(self.store, *args)
        except self.wasmtime.Trap as trap:
            thrown = "thrown Wasm exception" in str(trap)
            return "exception" if thrown else "trap", PLENTY - self.store.get_fuel()
        # No result and one null reference both come as None, and only several results as a list.
        count = len(func.type(self.store).results)
        if count < 2:
            results = [results][:count]
        return results, PLENTY - self.store.get_fuel()


def compare(case, plain, counted=None):
    """What differs in one module, and the numbers of calls compared that completed and that threw."""
    done, thrown = 0, 0
    for number, call in enumerate(case["calls"]):
        place = f"call {number} of {call['name']!r} {call['args']}"
        end = call["end"]
        if end == "out of fuel" or end.get("trap") == "call stack exhausted":
            break
        results, fuel = plain.call(call)
        again, counted_fuel = counted.call(call) if counted else (results, None)
        ended, counted_ended = (it if isinstance(it, str) else "done" for it in (results, again))
        if ended not in end or ended != counted_ended:
            return [f"{place}: {end}, {results} expected"], done, thrown
        if ended != "done":
            thrown += ended == "exception"
            continue
        kinds = [kind for kind, _ in end["done"]]
        bits = [[kind, to_bits(kind, value)] for kind, value in zip(kinds, results)]
        if len(results) != len(kinds) or bits != end["done"]:
            return [f"{place}: {end['done']}, {bits} expected"], done, thrown
        done += 1
        if not counted:
            continue
        expected = fuel - (counted_fuel - fuel)
        if call["fuel"] != expected:
            return [f"{place}: {call['fuel']} fuel, {expected} expected ({fuel} less {counted_fuel - fuel} entries)"], done, thrown
    return [], done, thrown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("target/real"))
    parser.add_argument("--least", type=int, default=2000)
    options = parser.parse_args()
    try:
        wasmtime = reference_runtime(options.cache.resolve())
    except Offline as error:
        print(f"fuel: skipped, the reference runtime cannot be fetched ({error})")
        return 0
    shared = engine(wasmtime)
    modules, calls, exceptions, failures = 0, 0, 0, []
    for line in (options.folder / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        seed = case["seed"]
        kinds = ("", ".entries") if case["with_fuel"] else ("",)
        runs = [Run(wasmtime, shared, options.folder / f"{seed}{kind}.wasm") for kind in kinds]
        problems, done, thrown = compare(case, *runs)
        failures += [f"seed {seed}: {problem}" for problem in problems]
        modules += 1
        calls += done
        exceptions += thrown
    for failure in failures[:20]:
        print(failure)
    print(
        f"fuel: {modules} modules, {calls} completed calls equal in results and fuel to Wasmtime's, {exceptions} calls threw in both, "
        f"{len(failures)} modules differ"
    )
    return 1 if failures or modules < options.least or not exceptions else 0


if __name__ == "__main__":
    sys.exit(main())
