"""Programs that the Kafka benchmarks are held against: `kafka-eos` in the directory that MILLRACE_PEERS_HOME names.

- `src/raw.c`: librdkafka alone. `raw BROKERS IN OUT PARTITIONS COMMIT_MS` prints a line
  `name records seconds records_per_s cpu_s_per_million peak_rss_mb …`, separated by tabs.
- `src/Load.java`: `Load BROKERS TOPIC PARTITIONS RECORDS KEYS` fills a topic.
- `src/Latency.java`: `Latency BROKERS IN OUT PARTITIONS RATE SECONDS` prints `… p50=MS p99=MS p99.9=MS …`.
- `src/Streams.java` and `lib/*.jar`: Kafka Streams; prints such a line as `raw` does.

Java's are compiled by `javac`; where there is none, `.build/benchmarks/kafka-eos/*.class` have to be there.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from engine import OUT

HOME = Path(os.environ.get("MILLRACE_PEERS_HOME", "")) / "kafka-eos"
MADE = OUT / "kafka-eos"
# With librdkafka's own limits its fetching stops for a second again and again (README.md).
NEVER_FULL = {"QMIN": "1000000", "QKB": "262144"}


def build() -> None:
    """Compiles the programs."""
    if not (HOME / "src" / "raw.c").exists():
        sys.exit("MILLRACE_PEERS_HOME does not name a directory with kafka-eos/src/raw.c: see Tests/Benchmarks/README.md")
    MADE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-o", MADE / "raw", HOME / "src" / "raw.c", "-lrdkafka"], check=True)
    if shutil.which("javac"):
        sources = sorted((HOME / "src").glob("*.java"))
        subprocess.run(["javac", "-nowarn", "-d", MADE, "-cp", classpath(), *sources], check=True, capture_output=True)
    elif not (MADE / "Load.class").exists():
        sys.exit(f"no javac here: compile {HOME}/src/*.java elsewhere, with -cp {classpath()}, into {MADE}")


def classpath() -> str:
    return f"{MADE}:{HOME}/lib/*:{os.environ['MILLRACE_KAFKA_HOME']}/libs/*"


def java(*words, heap="1g", options=("-XX:+UseParallelGC",), timeout_s=600) -> str:
    return subprocess.run(
        ["java", f"-Xmx{heap}", *options, "-cp", classpath(), *map(str, words)], check=True, capture_output=True,
        text=True, timeout=timeout_s).stdout


def load(broker, topic: str, partitions: int, rows: int, keys=100_000) -> None:
    """Makes a topic of messages of 8 and 100 bytes."""
    broker.create(topic, partitions)
    java("Load", broker.bootstrap, topic, partitions, rows, keys)


def figures(line: str) -> dict:
    _, rows, _, rate, cpu, rss, *_ = line.split("\t")
    return {"rows": int(rows), "rows_per_s": float(rate), "cpu_s_per_million": float(cpu), "peak_rss_mb": float(rss)}


def floor(broker, source: str, target: str, partitions: int, commit_ms: int) -> dict:
    """One run of librdkafka alone."""
    done = subprocess.run(
        [MADE / "raw", broker.bootstrap, source, target, str(partitions), str(commit_ms)], check=True,
        capture_output=True, text=True, env={**os.environ, **NEVER_FULL})
    return figures(done.stdout.strip().splitlines()[-1])


def streams(broker, source: str, target: str, what: str, commit_ms: int, directory: Path) -> dict:
    """One run of Kafka Streams, two threads."""
    output = java("Streams", broker.bootstrap, source, target, what, "exactly_once_v2", commit_ms, 2, directory, heap="2g")
    return figures(output.strip().splitlines()[-1])


def latency(broker, source: str, target: str, partitions: int, rate: int, seconds: int) -> dict:
    """From sending to reading committed rows, in milliseconds, of what copies `source` to `target` meanwhile."""
    output = java("Latency", broker.bootstrap, source, target, partitions, rate, seconds, heap="2g", options=())
    found = re.search(r"seen=(\d+)\tp50=([\d.]+)\tp99=([\d.]+)\tp99.9=([\d.]+)", output)
    if not found:
        raise RuntimeError(f"the latency tool saw no rows: {output}")
    seen, p50, p99, p999 = found.groups()
    return {"rows": int(seen), "p50_ms": float(p50), "p99_ms": float(p99), "p99.9_ms": float(p999)}
