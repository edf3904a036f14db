"""Cases about all that messages have: keys, headers, timestamps, codecs, sizes, and values that are not there."""

import json

from jobs import FAILED, Job
from registry import case

DAY_MS = 1_700_000_000_000
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
MIB = 1 << 20

# What one topic says is what the other one says: messages go through whole.
WHOLE = """
topics:
  {source}:
    key: {{ serde: bytes, field: key, type: "binary?" }}
    value: {{ serde: bytes, fields: {{ value: "binary?" }} }}
    tombstone: {{ field: gone }}
    timestamp: {{ field: at }}
    headers: {{ trace: trace, raw: {{ field: raw, type: binary }} }}
    other_headers: {{ field: rest }}
  {target}:
    key: {{ serde: bytes, field: key }}
    value: {{ serde: bytes, fields: {{ value: "binary?" }} }}
    tombstone: {{ field: gone }}
    timestamp: {{ field: at }}
    headers: {{ trace: trace, raw: raw }}
    other_headers: {{ field: rest }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


def whole(message):
    """All of a message but its place."""
    return message.key(), message.value(), message.timestamp()[1], by_name(message.headers() or [])


def by_name(headers):
    """Those of one name stay in their order."""
    return sorted(headers, key=lambda header: header[0])


def by_partition(broker, topic):
    return {p: [whole(m) for m in messages] for p, messages in broker.read_committed(topic).items()}


@case("kafka")
def messages_go_through_whole_whatever_their_codec(broker, dice):
    names = dict(source="in.whole", target="out.whole")
    for topic in names.values():
        broker.create(topic, 1)
    sent = []
    for codec in CODECS:
        producer = broker.producer(**{"compression.type": codec})
        for n in range(500):
            key = dice.choice([None, b"", b"k%d" % n, dice.randbytes(9)])
            value = dice.choice([b"", b"v%d" % n, dice.randbytes(200)] + [None] * (key is not None))
            headers = [("trace", f"t{n}ü".encode()), ("raw", dice.randbytes(20))]
            headers += [(dice.choice("abc"), dice.choice([None, b"", b"%d" % n])) for _ in range(dice.randrange(4))]
            producer.produce(names["source"], value, key, timestamp=DAY_MS + n, headers=headers)
            sent.append((key, value, DAY_MS + n, by_name(headers)))
        assert producer.flush(30) == 0
    with Job(broker, "whole", WHOLE, **names) as job:
        job.run_to_end()
    have = by_partition(broker, names["target"])[0]
    assert len(have) == len(sent), f"{len(have)} messages, expected {len(sent)}"
    differing = [(n, pair) for n, pair in enumerate(zip(have, sent)) if pair[0] != pair[1]]
    assert not differing, f"{len(differing)} messages differ (have, expected), the first ones: {differing[:3]}"


@case("kafka")
def of_headers_of_one_name_the_last_counts(broker, dice):
    names = dict(source="in.equal-headers", target="out.equal-headers")
    for topic in names.values():
        broker.create(topic, 1)
    producer = broker.producer()
    given = [[("trace", b"first"), ("raw", b"\xff"), ("trace", b"last")], [("other", b"x")], [("trace", None)], []]
    for headers in given:
        producer.produce(names["source"], b"v", b"k", headers=headers, timestamp=DAY_MS)
    assert producer.flush(30) == 0
    with Job(broker, "equal-headers", WHOLE, **names) as job:
        job.run_to_end()
    have = [dict(headers) for _, _, _, headers in by_partition(broker, names["target"])[0]]
    none = {"trace": None, "raw": None}
    assert have == [{"trace": b"last", "raw": b"\xff"}, {**none, "other": b"x"}, none, none], have


@case("kafka")
def large_messages_go_through(broker, dice):
    """10 MB each, with a budget of less than two dozen of them."""
    names = dict(source="in.large", target="out.large")
    for topic in names.values():
        broker.create(topic, 1, **{"max.message.bytes": str(12 * MIB)})
    sent = [dice.randbytes(1000) * 10_000 for _ in range(30)]
    producer = broker.producer(**{"message.max.bytes": 12 * MIB, "compression.type": "lz4"})
    for value in sent:
        producer.produce(names["source"], value, b"k", timestamp=DAY_MS, headers=[("trace", b"t"), ("raw", b"r")])
        producer.flush(30)
    properties = {"message.max.bytes": 12 * MIB}
    with Job(broker, "large", WHOLE, **names, properties=properties) as job:
        job.run_to_end()
    have = [value for _, value, _, _ in by_partition(broker, names["target"])[0]]
    assert [len(value) for value in have] == [len(value) for value in sent], f"{len(have)} messages, or other sizes"
    assert have == sent, "other bytes"


NO_TOMBSTONES = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ n: int64 }} }}
    headers: {{ trace: trace }}
    on_bad_row: {on_bad_row}
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


@case("kafka", "development")
def what_is_no_text_or_not_there_is_a_bad_row(broker, dice):
    names = dict(source="in.no-text", target="out.no-text", dead="dead.no-text")
    for topic in names.values():
        broker.create(topic, 1)
    producer = broker.producer()
    for value, trace in ((b'{"n":1}', b"ok"), (b'{"n":2}', b"\xff\xfe"), (None, b"ok"), (b'{"n":3}', b"")):
        producer.produce(names["source"], value, b"k", headers=[("trace", trace)])
    assert producer.flush(30) == 0
    settings = {key: names[key] for key in ("source", "target")}
    with Job(broker, "no-text", NO_TOMBSTONES, **settings, on_bad_row="fail") as job:
        job.expect(job.start(), FAILED)
        log = job.log()
        assert 'in.no-text-0@1' in log and 'header "trace" is not UTF-8' in log and "type: binary" in log, log
    dead = f"{{ dead_letter: {names['dead']} }}"
    with Job(broker, "no-text-kept", NO_TOMBSTONES, **settings, on_bad_row=dead) as job:
        job.run_to_end()
    have = [json.loads(m.value()) for m in broker.read_committed(names["target"])[0]]
    assert have == [{"n": 1, "id": "k", "trace": "ok"}, {"n": 3, "id": "k", "trace": ""}], have
    bad = [m.value() for m in broker.read_committed(names["dead"])[0]]
    assert bad == [b'{"n":2}', None], bad


# The columns are written in another order than they are read in.
DELIMITED = """
topics:
  {source}:
    value: {{ serde: csv, delimiter: ";", fields: {{ n: int64, text: "utf8?", at: "timestamp[ms, UTC]", share: float64 }} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    value: {{ serde: csv, "null": "-", fields: {{ share: float64, text: "utf8?", n: int64, at: "timestamp[ms, UTC]" }} }}
  {dead}: {{ value: {{ serde: bytes }} }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


@case("development")
def delimited_text_goes_by_the_order_of_the_fields(broker, dice):
    source, target, dead = "in.delimited", "out.delimited", "dead.delimited"
    for topic in (source, target, dead):
        broker.create(topic, 1)
    messages = {
        b'1;plain;2020-01-01T00:00:00Z;0.5': b'0.5,plain,1,2020-01-01T00:00:00Z',
        b'2;;2020-01-01T00:00:00.250Z;1e3\r\n': b'1000.0,-,2,2020-01-01T00:00:00.250Z',
        b'3;"a ""quote"", and a\nline";2020-01-01T01:00:00+01:00;-1': b'-1.0,"a ""quote"", and a\nline",3,2020-01-01T00:00:00Z',
        b'4;-;2020-01-01T00:00:00Z;0': b'0.0,"-",4,2020-01-01T00:00:00Z',
        b'5;"not closed;2020-01-01T00:00:00Z;0': None,
        b'six;text;2020-01-01T00:00:00Z;0': None,
        b'7;too few': None,
    }
    producer = broker.producer()
    for message in messages:
        producer.produce(source, message, partition=0)
    assert producer.flush(30) == 0
    with Job(broker, "delimited", DELIMITED, source=source, target=target, dead=dead) as job:
        job.run_to_end()
        written = [message.value() for message in broker.read_committed(target)[0]]
        assert written == [made for made in messages.values() if made], written
        letters = [letter.value() for letter in broker.read_committed(dead)[0]]
        assert letters == [message for message, made in messages.items() if not made], letters
