"""Cases of JSON, Avro and Protobuf with schemas in a registry, written and read by Confluent's own serdes, too."""

import datetime
import json
import struct

from confluent_kafka.schema_registry import Schema, SchemaReference
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from cases_status import status
from files_of_messages import message_classes
from jobs import FAILED, SUCCESS, wait_for
from registry import case
from schema_job import BASE, MESSAGES, SchemaJob, avro_record
from schema_registry import schema_registry

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
