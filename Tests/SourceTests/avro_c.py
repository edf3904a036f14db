"""Files that go through avro-c, another implementation of the container and of the encoding: its `avromod` reads a file, value for
value, and writes it anew. It knows neither logical types, nor fixed of no bytes, nor the codec zstandard, so there are none here."""
import os
import subprocess

import fastavro

import avro_oracle
import values
from harness import check
from reading import container, put, read
from sinking import Sink
from values import column, dump

CODECS = ["null", "deflate", "snappy"]


class Maker(values.Maker):
    """Of random schemas that avro-c knows whole."""

    def type(self, depth=0):
        if depth < 3 and self.random.random() < 0.2:
            return self.union(depth)
        made = avro_oracle.Maker.type(self, depth)
        if avro_oracle.kind(made) == "fixed":
            made["size"] = max(1, made["size"])
        return made


def rewritten(path, codec, block_size):
    """The path of the file that avro-c makes of one."""
    made = f"{path}.avro-c.avro"
    done = subprocess.run(["avromod", f"--codec={codec}", f"--block-size={block_size}", path, made], capture_output=True)
    check(f"{path}: avro-c", (done.returncode, done.stderr), (0, b""))
    return made


def reads_what_it_wrote(random, maker, number, directory):
    schema = maker.record()
    rows = [maker.value(schema) for _ in range(random.choice([0, 1, 30, 200]))]
    data = container(fastavro.parse_schema(schema), rows, random.choice(CODECS), random.choice([1, 300, 16000]))
    path = put(directory, f"avro-c-{number}.avro", data)
    got = read({"path": rewritten(path, random.choice(CODECS), random.choice([1 << 10, 1 << 16]))})
    check(f"{schema}: error", got.error, None)
    check(f"{schema}: columns", got.columns, column("", schema).lines().split("\n")[:-1])
    check(f"{schema}: rows that avro-c wrote", got.rows, [dump(row, schema) for row in rows])


def is_read_by_it(random, maker, number, directory):
    schema = maker.record()
    rows = [maker.value(schema) for _ in range(random.choice([1, 30, 200]))]
    path = put(directory, f"to-avro-c-{number}.rows", container(fastavro.parse_schema(schema), rows))
    sink = Sink(path + ".out", path, config={"codec": random.choice(CODECS), "block_size": random.choice([1, 300, 65536])})
    answers = sink.run("recover 0", f"write 0 1 {path} 1000", "prepare 1", "commit 1")
    check(f"{schema}: epoch", [(answer.error, answer.bad) for answer in answers], [(None, [])] * 4)
    with open(sink.path(1), "rb") as ours, open(rewritten(sink.path(1), "null", 1 << 16), "rb") as its:
        of_columns = fastavro.reader(ours).writer_schema
        got = [dump(row, of_columns) for row in fastavro.reader(its)]
    check(f"{schema}: rows that avro-c read", got, [dump(row, schema) for row in rows])


def fuzz(random, count, directory):
    maker = Maker(random)
    for number in range(count // 2):
        reads_what_it_wrote(random, maker, number, directory)
        is_read_by_it(random, maker, number, directory)
