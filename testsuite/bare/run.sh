#!/usr/bin/env bash
# Runs the programs of testsuite/programs on the host, on a bare x86-64 kernel, on a Cortex-M4F without an operating system, and on s390x
# (big-endian), all under QEMU, and compares results, traps and fuel totals. Installs what it needs (Debian packages).
set -euo pipefail
cd "$(dirname "$0")"
out=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$out CARGO_TERM_COLOR=never
mkdir -p "$out"

# Commands that talk to a registry: four tries.
retry() {
  local try
  for try in 1 2 3 4; do
    "$@" && return 0
    sleep $((try * 5))
  done
  return 1
}
root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
apt() { retry root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null; }

need() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  apt update && apt install -y --no-install-recommends "${missing[@]}"
}

need qemu-user-static gcc-s390x-linux-gnu libc6-dev-s390x-cross rustc-web rust-web-src lld-22
need_system() {
  command -v qemu-system-x86_64 >/dev/null && command -v qemu-system-arm >/dev/null && return 0
  # Debian's plain packages would replace a newer qemu-utils: the backports suite has the matching ones.
  local release sources=/etc/apt/sources.list.d
  release=$(. /etc/os-release && echo "$VERSION_CODENAME-backports")
  if [ -f $sources/debian.sources ] && ! grep -qs "$release" $sources/*.sources; then
    awk 'BEGIN { RS = ""; ORS = "\n\n" } !/security/' $sources/debian.sources | sed "/^#/d; s/^Suites:.*/Suites: $release/" | root tee $sources/backports.sources >/dev/null
    apt update
  fi
  apt install -y --no-install-recommends -t "$release" qemu-system-x86 qemu-system-arm
}
need_system

# The library source in Debian fits Debian's compiler: it builds the standard library for any target.
cross() { RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 cargo build --release -Zbuild-std=core,alloc -Zbuild-std-features=compiler-builtins-mem --target "$@"; }
free="-Clink-arg=-nostartfiles -Clink-arg=-nostdlib -Clink-arg=-static -Clink-arg=-no-pie -Crelocation-model=static -Cpanic=abort"

cargo run --release --quiet >"$out/host.txt"
cat "$out/host.txt"

CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="--cfg bare_kernel $free -Clink-arg=-Wl,-T$PWD/ld/x86.ld,--build-id=none" \
  cargo build --release --quiet --target x86_64-unknown-linux-gnu --target-dir "$out/kernel"
status=0
timeout 300 qemu-system-x86_64 -M q35 -cpu max -m 64 -nographic -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
  -kernel "$out/kernel/x86_64-unknown-linux-gnu/release/wrt-bare" </dev/null >"$out/x86.txt" || status=$?
[ $status -eq 33 ] || { echo "x86-64 kernel ended with $status"; tail "$out/x86.txt"; exit 1; }

CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER=ld.lld-22 \
  CARGO_TARGET_THUMBV7EM_NONE_EABIHF_RUSTFLAGS="-Clinker-flavor=ld.lld -Clink-arg=-T$PWD/ld/arm.ld" cross thumbv7em-none-eabihf
timeout 600 qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native \
  -kernel "$out/thumbv7em-none-eabihf/release/wrt-bare" </dev/null >"$out/arm.txt"

CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER=s390x-linux-gnu-gcc cross s390x-unknown-linux-gnu
timeout 600 qemu-s390x-static -L /usr/s390x-linux-gnu "$out/s390x-unknown-linux-gnu/release/wrt-bare" >"$out/s390x.txt"

different=0
grep -E '^[a-z0-9_]+ ' "$out/host.txt" >"$out/host.lines"
for machine in x86 arm s390x; do
  # Firmware consoles end lines in their own way.
  tr -d '\r' <"$out/$machine.txt" | grep -E '^[a-z0-9_]+ ' >"$out/$machine.lines" || true
  if diff "$out/host.lines" "$out/$machine.lines"; then
    echo "$machine: equal to the host"
  else
    echo "$machine: DIFFERENT from the host"
    different=1
  fi
done
exit $different
