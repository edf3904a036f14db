"""Every fault of a cluster, at every interval, with the engine killed meanwhile and without: see scripts/faults."""

import argparse
import os
import random
import signal
import sys
import time
import traceback

from cluster import RealCluster
from faults import matrix, play


class Run:
    """Plays cases on one cluster, another one after each failure."""

    def __init__(self, home, seed, is_long):
        self.home, self.seed, self.is_long = home, seed, is_long
        self.cluster, self.start = None, time.monotonic()

    def play(self, name, *case):
        """Whether it passed."""
        start = time.monotonic()
        try:
            self.cluster = self.cluster or RealCluster(self.home)
            play(self.cluster, random.Random(f"{self.seed} {name}"), *case, self.is_long)
            print(f"{start - self.start:5.0f} s  ok      {name} ({time.monotonic() - start:.0f} s)", flush=True)
            return True
        except Exception:
            print(f"{start - self.start:5.0f} s  FAILED  {name} (--seed {self.seed})\n{traceback.format_exc()}", flush=True)
            self.stop()
            return False

    def stop(self):
        if self.cluster:
            self.cluster.stop()
            self.cluster = None


def choose(options):
    cases = [case for case in matrix() if all(word in case[0] for word in options.k)]
    if options.count is None or options.count >= len(cases):
        return cases
    chosen = random.Random(options.seed).sample(range(len(cases)), options.count)
    return [cases[index] for index in sorted(chosen)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", help="how many, chosen by the seed; all unless given")
    parser.add_argument("-k", metavar="WORD", action="append", default=[], help="only cases with WORD in their name")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--short", action="store_true", help="outages as short as in the integration tests")
    parser.add_argument("--list", action="store_true", help="print the cases' names and end")
    options = parser.parse_args()
    cases = choose(options)
    if options.list:
        print("\n".join(case[0] for case in cases))
        return 0
    home = os.environ.get("MILLRACE_KAFKA_HOME")
    if not home:
        sys.exit("MILLRACE_KAFKA_HOME is not set: where is Apache Kafka?")
    print(f"seed {options.seed}", flush=True)
    # Ends brokers and engines too: SystemExit runs every `finally` and `with`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(home, options.seed, is_long=not options.short)
    try:
        passed = sum(run.play(*case) for case in cases)
    finally:
        run.stop()
    print(f"{passed} passed, {len(cases) - passed} failed")
    return 0 if passed == len(cases) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
