"""Cases of the protobuf serde with exact expectations; what a file means is what protoc says."""
import struct

from cases import item, map_of, row
from harness import Schemas, Written, check, run, written
from oracle import Field
from proto_oracle import Compiled, index, varint

HEAD = 'syntax = "proto3"; package p; '
KNOWN = ('import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; '
         'import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto"; ')


def of(*texts, count=1, reader=0, writer=0):
    """Messages of the first of some schemas, which are called "id 1" and so on."""
    return Schemas([Written(1, text, f"id {number}") for number, text in enumerate(texts, 1)], [1] * count, reader, writer)


def message_of(*fields):
    return HEAD + "message M { " + " ".join(fields) + " }"


def tag(number, wire):
    return varint(number << 3 | wire)


def sized(number, data):
    return tag(number, 2) + varint(len(data)) + data


def double(value):
    return f"f{struct.unpack('<Q', struct.pack('<d', value))[0]}"


def seconds(number, nanos):
    return tag(1, 0) + varint(number % 2**64) + tag(2, 0) + varint(nanos % 2**64)


# field 1 of message M, its bytes, column's format, nullable, the driver's print of it.
VALUES = [
    ("int32 a = 1;", tag(1, 0) + varint(2**64 - 1), "i", 0, "-1"), ("int32 a = 1;", tag(1, 0) + varint(2**32 + 5), "c", 0, "5"),
    ("uint64 a = 1;", tag(1, 0) + varint(2**64 - 1), "L", 0, str(2**64 - 1)), ("sint32 a = 1;", b"\x08\x01", "l", 0, "-1"),
    ("sfixed32 a = 1;", b"\x0d\xff\xff\xff\xff", "i", 0, "-1"), ("fixed32 a = 1;", b"\x0d\xff\xff\xff\xff", "I", 0, str(2**32 - 1)),
    ("sfixed64 a = 1;", b"\x09" + b"\xfe" + b"\xff" * 7, "s", 0, "-2"), ("bool a = 1;", b"\x08\x07", "b", 0, "true"),
    ("float a = 1;", b"\x0d\x00\x00\xc0\x3f", "g", 0, double(1.5)), ("bytes a = 1;", b"\x0a\x02ok", "vu", 0, "x6f6b"),
    ("string a = 1;", b"\x0a\x02ok", "vz", 0, "x6f6b"), ("string a = 1;", b"\x0a\x05-1.50", "d:7,3", 0, "-1500"),
    ("int32 a = 1;", b"", "i", 1, "0"), ("optional int32 a = 1;", b"", "i", 1, "null"), ("optional int32 a = 1;", b"", "i", 0, "0"),
    ("string a = 1;", b"", "vu", 0, "x"), ("int32 a = 1;", b"\x08\x01\x08\x02", "i", 0, "2"),
    ("int32 a = 1;", b"\x08\x03", "tdD", 0, "3"), ("int64 a = 1;", b"\x08\x03", "tdm", 0, str(3 * 86400000)),
    ("int64 a = 1;", b"\x08\x05", "ttu", 0, "5"), ("int64 a = 1;", b"\x08\x05", "tsm:UTC", 0, "5"),
    ("google.protobuf.Timestamp a = 1;", sized(1, seconds(1, 999999999)), "tsm:UTC", 0, "1999"),
    ("google.protobuf.Timestamp a = 1;", sized(1, seconds(-1, 5000)), "tsu:", 0, "-999995"),
    ("google.protobuf.Timestamp a = 1;", sized(1, b"\x10\x07\x08\x02"), "tsn:UTC", 1, "2000000007"),
    ("google.protobuf.Timestamp a = 1;", b"", "tsn:UTC", 1, "null"),
    ("google.protobuf.Timestamp a = 1;", sized(1, b""), "tss:UTC", 1, "0"),
    ("google.protobuf.Timestamp a = 1;", sized(1, b"\x08\x02"), "vz", 1, "x0802"),
    ("google.protobuf.Duration a = 1;", sized(1, seconds(-2, -5000)), "l", 0, "-2000005"),
    ("google.protobuf.Int64Value a = 1;", sized(1, b"\x08\x05"), "l", 1, "5"), ("google.protobuf.Int64Value a = 1;", b"", "l", 1, "null"),
    ("google.protobuf.StringValue a = 1;", sized(1, b""), "vu", 1, "x"),
    ("google.protobuf.BoolValue a = 1;", sized(1, b"\x08\x00\x08\x01"), "b", 0, "true"),
    ("google.protobuf.Struct a = 1;", sized(1, b"ab"), "vz", 0, "x6162"),
    ("E a = 1; enum E { X = 0; Y = 1; Z = 1; option allow_alias = true; }", b"\x08\x01", "vu", 0, "x59"),
    ("E a = 1; enum E { X = 0; }", b"\x08\x09", "vu", 0, "x39"), ("E a = 1; enum E { X = 0; }", b"", "vu", 0, "x58"),
    ("E a = 1; enum E { X = 0; Y = -1; }", tag(1, 0) + varint(2**64 - 1), "i", 0, "-1"),
]

