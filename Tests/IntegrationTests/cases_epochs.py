"""Epochs as short as they get."""

import os
import time

from copy_job import CopyJob
from flights_job import FlightsJob
from jobs import wait_for
from registry import case

INTERVAL_MS = 20


@case("kafka")
def epochs_of_20_ms_are_exactly_once(broker, dice):
    with FlightsJob(broker, "short-epochs", count=100_000, interval=f"{INTERVAL_MS}ms") as job:
        feeder = job.feed_flights(rows_per_s=15_000)
        process = job.start(stop="never")
        # The first ones wait for the brokers to make the group known.
        wait_for(lambda: max(job.manifests(), default=0) >= 5, 30, "the first checkpoints", process)
        first, start, start_cpu_s = max(job.manifests()), time.monotonic(), cpu_s(process)
        time.sleep(5)
        epochs, elapsed_s = max(job.manifests()) - first, time.monotonic() - start
        used = (cpu_s(process) - start_cpu_s) / elapsed_s
        job.kill(process)
        print(f"        {epochs / elapsed_s:.1f} epochs/s at an interval of {INTERVAL_MS} ms, {used:.2f} cores",
              flush=True)
        feeder.finish()
        job.run_to_end()
        job.check()
        assert epochs > 25, f"{epochs} epochs in {elapsed_s:.1f} s"


@case("kafka")
def a_job_without_rows_costs_no_transactions(broker, dice):
    """What it has read last is committed for monitors all the same, and what comes later is seen."""
    with CopyJob(broker, "resting", interval="20ms", idle_interval="1h") as job:
        process = job.start(stop="never")
        for round in range(3):
            job.feed_numbers(range(round * 30, round * 30 + 30))
            wait_for(lambda: len(job.numbers()) == round * 30 + 30, 30, "the numbers are through", process)
            wait_for(lambda: set(broker.committed("resting", job.source).values()) == {(round + 1) * 10}, 30,
                     "monitors know", process)
            time.sleep(1)
            last, written = max(job.manifests()), written_by_brokers(broker)
            time.sleep(2)
            assert max(job.manifests()) == last, f"there were epochs after {last}"
            assert written_by_brokers(broker) == written, "the brokers wrote something"
        job.drain(process)
        job.check(range(90))


def written_by_brokers(broker):
    """Ends of the topics in which brokers keep offsets and transactions."""
    return [sorted(broker.end_offsets(topic).items()) for topic in ("__consumer_offsets", "__transaction_state")]


def cpu_s(process):
    """Processor time that a running process has used, in seconds."""
    with open(f"/proc/{process.pid}/stat") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
