"""kc: the running count of each Nexmark auction's bids, an output row for every bid."""

import subprocess

from engine import BUILD, OUT, Run, totals
from report import Rounds

PIPELINE = """
job: kc
parallelism: {parallelism}
checkpoint: {checkpoint}
plugins: {{ directories: [./plugins], on_new_version: hold }}
steps:
  - {{ id: bids, source: nexmark, config: {{ events: {events}, columns: [auction] }} }}
  - {{ id: counts, from: bids, key_by: [auction], operator: nexmark.count_by_auction }}
  - {{ id: sum, from: counts, operator: nexmark.checksum, config: {{ columns: [auction, count] }} }}
  - {{ id: drop, from: sum, to: blackhole }}
"""
CHECKPOINTS = {
    "": "{ guarantee: none }",
    ", checkpoint each 1 s": '{ interval: 1s, storage: "file://./checkpoints", guarantee: exactly_once }',
}


def by_hand(events: int, threads: int) -> dict:
    output = subprocess.run([OUT / "kc", str(events), str(threads)], check=True, capture_output=True, text=True).stdout
    _, done, _, rate, cpu, rss, rows, checksum = output.split("\t")
    return {"events": int(done), "rate": float(rate), "cpu": float(cpu), "rss": float(rss),
            "result": (int(rows), int(checksum))}


def by_engine(events: int, parallelism: int, checkpoint: str) -> dict:
    pipeline = PIPELINE.format(parallelism=parallelism, events=events, checkpoint=checkpoint)
    usage = Run(pipeline, [BUILD / "plugins" / "libnexmark.so"]).finish()
    found = totals(usage.log)
    return {"rate": events / found["seconds"], "cpu": usage.cpu_s / events * 1e6, "rss": usage.peak_rss_mb,
            "result": (found["rows"], found["checksum"])}


def run(rounds: int, events: int) -> None:
    """Results must agree: a wrong count is an error, not a figure."""
    events = events // 100 * 100
    figures, result = Rounds(), None
    for index in range(rounds):
        print(f"round {index + 1}, {events:,} events", flush=True)
        runs = {f"by hand, {n} thread{'s' * (n > 1)}": (lambda n=n: by_hand(events, n)) for n in (1, 2)}
        for name, checkpoint in CHECKPOINTS.items():
            for workers in (1, 2):
                runs[f"millrace, {workers} worker{'s' * (workers > 1)}{name}"] = (
                    lambda w=workers, c=checkpoint: by_engine(events, w, c))
        for name, measure in runs.items():
            found = measure()
            result = result or found["result"]
            if found["result"] != result:
                raise RuntimeError(f"{name}: rows and checksum {found['result']}, expected {result}")
            figures.add(name, events_per_s=found["rate"], cpu_s_per_million=found["cpu"], peak_rss_mb=found["rss"])
    figures.print_medians()
    for workers in (1, 2):
        plural = "s" * (workers > 1)
        hand, engine = f"by hand, {workers} thread{plural}", f"millrace, {workers} worker{plural}"
        figures.print_ratio(f"events/s by hand over millrace, {workers} thread{plural}", hand, engine, "events_per_s")
        figures.print_ratio(f"CPU of millrace over by hand, {workers} thread{plural}", engine, hand, "cpu_s_per_million")
        figures.print_ratio(
            f"events/s with checkpoints over without, {workers} worker{plural}", engine + ", checkpoint each 1 s",
            engine, "events_per_s")
