"""table: every workload by the engine, by hand and, where there is one, by a peer; results compared."""

import os
from pathlib import Path
from statistics import median

import peers
import quiet
from engine import OUT
from report import Rounds, machine
from systems import by_engine, by_hand
from workloads import BY_HAND, TABLE


class Results:
    """The totals that runs came to. The first of a kind sets what the others must come to."""

    def __init__(self):
        self.known: dict[tuple, tuple] = {}

    def check(self, kind: tuple, result: tuple, who: str) -> None:
        if self.known.setdefault(kind, result) != result:
            raise RuntimeError(f"{who}: rows and checksum {result}, expected {self.known[kind]}")


def runs(workload, parallelism: int) -> dict:
    """What to run of a workload, by system."""
    disk = Path(os.environ.get("MILLRACE_BENCH_DISK", OUT / "disk")) if workload.on_disk else None
    measures = {"millrace": lambda: by_engine(workload, parallelism, disk)}
    if workload.by_hand:
        measures["by hand"] = lambda: by_hand(BY_HAND[workload.by_hand], workload.events, parallelism)
    if workload.peer and peers.is_there():
        measures[peers.NAME] = lambda: peers.run(workload.peer, parallelism, workload.peer_events)
    return measures


def peer_query(workload) -> str:
    """What a peer's workload comes to: a rebalance of query 0, or a count in another store, the same as without."""
    return workload.peer.split("_")[0]


def expect(workload, results: Results) -> None:
    """A peer is held to what is written by hand."""
    if workload.peer and peers.is_there():
        found = by_hand(BY_HAND[peer_query(workload)], workload.peer_events, 1)
        results.check((peer_query(workload), workload.peer_events), found["result"], "by hand")


def one_round(workload, parallelism: int, systems: set, wait_s: float, figures: Rounds, results: Results) -> None:
    for system, measure in runs(workload, parallelism).items():
        if systems and system not in systems:
            continue
        quiet.wait(wait_s)
        found = quiet.watched(measure)
        kind = peer_query(workload) if system == peers.NAME else workload.result or workload.name
        results.check((kind, found["events"]), found.pop("result"), f"{workload.name}, {system}")
        figures.add((workload.name, system), **found)


def run(rounds: int, only: list, systems: list, parallelism: int, wait_s: float, out: Path) -> None:
    """Interleaved rounds of the chosen workloads; medians as a Markdown table, every run in `out`."""
    chosen = [workload for workload in TABLE if not only or workload.name in only]
    figures, results = Rounds(), Results()
    for workload in chosen:
        expect(workload, results)
    for index in range(rounds):
        print(f"round {index + 1}", flush=True)
        for workload in chosen:
            one_round(workload, parallelism, set(systems or ()), wait_s, figures, results)
            figures.write(out)
    print(machine())
    print(markdown(chosen, figures))


def markdown(chosen, figures: Rounds) -> str:
    """Medians of the quiet runs of each, or of all if none was quiet."""
    lines = ["| workload | system | events | events/s | least to most | CPU s / 1M events | peak RSS MB | runs (quiet) |",
             "|---|---|---:|---:|---|---:|---:|---:|"]
    for workload in chosen:
        for name, system in figures.names():
            if name != workload.name:
                continue
            taken = figures.rows[name, system]
            alone = [run for run in taken if run["others_cores"] < quiet.QUIET_CORES]
            get = lambda figure: median(run[figure] for run in alone or taken)
            rates = [run["events_per_s"] / 1e6 for run in alone or taken]
            lines.append(
                f"| {name} | {system} | {get('events'):,.0f} | {get('events_per_s'):,.0f} | "
                f"{min(rates):.2f} to {max(rates):.2f} M | {get('cpu_s_per_million'):.4f} | "
                f"{get('peak_rss_mb'):,.0f} | {len(taken)} ({len(alone)}) |")
    return "\n".join(lines)
