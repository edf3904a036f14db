"""Rows into Avro's container files: kills at each point of an epoch's life, with and without Kafka, and what a sink refuses."""

import json
import subprocess
import time

import fastavro

from cases_files import NUMBER, write
from disks import SmallDisk
from flights_job import load_flights
from jobs import ENGINE, FAILED, KILLED, ROOT, STARTS_AGAIN, SUCCESS, Job, wait_for
from registry import case

MIB = 1 << 20
FROM_FILES = """
steps:
  - {{ id: files, source: avro_files, config: {{ path: "{source}" }}, splits: 3 }}
  - {{ id: out, from: files, sink: avro_files, config: {{ path: "{path}", codec: "{codec}" }} }}
"""
FROM_A_TOPIC = """
topics:
  {topic}:
    value: {{ serde: json, fields: {{ n: int64 }} }}
    on_bad_row: {{ dead_letter: {topic}.dead }}
  {topic}.copy:
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {topic}, start: earliest, stop: {stop} }}
  - {{ id: copy, from: in, to_topic: {topic}.copy }}
  - {{ id: out, from: in, sink: avro_files, config: {{ path: "{path}"{schema} }} }}
"""


class SinkJob(Job):
    """Numbers from 0 to `count` into files."""

    def __init__(self, broker, name, pipeline, count, **settings):
        super().__init__(broker, name, pipeline, path="", **{"codec": "deflate", **settings})
        self.count, self.out = count, self.dir / "out"
        self.settings["path"] = self.out

    def names(self):
        return sorted(path.name for path in self.out.iterdir())

    def rows(self):
        """What is in the files that can be seen."""
        found = []
        for path in sorted(self.out.glob("*.avro")):
            with open(path, "rb") as file:
                found += list(fastavro.reader(file))
        return found

    def check(self, wanted=None):
        wanted = list(range(self.count)) if wanted is None else wanted
        have = sorted(row["n"] for row in self.rows())
        assert have == wanted, f"{len(have)} numbers of {len(wanted)}, {len(set(have))} different"
        unseen = [name for name in self.names() if not name.endswith(".avro") or name.startswith(".")]
        assert not unseen, f"left behind: {unseen}"


class FilesJob(SinkJob):
    """… from other files: nothing goes through Kafka."""

    def __init__(self, broker, name, count, **settings):
        super().__init__(broker, name, FROM_FILES, count, **settings)
        self.source = self.dir / "source"
        self.settings["source"] = self.source
        self.source.mkdir()
        for index in range(5):
            write(self.source / f"{index}.avro", NUMBER, ({"n": n} for n in range(index, count, 5)), "null", 4000)


class TopicJob(SinkJob):
    """… from a topic, and into another one as well."""

    def __init__(self, broker, name, count, schema="", **settings):
        self.topic = f"in.{name}"
        super().__init__(broker, name, FROM_A_TOPIC, count, topic=self.topic, schema=schema, **settings)
        for topic in (self.topic, f"{self.topic}.copy", f"{self.topic}.dead"):
            broker.create(topic, 3)
        producer = broker.producer()
        for n in range(count):
            producer.produce(self.topic, json.dumps({"n": n}), partition=n % 3)
            producer.poll(0)
        assert producer.flush(60) == 0

    def check_copy(self):
        have = sorted(json.loads(m.value())["n"] for rows in self.broker.read_committed(f"{self.topic}.copy").values() for m in rows)
        assert have == list(range(self.count)), f"{len(have)} messages of {self.count}, {len(set(have))} different"


@case("development")
def rows_go_into_files_once_at_each_point_of_an_epoch(broker, dice):
    with FilesJob(broker, "file-sink-faults", 6_000_000, interval="20ms") as job:
        for fault in ("after-barrier+2", "after-flush+2", "after-settling", "after-gate+2", "after-manifest+2", "after-settling",
                      "after-sink-commit+1", "after-mark+1", "after-flush+1", "after-manifest+1"):
            job.expect(job.start(fault=fault), KILLED, 60)
        job.expect(job.start(parallelism=3), SUCCESS, 120)
        job.check()


@case("development")
def rows_go_into_files_once_through_kills(broker, dice):
    with FilesJob(broker, "file-sink-kills", 4_000_000, interval="20ms", codec=dice.choice(["deflate", "zstandard"])) as job:
        kills, process = 0, job.start()
        while kills < 12:
            wait_for(lambda: "workers=" in job.log(), 30, "it has begun", pause_s=0.01)
            time.sleep(dice.uniform(0.01, 0.06))
            if process.poll() is not None:
                break
            job.kill(process)
            kills, process = kills + 1, job.start(parallelism=dice.choice([1, 2, 3]))
        job.expect(process, SUCCESS, 180)
        assert kills >= 2, f"the job ended after {kills} kills"
        job.check()


@case("kafka", "development")
def rows_go_into_files_and_a_topic_once(broker, dice):
    with TopicJob(broker, "file-sink-beside", 200_000, interval="50ms") as job:
        for fault in ("after-flush+2", "after-manifest+2", "after-offsets+2", "after-commit+2", "after-sink-commit+2", "after-commit+1",
                      "after-settling", "after-mark+1"):
            job.expect(job.start(fault=fault, stop="never"), KILLED, 60)  # It may have read all before.
        job.run_to_end()
        job.check()
        job.check_copy()


