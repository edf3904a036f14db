"""Random unknown fields of the protobuf serde against Google's protobuf: messages are read by the schema of an older reader, with
its unknown fields in a column, and written by it again; and columns of any bytes are written."""
from google.protobuf.unknown_fields import UnknownFieldSet

from avro_mutations import mutated
from harness import Schemas, Written, check, run
from oracle import Field
from proto_cases import tag
from proto_mutations import STRICTER, as_schema, has_map, parse
from proto_oracle import Compiled, Maker, columns, dump, index, is_map, is_repeated
from run_cases import INTS, ROWS, TEXT, TEXTS, alike, proto_row, rearranged, spoilt

PER_SCHEMA = 60  # messages, as they are and mutated
OPTIONS = {"unknown_fields": "un known"}  # which no field is called


def without_known(parsed):
    """The bytes of a message's unknown fields, as Google's runtime keeps them: verbatim, but for numbers of closed enums."""
    rest = type(parsed)()
    rest.CopyFrom(parsed)
    for field in rest.DESCRIPTOR.fields:
        rest.ClearField(field.name)
    return rest.SerializePartialToString()


def as_items(parsed):
    """Unknown fields as they compare: of a closed enum's numbers the runtime keeps 32 bits."""
    enums = {field.number for field in parsed.DESCRIPTOR.fields if field.enum_type}
    return [(one.field_number, one.wire_type, one.data & 0xffffffff if one.field_number in enums and one.wire_type == 0 else
             bytes(one.data) if one.wire_type == 2 else len(one.data) if one.wire_type == 3 else one.data) for one in UnknownFieldSet(parsed)]


def has_closed(message_class):
    return any(field.enum_type is not None and field.enum_type.is_closed for field in message_class.DESCRIPTOR.fields)


def same_unknown(message_class, got, parsed):
    """Whether `got` are the unknown fields of a message."""
    again = message_class.FromString(got)
    same = as_items(again) == as_items(parsed) and not again.ListFields()
    return same and (has_closed(message_class) or got == without_known(parsed))


