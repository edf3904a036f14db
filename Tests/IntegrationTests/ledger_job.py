"""A job with more state than memory: test.ledger (ledger/ledger.c) on rows that this makes, and what it has to make of
them, computed here without Millrace."""

import atexit
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
from collections import defaultdict
from functools import cache
from pathlib import Path

from jobs import Job

HERE = Path(__file__).resolve().parent
LEDGER = """
state: {{ {state} }}
topics:
  {rows}:
    value: {{ serde: json, fields: {{ key: int64, n: int64, at: "timestamp[us, UTC]" }} }}
    event_time: {{ field: at, out_of_orderness: 0s, idle_after: never }}
  {results}:
    value: {{ serde: json }}
key_groups: {key_groups}
steps:
  - {{ id: rows, from_topic: {rows}, start: {start}, stop: {stop} }}
  - {{ id: ledger, from: rows, key_by: [key], operator: test.ledger }}
  - {{ id: out, from: ledger, to_topic: {results} }}
"""
# More steps, for a checkpoint with private bytes of an operator.
WITH_A_SUM = """
  - {{ id: sum, from: ledger, operator: nexmark.checksum, config: {{ columns: [key, count] }} }}
  - {{ id: drop, from: sum, to: blackhole }}
"""
PARTITIONS = 4
START_US = 1_400_000_000_000_000
# Event time from row to row: windows are long enough for keys to be evicted before theirs end.
STEP_US = 20
WINDOW_US = 1_000_000
# As in ledger.c.
CLEAR_AT, LIST_MAX, PAYLOAD_WORDS = 4, 6, 256
BITS_64 = (1 << 64) - 1


