"""Cases about what a step reads: from where, to where."""

import json
import time
from contextlib import ExitStack

from confluent_kafka import KafkaException

from cluster import NODES
from copy_job import CopyJob
from jobs import FAILED, Job, wait_for
from registry import case

# Message n has the timestamp of second n of this day, in milliseconds.
DAY_MS = 1_600_041_600_000


def feed_timed(job, numbers):
    producer = job.broker.producer()
    for n in numbers:
        producer.produce(
            job.source, value=b'{"n":%d}' % n, partition=n % job.partitions, timestamp=DAY_MS + 1000 * n)
    assert producer.flush(30) == 0, "the broker does not take the numbers"


@case("kafka")
def reads_from_one_timestamp_to_another(broker, dice):
    start, stop = sorted(dice.sample(range(1, 299), 2))
    bounds = dict(start=f"{{ timestamp: {DAY_MS + 1000 * start} }}", stop=f"{{ timestamp: {DAY_MS + 1000 * stop} }}")
    with CopyJob(broker, "timestamps", **bounds) as job:
        feed_timed(job, range(300))
        job.expect(job.start(), 0)
        job.check(range(start, stop))
        job.expect(job.start(), 0)  # Once more: it is at its end.
        job.check(range(start, stop))


@case("kafka", "development")
def reads_from_given_offsets_to_others(broker, dice):
    start, stop = [dice.randrange(0, 50) for _ in range(3)], [dice.randrange(50, 100) for _ in range(3)]
    with CopyJob(broker, "given-offsets", start=given(start), stop=given(stop)) as job:
        job.feed_numbers(range(300))
        job.expect(job.start(), 0)
        job.check([n for n in range(300) if start[n % 3] <= n // 3 < stop[n % 3]])
        job.expect(job.start(start="earliest", stop=given([100, 100, 100])), 0)  # It goes on, whatever `start` says.
        job.check([n for n in range(300) if start[n % 3] <= n // 3])
    with CopyJob(broker, "too-few-offsets", start=given([1, 2])) as job:
        job.expect(job.start(), FAILED)
        assert "`offsets` does not name in.too-few-offsets-2" in job.log(), job.log()


def given(offsets):
    return "{ offsets: { " + ", ".join(f"{partition}: {offset}" for partition, offset in enumerate(offsets)) + " } }"


@case("kafka", "development")
def stops_where_another_group_has_committed(broker, dice):
    with CopyJob(broker, "up-to-others", stop="{ committed: others }") as job:
        job.feed_numbers(range(300))
        broker.commit("others", job.source, {0: 40, 1: 0})
        job.expect(job.start(), FAILED)
        assert 'group "others" has committed no offset in in.up-to-others-2' in job.log(), job.log()
        broker.commit("others", job.source, {2: 100})
        job.expect(job.start(), 0)
        job.check([n for n in range(300) if n // 3 < {0: 40, 1: 0, 2: 100}[n % 3]])


@case("kafka", "development")
def start_committed_needs_offsets(broker, dice):
    with CopyJob(broker, "needs-offsets", start="committed") as job:
        job.feed_numbers(range(30))
        job.expect(job.start(), FAILED)
        assert 'group "needs-offsets" has committed no offset in' in job.log(), job.log()
        broker.commit(job.name, job.source, {0: 5, 1: 5, 2: 5})
        job.run_to_end()
        job.check(range(15, 30))


@case("kafka")
def retention_that_passes_the_job(broker, dice):
    with CopyJob(broker, "retention") as job:
        job.feed_numbers(range(150))
        job.run_to_end()
        job.feed_numbers(range(150, 300))
        broker.delete_records(job.source, {0: 80, 1: 50, 2: 100})  # It has read up to 50.
        job.expect(job.start(), FAILED)
        assert "retention-0 from offset 50" in job.log() and "on_offset_out_of_range" in job.log(), job.log()
        job.run_to_end(more=", on_offset_out_of_range: earliest")
        job.check([n for n in range(300) if n < 150 or n // 3 >= {0: 80, 1: 50, 2: 100}[n % 3]])
        gone = [line for line in job.log().splitlines() if " is gone, reading on at offset " in line]
        assert len(gone) == 2 and "in.retention-0@50" in job.log() and "skipped=30" in job.log(), gone


PATTERN = """
topics:
  {prefix}.like: {{ value: {{ serde: json, fields: {{ n: int64 }} }}, on_bad_row: {{ dead_letter: {prefix}.dead }} }}
  {prefix}.out: {{ value: {{ serde: json }} }}
steps:
  - {{ id: in, from_topic: {{ pattern: '{prefix}[.].+', like: {prefix}.like }}, start: {start}, stop: {stop}{more} }}
  - {{ id: out, from: in, to_topic: {prefix}.out }}
"""


def send(broker, topic, values):
    producer = broker.producer()
    for value in values:
        producer.produce(topic, value=value if isinstance(value, bytes) else b'{"n":%d}' % value)
    assert producer.flush(30) == 0, "the broker does not take the rows"


def numbers_in(broker, topic):
    return sorted(json.loads(m.value())["n"] for rows in broker.read_committed(topic).values() for m in rows)


@case("kafka", "development")
def topics_are_found_by_a_pattern(broker, dice):
    prefix = "by-pattern"
    with Job(broker, prefix, PATTERN, prefix=prefix, more="") as job:
        broker.create(f"{prefix}.out", 2)
        broker.create(f"{prefix}.dead", 1)
        job.expect(job.start(), FAILED)
        assert "no topic of connection" in job.log() and "by-pattern[.].+" in job.log(), job.log()
        broker.create(f"{prefix}.one", 3)
        broker.create(f"{prefix}x", 1)
        send(broker, f"{prefix}.one", [*range(100), b"bad"])
        send(broker, f"{prefix}x", [1000])
        job.run_to_end()
        assert numbers_in(broker, f"{prefix}.out") == list(range(100)), "what it writes is read again, or other topics are"
        broker.create(f"{prefix}.two", 2)
        send(broker, f"{prefix}.one", range(100, 150))
        send(broker, f"{prefix}.two", range(150, 200))
        job.run_to_end(start="latest")  # New topics are read from their beginning all the same.
        assert numbers_in(broker, f"{prefix}.out") == list(range(200))
        letters = broker.read_committed(f"{prefix}.dead")[0]
        assert [dict(m.headers())["millrace.topic"] for m in letters] == [f"{prefix}.one".encode()], letters


@case("kafka")
def new_partitions_are_read_while_the_job_runs(broker, dice):
    with CopyJob(broker, "more-partitions", more=", discovery_interval: 300ms", start="latest") as job:
        process = job.start(stop="never")
        job.wait_until_started(job.source, process)
        job.feed_numbers(range(300))
        broker.raise_partitions(job.source, 5)
        job.partitions = 5
        job.feed_numbers(range(300, 600))  # The new ones are read from their beginning, though `start` is "latest".
        job.wait_until_read(job.source, process)
        assert "reads in.more-partitions-3 too, from offset 0" in job.log(), job.log()
        last = job.manifests()[max(job.manifests())]
        assert {p["partition"] for p in last["sources"]} == set(range(5)), last["sources"]
        job.feed_numbers(range(600, 900))
        time.sleep(dice.uniform(0, 0.5))
        job.kill(process)
        job.run_to_end()
        job.check(range(900))


@case("kafka")
def new_topics_are_found_while_the_job_runs(broker, dice):
    prefix = "found-later"
    for topic in ("out", "dead", "one"):
        broker.create(f"{prefix}.{topic}", 1)
    with Job(broker, prefix, PATTERN, prefix=prefix, more=", discovery_interval: 300ms") as job:
        send(broker, f"{prefix}.one", range(50))
        process = job.start(stop="never")
        job.wait_until_read(f"{prefix}.one", process)
        broker.create(f"{prefix}.two", 3)
        send(broker, f"{prefix}.two", range(50, 150))
        job.wait_until_read(f"{prefix}.two", process)
        job.drain(process)
        job.run_to_end()
        assert numbers_in(broker, f"{prefix}.out") == list(range(150))


@case("kafka")
def a_topic_that_is_deleted_stops_the_job(broker, dice):
    for again in (False, True):
        name = "made-anew" if again else "deleted"
        with CopyJob(broker, name, more=", discovery_interval: 300ms, on_offset_out_of_range: earliest") as job:
            process = job.start(stop="never")
            job.feed_numbers(range(300))
            job.wait_until_read(job.source, process)
            broker.delete(job.source)
            if again:
                wait_for(lambda: made(broker, job.source), 20, "the topic is made anew")
            job.expect(process, FAILED, 30)
            end = job.tail(3)
            assert f"in.{name}" in end, end
            job.check(range(300))


def made(broker, topic):
    """Makes a topic; false while one of that name is still on its way out."""
    try:
        broker.create(topic, 3)
    except KafkaException:
        return False
    return True


@case("kafka", "development")
def without_checkpoints_what_was_read_is_committed(broker, dice):
    with CopyJob(broker, "plain", guarantee="none", start="committed_or_earliest") as job:
        job.feed_numbers(range(30))
        job.expect(job.start(), 0)
        assert broker.committed("plain", job.source) == {0: 10, 1: 10, 2: 10}, broker.committed("plain", job.source)
        job.feed_numbers(range(30, 60))
        process = job.start(stop="never")
        # While it runs, every 5 s.
        wait_for(lambda: set(broker.committed("plain", job.source).values()) == {20}, 20, "offsets of what was read")
        job.drain(process)
        job.check(range(60))


@case("cluster")
def a_partition_without_a_leader_is_waited_for(cluster, dice):
    starts = {"leaderless": "earliest", "leaderless-since": "{ timestamp: 0 }"}
    jobs = [CopyJob(cluster, name, partitions=1, start=start) for name, start in starts.items()]
    with ExitStack() as stack:
        for job in jobs:
            stack.callback(cluster.delete, job.source)  # The cluster is whole only without it.
        processes = start_without_leader(cluster, dice.choice(NODES), [stack.enter_context(job) for job in jobs])
        for job, process in zip(jobs, processes):
            job.expect(process, 0)
            job.check(range(300))


def start_without_leader(cluster, node, jobs):
    """Processes of jobs that have begun while their source's only node was away."""
    for job in jobs:
        job.feed_numbers(range(300))
        cluster.reassign(job.source, {0: [node]})
    # After a kill -9, Kafka would not trust the only replica to be complete (KIP-966).
    cluster.shut_down(node)
    for job in jobs:
        wait_for(lambda: leader(cluster, job.source) < 0, 30, f"{job.source} has no leader")
    processes = [job.start() for job in jobs]
    time.sleep(4)
    ended = [job.log() for job, process in zip(jobs, processes) if process.poll() is not None]
    assert not ended, ended
    cluster.start(node)
    return processes


def leader(broker, topic):
    return broker.metadata(topic).topics[topic].partitions[0].leader
