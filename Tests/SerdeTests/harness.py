"""Runs the driver on messages and reads what it prints; counts checks."""
import json
import os
import struct
import subprocess
import tempfile

passed = failed = 0
driver = plugins = None  # paths, set by check.py


def check(name, got, expected):
    """Counts a check, and says what was wrong."""
    global passed, failed
    if got == expected:
        passed += 1
        return
    failed += 1
    if failed <= 20:
        print(f"FAILED: {name}\n    got      {got!r}\n    expected {expected!r}")


def run(plugin, row, messages, mode="decode", batch=64, part="value", options=None):
    """The driver's lines for `messages` (bytes, None for null), with the serde's `options`: per message ("E", code, message) or ("V", dump, encoded),
    where encoded is bytes, None for null, or a str that says why it was refused; or ("BIND", message)."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ("schema", "messages")]
        with open(paths[0], "w", encoding="utf-8", newline="\n") as file:
            file.write(row.lines())
        with open(paths[1], "wb") as file:
            for message in messages:
                file.write(struct.pack("<i", -1) if message is None else struct.pack("<i", len(message)) + message)
        command = [driver, mode, f"{plugins}/lib{plugin}.so", *paths, str(batch), part, json.dumps(options or {})]
        done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: the driver: {done.stderr.decode(errors='replace')[:4000]}")
    return read(done.stdout.decode().splitlines(), mode)


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
