"""Adds up the counts in a test suite's output (standard input): prints "PASSED FAILED SKIPPED".

Knows XCTest's and Swift Testing's closing lines, and the plain line `N passed, N failed[, N skipped]`.
"""
import re
import sys

passed = failed = skipped = 0
text = sys.stdin.read()
plain = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", text, re.M)
if plain:
    passed, failed, skipped = (int(part or 0) for part in plain[-1])
else:
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
print(passed, failed, skipped)
