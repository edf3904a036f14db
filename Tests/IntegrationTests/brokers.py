"""Brokers to test against: a real Apache Kafka, and the development broker from PyPI."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from ports import free_port
from proxy import KafkaProxy

# A client tells what fails by its calls; what librdkafka says beside that would drown the tests' own words.
QUIET = {"log_level": 0}
LEADER_IS_AWAY = {KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE}


def wait_until_stopped(pid: int) -> None:
    """SIGSTOP is only on its way when it has been sent: waits until all threads of the process have stopped."""
    deadline = time.monotonic() + 10
    while any(is_running(thread) for thread in Path(f"/proc/{pid}/task").iterdir()):
        assert time.monotonic() < deadline, f"process {pid} goes on 10 s after SIGSTOP"
        time.sleep(0.01)


def is_running(thread: Path) -> bool:
    try:
        # After its name, which is in parentheses.
        return not (thread / "stat").read_text().rpartition(")")[2].startswith(" T ")
    except OSError:
        return False  # It has ended.


class Broker:
    """What both kinds of broker can do."""

    name = "?"
    bootstrap = ""
    # Of each topic that a test makes.
    replicas = 1

    def client(self, **more) -> dict:
        """The configuration of a client."""
        return {"bootstrap.servers": self.bootstrap, **QUIET, **more}

    def producer(self, **more) -> Producer:
        """A producer that keeps order and repeats nothing, whatever the broker does meanwhile."""
        return Producer(self.client(**{
            "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 20,
            "queue.buffering.max.messages": 1_000_000, "partitioner": "murmur2_random", **more,
        }))

    def reader(self, **more) -> Consumer:
        return Consumer(self.client(**{
            "group.id": "test-reader", "enable.auto.commit": False, "enable.partition.eof": True,
            "auto.offset.reset": "earliest", "isolation.level": "read_committed", **more,
        }))

    def create(self, topic: str, partitions: int, **configs: str) -> None:
        admin = AdminClient(self.client())
        # Brokers take messages away by their timestamps, and tests write old ones.
        new = NewTopic(topic, partitions, self.replicas, config={"retention.ms": "-1", **configs})
        for future in admin.create_topics([new]).values():
            future.result(30)

    def raise_partitions(self, topic: str, count: int) -> None:
        """Gives the topic more partitions: `count` in all."""
        admin = AdminClient(self.client())
        for future in admin.create_partitions([NewPartitions(topic, count)]).values():
            future.result(30)

    def delete(self, topic: str) -> None:
        admin = AdminClient(self.client())
        for future in admin.delete_topics([topic]).values():
            future.result(30)

    def delete_records(self, topic: str, before: dict[int, int]) -> None:
        """Deletes what is before these offsets, as retention does."""
        places = [TopicPartition(topic, partition, offset) for partition, offset in before.items()]
        admin = AdminClient(self.client())
        for future in admin.delete_records(places).values():
            future.result(30)

    def metadata(self, *topic: str):
        """All topics unless one is named, internal ones too, and the nodes that are there."""
        deadline = time.monotonic() + 30
        while True:
            try:
                return AdminClient(self.client()).list_topics(*topic, timeout=10)
            except KafkaException as failure:
                # A connection has ended before the answer came, or the machine is busy.
                passing = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT)
                if failure.args[0].code() not in passing or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def partitions(self, topic: str) -> list[int]:
        """The topic's partitions; fails if the broker does not know them: a test that reads none proves nothing."""
        found = self.metadata(topic).topics[topic]
        errors = [found.error, *(partition.error for partition in found.partitions.values())]
        # Who leads a partition is the readers' concern: they wait.
        wrong = [error for error in errors if error and error.code() not in LEADER_IS_AWAY]
        if wrong or not found.partitions:
            raise AssertionError(f"{topic}: the broker tells no partitions: {wrong or 'none'}")
        return sorted(found.partitions)

    def end_offsets(self, topic: str, isolation="read_committed") -> dict[int, int]:
        """Where each partition ends, for a reader of committed messages or of all."""
        consumer = self.reader(**{"isolation.level": isolation})
        try:
            return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in self.partitions(topic)}
        finally:
            consumer.close()

    def committed(self, group: str, topic: str, isolation="read_uncommitted") -> dict[int, int | None]:
        """What a lag monitor sees of a group: its offset in each partition. With "read_committed" it is an error if a
        transaction with offsets of the group is open."""
        consumer = self.reader(**{"group.id": group, "isolation.level": isolation})
        try:
            places = consumer.committed([TopicPartition(topic, p) for p in self.partitions(topic)], 10)
            return {p.partition: None if p.offset == OFFSET_INVALID else p.offset for p in places}
        finally:
            consumer.close()

    def commit(self, group: str, topic: str, offsets: dict[int, int]) -> None:
        """Commits offsets for a group that has no members."""
        consumer = self.reader(**{"group.id": group})
        try:
            places = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
            consumer.commit(offsets=places, asynchronous=False)
        finally:
            consumer.close()

    def _wait_until_decided(self, places: list[TopicPartition], patience_s: float = 5.0) -> None:
        """Waits until no transaction holds back committed messages: a commit is answered before its markers are in the
        partitions. Gives up on one that stays open, which may be some job's that runs."""
        ends = [self.reader(**{"isolation.level": level}) for level in ("read_committed", "read_uncommitted")]
        try:
            deadline = time.monotonic() + patience_s
            while any(len({end.get_watermark_offsets(place, 10)[1] for end in ends}) > 1 for place in places):
                if time.monotonic() > deadline:
                    return
                time.sleep(0.02)
        finally:
            for end in ends:
                end.close()

    def read_committed(self, topic: str, patience_s: float = 30.0, isolation="read_committed") -> dict[int, list]:
        """All committed messages of a topic, per partition in the order of their offsets."""
        partitions = self.partitions(topic)
        if isolation == "read_committed":
            self._wait_until_decided([TopicPartition(topic, p) for p in partitions])
        consumer = self.reader(**{"isolation.level": isolation})
        try:
            consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
            rows, at_end, last = {p: [] for p in partitions}, set(), time.monotonic()
            while len(at_end) < len(partitions):
                if time.monotonic() - last > patience_s:
                    raise AssertionError(f"{topic}: no end of partitions {set(partitions) - at_end} in {patience_s} s")
                for message in consumer.consume(5000, 0.2):
                    last = time.monotonic()
                    if message.error() is None:
                        rows[message.partition()].append(message)
                    elif message.error().code() == KafkaError._PARTITION_EOF:
                        at_end.add(message.partition())
                    elif not message.error().retriable():
                        raise KafkaException(message.error())
            return rows
        finally:
            consumer.close()