@case("development")
def rows_go_into_files_once_where_messages_may_repeat(broker, dice):
    with TopicJob(broker, "file-sink-at-least", 100_000, interval="50ms", guarantee="at_least_once") as job:
        for fault in ("after-flush+2", "after-manifest+2", "after-sink-commit+1"):
            job.expect(job.start(fault=fault, stop="never"), KILLED, 60)
        job.run_to_end()
        job.check()


@case("development")
def rows_without_a_form_in_files_are_dead_letters(broker, dice):
    with TopicJob(broker, "file-sink-bad", 1000) as job:
        schema = job.dir / "small.avsc"
        schema.write_text(json.dumps({"type": "record", "name": "Small", "fields": [{"name": "n", "type": "int"}]}))
        producer = broker.producer()
        for n in (1 << 31, -(1 << 40)):
            producer.produce(job.topic, json.dumps({"n": n}))
        assert producer.flush(60) == 0
        job.run_to_end(schema=f', schema: "{schema}"')
        job.check()
        letters = [m for rows in broker.read_committed(f"{job.topic}.dead").values() for m in rows]
        assert sorted(json.loads(m.value())["n"] for m in letters) == [-(1 << 40), 1 << 31], letters
        causes = {dict(m.headers())["millrace.cause"].decode() for m in letters}
        assert all("out of range for Avro's int" in cause for cause in causes), causes


@case("kafka", "development")
def the_example_of_the_sink(broker, dice):
    with SinkJob(broker, "file-sink-example", "", 0) as job:
        topic, flights = "flights-to-files", load_flights()[:20_000]
        broker.create(topic, 4)
        producer = broker.producer()
        for row in flights:
            producer.produce(topic, json.dumps(row))
            producer.poll(0)
        assert producer.flush(60) == 0
        path = job.dir / "example.yaml"
        text = (ROOT / "plugins" / "avro_files" / "example-sink.yaml").read_text()
        for there, here in (("/var/lib/millrace", job.storage), ("../../.build/plugins", job.plugins), ("/data/flights", job.out),
                            ("localhost:9092", broker.bootstrap), ("\n  flights:", f"\n  {topic}:"),
                            ("from_topic: flights, start: earliest", f"from_topic: {topic}, start: earliest, stop: end")):
            assert there in text, f"the example has no {there}"
            text = text.replace(there, str(here))
        path.write_text(text)
        done = subprocess.run([ENGINE, "run", path], capture_output=True, text=True, timeout=120, cwd=job.dir)
        assert done.returncode == SUCCESS, done.stderr[-4000:]
        names = ("tailnum", "carrier", "flight", "origin", "dest")
        identity = lambda row: tuple(row[name] or "" for name in names)  # noqa: E731
        assert sorted(map(identity, job.rows())) == sorted(map(identity, flights)), f"{len(job.rows())} of {len(flights)} flights"


@case("development")
def a_start_before_what_can_be_seen_is_refused(broker, dice):
    with FilesJob(broker, "file-sink-back", 100_000) as job:
        job.run_to_end()
        job.check()
        names = job.names()
        job.expect(job.start(arguments=("--assume-epoch", "0")), FAILED, 60)
        assert names[0] in job.log() and "again" in job.log(), job.log()[-2000:]
        assert job.names() == names, "files were touched"
        for name in names:
            (job.out / name).unlink()
        job.expect(job.start(arguments=("--assume-epoch", "0")), SUCCESS, 60)
        job.check()


@case("development")
def a_newer_sink_waits_for_the_next_start(broker, dice):
    with TopicJob(broker, "file-sink-newer", 1000) as job:
        process = job.start(stop="never")
        job.wait_until_read(job.topic, process)
        plugin = (job.plugins / "libavro_files.so").read_bytes()
        newer = job.dir / "newer.so"
        newer.write_bytes(plugin.replace(b"\x000.1.0\x00", b"\x000.2.0\x00"))
        assert newer.read_bytes() != plugin, "the plugin has another version than the case knows"
        job.install(newer, "newer.so")
        wait_for(lambda: "avro_files 0.2.0 is refused, the running version goes on: sinks are taken over" in job.log(), 30,
                 "the newer version is refused", process)
        job.drain(process)
        job.run_to_end()
        job.check()
        job.check_copy()
        versions = [one["version"] for one in max(job.manifests().items())[1]["plugins"] if one["step"] == "out"]
        assert versions[-1] == "0.2.0", versions


@case("kafka")
def a_full_disk_holds_rows_up(broker, dice):
    with FilesJob(broker, "file-sink-full", 3_000_000, codec="null") as job, SmallDisk(job.out, 4 * MIB) as disk:
        process = job.start(stop="never")
        wait_for(lambda: "No space left on device" in job.log(), 60, "the disk is full", process)
        time.sleep(2)
        disk.grow(512 * MIB)
        job.expect(process, SUCCESS, 120)
        assert STARTS_AGAIN not in job.log(), "the job started again, though it only had to wait"
        job.check()
