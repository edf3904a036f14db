#!/bin/sh
# build.sh OUT → OUT/libcounter.so
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
swift build --package-path "$here" --scratch-path "$out/.build" -c release >&2
# The engine may be watching the directory: a plugin must appear whole, so write beside it and rename.
cp "$out/.build/release/libcounter.so" "$out/libcounter.so.tmp"
mv "$out/libcounter.so.tmp" "$out/libcounter.so"
