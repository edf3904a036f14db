"""Flights in a topic, as many years of them as wanted."""

import re

from engine import BUILD, OPERATORS
from flights_job import FLIGHTS, load_flights, source

PARTITIONS = 6
HEAD = """
job: {job}
parallelism: 2
checkpoint: {{ interval: {interval}, storage: "file://./checkpoints", guarantee: exactly_once }}
plugins: {{ directories: [./plugins] }}
connections: {{ kafka: {{ bootstrap.servers: "{bootstrap}" }} }}
"""
DATE = re.compile(rb'"scheduled_departure":"(\d{4})-')


def plugins() -> list:
    """The plugins of the job: the shipped ones and the operator."""
    return [*(BUILD / "plugins").glob("*.so"), OPERATORS / "v1" / "libknock_on_delay.so"]


def pipeline(broker, job: str, interval: str, stop: str) -> str:
    """The knock-on job, which reads topic `flights`."""
    return HEAD.format(job=job, interval=interval, bootstrap=broker.bootstrap) + FLIGHTS.format(
        flights="flights", alerts="delays.knock_on", dead="flights.dead", idle_after="5s", start="earliest", stop=stop, more="")


def fill(broker, topic: str, least_rows: int) -> int:
    """Makes the topic and produces whole years of flights, two years apart, until there are `least_rows`; how many
    there are. A year apart, one year's last flights (in UTC) would mix with the next one's first."""
    rows = list(source.messages(load_flights()))
    broker.create(topic, PARTITIONS)
    producer, count = broker.producer(), 0
    while count < least_rows:
        shift = count // len(rows) * 2
        for key, value in rows:
            moved = DATE.sub(lambda m: b'"scheduled_departure":"%d-' % (int(m[1]) + shift), value) if shift else value
            while True:
                try:
                    producer.produce(topic, key=key, value=moved)
                    break
                except BufferError:
                    producer.poll(0.1)
            count += 1
            if count % 10_000 == 0:
                producer.poll(0)
    if producer.flush(120):
        raise RuntimeError(f"{topic}: rows were not delivered")
    return count
