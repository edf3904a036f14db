"""kc: the running count of each Nexmark auction's bids, an output row for every bid."""

from dataclasses import replace

from report import Rounds
from systems import by_engine, by_hand
from workloads import BY_HAND, EACH_SECOND, NO_CHECKPOINT, TABLE

CHECKPOINTS = {"": NO_CHECKPOINT, ", checkpoint each 1 s": EACH_SECOND}
COUNT = next(workload for workload in TABLE if workload.name == "kc")


def run(rounds: int, events: int) -> None:
    """Results must agree: a wrong count is an error, not a figure."""
    events = events // 100 * 100
    figures, result = Rounds(), None
    for index in range(rounds):
        print(f"round {index + 1}, {events:,} events", flush=True)
        runs = {f"by hand, {n} thread{'s' * (n > 1)}": (lambda n=n: by_hand(BY_HAND["kc"], events, n)) for n in (1, 2)}
        for name, checkpoint in CHECKPOINTS.items():
            workload = replace(COUNT, events=events, checkpoint=checkpoint)
            for workers in (1, 2):
                runs[f"millrace, {workers} worker{'s' * (workers > 1)}{name}"] = (
                    lambda w=workers, what=workload: by_engine(what, w))
        for name, measure in runs.items():
            found = measure()
            result = result or found["result"]
            if found.pop("result") != result:
                raise RuntimeError(f"{name}: other rows or another checksum than {result}")
            figures.add(name, **found)
    figures.print_medians()
    for workers in (1, 2):
        plural = "s" * (workers > 1)
        hand, engine = f"by hand, {workers} thread{plural}", f"millrace, {workers} worker{plural}"
        figures.print_ratio(f"events/s by hand over millrace, {workers} thread{plural}", hand, engine, "events_per_s")
        figures.print_ratio(f"CPU of millrace over by hand, {workers} thread{plural}", engine, hand, "cpu_s_per_million")
        figures.print_ratio(
            f"events/s with checkpoints over without, {workers} worker{plural}", engine + ", checkpoint each 1 s",
            engine, "events_per_s")
