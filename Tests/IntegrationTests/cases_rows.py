"""Cases about rows: bad ones, event time, and how results are written."""

import calendar
import json
import re
import time

from flights_job import FlightsJob, load_flights
from jobs import Job, wait_for
from registry import case

STRICT = """
topics:
  {source}:
    value:
      serde: json
      fields: {{ n: int64, at: "timestamp[us, UTC]?" }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: reader, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: reader, to_topic: {target} }}
"""
# Values that can't be read, and a word that the cause has to have.
BAD_VALUES = [
    (b"{", ""), (b"not json", ""), (b"", ""), (b"\xff\xfe\x00", ""), (b"[1]", ""), (b"7", ""), (b'{"n":1}}', ""),
    (None, ""), (b"{}", "n"), (b'{"m":1}', "n"), (b'{"n":null}', "n"), (b'{"n":"seven"}', "n"), (b'{"n":1.5}', "n"),
    (b'{"n":true}', "n"), (b'{"n":[1]}', "n"), (b'{"n":99999999999999999999}', "n"), (b'{"n":1,"at":"yesterday"}', "at"),
]
KEYS = [None, b"", b"key", b"\x00\xff\xfe"]


@case("kafka", "development")
def dead_letters_are_raw_and_exact(broker, dice):
    source, target, dead = "in.dead-letters", "out.dead-letters", "dead.dead-letters"
    for topic, partitions in ((source, 3), (target, 3), (dead, 1)):
        broker.create(topic, partitions)
    with Job(broker, "dead-letters", STRICT, source=source, target=target, dead=dead) as job:
        good, bad = [], []
        for part in range(3):
            process = job.start(stop="never")
            feed_mixture(broker, dice, source, 2000, good, bad)
            time.sleep(dice.uniform(0.3, 1.0))
            job.kill(process)
        job.run_to_end()
        have = [json.loads(m.value())["n"] for rows in broker.read_committed(target).values() for m in rows]
        assert sorted(have) == sorted(good), f"{len(have)} good rows, expected {len(good)}"
        check_dead_letters(broker.read_committed(dead)[0], broker.read_committed(source), source, bad)


@case("kafka", "development")
def rows_that_do_not_say_their_schema_are_bad(broker, dice):
    """Without a registry no partition stops for them, and none is lost."""
    source, target, dead = "in.no-schema", "out.no-schema", "dead.no-schema"
    for topic in (source, target, dead):
        broker.create(topic, 1)
    pipeline = STRICT.replace("serde: json\n      fields: {{ n: int64,", "serde: avro\n      fields: {{ n: int64,", 1)
    with Job(broker, "no-schema", pipeline, source=source, target=target, dead=dead) as job:
        producer = broker.producer()
        for n in range(100):
            producer.produce(source, value=bytes([2 * (n % 64), 0]))
        assert producer.flush(30) == 0
        job.run_to_end()
        causes = [dict(m.headers())["millrace.cause"].decode() for m in broker.read_committed(dead)[0]]
        assert len(causes) == 100 and all("set `registry` of the topic, or `schema`" in one for one in causes), causes[:2]
        assert broker.read_committed(target)[0] == []


def feed_mixture(broker, dice, topic, count, good, bad):
    """Sends good and bad rows at random; notes the good ones' numbers, and the bad values with what the cause names."""
    producer = broker.producer()
    for _ in range(count):
        if dice.random() < 0.6:
            value = b'{"n":%d}' % len(good)
            good.append(len(good))
        else:
            value, word = dice.choice(BAD_VALUES)
            bad.append((value, word))
        producer.produce(topic, value=value, key=dice.choice(KEYS), partition=dice.randrange(3),
                         timestamp=1_600_000_000_000 + dice.randrange(1_000_000))
    assert producer.flush(30) == 0, "the broker does not take the rows"


def check_dead_letters(letters, messages, source, bad):
    """Each bad row once, byte for byte, in order within its partition, with its provenance."""
    words = dict(bad)
    by_offset = {(partition, m.offset()): m for partition, rows in messages.items() for m in rows}
    assert len(letters) == len(bad), f"{len(letters)} dead letters, expected {len(bad)}"
    last = {}
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers()}
        partition, offset = int(headers["millrace.partition"]), int(headers["millrace.offset"])
        place = f"{source}-{partition}@{offset}"
        assert last.get(partition, -1) < offset, f"{place} comes after offset {last[partition]}"
        last[partition] = offset
        message = by_offset.get((partition, offset))
        assert message is not None, f"the topic has nothing at {place}: {letter.value()}"
        assert (letter.key(), letter.value()) == (message.key(), message.value()), place
        assert letter.timestamp()[1] == message.timestamp()[1] == int(headers["millrace.timestamp"]), place
        assert (headers["millrace.topic"], headers["millrace.step"]) == (source, "reader"), headers
        cause = headers["millrace.cause"]
        assert cause and words[letter.value()] in cause, f"{place}: {letter.value()}: the cause is {cause!r}"


