"""What is measured on Nexmark's stream: pipelines for the engine, and the same work by hand and in a peer."""

from dataclasses import dataclass

PIPELINE = """
job: bench
parallelism: {parallelism}
checkpoint: {checkpoint}
{state}
plugins: {{ directories: [./plugins], on_new_version: hold }}
steps:
  - {{ id: bids, source: nexmark, config: {{ events: {events}{source} }} }}
{steps}
  - {{ id: sum, from: {last}, operator: nexmark.checksum, config: {{ columns: [{sums}], skip_events: {skip} }} }}
  - {{ id: drop, from: sum, to: blackhole }}
"""
NO_CHECKPOINT = "{ guarantee: none }"
EACH_SECOND = '{ interval: 1s, storage: "file://./checkpoints", guarantee: exactly_once }'


@dataclass(frozen=True)
class Workload:
    """One row of the table. What runs have the same `result` and number of events must come to the same totals."""

    name: str
    what: str
    events: int
    steps: str = ""
    source: str = ""
    sums: str = "price"
    checkpoint: str = NO_CHECKPOINT
    state: str = ""
    skip: int = 0
    result: str = ""
    by_hand: str = ""
    peer: str = ""
    peer_events: int = 0
    on_disk: bool = False

    def pipeline(self, parallelism: int) -> str:
        steps = "\n".join("  - " + line for line in self.steps.strip().splitlines())
        last = self.steps.strip().splitlines()[-1].split("id: ")[1].split(",")[0] if self.steps else "bids"
        return PIPELINE.format(
            parallelism=parallelism, checkpoint=self.checkpoint, state=self.state, events=self.events,
            source=", " + self.source if self.source else "", steps=steps, last=last, sums=self.sums, skip=self.skip)


def filled(keys: int) -> int:
    """Events until each of `keys` keys has had its first bid: 46 of 50 are bids, and blocks of 50 are whole."""
    return -(-keys // 46) * 50


def counts(key: str) -> str:
    return f"{{ id: counts, from: bids, key_by: [{key}], operator: nexmark.count_by_{key} }}"


def rocksdb(memory: str) -> str:
    return f"state: {{ store: rocksdb, memory: {memory}, directory: ./state }}"


UNIFORM = "columns: [key], key: uniform, keys: 1000000"
# What `hand` is called with for a workload.
BY_HAND = {name: (name,) for name in ("q0", "q1", "q2", "kc")}
BY_HAND["ku"] = ("ku", '"key":"uniform","keys":1000000')
ZIPF_KEYS = 100_000_000
ZIPF = f"columns: [key], key: zipf, keys: {ZIPF_KEYS}, exponent: 0.99, each_key_first: true"
M = 1_000_000

TABLE = [
    Workload("q0", "bids pass through", 400 * M, by_hand="q0", peer="q0", peer_events=400 * M),
    Workload("q1", "prices in euro", 400 * M,
             steps="{ id: euro, from: bids, operator: nexmark.currency }",
             by_hand="q1", peer="q1", peer_events=350 * M),
    Workload("q2", "auctions divisible by 123", 400 * M,
             steps="{ id: kept, from: bids, operator: nexmark.filter_auction }", sums="auction, price",
             by_hand="q2", peer="q2", peer_events=400 * M),
    Workload("rows", "whole bids to the worker of their auction, counted there", 20 * M,
             steps=counts("auction"), sums="auction, count", state="state: { memory: 192MiB }", result="kc",
             peer="q0_rebalance", peer_events=30 * M),
    Workload("kc", "running count by auction, in memory", 50 * M, source="columns: [auction]",
             steps=counts("auction"), sums="auction, count", checkpoint=EACH_SECOND,
             state="state: { memory: 384MiB }", result="kc", by_hand="kc", peer="kc_heap", peer_events=50 * M),
    Workload("kc_disk", "the same, state on disk", 50 * M, source="columns: [auction]",
             steps=counts("auction"), sums="auction, count", checkpoint=EACH_SECOND, state=rocksdb("256MiB"),
             result="kc", by_hand="kc", peer="kc_rocks", peer_events=5 * M),
    Workload("ku", "running count by one of 1,000,000 keys, in memory", 100 * M, source=UNIFORM,
             steps=counts("key"), sums="key, count", checkpoint=EACH_SECOND, result="ku",
             by_hand="ku", peer="ku_heap", peer_events=20 * M),
    Workload("ku_disk", "the same, a tenth of the state in memory", 5 * M, source=UNIFORM,
             steps=counts("key"), sums="key, count", checkpoint=EACH_SECOND, state=rocksdb("16MiB"),
             result="ku", by_hand="ku", peer="ku_rocks", peer_events=2_500_000),
    Workload("zipf_disk", "running count by one of 100,000,000 keys, Zipf 0.99, state on disk",
             filled(ZIPF_KEYS) + 50 * M, source=ZIPF, steps=counts("key"), sums="key, count",
             checkpoint=EACH_SECOND, state=rocksdb("768MiB"), skip=filled(ZIPF_KEYS), result="zipf", on_disk=True),
]