# field of message M, its bytes, column's format, nullable, code, error.
REFUSED = [
    ("int64 a = 1;", b"\x08", "l", 0, 1, 'field "a": at byte 2: the message ends too early, expected int64'),
    ("int64 a = 1;", b"\x08" + b"\xff" * 10, "l", 0, 1, 'field "a": at byte 2: an integer of more than 64 bits, expected int64'),
    ("int64 a = 1;", tag(1, 0) + varint(256), "C", 0, 2, 'field "a": at byte 2: 256 is out of range for uint8'),
    ("int64 a = 1;", tag(1, 0) + varint(2**64 - 1), "L", 0, 2, 'field "a": at byte 2: -1 is out of range for uint64'),
    ("string a = 1;", b"\x0a\x04abc", "vu", 0, 1, 'field "a": at byte 2: a length of 4, but 3 bytes are left'),
    ("string a = 1;", b"\x0a" + varint(2**62), "vu", 0, 1, f'field "a": at byte 2: a length of {2**62}, but 0 bytes are left'),
    ("string a = 1;", b"\x0a\x02a\xff", "vu", 0, 1, 'field "a": at byte 4: a byte that is not UTF-8, expected text'),
    ("string a = 1;", b"\x0a\x03abc", "d:7,3", 0, 2, 'field "a": at byte 2: a text that has no exact value as decimal128(7, 3)'),
    ("int64 a = 1;", b"\x00\x01", "l", 0, 1, "at byte 1: a tag of 0, which begins no field of p.M"),
    ("int64 a = 1;", b"\x0c", "l", 0, 1, "at byte 1: a tag of 12, which begins no field of p.M"),
    ("int64 a = 1;", b"\x13" * 10_000, "l", 0, 1, "at byte 1: field 2 of p.M ends behind its message, or is malformed"),
    ("google.protobuf.Timestamp a = 1;", sized(1, seconds(1, -1)), "tsm:UTC", 0, 2,
     'field "a": at byte 2: 1 s and -1 ns have no value as timestamp[ms, UTC]'),
    ("google.protobuf.Timestamp a = 1;", sized(1, seconds(2**62, 0)), "tsm:UTC", 0, 2,
     f'field "a": at byte 2: {2**62} s and 0 ns have no value as timestamp[ms, UTC]'),
    ("google.protobuf.Timestamp a = 1;", b"", "tsm:UTC", 0, 3, 'field "a": at byte 1: not set, but required: expected message'),
    ("string a = 1;", b"", "i", 0, -1, 'schema "id 1" can\'t be read into the columns: field "a": Protobuf\'s string has no value as int32'),
    ("repeated int32 a = 1;", b"", "i", 0, -1,
     'schema "id 1" can\'t be read into the columns: field "a": a repeated field of int32 has no value as int32; declare a list'),
    ("int32 b = 1;", b"", "i", 0, -1,
     'schema "id 1" can\'t be read into the columns: field "a": p.M has no such field; make the column nullable'),
]

