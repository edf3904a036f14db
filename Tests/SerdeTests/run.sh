#!/bin/sh
# Tests the shipped serdes from the outside, under the address and undefined-behaviour sanitizers: exact messages, round
# trips, and random messages against Python's json and csv modules, jsonschema, fastavro and Google's protobuf. SEED=N repeats a run;
# COUNT=N messages (default 30000). Needs gcc, make, and a Python with jsonschema, fastavro, protobuf and grpcio-tools: the one that
# scripts/setup makes, if it is there.
set -u
. "$(dirname "$0")/../sanitized.sh"
gcc -std=c11 $flags -D_GNU_SOURCE -I"$root/include" -I"$root/sdk/c" "$here"/driver*.c -ldl -pthread -o "$work/driver" ||
  failed "the driver does not build"
for plugin in json csv avro protobuf utf8 bytes; do
  make -s -C "$root/plugins/$plugin" OUT="$work" CFLAGS="$flags" || failed "plugin $plugin does not build"
done
"$python" "$here/check.py" "$work/driver" "$work" ${SEED:-$(date +%s)} ${COUNT:-30000}