def forget_nested(message):
    """Drops the unknown fields of the messages within, which the serde doesn't keep."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        inner = field.message_type.fields_by_name["value"].message_type if is_map(field) else field.message_type
        for one in (value.values() if is_map(field) else value if is_repeated(field) else [value]):
            if inner is not None:
                one.DiscardUnknownFields()
    return message


def shrunk(dice, model):
    """A reader's enums may lack some of the writer's names; those in maps, whose entries the runtime takes as unknown, have all."""
    maps = {field["type"] for field in model["fields"] if field["kind"] == "enum" and field["label"] == "map"}
    for enum in model["enums"]:
        if enum["name"] not in maps and dice.random() < 0.5:
            enum["values"] = enum["values"][:dice.randint(1, len(enum["values"]))]
    return model


def reader_of(dice, maker, model):
    older = maker.evolve(model)
    return shrunk(dice, {**older, "enums": [dict(enum) for enum in older["enums"]]})


def pass_through(dice):
    """Messages of a newer writer, as they are and mutated, read and written by the schema of an older reader."""
    maker = Maker(dice)
    model = maker.message()
    written, read = Compiled(maker.text(model)), Compiled(maker.text(reader_of(dice, maker, model)))
    name = f"p.q.{model['name']}"
    writer, reader = written.message(name), read.message(name)
    known = columns(reader.DESCRIPTOR)
    place = dice.randint(0, len(known.children))
    column = Field(OPTIONS["unknown_fields"], "vz", dice.random() < 0.5)
    fields = Field("", "+s", children=[*known.children[:place], column, *known.children[place:]])
    plain = [maker.fill(writer()).SerializeToString(deterministic=True) for _ in range(PER_SCHEMA)]
    messages = [message if dice.random() < 0.7 else mutated(dice, message) for message in plain]
    schemas = Schemas([as_schema(dice, written, "the writer's"), as_schema(dice, read, "the reader's")], [1] * PER_SCHEMA, 2, 2)
    results = run("protobuf", fields, [index(writer.DESCRIPTOR) + message for message in messages], schemas=schemas,
                  options={**OPTIONS, "message": name}, batch=dice.choice([1, 7, 64]))
    for message, as_is, result in zip(messages, plain, results):
        label = f"protobuf {written.text} as {read.text}: {message!r}"
        parsed = parse(reader, message)
        if result[0] == "E":
            check(f"{label}: {result[2]}", parsed is None or message != as_is and any(what in result[2] for what in STRICTER), True)
        elif parsed is not None and (message == as_is or not has_map(reader.DESCRIPTOR)):
            passed_through(label, (writer, reader, known, place), parsed, result, message == as_is)


def without_nulls(field):
    return Field(field.name, field.format, False, [without_nulls(child) for child in field.children])


def passed_through(label, made, parsed, result, is_plain):
    writer, reader, known, place = made
    parts = split(result[1])
    text = parts.pop(place)
    unknown = b"" if text == "null" else bytes.fromhex(text[1:])
    check(f"{label}, unknown fields", same_unknown(reader, unknown, parsed), True)
    expected = dump(parsed, known)
    if "nan" in expected:  # Python's floats don't keep what is in one
        return
    check(f"{label}, known ones", "{" + ",".join(parts) + "}", expected)
    if isinstance(result[2], str):
        check(f"{label}, written: {result[2]}", is_plain, False)
        return
    check(f"{label}, at the end", result[2].endswith(unknown), True)
    again = reader.FromString(result[2])
    check(f"{label}, written", (dump(again, known), same_unknown(reader, unknown, again)), (expected, True))
    if is_plain:
        # What has no null to the reader is written in any case, though it may have one to the writer.
        every = without_nulls(columns(writer.DESCRIPTOR))
        newer = writer.FromString(forget_nested(parsed).SerializePartialToString())
        check(f"{label}, by the newer schema", dump(writer.FromString(result[2]), every), dump(newer, every))


def split(row):
    """The values of a row as the driver prints it."""
    parts, depth = [""], 0
    for letter in row[1:-1]:
        depth += (letter in "{[") - (letter in "}]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def any_bytes(dice):
    """A column of any bytes, each of which is written as it is or refused: they may be unknown fields alone."""
    maker = Maker(dice)
    model = maker.message()
    compiled = Compiled(maker.text(reader_of(dice, maker, model)))
    newer = Compiled(maker.text(model)).message(f"p.q.{model['name']}")
    message_class = compiled.message(f"p.q.{model['name']}")
    if any(field.is_required or is_map(field) for field in message_class.DESCRIPTOR.fields):
        return  # One needs more columns; the runtime has entries of maps as unknown, if there is something unknown in them.
    values = []
    for _ in range(PER_SCHEMA):
        filled = newer.FromString(maker.fill(newer()).SerializeToString())
        value = filled.SerializePartialToString()
        if dice.random() < 0.7:
            value = without_known(message_class.FromString(value))
        values.append(value if dice.random() < 0.6 else mutated(dice, value))
    schemas = Schemas([Written(1, compiled.text)], [1] * PER_SCHEMA, 0, 1)
    results = run("protobuf", Field("", "+s", children=[Field(OPTIONS["unknown_fields"], "vz")]), values, "values",
                  options={**OPTIONS, "message": f"p.q.{model['name']}"}, schemas=schemas)
    for value, result in zip(values, results):
        check(f"protobuf {compiled.text}: {value!r} as unknown fields: {result!r}", is_meant(message_class, value, result), True)


def is_meant(message_class, value, result):
    parsed = parse(message_class, value)
    if not isinstance(result, bytes):
        # Of what is malformed Google's runtime takes some: numbers of 0, integers that it cuts.
        return "no whole field" in result or parsed is None or without_known(parsed) != value
    return result == value and parsed is not None and (
        not parsed.ListFields() if has_closed(message_class) else without_known(parsed) == value)


def side_by_side(dice):
    """Rows that are read and written side by side; what comes of one must not depend on its neighbours, with unknown fields or not."""
    few, more = Compiled(TEXT % ""), Compiled(TEXT % "string more = 9; repeated int32 others = 11;")
    make, make_more = few.message("p.M"), more.message("p.M")
    known = columns(make.DESCRIPTOR)
    known.children = [field for field in known.children if dice.random() < 0.8]
    column = Field(OPTIONS["unknown_fields"], "vz", dice.random() < 0.5)
    share = dice.choice([0, 0.02, 0.8])
    plain = []
    for _ in range(ROWS):
        message = proto_row(dice, make_more)
        if dice.random() < share:
            message.more, message.others[:] = dice.choice(TEXTS), dice.choices(INTS, k=2)
        data = rearranged(dice, make, message)
        plain.append(data + (tag(2, 5) + b"abcd" if dice.random() < share else b""))  # of another wire type than `int`
    messages = [one if one is None else b"\0" + one for one in (spoilt(dice, message) for message in plain)]
    schemas = Schemas([Written(1, more.text), Written(1, few.text)], [1] * ROWS, 2, 2)
    results = alike("protobuf", Field("", "+s", children=[*known.children, column]), messages, schemas, OPTIONS)
    for message, as_is, result in zip(messages, plain, results):
        if message == b"\0" + as_is:
            parsed = make.FromString(as_is)
            unknown = without_known(parsed)
            text = "null" if column.nullable and not unknown else "x" + unknown.hex()
            expected = [*(split(dump(parsed, known)) if known.children else []), text]
            check(f"protobuf {as_is!r}, side by side", result[1], "{" + ",".join(expected) + "}")
            check(f"protobuf {as_is!r}, written side by side", without_known(make.FromString(result[2])), unknown)


def fuzz(dice, count):
    for _ in range(count):
        pass_through(dice)
        any_bytes(dice)
    for _ in range(count // 5):
        side_by_side(dice)
