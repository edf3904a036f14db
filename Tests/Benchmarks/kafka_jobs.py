"""Jobs from topic to topic, exactly once, for the Kafka benchmarks."""

import re
from datetime import datetime
from pathlib import Path

from engine import BUILD, OUT, Run

PLUGINS = [OUT / "libbench_count.so", BUILD / "plugins" / "libbytes.so", BUILD / "plugins" / "libjson.so",
           BUILD / "plugins" / "libutf8.so"]
HEAD = """
job: {job}
parallelism: {parallelism}
checkpoint: {{ interval: {interval}, storage: "file://./checkpoints", guarantee: exactly_once }}
state: {{ store: {store}, memory: {memory}, directory: ./state }}
metrics: {{ file: ./millrace.prom, interval: 1s }}
plugins: {{ directories: [./plugins], on_new_version: hold }}
connections: {{ kafka: {{ bootstrap.servers: "{bootstrap}" }} }}
"""
BYTES = """
topics:
  {source}:
    key: {{ serde: bytes, field: key, type: binary }}
    value: {{ serde: bytes, fields: {{ value: binary }} }}
  {target}:
    key: {{ serde: bytes, field: key }}
    value: {{ serde: bytes, fields: {{ {written}: binary }} }}
steps:
  - {{ id: in, from_topic: {source}, start: earliest, stop: {stop} }}
"""
# What is between the first step and the last, and the column that becomes the value.
STEPS = {
    "pass": ("value", "  - {{ id: out, from: in, to_topic: {target} }}\n"),
    "count": ("count", "  - {{ id: count, from: in, key_by: [key], operator: bench.count }}\n"
                       "  - {{ id: out, from: count, to_topic: {target} }}\n"),
}
FLIGHT = """{{ tailnum: "utf8?", carrier: utf8, flight: int32, origin: utf8, dest: utf8,
        scheduled_departure: "timestamp[us, UTC]", departure_delay: "int32?", arrival_delay: "int32?" }}"""
FLIGHTS = """
topics:
  {source}:
    value: {{ serde: json, fields: """ + FLIGHT + """ }}
  {target}:
    key: {{ serde: utf8, field: tailnum }}
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: earliest, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""
TIMED = re.compile(r"^(\S+Z) \w+ job: (first rows read|finished)", re.MULTILINE)


def pipeline(broker, what: str, source: str, target: str, job: str, **settings) -> str:
    """`what`: pass, count or flights."""
    settings = {"parallelism": 1, "interval": "1s", "store": "memory", "memory": "512MiB", "stop": "end", **settings}
    if what == "flights":
        text = HEAD + FLIGHTS
    else:
        settings["written"], steps = STEPS[what]
        text = HEAD + BYTES + steps
    return text.format(job=job, bootstrap=broker.bootstrap, source=source, target=target, **settings)


def seconds_at_work(log: str) -> float:
    """From the first rows to the commit of the last."""
    moments = {what: datetime.fromisoformat(time.replace("Z", "+00:00")) for time, what in TIMED.findall(log)}
    if len(moments) != 2:
        raise RuntimeError(f"the log does not tell when rows were read and when all was committed:\n{log[-2000:]}")
    return (moments["finished"] - moments["first rows read"]).total_seconds()


def start(broker, what: str, source: str, target: str, job: str, **settings) -> Run:
    return Run(pipeline(broker, what, source, target, job, **settings), PLUGINS, ["--log-level", "debug"])


def measure(broker, what: str, source: str, target: str, job: str, rows: int, **settings) -> dict:
    """One run over all that is in `source`, into a new topic. CPU seconds are the whole process's, start and end included."""
    usage = start(broker, what, source, target, job, **settings).finish()
    # Markers of transactions take offsets too.
    if sum(broker.end_offsets(target).values()) < rows:
        raise RuntimeError(f"{job} wrote less than {rows} rows")
    return {"rows": rows, "rows_per_s": rows / seconds_at_work(usage.log),
            "cpu_s_per_million": usage.cpu_s / rows * 1e6, "peak_rss_mb": usage.peak_rss_mb}


def metric(directory: Path, name: str) -> float:
    """The value of a metric that a running job has written last."""
    for line in (directory / "millrace.prom").read_text().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise RuntimeError(f"{directory}/millrace.prom has no {name}")
