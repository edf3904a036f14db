"""One run of a workload: by the engine, and by hand. Each gives the same figures."""

import subprocess
from pathlib import Path

from engine import BUILD, OUT, Run, totals

PLUGIN = BUILD / "plugins" / "libnexmark.so"


def by_engine(workload, parallelism: int, directory: Path | None = None) -> dict:
    """Figures of the time that nexmark.checksum's clock ran; peak RSS of the whole run."""
    usage = Run(workload.pipeline(parallelism), [PLUGIN], directory=directory).finish(1800)
    found = totals(usage.log)
    events = workload.events * found["timed_rows"] / found["rows"]
    return {"events": workload.events, "events_per_s": events / found["seconds"],
            "cpu_s_per_million": found["cpu_seconds"] / events * 1e6, "peak_rss_mb": usage.peak_rss_mb,
            "result": (found["rows"], found["checksum"])}


def by_hand(program: tuple, events: int, threads: int) -> dict:
    output = subprocess.run(
        [OUT / "hand", program[0], str(events), str(threads), *program[1:]], check=True, capture_output=True,
        text=True).stdout
    _, done, _, rate, cpu, rss, rows, checksum = output.split("\t")
    return {"events": int(done), "events_per_s": float(rate), "cpu_s_per_million": float(cpu),
            "peak_rss_mb": float(rss), "result": (int(rows), int(checksum))}
