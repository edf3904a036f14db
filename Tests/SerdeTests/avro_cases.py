"""Cases of the avro serde with exact expectations."""
import datetime
import json
from decimal import Decimal

from avro_oracle import encode, kind
from cases import item, map_of, row
from harness import Schemas, Written, check, options_schema, run, written
from oracle import Field

DAY = 86400


def record(*fields, name="R", **more):
    return {"type": "record", "name": name, "fields": [
        {"name": field[0], "type": field[1], **(field[2] if len(field) > 2 else {})} for field in fields], **more}


def logical(kind, name, **more):
    return {"type": kind, "logicalType": name, **more}


def of(*schemas, count=1, reader=0, writer=0):
    """Messages of the first of some schemas, which are called "id 1" and so on."""
    return Schemas([Written(0, one if isinstance(one, str) else json.dumps(one), f"id {number}")
                    for number, one in enumerate(schemas, 1)], [1] * count, reader, writer)


def long(value):
    return encode("long", value)


# schema of field "a", its value as fastavro takes it, column's format, nullable, the driver's print of it.
VALUES = [
    ("long", 2**63 - 1, "l", 0, str(2**63 - 1)), ("long", -2**63, "l", 0, str(-2**63)), ("int", -1, "l", 0, "-1"),
    ("long", 255, "C", 0, "255"), ("long", -128, "c", 0, "-128"), ("long", 2**32 - 1, "I", 0, str(2**32 - 1)),
    ("int", 3, "g", 0, "f4613937818241073152"), ("long", 3, "f", 0, "f1077936128"), ("float", 1.5, "g", 0, "f4609434218613702656"),
    ("boolean", True, "b", 1, "true"), (["null", "int"], None, "i", 1, "null"), (["int", "null"], 5, "i", 1, "5"),
    ("string", "é", "vz", 0, "xc3a9"), ("bytes", b"ok", "vu", 0, "x6f6b"), (["string", "bytes"], b"b", "vu", 0, "x62"),
    (["int", "long"], 2**40, "l", 0, str(2**40)), (["null", "int", "double"], 1.5, "g", 1, "f4609434218613702656"),
    (logical("string", "uuid"), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "vu", 0,
     "x" + b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6".hex()),
    (logical("int", "date"), datetime.date(1970, 1, 3), "tdD", 0, "2"),
    (logical("int", "date"), datetime.date(1969, 12, 31), "tdm", 0, "-86400000"), (logical("int", "date"), 7, "i", 0, "7"),
    (logical("int", "time-millis"), datetime.time(0, 0, 1), "ttm", 0, "1000"),
    (logical("int", "time-millis"), datetime.time(0, 0, 1), "tts", 0, "1"),
    (logical("long", "time-micros"), datetime.time(0, 0, 0, 5), "ttu", 0, "5"),
    (logical("long", "time-micros"), datetime.time(0, 0, 0, 5), "ttn", 0, "5000"),
    *((logical("long", name), value, format, 0, expected) for name, value in
      (("timestamp-millis", 1500), ("local-timestamp-millis", 1500))
      for format, expected in (("tsm:", "1500"), ("tsu:", "1500000"), ("tsn:", "1500000000"))),
    (logical("long", "timestamp-micros"), 1500000, "tsm:UTC", 1, "1500"), ("long", -7, "tss:UTC", 0, "-7"),
    (logical("bytes", "decimal", precision=5, scale=2), Decimal("-1.50"), "d:7,3", 0, "-1500"),
    (logical("bytes", "decimal", precision=5, scale=2), Decimal("1.50"), "d:3,1", 0, "15"),
    ({"type": "fixed", "name": "F", "size": 17, "logicalType": "decimal", "precision": 38, "scale": 0},
     Decimal(-10**37), "d:38,0", 0, str(-10**37)),
    ({"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}, b"\1\0\0\0" * 3, "vz", 0, "x" + "01000000" * 3),
    (logical("int", "unknown"), 5, "i", 0, "5"), (logical("string", "date"), "x", "vu", 0, "x78"),
    ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "vu", 0, "x42"),
    ("null", None, "i", 1, "null"),
]

SAME = [(schema, format) for schema, _, format, _, _ in VALUES
        if (kind(schema), format) not in (("int", "g"), ("int", "l"), ("long", "f"), ("float", "g"), ("union", "vu"), ("null", "i"))]

# schema of field "a", the message, column's format, nullable, code, error.
REFUSED = [
    ("long", b"", "l", 0, 1, 'field "a": at byte 0: the bytes end too early, expected long'),
    ("long", b"\x80", "l", 0, 1, 'field "a": at byte 0: the bytes end too early, expected long'),
    ("long", b"\xff" * 9 + b"\x02", "l", 0, 1, 'field "a": at byte 0: an integer of more than 64 bits, expected long'),
    ("int", long(2**31), "l", 0, 1, f'field "a": at byte 0: {2**31} has more than the 32 bits of an int'),
    ("long", long(256), "C", 0, 2, 'field "a": at byte 0: 256 is out of range for uint8'),
    ("long", long(-1), "L", 0, 2, 'field "a": at byte 0: -1 is out of range for uint64'),
    ("boolean", b"\2", "b", 0, 1, 'field "a": at byte 0: a boolean of 2, expected 0 or 1'),
    ("float", b"\0" * 3, "f", 0, 1, 'field "a": at byte 0: the bytes end too early, expected float'),
    ("string", b"\x08abc", "vu", 0, 1, 'field "a": at byte 0: a length of 4, but 3 bytes are left'),
    ("string", b"\1", "vu", 0, 1, 'field "a": at byte 0: a length of -1, but 0 bytes are left'),
    ("string", b"\4a\xff", "vu", 0, 1, 'field "a": at byte 2: a byte that is not UTF-8, expected text'),
    (["null", "int"], b"\4", "i", 1, 1, 'field "a": at byte 0: branch 2, but the union has 2'),
    (["null", "int"], b"\0", "i", 0, 3, 'field "a": at byte 1: null, but required: expected int32'),
    (["int", "string"], b"\2\2x", "i", 0, 2, 'field "a": at byte 1: Avro\'s string has no value as int32'),
    ({"type": "enum", "name": "E", "symbols": ["A"]}, b"\2", "vu", 0, 1, 'field "a": at byte 0: symbol 1, but enum E has 1'),
    (logical("long", "timestamp-micros"), long(1), "tsm:UTC", 0, 2,
     'field "a": at byte 0: 1 of long has no exact value as timestamp[ms, UTC]'),
    (logical("long", "timestamp-millis"), long(2**62), "tsn:UTC", 0, 2,
     f'field "a": at byte 0: {2**62} of long has no exact value as timestamp[ns, UTC]'),
    (logical("int", "time-millis"), long(DAY * 1000), "ttm", 0, 2, 'field "a": at byte 0: a time that is not within a day'),
    (logical("bytes", "decimal", precision=5, scale=2), b"\2\1", "d:3,1", 0, 2,
     'field "a": at byte 0: a decimal that has no exact value as decimal128(3, 1)'),
    ("long", b"\2\2", "l", 0, 1, 'at byte 1: 1 bytes are left behind the datum of schema "id 1"'),
    ("double", b"\0" * 8, "f", 0, -1,
     'schema "id 1" does not suit the columns: field "a": Avro\'s double has no value as float32'),
    (logical("long", "local-timestamp-millis"), b"\2", "tsm:UTC", 0, -1,
     'schema "id 1" does not suit the columns: field "a": Avro\'s long has no value as timestamp[ms, UTC]'),
]

# schema texts and what is wrong with them.
BAD_SCHEMAS = [
    ("", "line 1, column 1: expected a value"), ('{"type":\n"int"', "line 2, column 6: expected ',' or '}'"),
    ("[" * 300, "line 1, column 257: nested too deeply"), ('"in"', '"in": no type of this name is known here'),
    ('{"type":"record","name":"R"}', '"R": a record needs an array of "fields"'), ("[]", "a union without branches"),
    ('["int","int"]', '"int": two branches of one type in a union'),
    ('["int",["long"]]', 'a branch of a union that is a union'),
    ('{"type":"record","name":"9","fields":[]}', '"9": a named type needs a valid "name"'),
    ('{"type":"enum","name":"E","symbols":["A","A"]}', '"A": two symbols of one name'),
    ('{"type":"enum","name":"E","symbols":["A"],"default":"B"}', '"E": the default is none of the symbols'),
    ('{"type":"fixed","name":"F","size":-1}', '"F": a fixed needs a "size" from 0 to 2147483647'),
    ('{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
     '"a": two fields of one name'),
    ('{"type":"array"}', '"array": lacks the type of its items'), ("5", "a type must be a string, an array or an object"),
    ('{"type":"array","items":' * 70 + '"int"' + "}" * 70, "types are nested more than 64 deep"),
]


def avro_values():
    for schema, value, format, nullable, expected in VALUES:
        name = schema.get("name", schema) if isinstance(schema, dict) else schema
        skipping = record(("a", schema), ("skipped", name if isinstance(name, list) or name == "null" else ["null", name]))
        fields = row(Field("a", format, bool(nullable)))
        message = encode(skipping, {"a": value, "skipped": value})
        results = run("avro", fields, [message], schemas=of(skipping))
        check(f"avro {schema} as {format}", [result[:2] for result in results], [("V", "{" + expected + "}")])
        # Where no unit, no scale and no kind changes, writing gives the message back.
        if (schema, format) in SAME:
            message = encode(record(("a", schema)), {"a": value})
            check(f"avro {schema}, written again",
                  run("avro", fields, [message], schemas=of(record(("a", schema)), writer=1))[0][2], message)
    wrong = record(("a", logical("bytes", "decimal", precision=2, scale=3)))  # which fastavro refuses
    check("avro, a decimal that is none", run("avro", row(Field("a", "vz")), [b"\2\1"], schemas=of(wrong))[0][1], "{x01}")


def avro_refused():
    for schema, message, format, nullable, code, error in REFUSED:
        results = run("avro", row(Field("a", format, bool(nullable))), [message], schemas=of(record(("a", schema))))
        check(f"avro refuses {message!r} as {format}", results, [("E", code, error)])
    one = row(Field("a", "l"))
    check("avro, a null", run("avro", one, [None], schemas=of('"long"')),
          [("E", 3, "the value is null (no bytes), expected an Avro datum")])
    check("avro, an integer that goes on in another message", run("avro", one, [b"\x80" * 3, b"\x80" * 9], schemas=of('"long"', count=2)),
          [("E", 1, 'field "a": at byte 0: the bytes end too early, expected long')] * 2)
    check("avro, no schema", run("avro", one, [b"\2"]), [
        ("E", -1, "the message doesn't say what schema it was written with; set `registry` of the topic, or `schema`")])
    for text, error in BAD_SCHEMAS:
        check(f"avro, schema {text[:60]}", run("avro", one, [b"\2"], schemas=of(text)),
              [("E", -1, f'serde "avro": schema "id 1": {error}')])
        check(f"avro, reader's schema {text[:60]}", run("avro", one, [], schemas=of(text, count=0, reader=1)),
              ("BIND", f'serde "avro": schema "id 1": {error}'))


def resolved(name, written_schema, read, message, fields, expected):
    results = run("avro", fields, [message], schemas=of(written_schema, read, reader=2))
    check(f"avro, {name}", results[0][:len(expected)], expected)


def avro_resolution():
    old = record(("a", "int"), ("gone", "string"))
    message = encode(old, {"a": 5, "gone": "x"})
    fields = row(Field("a", "l"), Field("b", "vu"), Field("c", "i", True))
    resolved("promotion and default", old, record(("a", "long"), ("b", "string", {"default": "as it was before"})), message,
             fields, ("V", "{5,x" + b"as it was before".hex() + ",null}"))
    resolved("alias", old, record(("b", "bytes", {"aliases": ["gone"]}), ("a", "int")), message, fields, ("V", "{5,x78,null}"))
    resolved("record's alias", old, record(("b", "string", {"aliases": ["gone"]}), ("a", "int"), name="S", aliases=["R"]),
             message, fields, ("V", "{5,x78,null}"))
    resolved("other record", old, record(("a", "int"), ("b", "string", {"default": ""}), name="S"), message, fields, (
        "E", -1, 'schema "id 1" can\'t be read by schema "id 2": the writer\'s R can\'t be read as the reader\'s S'))
    resolved("no default", old, record(("a", "int"), ("b", "string")), message, fields, (
        "E", -1, 'schema "id 1" can\'t be read by schema "id 2": field "b": R has no such field, and the reader\'s has no '
        'default'))
    # What is passed over in the default is of a type with the number that the writer's double has.
    inner = record(("x", "string"), ("y", "int"), name="P")
    wide = record(("p", "long"), ("q", "long"), ("s", "double"), ("a", "int"))
    resolved("a default that is passed over in part", wide, record(("a", "int"), ("r", inner, {"default": {"x": "abc", "y": 7}})),
             encode(wide, {"p": 1, "q": 2, "s": 1.5, "a": 5}), row(Field("a", "l"), Field("r", "+s", children=[Field("y", "i")])),
             ("V", "{5,{7}}"))
    resolved("no promotion", record(("b", "long")), record(("b", "string")), b"\2", row(Field("b", "vu")), (
        "E", -1, 'schema "id 1" can\'t be read by schema "id 2": field "b": the writer\'s long can\'t be read as the reader\'s '
        'string'))
    enums = [{"type": "enum", "name": "E", "symbols": ["A", "B"]}, {"type": "enum", "name": "E", "symbols": ["A"]}]
    resolved("an unknown symbol", *enums, b"\2", row(Field("e", "vu")), (
        "E", 2, 'field "e": at byte 0: symbol "B" is none of the reader\'s enum, which has no default'))
    resolved("an enum's default", enums[0], {**enums[1], "default": "A"}, b"\2", row(Field("e", "vu")), ("V", "{x41}"))
    resolved("into a union", '"int"', ["null", "string", "double"], b"\2", row(Field("d", "g", True)),
             ("V", "{f4607182418800017408}"))
    resolved("through a float", '"long"', '"float"', long(16777217), row(Field("d", "g")), ("V", "{f4715268809856909312}"))
    got = run("avro", row(Field("a", "l"), Field("b", "vu")), [b"\2"], schemas=of(record(("a", "long"))))
    check("avro, a column that the writer lacks", got, [
        ("E", -1, 'schema "id 1" does not suit the columns: field "b": R has no such field, and the column is not nullable')])
    wide = record(*((f"f{i}", {"type": "fixed", "name": f"n.T{i}", "size": 0}) for i in range(8000)), ("a", "int"))
    check("avro, a schema of many names", run("avro", row(Field("a", "i")), [b"\2"], schemas=of(wide))[0][:2], ("V", "{1}"))
    many = Schemas([Written(0, json.dumps(record((f"f{i}", "int"), ("a", "int"))), f"id {i}") for i in range(100)],
                   [1 + i % 100 for i in range(300)])
    check("avro, many writers", [result[1] for result in run("avro", row(Field("a", "i")), [b"\0" + long(i)
                                                                                          for i in range(300)], schemas=many)],
          ["{%d}" % i for i in range(300)])


def avro_nested():
    node = record(("v", "int"), ("next", ["null", "Node"]), name="Node", namespace="n.s")
    fields = row(Field("v", "i"), Field("next", "+s", True, children=[Field("v", "i")]))
    value = {"v": 1, "next": {"v": 2, "next": {"v": 3, "next": None}}}
    check("avro, recursion", run("avro", fields, [encode(node, value)], schemas=of(node))[0][1], "{1,{2}}")
    deep = b"\2\2" * 200 + b"\2\0"
    check("avro, too deep", run("avro", row(Field("v", "i")), [deep], schemas=of(node)), [
        ("E", 1, 'at byte 128: values are nested more than 64 deep')])
    spread = row(Field("u", "+s", True, children=[Field("string", "vu", True), Field("P", "+s", True,
                                                                                     children=[Field("x", "i")])]))
    union = record(("u", ["null", "string", record(("x", "int"), name="P")]))
    messages = [encode(union, {"u": one}) for one in (None, "s", {"x": 3})]
    results = run("avro", spread, messages, schemas=of(union, count=3, writer=1))
    check("avro, a union over a struct", results, [
        ("V", "{null}", messages[0]), ("V", "{{x73,null}}", messages[1]), ("V", "{{null,{3}}}", messages[2])])
    blocks = record(("l", {"type": "array", "items": "int"}))
    for message in (b"\4\2\4\2\6\0", b"\3\4\2\4\2\6\0", b"\1\2\2\2\4\1\2\6\0"):
        check(f"avro, blocks {message!r}", run("avro", row(Field("l", "+l", children=[item("i")])), [message],
                                               schemas=of(blocks))[0][1], "{[1,2,3]}")
    nulls = {"type": "array", "items": "null"}
    bomb = [long(2**40) + b"\0", long(-2**63) + b"\0\0"]
    for fields in (row(Field("l", "+l", children=[item("i", True)])), row(Field("x", "i", True))):
        results = run("avro", fields, bomb, schemas=of(record(("l", nulls)), count=2))
        check("avro, items without bytes", [result[:2] for result in results], [("E", 1)] * 2)
    kinds = record(("m", {"type": "map", "values": ["null", "string"]}))
    message = encode(kinds, {"m": {"k": "v", "n": None}})
    check("avro, a map", run("avro", row(map_of("m", "vu", value_nullable=True)), [message], schemas=of(kinds, writer=1)),
          [("V", "{[{x6b,x76},{x6e,null}]}", message)])
    base = Written(0, json.dumps(record(("x", "int"), name="Base", namespace="b")), "base")
    other = Written(0, json.dumps(record(("b", "b.Base"), ("c", ["null", "b.Base"]))), "other", (("b.Base", 1),))
    check("avro, references", run("avro", row(Field("c", "+s", True, children=[Field("x", "i")])), [b"\2\2\4"],
                                  schemas=Schemas([base, other], [2]))[0][:2], ("V", "{{2}}"))


ALL = row(Field("b", "b"), Field("i", "s"), Field("u", "L"), Field("f", "f"), Field("d", "g", True), Field("t", "vu", True),
          Field("z", "vz"), Field("dd", "tdm"), Field("tt", "ttm"), Field("tn", "ttu"), Field("ts", "tsu:UTC"), Field("tl", "tss:"),
          Field("n", "d:9,2"), Field("l", "+l", children=[item("i", True)]), Field("r", "+s", children=[Field("x", "l")]))
ALL_TEXT = (
    '{"type":"record","name":"a.b.Row","fields":[{"name":"b","type":"boolean"},{"name":"i","type":"int"},'
    '{"name":"u","type":"long"},{"name":"f","type":"float"},{"name":"d","type":["null","double"],"default":null},'
    '{"name":"t","type":["null","string"],"default":null},{"name":"z","type":"bytes"},'
    '{"name":"dd","type":{"type":"int","logicalType":"date"}},{"name":"tt","type":{"type":"int","logicalType":"time-millis"}},'
    '{"name":"tn","type":{"type":"long","logicalType":"time-micros"}},'
    '{"name":"ts","type":{"type":"long","logicalType":"timestamp-micros"}},'
    '{"name":"tl","type":{"type":"long","logicalType":"local-timestamp-millis"}},'
    '{"name":"n","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},'
    '{"name":"l","type":{"type":"array","items":["null","int"]}},'
    '{"name":"r","type":{"type":"record","name":"a.b.Row.r","fields":[{"name":"x","type":"long"}]}}]}')


def avro_writing():
    options = {"record_name": "Row", "namespace": "a.b"}
    check("avro, a schema from columns", written("avro", ALL, options=options), (0, "a.b.Row", b"", ALL_TEXT))
    check("avro, a key's", written("avro", row(Field("a", "i")), part="key")[1], "key")
    value = {"b": True, "i": -3, "u": 2**40, "f": 1.5, "d": None, "t": "some text, not inlined", "z": b"\0\xff", "dd": 3, "tt": 5,
             "tn": 7, "ts": 11, "tl": 13000, "n": Decimal("-12.34"), "l": [1, None], "r": {"x": 9}}
    message = encode(json.loads(ALL_TEXT), value)
    check("avro, a row by its own schema", run("avro", ALL, [message], options=options, schemas=of(ALL_TEXT))[0][2], message)
    given = record(("a", "int"), ("b", ["null", "long"]), ("c", "string", {"default": "x"}))
    fields = row(Field("b", "l", True), Field("a", "l"))
    check("avro, a given schema", run("avro", fields, [b"\4\0\0", b"\2\2\6\0"], schemas=of(given, count=2, writer=1)),
          [("V", "{null,2}", b"\4\0\2x"), ("V", "{3,1}", b"\2\2\6\2x")])
    check("avro, out of range", run("avro", fields, [long(2**40) + b"\0"],
                                    schemas=of(record(("a", "long"), ("b", ["null", "long"])), given, writer=2))[0][2],
          f'field "a": {2**40} is out of range for Avro\'s int')
    for schema, fields, error in (
            (given, row(Field("b", "l", True)), 'field "a" of R has no column and no default; add the column'),
            (given, row(Field("a", "vu"), Field("b", "l")), 'field "a": a column of utf8 can\'t be written as Avro\'s int'),
            (given, row(Field("a", "i"), Field("b", "l"), Field("z", "i")),
             'field "z": R has no such field; add it, or drop the column'),
            ('"int"', row(Field("a", "i"), Field("b", "i")), "int is no record, so that there must be one column, not 2")):
        check(f"avro, {error}", written("avro", fields, schemas=of(schema, writer=1)),
              ("BIND", f'serde "avro": schema "id 1" can\'t write the columns: {error}'))
    check("avro, a column's name", written("avro", row(Field("a b", "i"))), (
        "BIND", 'serde "avro": column "a b" has no Avro name; rename it to letters, digits and _, no digit first'))
    check("avro, an option", written("avro", row(Field("a", "i")), options={"namespace": "a..b"}), (
        "BIND", 'config: "namespace" is "a..b"; write letters, digits and _, parts separated by dots, no digit first'))
    check("avro, only known options", options_schema("avro")["additionalProperties"], False)


def all_cases():
    avro_values()
    avro_refused()
    avro_resolution()
    avro_nested()
    avro_writing()
