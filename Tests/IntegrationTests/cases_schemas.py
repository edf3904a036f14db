"""Cases with a schema registry: Confluent's framing, outages, objections, access. Formats: cases_schema_formats.py."""

import json
import struct

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from jobs import FAILED, REFUSED, SUCCESS, wait_for
from registry import case
from schema_job import SCHEMA, SchemaJob
from schema_registry import schema_registry
from secure_broker import Certificates
from secure_registry import SecureRegistry, basic


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
        job.wait_until_only_the_first_waits(process, 200)
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
