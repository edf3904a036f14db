"""Runs the Swift tests that were built, one class after another on each core, since most of them use one core only.

    run_swift_tests.py EXECUTABLE [MODULE]…

EXECUTABLE: what `swift build --build-tests` made. Ends with a count. A class that crashes, or takes more than 15 minutes, fails.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from count_tests import counts

TIMEOUT_S = 900
# A broker is started once per process, and takes longer than most of the tests that need it.
TOGETHER = ["KafkaTests"]
# They take longest: begun last, they would leave the other cores idle.
SLOW = ["DataflowTests.TightMemoryTests", "SimulationTests.SimulationTests", "StateRocksDBTests.ConformanceTests", "StateTests.ColdFilterTests"]


def groups(executable, modules):
    """Names of classes that are run in one process each, about the longest first."""
    listed = subprocess.run([executable, "--list-tests"], capture_output=True, text=True, check=True).stdout
    found = {}
    for name in dict.fromkeys(re.findall(r"^(\S+\.\S+)/", listed, re.M)):
        module = name.split(".")[0]
        if not modules or module in modules:
            found.setdefault(module if module in TOGETHER else name, []).append(name)
    return sorted(found.values(), key=lambda names: (any(name in SLOW for name in names), len(names)), reverse=True)


def run(executable, names):
    """Runs some classes; what they print, and their counts."""
    try:
        done = subprocess.run([executable, ",".join(names)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S)
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        text, code = (late.stdout or b"").decode(errors="replace") + f"\nerror: no end after {TIMEOUT_S} s", 1
    passed, failed, skipped = counts(text)
    if (code != 0 and failed == 0) or passed + failed + skipped == 0:
        failed += 1
        text += f"\nerror: {', '.join(names)}: ended with {code}"
    return text, (passed, failed, skipped)


def main():
    executable, modules = sys.argv[1], set(sys.argv[2:])
    total = [0, 0, 0]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, found in pool.map(lambda names: run(executable, names), groups(executable, modules)):
            print(text, flush=True)
            total = [a + b for a, b in zip(total, found)]
    print("{} passed, {} failed, {} skipped".format(*total))
    return total[1] != 0 or total[0] == 0


if __name__ == "__main__":
    sys.exit(main())