class RealKafka(Broker):
    """Apache Kafka, one node. `proxied`: all clients reach it through `proxy`."""

    name = "kafka"

    def __init__(self, home: str, proxied=False):
        self.home, self.dir = home, tempfile.mkdtemp(prefix="millrace-kafka-")
        self.port, self.proxy, more = free_port(), None, []
        if proxied:
            self.proxy = KafkaProxy(self.port)
            more = ["--set", f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.proxy.port}"]
        self.bootstrap = f"127.0.0.1:{self.proxy.port if proxied else self.port}"
        try:
            self._cluster("up", "--port", str(self.port), *more, *self.prepare())
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> list[str]:
        """Makes what the broker needs before it starts; gives more arguments for the start."""
        return []

    def _cluster(self, verb: str, *arguments: str) -> None:
        subprocess.run([f"{self.home}/cluster", verb, self.dir, *arguments], check=True, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self._cluster("kill", "1")

    def start(self) -> None:
        self._cluster("start", "1")

    def pause(self) -> None:
        self._cluster("pause", "1")
        wait_until_stopped(int(Path(f"{self.dir}/node-1/pid").read_text()))

    def resume(self) -> None:
        self._cluster("resume", "1")

    def stop(self) -> None:
        """Ends it by kill -9: nobody needs its data."""
        try:
            if Path(f"{self.dir}/node-1/pid").exists():
                self._cluster("kill", "1")
        finally:
            if self.proxy:
                self.proxy.close()
            shutil.rmtree(self.dir, ignore_errors=True)


class DevelopmentBroker(Broker):
    """noida-db's Kafka: in memory, no Java."""

    name = "development broker"

    def __init__(self, port=None):
        self.dir, self.port = tempfile.mkdtemp(prefix="millrace-noida-"), port or free_port()
        command = Path(sys.executable).with_name("noida-db")
        with open(f"{self.dir}/log", "w") as log:
            self.process = subprocess.Popen(
                [command, "start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", self.dir],
                stdout=log, stderr=log, start_new_session=True)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        words = Path(f"{self.dir}/log").read_text()[-2000:]
        self.stop()
        raise RuntimeError(f"the development broker did not start:\n{words}")

    def pause(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)
        wait_until_stopped(self.process.pid)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # It has ended by itself.
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
