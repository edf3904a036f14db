"""Tests the serdes through the driver. Usage: check.py DRIVER PLUGIN_DIRECTORY [SEED [COUNT]]"""
import random
import sys
import time

import avro_cases
import avro_mutations
import avro_specification
import cases
import csv_cases
import csv_mutations
import harness
import json_rule_cases
import json_schema_cases
import json_schema_mutations
import mutations
import proto_cases
import proto_mutations
import proto_unknown_cases
import proto_unknown_mutations
import run_cases
import schema_cases

harness.driver, harness.plugins = sys.argv[1:3]
seed = int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns() % 2**32
count = int(sys.argv[4]) if len(sys.argv) > 4 else 60_000
cases.all_cases()
csv_cases.all_cases()
schema_cases.all_cases()
json_schema_cases.all_cases()
json_rule_cases.all_cases()
avro_cases.all_cases()
avro_specification.all_cases()
proto_cases.all_cases()
proto_unknown_cases.all_cases()
print(f"{count} random messages each of json and csv, {count // 375} random schemas of avro, {count // 500} of protobuf, "
      f"{count // 1000} JSON Schemas, seed {seed}", flush=True)
run_cases.all_cases(random.Random(seed), 20)
mutations.fuzz(seed, count)
json_schema_mutations.fuzz(random.Random(seed), count // 1000)
csv_mutations.fuzz(random.Random(seed), count)
avro_mutations.fuzz(random.Random(seed), count // 375)
avro_specification.random_canonical(random.Random(seed), count // 2000)
proto_mutations.fuzz(random.Random(seed), count // 500)
proto_unknown_mutations.fuzz(random.Random(seed), count // 1000)
print(f"{harness.passed} passed, {harness.failed} failed")
sys.exit(harness.failed != 0 or harness.passed == 0)
