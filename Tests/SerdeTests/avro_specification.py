"""The cases of Avro's specification: "Schema Resolution", rule by rule, and "Parsing Canonical Form", transformation by
transformation (https://avro.apache.org/docs/1.11.1/specification/), the latter with fastavro as oracle."""
import json

import fastavro

from avro_cases import of, record
from avro_oracle import Maker, columns, encode
from cases import item, map_of, row
from harness import Schemas, Written, check, run
from oracle import Field

E_AB, E_BC = ({"type": "enum", "name": "E", "symbols": list(letters)} for letters in ("AB", "BC"))
FIXED = {"type": "fixed", "name": "F", "size": 2}
FLOAT, DOUBLE = Field("a", "f"), Field("a", "g")
LIST, NUMBERS = Field("a", "+l", children=[item("l")]), map_of("a", "l")
INNER, INNER_TEXT = record(("x", "int"), ("y", "string"), name="I"), record(("y", "string"), ("z", "long", {"default": 9}), name="I")
STRUCT = Field("a", "+s", children=[Field("z", "l"), Field("y", "vu")])
RECORD_UNION, RECORD_UNION_READ = (["null", record(("x", kind), name="I")] for kind in ("int", "long"))

# The rule, the writer's type of field "a", its value, the reader's, the column, the driver's print of it; None: an error.
RESOLUTION = [
    ("arrays: by their items", {"type": "array", "items": "int"}, [1, 2], {"type": "array", "items": "long"}, LIST, "[1,2]"),
    ("arrays: their items don't match", {"type": "array", "items": "int"}, [1], {"type": "array", "items": "string"},
     Field("a", "+l", children=[item("vu")]), None),
    ("maps: by their values", {"type": "map", "values": "int"}, {"k": 1}, {"type": "map", "values": "long"}, NUMBERS, "[{x6b,1}]"),
    ("maps: their values don't match", {"type": "map", "values": "boolean"}, {"k": True}, {"type": "map", "values": "long"}, NUMBERS,
     None),
    ("enums: of one name", E_AB, "B", E_BC, Field("a", "vu"), "x42"),
    ("enums: of other names", E_AB, "B", {**E_BC, "name": "Other"}, Field("a", "vu"), None),
    ("enums: names unqualified", {**E_AB, "namespace": "p"}, "B", {**E_BC, "namespace": "q"}, Field("a", "vu"), "x42"),
    ("enums: a symbol that the reader lacks", E_AB, "A", E_BC, Field("a", "vu"), None),
    ("enums: the reader's default for it", E_AB, "A", {**E_BC, "default": "C"}, Field("a", "vu"), "x43"),
    ("fixed: of one size and name", FIXED, b"ab", FIXED, Field("a", "vz"), "x6162"),
    ("fixed: of other sizes", FIXED, b"ab", {**FIXED, "size": 3}, Field("a", "vz"), None),
    ("fixed: of other names", FIXED, b"ab", {**FIXED, "name": "G"}, Field("a", "vz"), None),
    ("records: by fields' names, in any order; the writer's others are ignored, the reader's have defaults", INNER,
     {"x": 1, "y": "t"}, INNER_TEXT, STRUCT, "{9,x74}"),
    ("records: of other names", INNER, {"x": 1, "y": "t"}, {**INNER_TEXT, "name": "J"}, STRUCT, None),
    ("records: a field without a default", record(("y", "string"), name="I"), {"y": "t"}, INNER,
     Field("a", "+s", children=[Field("x", "i"), Field("y", "vu")]), None),
    ("both unions: the branch that was written", ["null", "string", "int"], 5, ["int", "null", "string"], Field("a", "i", True), "5"),
    ("both unions: null", ["null", "int"], None, ["int", "null"], Field("a", "i", True), "null"),
    ("both unions: the first that matches, with a promotion", ["null", "int"], 5, ["null", "float", "double"], Field("a", "g", True),
     "f4617315517961601024"),
    ("both unions: records, resolved in turn", RECORD_UNION, {"x": 3}, RECORD_UNION_READ,
     Field("a", "+s", True, children=[Field("x", "l")]), "{3}"),
    ("both unions: none matches", ["null", "string"], "s", ["null", "int"], Field("a", "i", True), None),
    ("the reader's a union: the first that matches", "int", 5, ["string", "long", "double"], Field("a", "l"), "5"),
    ("the reader's a union: none matches", "boolean", True, ["null", "long"], Field("a", "l", True), None),
    ("the writer's a union: it was the reader's type", ["null", "int"], 5, "long", Field("a", "l"), "5"),
    ("the writer's a union: it was not", ["null", "int"], None, "long", Field("a", "l"), None),
    ("int to long", "int", 5, "long", Field("a", "l"), "5"), ("int to float", "int", 5, "float", FLOAT, "f1084227584"),
    ("int to double", "int", 5, "double", DOUBLE, "f4617315517961601024"), ("long to float", "long", 5, "float", FLOAT, "f1084227584"),
    ("long to double", "long", 5, "double", DOUBLE, "f4617315517961601024"),
    ("float to double", "float", 1.5, "double", DOUBLE, "f4609434218613702656"),
    ("string to bytes", "string", "é", "bytes", Field("a", "vz"), "xc3a9"),
    ("bytes to string", "bytes", b"ok", "string", Field("a", "vu"), "x6f6b"),
    *((f"{written} to {read}", written, value, read, Field("a", format), None) for written, value, read, format in (
        ("long", 5, "int", "i"), ("float", 1.5, "int", "i"), ("float", 1.5, "long", "l"), ("double", 1.5, "float", "f"),
        ("boolean", True, "int", "i"), ("int", 1, "boolean", "b"), ("int", 1, "string", "vu"), ("string", "1", "int", "i"),
        ("bytes", b"1", "long", "l"))),
]


