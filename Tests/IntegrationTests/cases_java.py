"""Cases that hold the engine against Java's client, by Kafka's own tools, and against librdkafka's: where keys land, what
timestamps mean, and where what is committed ends."""

import re
import time

from confluent_kafka import TopicPartition

from copy_job import COPY_BY_KEY, CopyJob
from jobs import Job
from kafka_tools import tool
from registry import case

LETTERS = "abcXYZ0189 äöü€🛩-_"


def partition_of_keys(broker, topic):
    return {m.key().decode(): p for p, messages in broker.read_committed(topic).items() for m in messages}


@case("kafka")
def keys_land_where_javas_and_librdkafkas_producers_put_them(broker, dice):
    """Keys of every length up to 30 letters, so each tail of the hash's words of four bytes is there."""
    source, target, other = "in.java-keys", "out.java-keys", "other.java-keys"
    for topic in (source, target, other):
        broker.create(topic, 12)
    keys = {"".join(dice.choice(LETTERS) for _ in range(1 + n % 30)) for n in range(600)}
    rows = [(key, b'{"n":%d}' % n) for n, key in enumerate(sorted(keys))]
    tool(broker, "console-producer", "--topic", source, "--reader-property", "parse.key=true", "--reader-property",
         "key.separator=\t", stdin=b"".join(key.encode() + b"\t" + value + b"\n" for key, value in rows))
    producer = broker.producer(partitioner="murmur2_random")
    for key, value in rows:
        producer.produce(other, value, key)
    assert producer.flush(30) == 0
    with Job(broker, "java-keys", COPY_BY_KEY, source=source, target=target) as job:
        job.run_to_end()
    by_java, by_us, by_librdkafka = (partition_of_keys(broker, topic) for topic in (source, target, other))
    assert set(by_java) == keys, f"Java sent {len(by_java)} keys, expected {len(keys)}"
    places = {key: (by_java[key], by_us.get(key), by_librdkafka.get(key)) for key in sorted(keys)}
    differing = {key: places[key] for key in places if len(set(places[key])) != 1}
    assert not differing, f"{len(differing)} keys differ (Java, engine, librdkafka): {list(differing.items())[:3]}"
    assert len(set(by_java.values())) == 12, "the keys don't reach all partitions"


def feed_at(job, timestamps):
    """Message n has the n-th of these timestamps, in milliseconds; it goes to partition n mod `job.partitions`."""
    producer = job.broker.producer()
    for n, timestamp in enumerate(timestamps):
        producer.produce(job.source, value=b'{"n":%d}' % n, partition=n % job.partitions, timestamp=timestamp)
    assert producer.flush(30) == 0


def offsets_at(broker, topic, time):
    """Partition to offset, as Java's client finds it for this time (milliseconds, or "latest"); a partition without a
    message so late is left out."""
    lines = tool(broker, "get-offsets", "--topic", topic, "--time", time).split()
    found = {int(partition): offset for _, partition, offset in (line.rsplit(":", 2) for line in lines)}
    return {partition: int(offset) for partition, offset in found.items() if offset not in ("", "-1")}


