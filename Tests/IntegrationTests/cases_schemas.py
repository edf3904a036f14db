"""Cases with a schema registry: JSON, Avro and Protobuf with Confluent's framing, written and read by Confluent's own serdes,
too."""

import datetime
import json
import shutil
import struct
import subprocess

from confluent_kafka.schema_registry import Schema, SchemaReference
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from cases_status import status, wait_until_answering
from files_of_messages import message_classes
from jobs import ENGINE, FAILED, REFUSED, SUCCESS, Job, wait_for
from registry import case
from schema_registry import schema_registry
from secure_broker import Certificates
from secure_registry import SecureRegistry, basic

AVRO = """
  registry: {{ url: "{urls}" }}
topics:
  {source}:
    key: {{ serde: avro, field: id, type: utf8, registry: registry }}
    value: {{ serde: avro, registry: registry{more}, fields: {{ n: int64, name: "utf8?", at: "timestamp[us, UTC]", extra: "float64?" }} }}
    on_bad_row: {{ dead_letter: {dead} }}
    on_incompatible_schema: {on_incompatible}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: avro, registry: registry, subject_strategy: topic_record, record_name: Row, namespace: acme }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""

PROTOBUF = """
  registry: {{ url: "{urls}" }}
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: protobuf, registry: registry{more}, fields: {{ n: int64, name: "utf8?", at: "timestamp[us, UTC]?", extra: "float64?" }} }}
    on_bad_row: {{ dead_letter: {dead} }}
    on_incompatible_schema: {on_incompatible}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: protobuf, registry: registry, subject_strategy: record, message: acme.Row }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""

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

JSON = """
  registry: {{ url: "{urls}" }}
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, registry: registry{more}, fields: {{ n: int64, name: "utf8?", home: "struct<city: utf8, zip: utf8?>?" }} }}
    on_bad_row: {{ dead_letter: {dead} }}
    on_incompatible_schema: {on_incompatible}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json, registry: registry, {written} }}
    on_bad_row: {{ dead_letter: {dead} }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""

# An address, and a row that may have one as its home.
ADDRESS = {"title": "address", "type": "object", "required": ["city"], "additionalProperties": False,
           "properties": {"city": {"type": "string", "minLength": 1}, "zip": {"type": "string"}}}


def json_row(home, **more):
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Row", "type": "object", "required": ["n"],
            "definitions": {"name": {"oneOf": [{"type": "null"}, {"type": "string"}]}},
            "properties": {"n": {"type": "integer", "minimum": 0}, "name": {"$ref": "#/definitions/name"}, "home": home, **more}}


def address_of(n):
    return None if n % 3 == 0 else {"city": f"city {n}"} if n % 3 == 1 else {"city": "c", "zip": "0815"}


SCHEMA = json.dumps({
    "$schema": "http://json-schema.org/draft-07/schema#", "title": "row", "type": "object",
    "properties": {"n": {"type": "integer"}, "name": {"oneOf": [{"type": "null"}, {"type": "string"}]}}})


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


@case("kafka")
def schemas_of_confluents_serializers_both_ways(broker, dice):
    with schema_registry() as registry, SchemaJob(broker, registry, "schemas") as job:
        job.feed_rows(range(1000), job.serializer())
        whole = job.serializer()({"n": 1, "name": None}, SerializationContext(job.source, MessageField.VALUE))
        producer = broker.producer()
        bad = [b"", b"\0\0\0\0", b"\1" + whole[1:], b"{}      ", b"\0" + struct.pack(">I", 999_999) + b"{}", whole[:5], None]
        for value in bad:
            producer.produce(job.source, value=value, partition=0)
        assert producer.flush(30) == 0
        checked = job.checked()
        assert checked.returncode == SUCCESS and "registry: schema registry: ok, " in checked.stdout, checked.stdout
        job.run_to_end()
        job.check(1000)
        causes = [cause for cause, _ in job.letters()]
        assert sorted((value for _, value in job.letters()), key=repr) == sorted(bad, key=repr), job.letters()
        for expected, count in (("too few for a schema registry's framing", 2), ("byte 0 is 1, expected 0", 1),
                                ("byte 0 is 123, expected 0", 1), ("schema 999999: the registry does not have it", 1),
                                ("the text ends too early", 1), ("null", 1)):
            assert sum(expected in cause for cause in causes) == count, f"{expected}: {causes}"
        latest = registry.client().get_latest_version(f"{job.target}-value")
        assert latest.schema.schema_type == "JSON" and json.loads(latest.schema.schema_str)["required"] == ["n", "id"], latest


@case("kafka")
def json_schemas_that_refer_to_other_subjects_both_ways(broker, dice):
    """Confluent's serializer and deserializer hold all of it against the schemas; a version that does not suit the columns."""
    with schema_registry() as registry, SchemaJob(
            broker, registry, "json-references", JSON, written="use_latest_version: true") as job:
        client, context = registry.client(), SerializationContext(job.source, MessageField.VALUE)
        client.register_schema("address", Schema(json.dumps(ADDRESS), "JSON"))
        reference = [SchemaReference("address.json", "address", 1)]
        home = {"oneOf": [{"type": "null"}, {"$ref": "address.json"}]}
        written = Schema(json.dumps(json_row({"$ref": "address.json"}, id={"type": "string"})), "JSON", reference)
        out = client.register_schema(f"{job.target}-value", written)
        serialize = JSONSerializer(Schema(json.dumps(json_row(home)), "JSON", reference), client, lambda row, _: row)
        other = JSONSerializer(json.dumps(json_row(home={"type": "string"})), client, lambda row, _: row)
        rows = [{"n": n, "name": f"row {n}" if n % 7 else None, "home": address_of(n)} for n in range(500)]
        bad = [other({"n": n, "home": "x"}, context) for n in range(3)]
        producer = broker.producer()
        for row in rows:
            producer.produce(job.source, key=b"k", value=serialize(row, context), partition=row["n"] % job.partitions)
        for value in bad:
            producer.produce(job.source, key=b"k", value=value)
        assert producer.flush(30) == 0, "the broker does not take the rows"
        job.run_to_end()
        messages = [m for messages in broker.read_committed(job.target).values() for m in messages]
        assert {struct.unpack(">bI", m.value()[:5]) for m in messages} == {(0, out)}, "another schema was written with"
        read, target = JSONDeserializer(None, lambda row, _: row, client), SerializationContext(job.target, MessageField.VALUE)
        have = sorted((read(m.value(), target) for m in messages), key=lambda row: row["n"])
        # Null is left out where the schema allows it so only.
        want = [{"id": "k", **{name: value for name, value in row.items() if name != "home" or value is not None}} for row in rows]
        assert have == want, f"{len(have)} rows, expected {len(want)}: {have[:3]}"
        assert sorted(value for _, value in job.letters()) == sorted(bad), job.letters()[:1]
        assert all('field "home": the schema has string, expected object for struct' in cause for cause, _ in job.letters())


