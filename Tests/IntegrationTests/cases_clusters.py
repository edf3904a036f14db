"""Cases with two clusters in one job: rows from both, to both."""

import json
import time
from contextlib import contextmanager

from brokers import RealKafka
from jobs import Job, wait_for
from registry import case

# Each row says which partition it came from and goes to the same one: so the order within partitions must stay.
# `far` is the cluster that is not the first sink's.
TWO_CLUSTERS = """
  far: {{ bootstrap.servers: "{far}" }}
topics:
  {near_in}:
    value: {{ serde: json, fields: {{ n: int64, p: int32 }} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {far_in}:
    connection: far
    value: {{ serde: json, fields: {{ n: int64, p: int32 }} }}
  {near_out}:
    value: {{ serde: json, fields: {{ n: int64 }} }}
    partition: {{ field: p }}
  {far_out}:
    connection: far
    value: {{ serde: json, fields: {{ n: int64 }} }}
    partition: {{ field: p }}
    create: {{ partitions: {partitions}, configs: {{ retention.ms: -1 }} }}
  {back}:
    value: {{ serde: json, fields: {{ n: int64 }} }}
    partition: {{ field: p }}
  {dead}:
    connection: far
    value: {{ serde: json }}
    create: {{ partitions: 1, configs: {{ retention.ms: -1 }} }}
steps:
  - {{ id: near-in, from_topic: {near_in}, start: {start}, stop: {stop} }}
  - {{ id: far-in, from_topic: {far_in}, start: {start}, stop: {stop} }}
  - {{ id: near-out, from: near-in, to_topic: {near_out} }}
  - {{ id: far-out, from: near-in, to_topic: {far_out} }}
  - {{ id: back, from: far-in, to_topic: {back} }}
"""


class TwoClusters(Job):
    """Rows of the near cluster go to both; rows of the far one come to the near one; bad rows of the near one go far."""

    partitions = 3

    def __init__(self, near, far, name, **settings):
        self.far = far
        names = {key: f"{key.replace('_', '.')}.{name}" for key in ("near_in", "far_in", "near_out", "far_out", "back", "dead")}
        settings = {"timeout": "20s", **settings}
        super().__init__(
            near, name, TWO_CLUSTERS, far=far.bootstrap, partitions=self.partitions, **names, **settings)
        self.topics = names
        for broker, topic in ((near, "near_in"), (far, "far_in"), (near, "near_out"), (near, "back")):
            broker.create(names[topic], self.partitions)

    def rows(self, count, bad=()):
        """(value, partition): numbers, some of them not to be read."""
        return [(b"not a number" if n in bad else b'{"n":%d,"p":%d}' % (n, n % self.partitions), n % self.partitions)
                for n in range(count)]

    def feed_rows(self, broker, topic, rows):
        producer = broker.producer()
        for value, partition in rows:
            producer.produce(self.topics[topic], value=value, partition=partition)
            producer.poll(0)
        assert producer.flush(60) == 0, "the broker does not take the rows"

    def numbers(self, broker, topic):
        """What is in a topic, by partition in order."""
        found = broker.read_committed(self.topics[topic])
        return {p: [json.loads(m.value())["n"] for m in messages] for p, messages in found.items()}

    def check_exactly(self, count, bad=()):
        """Each row once on both clusters, in order within its partition."""
        for broker, topic, left_out in (
                (self.broker, "near_out", bad), (self.far, "far_out", bad), (self.broker, "back", ())):
            for partition, have in self.numbers(broker, topic).items():
                want = [n for n in range(partition, count, self.partitions) if n not in left_out]
                lost, more = sorted(set(want) - set(have))[:5], len(have) - len(set(have))
                assert have == want, (
                    f"{topic}-{partition}: {len(have)} rows, expected {len(want)}; lacking {lost}; {more} come again; "
                    f"in order: {have == sorted(have)}")
        letters = sorted(int(dict(m.headers())["millrace.offset"]) for m in self.far.read_committed(self.topics["dead"])[0])
        assert len(letters) == len(bad), f"{len(letters)} dead letters, expected {len(bad)}"

    def check_nothing_lost(self, count, bad=()):
        """Each row at least once on both clusters."""
        for broker, topic, left_out in (
                (self.broker, "near_out", bad), (self.far, "far_out", bad), (self.broker, "back", ())):
            have = {n for numbers in self.numbers(broker, topic).values() for n in numbers}
            lost = set(range(count)) - set(left_out) - have
            assert not lost, f"{topic}: {len(lost)} rows are lost, e.g. {sorted(lost)[:5]}"
            assert not have - set(range(count)), f"{topic}: rows that were never sent"
        assert len(self.far.read_committed(self.topics["dead"])[0]) >= len(bad), "dead letters are lost"


@contextmanager
def second_cluster(first):
    other = RealKafka(first.home)
    try:
        yield other
    finally:
        other.stop()


@case("kafka")
def two_clusters_without_guarantee_and_at_least_once(broker, dice):
    with second_cluster(broker) as far:
        for guarantee in ("none", "at_least_once"):
            with TwoClusters(broker, far, f"two-{guarantee.replace('_', '-')}", guarantee=guarantee) as job:
                bad = set(dice.sample(range(20_000), 50))
                job.feed_rows(broker, "near_in", job.rows(20_000, bad))
                job.feed_rows(far, "far_in", job.rows(20_000))
                job.run_to_end()
                job.check_exactly(20_000, bad)  # nothing went wrong, so nothing came twice
                if guarantee != "none":
                    for cluster, topic in ((broker, "near_in"), (far, "far_in")):
                        committed = cluster.committed(job.name, job.topics[topic])
                        assert committed == cluster.end_offsets(job.topics[topic]), f"{topic}: {committed}"


@case("kafka")
def two_clusters_at_least_once_with_kills_and_one_of_them_down(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-kills", guarantee="at_least_once") as job:
        for first in range(0, 60_000, 10_000):
            rows = job.rows(first + 10_000)[first:]
            job.feed_rows(broker, "near_in", rows)
            job.feed_rows(far, "far_in", rows)
            process = job.start(stop="never")
            time.sleep(dice.uniform(0.3, 1.5))
            job.kill(process)
        process = job.start(stop="never")
        job.wait_until_read(job.topics["near_in"], process)
        far.kill()
        job.feed_rows(broker, "near_in", job.rows(70_000)[60_000:])
        wait_for(lambda: 'connection "far": acknowledgements' in job.log(), 30, "the log names the cluster", process)
        far.start()
        job.feed_rows(far, "far_in", job.rows(70_000)[60_000:])
        job.wait_until_read(job.topics["near_in"], process)
        job.drain(process)
        job.run_to_end()
        job.check_nothing_lost(70_000)
