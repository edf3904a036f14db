"""Cases of serdes with a schema registry: the schemas that they write with, and what the registry has before a message."""
import json

from cases import FLIGHT, row
from harness import Schemas, Written, check, run, written
from oracle import Field

NULL = {"type": "null"}
EVERYTHING = row(
    Field("a", "i"), Field("b", "vu", True), Field("c", "L", True), Field("d", "g"), Field("e", "b"),
    Field("f", "tsu:UTC"), Field("g", "tsu:"), Field("h", "tdD"), Field("i", "ttu"), Field("j", "vz"),
    Field("k", "d:10,2"), Field("l", "+l", True, [Field("item", "i", True)]),
    Field("m", "+m", False, [Field("entries", "+s", False, [Field("key", "vu"), Field("value", "s", True)])]),
    Field('quote"d', "+s", False, [Field("x", "C")]))


def integer(least, largest):
    return {"type": "integer", "minimum": least, "maximum": largest}


EVERYTHING_SCHEMA = {
    "a": integer(-2**31, 2**31 - 1),
    "b": {"oneOf": [NULL, {"type": "string"}]},
    "c": {"oneOf": [NULL, integer(0, 2**64 - 1)]},
    "d": {"type": "number"},
    "e": {"type": "boolean"},
    "f": {"type": "string", "format": "date-time"},
    "g": {"type": "string"},
    "h": {"type": "string", "format": "date"},
    "i": {"type": "string", "pattern": r"^\d\d:\d\d:\d\d(\.\d+)?$"},
    "j": {"type": "string", "contentEncoding": "base64"},
    "k": {"type": "number"},
    "l": {"oneOf": [NULL, {"type": "array", "items": {"oneOf": [NULL, integer(-2**31, 2**31 - 1)]}}]},
    "m": {"type": "object", "additionalProperties": {"oneOf": [NULL, integer(-2**15, 2**15 - 1)]}},
    'quote"d': {"type": "object", "properties": {"x": integer(0, 255)}, "additionalProperties": False, "required": ["x"]},
}


def all_cases():
    kind, name, index, text = written("json", EVERYTHING)
    check("json: format, name and index of the schema", (kind, name, index), (2, "", b""))
    check("json: the schema", json.loads(text), {
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": EVERYTHING_SCHEMA,
        "additionalProperties": False, "required": [n for n, s in EVERYTHING_SCHEMA.items() if "oneOf" not in s]})
    one = row(Field("n", "i", True))
    check("json: a schema that requires nothing", "required" in json.loads(written("json", one)[3]), False)
    for lead in (b"", b"\0", b"\0\0\0\0\x07", bytes(range(256)) * 4):
        got = run("json", one, [b'{"n":1}', b'{"n":null}'], lead=lead)
        check(f"json: messages begin with {len(lead)} bytes", [found[2] for found in got],
              [lead + b'{"n":1}', lead + b'{"n":null}'])
    record = Schemas([Written(0, '{"type":"record","name":"r","fields":[{"name":"n","type":"int"}]}')], [1])
    for lead in (b"", b"\0\0\0\0\x07", bytes(range(256)) * 4):
        got = run("avro", row(Field("n", "i")), [b"\2"], schemas=record, lead=lead)
        check(f"avro: messages begin with {len(lead)} bytes", got[0][2], lead + b"\2")
    schemas = Schemas([Written(2, "{}")], [1, 0, 1])
    got = run("json", one, [b'{"n":1}', None, b"x"], schemas=schemas)
    check("json: the writers' schemas change nothing", got, run("json", one, [b'{"n":1}', None, b"x"]))
