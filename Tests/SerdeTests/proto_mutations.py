"""Random files, values, evolutions and mutations of the protobuf serde against Google's protobuf."""
from google.protobuf.message import DecodeError

from avro_mutations import mutated
from harness import Schemas, Written, check, run
from proto_oracle import Compiled, Maker, columns, dump, index

PER_SCHEMA = 60  # messages, as they are and mutated
# What is refused though Google's runtime takes it: it cuts integers, takes fields of number 0, and does not look for
# required fields in values of maps.
STRICTER = ("not UTF-8", "an integer of more than 64 bits", "begins no field", "or is malformed", "not set, but required")


def as_schema(dice, compiled, name):
    return Written(1, dice.choice([compiled.text, compiled.base64]), name)


def parse(message_class, message):
    """The message; None if Google's runtime refuses it, or it lacks what is required."""
    try:
        parsed = message_class.FromString(message)
    except DecodeError:
        return None
    return parsed if parsed.IsInitialized() else None


def has_map(descriptor):
    return any(field.message_type is not None and (field.message_type.GetOptions().map_entry or has_map(field.message_type))
               for field in descriptor.fields)


def evolution(dice, number):
    """Values of a random message, read by its file, by an evolved one, and without one of the reader's."""
    maker = Maker(dice)
    model = maker.message()
    written = Compiled(maker.text(model))
    read = Compiled(maker.text(maker.evolve(model))) if number % 3 else written
    name = f"p.q.{model['name']}"
    writer, reader = written.message(name), read.message(name)
    fields = columns(reader.DESCRIPTOR)
    lead = index(writer.DESCRIPTOR)
    messages = [maker.fill(writer()).SerializeToString(deterministic=True) for _ in range(PER_SCHEMA)]
    changed = [mutated(dice, message) for message in messages]
    own = read is written and dice.random() < 0.5
    schemas = Schemas([as_schema(dice, written, "the writer's"), as_schema(dice, read, "the reader's")],
                      [1] * PER_SCHEMA, 0 if own else 2, 2)
    options = {"message": name}
    results = run("protobuf", fields, [lead + message for message in messages], schemas=schemas, options=options,
                  batch=dice.choice([1, 7, 64, 200]))
    for message, result in zip(messages, results):
        known = parse(reader, message)
        if known is None:
            continue  # A required field that the reader has only.
        expected = dump(known, fields)
        check(f"protobuf {written.text} as {read.text}: {message!r}", result[:2], ("V", expected))
        if result[0] == "V":
            again = None if isinstance(result[2], str) else parse(reader, result[2])
            check(f"protobuf {read.text}, written again", again and dump(again, fields), expected)
    results = run("protobuf", fields, [lead + message for message in changed], schemas=schemas, options=options)
    maps = has_map(reader.DESCRIPTOR)
    for message, result in zip(changed, results):
        known = parse(reader, message)
        if known is None or maps:  # Of a map's entries Google's runtime keeps some only.
            check("protobuf, a mutated message", result[0] in "VE", True)
        elif result[0] == "V":
            expected = dump(known, fields)
            # Python's floats don't keep what is in a NaN.
            check(f"protobuf {read.text}: mutated {message!r}", "nan" in expected or result[1], "nan" in expected or expected)
        else:
            is_meant = any(what in result[2] for what in STRICTER)
            check(f"protobuf {read.text}: mutated {message!r}: {result[2]}", is_meant, True)


def schema_texts(dice, count):
    """Mutated files and descriptors: none of them does any harm."""
    for _ in range(count):
        maker = Maker(dice)
        model = maker.message()
        compiled = Compiled(maker.text(model))
        text = dice.choice([compiled.text, compiled.base64])
        changed = mutated(dice, text.encode()).decode(errors="replace").replace("\0", "")
        fields = columns(compiled.message(f"p.q.{model['name']}").DESCRIPTOR)
        results = run("protobuf", fields, [b"\0", b"\0" * 40], schemas=Schemas([Written(1, changed, "mutated")], [1, 1]))
        check("protobuf, a mutated schema", len(results), 2)


def fuzz(dice, count):
    """`count` random schemas with some messages and an evolution each, and as many mutated schemas."""
    for number in range(count):
        evolution(dice, number)
    schema_texts(dice, count)
