"""Tests the source and the sink of Avro's container files. Usage: check.py DIRECTORY [SEED [COUNT]], where run.sh has built the
drivers and the plugin."""
import random
import sys
import tempfile
import time

import avro_c
import damage
import evolutions
import harness
import lists
import reading
import round_trips
import sink_epochs
import sink_faults
import sink_rows
import sink_threads
import sinking

built = sys.argv[1]
reading.driver, sinking.driver, reading.plugin = (built + "/" + name for name in ("driver", "driver_sink", "libavro_files.so"))
seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**32
count = int(sys.argv[3]) if len(sys.argv) > 3 else 150
print(f"{count} random schemas, seed {seed}", flush=True)
dice = random.Random(seed)
with tempfile.TemporaryDirectory() as directory:
    for suite in (lists, evolutions, damage, sink_rows, sink_epochs, sink_faults):
        suite.all_cases(directory)
    sink_threads.all_cases(directory, built + "/threads")
    for suite in (round_trips, damage, sink_rows, avro_c):
        suite.fuzz(dice, count, directory)
print(f"{harness.passed} passed, {harness.failed} failed")
sys.exit(harness.failed != 0 or harness.passed == 0)
