#!/bin/sh
# Tests the sources of files from the outside, under the address and undefined-behaviour sanitizers: container files that
# fastavro writes, with each codec, of random schemas, and damaged ones. SEED=N repeats a run; COUNT=N random schemas (default
# 150). Needs gcc, make, and a Python with fastavro and cramjam: the one that scripts/setup makes, if it is there.
set -u
. "$(dirname "$0")/../sanitized.sh"
serdes="$root/Tests/SerdeTests"
gcc -std=c11 $flags -D_GNU_SOURCE -I"$root/include" -I"$root/sdk/c" -I"$serdes" "$here/driver.c" "$serdes/driver_arrays.c" \
  "$serdes/driver_input.c" "$root/Tests/Fuzz/columns_check.c" -ldl -o "$work/driver" || failed "the driver does not build"
make -s -C "$root/plugins/avro_files" OUT="$work" CFLAGS="$flags" || failed "the plugin does not build"
PYTHONPATH="$serdes" "$python" "$here/check.py" "$work/driver" "$work" "${SEED:-$(date +%s)}" "${COUNT:-150}"
