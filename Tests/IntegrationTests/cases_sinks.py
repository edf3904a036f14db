"""Cases about what a sink writes, and where."""

import datetime
import json
import time
from collections import Counter

from confluent_kafka.admin import AdminClient, ConfigResource

from copy_job import COPY_BY_KEY
from jobs import FAILED, Job
from registry import case

SPREAD = """
topics:
  {source}:
    value: {{ serde: json, fields: {{ n: int64, shard: "int32?" }} }}
  {by_column}:
    value: {{ serde: json }}
    partition: {{ field: shard }}
    on_bad_row: {{ dead_letter: {dead} }}
  {in_turn}:
    value: {{ serde: json }}
    partition: round_robin
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: by-column, from: in, to_topic: {by_column} }}
  - {{ id: in-turn, from: in, to_topic: {in_turn} }}
"""


@case("kafka", "development")
def rows_go_to_the_partitions_that_are_named_or_in_turn(broker, dice):
    names = dict(source="in.spread", by_column="out.by-column", in_turn="out.in-turn", dead="dead.spread")
    for topic, partitions in (("source", 1), ("by_column", 4), ("in_turn", 5), ("dead", 1)):
        broker.create(names[topic], partitions)
    shards = [dice.choice([None, 0, 1, 2, 3, 3, 4, -1, 2147483647]) for _ in range(3000)]
    producer = broker.producer()
    for n, shard in enumerate(shards):
        producer.produce(names["source"], json.dumps({"n": n, "shard": shard}).encode())
    assert producer.flush(30) == 0
    with Job(broker, "spread", SPREAD, parallelism=1, **names) as job:
        job.run_to_end()
        seen = set()
        for partition, messages in broker.read_committed(names["by_column"]).items():
            numbers = [json.loads(m.value())["n"] for m in messages]
            assert numbers == sorted(numbers), f"partition {partition} is out of order"
            assert {shards[n] for n in numbers} <= {partition, None}, f"rows of other shards in partition {partition}"
            seen.update(numbers)
        bad = [n for n, shard in enumerate(shards) if shard not in (None, 0, 1, 2, 3)]
        assert seen == set(range(3000)) - set(bad), "rows are lost, or written where they should not be"
        causes = [dict(m.headers())["millrace.cause"].decode() for m in broker.read_committed(names["dead"])[0]]
        assert len(causes) == len(bad), f"{len(causes)} dead letters, expected {len(bad)}"
        assert all("has partitions 0 to 3, not " in cause for cause in causes), causes[0]
        sizes = [len(messages) for messages in broker.read_committed(names["in_turn"]).values()]
        assert sizes == [600] * 5, f"rows by partition: {sizes}"


ROUTED = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ n: int64, target: "utf8?" }} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json }}
    headers: {{ to: target }}
    on_bad_row: {{ dead_letter: {dead} }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target}, route: {{ field: target, topics: ["{target}.*", out.routed-too] }} }}
