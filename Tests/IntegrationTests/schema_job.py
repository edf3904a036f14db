"""Jobs whose rows have schemas in a registry, and the schemas."""

import json
import shutil
import subprocess

from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from cases_status import status, wait_until_answering
from jobs import ENGINE, Job, wait_for

COPY = """
  registry: {{ url: "{urls}"{registry_more} }}
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, registry: registry, fields: {{ n: int64, name: "utf8?" }} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, registry: registry{more} }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""

SCHEMA = json.dumps({
    "$schema": "http://json-schema.org/draft-07/schema#", "title": "row", "type": "object",
    "properties": {"n": {"type": "integer"}, "name": {"oneOf": [{"type": "null"}, {"type": "string"}]}}})

# What an early and a late version of a writer, and one of nothing that can be read, import and declare.
BASE = 'syntax = "proto3"; package acme.base; message Money { double amount = 1; }'
MESSAGES = {
    "acme.v1.Order.Row": """syntax = "proto3"; package acme.v1; import "google/protobuf/timestamp.proto";
        message Other {} message Order { message Line {} message Row {
          int32 n = 1; google.protobuf.Timestamp at = 2; optional string name = 3; } }""",
    "acme.v2.Row": """syntax = "proto2"; package acme.v2; import "acme/base.proto"; message Row {
        required sint64 n = 7; optional double extra = 300; optional acme.base.Money unread = 2; }""",
    "acme.v3.Row": 'syntax = "proto3"; package acme.v3; message Row { string n = 1; }'}


def avro_record(*fields):
    return json.dumps({"type": "record", "name": "row", "fields": [
        {"name": "n", "type": "int"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, *fields]})


class SchemaJob(Job):
    """Copies rows whose values have schemas."""

    partitions = 3

    def __init__(self, broker, registry, name, pipeline=COPY, **settings):
        self.registry = registry
        self.source, self.target, self.dead = f"in.{name}", f"out.{name}", f"dead.{name}"
        super().__init__(broker, name, pipeline, source=self.source, target=self.target, dead=self.dead,
                         **{"urls": registry.url, "more": "", "registry_more": "", "on_incompatible": "bad_row", **settings})
        for topic in (self.source, self.target):
            broker.create(topic, self.partitions)
        broker.create(self.dead, 1)

    def serializer(self):
        return JSONSerializer(SCHEMA, self.registry.client(), lambda row, _: row)

    def feed_rows(self, numbers, serialize):
        """Row n goes to partition n mod `partitions`; `serialize` makes its bytes."""
        producer, context = self.broker.producer(), SerializationContext(self.source, MessageField.VALUE)
        for n in numbers:
            value = serialize({"n": n, "name": f"row {n}" if n % 7 else None}, context)
            producer.produce(self.source, key=b"k", value=value, partition=n % self.partitions)
        assert producer.flush(30) == 0, "the broker does not take the rows"

    def rows(self):
        """What was written, by Confluent's deserializer."""
        read = JSONDeserializer(None, lambda row, _: row, self.registry.client())
        context = SerializationContext(self.target, MessageField.VALUE)
        return [read(m.value(), context) for messages in self.broker.read_committed(self.target).values() for m in messages]

    def check(self, count):
        have = sorted(self.rows(), key=lambda row: row["n"])
        want = [{"id": "k", "n": n, "name": f"row {n}" if n % 7 else None} for n in range(count)]
        assert have == want, f"{len(have)} rows, expected {len(want)}: {have[:3]}"

    def remove_schemas(self):
        """What was kept of the registry's."""
        shutil.rmtree(self.storage / self.name / "schemas")

    def checked(self, **settings):
        """What `check --connect` says."""
        return subprocess.run([ENGINE, "check", "--connect", self.write_pipeline(**settings)], capture_output=True, text=True)

    def letters(self):
        """Cause and value of each dead letter."""
        return sorted((dict(m.headers())["millrace.cause"].decode(), m.value())
                      for m in self.broker.read_committed(self.dead)[0])

    def wait_until_only_the_first_waits(self, process, offset):
        """Waits until partition 0 stands at `offset`, for a schema, and the others are read to their ends."""
        wait_until_answering(self, process)
        wait_for(lambda: any("connection registry" in retry["what"] for retry in status(self)["retries"]), 40,
                 "status tells that the registry is waited for", process)
        ends = self.broker.end_offsets(self.source)
        wait_for(lambda: all((self.broker.committed(self.name, self.source)[p] or 0) >= ends[p] for p in (1, 2)), 30,
                 "the other partitions flow on", process)
        assert self.broker.committed(self.name, self.source)[0] == offset, "partition 0 waits where the unseen schema begins"
