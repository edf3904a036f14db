#!/bin/sh
# Tests sources and sinks of files from the outside, under the address and undefined-behaviour sanitizers: container files that
# fastavro and avro-c write, with each codec, of random schemas, and damaged ones; files for fastavro, avro-c and the source to read;
# kills and faults of disks; and under the thread sanitizer, workers that write at once. SEED=N repeats a run; COUNT=N random schemas
# (default 100). Needs gcc, make, avro-c's avromod, and a Python with fastavro and cramjam: the one that scripts/setup makes, if it is
# there.
set -u
. "$(dirname "$0")/../sanitized.sh"
serdes="$root/Tests/SerdeTests"

# build DIRECTORY FLAGS: the drivers and the plugin. What the driver of sinks defines comes before the C library's.
build() {
  mkdir -p "$1"
  shared="-std=c11 $2 -D_GNU_SOURCE -I$root/include -I$root/sdk/c -I$serdes $here/driver_host.c $serdes/driver_arrays.c
    $serdes/driver_input.c $root/Tests/Fuzz/columns_check.c -ldl -pthread"
  gcc "$here/driver.c" $shared -o "$1/driver" && gcc -rdynamic "$here/driver_sink.c" "$here/driver_faults.c" $shared -o "$1/driver_sink" ||
    failed "the drivers do not build"
  make -s -C "$root/plugins/avro_files" OUT="$1" CFLAGS="$2" || failed "the plugin does not build"
}

build "$work" "$flags"
build "$work/threads" "-O1 -g -Wall -Wextra -pedantic -Werror -fsanitize=thread"
PYTHONPATH="$serdes" "$python" "$here/check.py" "$work" "${SEED:-$(date +%s)}" "${COUNT:-100}"
