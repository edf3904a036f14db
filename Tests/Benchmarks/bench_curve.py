"""curve: what a core does in a second, by how many keys there are and by how large a value is; in memory and on disk.

State is filled with every key before the clock runs, and nothing is checkpointed: what is seen is state alone.
"""

from pathlib import Path
from statistics import median

from engine import OUT
from systems import by_engine
from workloads import Workload, counts, filled, rocksdb

KEYS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
VALUE_SIZES = (1 << 10, 4 << 10, 16 << 10, 64 << 10)
VALUE_KEYS = 10_000
STORES = {"memory": "", "disk": rocksdb("256MiB")}
COLUMNS = ("chart", "store", "parallelism", "x", "events_per_core_s", "events_per_s", "peak_rss_mb")


def by_keys(keys: int, store: str) -> Workload:
    events = {"memory": 50_000_000, "disk": 50_000_000 if keys <= 1_000_000 else 5_000_000}[store]
    return Workload(
        f"{keys:,} keys", "", filled(keys) + events, counts("key"), f"columns: [key], key: uniform, keys: {keys}, each_key_first: true",
        "key, count", state=STORES[store], skip=filled(keys))


def by_value(size: int, store: str) -> Workload:
    """As many events as write 20 GB in memory, 5 GB on disk."""
    written = {"memory": 20 << 30, "disk": 5 << 30}[store]
    return Workload(
        f"values of {size >> 10} KiB", "", filled(VALUE_KEYS) + written // size // 100 * 100,
        f"{{ id: values, from: bids, key_by: [key], operator: nexmark.store_value, config: {{ size: {size} }} }}",
        f"columns: [key], key: uniform, keys: {VALUE_KEYS}, each_key_first: true", "key, count",
        state=STORES[store], skip=filled(VALUE_KEYS))


def points(stores: list, most_keys: int):
    """All that is measured: chart, store, x and workload."""
    for store in stores:
        for keys in KEYS:
            if keys <= most_keys:
                yield "keys", store, keys, by_keys(keys, store)
        for size in VALUE_SIZES:
            yield "values", store, size, by_value(size, store)


def run(rounds: int, stores: list, most_keys: int, out: Path) -> None:
    """Writes `out`: a line for each point, the medians of the rounds. plot.py draws it."""
    found: dict[tuple, list[dict]] = {}
    results: dict[tuple, tuple] = {}
    for index in range(rounds):
        print(f"round {index + 1}", flush=True)
        for chart, store, x, workload in points(stores or list(STORES), most_keys):
            for parallelism in (1, 2):
                figures = by_engine(workload, parallelism, OUT / "disk" if store == "disk" else None)
                kind = (workload.source, workload.events)
                if results.setdefault(kind, figures["result"]) != figures["result"]:
                    raise RuntimeError(f"{workload.name}, {store}: {figures['result']}, expected {results[kind]}")
                found.setdefault((chart, store, parallelism, x), []).append(figures)
                print(f"  {workload.name}, {store}, {parallelism} worker(s): "
                      f"{figures['events_per_s']:,.0f} events/s, {figures['cpu_s_per_million']:.4f} CPU s / 1M, "
                      f"{figures['peak_rss_mb']:,.0f} MB", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w") as file:
        print(*COLUMNS, sep="\t", file=file)
        for point, runs in found.items():
            cpu, rate, rss = (median(r[f] for r in runs) for f in ("cpu_s_per_million", "events_per_s", "peak_rss_mb"))
            print(*point, round(1e6 / cpu), round(rate), round(rss), sep="\t", file=file)
    print(f"written: {out}")
