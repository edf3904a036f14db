"""Jobs without an operator: numbers from one topic to another."""

import json

from jobs import Job

COPY = """
topics:
  {source}:
    value: {{ serde: json, fields: {{ n: int64 }} }}
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop}{more} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""

# The same with keys.
COPY_BY_KEY = """
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, fields: {{ n: int64 }} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


class CopyJob(Job):
    def __init__(self, broker, name, partitions=3, **settings):
        self.source, self.target, self.partitions = f"in.{name}", f"out.{name}", partitions
        settings = {"more": "", **settings}  # `more`: keys of the step that reads
        super().__init__(broker, name, COPY, source=self.source, target=self.target, **settings)
        broker.create(self.source, partitions)
        broker.create(self.target, 1)

    def feed_numbers(self, numbers):
        """Number n goes to partition n mod `partitions`."""
        producer = self.broker.producer()
        for n in numbers:
            producer.produce(self.source, value=b'{"n":%d}' % n, partition=n % self.partitions)
        assert producer.flush(30) == 0, "the broker does not take the numbers"

    def numbers(self):
        """What has come through, sorted."""
        return sorted(json.loads(m.value())["n"] for m in self.broker.read_committed(self.target)[0])

    def check(self, numbers):
        have, want = self.numbers(), sorted(numbers)
        lost, extra = sorted(set(want) - set(have)), sorted(set(have) - set(want))
        assert have == want, f"{len(have)} numbers, expected {len(want)}; lacking {lost[:5]}, too many {extra[:5]}"
