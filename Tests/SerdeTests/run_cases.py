"""Rows that the avro and protobuf serdes read and write side by side: what comes of one must not depend on its neighbours,
and is what fastavro and Google's protobuf say."""
import json

import avro_oracle
import proto_oracle
from avro_mutations import mutated
from harness import Schemas, Written, check, run

ROWS = 300  # more than a run has
LONGS = [0, 1, -1, 63, 64, -64, -65, 127, 128, 2**14, 2**21, 2**28, 2**35, 2**49, 2**55, -2**55, 2**56, -2**56, 2**62, 2**63 - 1,
         -2**63]
INTS = [0, 1, -1, 63, 64, -65, 127, 128, 2**14, 2**21, 2**28, 2**31 - 1, -2**31]
DOUBLES = [0.0, -0.0, 1.5, -2.0**1000]
TEXTS = ["", "a", "seven..", "12345678", "twelve bytes", "thirteen byte", "fifteen bytes..", "sixteen bytes...", "x" * 31, "y" * 32,
         "z" * 33, "w" * 63, "v" * 64, "u" * 127, "t" * 128, "s" * 300, "é", "elf bytes ö", "sixteen bytes ä.", "…" * 11, "ß" * 40]
TIMES = [(0, 0), (0, 1000), (1, 0), (1357035300, 0), (1357035300, 999_999_000), (2**31, 5000), (2**35, 1000), (-1, 0),
         (-1, 999_999_000), (-62135596800, 1000)]
KINDS = [("boolean", [True, False]), ("int", INTS), ("long", LONGS), ("double", DOUBLES), ("string", TEXTS)]


def alike(plugin, fields, messages, schemas, options=None):
    """Checks that rows come out of one batch as they do one by one; what comes out."""
    together = run(plugin, fields, messages, schemas=schemas, batch=ROWS, options=options)
    alone = run(plugin, fields, messages, schemas=schemas, batch=1, options=options)
    check(f"{plugin}: as many rows", len(together), len(messages))
    for message, one, other in zip(messages, together, alone):
        check(f"{plugin}, among others: {message!r}", one, other)
    return together


def spoilt(dice, message):
    return None if dice.random() < 0.02 else mutated(dice, message) if dice.random() < 0.1 else message