@case("kafka")
def json_schemas_in_files(broker, dice):
    """A reader's, which messages are held against, and one that is written with: bad rows of either become dead letters."""
    home = {"oneOf": [{"type": "null"}, ADDRESS]}
    with schema_registry() as registry, SchemaJob(
            broker, registry, "json-files", JSON, more=", schema: reader.json",
            written="schema: row.json, subject_strategy: topic_record") as job:
        limited = json_row(home)
        limited["properties"]["n"]["maximum"] = 99
        (job.dir / "reader.json").write_text(json.dumps(limited))
        writing = json_row(home, id={"type": "string"})
        writing["properties"]["n"]["exclusiveMaximum"] = 90
        (job.dir / "row.json").write_text(json.dumps(writing))
        context = SerializationContext(job.source, MessageField.VALUE)
        serialize, producer = JSONSerializer(json.dumps(json_row(home)), registry.client(), lambda row, _: row), broker.producer()
        for n in range(110):
            value = serialize({"n": n, "name": None, "home": address_of(n)}, context)
            producer.produce(job.source, key=b"k", value=value, partition=n % job.partitions)
        assert producer.flush(30) == 0, "the broker does not take the rows"
        (job.dir / "unsuitable.json").write_text(json.dumps({"properties": {"n": {"type": "string"}}}))
        checked = job.checked(more=", schema: unsuitable.json")
        assert checked.returncode != SUCCESS and "the schema has string, expected integer for int64" in \
            checked.stdout + checked.stderr, checked
        job.run_to_end()
        read, target = JSONDeserializer(None, lambda row, _: row, registry.client()), SerializationContext(job.target, MessageField.VALUE)
        rows = [read(m.value(), target) for messages in broker.read_committed(job.target).values() for m in messages]
        assert sorted(row["n"] for row in rows) == list(range(90)), rows[:2]
        causes = [cause for cause, _ in job.letters()]
        assert sum('"maximum": 99 of schema' in cause for cause in causes) == 10, causes
        assert sum('"exclusiveMaximum": 90 of schema' in cause for cause in causes) == 10 and len(causes) == 20, causes
        assert registry.client().get_latest_version(f"{job.target}-Row").schema.schema_type == "JSON"


