#!/bin/sh
# Tests the sources of files from the outside, under the address and undefined-behaviour sanitizers: container files that
# fastavro writes, with each codec, of random schemas, and damaged ones. SEED=N repeats a run; COUNT=N random schemas (default
# 150). Needs gcc, make, and a Python with fastavro and cramjam: the one that scripts/setup makes, if it is there.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
flags="-O1 -g -Wall -Wextra -pedantic -Werror $sanitize"
failed() {
  echo "FAILED: $1"
  echo "0 passed, 1 failed"
  exit 1
}
serdes="$root/Tests/SerdeTests"
gcc -std=c11 $flags -D_GNU_SOURCE -I"$root/include" -I"$root/sdk/c" -I"$serdes" "$here/driver.c" "$serdes/driver_arrays.c" \
  "$serdes/driver_input.c" "$root/Tests/Fuzz/columns_check.c" -ldl -o "$work/driver" || failed "the driver does not build"
make -s -C "$root/plugins/avro_files" OUT="$work" CFLAGS="$flags" || failed "the plugin does not build"
python=python3
[ -x "$root/.build/venv/bin/python" ] && python=$root/.build/venv/bin/python
PYTHONPATH="$serdes" "$python" "$here/check.py" "$work/driver" "$work" "${SEED:-$(date +%s)}" "${COUNT:-150}"
