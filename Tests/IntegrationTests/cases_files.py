"""Rows of Avro's container files: the plugin's example, kills, and files that are damaged."""

import json
import subprocess
import time
from pathlib import Path

import fastavro

from cases_formats import FLIGHT_AVRO, moment
from flights_job import load_flights
from jobs import ENGINE, FAILED, KILLED, ROOT, SUCCESS, Job
from registry import case

CODECS = ["null", "deflate", "snappy", "zstandard"]
FLIGHT = fastavro.parse_schema(json.loads(FLIGHT_AVRO))
NUMBER = fastavro.parse_schema({"type": "record", "name": "Number", "fields": [{"name": "n", "type": "long"}]})
NUMBERS = """
topics:
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: files, source: avro_files, config: {{ path: "{path}" }}, splits: 3 }}
  - {{ id: out, from: files, to_topic: {target} }}
"""


def write(path, schema, rows, codec, interval):
    with open(path, "wb") as file:
        fastavro.writer(file, schema, rows, codec=codec, sync_interval=interval)


class NumbersJob(Job):
    """Numbers from 0 to `count`, dealt out to some files of each codec, as messages."""

    def __init__(self, broker, name, count):
        self.target, self.count = f"out.{name}", count
        super().__init__(broker, name, NUMBERS, target=self.target, path="")
        self.files = self.dir / "files"
        self.settings["path"] = self.files
        self.files.mkdir()
        broker.create(self.target, 1)
        for index in range(7):
            write(self.files / f"{index}.avro", NUMBER, ({"n": n} for n in range(index, count, 7)), CODECS[index % 4], 4000)

    def check(self):
        have = sorted(json.loads(m.value())["n"] for m in self.broker.read_committed(self.target)[0])
        assert have == list(range(self.count)), f"{len(have)} numbers of {self.count}, {len(set(have))} different"


@case("kafka", "development")
def the_example_of_avro_files(broker, dice):
    with Job(broker, "files-example", "") as job:
        flights = [{**row, "scheduled_departure": moment(row)} for row in load_flights()[:20_000]]
        for index, codec in enumerate(CODECS):
            write(job.dir / f"{index}.avro", FLIGHT, flights[index::4], codec, dice.choice([1000, 16_000, 1_000_000]))
        path = job.dir / "example.yaml"
        text = (ROOT / "plugins" / "avro_files" / "example.yaml").read_text()
        for there, here in (("/var/lib/millrace", job.storage), ("../../.build/plugins", job.plugins),
                            ("/data/flights", job.dir), ("localhost:9092", broker.bootstrap)):
            assert there in text, f"the example has no {there}"
            text = text.replace(there, str(here))
        path.write_text(text)
        broker.create("flights", 4)
        done = subprocess.run([ENGINE, "run", path], capture_output=True, text=True, timeout=120, cwd=job.dir)
        assert done.returncode == SUCCESS, done.stderr[-4000:]
        have = [(m.key() and m.key().decode(), json.loads(m.value())) for rows in broker.read_committed("flights").values()
                for m in rows]
        names = ("carrier", "flight", "origin", "dest")
        identity = lambda key, row: (key or "", *(row[name] for name in names))  # noqa: E731
        assert sorted(identity(key, row) for key, row in have) == sorted(identity(row["tailnum"], row) for row in flights), (
            f"{len(have)} flights, expected {len(flights)}")


@case("kafka", "development")
def files_are_read_exactly_once_through_kills(broker, dice):
    with NumbersJob(broker, "file-kills", 2_000_000) as job:
        kills, process = 0, job.start()
        while kills < 12:
            time.sleep(dice.uniform(0.2, 0.6))
            if process.poll() is not None:
                break
            job.kill(process)
            kills, process = kills + 1, job.start()
        job.expect(process, SUCCESS, 180)
        assert kills >= 2, f"the job ended after {kills} kills"
        starts = [split["next"] for split in max(job.manifests().items())[1]["splits"]]
        assert starts and all(starts), f"positions of the end: {starts}"
        job.check()


@case("development")
def files_go_on_between_all_steps_of_the_commit(broker, dice):
    with NumbersJob(broker, "file-faults", 1_000_000) as job:
        for fault in ("after-begin+2", "after-barrier+2", "after-flush+2", "after-manifest+2", "after-commit+2"):
            job.expect(job.start(fault=fault, interval="50ms"), KILLED, 60)
        job.expect(job.start(), SUCCESS, 180)
        job.check()


@case("development")
def damaged_files_end_the_job_and_lose_nothing(broker, dice):
    with NumbersJob(broker, "file-damage", 100_000) as job:
        path = Path(job.files / "3.avro")
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        job.expect(job.start(), FAILED, 60)
        log = job.log()
        assert f'"{path}": block' in log and "the file ends within it" in log, log[-2000:]
        path.write_bytes(whole)
        job.expect(job.start(), SUCCESS, 60)
        job.check()
        path.unlink()
        job.expect(job.start(), FAILED, 60)
        assert "keep the files and `splits`, or start the job anew" in job.log(), job.log()[-2000:]