def resolution():
    for rule, written, value, read, column, expected in RESOLUTION:
        writer, reader = record(("a", written)), record(("a", read))
        results = run("avro", row(column), [encode(writer, {"a": value})], schemas=of(writer, reader, reader=2))
        if expected is None:
            is_reason = any(words in results[0][-1] for words in ("can't be read as", "no default"))
            check(f"avro, {rule}: {results}", (results[0][0], is_reason), ("E", True))
        else:
            check(f"avro, {rule}", results[0][:2], ("V", "{" + expected + "}"))


EMPTY = '"fields":[],"type":"record"'
# A schema, a value of it, and its canonical form.
CANONICAL = [
    # PRIMITIVES: the simple form.
    *((f'{{"type":"{name}"}}', value, f'"{name}"') for name, value in (
        ("null", None), ("boolean", True), ("int", 5), ("long", 5), ("float", 1.5), ("double", 1.5), ("bytes", b"b"),
        ("string", "s"))),
    ('[{"type":"int"},{"type":"boolean"}]', 5, '["int","boolean"]'),
    # FULLNAMES: names with their namespaces, which go. ORDER: name, type, fields.
    (f'{{{EMPTY},"name":"foo","namespace":"x.y"}}', {}, '{"name":"x.y.foo","type":"record","fields":[]}'),
    (f'{{{EMPTY},"name":"a.b.foo","namespace":"x.y"}}', {}, '{"name":"a.b.foo","type":"record","fields":[]}'),
    ('{"namespace":"x.y","type":"record","name":"foo","fields":[{"name":"f1","type":{"type":"fixed","name":"bar","size":1}},'
     '{"name":"f2","type":"bar"}]}', {"f1": b"1", "f2": b"2"},
     '{"name":"x.y.foo","type":"record","fields":[{"name":"f1","type":{"name":"x.y.bar","type":"fixed","size":1}},'
     '{"name":"f2","type":"x.y.bar"}]}'),
    # STRIP: what has no bearing on reading.
    (f'{{{EMPTY},"name":"foo","doc":"Useful info","aliases":["foo","bar"]}}', {}, '{"name":"foo","type":"record","fields":[]}'),
    ('{"type":"record","name":"foo","fields":[{"type":["null","int"],"name":"f1","default":null,"doc":"x","order":"ignore"},'
     '{"name":"f2","aliases":["g"],"type":{"type":"long"}}]}', {"f1": 3, "f2": 4},
     '{"name":"foo","type":"record","fields":[{"name":"f1","type":["null","int"]},{"name":"f2","type":"long"}]}'),
    ('{"doc":"x","type":"enum","namespace":"x.y.z","symbols":["A1","A2"],"name":"foo"}', "A2",
     '{"name":"x.y.z.foo","type":"enum","symbols":["A1","A2"]}'),
    ('{"name":"foo","type":"fixed","namespace":"x.y","doc":"x","size":3}', b"123", '{"name":"x.y.foo","type":"fixed","size":3}'),
    # ORDER, within and without.
    ('{"items":{"type":"map","values":{"type":"string"}},"type":"array"}', [{"k": "v"}],
     '{"type":"array","items":{"type":"map","values":"string"}}'),
    ('{"values":"string","type":"map"}', {"k": "v"}, '{"type":"map","values":"string"}'),
    ('{"type":"record","name":"PigValue","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}',
     {"value": {"value": {"value": 7}}},
     '{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}'),
    # STRINGS: escapes go. WHITESPACE goes.
    ('  { "type" : "\\u0065num",\n\t"name":"\\u0066oo" , "symbols" : [ "\\u0041" ] }  ', "A",
     '{"name":"foo","type":"enum","symbols":["A"]}'),
]


def canonical():
    """What is written by a schema is read the same by its canonical form; here: passed over, and what follows is found."""
    def wrapped(text):
        return '{"name":"Wrap","type":"record","fields":[{"name":"a","type":%s},{"name":"b","type":"long"}]}' % text
    for text, value, form in CANONICAL:
        check(f"fastavro's canonical form of {text}", fastavro.schema.to_parsing_canonical_form(json.loads(text)), form)
        message = encode(json.loads(wrapped(text)), {"a": value, "b": -77})
        for schema in (text, form):
            results = run("avro", row(Field("b", "l")), [message], schemas=of(wrapped(schema)))
            check(f"avro, by {schema}", results[0][:2], ("V", "{-77}"))


def random_canonical(random, count):
    """Values of random schemas, by the schemas and by their canonical forms."""
    for _ in range(count):
        maker = Maker(random)
        schema = maker.record()
        form = fastavro.schema.to_parsing_canonical_form(schema)
        messages = [encode(schema, maker.value(schema)) for _ in range(20)]
        by = [run("avro", columns(schema), messages,
                  schemas=Schemas([Written(0, text, "the writer's")], [1] * 20, 0, 1)) for text in (json.dumps(schema), form)]
        check(f"avro {schema}, read", {result[0] for result in by[0]}, {"V"})
        check(f"avro {schema}, by its canonical form", by[1], by[0])


def all_cases():
    resolution()
    canonical()
