"""A job that runs for long at full rate while its keys come and go: what it uses must not grow.

    scripts/soak [MINUTES] [memory|rocksdb]     30 minutes with rocksdb by default

Prints a line every few seconds, and fails unless the last third of the run is level with the one before it.
"""

import os
import sys
import time
from dataclasses import astuple, dataclass, fields

from jobs import Job, wait_for
from ledger_job import build, state_setting

# One split: if one of two were read faster, timers of what it is ahead would be more and more.
SOAK = """
state: {{ {state} }}
steps:
  - {{ id: bids, source: nexmark, splits: 1, config: {{ events: 1000000000000, columns: [auction, bidder] }} }}
  - id: ledger
    from: bids
    key_by: [auction]
    operator: test.ledger
    config: {{ key: auction, n: bidder }}
  - {{ id: drop, from: ledger, to: blackhole }}
"""
TTL_MS = 3000
MIB = 1 << 20


class NoBroker:
    """In place of a broker, for a job that needs none."""

    bootstrap = "127.0.0.1:1"


@dataclass
class Sample:
    """What the job uses at a moment. Sizes are in MiB."""

    time_s: float
    events: int
    resident: float
    state: float
    scratch: float
    files: int
    runs: int


# What a level may rise by from the middle third to the last: a share, and a size below which it does not matter.
SLACK = {"resident": (0.15, 16), "state": (0.3, 16), "scratch": (0.3, 16), "files": (0.2, 10), "runs": (0.3, 10)}


def tree_size(path):
    """Bytes of all files in a directory, which may be changing."""
    total = 0
    for place, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                pass  # Removed meanwhile.
    return total


def sample(job, process, start):
    place = job.storage / job.name
    with open(f"/proc/{process.pid}/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Sample(
        time_s=time.monotonic() - start, events=events(job), resident=resident / MIB,
        state=tree_size(place / "state") / MIB, scratch=tree_size(place / "scratch") / MIB,
        files=len(os.listdir(f"/proc/{process.pid}/fd")), runs=len(os.listdir(place / "state")))


def events(job):
    """How many events the newest checkpoint has read."""
    manifests = job.manifests()
    return sum(split["next"] for split in manifests[max(manifests)]["splits"])


def mean(samples, name):
    return sum(getattr(one, name) for one in samples) / len(samples)


def rate(samples):
    """Events in a second."""
    return (samples[-1].events - samples[0].events) / (samples[-1].time_s - samples[0].time_s)


def check_level(samples):
    """Compares the last third of the samples with the one before."""
    third = len(samples) // 3
    assert third >= 3, f"only {len(samples)} samples"
    middle, last = samples[-2 * third:-third], samples[-third:]
    # What is kept is what was read within the time to live: more of it if the machine has become faster.
    faster = max(1.0, rate(last) / max(1.0, rate(middle)))
    for name, (share, least) in SLACK.items():
        before, after = mean(middle, name), mean(last, name)
        assert after <= before * faster * (1 + share) + least, (
            f"{name} grows: {before:.1f} on average in the middle third, {after:.1f} in the last")
    assert last[-1].events > last[0].events, "no events were read in the last third"


def soak(broker, minutes, store, tell=print, **settings):
    """Runs the job for that long. Gives the samples."""
    every_s = max(2.0, minutes * 60 / 90)
    setting = {"state": state_setting(store, memory="64MiB"), "interval": "500ms", "key_groups": 128, **settings}
    with Job(broker, f"soak-{store}", SOAK, **setting) as job:
        job.install(build(TTL_MS=TTL_MS, LAST_TTL_MS=TTL_MS), "ledger.so")
        process, samples = job.start(), []
        wait_for(job.manifests, 60, "a first checkpoint", process)
        start = time.monotonic()
        tell("  ".join(f"{field.name:>12}" for field in fields(Sample)))
        while time.monotonic() < start + minutes * 60:
            time.sleep(every_s)
            assert process.poll() is None, f"the engine ended with exit code {process.returncode}"
            samples.append(sample(job, process, start))
            tell("  ".join(f"{value:>12,.1f}" if isinstance(value, float) else f"{value:>12,}"
                           for value in astuple(samples[-1])))
        job.drain(process)
        check_level(samples)
        return samples


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    store = sys.argv[2] if len(sys.argv) > 2 else "rocksdb"
    soak(NoBroker(), minutes, store, lambda line: print(line, flush=True))
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
