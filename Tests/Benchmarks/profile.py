"""Where the time of a workload goes: `python Tests/Benchmarks/profile.py WORKLOAD... [--events N] [--tops N]`.

Takes sampled stacks of the engine with perf and says which share of them was spent in which part of it. A sample
belongs to the part of its innermost frame that tells one: memory copied or allocated counts where it was wanted.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import engine
from workloads import TABLE

FREQUENCY_HZ = 999
# The first that matches a frame decides. Swift's names are matched as the linker has them.
PARTS = [
    ("generator", r"^(fill\w*|nexmark_(draw|keys|zipf|people|pools|bids)\w*|poll|exp|log|log1p|expm1|__\w*(exp|log)\w*) \(.*(scratch|plugins|libm|[0-9a-f]{64}\.so)"),
    ("plugin's operators", r"\([^)]*([0-9a-f]{64}|libnexmark)\.so\)$"),
    ("checkpoint", r"13Checkpointing|5State3Run|RunWriter|RunMerger|KeyedDelta|ChangeMap|EVP_|sha256|SHA256|SnapshotWriter"),
    ("cold store: compaction and flushes", r"^thread rocksdb:"),
    ("cold store: writes", r"MemTable::Add|InlineSkipList|WriteBatch|DBImpl::Write|rocksdb_write|evict|retire"),
    ("cold store: reads", r"rocksdb|12StateRocksDB|RocksCold|ColdFilter|fetch|5State\w*Cold"),
    ("key table", r"8KeyTable|resolve"),
    ("state cells", r"5State"),
    ("keys: encode, hash, cut", r"KeyEncoder|KeyPartitioner|keyHash"),
    ("exchange", r"8Columnar4take|takeColumn|takeFixed|Exchange|SpscRing|OwnedArray"),
    ("batch checks", r"ViewCheck|ArrayCheck|BatchError|7checked|8admitted"),
    ("event time", r"SourceRuntimeC4emit|SplitWatermarks"),
    ("worker's loop", r"8Dataflow|10PluginHost|Mailbox"),
]
RULES = [(name, re.compile(pattern)) for name, pattern in PARTS]


def part_of(thread: str, frames: list[str]) -> str:
    for frame in [f"thread {thread}"] * thread.startswith("rocksdb") + frames:
        for name, rule in RULES:
            if rule.search(frame):
                return name
    return "kernel" if frames and "[kernel" in frames[0] else "other"


def samples(text: str):
    """The stacks of `perf script`: the thread's name, then "symbol (object)", innermost first."""
    for stack in text.split("\n\n"):
        head, *lines = stack.strip("\n").splitlines() or [""]
        if lines:
            yield head.strip(), [line.strip().partition(" ")[2] for line in lines]


def record(workload, parallelism: int, data: Path) -> str:
    """A run under perf; the stacks as text."""
    directory = engine.OUT / "disk" if workload.on_disk else None
    prefix = ["perf", "record", "-q", "-F", str(FREQUENCY_HZ), "-g", "-o", str(data), "--"]
    plugin = engine.BUILD / "plugins" / "libnexmark.so"
    run = engine.Run(workload.pipeline(parallelism), [plugin], directory=directory, prefix=prefix)
    run.finish(1800)
    return subprocess.run(
        ["perf", "script", "-i", data, "-F", "comm,ip,sym,dso"], capture_output=True, text=True, check=True).stdout


def show(name: str, text: str, tops: int) -> dict[str, float]:
    """Prints the parts' shares in percent, with the most frequent functions of each; gives the shares."""
    parts, leaves = Counter(), Counter()
    for thread, frames in samples(text):
        part = part_of(thread, frames)
        parts[part] += 1
        leaves[part, frames[0]] += 1
    total = sum(parts.values())
    print(f"{name}: {total:,} samples")
    for part, count in parts.most_common():
        print(f"  {100 * count / total:5.1f} %  {part}")
        for (_, frame), number in [item for item in leaves.most_common() if item[0][0] == part][:tops]:
            print(f"           {100 * number / total:5.1f} %  {frame[:140]}")
    return {part: 100 * count / total for part, count in parts.items()}


def markdown(shares: dict[str, dict[str, float]]) -> str:
    """A column for each workload, a row for each part that takes a hundredth somewhere."""
    parts = [name for name, _ in PARTS] + ["kernel", "other"]
    lines = ["| part | " + " | ".join(shares) + " |", "|---|" + "---:|" * len(shares)]
    for part in parts:
        values = [of.get(part, 0) for of in shares.values()]
        if max(values) >= 1:
            lines.append(f"| {part} | " + " | ".join(f"{value:.0f}" if value >= 0.5 else "" for value in values) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [workload.name for workload in TABLE]
    parser.add_argument("workload", nargs="+", choices=names)
    parser.add_argument("--parallelism", type=int, default=2)
    parser.add_argument("--events", type=int, help="instead of the workload's own number")
    parser.add_argument("--tops", type=int, default=0, help="of each part, its most frequent functions")
    options = parser.parse_args()
    if subprocess.run(["sh", "-c", "command -v perf"], capture_output=True).returncode != 0:
        sys.exit("perf is not there: install Linux's perf, and allow it (kernel.perf_event_paranoid)")
    engine.build()
    shares = {}
    with tempfile.TemporaryDirectory() as directory:
        for workload in TABLE:
            if workload.name in options.workload:
                workload = replace(workload, events=options.events or workload.events)
                text = record(workload, options.parallelism, Path(directory) / "perf.data")
                shares[workload.name] = show(workload.name, text, options.tops)
    print(markdown(shares))


if __name__ == "__main__":
    main()