RICH = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ n: int64, at: "timestamp[us, UTC]", note: "utf8?" }} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json }}
    headers: {{ comment: note, name: id }}
    timestamp: {{ field: at }}
steps:
  - {{ id: reader, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: reader, to_topic: {target} }}
"""


@case("development")
def key_headers_and_timestamp_come_from_columns(broker, dice):
    source, target = "in.columns", "out.columns"
    broker.create(source, 2)
    broker.create(target, 6)
    rows = [dict(id=f"id-{n % 7}", n=n, at=1_600_000_000 + n, note=None if n % 3 else f"müller {n}") for n in range(500)]
    with Job(broker, "columns", RICH, source=source, target=target) as job:
        producer = broker.producer()
        for row in rows:
            value = {"n": row["n"], "at": iso(row["at"]), "note": row["note"]}
            producer.produce(source, key=row["id"].encode(), value=json.dumps(value).encode())
        assert producer.flush(30) == 0
        job.run_to_end()
        have, partition_of = {}, {}
        for partition, messages in broker.read_committed(target).items():
            for message in messages:
                have[json.loads(message.value())["n"]] = message
                assert partition_of.setdefault(message.key(), partition) == partition, "a key in two partitions"
        assert sorted(have) == [row["n"] for row in rows], f"{len(have)} rows"
        for row in rows:
            message = have[row["n"]]
            assert message.key() == row["id"].encode()
            note = None if row["note"] is None else row["note"].encode()
            assert message.headers() == [("comment", note), ("name", row["id"].encode())], message.headers()
            assert message.timestamp()[1] == row["at"] * 1000
            value = json.loads(message.value())
            assert (value["id"], value["at"], value["note"]) == (row["id"], iso(row["at"]), row["note"]), value


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@case("development")
def rejected_rows_are_dead_letters(broker, dice):
    with FlightsJob(broker, "rejects", count=2000) as job:
        row = {**load_flights()[0], "tailnum": "N1", "origin": "SIXTEEN-BYTES-AP"}
        job.feed_flights().finish()
        producer = broker.producer()
        producer.produce(job.flights, key=b"N1", value=json.dumps(row).encode())
        assert producer.flush(30) == 0
        job.run_to_end()
        letters = [m for m in broker.read_committed(job.dead)[0] if dict(m.headers())["millrace.step"] == b"alerts"]
        assert len(letters) == 1, f"{len(letters)} dead letters of the operator, expected 1"
        headers = {name: value.decode() for name, value in letters[0].headers()}
        assert headers["millrace.code"] == "1" and "origin is longer than 15 bytes" in headers["millrace.cause"], headers
        assert letters[0].key() is None and json.loads(letters[0].value()) == row, letters[0].value()
        assert letters[0].timestamp()[1] == 1000 * calendar.timegm(
            time.strptime(row["scheduled_departure"], "%Y-%m-%dT%H:%M:%SZ"))


@case("development")
def idle_partitions_hold_the_watermark_back_until_idle_after(broker, dice):
    assert watermarks(broker, "never-idle", "never") == set(), "partitions without rows were passed over"
    assert "2013-01-01T10:14Z" in watermarks(broker, "idle", "1s"), "idle partitions hold event time back"


def watermarks(broker, name, idle_after):
    """The watermarks that a job shows which gets rows in one of six partitions, of 10:15. Its two workers exchange rows
    by key, so both must hear that a partition of the other is idle."""
    with FlightsJob(broker, name, count=0, idle_after=idle_after) as job:
        row = json.dumps({**load_flights()[0], "tailnum": "N1", "scheduled_departure": "2013-01-01T10:15:00Z"})
        process = job.start(stop="never", arguments=["--progress", "100ms"])
        job.wait_until_started(job.flights, process)
        producer = broker.producer()
        for _ in range(40):
            producer.produce(job.flights, key=b"N1", value=row.encode(), partition=3)
            assert producer.flush(5) == 0
            time.sleep(0.1)
        job.wait_until_read(job.flights, process)
        wait_for(lambda: "rows 40 " in job.log(), 10, "the progress shows 40 rows", process)
        job.drain(process)
        shown = re.findall(r"watermark (\S+)", job.log())
        assert len(shown) > 10, f"{len(shown)} progress lines in 4 s"
        return set(shown) - {"none"}
