"""Workers that write at once while the epoch before is committed, under the thread sanitizer."""
import decimal
import os

import fastavro

import reading
from harness import check
from reading import put
from sinking import Sink, names, values
from values import dump

ITEM = {"type": "record", "name": "Item", "fields": [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
ROW = {"type": "record", "name": "Row", "fields": [
    {"name": "n", "type": "long"}, {"name": "s", "type": ["null", "string"]}, {"name": "l", "type": {"type": "array", "items": ITEM}},
    {"name": "m", "type": {"type": "map", "values": "double"}}, {"name": "u", "type": ["long", "string"]},
    {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}}]}


def row(n):
    return {"n": n, "s": None if n % 3 else f"a text of row {n}", "l": [{"at": n}] * (n % 4), "m": {"k": n / 2} if n % 2 else {},
            "u": n if n % 5 else "none", "d": decimal.Decimal(n).scaleb(-2)}


def all_cases(directory, threads):
    """`threads`: a directory with the driver and the plugin, built for that sanitizer."""
    workers, epochs, rows = 4, 10, [row(n) for n in range(2000)]
    path = put(directory, "threads.rows", reading.container(fastavro.parse_schema(ROW), rows))
    kept, reading.plugin = reading.plugin, threads + "/libavro_files.so"
    sink = Sink(os.path.join(directory, "threads"), path, workers=workers, driver=threads + "/driver_sink",
                config={"block_size": 2000, "codec": "zstandard"})
    commands = ["recover 0"]
    for epoch in range(1, epochs + 1):
        commands += [f"together {epoch} {path}", f"prepare {epoch}"]
    check("threads", sink.errors(*commands, f"commit {epochs}"), [None] * (2 * epochs + 2))
    reading.plugin = kept
    files = [(epoch, worker) for epoch in range(1, epochs + 1) for worker in range(workers)]
    check("threads: files", names(sink.place), sorted(sink.name(*which) for which in files))
    expected = [dump(row, ROW) for row in rows]
    check("threads: rows", [values(sink.path(*which)) == expected for which in files], [True] * len(files))
