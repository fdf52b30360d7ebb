#!/usr/bin/env bash
# Runs the kernels' tests on Arm, on this machine: compiled natively, executed by qemu, once with the dot product instructions and once without.
# The same tests on the machine itself come first, with SSE alone; their fingerprints must be those of Arm.
# Exits with 0 where something that it needs is missing, with 1 where a test does not hold.
# Needs (Debian's names): clang lld llvm qemu-user-static libc6-dev-arm64-cross libgcc-12-dev-arm64-cross
set -euo pipefail
cd "$(dirname "$0")"

for tool in clang ld.lld llvm-objcopy qemu-aarch64-static; do
  if ! command -v "$tool" > /dev/null; then
    echo "Skipped: $tool is missing."
    exit 0
  fi
done

libraries=/usr/aarch64-linux-gnu
if [ ! -e "$libraries/lib/ld-linux-aarch64.so.1" ]; then
  echo "Skipped: the C library for Arm is missing ($libraries)."
  exit 0
fi

if [ "$(uname -m)" != x86_64 ]; then
  echo "Skipped: written for x64 machines."
  exit 0
fi

# Outside the source tree: a build for another runtime would rewrite the restore files of the ordinary one.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
  dotnet publish --configuration Release --runtime "$1" -p:LinkerFlavor=lld --artifacts-path "$work/artifacts" --output "$work/$1" --verbosity quiet --nologo
}

# Runs a command, keeps its fingerprints in the named file, and shows everything else; fails if the command fails.
check() {
  local name=$1
  shift
  echo "== $name"
  "$@" | tee "$work/log" | grep -v '^Fingerprint'
  grep '^Fingerprint' "$work/log" > "$work/$name.fingerprints"
}

program=ModelCompiler.RuntimeSupport.SelfCheck
build linux-x64
build linux-arm64
check x64 "$work/linux-x64/$program"
check arm64-max qemu-aarch64-static -L "$libraries" -cpu max "$work/linux-arm64/$program"
check arm64-cortex-a53 qemu-aarch64-static -L "$libraries" -cpu cortex-a53 "$work/linux-arm64/$program"
diff "$work/x64.fingerprints" "$work/arm64-max.fingerprints"
diff "$work/x64.fingerprints" "$work/arm64-cortex-a53.fingerprints"
echo "Fingerprints are the same everywhere."