# Text of a file, and what is wrong with it.
BAD_FILES = [
    ('syntax = "proto4";', 'line 1, column 10: "proto4" is no syntax: proto2, proto3'),
    ('syntax = "a\\377";', 'line 1, column 10: "a" is no syntax: proto2, proto3'),
    ('edition = "2020";', 'line 1, column 11: "2020" is no edition that is known: 2023, 2024'),
    (HEAD + "message M {\n  int32 a 1;\n}", 'line 2, column 11: expected "=", found 1'),
    (HEAD + "message M {\n  int32 a = 1\n}", 'line 3, column 1: expected ";", found }'),
    (HEAD + "message M { int32 a = 0; }", "line 1, column 53: a field number is 1 to 536870911, without 19000 to 19999"),
    (HEAD + "message M { int32 a = 19500; }", "line 1, column 53: a field number is 1 to 536870911, without 19000 to 19999"),
    (HEAD + "message M { int32 a = 1; int32 a = 2; }", 'line 1, column 62: p.M has two fields "a"'),
    (HEAD + "message M { int32 a = 1;\nint32 b = 1; }", "line 2, column 7: p.M has two fields of number 1"),
    (HEAD + "message M { N a = 1; }", 'line 1, column 45: no type "N" is known here'),
    ('import "o.proto"; ' + "message M { optional N a = 1; }",
     'line 1, column 42: no type "N" is known here; the schema has no reference for its import "o.proto"'),
    (HEAD + "message M { required int32 a = 1; }", 'line 1, column 43: "required" is of syntax proto2 only'),
    ("message M { int32 a = 1; }", 'line 1, column 13: expected "optional", "required" or "repeated", found int32'),
    (HEAD + "message M { oneof o { repeated int32 a = 1; } }", "line 1, column 53: a field of a oneof has no label"),
    (HEAD + "message M { map<float, int32> a = 1; }", "line 1, column 46: a map's key is an integer, a bool or a string"),
    (HEAD + "message M { string a = 1 [default = \"\\q\"]; }", "line 1, column 67: a text with an escape that is none"),
    (HEAD + "message M {} message M {}", '"p.M" is declared twice'),
    (HEAD + "message M {", 'line 1, column 42: expected a field or "}", but the file ends'),
    (HEAD + "/* message M {}", "line 1, column 46: expected \"message\", \"enum\", \"import\", \"package\", \"option\", \"extend\" or "
     "\"service\", found a comment that does not end"),
    (HEAD + "message M { E a = 1; } enum E { X = 1; }", "the first value of enum p.E must be 0"),
    (HEAD + "message M { int32 a = 1 [default = 1]; }", "line 1, column 49: a field without presence has no default"),
    ('edition = "2023"; message M { E a = 1 [features.field_presence = IMPLICIT]; enum E { option features.enum_type = CLOSED; X = 0; } }',
     "line 1, column 33: a field without presence takes no closed enum, such as those of proto2"),
    (HEAD + "enum E { }", "line 1, column 36: an enum without values"),
    (HEAD + "message M { " * 65 + "}" * 65, "line 1, column 809: messages are nested more than 64 deep"),
    (HEAD + "message M { /* \0 */ }", "the text holds a NUL"),
    ("AAAA", "no FileDescriptorProto, or out of memory"),
]


def field(format, nullable=0):
    return row(Field("a", format, bool(nullable)))


def proto_values():
    for text, message, format, nullable, expected in VALUES:
        got = run("protobuf", field(format, nullable), [b"\0" + message], schemas=of(HEAD + KNOWN + "message M { " + text + " }"))
        check(f"protobuf {text} {message!r} as {format}", got[0][:2], ("V", "{" + expected + "}"))
    for text, message, format, nullable, code, error in REFUSED:
        got = run("protobuf", field(format, nullable), [b"\0" + message], schemas=of(HEAD + KNOWN + "message M { " + text + " }"))
        check(f"protobuf {text} {message[:20]!r} as {format}", got, [("E", code, error)])
    check("protobuf, an integer that goes on in another message",
          run("protobuf", field("l"), [b"\0\x08" + b"\x80" * 3, b"\x80" * 9], schemas=of(message_of("int64 a = 1;"), count=2))[0],
          ("E", 1, 'field "a": at byte 2: the message ends too early, expected int64'))
    check("protobuf, a null", run("protobuf", field("l"), [None], schemas=of(message_of("int64 a = 1;"))),
          [("E", 3, "the value is null (no bytes), expected a Protobuf message")])
    check("protobuf, no schema", run("protobuf", field("l"), [b"\x08\x01"]), [
        ("E", -1, "the message doesn't say what schema it was written with; set `registry` of the topic, or `schema`")])
    check("protobuf, a schema without a registry",
          run("protobuf", field("l"), [b"\x08\x05"], schemas=Schemas([Written(1, message_of("int64 a = 1;"))], [0], 1))[0][:2],
          ("V", "{5}"))


