"""kafka and what goes with it: topic to topic, exactly once, beside librdkafka alone and Kafka Streams."""

import multiprocessing
import os
import signal
import tempfile
import time
from itertools import count
from pathlib import Path

import flights_topic
import kafka_jobs
import kafka_peer
from engine import OUT
from report import Rounds, machine

PARTITIONS = 4
BUDGETS = ["64MiB", "128MiB", "256MiB", "512MiB", "1GiB"]
RATES = [20_000, 100_000]
WARM_UP_ROWS = 4_000_000
NUMBERS = count(1)


def fresh(broker, partitions=PARTITIONS) -> str:
    """A topic that nobody has written yet."""
    topic = f"out-{next(NUMBERS)}"
    broker.create(topic, partitions)
    return topic


def rows_of_table(broker, rows: int, flights: int, parallelism: int, with_streams: bool) -> dict:
    """What to measure in each round, by name."""
    def floor(commit_ms, source="in", partitions=PARTITIONS):
        return kafka_peer.floor(broker, source, fresh(broker, partitions), partitions, commit_ms)

    def job(what, interval, number=rows, partitions=PARTITIONS, source="in", **more):
        return kafka_jobs.measure(
            broker, what, source, fresh(broker, partitions), f"bench-{next(NUMBERS)}", number, interval=interval,
            parallelism=parallelism, **more)

    def streams(what):
        with tempfile.TemporaryDirectory() as directory:
            return kafka_peer.streams(broker, "in", fresh(broker), what, 1000, Path(directory))

    table = {
        "librdkafka alone, 1 s": lambda: floor(1000),
        "pass, 1 s": lambda: job("pass", "1s"),
        "librdkafka alone, 100 ms": lambda: floor(100),
        "pass, 100 ms": lambda: job("pass", "100ms"),
        "count in memory, 1 s": lambda: job("count", "1s"),
        "count with RocksDB, 1 s": lambda: job("count", "1s", store="rocksdb"),
        "flights, librdkafka alone, 1 s": lambda: floor(1000, "flights", flights_topic.PARTITIONS),
        "flights as JSON, 1 s": lambda: job("flights", "1s", flights, flights_topic.PARTITIONS, "flights"),
    }
    if with_streams:
        table.update({f"Streams {what}, 1 s": lambda what=what: streams(what)
                      for what in ("pass", "count-mem", "count-rocks")})
    return table