"""


@case("kafka")
def rows_choose_their_topic_and_keep_their_order(broker, dice):
    source, own, dead = "in.routed", "out.routed", "dead.routed"
    there = [own, f"{own}.eu", f"{own}.us", "out.routed-too"]
    for topic, partitions in ((source, 3), (dead, 1), *((topic, 4) for topic in there), ("not.allowed", 1)):
        broker.create(topic, partitions)
    choices = [None, f"{own}.eu", f"{own}.us", "out.routed-too", f"{own}.missing", "not.allowed", "no/topic", ""]
    rows = [(n, f"id-{dice.randrange(50)}", dice.choice(choices)) for n in range(4000)]
    producer = broker.producer()
    for n, key, target in rows:
        producer.produce(source, json.dumps({"n": n, "target": target}).encode(), key=key.encode())
    assert producer.flush(30) == 0
    with Job(broker, "routed", ROUTED, source=source, target=own, dead=dead) as job:
        process = job.start(stop="never")
        job.wait_until_started(source, process)
        job.kill(process)
        job.run_to_end()
        for topic in there:
            check_routed(broker, topic, [(n, key) for n, key, target in rows if topic == (own if target is None else target)])
        bad = [target for _, _, target in rows if target in (f"{own}.missing", "not.allowed", "no/topic", "")]
        letters = broker.read_committed(dead)[0]
        assert len(letters) == len(bad), f"{len(letters)} dead letters, expected {len(bad)}"
        causes = [dict(m.headers())["millrace.cause"].decode() for m in letters]
        assert sum("Create the topic" in cause for cause in causes) == bad.count(f"{own}.missing"), set(causes)
        assert sum('may not go to topic "no/topic"' in cause for cause in causes) == bad.count("no/topic"), set(causes)


def check_routed(broker, topic, expected):
    """The topic has exactly these (number, key), those of one key in order."""
    by_key = {}
    for messages in broker.read_committed(topic).values():
        for message in messages:
            by_key.setdefault(message.key().decode(), []).append(json.loads(message.value())["n"])
    want = {}
    for n, key in expected:
        want.setdefault(key, []).append(n)
    assert by_key == want, f"{topic}: {sum(map(len, by_key.values()))} rows, expected {len(expected)}"


PARTS = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ text: "utf8?", gone: "bool?", note: "utf8?", at: "timestamp[ms, UTC]" }} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: utf8, fields: {{ text: "utf8?" }} }}
    headers: {{ note: note, same: note }}
    timestamp: {{ field: at }}
    tombstone: {{ field: gone }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


@case("kafka", "development")
def a_message_is_made_of_columns_and_may_be_a_tombstone(broker, dice):
    source, target = "in.parts", "out.parts"
    broker.create(source, 1)
    broker.create(target, 1)
    rows = []
    for n in range(2000):
        rows.append({"id": f"id-{n}", "text": dice.choice([None, "", "some text", "längerer text"]),
                     "gone": dice.choice([None, False, True]), "note": dice.choice([None, "", "n"]),
                     "at": f"2020-01-01T00:{n // 60 % 60:02}:{n % 60:02}.{dice.randrange(1000):03}Z"})
    producer = broker.producer()
    for row in rows:
        value = {name: field for name, field in row.items() if name != "id"}
        producer.produce(source, json.dumps(value).encode(), key=row["id"].encode(), partition=0)
    assert producer.flush(30) == 0
    with Job(broker, "parts", PARTS, source=source, target=target) as job:
        job.run_to_end()
        messages = broker.read_committed(target)[0]
        assert len(messages) == len(rows), f"{len(messages)} rows, expected {len(rows)}"
        for row, message in zip(rows, messages):
            text = None if row["gone"] or row["text"] is None else row["text"].encode()
            note = None if row["note"] is None else row["note"].encode()
            assert (message.key(), message.value()) == (row["id"].encode(), text), (row, message.value())
            assert message.headers() == [("note", note), ("same", note)], (row, message.headers())
            assert message.timestamp()[1] == milliseconds(row["at"]), (row, message.timestamp())


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


MADE = """
topics:
  {source}:
    value: {{ serde: json, fields: {{ n: int64, target: "utf8?" }} }}
  {target}:
    value: {{ serde: json }}
    create: {{ partitions: 3, replication: 1, configs: {{ retention.ms: -1, max.message.bytes: 500000 }} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {dead}:
    value: {{ serde: json }}
    create: {{ partitions: 1 }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target}, route: {{ field: target, topics: "{target}.*" }} }}
