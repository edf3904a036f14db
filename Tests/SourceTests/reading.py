"""Runs the driver on files and reads what it prints."""
import io
import json
import os
import subprocess
from dataclasses import dataclass, field

import fastavro

driver = plugin = None  # paths, set by check.py
CODECS = ["null", "deflate", "snappy", "zstandard"]


@dataclass
class Split:
    """`columns`: the schema's lines; `rows`: dumps; `positions`: of batches, how many rows had come and the number; `error`:
    None at the end."""

    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    positions: list = field(default_factory=list)
    error: str | None = "(no end)"


def read(config, split=0, splits=1, max_rows=1000, position=0):
    done = subprocess.run(
        [driver, plugin, json.dumps(config), str(split), str(splits), str(max_rows), str(position)], capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: the driver: {done.stderr.decode(errors='replace')[:4000]}")
    result = Split()
    for line in done.stdout.decode().split("\n")[:-1]:
        kind, _, rest = line.partition(" ")
        if kind == "C":
            result.columns.append(rest)
        elif kind == "R":
            result.rows.append(rest)
        elif kind == "P":
            result.positions.append((len(result.rows), int(rest)))
        else:
            result.error = rest if kind == "ERROR" else None
    return result


def container(schema, values, codec="null", interval=16000, sync=b""):
    """A container file's bytes, by fastavro."""
    out = io.BytesIO()
    fastavro.writer(out, schema, values, codec=codec, sync_interval=interval, sync_marker=sync)
    return out.getvalue()


def head_of(data):
    """What is before the blocks of a container file, which ends with its sync marker."""
    return data[:data.index(data[-16:]) + 16]


def put(directory, name, data):
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(data)
    return path