def apart(work, *arguments):
    """What `work` gives, done by a process of its own: what it takes in memory would else be the least peak of all that
    this one starts."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=lambda: results.put(work(*arguments)))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{work.__name__} ended with exit code {process.exitcode}")
    return results.get(timeout=10)


def run(broker, rounds: int, rows: int, parallelism: int, with_streams: bool) -> None:
    """Interleaved rounds; medians, and every run in kafka.tsv."""
    kafka_peer.build()
    kafka_peer.load(broker, "in", PARTITIONS, rows)
    flights = apart(flights_topic.fill, broker, "flights", rows // 2)
    figures = Rounds()
    table = rows_of_table(broker, rows, flights, parallelism, with_streams)
    for index in range(rounds):
        print(f"round {index + 1}", flush=True)
        for name, measure in table.items():
            figures.add(name, **measure())
            figures.write(OUT / "kafka.tsv")
    print(machine())
    figures.print_medians()
    for name in table:
        alone = "flights, librdkafka alone, 1 s" if "flights" in name else f"librdkafka alone, {name.split(', ')[-1]}"
        if name != alone:
            figures.print_ratio(f"CPU of {name} over {alone}", name, alone, "cpu_s_per_million")
            figures.print_ratio(f"rows/s of {name} over {alone}", name, alone, "rows_per_s")


def run_budget(broker, rounds: int, rows: int, parallelism: int) -> None:
    """Rate and memory by `state.memory`; then 10 million rows to catch up with, at two budgets."""
    kafka_peer.build()
    kafka_peer.load(broker, "in", PARTITIONS, rows)
    kafka_peer.load(broker, "many", PARTITIONS, 10_000_000)
    figures = Rounds()
    for _ in range(rounds):
        for source, number, budgets in (("in", rows, BUDGETS), ("many", 10_000_000, [BUDGETS[0], BUDGETS[-2]])):
            for memory in budgets:
                found = kafka_jobs.measure(
                    broker, "pass", source, fresh(broker), f"bench-{next(NUMBERS)}", number, parallelism=parallelism,
                    memory=memory)
                figures.add(f"{number:,} rows, {memory}", **found)
                figures.write(OUT / "kafka-budget.tsv")
    print(machine())
    figures.print_medians()


def run_latency(broker, rounds: int, parallelism: int, interval: str, seconds: int) -> None:
    """From sending to reading committed rows, at given rates, with a broker that has been at work before: with many rows, and
    with one round of the same that is not counted."""
    kafka_peer.build()
    kafka_peer.load(broker, "in", PARTITIONS, WARM_UP_ROWS)
    kafka_jobs.measure(
        broker, "pass", "in", fresh(broker), f"bench-{next(NUMBERS)}", WARM_UP_ROWS, interval="100ms",
        parallelism=parallelism)
    figures = Rounds()
    for index in range(1 + rounds):
        for rate in RATES:
            name = f"{rate:,} rows/s" if index > 0 else f"{rate:,} rows/s, not counted"
            figures.add(name, **latency(broker, rate, parallelism, interval, seconds))
            figures.write(OUT / "kafka-latency.tsv")
    print(machine())
    figures.print_medians()


def latency(broker, rate: int, parallelism: int, interval: str, seconds: int) -> dict:
    """One run at one rate, with a job and topics of its own."""
    source, target = fresh(broker), fresh(broker)
    job = kafka_jobs.start(
        broker, "pass", source, target, f"bench-{next(NUMBERS)}", parallelism=parallelism, interval=interval, stop="never")
    time.sleep(3)
    try:
        found = kafka_peer.latency(broker, source, target, PARTITIONS, rate, seconds)
    finally:
        job.process.send_signal(signal.SIGTERM)
    usage = job.finish(60)
    return {**found, "cores": usage.cpu_s / usage.seconds, "peak_rss_mb": usage.peak_rss_mb}


def watch(broker, job: str, interval: str, seconds: float, source: str, feed) -> dict:
    """CPU seconds and commits of a job for some seconds; `feed(seconds)` has to take so long."""
    job = kafka_jobs.start(broker, "pass", source, fresh(broker), job, interval=interval, stop="never")
    time.sleep(4)

    def now():
        words = Path(f"/proc/{job.process.pid}/stat").read_text().rpartition(")")[2].split()
        used = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
        return used, kafka_jobs.metric(job.dir, 'millrace_epochs_total{outcome="committed"}')

    start_cpu, start_commits = now()
    feed(seconds)
    end_cpu, end_commits = now()
    job.process.send_signal(signal.SIGTERM)
    job.finish(60)
    return {"cpu_s": end_cpu - start_cpu, "commits": end_commits - start_commits}


def run_commits(broker, rounds: int, seconds=20.0) -> None:
    """What a commit costs: CPU of a job that reads 1000 rows a second, with epochs of 20 ms and of 1 s; and how far the
    brokers' own topics grow while a job has nothing to read."""
    figures = Rounds()
    for _ in range(rounds):
        source = fresh(broker)
        feed = lambda seconds: trickle(broker, source, 1000, seconds)
        many = watch(broker, f"bench-{next(NUMBERS)}", "20ms", seconds, source, feed)
        few = watch(broker, f"bench-{next(NUMBERS)}", "1s", seconds, source, feed)
        commits = many["commits"] - few["commits"]
        figures.add("a commit", ms=(many["cpu_s"] - few["cpu_s"]) / commits * 1e3, commits_per_s=many["commits"] / seconds)
        grown = {}

        def rest(seconds):
            before = own_topics(broker)
            time.sleep(seconds)
            grown.update({topic: end - before[topic] for topic, end in own_topics(broker).items()})

        idle = watch(broker, f"bench-{next(NUMBERS)}", "20ms", 10, fresh(broker), rest)
        figures.add("10 s without rows", cpu_ms_per_s=idle["cpu_s"] * 100, commits=idle["commits"], **grown)
    figures.print_medians()


def own_topics(broker) -> dict:
    """Ends of the topics in which brokers keep offsets and transactions, in all."""
    return {topic: sum(broker.end_offsets(topic).values()) for topic in ("__consumer_offsets", "__transaction_state")}


def trickle(broker, topic: str, rows_per_s: int, seconds: float) -> None:
    producer, start, sent = broker.producer(**{"linger.ms": 1}), time.monotonic(), 0
    while (passed := time.monotonic() - start) < seconds:
        for _ in range(int(passed * rows_per_s) - sent):
            producer.produce(topic, key=sent.to_bytes(8, "big"), value=bytes(100))
            sent += 1
        producer.poll(0.002)
    producer.flush(10)
