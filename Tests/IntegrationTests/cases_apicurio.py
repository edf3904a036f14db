"""Cases with Apicurio Registry's own API and framings."""

import io
import json
import struct

import fastavro

from apicurio import Apicurio, eight, four, in_header, ref, without_ref
from schema_job import BASE, MESSAGES, SCHEMA, SchemaJob
from files_of_messages import message_classes
from jobs import FAILED, SUCCESS
from registry import case
from schema_registry import schema_registry

PIPELINE = """
  registry: {{ url: "{urls}", api: apicurio{registry_more} }}
topics:
  {source}:
    key: {{ {key}, field: id, type: utf8 }}
    value: {{ serde: {serde}, registry: registry{framing}{reading}, fields: {{ n: int64, name: "utf8?", extra: "float64?" }} }}
    other_headers: {{ field: headers }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    key: {{ {key}, field: id }}
    value: {{ serde: {serde}, registry: registry{framing}{more} }}
    other_headers: {{ field: headers }}
  {dead}:
    value: {{ serde: bytes }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""
ROWS = [json.dumps({"type": "record", "name": "row", "fields": [{"name": "n", "type": "int"}, more]}) for more in (
    {"name": "name", "type": "string"}, {"name": "extra", "type": "float"})]


class ApicurioJob(SchemaJob):
    """Copies rows; `framing`: as it stands in the file, with the comma before it."""

    def __init__(self, broker, registry, name, serde="json", framing="", **settings):
        self.apicurio = Apicurio(registry)
        super().__init__(broker, registry, name, PIPELINE,
                         **{"urls": self.apicurio.url, "serde": serde, "framing": framing, "key": "serde: utf8", "reading": "", **settings})
        self.producer = broker.producer()

    def feed(self, n, value, headers=(), key=b"k"):
        self.producer.produce(self.source, key=key, value=value, headers=[("other", b"1"), *headers], partition=n % self.partitions)

    def flush(self):
        assert self.producer.flush(30) == 0, "the broker does not take the rows"

    def messages(self):
        return [m for messages in self.broker.read_committed(self.target).values() for m in messages]


def avro_bytes(text, row):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(text)), row)
    return out.getvalue()


def avro_row(text, value):
    return fastavro.schemaless_reader(io.BytesIO(value), fastavro.parse_schema(json.loads(text)))


def check_avro(rows, count):
    rows = sorted(rows, key=lambda row: row["n"])
    assert [row["n"] for row in rows] == list(range(count)), f"{len(rows)} rows"
    for row in rows:
        assert (row["name"], row["extra"]) in ((f"row {row['n']}", None), (None, row["n"] / 2)), row


@case("kafka")
def avro_with_apicurios_ids_both_ways(broker, dice):
    """Four bytes and eight, of contents and of versions, keys too. The ids differ: what takes one for the other fails."""
    with schema_registry() as registry:
        apicurio = Apicurio(registry)
        # One text in several artifacts has one content id and several global ids.
        for n in range(3):
            apicurio.register(f"other-{n}", "AVRO", '"long"')
        for name, framing, lead, index in (("content", "", four, 0), ("global", ", framing: apicurio, use_id: global_id", four, 1),
                                           ("legacy", ", framing: apicurio_legacy, use_id: global_id", eight, 1),
                                           ("legacy-content", ", framing: apicurio_legacy", eight, 0)):
            with ApicurioJob(broker, registry, f"apicurio-{name}", "avro", framing,
                             key=f"serde: avro, registry: registry{framing}") as job:
                ids = [apicurio.register(f"{job.source}-value", "AVRO", text)[index] for text in ROWS]
                key_id = apicurio.register(f"{job.source}-key", "AVRO", '"string"')[index]
                for n in range(300):
                    version = dice.randrange(2)
                    row = [{"n": n, "name": f"row {n}"}, {"n": n, "extra": n / 2}][version]
                    job.feed(n, lead(ids[version]) + avro_bytes(ROWS[version], row), key=lead(key_id) + avro_bytes('"string"', f"k{n}"))
                whole = lead(ids[0]) + avro_bytes(ROWS[0], {"n": 1, "name": ""})
                bad = [b"", whole[:4], b"\1" + whole[1:], lead(999_999) + whole[5:]]
                for value in bad:
                    job.feed(0, value, key=lead(key_id) + avro_bytes('"string"', "k"))
                job.flush()
                checked = job.checked()
                assert checked.returncode == SUCCESS and "Apicurio Registry" in checked.stdout, checked.stdout + checked.stderr
                job.run_to_end()
                assert sorted(value for _, value in job.letters()) == sorted(bad), job.letters()
                messages, size = job.messages(), len(lead(0))
                written = {m.value()[:size] for m in messages}
                assert len(written) == 1, written
                number = int.from_bytes(written.pop(), "big")
                text = apicurio.text(**{("content_id", "global_id")[index]: number})
                have = apicurio.versions(f"{job.target}-value")
                assert [version[("contentId", "globalId")[index]] for version in have] == [number], (have, number)
                check_avro([avro_row(text, m.value()[size:]) for m in messages], 300)
                assert {avro_row('"string"', m.key()[size:]) for m in messages} == {f"k{n}" for n in range(300)}
                assert all(m.headers() == [("other", b"1")] for m in messages), messages[0].headers()


@case("kafka")
def protobuf_with_apicurios_framing_both_ways(broker, dice):
    """Messages are named before the payload; a schema with an import; in headers, too."""
    names = ["acme.v1.Row", "acme.v2.Row"]
    texts = {"acme.v1.Row": 'syntax = "proto3"; package acme.v1; message Other {} message Row { int32 n = 1; optional string name = 3; }',
             "acme.v2.Row": MESSAGES["acme.v2.Row"]}
    with schema_registry() as registry:
        apicurio = Apicurio(registry)
        apicurio.register("acme-base", "PROTOBUF", BASE)
        classes = [message_classes({"acme/base.proto": BASE, f"{name}.proto": texts[name]})(name) for name in names]
        for place in ("prefix", "header"):
            framing = ", framing: apicurio_header" if place == "header" else ""
            with ApicurioJob(broker, registry, f"apicurio-protobuf-{place}", "protobuf", framing, more=", message: acme.Row") as job:
                ids = [apicurio.register(f"{job.source}-value", "PROTOBUF", texts[name], [("acme/base.proto", "acme-base")] if n else ())[0]
                       for n, name in enumerate(names)]

                def message(version, payload, name="Row"):
                    body = ref(name) + payload
                    return (body, in_header("contentId", ids[version])) if framing else (four(ids[version]) + body, [])
                for n in range(300):
                    version = dice.randrange(2)
                    row = classes[version](n=n)
                    if version == 0:
                        row.name = f"row {n}"
                    else:
                        row.extra, row.unread.amount = n / 2, 5
                    job.feed(n, *message(version, row.SerializeToString()))
                bad = [message(0, b"", "Nowhere"), message(0, b"", "acme.v1.Row"), message(1, b"\x38")]
                if framing:
                    bad.append((b"\x08\x01", in_header("contentId", ids[0])))
                for value, headers in bad:
                    job.feed(0, value, headers)
                job.flush()
                job.run_to_end()
                assert sorted(value for _, value in job.letters()) == sorted(value for value, _ in bad), job.letters()
                rows = []
                for m in job.messages():
                    value, headers = m.value(), dict(m.headers())
                    if framing:
                        number = struct.unpack(">Q", headers.pop("apicurio.value.contentId"))[0]
                    else:
                        number, value = int.from_bytes(value[:5], "big"), value[5:]
                    assert headers == {"other": b"1"}, headers
                    name, payload = without_ref(value)
                    assert name == "Row", name
                    target = message_classes({"row.proto": apicurio.text(content_id=number)})("acme.Row")
                    rows.append(target.FromString(payload))
                rows.sort(key=lambda row: row.n)
                assert [row.n for row in rows] == list(range(300)), f"{len(rows)} rows"
                for row in rows:
                    assert row.name == f"row {row.n}" if row.HasField("name") else row.extra == row.n / 2, row


@case("kafka")
def apicurios_ids_in_headers_both_ways(broker, dice):
    """Of Avro and JSON; keys, too; messages of before, with ids before the payload, among them."""
    with schema_registry() as registry:
        apicurio = Apicurio(registry)
        framing = ", framing: apicurio_header, use_id: global_id"
        with ApicurioJob(broker, registry, "apicurio-headers", "avro", framing, key=f"serde: avro, registry: registry{framing}") as job:
            ids = [apicurio.register(f"{job.source}-value", "AVRO", text) for text in ROWS]
            key_id = apicurio.register(f"{job.source}-key", "AVRO", '"string"')[0]
            java = [("apicurio.value.encoding", b"BINARY"), ("apicurio.key.encoding", b"BINARY"), ("apicurio.value.msgType", b"com.acme.Row")]
            for n in range(300):
                version, how = dice.randrange(2), dice.randrange(3)
                row = avro_bytes(ROWS[version], [{"n": n, "name": f"row {n}"}, {"n": n, "extra": n / 2}][version])
                headers = in_header("contentId", key_id, "key") + java
                if how == 2:
                    row = four(ids[version][1]) + row
                else:
                    headers += in_header(("contentId", "globalId")[how], ids[version][how])
                job.feed(n, row, headers, avro_bytes('"string"', f"k{n}"))
            bad = [(b"x", [("apicurio.value.contentId", b"\7")]), (b"x", in_header("globalId", 999_999)),
                   (b'{"n":1}', in_header("contentId", ids[0][0]) + [("apicurio.value.encoding", b"JSON")])]
            for value, headers in bad:
                job.feed(0, value, headers + in_header("contentId", key_id, "key"), avro_bytes('"string"', "k"))
            job.flush()
            job.run_to_end()
            letters = job.broker.read_committed(job.dead)[0]
            assert sorted(m.value() for m in letters) == sorted(value for value, _ in bad), job.letters()
            assert all("apicurio.key.contentId" in dict(m.headers()) for m in letters), letters[0].headers()
            messages, value_ids, key_ids = job.messages(), set(), set()
            for m in messages:
                headers = dict(m.headers())
                assert len(headers) == len(m.headers()) == 5, m.headers()
                assert headers["apicurio.value.encoding"] == headers["apicurio.key.encoding"] == b"BINARY", headers
                value_ids.add(headers["apicurio.value.globalId"])
                key_ids.add(headers["apicurio.key.globalId"])
            assert len(value_ids) == len(key_ids) == 1, (value_ids, key_ids)
            text = apicurio.text(global_id=struct.unpack(">Q", value_ids.pop())[0])
            check_avro([avro_row(text, m.value()) for m in messages], 300)
            assert {avro_row('"string"', m.key()) for m in messages} == {f"k{n}" for n in range(300)}
        with ApicurioJob(broker, registry, "apicurio-json-headers", "json", ", framing: apicurio_header") as job:
            content_id, _ = apicurio.register(f"{job.source}-value", "JSON", SCHEMA)
            for n in range(100):
                job.feed(n, json.dumps({"n": n}).encode(), in_header("contentId", content_id))
            job.flush()
            job.run_to_end()
            assert job.letters() == []
            assert sorted(json.loads(m.value())["n"] for m in job.messages()) == list(range(100))
            have = {dict(m.headers())["apicurio.value.contentId"] for m in job.messages()}
            assert have == {struct.pack(">Q", apicurio.versions(f"{job.target}-value")[0]["contentId"])}, have


@case("kafka")
def apicurios_own_api_and_its_outage(broker, dice):
    """What has to be there and is not; another group; the latest version; what was seen outlasts the registry."""
    group = ', apicurio.registry.artifact.group-id: "acme"'
    with schema_registry() as registry, ApicurioJob(
            broker, registry, "apicurio-outage", "avro", registry_more=group, reading=", use_latest_version: true") as job:
        apicurio, subject = job.apicurio, f"{job.target}-value"
        job.expect(job.start(), FAILED)
        assert "the latest schema of artifact" in job.log(), job.log()
        content_id, _ = apicurio.register(f"{job.source}-value", "AVRO", ROWS[0], group="acme")
        job.expect(job.start(more=", auto_register: false"), FAILED)
        assert "the registry does not have it" in job.log() and subject in job.log(), job.log()
        for n in range(300):
            job.feed(n, four(content_id) + avro_bytes(ROWS[0], {"n": n, "name": f"row {n}"}))
        job.flush()
        process = job.start(stop="never")
        job.wait_until_read(job.source, process)
        assert len(apicurio.versions(subject, "acme")) == 1
        # What writers have beyond the latest version is passed over.
        other = json.dumps({**json.loads(ROWS[0]), "fields": json.loads(ROWS[0])["fields"] + [{"name": "more", "type": "long"}]})
        unseen, _ = apicurio.register("another", "AVRO", other)
        registry.shut_down()
        job.kill(process)
        process = job.start(stop="never", more=", auto_register: false")
        for n in range(300, 600):
            row = {"n": n, "name": f"row {n}", "more": n}
            job.feed(n, four(unseen if n % 3 == 0 else content_id) + avro_bytes(other if n % 3 == 0 else ROWS[0], row))
        job.flush()
        job.wait_until_only_the_first_waits(process, 100)
        registry.bring_back()
        job.wait_until_read(job.source, process)
        job.drain(process)
        assert "What it said before" in job.log(), job.log()
        messages = job.messages()
        text = apicurio.text(content_id=int.from_bytes(messages[0].value()[:5], "big"))
        rows = [avro_row(text, m.value()[5:]) for m in messages]
        assert sorted(row["n"] for row in rows) == list(range(600)), f"{len(rows)} rows"
        kept = sorted(path.name for path in (job.storage / job.name / "schemas" / "registry").glob("*-*.json"))
        assert kept == sorted([f"content-{content_id}.json", f"content-{unseen}.json"]), kept
