"""Tests the source of Avro's container files. Usage: check.py DRIVER PLUGIN_DIRECTORY [SEED [COUNT]]"""
import random
import sys
import tempfile
import time

import damage
import evolutions
import harness
import lists
import reading
import round_trips

reading.driver, reading.plugin = sys.argv[1], sys.argv[2] + "/libavro_files.so"
seed = int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns() % 2**32
count = int(sys.argv[4]) if len(sys.argv) > 4 else 150
print(f"{count} random schemas, seed {seed}", flush=True)
dice = random.Random(seed)
with tempfile.TemporaryDirectory() as directory:
    for suite in (lists.all_cases, evolutions.all_cases, damage.all_cases):
        suite(directory)
    round_trips.fuzz(dice, count, directory)
    damage.fuzz(dice, count, directory)
print(f"{harness.passed} passed, {harness.failed} failed")
sys.exit(harness.failed != 0 or harness.passed == 0)
