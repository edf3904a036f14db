"""start: from the exec of `millrace run` to its first row and to its first committed output."""

import re
import signal
import subprocess
import threading
import time

import flights_topic
from confluent_kafka import OFFSET_END, Consumer, TopicPartition
from engine import ENGINE, Run
from report import Rounds

# What the engine logs at level debug when its sources have read something.
FIRST_ROWS = re.compile(r"first rows")
TIMEOUT_S = 30


class FirstOutput(threading.Thread):
    """Waits for the first row that becomes visible to a reader of committed rows."""

    def __init__(self, broker, topic: str):
        super().__init__(daemon=True)
        self.consumer = Consumer({
            "bootstrap.servers": broker.bootstrap, "group.id": "bench-start", "enable.auto.commit": False,
            "isolation.level": "read_committed", "fetch.wait.max.ms": 5})
        self.consumer.assign([TopicPartition(topic, p, OFFSET_END) for p in range(flights_topic.PARTITIONS)])
        for partition in range(flights_topic.PARTITIONS):
            self.consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)
        self.consumer.poll(1)
        self.seen_s = None

    def run(self) -> None:
        message, end = None, time.monotonic() + TIMEOUT_S
        while message is None and time.monotonic() < end:
            message = self.consumer.poll(0.05)
        if message is not None and message.error() is None:
            self.seen_s = time.monotonic()
        self.consumer.close()


def first_rows_s(run: Run) -> float | None:
    """When the log said that rows had come; looked for every millisecond."""
    end = time.monotonic() + TIMEOUT_S
    with open(run.log_path) as log:
        text = ""
        while time.monotonic() < end and run.process.poll() is None:
            text += log.read()
            if FIRST_ROWS.search(text):
                return time.monotonic()
            time.sleep(0.001)
    return None


def one(broker, job: str, interval: str) -> dict:
    output = FirstOutput(broker, "delays.knock_on")
    output.start()
    pipeline = flights_topic.pipeline(broker, job, interval, "never")
    run = Run(pipeline, flights_topic.plugins(), ["--log-level", "debug"])
    rows_s = first_rows_s(run)
    output.join()
    if rows_s is None or output.seen_s is None:
        run.process.kill()
        run.process.wait()
        run.fail(f"{'read no rows' if rows_s is None else 'committed no output'} in {TIMEOUT_S} s")
    run.process.send_signal(signal.SIGTERM)
    run.finish(60)
    return {"first_rows_ms": (rows_s - run.start) * 1e3, "first_output_ms": (output.seen_s - run.start) * 1e3}


def bare() -> dict:
    """The same for a process that does nothing: what of it is exec and the loading of libraries."""
    start = time.monotonic()
    subprocess.run([ENGINE, "--version"], capture_output=True)
    return {"ms": (time.monotonic() - start) * 1e3}


def run(broker, rounds: int, interval: str) -> None:
    flights_topic.fill(broker, "flights", 100_000)
    broker.create("delays.knock_on", flights_topic.PARTITIONS)
    broker.create("flights.dead", 1)
    figures = Rounds()
    print(f"an epoch each {interval}", flush=True)
    for index in range(rounds + 1):
        # The first job on a new broker also waits for it to make its topics for offsets and transactions.
        name = "millrace run" if index > 0 else "millrace run, the first on a new broker"
        figures.add(name, **one(broker, f"bench-start-{index}", interval))
        figures.add("millrace --version", **bare())
    figures.print_medians()