def avro_cases(dice):
    fields = [{"name": kind, "type": kind} for kind, _ in KINDS]
    fields += [{"name": f"{kind}_or_null", "type": [kind, "null"] if kind == "int" else ["null", kind]} for kind, _ in KINDS]
    fields.append({"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}})
    fields.append({"name": "day", "type": {"type": "int", "logicalType": "date"}})
    if dice.random() < 0.5:  # a list's items lie one behind the other, whatever becomes of rows between
        fields.insert(dice.randrange(len(fields)), {"name": "list", "type": {"type": "array", "items": ["null", "string"]}})
    read = {"type": "record", "name": "R", "fields": fields}
    more = {"type": "record", "name": "R", "fields": [{"name": "more", "type": "string"}, *reversed(fields)]}
    pools = {**dict(KINDS), **{f"{kind}_or_null": [None, *pool] for kind, pool in KINDS}, "at": LONGS[:14], "day": INTS[:9],
             "more": TEXTS, "list": [[], [None], ["a", "b" * 40], TEXTS]}
    values = [{name: dice.choice(pool) for name, pool in pools.items()} for _ in range(ROWS)]
    numbers = [1 if dice.random() < 0.98 else 2 for _ in range(ROWS)]
    plain = [avro_oracle.encode((read, more)[number - 1], value) for number, value in zip(numbers, values)]
    schemas = Schemas([Written(0, json.dumps(one), "a writer's") for one in (read, more)], numbers, 1, 1)
    columns = avro_oracle.columns({**read, "fields": [
        {**field, "type": "long"} if field["name"] == "at" else {**field, "type": "int"} if field["name"] == "day" else field
        for field in fields]})
    messages = [spoilt(dice, message) for message in plain]
    for message, as_is, value, result in zip(messages, plain, values, alike("avro", columns, messages, schemas)):
        if message == as_is:
            check(f"avro {message!r}", result, ("V", avro_oracle.dump(value, columns), avro_oracle.encode(read, value)))


TEXT = """syntax = "proto3"; package p; message M {
  bool boolean = 1; int32 int = 2; int64 long = 3; double double = 4; string string = 5; uint32 unsigned = 6;
  optional bool boolean_or_null = 7; optional int32 int_or_null = 8; optional int64 long_or_null = 10;
  optional double double_or_null = 12; optional string string_or_null = 16; uint64 far = 2048; %s }"""


def proto_row(dice, make):
    message = make()
    for kind, pool in KINDS:
        setattr(message, kind, dice.choice(pool))
        if dice.random() < 0.7:
            setattr(message, f"{kind}_or_null", dice.choice(pool))
    message.unsigned = dice.choice([0, 1, 2**32 - 1])
    message.far = dice.choice([0, 300, 2**64 - 1])
    return message


def rearranged(dice, make, message):
    """The message's bytes; of some its fields in another order, or one of them twice."""
    data = message.SerializeToString(deterministic=True)
    if dice.random() < 0.1:
        data += make(int=dice.choice(INTS)).SerializeToString()
    return make(string="first").SerializeToString() + data if dice.random() < 0.1 else data


def proto_cases(dice):
    compiled = proto_oracle.Compiled(TEXT % "")
    longer = proto_oracle.Compiled(TEXT % "string more = 9; repeated int32 others = 11;")
    make, make_longer = compiled.message("p.M"), longer.message("p.M")
    columns = proto_oracle.columns(make.DESCRIPTOR)
    for field in columns.children:
        field.nullable = field.name.endswith("_or_null")
    numbers = [1 if dice.random() < 0.98 else 2 for _ in range(ROWS)]
    lead = proto_oracle.index(make.DESCRIPTOR)
    plain = []
    for number in numbers:
        message = proto_row(dice, (make, make_longer)[number - 1])
        if number == 2:
            message.more = dice.choice(TEXTS)
            message.others.extend(dice.choices(INTS, k=2))
        plain.append(rearranged(dice, (make, make_longer)[number - 1], message))
    schemas = Schemas([Written(1, one.text, "a writer's") for one in (compiled, longer)], numbers, 0, 1)
    messages = [one if one is None else lead + one for one in (spoilt(dice, message) for message in plain)]
    results = alike("protobuf", columns, messages, schemas, {"message": "p.M"})
    for message, as_is, result in zip(messages, plain, results):
        if message == lead + as_is:
            known = make.FromString(as_is)
            check(f"protobuf {message!r}", result[:2], ("V", proto_oracle.dump(known, columns)))
            check(f"protobuf {message!r}, written again", make.FromString(result[2]), (known.DiscardUnknownFields(), known)[1])


WRAPPED = 'syntax = "proto3"; package p; import "google/protobuf/timestamp.proto"; message T { google.protobuf.Timestamp at = 1; }'


def timestamp_cases(dice):
    make = proto_oracle.Compiled(WRAPPED).message("p.T")
    messages, expected = [], []
    for seconds, nanos in dice.choices(TIMES, k=ROWS):
        message = make()
        message.at.seconds, message.at.nanos = seconds, nanos
        messages.append(b"\0" + message.SerializeToString())
        expected.append(seconds * 10**6 + nanos // 1000)
    columns = proto_oracle.Field("", "+s", children=[proto_oracle.Field("at", "tsu:UTC", dice.random() < 0.5)])
    schemas = Schemas([Written(1, WRAPPED, "a writer's")], [1] * ROWS, 0, 1)
    for message, value, result in zip(messages, expected, alike("protobuf", columns, messages, schemas)):
        check(f"protobuf {message!r}", result, ("V", f"{{{value}}}", message[1:]))


def all_cases(dice, count):
    for _ in range(count):
        avro_cases(dice)
        proto_cases(dice)
        timestamp_cases(dice)
