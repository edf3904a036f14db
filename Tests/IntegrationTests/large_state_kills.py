"""Kills of a job with more state than memory: at random, and at the points where state is written, merged, removed,
restored and evicted. `prove` is what cases_state.py does a little of and scripts/kills a lot."""

import argparse
import os
import random
import sys
import time

from brokers import RealKafka
from jobs import KILLED, wait_for
from ledger_job import LedgerJob

# Points of Sources/Engine/FaultPoints.swift that state comes by, and how often at most an attempt passes one before it
# dies there.
FAULTS = {
    "after-run": 6, "after-state": 4, "after-manifest": 4, "after-mark": 4, "after-trash": 4, "after-drop": 4,
    "before-compaction": 2, "in-compaction": 2, "after-compaction": 2, "after-restore": 1,
}
# These come only after a checkpoint with state, or with a cold store.
RESTORE, EVICTION = "in-restore", "in-eviction"


def plan(dice, kills, store):
    """What to do at each kill: a fault, or None for a random moment. All faults come up if there are enough kills."""
    faults = [f"{point}+{dice.randint(1, most)}" for point, most in FAULTS.items()]
    faults.append(f"{RESTORE}+1")
    if store == "rocksdb":
        faults += [f"{EVICTION}+1", f"{EVICTION}+{dice.randint(2, 3)}"]
    dice.shuffle(faults)
    rounds = [fault for _ in range(kills // len(faults) + 1) for fault in faults]
    chosen = rounds[: max(1, kills * 2 // 3)]
    chosen += [None] * (kills - len(chosen))
    dice.shuffle(chosen)
    return chosen


def prove(broker, dice, store, kills, *, rows_per_s=8_000, name=None, tell=lambda _: None):
    """Kills a job again and again while rows come, lets it end, and compares all it made with what was due."""
    with LedgerJob(broker, name or f"ledger-{store}", dice, store=store) as job:
        feeder = job.feed_rows(rows_per_s)
        start_with_a_checkpoint(job)
        for number, fault in enumerate(plan(dice, kills, store), 1):
            die(job, dice, fault)
            tell(f"{store}: kill {number} of {kills} ({fault or 'at random'}), {len(job.sent):,} rows")
        job.feed_enough(feeder)
        job.run_to_end()
        job.check()
        job.check_storage()
        return len(job.sent)


def start_with_a_checkpoint(job):
    """A first run until a checkpoint has keys enough that each worker of any later start comes by the points of a
    restore (every 1024 of its keys)."""
    process = job.start(stop="never")
    wait_for(lambda: rows_in_checkpoint(job) >= 24_000, 60, "a checkpoint with 24,000 rows", process)
    job.drain(process)


def rows_in_checkpoint(job):
    """How many rows the newest checkpoint has come by."""
    manifests = job.manifests()
    return sum(source["next_offset"] for source in manifests[max(manifests)]["sources"]) if manifests else 0


def die(job, dice, fault):
    process = job.start(stop="never", fault=fault, parallelism=dice.choice((2, 2, 2, 1, 4)))
    if fault is None:
        time.sleep(dice.uniform(0.3, 3))
        return job.kill(process)
    try:
        job.expect(process, KILLED, 60)
    except AssertionError as failure:
        raise AssertionError(f"at {fault}: {failure}") from None
    point = fault.split("+")[0]
    assert f"dying at {point}" in job.log(), f"the engine was killed, but not at {point}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=100, help="how many, shared by the stores")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--store", choices=("memory", "rocksdb"), action="append")
    options = parser.parse_args()
    home = os.environ.get("MILLRACE_KAFKA_HOME")
    if not home:
        sys.exit("MILLRACE_KAFKA_HOME is not set: where is Apache Kafka?")
    print(f"seed {options.seed}", flush=True)
    stores, start = options.store or ["rocksdb", "memory"], time.monotonic()
    broker = RealKafka(home)
    try:
        for store in stores:
            prove(broker, random.Random(f"{options.seed} {store}"), store, max(1, options.kills // len(stores)),
                  tell=lambda words: print(f"{time.monotonic() - start:5.0f} s  {words}", flush=True))
    finally:
        broker.stop()
    print(f"{len(stores)} passed, 0 failed")


if __name__ == "__main__":
    main()
