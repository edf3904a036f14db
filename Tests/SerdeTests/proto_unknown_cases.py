"""Cases of the protobuf serde's option `unknown_fields` with exact expectations."""
from cases import item, map_of, row
from harness import check, run, written
from oracle import Field
from proto_cases import message_of, of, sized, tag
from proto_oracle import varint

OPTIONS = {"unknown_fields": "rest"}
OLD = message_of("int32 a = 1; string b = 2; repeated int32 l = 3; map<string, int32> m = 4; M in = 5;")
DEEP = 64  # groups in each other at most


def groups(count):
    return tag(9, 3) * count + tag(9, 4) * count


def hexed(data):
    return "x" + data.hex()


# What there is beside a = 1, with what is known in brackets; what is unknown of it.
FOUND = [
    ("nothing", b"", b""),
    ("a short one", tag(6, 0) + b"\x07", tag(6, 0) + b"\x07"),
    ("long ones in a row", sized(6, b"x" * 40) + tag(7, 5) + b"abcd", sized(6, b"x" * 40) + tag(7, 5) + b"abcd"),
    ("a number of the format's own range", tag(19000, 1) + b"12345678", tag(19000, 1) + b"12345678"),
    ("the greatest number", tag(536870911, 0) + b"\1", tag(536870911, 0) + b"\1"),
    ("between known ones", tag(6, 0) + b"\1" + sized(2, b"b") + tag(7, 0) + b"\2" + sized(3, b"\5") + sized(8, b"y" * 30),
     tag(6, 0) + b"\1" + tag(7, 0) + b"\2" + sized(8, b"y" * 30)),
    ("the same twice", tag(6, 0) + b"\1" + sized(2, b"") + tag(6, 0) + b"\1", tag(6, 0) + b"\1" + tag(6, 0) + b"\1"),
    ("a group", groups(DEEP), groups(DEEP)),
    ("a group around known numbers", tag(9, 3) + tag(1, 0) + b"\5" + tag(9, 4), tag(9, 3) + tag(1, 0) + b"\5" + tag(9, 4)),
    ("tags and numbers with more bytes than they need", b"\xb0\x00\x87\x80\x00", b"\xb0\x00\x87\x80\x00"),
    ("another wire type", sized(1, b"a") + tag(2, 0) + b"\1" + tag(3, 5) + b"abcd",
     sized(1, b"a") + tag(2, 0) + b"\1" + tag(3, 5) + b"abcd"),
    ("a list of either form", sized(3, b"\1\2") + tag(3, 0) + b"\3", b""),
    ("a map, and a message with one in it", sized(4, b"\x0a\1k\x10\5") + sized(5, tag(6, 0) + b"\7"), b""),
]


def found():
    schemas = of(OLD, count=2, reader=1, writer=1)
    for nullable in (False, True):
        fields = row(Field("rest", "vz", nullable), Field("a", "i"))
        for name, more, unknown in FOUND:
            message = b"\x08\x01" + more
            text = "null" if nullable and not unknown else hexed(unknown)
            # The one behind has nothing of the one before.
            got = run("protobuf", fields, [b"\0" + message, b"\0\x08\x01"], options=OPTIONS, schemas=schemas)
            check(f"protobuf, unknown fields: {name}", got, [
                ("V", "{%s,1}" % text, b"\x08\x01" + unknown), ("V", "{null,1}" if nullable else "{x,1}", b"\x08\x01")])
    # Without columns for them, too; among rows that have none.
    more, closed = tag(2, 0) + b"\1", tag(3, 0) + b"\7"
    few = of('syntax = "proto2"; message M { optional int32 a = 1; optional string b = 2; optional E c = 3; enum E { X = 3; } }',
             count=9, reader=1, writer=1)
    plain, known = b"\0\x08\x01", b"\0" + sized(2, b"b") + tag(3, 0) + b"\3"
    got = run("protobuf", row(Field("rest", "vz", True), Field("a", "i", True)),
              [plain] * 4 + [plain + more, plain + closed, known] + [plain] * 2, options=OPTIONS, schemas=few)
    check("protobuf, unknown values of fields without columns", [one[1] for one in got], [
        "{null,1}"] * 4 + ["{%s,1}" % hexed(more), "{%s,1}" % hexed(closed), "{null,null}"] + ["{null,1}"] * 2)
    dropped = run("protobuf", row(Field("a", "i")), [b"\0" + b"\x08\x01" + FOUND[1][1]], schemas=of(OLD, reader=1, writer=1))
    check("protobuf, unknown fields without the option", dropped, [("V", "{1}", b"\x08\x01")])


