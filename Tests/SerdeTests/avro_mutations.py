"""Random schemas, values, evolutions and mutations of the avro serde against fastavro."""
import json

import fastavro

from avro_oracle import Maker, columns, decode, dump, encode
from harness import Schemas, Written, check, run

PER_SCHEMA = 60  # messages, as they are and mutated


def mutated(random, message):
    """A message with some bytes changed, left out or put in."""
    data = bytearray(message)
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(data))
        choice = random.randrange(4)
        if choice == 0:
            data = data[:at]
        elif choice == 1:
            data[at:at] = random.randbytes(random.randint(1, 3))
        elif choice == 2:
            del data[at:at + random.randint(1, 3)]
        elif at < len(data):
            data[at] = random.choice([0, 1, 2, 127, 128, 255, data[at] ^ 1 << random.randrange(8)])
    return bytes(data)


def evolution(random, number):
    """Values of a random schema, read by it and by an evolved one."""
    maker = Maker(random)
    written = maker.record()
    read = maker.evolve(written) if number % 2 else written
    writer, reader = fastavro.parse_schema(written), fastavro.parse_schema(read)
    messages = [encode(writer, maker.value(written)) for _ in range(PER_SCHEMA)]
    fields = columns(read)
    # Written again by the reader's schema, the columns give what fastavro reads back as the same value.
    schemas = Schemas([Written(0, json.dumps(written), "the writer's"), Written(0, json.dumps(read), "the reader's")],
                      [1] * len(messages), 2, 2)
    results = run("avro", fields, messages, schemas=schemas, batch=random.choice([1, 7, 64, 200]))
    for message, result in zip(messages, results):
        expected = dump(decode(message, writer, reader), fields)
        check(f"avro {written} as {read}: {message!r}", result[:2], ("V", expected))
        if result[0] == "V":
            again = None if isinstance(result[2], str) else dump(decode(result[2], reader), fields)
            check(f"avro {read}, written again", again, expected)
    changed = [mutated(random, message) for message in messages]
    for message, result in zip(changed, run("avro", fields, changed, schemas=schemas)):
        if result[0] != "V":
            continue  # Which of the two takes more differs; and fastavro would make as many items as a message says it has.
        try:
            # Of a map's entries with one key fastavro keeps the last only; then it does not write what it has read.
            is_faithful = encode(writer, decode(message, writer)) == message
            expected = dump(decode(message, writer, reader), fields) if is_faithful else None
        except Exception:  # fastavro raises all kinds of things
            expected = None
        if expected is not None:
            check(f"avro {written} as {read}: mutated {message!r}", result[1], expected)


def schema_texts(random, count):
    """Mutated schema texts: none of them does any harm."""
    for _ in range(count):
        text = json.dumps(Maker(random).record())
        written = mutated(random, text.encode()).decode(errors="replace").replace("\0", "")
        fields = columns(json.loads(text))
        results = run("avro", fields, [b"", b"\0" * 40], schemas=Schemas([Written(0, written, "mutated")], [1, 1]))
        check("avro, a mutated schema", len(results), 2)


def fuzz(random, count):
    """`count` random schemas with some messages and an evolution each, and as many mutated schemas."""
    for number in range(count):
        evolution(random, number)
    schema_texts(random, count)
