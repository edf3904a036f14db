"""Cases about partitions that are far apart in event time."""

import json
import re

from confluent_kafka import KafkaException

from cases_status import status, wait_until_answering
from jobs import COORDINATOR_IS_NEW, Job, wait_for
from registry import case

APART = """
metrics: {{ file: "{metrics}", interval: 100ms }}
topics:
  {source}:
    value: {{ serde: json, fields: {{ at: "timestamp[us, UTC]", p: int64, n: int64 }} }}
    event_time: {{ field: at, idle_after: {idle_after}{drift} }}
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop}{more} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""
ROWS = 100_000  # in each partition
STEP_MS = 50  # of event time from one row to the next
HOUR_MS = 3_600_000
DRIFT_MS = 600_000
BATCH_ROWS = 4096


class ApartJob(Job):
    """Copies rows of two partitions; partition 1 is an hour ahead of partition 0."""

    def __init__(self, broker, name, drift=f", max_drift: {DRIFT_MS}ms", **settings):
        self.source, self.target = f"in.{name}", f"out.{name}"
        settings = {"idle_after": "30s", "drift": drift, "more": "", **settings}
        super().__init__(broker, name, APART, source=self.source, target=self.target, **settings)
        self.settings["metrics"] = self.dir / "metrics.prom"
        broker.create(self.source, 2)
        broker.create(self.target, 1)

    def put(self, partition, numbers):
        producer = self.broker.producer()
        for n in numbers:
            ms = n * STEP_MS + partition * HOUR_MS
            at = f"2013-01-01T{ms // HOUR_MS:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}Z"
            producer.produce(
                self.source, value=b'{"at":"%s","p":%d,"n":%d}' % (at.encode(), partition, n), partition=partition)
        assert producer.flush(60) == 0, "the broker does not take the rows"

    def committed(self, partition):
        try:
            return self.broker.committed(self.name, self.source)[partition]
        except KafkaException as failure:
            if failure.args[0].code() not in COORDINATOR_IS_NEW:
                raise
            return None

    def is_paused(self, partition):
        return any(s["partition"] == partition and s["condition"] == "paused" for s in status(self)["splits"])

    def came(self):
        """(partition, number) of all rows, as they came."""
        rows = (json.loads(m.value()) for m in self.broker.read_committed(self.target)[0])
        return [(row["p"], row["n"]) for row in rows]

    def paused_s(self):
        """By the metrics file, how long each partition was paused."""
        text = self.settings["metrics"].read_text()
        found = re.findall(r'millrace_split_paused_seconds_total\{step="in",split="in\.[^"]*-(\d)"\} ([\d.]+)', text)
        return {int(partition): float(seconds) for partition, seconds in found}


def widest_gap_ms(rows):
    """How far partition 1 was ahead of partition 0 when a row of it came, while there were rows of both to come. Its first
    batch does not count: before that nobody knows where it is."""
    widest, last = 0, -1
    for partition, n in rows:
        if partition == 0:
            last = n
        elif n >= BATCH_ROWS and last < ROWS - 1:
            widest = max(widest, (n - last) * STEP_MS + HOUR_MS)
    return widest


def check_all_there(rows, numbers=range(ROWS)):
    for partition in (0, 1):
        assert [n for p, n in rows if p == partition] == list(numbers), f"partition {partition} is not as it was"


@case("kafka")
def partitions_stay_together_in_event_time(broker, dice):
    with ApartJob(broker, "together") as job:
        for partition in (0, 1):
            job.put(partition, range(ROWS))
        job.run_to_end()
        rows = job.came()
        check_all_there(rows)
        # Beside what is allowed a batch of each may be read, and some may be on their way to the topic, one worker's only.
        allowed = DRIFT_MS + 6 * BATCH_ROWS * STEP_MS
        assert allowed < HOUR_MS, "less than they are apart by themselves, if both are read at a time"
        gap = widest_gap_ms(rows)
        assert gap <= allowed, f"they were {gap} ms apart, {allowed} ms are allowed"
        paused_s = job.paused_s()
        assert paused_s[1] > 0, paused_s
    with ApartJob(broker, "each-alone", drift="") as job:
        for partition in (0, 1):
            job.put(partition, range(ROWS))
        job.run_to_end()
        check_all_there(job.came())
        assert set(job.paused_s().values()) == {0}


@case("kafka", "development")
def restarts_with_paused_partitions_lose_nothing(broker, dice):
    """Kills while one partition waits for the other, which gets its rows bit by bit."""
    with ApartJob(broker, "kills-apart", interval="50ms", drift=", max_drift: 2s", idle_after="1h") as job:
        job.put(1, range(20_000))
        process = job.start(stop="never")
        numbers = iter(range(ROWS))
        for round in range(6):  # Up to the hour, 72,000 rows: further on partition 0 would wait for partition 1's second half.
            chunk = [next(numbers) for _ in range(12_000)]
            job.put(0, chunk)
            wait_for(lambda: job.committed(0) == 12_000 * (round + 1), 30, "partition 0 is read", process)
            if round < 5:
                wait_for(lambda: job.is_paused(1), 30, "partition 1 waits", process)
            if round == 0 or dice.random() < 0.5:
                job.kill(process)
                process = job.start(stop="never")
        wait_until_answering(job, process)
        job.drain(process)
        job.put(0, numbers)
        job.put(1, range(20_000, ROWS))
        job.run_to_end()
        check_all_there(job.came())


@case("kafka")
def a_paused_partition_is_told_and_waits_for_idleness_only(broker, dice):
    with ApartJob(broker, "told", interval="100ms", idle_after="5s") as job:
        job.put(1, range(20_000))
        process = job.start(stop="never")
        wait_until_answering(job, process)

        def split(partition):
            found = [s for s in status(job)["splits"] if s["partition"] == partition]
            return found[0] if found else dict(condition="not there yet", holds_watermark=False)

        wait_for(lambda: split(1)["condition"] == "paused" and split(0)["holds_watermark"], 30,
                 "partition 1 waits for partition 0, which has no rows", process)
        assert 0 < split(1)["next"] < 20_000, split(1)
        wait_for(lambda: f"{job.source}-1" in job.log() and "`max_drift`" in job.log(), 10, "the log tells", process)
        wait_for(lambda: split(1)["next"] == 20_000, 30, "partition 0 is idle, and partition 1 goes on", process)
        assert split(0)["condition"] == "idle", split(0)
        job.drain(process)
        assert [n for p, n in job.came() if p == 1] == list(range(20_000)), "rows are lost or repeated"


@case("kafka")
def a_partition_that_comes_later_is_named(broker, dice):
    """One that is found while the job runs holds the watermark back until it has rows: status, metrics and log say so."""
    with ApartJob(broker, "later", drift="", interval="100ms", idle_after="1h", more=", discovery_interval: 500ms") as job:
        for partition in (0, 1):
            job.put(partition, range(100))
        process = job.start(stop="never")
        wait_until_answering(job, process)
        broker.raise_partitions(job.source, 3)

        def holders():
            return [s["split"] for s in status(job)["splits"] if s["holds_watermark"]]

        later = f"{job.source}-2"
        wait_for(lambda: holders() == [later], 30, "status names it", process)
        metric = f'millrace_split_holds_watermark{{step="in",split="{later}"}} 1\n'
        wait_for(lambda: metric in job.settings["metrics"].read_text(), 10, "the metrics name it", process)
        numbers = iter(range(100, 10_000))

        def is_warned_of():
            for partition in (0, 1):
                job.put(partition, [next(numbers)])
            return f'step "in": {later} holds the watermark back: it has no event time yet' in job.log()

        wait_for(is_warned_of, 30, "the log names it", process, pause_s=0.5)
        job.put(2, range(10_000, 10_001))
        wait_for(lambda: holders() == [f"{job.source}-0"], 30, "it has rows, and the slowest of all is named", process)
        job.drain(process)