def avro_record(*fields):
    return json.dumps({"type": "record", "name": "row", "fields": [
        {"name": "n", "type": "int"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, *fields]})


@case("kafka")
def avro_of_confluents_serializers_both_ways(broker, dice):
    """Writers of two versions at once, message by message; a third that can't be resolved."""
    with schema_registry() as registry, SchemaJob(broker, registry, "avro", AVRO) as job:
        client, at = registry.client(), datetime.datetime(2026, 11, 26, 12, 30, 15, 250_000, datetime.timezone.utc)
        context, key_context = (SerializationContext(job.source, part) for part in (MessageField.VALUE, MessageField.KEY))
        versions = [avro_record({"name": "name", "type": ["null", "string"]}),
                    avro_record({"name": "extra", "type": "float"}, {"name": "unread", "type": {"type": "array", "items": "long"}}),
                    json.dumps({"type": "record", "name": "row", "fields": [{"name": "n", "type": "string"}]})]
        serializers = [AvroSerializer(client, text) for text in versions]
        keys, producer, bad = AvroSerializer(client, '"string"'), broker.producer(), []
        for n in range(1000):
            version = 2 if n % 100 == 99 else dice.randrange(2)
            row = [{"n": n, "at": at, "name": f"row {n}"}, {"n": n, "at": at, "extra": n / 2, "unread": [n] * 3}, {"n": "x"}][version]
            value = serializers[version](row, context)
            if version == 2:
                bad.append(value)
            producer.produce(job.source, key=keys(f"k{n}", key_context), value=value, partition=n % job.partitions)
        assert producer.flush(30) == 0, "the broker does not take the rows"
        job.run_to_end()
        read = AvroDeserializer(client)
        target = SerializationContext(job.target, MessageField.VALUE)
        rows = sorted((read(m.value(), target) for messages in broker.read_committed(job.target).values() for m in messages),
                      key=lambda row: row["n"])
        assert [row["n"] for row in rows] == [n for n in range(1000) if n % 100 != 99], f"{len(rows)} rows"
        for row in rows:
            assert row["at"] == at and row["id"] == f"k{row['n']}", row
            assert (row["name"], row["extra"]) in ((f"row {row['n']}", None), (None, row["n"] / 2)), row
        assert sorted(value for _, value in job.letters()) == sorted(bad)
        assert all("string" in cause and "int64" in cause for cause, _ in job.letters()), job.letters()[:1]
        assert client.get_latest_version(f"{job.target}-acme.Row").schema.schema_type == "AVRO"


@case("kafka")
def incompatible_schema_stops_its_partition(broker, dice):
    """The others go on; the partition does so, with nothing lost, when such messages may be bad rows."""
    with schema_registry() as registry, SchemaJob(
            broker, registry, "incompatible", AVRO, on_incompatible="stop_partition") as job:
        client, at = registry.client(), datetime.datetime(2026, 11, 26, tzinfo=datetime.timezone.utc)
        context, key_context = (SerializationContext(job.source, part) for part in (MessageField.VALUE, MessageField.KEY))
        good, bad = (AvroSerializer(client, avro_record(field)) for field in (
            {"name": "extra", "type": "float"}, {"name": "extra", "type": "string"}))
        keys, producer = AvroSerializer(client, '"string"'), broker.producer()
        offset = dice.randrange(50, 250)
        for n in range(900):
            row = {"n": n, "at": at, "extra": "?" if n == 3 * offset else 0.5}
            producer.produce(job.source, key=keys("k", key_context), value=(bad if n == 3 * offset else good)(row, context),
                             partition=n % 3)
        assert producer.flush(30) == 0, "the broker does not take the rows"
        process = job.start(stop="never")

        def numbers():
            read, target = AvroDeserializer(client), SerializationContext(job.target, MessageField.VALUE)
            return sorted(read(m.value(), target)["n"]
                          for messages in broker.read_committed(job.target).values() for m in messages)
        before = [n for n in range(900) if n % 3 or n < 3 * offset]
        wait_for(lambda: len(numbers()) >= len(before), 60, "the rows before it and of the others come through", process)
        place = f"{job.source}-0@{offset}"
        wait_for(lambda: any(one["what"] == f"partition {place}" and one["count"] > 1 for one in status(job)["retries"]), 30,
                 "status tells of the partition, which is tried again", process)
        (told,) = (one for one in status(job)["retries"] if one["what"] == f"partition {place}")
        assert all(word in told["last_error"] for word in ("extra", "string", "float64")), told
        assert job.log().count(f"{job.source}-0 stops at offset {offset}: ") == 1, job.log()
        job.drain(process)
        assert numbers() == before and job.letters() == []
        job.run_to_end(on_incompatible="bad_row")
        assert numbers() == [n for n in range(900) if n != 3 * offset]
        assert len(job.letters()) == 1, job.letters()


@case("kafka")
def avro_with_a_readers_schema_in_a_file(broker, dice):
    """Names by alias, and a default for what writers lack."""
    with schema_registry() as registry, SchemaJob(
            broker, registry, "avro-reader", AVRO, more=", schema: row.avsc") as job:
        (job.dir / "row.avsc").write_text(json.dumps({"type": "record", "name": "row", "fields": [
            {"name": "n", "type": "long", "aliases": ["number"]}, {"name": "extra", "type": "double", "default": 1.5},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}, "default": 0}]}))
        serialize = AvroSerializer(registry.client(), '{"type":"record","name":"row","fields":[{"name":"number","type":"int"}]}')
        keys, producer = AvroSerializer(registry.client(), '"string"'), broker.producer()
        for n in range(100):
            producer.produce(job.source, key=keys("k", SerializationContext(job.source, MessageField.KEY)),
                             value=serialize({"number": n}, SerializationContext(job.source, MessageField.VALUE)))
        assert producer.flush(30) == 0, "the broker does not take the rows"
        job.run_to_end()
        read, context = AvroDeserializer(registry.client()), SerializationContext(job.target, MessageField.VALUE)
        rows = [read(m.value(), context) for messages in broker.read_committed(job.target).values() for m in messages]
        assert sorted(row["n"] for row in rows) == list(range(100)) and {row["extra"] for row in rows} == {1.5}, rows[:2]
        assert job.letters() == []


