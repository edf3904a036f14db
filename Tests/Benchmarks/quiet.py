"""Whether the machine was left alone: waits for it, and tells of each run what others did meanwhile."""

import os
import resource
import time

IDLE_SHARE = 0.9
# A run is quiet if others kept less than this of a core busy.
QUIET_CORES = 0.15


def busy_s() -> float:
    """CPU seconds of the whole machine so far, stolen ones too."""
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def own_s() -> float:
    """CPU seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def wait(limit_s: float) -> None:
    """Returns when the machine was idle for a second, or after `limit_s`."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        before = busy_s()
        time.sleep(1)
        if busy_s() - before < (1 - IDLE_SHARE) * os.cpu_count():
            return


def watched(measure) -> dict:
    """What `measure` gives, and `others_cores`: how many cores others kept busy meanwhile."""
    start, busy, own = time.monotonic(), busy_s(), own_s()
    found = measure()
    others = busy_s() - busy - (own_s() - own)
    return {**found, "others_cores": max(0.0, others / (time.monotonic() - start))}
