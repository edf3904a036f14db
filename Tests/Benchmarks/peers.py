"""Another engine's programs on the same stream, where there are some.

MILLRACE_PEERS_HOME names a directory with `flink/run.sh WORKLOAD PARALLELISM EVENTS`, which prints

    WORKLOAD PARALLELISM EVENTS SECONDS EVENTS_PER_SECOND PEAK_RSS_MB

and on standard error a line `# out=ROWS sum=CHECKSUM … cpu_s=CPU_SECONDS …`. State and checkpoints go to $BENCH_DIR.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

HOME = os.environ.get("MILLRACE_PEERS_HOME")
NAME = "Flink"
TIMEOUT_S = 600


def is_there() -> bool:
    return bool(HOME) and (Path(HOME) / "flink" / "run.sh").exists()


def run(workload: str, parallelism: int, events: int) -> dict:
    """One run; an error if it ends otherwise than well."""
    environment = dict(os.environ, BENCH_DIR=tempfile.gettempdir())
    done = subprocess.run(
        [Path(HOME) / "flink" / "run.sh", workload, str(parallelism), str(events)], capture_output=True, text=True,
        timeout=TIMEOUT_S, env=environment)
    fields = done.stdout.split()
    totals = re.findall(r"# out=(\d+) sum=(-?\d+) .*?cpu_s=([\d.]+)", done.stderr)
    if done.returncode != 0 or len(fields) != 6 or not totals:
        raise RuntimeError(f"{NAME} failed on {workload}:\n{done.stderr[-2000:]}")
    rows, checksum, cpu_s = totals[-1]
    return {"events": int(fields[2]), "events_per_s": float(fields[4]),
            "cpu_s_per_million": float(cpu_s) / int(fields[2]) * 1e6, "peak_rss_mb": float(fields[5]),
            "result": (int(rows), int(checksum))}
