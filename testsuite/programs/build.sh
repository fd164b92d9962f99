#!/bin/sh
# Builds every program in src/ into NAME.wasm. The results are committed; run this after changing a source.
# Needs clang 22, lld 22 and, for the WASI programs, wasi-libc (Debian: clang-22 lld-22 libclang-rt-22-dev-wasm32 wasi-libc); for those in
# Rust a compiler with the source of its library (Debian: rustc-web rust-web-src) and any cargo.
set -eu
cd "$(dirname "$0")/src"
flags="--target=wasm32-unknown-unknown -O2 -mcpu=mvp -fno-vectorize -fno-slp-vectorize -ffreestanding -fno-builtin -nostdlib -Wall -Werror -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=16384 -Wl,--strip-debug"
for source in *.c; do
  case $source in
  wasi_* | threads_* | debug_*) continue ;;
  simd_*) vectors=-msimd128 ;;
  *) vectors= ;;
  esac
  clang-22 $flags $vectors -std=gnu23 "$source" -o "../${source%.c}.wasm"
done
for source in *.cpp; do
  clang-22 $flags -fno-exceptions -fno-rtti "$source" -o "../${source%.cpp}.wasm"
done
# Some with 64-bit addresses too.
wide=$(echo "$flags" | sed s/wasm32/wasm64/)
for name in json sort matmul hashmap markdown; do
  clang-22 $wide -std=gnu23 "$name.c" -o "../wide_$name.wasm"
done
clang-22 $wide -fno-exceptions -fno-rtti btree.cpp -o ../wide_btree.wasm
for source in wasi_*.c; do
  clang-22 --target=wasm32-wasi --sysroot=/usr -O2 -Wall -Wno-deprecated -Wl,--strip-all "$source" -o "../$(basename "${source#wasi_}" .c).wasm"
done
# Threads without a libc: what the linker adds (memory set up once, thread-local storage) is there.
for source in threads_*.c; do
  clang-22 --target=wasm32-unknown-unknown -O2 -pthread -matomics -mbulk-memory -ffreestanding -fno-builtin -nostdlib -Wall -Werror \
    -Wl,--no-entry -Wl,--export=_start -Wl,--export=wasi_thread_start -Wl,--import-memory -Wl,--export-memory -Wl,--shared-memory \
    -Wl,--max-memory=1048576 -Wl,--stack-first -Wl,-z,stack-size=16384 -Wl,--strip-debug "$source" threads_start.s -o "../${source%.c}.wasm"
done
# With DWARF, for the tests of debugging: as it is written, and optimised.
debug="--target=wasm32-unknown-unknown -ffreestanding -nostdlib -Wall -Werror -Wl,--no-entry -fdebug-compilation-dir=."
for source in debug_*.c; do
  clang-22 $debug -O0 -gdwarf-4 "$source" -o "../${source%.c}.wasm"
  clang-22 $debug -O2 -gdwarf-5 "$source" -o "../${source%.c}_o2.wasm"
done
# Rust with its standard library. Where panics come from is left out: paths of the machine that built it.
target=${CARGO_TARGET_DIR:-$(pwd)/../../../target/programs}
(
  cd rust
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$target" CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
    RUSTFLAGS="-Zlocation-detail=none" \
    cargo build --release --quiet --examples -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown
)
for source in rust/examples/*.rs; do
  name=$(basename "$source" .rs)
  cp "$target/wasm32-unknown-unknown/release/examples/$name.wasm" "../$name.wasm"
  chmod -x "../$name.wasm"
done