def of_newer_writers():
    """What a newer writer's message has more comes back; it is unknown to the schema that it is read by, and to no other."""
    newer = message_of("int32 a = 1; string b = 2; string more = 6; repeated M many = 7;")
    message = b"\x08\x01" + sized(2, b"b") + sized(6, b"x" * 20) + sized(7, b"\x08\x02")
    fields = row(Field("a", "i"), Field("rest", "vz", True), Field("b", "vu"))
    got = run("protobuf", fields, [b"\0" + message], options=OPTIONS, schemas=of(newer, OLD, reader=2, writer=2))
    check("protobuf, a newer writer's fields", got, [("V", "{1,%s,x62}" % hexed(message[5:]), message)])
    got = run("protobuf", fields, [b"\0" + message], options=OPTIONS, schemas=of(newer, OLD, writer=2))
    check("protobuf, a writer's own fields are none", got, [("V", "{1,null,x62}", message[:5])])
    got = run("protobuf", row(Field("rest", "vz")), [b"\0" + message], options=OPTIONS,
              schemas=of(newer, "message M {}", reader=2, writer=2))
    check("protobuf, all fields are unknown", got, [("V", "{%s}" % hexed(message), message)])
    # A field of the column's name, and one without a column, are known, but not in it.
    named = message_of("int32 a = 1; bytes rest = 2; int32 b = 3;")
    got = run("protobuf", row(Field("a", "i"), Field("rest", "vz", True)), [b"\0\x08\x01" + sized(2, b"z") + tag(3, 0) + b"\1"],
              options=OPTIONS, schemas=of(named, reader=1, writer=1))
    check("protobuf, a field called as the column", got, [("V", "{1,null}", b"\x08\x01")])
    parts = row(Field("rest", "vz", True), Field("m", "+s", True, [Field("rest", "i")]))
    got = run("protobuf", parts, [b"\0" + sized(1, b"\x08\x05\x10\x06")], options=OPTIONS,
              schemas=of(message_of("N m = 1; message N { int32 rest = 1; }"), reader=1, writer=1))
    check("protobuf, a nested field called as the column; unknown ones of nested messages are dropped", got, [
        ("V", "{null,{5}}", sized(1, b"\x08\x05"))])


def of_closed_enums():
    closed = 'syntax = "proto2"; package p; message M { optional E a = 1; repeated E l = 2; repeated E k = 3 [packed = true]; ' \
             'oneof o { E c = 4; int32 i = 5; } enum E { X = 3; Y = -1; } }'
    fields = row(Field("a", "vu", True), Field("l", "+l", children=[item("vu")]), Field("k", "+l", children=[item("i")]),
                 Field("c", "vu", True), Field("i", "i", True), Field("rest", "vz", True))
    minus = varint(2**64 - 1)
    packed = sized(3, b"\x03\x07" + minus + b"\x88\x00\x03")
    message = b"\x08\x07" + b"\x08\x03\x08\x09" + b"\x10" + minus + b"\x10\x07" + packed + b"\x28\x01\x20\x06"
    unknown = b"\x08\x07\x08\x09\x10\x07\x18\x07\x18\x88\x00\x20\x06"
    known = b"\x08\x03\x10" + minus + sized(3, b"\x03" + minus + b"\x03") + b"\x28\x01"
    expected = "{x58,[x59],[3,-1,3],null,1,%s}" % hexed(unknown)
    schemas = of(closed, reader=1, writer=1)
    for data in (message, known + unknown):
        check(f"protobuf, a closed enum's numbers without names: {data!r}", run(
            "protobuf", fields, [b"\0" + data], options=OPTIONS, schemas=schemas), [("V", expected, known + unknown)])
    check("protobuf, an open enum knows all numbers", run(
        "protobuf", row(Field("a", "vu"), Field("rest", "vz", True)), [b"\0\x08\x07"], options=OPTIONS,
        schemas=of(message_of("E a = 1; enum E { X = 0; }"), reader=1, writer=1)), [("V", "{x37,null}", b"\x08\x07")])
    # In a map it counts as not set, as it does elsewhere.
    check("protobuf, a closed enum in a map", run(
        "protobuf", row(map_of("m", "vu"), Field("rest", "vz", True)), [b"\0" + sized(1, b"\x0a\1k\x10\x07")], options=OPTIONS,
        schemas=of('syntax = "proto2"; message M { map<string, E> m = 1; enum E { X = 0; } }', reader=1))[0][1],
        "{[{x6b,x58}],null}")


# Bytes of the column that are no fields.
MALFORMED = [
    b"\x30", b"\x30\x80", b"\x30" + b"\xff" * 10 + b"\1", b"\x32\x02a", sized(6, b"x" * 20)[:-1], b"\x32" + varint(2**63),
    b"\x32" + varint(2**64 - 1) + b"x" * 20, b"\x32" + varint(2**31) + b"x" * 20, b"\x35abc", b"\x31abcdefg", b"\0", b"\x06\x01",
    b"\x37\x01", b"\x34", varint(2**32 | 48) + b"\1", tag(9, 3), tag(9, 3) + tag(8, 4), groups(DEEP + 1), tag(9, 3) * 10_000,
    groups(10_000), b"not a message at all"]
# Bytes of fields that the schema has; their number and name.
KNOWN = [(b"\x08\x01", 1, "a"), (sized(2, b"b"), 2, "b"), (sized(3, b"\1"), 3, "l"), (tag(3, 0) + b"\1", 3, "l"), (sized(4, b""), 4, "m")]


