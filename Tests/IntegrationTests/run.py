"""Integration tests: whole jobs on whole brokers.

    python run.py [-k WORD]… [--seed N] [--workers N] [--list]

Ends with a count. Real Kafka is used where MILLRACE_KAFKA_HOME names one; its cases are skipped elsewhere. Several
processes take one case after another, since most cases wait most of the time. Those of one process share one broker of
each kind unless they harm it. Cases of a cluster come last, one at a time and beside one other, and mend what they harm.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from itertools import chain

from brokers import DevelopmentBroker, RealKafka
from cluster import RealCluster
from registry import CASES, Skip
from secure_broker import SecureKafka

import cases_apicurio  # noqa: F401  (each registers its cases)
import cases_brokers  # noqa: F401
import cases_clusters  # noqa: F401
import cases_damage  # noqa: F401
import cases_disk  # noqa: F401
import cases_drift  # noqa: F401
import cases_epochs  # noqa: F401
import cases_faults  # noqa: F401
import cases_file_sink  # noqa: F401
import cases_files  # noqa: F401
import cases_formats  # noqa: F401
import cases_framing  # noqa: F401
import cases_inspection  # noqa: F401
import cases_java  # noqa: F401
import cases_letters  # noqa: F401
import cases_lines  # noqa: F401
import cases_kills  # noqa: F401
import cases_messages  # noqa: F401
import cases_owners  # noqa: F401
import cases_plugins  # noqa: F401
import cases_reading  # noqa: F401
import cases_rows  # noqa: F401
import cases_schema_formats  # noqa: F401
import cases_schemas  # noqa: F401
import cases_security  # noqa: F401
import cases_starts  # noqa: F401
import cases_sinks  # noqa: F401
import cases_state  # noqa: F401
import cases_status  # noqa: F401
import cases_transactions  # noqa: F401


class Brokers:
    """One running broker of each kind, and those that a case has for itself."""

    def __init__(self, home):
        self.home, self.shared, self.running = home, {}, []

    def get(self, case):
        if case.own is None and case.kind in self.shared:
            return self.shared[case.kind]
        if case.kind == "cluster":
            broker = RealCluster(self.home)
        elif case.kind == "kafka":
            broker = RealKafka(self.home, proxied=case.own == "proxied")
        elif case.kind == "secure":
            broker = SecureKafka(self.home)
        else:
            broker = DevelopmentBroker()
        self.running.append(broker)
        if case.own is None:
            self.shared[case.kind] = broker
        return broker

    def drop(self, broker):
        """Stops a broker: it was a case's own, or a failed case may have harmed it."""
        self.running.remove(broker)
        self.shared = {kind: other for kind, other in self.shared.items() if other is not broker}
        broker.stop()

    def stop(self):
        for broker in list(self.running):
            self.drop(broker)


def run(case, brokers, seed):
    """Runs a case; gives "passed", "failed" or "skipped"."""
    if case.kind in ("kafka", "secure", "cluster") and not brokers.home:
        print(f"SKIPPED {case.name}: MILLRACE_KAFKA_HOME is not set", flush=True)
        return "skipped"
    start, broker, outcome = time.monotonic(), None, "failed"
    try:
        broker = brokers.get(case)
        case.function(broker, random.Random(f"{seed} {case.name}"))
        outcome = "passed"
        print(f"ok      {case.name} ({time.monotonic() - start:.0f} s)", flush=True)
    except Skip as reason:
        outcome = "skipped"
        print(f"SKIPPED {case.name}: {reason}", flush=True)
    except Exception:
        print(f"FAILED  {case.name} (--seed {seed})\n{traceback.format_exc()}", flush=True)
    if broker and (case.own or outcome == "failed"):
        brokers.drop(broker)
    return outcome


def run_all(cases, seed) -> list[str]:
    """Runs the cases that come; what became of them."""
    # Ends the brokers and engines too: SystemExit runs every `finally` and `with`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    brokers, outcomes = Brokers(os.environ.get("MILLRACE_KAFKA_HOME")), []
    try:
        for case in cases:
            outcomes.append(run(case, brokers, seed))
    finally:
        brokers.stop()
    return outcomes


class Queue:
    """Cases that several processes take, one after another."""

    def __init__(self, context, cases):
        self.cases, self.next = cases, context.Value("i", 0)

    def take(self, spared=0):
        """Each case is given to one process only; the last `spared` ones are left to others."""
        while True:
            with self.next.get_lock():
                index = self.next.value
                if index >= len(self.cases) - spared:
                    return
                self.next.value += 1
            yield self.cases[index]


def rounds(context, cases, count):
    """What each of `count` processes is to take, in turn."""
    alone = Queue(context, [case for case in cases if case.kind == "cluster"])
    beside = Queue(context, [case for case in cases if case.kind != "cluster"])
    if count == 1:
        return [chain(beside.take(), alone.take())]
    # A case of a cluster takes about as long as two others, and one of those at a time goes on beside it.
    spared = min(2 * len(alone.cases), len(beside.cases))
    return [
        beside.take(), chain(beside.take(spared), alone.take(), beside.take()),
        *(beside.take(spared) for _ in range(count - 2))]


def work(cases, seed, outcomes) -> None:
    """What a process does that takes cases beside others."""
    outcomes.put(run_all(cases, seed))


def run_beside(cases, count, seed) -> list[str]:
    """Runs cases in `count` processes, each with brokers of its own."""
    # None of them has threads yet; a fork knows the cases.
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=work, args=(mine, seed, results)) for mine in rounds(context, cases, count)]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    outcomes = [outcome for worker in workers if worker.exitcode == 0 for outcome in results.get(timeout=10)]
    # A process that has died takes its outcomes with it.
    return outcomes + ["failed"] * (len(cases) - len(outcomes))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", metavar="WORD", action="append", default=[], help="only cases with WORD in their name")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--workers", type=int, default=3, help="how many cases run at a time (default 3)")
    parser.add_argument("--list", action="store_true", help="print the cases' names and end")
    options = parser.parse_args()
    cases = [case for case in CASES if all(word in case.name for word in options.k)]
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    print(f"seed {options.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    outcomes = run_beside(cases, options.workers, options.seed)
    passed, failed, skipped = (outcomes.count(word) for word in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