@case("kafka")
def avro_by_the_latest_version_of_a_subject(broker, dice):
    """Read into it, aliases and defaults included, and written with it; if the registry is away, by what it said before."""
    number = {"name": "n", "type": "long", "aliases": ["number"]}
    extra = {"name": "extra", "type": "double", "default": 1.5}
    moment = {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}, "default": 0}

    def record(*fields):
        return json.dumps({"type": "record", "name": "row", "fields": fields})
    pipeline = AVRO.replace("subject_strategy: topic_record, record_name: Row, namespace: acme", "use_latest_version: true")
    with schema_registry() as registry, SchemaJob(
            broker, registry, "latest", pipeline, more=", use_latest_version: true") as job:
        client, subject = registry.client(), f"{job.source}-value"
        job.expect(job.start(), FAILED)
        assert "the latest schema of subject" in job.log() and subject in job.log(), job.log()
        client.register_schema(subject, Schema(record({"name": "number", "type": "int"}), "AVRO"))
        client.register_schema(subject, Schema(record(number, extra, moment), "AVRO"))
        written = record({"name": "note", "type": "string", "default": "none"}, {"name": "id", "type": "string"},
                         {"name": "name", "type": ["null", "string"]}, moment, {"name": "n", "type": "long"},
                         {"name": "extra", "type": ["null", "double"]})
        out = client.register_schema(f"{job.target}-value", Schema(written, "AVRO"))
        serialize = AvroSerializer(client, record({"name": "number", "type": "int"}))
        keys, producer = AvroSerializer(client, '"string"'), broker.producer()

        def feed(first, last):
            for n in range(first, last):
                producer.produce(job.source, key=keys("k", SerializationContext(job.source, MessageField.KEY)),
                                 value=serialize({"number": n}, SerializationContext(job.source, MessageField.VALUE)))
            assert producer.flush(30) == 0, "the broker does not take the rows"
        feed(0, 100)
        job.run_to_end()
        feed(100, 200)
        registry.shut_down()
        job.run_to_end()
        assert "What it said before is taken" in job.log(), job.log()
        registry.bring_back()
        messages = [m for messages in broker.read_committed(job.target).values() for m in messages]
        assert {struct.unpack(">bI", m.value()[:5]) for m in messages} == {(0, out)}, "another schema was written with"
        read, context = AvroDeserializer(client), SerializationContext(job.target, MessageField.VALUE)
        rows = [read(m.value(), context) for m in messages]
        assert sorted(row["n"] for row in rows) == list(range(200)), rows[:2]
        assert {(row["note"], row["extra"]) for row in rows} == {("none", 1.5)}, rows[:2]
        assert job.letters() == []


