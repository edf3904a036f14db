"""Adds up the counts in a test suite's output (standard input): prints "PASSED FAILED SKIPPED".

Knows XCTest's and Swift Testing's closing lines, and the plain line `N passed, N failed[, N skipped]`.
"""
import re
import sys


def counts(text):
    """Tests that passed, failed and were skipped."""
    plain = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", text, re.M)
    if plain:
        return tuple(int(part or 0) for part in plain[-1])
    passed = failed = skipped = 0
    # XCTest prints a line for each suite around another; the last one has them all.
    totals = re.findall(r"Executed (\d+) tests?, with (?:(\d+) tests? skipped and )?(\d+) failures?", text)
    if totals:
        count, left_out, wrong = (int(part or 0) for part in totals[-1])
        wrong = len(set(re.findall(r"Test Case '(\S+)' failed", text))) or wrong
        passed, failed, skipped = passed + count - wrong - left_out, failed + wrong, skipped + left_out
    modern = re.findall(r"Test run with (\d+) tests?.* (passed|failed)", text)
    if modern:
        wrong = len(set(re.findall(r"✘ Test (?!run)(.+?) failed after", text)))
        left_out = len(re.findall(r"➜ Test .+ skipped", text))
        passed, failed, skipped = passed + int(modern[-1][0]) - wrong - left_out, failed + wrong, skipped + left_out
    return passed, failed, skipped


if __name__ == "__main__":
    print(*counts(sys.stdin.read()))
