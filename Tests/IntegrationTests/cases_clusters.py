"""Cases with two clusters in one job: rows from both, to both."""

import json
import subprocess
import threading
import time
from contextlib import contextmanager

from brokers import RealKafka
from cases_status import status, wait_until_answering
from jobs import ENGINE, KILLED, RECOVERY, STARTS_AGAIN, Job, wait_for
from registry import case

# Each row says which partition it came from and goes to the same one: so the order within partitions must stay.
# `far` is the cluster that is not the first sink's.
TWO_CLUSTERS = """
  far: {{ bootstrap.servers: "{far}"{far_more} }}
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
        settings = {"timeout": "20s", "far_more": "", **settings}
        super().__init__(
            near, name, TWO_CLUSTERS, far=far.bootstrap, partitions=self.partitions, **names, **settings)
        self.topics = names
        self.hurry = threading.Event()
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

    def feed_slowly(self, count, bad=(), rows_per_s=3_000):
        """Feeds both clusters in the background, bad rows to the near one, at a rate until `hurry` is set; to be waited for by
        `join`."""
        def feed():
            near, far = self.broker.producer(), self.far.producer()
            for n, ((value, partition), (good, _)) in enumerate(zip(self.rows(count, bad), self.rows(count))):
                near.produce(self.topics["near_in"], value=value, partition=partition)
                far.produce(self.topics["far_in"], value=good, partition=partition)
                if n % 100 == 0:  # Finer than an epoch, so that none is without rows.
                    self.hurry.wait(100 / rows_per_s)
            # What does not get there is missed by the check at the end.
            near.flush(60), far.flush(60)
        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        return thread

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
        try:
            other.stop()
        except subprocess.CalledProcessError:
            pass  # A case that failed had killed it.


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
    # On a slow machine the far cluster takes longer to come back than the others' timeout.
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-kills", guarantee="at_least_once", timeout="60s") as job:
        for first in range(0, 60_000, 10_000):
            rows = job.rows(first + 10_000)[first:]
            job.feed_rows(broker, "near_in", rows)
            job.feed_rows(far, "far_in", rows)
            process = job.start(stop="never")
            time.sleep(dice.uniform(0.3, 1.5))
            job.kill(process)
        process = job.start(stop="never")
        # Rows of this start: what the kills left may all have been read before, and the start not be over yet.
        job.feed_rows(broker, "near_in", job.rows(65_000)[60_000:])
        job.wait_until_read(job.topics["near_in"], process)
        far.kill()
        job.feed_rows(broker, "near_in", job.rows(70_000)[65_000:])
        wait_for(lambda: 'connection "far": acknowledgements' in job.log(), 30, "the log names the cluster", process)
        far.start()
        job.feed_rows(far, "far_in", job.rows(70_000)[60_000:])
        job.wait_until_read(job.topics["near_in"], process)
        job.drain(process)
        job.run_to_end()
        job.check_nothing_lost(70_000)


@case("kafka")
def an_attempt_is_given_up_while_a_cluster_is_away(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "given-up", guarantee="at_least_once", timeout="5s") as job:
        job.feed_rows(broker, "near_in", job.rows(5_000))
        job.feed_rows(far, "far_in", job.rows(5_000))
        process = job.start(stop="never")
        job.wait_until_read(job.topics["near_in"], process)
        far.kill()
        job.feed_rows(broker, "near_in", job.rows(10_000)[5_000:])
        wait_for(lambda: STARTS_AGAIN in job.log(), 20, "the job starts again although the cluster is away", process)
        far.start()
        job.feed_rows(far, "far_in", job.rows(10_000)[5_000:])
        job.wait_until_read(job.topics["near_in"], process)
        job.drain(process)
        job.run_to_end()
        job.check_nothing_lost(10_000)


def verify(job):
    """Every byte of the job's checkpoints is as it was written, outboxes too."""
    done = subprocess.run([ENGINE, "checkpoints", "verify", job.storage / job.name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@case("kafka")
def two_clusters_exactly_once(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-exactly", retention=1000) as job:
        count, bad = 30_000, set(dice.sample(range(30_000), 50))
        job.feed_rows(broker, "near_in", job.rows(count, bad))
        job.feed_rows(far, "far_in", job.rows(count))
        job.run_to_end()
        job.check_exactly(count, bad)
        verify(job)
        last = max(job.manifests())
        for cluster, record_topic in ((broker, "near_out"), (far, "far_out")):
            record = cluster.committed(f"{job.name}.epochs", job.topics[record_topic])
            assert record[0] == last, f"the record at {record_topic} names {record[0]}, the last epoch is {last}"
        # The manifest lists what was sent; nothing else of it is kept.
        boxes = [box for manifest in job.manifests().values() for box in manifest.get("outboxes", [])]
        assert {box["connection"] for box in boxes} == {"far"}, boxes
        for cluster, topic in ((broker, "near_in"), (far, "far_in")):
            committed = cluster.committed(job.name, job.topics[topic])
            assert committed == cluster.end_offsets(job.topics[topic]), f"{topic}: {committed}"


@case("kafka")
def two_connections_to_one_cluster_exactly_once(broker, dice):
    with TwoClusters(broker, broker, "two-names") as job:
        count, bad = 20_000, set(dice.sample(range(20_000), 20))
        feeder = job.feed_slowly(count, bad)
        for fault in ("after-commit+3", "after-outbox-commit+3"):
            job.expect(job.start(stop="never", fault=fault), KILLED, 40)
        feeder.join()
        job.run_to_end()
        job.check_exactly(count, bad)


# With when to die there: the third time, or the first where an attempt gets there once.
OUTBOX_FAULTS = [
    "after-outbox+3", "after-manifest+3", "after-offsets+3", "after-commit+3", "before-outbox-commit+3",
    "after-outbox-commit+3", "after-mark+3", "after-settling", "after-commit+2", "before-outbox-commit",
    "after-outbox-commit+2", "after-outbox-commit",
]


@case("kafka")
def two_clusters_exactly_once_with_kills_between_all_steps(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-steps") as job:
        count, bad = 60_000, set(dice.sample(range(60_000), 50))
        feeder = job.feed_slowly(count, bad, rows_per_s=1_000)  # so slowly that there are rows for all of the epochs
        for fault in OUTBOX_FAULTS:
            job.expect(job.start(stop="never", fault=fault), KILLED, 40)
            point = fault.split("+")[0]
            assert f"dying at {point}" in job.log(), f"the engine was killed, but not at {point}"
        late = job.log_path.read_text().count("had not been sent to connection")
        assert late >= 2, f"only {late} outboxes were sent by a start: the kills came at other moments than they should"
        job.hurry.set()
        feeder.join()
        job.run_to_end()
        job.check_exactly(count, bad)
        verify(job)


@case("kafka")
def two_clusters_exactly_once_with_random_kills(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-random", interval="50ms") as job:
        count = 60_000
        feeder = job.feed_slowly(count, rows_per_s=2_000)
        for _ in range(20):
            process = job.start(stop="never")
            time.sleep(dice.uniform(0.3, 2.0))
            job.kill(process)
        feeder.join()
        job.run_to_end()
        job.check_exactly(count)
        verify(job)


@case("kafka")
def two_clusters_exactly_once_while_one_of_them_is_down(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-down") as job:
        rows = job.rows(40_000)
        job.feed_rows(far, "far_in", rows)
        job.feed_rows(broker, "near_in", rows[:10_000])
        process = job.start(stop="never")
        wait_until_answering(job, process)
        job.wait_until_read(job.topics["near_in"], process)
        wait_for(lambda: far.committed(job.name, job.topics["far_in"]) == far.end_offsets(job.topics["far_in"]), 40,
                 "the far rows are read", process)
        # Between transactions: the broker keeps nothing that would have to be on its only disk before it dies.
        epoch = status(job)["committed_epoch"]
        wait_for(lambda: status(job)["committed_epoch"] > epoch + 1, 40, "epochs without rows", process)
        far.kill()
        job.feed_rows(broker, "near_in", rows[10_000:20_000])
        # Nothing else may be said of it: librdkafka waits without end for a group's coordinator that is known and away.
        wait_for(lambda: any(retry["what"] == "connection far" for retry in status(job)["retries"]), 40,
                 "status shows that the far cluster is waited for", process)
        wait_for(lambda: (status(job).get("epoch_under_way") or {}).get("phase_age_us", 0) > 2_000_000, 40,
                 "an epoch waits", process)
        time.sleep(dice.uniform(0, 3))
        # A kill while it waits: the start has to wait for the cluster too.
        job.kill(process)
        process = job.start(stop="never")
        job.feed_rows(broker, "near_in", rows[20_000:30_000])
        time.sleep(dice.uniform(3, 6))
        far.start()
        wait_for(lambda: "restored" in job.log(), 90, "the job goes on when the cluster is back", process)
        job.feed_rows(broker, "near_in", rows[30_000:])
        job.wait_until_read(job.topics["near_in"], process)
        job.drain(process)
        job.run_to_end()
        job.check_exactly(40_000)
        verify(job)


@case("kafka")
def two_clusters_exactly_once_though_the_second_transaction_times_out(broker, dice):
    short = ", transaction.timeout.ms: 3000"
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-late", far_more=short) as job:
        # An epoch that has rows, however slow the machine is: without, brokers do not know of its transaction yet.
        feeder = job.feed_slowly(20_000, rows_per_s=500)
        process = job.start(stop="never", fault="before-outbox-commit@10:sleep=6000")
        wait_for(lambda: STARTS_AGAIN in job.log(), 40, "the timeout is noticed", process)
        job.hurry.set()
        feeder.join()
        job.wait_until_read(job.topics["near_in"], process)
        job.drain(process)
        job.run_to_end()
        job.check_exactly(20_000)


def die_with_an_unsent_outbox(job, far, count):
    """Feeds both clusters and kills the engine when its first epoch counts and nothing is sent to the far cluster; gives
    the path of what was to be sent."""
    job.feed_rows(far, "far_in", job.rows(count))
    job.feed_rows(job.broker, "near_in", job.rows(count))
    # The first commit is that of the record of a fresh start. Epoch 2 may have an outbox already, too.
    job.expect(job.start(stop="never", fault="after-commit+2"), KILLED, 40)
    box = job.checkpoint(1) / "outbox-1"
    assert box.stat().st_size > 1000, "the first epoch has no rows for the far cluster"
    assert not (job.checkpoint(1) / "committed").exists(), "it is marked although nothing was sent"
    return box


@case("kafka")
def two_clusters_of_which_one_is_left_out_of_the_file(broker, dice):
    """What was not sent is not forgotten because the file does not write there any more, also not with another guarantee."""
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-left-out", interval="1s") as job:
        count, whole = 20_000, job.pipeline
        die_with_an_unsent_outbox(job, far, count)
        nowhere = [line for line in whole.splitlines() if "id: far-out" not in line]
        job.pipeline = "\n".join(nowhere).replace("on_bad_row: {{ dead_letter: {dead} }}", "on_bad_row: skip")
        assert job.pipeline.count("{dead}") == 1, "the far cluster is still written to"
        job.expect(job.start(), RECOVERY, 40)
        unsent = 'rows for connection "far" that may not have been sent yet'
        assert unsent in job.log(), job.tail()
        job.pipeline = whole
        job.expect(job.start(guarantee="at_least_once"), RECOVERY, 40)
        assert unsent in job.log(), job.tail()
        job.run_to_end()
        job.check_exactly(count)


@case("kafka")
def two_clusters_with_a_damaged_outbox(broker, dice):
    with second_cluster(broker) as far, TwoClusters(broker, far, "two-refused", interval="1s") as job:
        count = 20_000
        box = die_with_an_unsent_outbox(job, far, count)
        whole = box.read_bytes()
        at = dice.randrange(len(whole))
        box.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        done = subprocess.run([ENGINE, "checkpoints", "verify", job.storage / job.name], capture_output=True, text=True)
        assert done.returncode != 0 and "checksum mismatch" in done.stdout, done.stdout
        job.expect(job.start(), RECOVERY, 40)
        assert "can't be read" in job.log() and "checksum mismatch" in job.log(), job.tail()
        box.write_bytes(whole)
        job.run_to_end()
        job.check_exactly(count)