# What an early and a late version of a writer, and one of nothing that can be read, import and declare.
BASE = 'syntax = "proto3"; package acme.base; message Money { double amount = 1; }'
MESSAGES = {
    "acme.v1.Order.Row": """syntax = "proto3"; package acme.v1; import "google/protobuf/timestamp.proto";
        message Other {} message Order { message Line {} message Row {
          int32 n = 1; google.protobuf.Timestamp at = 2; optional string name = 3; } }""",
    "acme.v2.Row": """syntax = "proto2"; package acme.v2; import "acme/base.proto"; message Row {
        required sint64 n = 7; optional double extra = 300; optional acme.base.Money unread = 2; }""",
    "acme.v3.Row": 'syntax = "proto3"; package acme.v3; message Row { string n = 1; }'}


@case("kafka")
def protobuf_of_confluents_serializers_both_ways(broker, dice):
    """Writers of two messages at once, nested, with an import; a third that does not suit the columns."""
    with schema_registry() as registry, SchemaJob(broker, registry, "protobuf", PROTOBUF) as job:
        client, context = registry.client(), SerializationContext(job.source, MessageField.VALUE)
        classes = [message_classes({"acme/base.proto": BASE, f"{name}.proto": text})(name) for name, text in MESSAGES.items()]
        conf = {"use.deprecated.format": False, "subject.name.strategy": lambda _, name: name}
        serializers = [ProtobufSerializer(one, client, conf) for one in classes]
        producer, bad = broker.producer(), []
        for n in range(1000):
            version = 2 if n % 100 == 99 else dice.randrange(2)
            row = classes[version](n=str(n) if version == 2 else n)
            if version == 0:
                row.at.FromMicroseconds(1_000_001 * n)
                row.name = f"row {n}"
            elif version == 1:
                row.extra, row.unread.amount = n / 2, 5
            value = serializers[version](row, context)
            if version == 2:
                bad.append(value)
            producer.produce(job.source, key=b"k", value=value, partition=n % job.partitions)
        assert producer.flush(30) == 0, "the broker does not take the rows"
        job.run_to_end()
        registered = client.get_latest_version("acme.Row").schema
        assert registered.schema_type == "PROTOBUF", registered
        target = message_classes({"row.proto": registered.schema_str})("acme.Row")
        read, context = ProtobufDeserializer(target, {"use.deprecated.format": False}), SerializationContext(job.target, MessageField.VALUE)
        rows = sorted((read(m.value(), context) for messages in broker.read_committed(job.target).values() for m in messages),
                      key=lambda row: row.n)
        assert [row.n for row in rows] == [n for n in range(1000) if n % 100 != 99], f"{len(rows)} rows"
        for row in rows:
            if row.HasField("name"):
                assert (row.name, row.at.ToMicroseconds(), row.HasField("extra")) == (f"row {row.n}", 1_000_001 * row.n, False), row
            else:
                assert row.extra == row.n / 2 and not row.HasField("at"), row
        assert sorted(value for _, value in job.letters()) == sorted(bad)
        assert all("string has no value as int64" in cause for cause, _ in job.letters()), job.letters()[:1]


