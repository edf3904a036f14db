"""flights: JSON flights from Kafka through the knock-on operator to Kafka, exactly once, beside a mover of bytes."""

import subprocess

import flights_topic
from engine import OUT, Run
from report import Rounds

INTERVAL_MS = 200


def mover(broker, target: str) -> dict:
    output = subprocess.run(
        [OUT / "mover", broker.bootstrap, "flights", target, str(INTERVAL_MS)], check=True, capture_output=True,
        text=True).stdout
    rows, _, rate, cpu, rss, _ = output.split("\t")
    return {"rows": int(rows), "rows_per_s": float(rate), "cpu_s_per_million": float(cpu), "peak_rss_mb": float(rss)}


def engine(broker, rows: int, job: str) -> dict:
    """All rows once. The engine's rate has its start and end in it, the mover's has not."""
    pipeline = flights_topic.pipeline(broker, job, f"{INTERVAL_MS}ms", "end")
    usage = Run(pipeline, flights_topic.plugins()).finish()
    return {"rows": rows, "rows_per_s": rows / usage.seconds, "cpu_s_per_million": usage.cpu_s / rows * 1e6,
            "peak_rss_mb": usage.peak_rss_mb}


def run(broker, rounds: int, least_rows: int) -> None:
    rows = flights_topic.fill(broker, "flights", least_rows)
    broker.create("delays.knock_on", flights_topic.PARTITIONS)
    broker.create("flights.dead", 1)
    figures = Rounds()
    made = 0
    for index in range(rounds):
        print(f"round {index + 1}, {rows:,} rows", flush=True)
        broker.create(f"moved-{index}", flights_topic.PARTITIONS)
        moved = mover(broker, f"moved-{index}")
        if moved["rows"] != rows:
            raise RuntimeError(f"the mover moved {moved['rows']} rows of {rows}")
        figures.add("mover", **moved)
        figures.add("millrace", **engine(broker, rows, f"bench-flights-{index}"))
        alerts = sum(broker.end_offsets("delays.knock_on").values())
        if alerts == made:
            raise RuntimeError("the engine put no alerts out")
        made = alerts
    figures.print_medians()
    figures.print_ratio("CPU of millrace over the mover's", "millrace", "mover", "cpu_s_per_million")