def refused(at, number, name):
    return (f'field "rest": at byte {at}: field {number}, which the schema has as "{name}", is not unknown; drop it, or write it from '
            "a column of that name")


def write(schemas, values):
    """The column alone, whose bytes nobody has read before."""
    return run("protobuf", row(Field("rest", "vz")), values, "values", options=OPTIONS, schemas=schemas)


def not_written():
    some = b"\x30\x01"
    good = [b"", some, sized(6, b"x" * 20), groups(DEEP), sized(1, b"another wire type")]
    check("protobuf, unknown fields that are some", write(of(OLD, count=len(good), writer=1), good), good)
    for start in (b"", some):
        got = write(of(OLD, count=len(MALFORMED), writer=1), [start + data for data in MALFORMED])
        for data, result in zip(MALFORMED, got):
            check(f"protobuf, unknown fields {data[:30]!r}", result, f'field "rest": at byte {len(start)}: no whole field of a message, '
                  "or groups nested more than 64 deep")
        got = write(of(OLD, count=len(KNOWN), writer=1), [start + data for data, *_ in KNOWN])
        check("protobuf, known fields as unknown ones", got, [refused(len(start), number, name) for _, number, name in KNOWN])
    for size in range(4070, 4100):  # what is checked behind them goes past the writer's first 4096 bytes
        check("protobuf, many unknown fields", write(of(OLD, writer=1), [sized(6, b"x" * size)]), [sized(6, b"x" * size)])
    closed = of('syntax = "proto2"; message M { repeated E l = 1; enum E { X = 3; } }', count=4, writer=1)
    check("protobuf, a closed enum's numbers among unknown fields", write(closed, [b"\x08\x07", b"\x08\x03", sized(1, b"\x07"), b"\x0d1234"]), [
        b"\x08\x07", refused(0, 1, "l"), refused(0, 1, "l"), b"\x0d1234"])


def read_bad():
    fields = row(Field("a", "i"), Field("rest", "vz"))
    for data in (b"\x30", b"\x32\x7f", b"\x4b" * 10_000, groups(DEEP + 1), b"\x32" + varint(2**63)):
        for option in (None, OPTIONS):
            only = fields if option else row(Field("a", "i"))
            got = run("protobuf", only, [b"\0" + data, b"\0\x08\x05"], options=option, schemas=of(OLD, count=2, reader=1))
            number = 6 if data[:1] < b"\x40" else 9
            check(f"protobuf, a bad message beside unknown fields: {data[:20]!r}", (got[0], got[1][1]), (
                ("E", 1, f"at byte 1: field {number} of p.M ends behind its message, or is malformed"), "{5,x}" if option else "{5}"))


def columns_and_schemas():
    text = "syntax = \"proto3\";\nmessage Value {\nint32 a = 1;\noptional string b = 2;\n}"
    fields = row(Field("a", "i"), Field("rest", "vz", True), Field("b", "vu", True))
    check("protobuf, a schema from columns without unknown fields", written("protobuf", fields, options=OPTIONS)[3].strip(), text)
    # By a schema of the columns they are written if it has other numbers.
    newer = message_of("int32 a = 1; string b = 2; int32 c = 6;")
    got = run("protobuf", fields, [b"\0\x08\x01\x30\x07"], options=OPTIONS, schemas=of(newer, OLD, reader=2))
    check("protobuf, unknown fields by a schema of the columns", got, [("V", "{1,x3007,x}", b"\x08\x01\x12\x00\x30\x07")])
    for declared, error in (
            (row(Field("a", "i")), 'names field "rest", which is not declared; declare it as binary, or drop the option'),
            (row(Field("a", "i"), Field("rest", "vu")), 'names field "rest" of type utf8; declare it as binary, or name another'),
            (row(Field("a", "i"), Field("rest", "+l", children=[item("vz")])),
             'names field "rest" of type list; declare it as binary, or name another')):
        bad = ("BIND", f'serde "protobuf": option `unknown_fields` {error}')
        check("protobuf, a column for unknown fields, to read", run("protobuf", declared, [], options=OPTIONS), bad)
        check("protobuf, a column for unknown fields, to write", written("protobuf", declared, options=OPTIONS), bad)
    check("protobuf, unknown_fields that is no text", written("protobuf", fields, options={"unknown_fields": 1}), (
        "BIND", 'config: "unknown_fields" must be a string'))
    needed = 'syntax = "proto2"; message M { required bytes rest = 1; }'
    bad = written("protobuf", row(Field("rest", "vz")), options=OPTIONS, schemas=of(needed, writer=1))
    check("protobuf, a required field called as the column", bad, (
        "BIND", 'serde "protobuf": schema "id 1" can\'t write the columns: field "rest" of M is required; add a column'))


def all_cases():
    found()
    of_newer_writers()
    of_closed_enums()
    not_written()
    read_bad()
    columns_and_schemas()