@case("kafka")
def schemas_that_are_seen_outlast_the_registry(broker, dice):
    """While the registry is down, rows with schemas that were seen flow on, also after a start; partitions with others wait."""
    with schema_registry() as registry, SchemaJob(broker, registry, "outage") as job:
        serialize = job.serializer()
        job.feed_rows(range(300), serialize)
        process = job.start(stop="never")
        job.wait_until_read(job.source, process)
        # A second schema, which the engine has not seen; rows of partition 0 have it.
        other = JSONSerializer(SCHEMA.replace('"row"', '"other row"'), registry.client(), lambda row, _: row,
                               conf={"subject.name.strategy": lambda context, _: "another-subject"})
        unseen = {n: other({"n": n, "name": f"row {n}" if n % 7 else None},
                           SerializationContext(job.source, MessageField.VALUE)) for n in range(600, 900, 3)}
        dice.choice((registry.shut_down, registry.pause))()
        # Also after a start.
        job.kill(process)
        process = job.start(stop="never")
        job.feed_rows(range(300, 600), serialize)
        job.wait_until_read(job.source, process)
        job.feed_rows(range(600, 900), lambda row, context: unseen.get(row["n"]) or serialize(row, context))
        wait_until_answering(job, process)
        wait_for(lambda: any("connection registry" in retry["what"] for retry in status(job)["retries"]), 40,
                 "status tells that the registry is waited for", process)
        ends = broker.end_offsets(job.source)
        wait_for(lambda: all((broker.committed(job.name, job.source)[p] or 0) >= ends[p] for p in (1, 2)), 30,
                 "the other partitions flow on", process)
        assert broker.committed(job.name, job.source)[0] == 200, "partition 0 waits where the unseen schema begins"
        registry.bring_back()
        job.wait_until_read(job.source, process)
        wait_for(lambda: "the schema registry answers again" in job.log(), 30, "the log says that it is over", process)
        job.drain(process)
        job.check(900)
        assert job.letters() == [], "rows were taken as bad because the registry was down"


@case("kafka")
def schemas_the_registry_objects_to(broker, dice):
    """One that is not compatible ends the start with the first difference; one that has to be there and is not, too."""
    with schema_registry() as registry, SchemaJob(broker, registry, "objections") as job:
        client, subject = registry.client(), f"{job.target}-value"
        job.feed_rows(range(10), job.serializer())
        job.expect(job.start(more=", auto_register: false"), FAILED)
        assert "does not have it" in job.log() and subject in job.log(), job.log()
        client.register_schema(subject, Schema(json.dumps({"type": "object", "properties": {"n": {"type": "string"}}}), "JSON"))
        client.set_compatibility(subject, level="BACKWARD")
        job.expect(job.start(), FAILED)
        assert "the registry rejects it" in job.log() and "[registry]" in job.log(), job.log()
        client.set_compatibility(subject, level="NONE")
        job.expect(job.start(urls=f"http://127.0.0.1:9,{registry.url}"), SUCCESS)
        job.check(10)
        job.expect(job.start(more=", auto_register: false"), SUCCESS)


@case("kafka")
def a_registry_with_tls_and_authentication(broker, dice):
    """An authority and a client's certificate of our own; a password and a token; none of them is ever printed."""
    password, token = "se:cret-word", "secret-token"
    with schema_registry() as registry, SchemaJob(broker, registry, "secure-registry") as job:
        certificates = Certificates(job.dir / "certificates")
        key, certificate = certificates.sign("client")
        secure = SecureRegistry(registry, certificates, [basic(f"me:{password}"), f"Bearer {token}"])
        try:
            tls = (f', ssl.ca.location: "{certificates.ca}", ssl.certificate.location: "{certificate}", '
                   f'ssl.key.location: "{key}"')
            (job.dir / "password").write_text(f"me:{password}\n")
            ways = {"password": ', basic.auth.user.info: "${file:%s}"' % (job.dir / "password"),
                    "token": f', bearer.auth.token: "{token}"'}
            serialize, count = job.serializer(), 0
            for name, more in ways.items():
                job.feed_rows(range(count, count + 100), serialize)
                count += 100
                job.expect(job.start(urls=secure.url, registry_more=tls + more), SUCCESS)
                job.check(count)
                assert password not in job.log() and token not in job.log(), f"{name}: a secret is in the log"
            assert {basic(f"me:{password}"), f"Bearer {token}"} <= set(secure.seen), secure.seen
            # Others than those who are let in; and an authority that is none of the system's.
            job.remove_schemas()
            job.expect(job.start(urls=secure.url, registry_more=tls + ', bearer.auth.token: "another"'), REFUSED)
            assert "401" in job.log() and "another" not in job.log(), job.log()
            checked = job.checked(urls=secure.url, registry_more=ways["token"])
            assert checked.returncode != SUCCESS and "certificate" in checked.stdout + checked.stderr, checked
        finally:
            secure.stop()