def proto_files():
    for text, error in BAD_FILES:
        check(f"protobuf, {error}", run("protobuf", field("l"), [b"\0"], schemas=of(text)),
              [("E", -1, f'serde "protobuf": schema "id 1": {error}')])
    # All of the language; protoc takes it, too, and makes a descriptor that reads the same.
    every = '''\ufeff// A comment
        syntax = "proto2"; package p.q;
        import public "google/protobuf/timestamp.proto"; import weak "google/protobuf/any.proto";
        import "google/protobuf/descriptor.proto";
        option java_package = "com" ".example"; option (mine).a = { b: 1 c { d: "}" } e: [1, 2] };
        extend google.protobuf.FileOptions { optional Mine mine = 50000; }
        message Mine { optional A a = 1; message A { optional int32 b = 1; optional C c = 2; repeated int32 e = 3;
          message C { optional string d = 1; } } }
        message M { option deprecated = true; reserved 100 to 110, 120; reserved "gone", "away"; extensions 1000 to max;
          optional int64 a = 1 [deprecated = true, json_name = "x"]; /* in
          two lines */ optional group G = 2 { optional int32 x = 1; } ; map<string, M.N> m = 3;
          message N { optional .p.q.M.E e = 1 [default = B]; } enum E { A = 0x0; B = 1 [deprecated = true]; reserved -5 to -1; }
          oneof o { int32 i = 4; group H = 5 { optional int32 y = 1; } } repeated sint32 packed = 6 [packed = true];
          extend M { optional int32 ext = 1001; repeated group X = 1002 { } } required google.protobuf.Timestamp t = 0x7;
          optional double inf = 8 [default = -inf]; optional float map = 9 [default = 1e3]; optional bytes b = 10 [default = "\\x01\\377\\u00e9"];
        }
        service S { rpc Go (stream M) returns (M) { option deprecated = true; } rpc Two (M) returns (stream .p.q.M); }
        enum Outer { Z = 0; }'''
    compiled = Compiled(every.lstrip("\ufeff"))
    message = compiled.message("p.q.M")(a=5, i=7, packed=[1, -1])
    message.g.x, message.t.seconds = 3, 9
    message.m["k"].SetInParent()
    entry = Field("entries", "+s", children=[Field("key", "vu"), Field("value", "+s", children=[Field("e", "vu")])])
    fields = row(Field("a", "l"), Field("g", "+s", True, [Field("x", "i")]), Field("m", "+m", children=[entry]), Field("i", "i", True),
                 Field("packed", "+l", children=[item("i")]), Field("t", "tss:UTC"), Field("inf", "g"), Field("map", "f"),
                 Field("b", "vz"), Field("h", "+s", True, [Field("y", "i", True)]))
    expected = "{5,{3},[{x6b,{x42}}],7,[1,-1],9,%s,f1148846080,x%s,null}" % (double(float("-inf")), b"\x01\xff\xc3\xa9".hex())
    for text in (every, compiled.base64, compiled.base64 + "\n"):
        check("protobuf, the whole language", run("protobuf", fields, [index(message.DESCRIPTOR) + message.SerializeToString()],
                                                  schemas=of(text))[0][:2], ("V", expected))