@case("kafka")
def a_timestamp_is_where_javas_and_librdkafkas_clients_find_it(broker, dice):
    """Timestamps go up and down: from the first message that is so late on, all are read, whatever their own are."""
    now = int(time.time() * 1000)
    times = [now - 100_000 + dice.randrange(0, 50_000) for _ in range(600)]
    for round_number, at in enumerate([min(times), dice.choice(times), dice.choice(times) + 1, max(times), max(times) + 1]):
        with CopyJob(broker, f"java-times-{round_number}", start=f"{{ timestamp: {at} }}") as job:
            feed_at(job, times)
            by_java = offsets_at(broker, job.source, at)
            consumer = broker.reader()
            asked = consumer.offsets_for_times([TopicPartition(job.source, p, at) for p in range(3)], 10)
            consumer.close()
            by_librdkafka = {place.partition: place.offset for place in asked if place.offset >= 0}
            assert by_java == by_librdkafka, f"for {at}: Java {by_java}, librdkafka {by_librdkafka}"
            job.run_to_end()
            job.check([n for n in range(600) if n // 3 >= by_java.get(n % 3, 600)])


WRITE_TIMES = """
topics:
  {source}:
    value: {{ serde: json, fields: {{ n: int64, at: "timestamp[ms, UTC]" }} }}
  {target}:
    value: {{ serde: json }}
    timestamp: {{ field: at }}
  {stamped}:
    value: {{ serde: json }}
    timestamp: {{ field: at }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
  - {{ id: out-stamped, from: in, to_topic: {stamped} }}
"""


def times_as_java_prints_them(broker, topic, count):
    """Kind and milliseconds of each message's timestamp, by its number."""
    text = tool(broker, "console-consumer", "--topic", topic, "--from-beginning", "--isolation-level", "read_committed",
                "--max-messages", count, "--timeout-ms", 20_000, "--formatter-property", "print.timestamp=true")
    found = re.findall(r'^(\w+):(\d+)\t.*"n":(\d+)', text, re.MULTILINE)
    return {int(n): (kind, int(time_ms)) for kind, time_ms, n in found}


@case("kafka")
def timestamps_are_written_as_java_reads_them(broker, dice):
    names = dict(source="in.java-written", target="out.java-written", stamped="stamped.java-written")
    broker.create(names["source"], 1)
    broker.create(names["target"], 1)
    broker.create(names["stamped"], 1, **{"message.timestamp.type": "LogAppendTime"})
    now = int(time.time() * 1000)
    times = [now - dice.randrange(0, 50_000) for _ in range(200)]
    producer = broker.producer()
    for n, at in enumerate(times):
        producer.produce(names["source"], b'{"n":%d,"at":%s}' % (n, as_json(at)))
    assert producer.flush(30) == 0
    with Job(broker, "java-written", WRITE_TIMES, **names) as job:
        job.run_to_end()
    created = times_as_java_prints_them(broker, names["target"], len(times))
    assert created == {n: ("CreateTime", at) for n, at in enumerate(times)}, f"Java reads {list(created.items())[:5]}"
    stamped = times_as_java_prints_them(broker, names["stamped"], len(times))
    assert set(stamped) == set(range(len(times))), f"Java reads {len(stamped)} messages"
    assert all(kind == "LogAppendTime" and at >= now for kind, at in stamped.values()), list(stamped.items())[:5]


def as_json(time_ms):
    """As the json serde takes a time: in the text form of ISO 8601."""
    seconds, ms = divmod(time_ms, 1000)
    return b'"%s.%03dZ"' % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)).encode(), ms)


def transact(broker, topic, numbers, *, commit):
    """Writes numbers in one transaction, which stays open if `commit` is None. Gives its producer."""
    producer = broker.producer(**{"transactional.id": f"tx-{numbers.start}-{topic}", "enable.idempotence": True})
    producer.init_transactions(30)
    producer.begin_transaction()
    for n in numbers:
        producer.produce(topic, value=b'{"n":%d}' % n, partition=n % 3)
    assert producer.flush(30) == 0
    if commit is not None:
        (producer.commit_transaction if commit else producer.abort_transaction)(30)
    return producer


def numbers_as_java_reads_them(broker, topic):
    text = tool(broker, "console-consumer", "--topic", topic, "--from-beginning", "--isolation-level", "read_committed",
                "--timeout-ms", 3000)
    return sorted(int(n) for n in re.findall(r'"n":(\d+)', text))


def lags_as_java_tells_them(broker, group, topic):
    """By partition: committed offset, end, lag."""
    text = tool(broker, "consumer-groups", "--describe", "--group", group, "--offsets")
    found = re.findall(rf"^{re.escape(group)}\s+{re.escape(topic)}\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+)", text, re.MULTILINE)
    return {int(partition): rest for partition, *rest in found}


@case("kafka")
def what_is_committed_ends_where_javas_client_says(broker, dice):
    """Markers and aborted rows take offsets: they are not rows, and yet are behind the job when it has read to the end."""
    with CopyJob(broker, "java-ends") as job:
        transact(broker, job.source, range(0, 300), commit=True)
        transact(broker, job.source, range(300, 600), commit=False)
        opened = transact(broker, job.source, range(600, 900), commit=None)
        assert numbers_as_java_reads_them(broker, job.source) == list(range(300))
        ends = offsets_at(broker, job.source, "latest")
        process = job.start()
        # The open transaction's rows come before the end that the job has set out to reach.
        time.sleep(4)
        assert process.poll() is None, "it ended before an open transaction that began before its end was decided"
        opened.commit_transaction(30)
        job.expect(process, 0, 30)
        assert numbers_as_java_reads_them(broker, job.source) == job.numbers()
        job.check([*range(300), *range(600, 900)])
        committed = {p: int(offset) for p, (offset, *_) in lags_as_java_tells_them(broker, job.name, job.source).items()}
        assert committed == ends, f"committed {committed}, expected Java's ends when the job started: {ends}"
        transact(broker, job.source, range(900, 1200), commit=False)
        assert numbers_as_java_reads_them(broker, job.source) == job.numbers()
        job.run_to_end()
        job.check([*range(300), *range(600, 900)])
        lags = lags_as_java_tells_them(broker, job.name, job.source)
        assert set(lags) == {0, 1, 2} and all(lag == "0" for _, _, lag in lags.values()), f"Java tells lags {lags}"
