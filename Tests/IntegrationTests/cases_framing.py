"""Cases with other framings than an id before the payload: schemas' GUIDs in headers, written and read by Confluent's own
serdes, too."""

import json
import uuid

from confluent_kafka.schema_registry import header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from schema_job import BASE, MESSAGES, SCHEMA, SchemaJob, avro_record
from files_of_messages import message_classes
from guid_registry import guid_registry
from jobs import FAILED, SUCCESS
from registry import case
from schema_registry import schema_registry

IN_HEADERS = """
  registry: {{ url: "{urls}" }}
topics:
  {source}:
    key: {{ {key}, field: id, type: utf8 }}
    value: {{ serde: {serde}, registry: registry, framing: {framing}, fields: {{ n: int64, name: "utf8?", extra: "float64?" }} }}
    other_headers: {{ field: headers }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    key: {{ {key}, field: id }}
    value: {{ serde: {serde}, registry: registry, framing: {framing}{more} }}
    other_headers: {{ field: headers }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""
IN_HEADER = {"schema.id.serializer": header_schema_id_serializer}


class FramedJob(SchemaJob):
    """Copies rows in a serde and a framing, with what else is in their headers."""

    def __init__(self, broker, registry, name, serde="json", **settings):
        super().__init__(broker, registry, name, IN_HEADERS,
                         **{"serde": serde, "framing": "confluent_header", "key": "serde: utf8", **settings})

    def feed(self, n, serialize, row, key=None):
        """`serialize`: a serializer of the value; `key`: one of the key."""
        headers = [("other", str(n).encode())]
        keyed = b"k" if key is None else key(f"key-{n:04}", SerializationContext(self.source, MessageField.KEY, headers))
        value = serialize(row, SerializationContext(self.source, MessageField.VALUE, headers))
        self.producer.produce(self.source, key=keyed, value=value, headers=headers, partition=n % self.partitions)
        return value, headers

    @property
    def producer(self):
        if not hasattr(self, "_producer"):
            self._producer = self.broker.producer()
        return self._producer

    def flush(self):
        assert self.producer.flush(30) == 0, "the broker does not take the rows"

    def messages(self):
        return [m for messages in self.broker.read_committed(self.target).values() for m in messages]

    def values(self, deserialize):
        """What was written, by a deserializer of Confluent's that is given each message's headers."""
        return [deserialize(m.value(), SerializationContext(self.target, MessageField.VALUE, m.headers())) for m in self.messages()]

    def letters_in_full(self):
        return [(dict(m.headers()), m.value()) for m in self.broker.read_committed(self.dead)[0]]


def check_headers(messages, names, prefix_free):
    """Each message says its schema once, beside what its row had."""
    for m in messages:
        have = [name for name, _ in m.headers()]
        assert sorted(have) == sorted(["other", *names]), have
        for name in names:
            value = dict(m.headers())[name]
            assert value[0] == 1 and len(value) >= 17, value
        assert prefix_free(m.value()), m.value()


@case("kafka")
def json_with_guids_in_headers_both_ways(broker, dice):
    """Before and after an upgrade of writers: some in headers, some before the payload."""
    with guid_registry() as registry, FramedJob(broker, registry, "guid-json") as job:
        client = registry.client()
        new, old = (JSONSerializer(SCHEMA, client, lambda row, _: row, conf) for conf in (IN_HEADER, {}))
        for n in range(600):
            job.feed(n, dice.choice((new, old)), {"n": n, "name": f"row {n}"})
        value, headers = job.feed(600, new, {"n": 600, "name": None})
        unknown = [("__value_schema_id", b"\1" + uuid.uuid4().bytes)]
        bad = [(value, unknown), (value, []), (value, [("__value_schema_id", b"\1\2\3")]), (b"{", headers)]
        for value, headers in bad:
            job.producer.produce(job.source, value=value, headers=headers, partition=0)
        job.flush()
        checked = job.checked()
        assert checked.returncode == SUCCESS, checked.stdout
        job.run_to_end()
        read = JSONDeserializer(None, lambda row, _: row, client)
        rows = sorted(job.values(read), key=lambda row: row["n"])
        assert [row["n"] for row in rows] == list(range(601)), f"{len(rows)} rows"
        assert (rows[7]["n"], rows[7]["name"], rows[7]["id"]) == (7, "row 7", "k"), rows[7]
        check_headers(job.messages(), ["__value_schema_id"], lambda value: value.startswith(b"{"))
        letters = job.letters_in_full()
        assert len(letters) == len(bad), letters
        for value, headers in bad:
            # What says the schema is kept: the row could not be read again without it.
            same = [letter for letter, have in letters
                    if have == value and letter.get("__value_schema_id") == dict(headers).get("__value_schema_id")]
            assert len(same) == 1, (value, headers, letters)
        causes = [letter["millrace.cause"].decode() for letter, _ in letters]
        for expected in ("the registry does not have it", "byte 0 is", "is none of a schema's", "the text ends too early"):
            assert sum(expected in cause for cause in causes) == 1, f"{expected}: {causes}"


@case("kafka")
def avro_with_guids_in_headers_both_ways(broker, dice):
    """Keys too, and writers of two versions at once. (Confluent's deserializer takes no Avro of less than six bytes.)"""
    key = "serde: avro, registry: registry, framing: confluent_header"
    with guid_registry() as registry, FramedJob(broker, registry, "guid-avro", "avro", key=key) as job:
        client = registry.client()
        texts = [json.loads(avro_record(*more)) for more in ([{"name": "name", "type": "string"}], [{"name": "extra", "type": "float"}])]
        for text in texts:
            text["fields"] = [field for field in text["fields"] if field["name"] != "at"]
        serializers = [AvroSerializer(client, json.dumps(text), conf=IN_HEADER) for text in texts]
        keys = AvroSerializer(client, '"string"', conf=IN_HEADER)
        for n in range(600):
            version = dice.randrange(2)
            job.feed(n, serializers[version], [{"n": n, "name": f"row {n}"}, {"n": n, "extra": n / 2}][version], keys)
        job.flush()
        job.run_to_end()
        assert job.letters() == []
        rows = sorted(job.values(AvroDeserializer(client)), key=lambda row: row["n"])
        assert [row["n"] for row in rows] == list(range(600)), f"{len(rows)} rows"
        assert all((row["name"], row["extra"]) in ((f"row {row['n']}", None), (None, row["n"] / 2)) for row in rows), rows[:2]
        messages = job.messages()
        check_headers(messages, ["__key_schema_id", "__value_schema_id"], lambda value: value)
        read = AvroDeserializer(client)
        have = {read(m.key(), SerializationContext(job.target, MessageField.KEY, m.headers()))["id"] for m in messages}
        assert have == {f"key-{n:04}" for n in range(600)}, f"{len(have)} keys"


@case("kafka")
def protobuf_with_guids_in_headers_both_ways(broker, dice):
    """The indexes of a nested message are in the header, too."""
    with guid_registry() as registry, FramedJob(
            broker, registry, "guid-protobuf", "protobuf", more=", message: acme.Row, subject_strategy: record") as job:
        client = registry.client()
        conf = {"use.deprecated.format": False, "subject.name.strategy": lambda _, name: name, **IN_HEADER}
        names = ["acme.v1.Order.Row", "acme.v2.Row"]
        classes = [message_classes({"acme/base.proto": BASE, f"{name}.proto": MESSAGES[name]})(name) for name in names]
        serializers = [ProtobufSerializer(one, client, conf) for one in classes]
        for n in range(600):
            version = dice.randrange(2)
            row = classes[version](n=n)
            if version == 0:
                row.name = f"row {n}"
            else:
                row.extra = n / 2
            _, headers = job.feed(n, serializers[version], row)
            # Order is the schema's second message, Row the second in it; the other's first is written short.
            assert dict(headers)["__value_schema_id"][17:] == (b"\4\2\2" if version == 0 else b"\0"), headers
        job.flush()
        job.run_to_end()
        assert job.letters() == []
        registered = client.get_latest_version("acme.Row").schema
        target = message_classes({"row.proto": registered.schema_str})("acme.Row")
        rows = sorted(job.values(ProtobufDeserializer(target, {"use.deprecated.format": False})), key=lambda row: row.n)
        assert [row.n for row in rows] == list(range(600)), f"{len(rows)} rows"
        for row in rows:
            assert row.name == f"row {row.n}" if row.HasField("name") else row.extra == row.n / 2, row
        check_headers(job.messages(), ["__value_schema_id"], lambda value: value[:1] != b"\0")


@case("kafka")
def guids_that_are_seen_outlast_the_registry(broker, dice):
    """As ids do."""
    with guid_registry() as registry, FramedJob(broker, registry, "guid-outage") as job:
        client = registry.client()
        serialize = JSONSerializer(SCHEMA, client, lambda row, _: row, IN_HEADER)
        other = JSONSerializer(SCHEMA.replace('"row"', '"other row"'), client, lambda row, _: row, conf={
            **IN_HEADER, "subject.name.strategy": lambda context, _: "another-subject"})
        for n in range(300):
            job.feed(n, serialize, {"n": n})
        job.flush()
        process = job.start(stop="never")
        job.wait_until_read(job.source, process)
        other({"n": 0}, SerializationContext(job.source, MessageField.VALUE, []))
        registry.shut_down()
        job.kill(process)
        process = job.start(stop="never")
        for n in range(300, 600):
            job.feed(n, serialize, {"n": n})
        job.flush()
        job.wait_until_read(job.source, process)
        for n in range(600, 900):
            job.feed(n, other if n % 3 == 0 else serialize, {"n": n})
        job.flush()
        job.wait_until_only_the_first_waits(process, 200)
        registry.start()
        job.wait_until_read(job.source, process)
        job.drain(process)
        asked = {path for _, path in registry.asked if path.startswith("/schemas/guids/")}
        rows = job.values(JSONDeserializer(None, lambda row, _: row, client))
        assert sorted(row["n"] for row in rows) == list(range(900)), f"{len(rows)} rows"
        assert job.letters() == []
        kept = sorted(path.name for path in (job.storage / job.name / "schemas" / "registry").glob("guid-*.json"))
        assert len(kept) == 2 and len(asked) == 2, (kept, asked)


@case("kafka")
def a_registry_without_guids(broker, dice):
    """The start says so before anything is written."""
    with schema_registry() as registry, FramedJob(broker, registry, "no-guids") as job:
        job.expect(job.start(), FAILED)
        assert "gives its schema no GUID" in job.log() and "Use a `framing` that" in job.log(), job.log()