def proto_messages():
    text = HEAD + "message A { int32 x = 1; message B { message C {} message D { int64 a = 1; } } map<string, int32> m = 2; } message E { int64 a = 2; }"
    compiled = Compiled(text)
    for name, message in (("A.B.D", b"\x08\x05"), ("E", b"\x10\x05")):
        lead = index(compiled.message(f"p.{name}").DESCRIPTOR)
        check(f"protobuf, message {name}", run("protobuf", field("l"), [lead + message], schemas=of(text))[0][:2], ("V", "{5}"))
    # A message of the file by its name.
    for name, message in (("E", b"\x10\x05"), ("A", b"")):
        check(f"protobuf, message {name} by its name",
              run("protobuf", field("l") if name == "E" else row(Field("x", "i", False)),
                  [b"\x01" + varint(len(name)) + name.encode() + message], schemas=of(text))[0][:2],
              ("V", "{5}" if name == "E" else "{0}"))
    nowhere = 'the message\'s index or name, 1 deep, is of no message of schema "id 1"'
    for lead, code, error in ((b"\x02\x08", 1, nowhere), (b"\x01\x01B", 1, nowhere), (b"\x01\x00", 1, nowhere),
                              (b"\x01\x03p.E", 1, nowhere),
                              (b"\x04\x00\x00", -1, "field \"a\": p.A.B has no such field; make the column nullable")):
        bad = run("protobuf", field("l"), [lead], schemas=of(text))[0]
        check(f"protobuf, index {lead!r}", (bad[1], bad[2][-len(error):]), (code, error))
    for lead in (b"", b"\x01", b"\x01\x03E\x10", b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01E", b"\x01" + b"\xff" * 11, b"\xfe\xff\xff\xff\x0f", b"\x04\x02", b"\xff" * 11):
        check(f"protobuf, index {lead!r}", run("protobuf", field("l"), [lead], schemas=of(text)), [
            ("E", 1, "no message index between the schema's id and the payload; was it written by a Protobuf serializer?")])
    options = {"message": "p.A.B.D"}
    check("protobuf, a given message", run("protobuf", field("l"), [b"\x02\x04\x08\x05"], options=options,
                                           schemas=of(text, reader=1, writer=1)), [("V", "{5}", b"\x08\x05")])
    check("protobuf, its index", written("protobuf", field("l"), options=options, schemas=of(text, writer=1))[1:3],
          ("p.A.B.D", b"\x06\x00\x00\x02"))
    check("protobuf, an unknown message", run("protobuf", field("l"), [], options={"message": "p.X"}, schemas=of(text, count=0, reader=1)), (
        "BIND", 'serde "protobuf": schema "id 1" has no message "p.X"; option `message` takes a full name, with the package'))
    base = Written(1, 'syntax = "proto3"; package b; message Base { int64 a = 1; }', "base")
    middle = Written(1, 'syntax = "proto3"; package b; import public "b/base.proto";', "middle", (("b/base.proto", 1),))
    outer = Written(1, 'syntax = "proto3"; package c; import "b/middle.proto"; message M { b.Base m = 1; }', "outer",
                    (("b/middle.proto", 2), ("b/base.proto", 1)))
    check("protobuf, references", run("protobuf", row(Field("m", "+s", True, [Field("a", "l")])), [b"\0" + sized(1, b"\x08\x05")],
                                      schemas=Schemas([base, middle, outer], [3]))[0][:2], ("V", "{{5}}"))


def proto_rules():
    texts = {"packed": b"\x0a\x03\x01\x02\x03", "one by one": b"\x08\x01\x08\x02\x08\x03", "both": b"\x08\x01\x0a\x02\x02\x03", "none": b""}
    for name, message in texts.items():
        check(f"protobuf, {name}", run("protobuf", row(Field("a", "+l", children=[item("i")])), [b"\0" + message],
                                       schemas=of(message_of("repeated int32 a = 1;")))[0][1], "{[]}" if not message else "{[1,2,3]}")
    choice = of(message_of("oneof o { int32 a = 1; string b = 2; M c = 3; int32 d = 4; }"))
    fields = row(Field("a", "i", True), Field("b", "vu", True), Field("c", "+s", True, [Field("a", "i", True)]))
    for message, expected in ((b"\x08\x01\x12\x01x", "{null,x78,null}"), (b"\x12\x01x\x08\x01", "{1,null,null}"),
                              (b"\x08\x01\x20\x07", "{null,null,null}"), (b"\x1a\x02\x08\x05\x1a\x00", "{null,null,{5}}"),
                              (b"\x1a\x02\x08\x05\x08\x01\x1a\x00", "{null,null,{null}}")):
        check(f"protobuf, oneof {message!r}", run("protobuf", fields, [b"\0" + message], schemas=choice)[0][1], expected)
    merged = of(message_of("M m = 1; int32 a = 2; repeated int32 l = 3;"))
    fields = row(Field("m", "+s", True, [Field("a", "i"), Field("l", "+l", children=[item("i")])]))
    message = sized(1, b"\x10\x01\x1a\x01\x07") + sized(1, b"\x1a\x01\x08") + sized(1, b"\x10\x02")
    check("protobuf, merged", run("protobuf", fields, [b"\0" + message], schemas=merged)[0][1], "{{2,[7,8]}}")
    check("protobuf, a wrong wire type", run("protobuf", field("l"), [b"\0\x0d\1\0\0\0\x08\x05\x0a\x01\x07"],
                                             schemas=of(message_of("int64 a = 1;")))[0][1], "{5}")
    closed = of('syntax = "proto2"; message M { optional E a = 1; repeated E l = 2; repeated E k = 3 [packed = true]; enum E { X = 3; } }')
    fields = row(Field("a", "vu", True), Field("l", "+l", children=[item("vu")]), Field("k", "+l", children=[item("i")]))
    check("protobuf, a closed enum", run("protobuf", fields, [b"\0\x08\x07\x10\x03\x10\x07\x1a\x03\x03\x07\x03"], schemas=closed)[0][1],
          "{null,[x58],[3,3]}")
    cut = Schemas(closed.all, [1, 1])
    check("protobuf, a closed enum's number that goes on in another message", run("protobuf", fields, [b"\0\x10\x83", b"\0"], schemas=cut)[0],
          run("protobuf", fields, [b"\0\x10\x83", b"\1"], schemas=cut)[0])
    preset = of('syntax = "proto2"; message M { optional string a = 1 [default = "as it was before, not inlined"]; }')
    check("protobuf, a default", [run("protobuf", field("vu", nullable), [b"\0"], schemas=preset)[0][1] for nullable in (0, 1)],
          ["{x" + b"as it was before, not inlined".hex() + "}", "{null}"])
    needed = of('syntax = "proto2"; message M { required int64 a = 1; }')
    check("protobuf, required", run("protobuf", field("l", 1), [b"\0"], schemas=needed), [
        ("E", 3, 'field "a": at byte 1: not set, but required: expected int64')])
    for key, message, text in (("int32", b"\x08" + varint(2**64 - 3), "-3"), ("bool", b"\x08\x01", "true"), ("bool", b"", "false"),
                               ("uint64", b"\x08" + varint(2**64 - 1), str(2**64 - 1)), ("string", b"", "")):
        maps = of(message_of(f"map<{key}, int32> m = 1;"), writer=1)
        got = run("protobuf", row(map_of("m", "i")), [b"\0" + sized(1, message + b"\x10\x05")], schemas=maps)[0]
        check(f"protobuf, a map's key of {key}", got[1], "{[{x%s,5}]}" % text.encode().hex())
        again = run("protobuf", row(map_of("m", "i")), [b"\0" + got[2]], schemas=maps)[0]
        check(f"protobuf, a map's key of {key}, written", again[1], got[1])
    sparse = of(message_of("repeated N l = 1; message N { " + "".join(f"int32 f{i} = {i + 1}; " for i in range(100)) + "}"))
    many = row(Field("l", "+l", children=[item("+s", children=[Field(f"f{i}", "l") for i in range(100)])]))
    got = run("protobuf", many, [b"\0" + b"\x0a\x00" * 10, b"\0" + b"\x0a\x00" * 20_000], schemas=Schemas(sparse.all, [1, 1]))
    check("protobuf, items of nothing", got[1], (
        "E", 1, 'field "l": at byte 33438: items of more values than a message of its size may have'))
    check("protobuf, some items of nothing", got[0][1], "{[" + ",".join(["{" + ",".join(["0"] * 100) + "}"] * 10) + "]}")


EVERYTHING = row(
    Field("b", "b"), Field("i", "s"), Field("u", "L"), Field("f", "f"), Field("d", "g", True), Field("t", "vu", True), Field("z", "vz"),
    Field("dd", "tdm"), Field("tt", "ttm"), Field("tn", "ttu"), Field("ts", "tsu:UTC"), Field("tl", "tss:"), Field("n", "d:9,2"),
    Field("l", "+l", children=[item("i")]), Field("home_address", "+s", children=[Field("x", "l"), Field("X", "+s", True, [Field("y", "i")])]),
    Field("legs", "+l", children=[item("+s", children=[Field("at", "tsn:UTC", True)])]), map_of("m", "s"))
EVERYTHING_TEXT = '''syntax = "proto3";
package a.b;
import "google/protobuf/timestamp.proto";
message Row {
bool b = 1;
int32 i = 2;
uint64 u = 3;
float f = 4;
optional double d = 5;
optional string t = 6;
bytes z = 7;
int32 dd = 8;
int32 tt = 9;
int64 tn = 10;
google.protobuf.Timestamp ts = 11;
int64 tl = 12;
string n = 13;
repeated int32 l = 14;
message HomeAddress {
int64 x = 1;
message X_ {
int32 y = 1;
}
optional X_ X = 2;
}
HomeAddress home_address = 15;
message Legs {
optional google.protobuf.Timestamp at = 1;
}
repeated Legs legs = 16;
map<string, int32> m = 17;
}'''


def proto_writing():
    options = {"message": "a.b.Row"}
    kind, name, lead, text = written("protobuf", EVERYTHING, options=options)
    check("protobuf, a schema from columns", (kind, name, lead, text.strip()), (1, "a.b.Row", b"\0", EVERYTHING_TEXT))
    check("protobuf, a key's", written("protobuf", field("i"), part="key")[1], "Key")
    compiled = Compiled(EVERYTHING_TEXT)
    value = compiled.message("a.b.Row")(b=True, i=-3, u=2**63, f=1.5, t="some text, not inlined", z=b"\0\xff", dd=3, tt=5, tn=7, tl=13,
                                        n="-12.34", l=[1, -2, 300], m={"k": -5})
    value.ts.FromNanoseconds(-1_500_000_000)
    value.home_address.x, value.home_address.X.y = 9, 1
    value.legs.add().at.FromNanoseconds(2**60 + 1)
    value.legs.add()
    for large in (False, True):
        if large:  # A length of more than one byte.
            value.legs[0].at.seconds += 1
            value.l.extend(range(200))
        message = value.SerializeToString(deterministic=True)
        got = run("protobuf", EVERYTHING, [message], options=options, schemas=Schemas([Written(1, EVERYTHING_TEXT)], [0], 1))[0][2]
        check("protobuf, a row by its own schema", compiled.message("a.b.Row").FromString(got), value)
    lead = b"\0\0\0\0\x07"
    schemas = of(message_of("int64 a = 1;"), reader=1, writer=1)
    for bytes_of_lead in (b"", lead, bytes(range(256)) * 4):
        check(f"protobuf: messages begin with {len(bytes_of_lead)} bytes", run("protobuf", field("l"), [b"\0\x08\x05"], schemas=schemas,
                                                                            lead=bytes_of_lead)[0][2], bytes_of_lead + b"\x08\x05")
    group = 'syntax = "proto2"; message M { optional group G = 1 { optional int64 a = 1; } repeated fixed32 p = 2 [packed = true]; }'
    fields = row(Field("g", "+s", True, [Field("a", "l", True)]), Field("p", "+l", children=[item("I")]))
    message = b"\x0b\x08\x05\x0c" + sized(2, b"\1\0\0\0\2\0\0\0")
    check("protobuf, a group", run("protobuf", fields, [b"\0" + message], schemas=of(group, writer=1)), [("V", "{{5},[1,2]}", message)])
    # Google's runtime takes a field of number 0, here in a group that the reader's schema has no field of.
    empty = 'syntax = "proto2"; message M { optional group G = 1 { } }'
    cut = [b"\x0b", b"\x0b\x08\x05", b"\x0b\0\5\x0c", b"\x0b\x14", b"\x0b\x12\x09\x0c"]
    got = run("protobuf", row(Field("g", "+s", True)), [b"\0" + message for message in cut],
              schemas=of(group, empty, count=len(cut), reader=2))
    error = 'field "g": at byte 2: a group that does not end in its message, or is malformed'
    check("protobuf, a group that is none", got, [("E", 1, error)] * len(cut))
    choice = message_of("oneof o { int32 a = 1; int32 b = 2; }")
    fields = row(Field("a", "i", True), Field("b", "i", True))
    text = 'syntax = "proto3"; message M { optional int32 a = 1; optional int32 b = 2; }'
    check("protobuf, two of a oneof", run("protobuf", fields, [b"\0\x08\x01\x10\x02"], schemas=of(text, choice, writer=2))[0][2],
          'field "b": it and "a" have values, but only one of a oneof\'s fields can')
    check("protobuf, one of a oneof", run("protobuf", fields, [b"\0\x10\x00"], schemas=of(text, choice, writer=2))[0][2], b"\x10\x00")
    for declared, column, message, error in (
            ("uint32 a = 1;", field("l"), b"\x08" + varint(2**64 - 1), 'field "a": -1 is out of range for uint32'),
            ("int32 a = 1;", field("L"), b"\x08" + varint(2**40), f'field "a": {2**40} is out of range for int32'),
            ("E a = 1; enum E { X = 0; }", field("vu"), b"\x12\x01y", 'field "a": the text is no name of the enum p.M.E'),
            ("repeated int32 a = 1;", row(Field("a", "+l", children=[item("i", True)])), b"", "")):
        source = message_of("int64 a = 1;" if column.children[0].format == "l" else "uint64 a = 1;" if column.children[0].format == "L"
                            else "string a = 2;" if column.children[0].format == "vu" else "repeated int32 a = 1;")
        got = run("protobuf", column, [b"\0" + message], schemas=of(source, message_of(declared), writer=2))[0][2]
        check(f"protobuf, {error}", got, error or b"")
    for declared, fields, error in (
            ("int32 b = 1;", field("i"), 'field "a": p.M has no such field; add it, or drop the column'),
            ("int32 a = 1;", field("vu"), 'field "a": a column of utf8 can\'t be written as Protobuf\'s int32'),
            ("repeated int32 a = 1;", field("i"), 'field "a": a column of int32 can\'t be written as Protobuf\'s repeated int32')):
        check(f"protobuf, {error}", written("protobuf", fields, schemas=of(message_of(declared), writer=1)), (
            "BIND", f'serde "protobuf": schema "id 1" can\'t write the columns: {error}'))
    needed = 'syntax = "proto2"; message M { required int32 a = 1; required int32 b = 2; }'
    check("protobuf, a required field without a column", written("protobuf", field("i"), schemas=of(needed, writer=1)), (
        "BIND", 'serde "protobuf": schema "id 1" can\'t write the columns: field "b" of M is required; add a column'))
    check("protobuf, a column's name", written("protobuf", row(Field("a b", "i"))), (
        "BIND", 'serde "protobuf": column "a b" can\'t be declared: rename it to letters, digits and _, no digit first'))
    check("protobuf, lists of lists", written("protobuf", row(Field("a", "+l", children=[item("+l", children=[item("i")])]))), (
        "BIND", 'serde "protobuf": column "a" can\'t be declared: lists and maps have no lists and maps as items; put a struct between '
        'them'))
    check("protobuf, an option", written("protobuf", field("i"), options={"message": "a..b"}), (
        "BIND", 'config: "message" is "a..b"; write a full name: identifiers, separated by dots'))
    check("protobuf, another format", run("protobuf", field("i"), [b""], schemas=Schemas([Written(0, '"int"', "id 1")], [1])), [
        ("E", 1, "no message index between the schema's id and the payload; was it written by a Protobuf serializer?")])


def all_cases():
    proto_values()
    proto_files()
    proto_messages()
    proto_rules()
    proto_writing()
