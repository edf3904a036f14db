"""Integration tests: whole jobs on whole brokers. `python run.py [-k WORD] [--seed N]`; ends with a count."""

import argparse
import os
import random
import sys
import time
import traceback

from brokers import DevelopmentBroker, RealKafka

TESTS = []


def test(real=True, development=False):
    """Registers a test for one or both kinds of broker."""

    def register(function):
        kinds = (["kafka"] if real else []) + (["development"] if development else [])
        TESTS.extend((function, kind) for kind in kinds)
        return function

    return register


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="", help="run only tests with this word in their name")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    import cases  # registers the tests

    home = os.environ.get("MILLRACE_KAFKA_HOME")
    passed = failed = skipped = 0
    print(f"seed {options.seed}", flush=True)
    for function, kind in TESTS:
        name = f"{function.__name__} on {kind}"
        if options.k not in name:
            continue
        if kind == "kafka" and not home:
            print(f"SKIPPED {name}: MILLRACE_KAFKA_HOME is not set", flush=True)
            skipped += 1
            continue
        start, broker = time.time(), None
        try:
            broker = RealKafka(home) if kind == "kafka" else DevelopmentBroker()
            function(broker, options.seed)
            passed += 1
            print(f"ok      {name} ({time.time() - start:.0f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {name} (seed {options.seed})\n{traceback.format_exc()}", flush=True)
        finally:
            if broker:
                broker.stop()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed + skipped == 0 else 0


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]
    sys.exit(main())