"""


@case("kafka")
def topics_are_made_when_they_are_needed(broker, dice):
    source, target, dead = "in.made", "out.made", "dead.made"
    broker.create(source, 1)
    choices = [None, f"{target}.a", f"{target}.b", "elsewhere"]
    targets = [dice.choice(choices) for _ in range(500)]
    producer = broker.producer()
    for n, name in enumerate(targets):
        producer.produce(source, json.dumps({"n": n, "target": name}).encode())
    assert producer.flush(30) == 0
    with Job(broker, "made", MADE, source=source, target=target, dead=dead) as job:
        job.run_to_end()
        job.run_to_end()  # A start where all is there already.
        admin = AdminClient(broker.client())
        for name in (target, f"{target}.a", f"{target}.b"):
            have = [m for messages in broker.read_committed(name).values() for m in messages]
            want = sum((row or target) == name for row in targets)
            assert len(have) == want, f"{name}: {len(have)} rows, expected {want}"
            assert len(broker.partitions(name)) == 3, broker.partitions(name)
            resource = ConfigResource(ConfigResource.Type.TOPIC, name)
            configs = admin.describe_configs([resource])[resource].result(10)
            assert configs["max.message.bytes"].value == "500000", configs["max.message.bytes"].value
        letters = broker.read_committed(dead)[0]
        assert len(letters) == targets.count("elsewhere"), f"{len(letters)} dead letters"
        assert "elsewhere" not in admin.list_topics(timeout=10).topics, "a topic was made that is not allowed"


REFUSED = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ n: int64, text: utf8, at: "timestamp[ms, UTC]" }} }}
    headers: {{ who: who }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json }}
    timestamp: {{ field: at }}
    headers: {{ for: who }}
    create:
      partitions: 2
      configs:
        {{ retention.ms: -1, max.message.bytes: 30000, message.timestamp.before.max.ms: 86400000,
           message.timestamp.after.max.ms: 86400000 }}
    on_bad_row: {{ dead_letter: {dead} }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""
DAY_MS = 86_400_000


@case("kafka")
def rows_that_the_brokers_refuse_are_dead_letters(broker, dice):
    source, target, dead = "in.refused", "out.refused", "dead.refused"
    broker.create(source, 1, **{"max.message.bytes": "3000000"})
    broker.create(dead, 1)
    now = time.time_ns() // 1_000_000
    rows, causes = [], {}
    for n in range(1500):
        size, at = dice.choice([(10, 0), (10, 0), (20_000, 0), (28_000, 0), (40_000, 0), (10, -2 * DAY_MS), (10, 2 * DAY_MS)])
        if n % 500 == 7:
            size, at = 1_200_000, 0
        rows.append({"id": f"id-{n % 13}", "n": n, "text": "x" * size, "at": now + at})
        if size >= 28_000:
            causes[n] = "Message size too large" if size < 30_000 else "max.message.bytes is 30000"
        elif at:
            causes[n] = "ms in the past" if at < 0 else "ms in the future"
    producer = broker.producer(**{"message.max.bytes": 3_000_000})
    for row in rows:
        value = {"n": row["n"], "text": row["text"], "at": utc(row["at"])}
        headers = {"who": f"who {row['n']}".encode()}
        producer.produce(source, json.dumps(value).encode(), key=row["id"].encode(), headers=headers, partition=0)
        producer.poll(0)
    assert producer.flush(30) == 0
    with Job(broker, "refused", REFUSED, source=source, target=target, dead=dead,
             properties={"batch.size": "25000", "message.max.bytes": "25000"}) as job:
        job.run_to_end()
        have = sorted(json.loads(m.value())["n"] for ms in broker.read_committed(target).values() for m in ms)
        assert have == [row["n"] for row in rows if row["n"] not in causes], f"{len(have)} rows of {len(rows)}"
        letters = broker.read_committed(dead)[0]
        assert len(letters) == len(causes), f"{len(letters)} dead letters, expected {len(causes)}"
        check_letters(letters, rows, causes, target)


def check_letters(letters, rows, causes, target):
    """Each letter is the row that it was made for; of those that are too large for it, only their number is known."""
    seen, large = set(), Counter()
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers()}
        assert (headers["millrace.topic"], headers["millrace.step"]) == (target, "out"), headers
        if "millrace.size" in headers:
            assert letter.key() is None and letter.value() is None and int(headers["millrace.size"]) > 28_000, headers
            assert "for" not in headers, headers
            large.update(cause for cause in set(causes.values()) if cause in headers["millrace.cause"])
            continue
        row = rows[json.loads(letter.value())["n"]]
        seen.add(row["n"])
        assert causes[row["n"]] in headers["millrace.cause"], headers
        assert letter.key() == row["id"].encode() and json.loads(letter.value())["text"] == row["text"]
        assert (int(headers["millrace.timestamp"]), headers["for"]) == (row["at"], f"who {row['n']}"), headers
    assert seen == {n for n in causes if len(rows[n]["text"]) < 28_000}, f"{len(seen)} letters with their rows"
    assert large == Counter(causes[n] for n in causes if n not in seen), large


def utc(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


@case("kafka")
def a_sink_topic_that_is_not_there_stops_the_job_at_once(broker, dice):
    source, target = "in.no-target", "out.no-target"
    broker.create(source, 1)
    producer = broker.producer()
    producer.produce(source, b'{"n":1}', key=b"id")
    assert producer.flush(30) == 0
    with Job(broker, "no-target", COPY_BY_KEY, source=source, target=target) as job:
        start = time.monotonic()
        job.expect(job.start(), FAILED, 30)
        assert time.monotonic() - start < 20, "the engine tried for long"
        assert target in job.log() and "Create the topic" in job.log(), "the log does not say what to do"
