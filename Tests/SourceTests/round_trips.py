"""Random files, splits and batches: the rows that were written, from every position."""
import os

import fastavro

from harness import check
from reading import CODECS, container, put, read
from values import Maker, column, dump


def case(random, number, directory):
    maker = Maker(random)
    schema = maker.record()
    parsed = fastavro.parse_schema(schema)
    place = os.path.join(directory, f"round-{number}")
    os.mkdir(place)
    files = [[maker.value(schema) for _ in range(random.choice([0, 1, 30, 200]))] for _ in range(random.randint(1, 5))]
    for index, values in enumerate(files):
        put(place, f"{index}.avro", container(
            parsed, values, random.choice(CODECS), random.choice([1, 300, 16000])))
    splits = random.randint(1, 3)
    for split in range(splits):
        expected = [dump(value, schema) for values in files[split::splits] for value in values]
        check_split(random, f"{schema} split {split} of {splits}", {"path": place}, split, splits, schema, expected)


def check_split(random, name, config, split, splits, schema, expected):
    whole = read(config, split, splits, random.choice([1, 7, 1000]))
    check(f"{name}: error", whole.error, None)
    check(f"{name}: columns", whole.columns, column("", schema).lines().split("\n")[:-1])
    check(f"{name}: rows", whole.rows, expected)
    for done, position in random.sample(whole.positions, min(3, len(whole.positions))):
        rest = read(config, split, splits, random.choice([1, 7, 1000]), position)
        check(f"{name}: from {position}", (rest.error, rest.rows), (None, expected[done:]))


def fuzz(random, count, directory):
    for number in range(count):
        case(random, number, directory)
