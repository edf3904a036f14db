#!/bin/sh
# Builds the operator twice: build.sh OUT → OUT/v1/libknock_on_delay_swift.so and OUT/v2/libknock_on_delay_swift.so.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
for major in 1 2; do
  scratch="$out/.build-v$major"
  VERSION_MAJOR=$major swift build --package-path "$here" --scratch-path "$scratch" -c release -j 2 >&2
  mkdir -p "$out/v$major"
  # A plugin may be loaded while this runs: write beside it and rename.
  cp "$scratch/release/libknock_on_delay.so" "$out/v$major/libknock_on_delay_swift.so.tmp"
  mv "$out/v$major/libknock_on_delay_swift.so.tmp" "$out/v$major/libknock_on_delay_swift.so"
done
