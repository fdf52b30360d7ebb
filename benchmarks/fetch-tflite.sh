#!/usr/bin/env bash
# Fetches TensorFlow Lite's C library with XNNPACK (2.9) into artifacts/tflite, where the benchmarks look for it unless TFLITE_LIB names another.
set -euo pipefail
package=tfjs-tflite-node
version=0.0.2
target="$(cd "$(dirname "$0")/.." && pwd)/artifacts/tflite"

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) library=linux_amd64/libtensorflowlite_c.so ;;
  Linux-aarch64) library=linux_arm64/libtensorflowlite_c.so ;;
  Darwin-arm64) library=darwin_arm64/libtensorflowlite_c.dylib ;;
  MINGW*-x86_64 | MSYS*-x86_64) library=windows_amd64/tensorflowlite_c.dll ;;
  *) echo "$package has no library for $(uname -s) on $(uname -m); build one and name it in TFLITE_LIB." >&2; exit 1 ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if ! command -v npm >/dev/null; then
  echo "npm is not on the path. The library is in the npm package $package@$version: install Node.js, or unpack it elsewhere and name it in TFLITE_LIB." >&2
  exit 1
fi
npm pack "$package@$version" --silent >/dev/null
tar xzf "$package-$version.tgz" "package/cc_deps/$library"
mkdir -p "$target"
mv "package/cc_deps/$library" "$target/"
echo "$target/$(basename "$library")"