@cache
def build(**lifetimes):
    """The operator's library, with lifetimes such as TTL_MS=2000."""
    place = tempfile.mkdtemp(prefix="millrace-ledger-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    arguments = [f"{name}={value}" for name, value in lifetimes.items()]
    subprocess.run(["make", "-s", "-C", HERE / "ledger", f"OUT={place}", *arguments], check=True)
    return Path(place) / "libledger.so"


# What is in memory only has to fit; what can go to disk has the least room that can be set.
MEMORY = {"memory": "1GiB", "rocksdb": "16MiB"}


def state_setting(store, memory=None, **more):
    """The setting `state` of a job."""
    words = {"store": store, "memory": memory or MEMORY[store], **more}
    return ", ".join(f"{name}: {value}" for name, value in words.items())


class LedgerJob(Job):
    """`sent`: the rows that were fed, (key, n, time)."""

    def __init__(self, broker, name, dice, store="memory", keys=100_000, lifetimes=None, more="", **settings):
        self.rows, self.results, self.keys = f"rows.{name}", f"results.{name}", keys
        self.dice = random.Random(dice.random())  # of its own: rows are made on another thread
        self.sent, self._enough = [], threading.Event()
        settings.setdefault("state", state_setting(store))
        super().__init__(
            broker, name, LEDGER + more, rows=self.rows, results=self.results,
            **{"interval": "100ms", "key_groups": 128, **settings})
        self.install(build(**(lifetimes or {})), "ledger.so")
        broker.create(self.rows, PARTITIONS)
        broker.create(self.results, 1)

    # Rows

    def row(self, key):
        """Notes the next row; gives its message."""
        n = len(self.sent)
        time_us = START_US + n * STEP_US
        self.sent.append((key, n, time_us))
        return str(key).encode(), b'{"key":%d,"n":%d,"at":%d}' % (key, n, time_us)

    def _messages(self, count):
        hot = [self.dice.randrange(self.keys) for _ in range(500)]
        while count is None or len(self.sent) < count:
            if self._enough.is_set():
                return
            key = self.dice.choice(hot) if self.dice.random() < 0.4 else self.dice.randrange(self.keys)
            yield self.row(key)

    def feed_rows(self, rows_per_s=None, count=None):
        """Feeds rows of random keys, some of them often, until there are `count`, or until `feed_enough`."""
        return self.feed(self.rows, self._messages(count), rows_per_s)

    def feed_enough(self, feeder):
        """Ends endless feeding; all that was sent is with the broker."""
        self._enough.set()
        feeder.finish()

    # Results

    def check(self, forgets_last_before=0):
        """Compares the committed results with what is due, row for row, in order per key. `forgets_last_before`: rows
        from that number on must not find the payload of a row before it: its time to live was over."""
        rows, windows = due(self.sent, forgets_last_before)
        have_rows, have_windows = defaultdict(list), defaultdict(list)
        for message in self.broker.read_committed(self.results)[0]:
            row = json.loads(message.value())
            have = have_rows if row["kind"] == 0 else have_windows
            have[row["key"]].append((row["n"], row["count"], row["digest"]))
        compare("row", rows, have_rows)
        compare("window", windows, have_windows)

    def check_storage(self):
        """After a clean end: the runs that kept manifests list are there, and nothing else."""
        manifests = self.manifests().values()
        listed = {file["name"] for m in manifests for file in m["state_files"] if file["kind"] == "run"}
        place = self.storage / self.name
        present = set(os.listdir(place / "state"))
        assert present == listed, f"lacking {listed - present}, in no manifest {present - listed}"
        scratch = [str(p) for p in (place / "scratch").rglob("*") if p.name != "owner.lock"]
        assert not scratch, f"RocksDB's files are left: {scratch[:5]}"
        trash = [p.name for p in place.iterdir() if p.name.startswith(".trash") or p.name.endswith(".tmp")]
        assert not trash, f"left behind: {trash}"

    def chains(self):
        """How many runs the newest checkpoint has per (step, worker)."""
        manifests, counts = self.manifests(), defaultdict(int)
        for file in manifests[max(manifests)]["state_files"]:
            counts[file["step"], file["worker"]] += 1
        return dict(counts)


# What is due


def signed(number):
    number &= BITS_64
    return number - (1 << 64) if number >> 63 else number


POWERS = [pow(31, i, 1 << 64) for i in range(PAYLOAD_WORDS + 1)]
SUMS = [sum(POWERS[:i]) for i in range(PAYLOAD_WORDS + 1)]


def payload_digest(n):
    """The digest of the payload that row n left: n mod PAYLOAD_WORDS words of n; of no payload if n is None."""
    return 1 if n is None else 2 * POWERS[n % PAYLOAD_WORDS] + n * SUMS[n % PAYLOAD_WORDS]


def due(sent, forgets_last_before=0):
    """What test.ledger has to make of the rows: per key (n, count, digest) in order; of windows likewise."""
    rows, windows, folds = defaultdict(list), defaultdict(list), {}
    states = {}
    for key, n, time_us in sent:
        count, total, last, recent = states.get(key, (0, 0, None, []))
        if last is not None and last < forgets_last_before <= n:
            last = None
        count, total = count + 1, total + n
        recent = [*recent, n] if len(recent) < LIST_MAX else [n]
        digest = payload_digest(last)
        for item in recent:
            digest = digest * 31 + item & BITS_64
        rows[key].append((n, count, signed(digest * 31 + total)))
        if count >= CLEAR_AT + key % 4:
            states.pop(key, None)
        else:
            states[key] = (count, total, n, recent)
        window = key, time_us // WINDOW_US
        old = folds.get(window, (0, 0))
        folds[window] = old[0] + 1, old[1] * 31 + n & BITS_64
    for (key, window), (count, total) in folds.items():  # in the order of their first rows, so of time
        windows[key].append((window, count, signed(total)))
    return rows, windows


def compare(what, want, have):
    for key in sorted(set(want) | set(have)):
        left, right = want.get(key, []), have.get(key, [])
        if left == right:
            continue
        for index, (one, other) in enumerate(zip(left, right)):
            assert one == other, f"key {key}: {what} {index} is {other}, expected {one}; {left} {right}"
        raise AssertionError(f"key {key}: {len(right)} {what}s, expected {len(left)}: {right}, expected {left}")
