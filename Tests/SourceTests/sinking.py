"""Runs the driver of sinks, and reads what it prints and what becomes of its directory."""
import io
import json
import os
import subprocess
from dataclasses import dataclass, field

import fastavro
import fastavro.read

import reading
from values import dump

driver = None  # path, set by check.py
RETRY, FATAL = 1, 3
TITLE = 'sink "avro_files": '
# As numbers, not as Python's dates and times.
for kind, name in (("int", "date"), ("int", "time-millis"), ("long", "time-micros"), ("long", "timestamp-millis"),
                   ("long", "timestamp-micros"), ("long", "local-timestamp-millis"), ("long", "local-timestamp-micros")):
    fastavro.read.LOGICAL_READERS.pop(f"{kind}-{name}", None)


@dataclass
class Answer:
    """What came of a command. `bad`: row, code and message; `calls`: those that are traced; `error`: class and message, None if it
    went well."""

    bad: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    error: tuple | None = None


@dataclass
class Sink:
    """A step of a job that writes to the directory `place` rows of the columns that the file `columns` has."""

    place: str
    columns: str
    job: str = "job"
    step: str = "out"
    workers: int = 1
    config: dict = field(default_factory=dict)
    driver: str | None = None

    def run(self, *commands):
        """The answers to commands; or the one of making the instance, or of binding it, if that failed."""
        config = json.dumps({"path": self.place, **self.config})
        done = subprocess.run(
            [self.driver or driver, reading.plugin, config, self.job, self.step, str(self.workers), self.columns],
            input="".join(command + "\n" for command in commands).encode(), capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"FAILED: the driver of sinks: {done.stderr.decode(errors='replace')[:4000]}")
        answers = [Answer()]
        for line in done.stdout.decode().split("\n")[:-1]:
            kind, _, rest = line.partition(" ")
            if kind == "B":
                row, code, message = rest.split(" ", 2)
                answers[-1].bad.append((int(row), int(code), message))
            elif kind == "T":
                answers[-1].calls.append(rest)
            else:
                if kind == "ERROR":
                    number, message = rest.split(" ", 1)
                    answers[-1].error = (int(number), message)
                answers.append(Answer())
        failed = [answer for answer in answers[:2] if answer.error]
        return failed or answers[2:-1]

    def errors(self, *commands):
        """What went wrong with each command."""
        return [answer.error for answer in self.run(*commands)]

    def name(self, epoch, worker=0, part=False):
        return f"{'.' if part else ''}{self.job}~{self.step}~{epoch:012}~{worker}.avro{'.part' if part else ''}"

    def path(self, epoch, worker=0, part=False):
        return os.path.join(self.place, self.name(epoch, worker, part))


def names(place):
    return sorted(os.listdir(place))


def values(path):
    """The rows of a file, by fastavro, as the source's driver prints them."""
    with open(path, "rb") as file:
        rows = fastavro.reader(file)
        return [dump(row, rows.writer_schema) for row in rows]


def metadata(path):
    """The codec and the schema that a file says."""
    with open(path, "rb") as file:
        rows = fastavro.reader(file)
        return rows.metadata["avro.codec"], json.loads(rows.metadata["avro.schema"])


def block_counts(data):
    """How many rows each block has."""
    return [block.num_records for block in fastavro.block_reader(io.BytesIO(data))]
