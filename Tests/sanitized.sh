# For suites that run plugins in a driver, under the address and undefined-behaviour sanitizers: paths, flags of the compiler, and
# the Python that scripts/setup makes, if it is there.
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
python=python3
[ -x "$root/.build/venv/bin/python" ] && python=$root/.build/venv/bin/python
