"""Runs the driver on messages and reads what it prints; counts checks."""
import json
import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass

passed = failed = 0
driver = plugins = None  # paths, set by check.py
logged = []  # lines that the serde wrote to the log in the last call


def check(name, got, expected):
    """Counts a check, and says what was wrong."""
    global passed, failed
    if got == expected:
        passed += 1
        return
    failed += 1
    if failed <= 20:
        print(f"FAILED: {name}\n    got      {got!r}\n    expected {expected!r}")


@dataclass
class Written:
    """`format`: 0 Avro, 1 Protobuf, 2 JSON. `references`: pairs of a name and the number (from 1) of a schema before this."""

    format: int
    text: str
    name: str = "a schema"
    references: tuple = ()


@dataclass
class Schemas:
    """What messages were written with: `all`, and the number (from 1; 0: none) of each message's. `reader`, `writer`: numbers of
    what the readers and writers are to use; 0: none."""

    all: list
    numbers: list = ()
    reader: int = 0
    writer: int = 0

    def write(self, directory):
        """Writes the driver's file of them; gives its arguments."""
        lines = []
        for number, one in enumerate(self.all, 1):
            path = os.path.join(directory, f"schema-{number}")
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(one.text)
            references = " ".join(f"{name}={other}" for name, other in one.references)
            lines.append(f"{one.format}\t{one.name}\t{path}\t{references}\n")
        path = os.path.join(directory, "schemas")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write("".join(lines))
        return [path, str(self.reader), str(self.writer)]


def packed(message):
    return struct.pack("<i", -1) if message is None else struct.pack("<i", len(message)) + message


def call(plugin, row, messages, mode, batch, part, options, schemas, lead=None):
    """What the driver prints."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ("schema", "messages")]
        with open(paths[0], "w", encoding="utf-8", newline="\n") as file:
            file.write(row.lines())
        with open(paths[1], "wb") as file:
            for index, message in enumerate(messages):
                file.write((struct.pack("<i", schemas.numbers[index]) if schemas else b"") + packed(message))
        command = [driver, mode, f"{plugins}/lib{plugin}.so", *paths, str(batch), part, json.dumps(options or {})]
        environment = os.environ if lead is None else {**os.environ, "LEAD": lead.hex()}
        done = subprocess.run(
            command + (schemas.write(directory) if schemas else []), capture_output=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: the driver: {done.stderr.decode(errors='replace')[:4000]}")
    logged[:] = done.stderr.decode().splitlines()
    return done.stdout.decode()


def run(plugin, row, messages, mode="decode", batch=64, part="value", options=None, schemas=None, lead=None):
    """The driver's lines for `messages` (bytes, None for null), with the serde's `options`: per message ("E", code, message)
    or ("V", dump, encoded), where encoded is bytes, None for null, or a str that says why it was refused; or
    ("BIND", message). `lead`: what messages that are written are to begin with."""
    return read(call(plugin, row, messages, mode, batch, part, options, schemas, lead).split("\n")[:-1], mode)


def written(plugin, row, part="value", options=None, schemas=None):
    """The schema that rows are written with: its format, the record's name, the index, its text; or ("BIND", message)."""
    text = call(plugin, row, [], "written", 0, part, options, schemas)
    if text.startswith("BIND "):
        return ("BIND", text[5:].rstrip("\n"))
    kind, name, index, text = text.split("\n", 3)
    return int(kind), name, bytes.fromhex(index), text.rstrip("\n")


def options_schema(plugin):
    """The JSON Schema of a serde's options."""
    done = subprocess.run([driver, "options", f"{plugins}/lib{plugin}.so"], capture_output=True, check=True)
    return json.loads(done.stdout)


def encoded(line):
    kind, _, rest = line.partition(" ")
    return bytes.fromhex(rest) if kind == "J" else None if kind == "N" else rest


def read(lines, mode):
    if lines and lines[0].startswith("BIND "):
        return ("BIND", lines[0][5:])
    if mode == "values":
        return [encoded(line) for line in lines]
    results, at = [], 0
    while at < len(lines):
        kind, _, rest = lines[at].partition(" ")
        if kind == "E":
            code, _, message = rest.partition("\t")
            results.append(("E", int(code), message))
            at += 1
        else:
            results.append(("V", rest, encoded(lines[at + 1])))
            at += 2
    return results
