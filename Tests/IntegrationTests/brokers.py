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

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def free_port() -> int:
    """A port that nothing listens on, with the next one free as well."""
    while True:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        with socket.socket() as two:
            try:
                two.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue


class Broker:
    """What both kinds of broker can do."""

    name = "?"
    bootstrap = ""

    def create(self, topic: str, partitions: int) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            future.result(30)

    def end_offsets(self, topic: str) -> dict[int, int]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "test-ends"})
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions}
        consumer.close()
        return ends

    def read_committed(self, topic: str, quiet_s: float = 2.0):
        """All committed messages of a topic, per partition in offset order."""
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": "test-reader", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "earliest", "enable.partition.eof": True,
        })
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        rows, at_end, last = {p: [] for p in partitions}, set(), time.time()
        while len(at_end) < len(partitions) and time.time() - last < quiet_s + 10:
            for message in consumer.consume(5000, 0.2):
                last = time.time()
                if message.error():
                    if message.error().code() == -191:
                        at_end.add(message.partition())
                        continue
                    raise KafkaException(message.error())
                rows[message.partition()].append(message)
        consumer.close()
        return rows

    def producer(self, **more) -> Producer:
        return Producer({
            "bootstrap.servers": self.bootstrap, "compression.type": "lz4", "linger.ms": 20,
            "queue.buffering.max.messages": 1_000_000, "partitioner": "murmur2_random", **more,
        })


class RealKafka(Broker):
    """Apache Kafka, one node."""

    name = "kafka"

    def __init__(self, home: str):
        self.home, self.dir = home, tempfile.mkdtemp(prefix="millrace-kafka-")
        self.port = free_port()
        self._cluster("up", "--port", str(self.port))
        self.bootstrap = f"127.0.0.1:{self.port}"

    def _cluster(self, verb: str, *arguments: str) -> None:
        subprocess.run([f"{self.home}/cluster", verb, self.dir, *arguments], check=True, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self._cluster("kill", "1")

    def start(self) -> None:
        self._cluster("start", "1")

    def pause(self) -> None:
        self._cluster("pause", "1")

    def resume(self) -> None:
        self._cluster("resume", "1")

    def stop(self) -> None:
        self._cluster("down")
        shutil.rmtree(self.dir, ignore_errors=True)


class DevelopmentBroker(Broker):
    """noida-db's Kafka: in memory, no Java."""

    name = "development broker"

    def __init__(self, port=None):
        self.dir, self.port = tempfile.mkdtemp(prefix="millrace-noida-"), port or free_port()
        command = Path(sys.executable).with_name("noida-db")
        self.log = open(f"{self.dir}/log", "w")
        self.process = subprocess.Popen(
            [command, "start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", self.dir],
            stdout=self.log, stderr=self.log, start_new_session=True)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the development broker did not start: see {self.dir}/log")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
