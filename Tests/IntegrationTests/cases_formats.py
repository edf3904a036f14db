"""The flights example with topics in Avro and in Protobuf: the same alerts, and the same dead letters. And Protobuf by descriptors."""

import io
import json
import struct
from collections import defaultdict
from datetime import datetime, timezone

import fastavro
from confluent_kafka.schema_registry import Schema

from files_of_messages import descriptor_set, message_classes
from flights_job import FLIGHTS, FlightsJob, load_flights, load_messages
from jobs import Job
from registry import case
from schema_job import BASE, MESSAGES
from schema_registry import schema_registry

TIME = "%Y-%m-%dT%H:%M:%SZ"
FLIGHT_AVRO = json.dumps({"type": "record", "name": "Flight", "fields": [
    {"name": "tailnum", "type": ["null", "string"]}, {"name": "carrier", "type": "string"}, {"name": "flight", "type": "int"},
    {"name": "origin", "type": "string"}, {"name": "dest", "type": "string"},
    {"name": "scheduled_departure", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "departure_delay", "type": ["null", "int"]}, {"name": "arrival_delay", "type": ["null", "int"]}]})
# What is required is lacking in flights without a tail number, as in JSON.
FLIGHT_PROTO = """
syntax = "proto2";
import "google/protobuf/timestamp.proto";
message Flight {
  required string tailnum = 1;
  required string carrier = 2;
  required int32 flight = 3;
  required string origin = 4;
  required string dest = 5;
  required google.protobuf.Timestamp scheduled_departure = 6;
  optional sint32 departure_delay = 7;
  optional sint32 arrival_delay = 8;
}
"""


class FlightsIn(FlightsJob):
    """All flights, in messages that `encode` makes, behind the id of `schema`."""

    serde, schema = "", None

    def __init__(self, broker, registry):
        self.client = registry.client()
        super().__init__(broker, f"in-{self.serde}", urls=registry.url)
        self.pipeline = '  registry: {{ url: "{urls}" }}' + FLIGHTS.replace(
            "      serde: json\n", f"      serde: {self.serde}\n      registry: registry\n").replace(
            "{{ serde: json }}", f"{{{{ serde: {self.serde}, registry: registry }}}}")
        assert self.pipeline.count(self.serde) == 2, "the flights are not in another format"
        lead = b"\0" + struct.pack(">I", self.client.register_schema(f"{self.flights}-value", self.schema))
        self.messages = [(key, lead + self.encode(row)) for (key, _), row in zip(load_messages(), load_flights())]

    def alerts_by_aircraft(self):
        written = self.client.get_latest_version(f"{self.alerts}-value").schema.schema_str
        have, decode = defaultdict(list), self.decoder(written)
        for rows in self.broker.read_committed(self.alerts).values():
            for message in rows:
                row = decode(message.value()[5:])
                assert message.key() == row["tailnum"].encode(), (message.key(), row)
                have[row["tailnum"]].append(row)
        return have


class FlightsInAvro(FlightsIn):
    serde, schema = "avro", Schema(FLIGHT_AVRO, "AVRO")
    parsed = fastavro.parse_schema(json.loads(FLIGHT_AVRO))

    def encode(self, row):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self.parsed, {**row, "scheduled_departure": moment(row)})
        return out.getvalue()

    def decoder(self, text):
        schema = fastavro.parse_schema(json.loads(text))
        return lambda value: with_text(fastavro.schemaless_reader(io.BytesIO(value), schema))


class FlightsInProtobuf(FlightsIn):
    serde, schema = "protobuf", Schema(FLIGHT_PROTO, "PROTOBUF")
    message = staticmethod(message_classes({"flight.proto": FLIGHT_PROTO})("Flight"))

    def encode(self, row):
        message = self.message(**{name: value for name, value in row.items() if name != "scheduled_departure"})
        message.scheduled_departure.FromDatetime(moment(row))
        return b"\0" + message.SerializePartialToString()

    def decoder(self, text):
        # The one message of the file that the job has registered.
        name = next(line.split()[1] for line in text.splitlines() if line.startswith("message "))
        package = next((line.split()[1].rstrip(";") + "." for line in text.splitlines() if line.startswith("package ")), "")
        message = message_classes({"alert.proto": text})(package + name)

        def decode(value):
            assert value[:1] == b"\0", f"message indexes {value[:3]}"
            found = message.FromString(value[1:])
            row = {field.name: getattr(found, field.name) for field, _ in found.ListFields()}
            for field in found.DESCRIPTOR.fields:
                if field.name not in row and not field.has_presence:
                    row[field.name] = field.default_value
            return with_text({**row, "scheduled_departure": found.scheduled_departure.ToDatetime()})
        return decode


def moment(row):
    return datetime.strptime(row["scheduled_departure"], TIME).replace(tzinfo=timezone.utc)


def with_text(row):
    """Times as they are in JSON."""
    return {**row, "scheduled_departure": row["scheduled_departure"].strftime(TIME)}


@case("kafka")
def flights_in_avro(broker, dice):
    check(broker, FlightsInAvro)


@case("kafka")
def flights_in_protobuf(broker, dice):
    check(broker, FlightsInProtobuf)


def check(broker, kind):
    with schema_registry() as registry, kind(broker, registry) as job:
        job.feed_flights().finish()
        job.run_to_end()
        job.check()


DESCRIPTORS = """
topics:
  {source}:
    value: {{ serde: protobuf, schema: rows.desc, message: acme.v2.Row, fields: {{ n: int64, unread: "struct<amount: float64>?" }} }}
  {target}:
    value: {{ serde: protobuf, schema: rows.desc, message: acme.v2.Row }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


@case("kafka", "development")
def protobuf_by_a_set_of_descriptors(broker, dice):
    """Without a registry, by what protoc makes of a file and of one that it imports."""
    files = {"acme/base.proto": BASE, "acme/v2/row.proto": MESSAGES["acme.v2.Row"]}
    make = message_classes(files)("acme.v2.Row")
    with Job(broker, "descriptors", DESCRIPTORS, source="in.descriptors", target="out.descriptors") as job:
        (job.dir / "rows.desc").write_bytes(descriptor_set(files))
        broker.create("in.descriptors", 1)
        broker.create("out.descriptors", 1)
        rows = [make(n=n, unread={"amount": n / 2} if n % 3 else None) for n in range(300)]
        producer = broker.producer()
        for row in rows:
            producer.produce("in.descriptors", value=row.SerializeToString())
        assert producer.flush(30) == 0, "the broker does not take the rows"
        job.run_to_end()
        have = [make.FromString(m.value()) for m in broker.read_committed("out.descriptors")[0]]
        assert have == rows, f"{len(have)} rows, expected {len(rows)}: {have[:2]}"
