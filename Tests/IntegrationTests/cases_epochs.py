"""Epochs as short as they get."""

import os
import time

from flights_job import FlightsJob
from jobs import wait_for
from registry import case

INTERVAL_MS = 20


@case("kafka")
def epochs_of_20_ms_are_exactly_once(broker, dice):
    with FlightsJob(broker, "short-epochs", count=100_000, interval=f"{INTERVAL_MS}ms") as job:
        feeder = job.feed_flights(rows_per_s=15_000)
        process = job.start(stop="never")
        wait_for(job.manifests, 30, "a first checkpoint", process)
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


def cpu_s(process):
    """Processor time that a running process has used, in seconds."""
    with open(f"/proc/{process.pid}/stat") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
