"""What a sink writes of rows: codecs, blocks, schemas, bad rows, and random rows, as fastavro and the source read them."""
import json
import os

import fastavro

from harness import check
from reading import CODECS, container, put, read
from sinking import FATAL, TITLE, Sink, block_counts, metadata, names, values
from values import Maker, column, dump

ROW = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": "long"}, {"name": "s", "type": "string"}]}
OPTIONAL = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": ["null", "long"]}]}


def numbers(directory, name, schema, rows):
    """A file of rows that are to be written, and a directory for a sink."""
    return put(directory, name + ".rows", container(schema, rows)), os.path.join(directory, name)


def write(sink, path, max_rows=1000):
    """Writes the rows of a file as epoch 1; the answer to writing."""
    answers = sink.run("recover 0", f"write 0 1 {path} {max_rows}", "prepare 1", "commit 1")
    check(f"{sink.place}: epoch 1", [answer.error for answer in answers], [None] * 4)
    return answers[1]


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def codecs(directory):
    rows = [{"n": n, "s": f"text {n % 50}"} for n in range(5000)]
    path, _ = numbers(directory, "codecs", ROW, rows)
    expected = [dump(row, ROW) for row in rows]
    for codec in CODECS + [None]:
        sink = Sink(os.path.join(directory, f"codec-{codec}"), path, config={"codec": codec} if codec else {})
        write(sink, path)
        check(f"{codec}: codec", metadata(sink.path(1))[0], codec or "snappy")
        check(f"{codec}: fastavro", values(sink.path(1)), expected)
        got = read({"path": sink.place})
        check(f"{codec}: the source", (got.error, got.rows), (None, expected))
    sizes = [os.path.getsize(os.path.join(directory, f"codec-{codec}", "job~out~000000000001~0.avro")) for codec in CODECS]
    check("each codec makes less of it", [size < sizes[0] for size in sizes[1:]], [True] * 3)
    heads = {bytes_of(os.path.join(directory, f"codec-{codec}", "job~out~000000000001~0.avro"))[-16:] for codec in CODECS}
    check("each file has a sync marker of its own", len(heads), len(CODECS))


def blocks(directory):
    """A row of this schema takes as many bytes as its text and one more, if that is short."""
    text = {"type": "record", "name": "Row", "fields": [{"name": "s", "type": "string"}]}

    def counts(name, sizes, **config):
        path, place = numbers(directory, name, text, [{"s": "x" * (size - 1)} for size in sizes])
        sink = Sink(place, path, config={"codec": "null", **config})
        for max_rows in (1, 1000):
            sink.place = f"{place}-{max_rows}"
            write(sink, path, max_rows)
            data = bytes_of(sink.path(1))
            check(f"{name}: rows", values(sink.path(1)), [f"{{x{'78' * (size - 1)}}}" for size in sizes])
            yield block_counts(data)

    check("blocks end when they are full", list(counts("full", [10] * 25, block_size=100)), [[10, 10, 5]] * 2)
    check("or when the next row has no room", list(counts("room", [60, 30, 20, 60, 60], block_size=100)), [[2, 2, 1]] * 2)
    check("a row that is larger has one of its own", list(counts("larger", [10, 10, 64, 10], block_size=30)), [[2, 1, 1]] * 2)
    check("as small as can be", list(counts("small", [1, 2, 3], block_size=1)), [[1, 1, 1]] * 2)
    check("64 KiB if nothing is said", [got[:-1] for got in counts("default", [64] * 2000)], [[1024]] * 2)
    nothing = {"type": "record", "name": "Row", "fields": [{"name": "b", "type": "boolean"}]}
    path, place = numbers(directory, "nothing", nothing, [{"b": True}] * 3)
    put(directory, "null.avsc", b'{"type": "record", "name": "R", "fields": [{"name": "b", "type": {"type": "array", "items": "null"}}]}')
    check("columns that do not suit", Sink(place, path, config={"schema": directory + "/null.avsc"}).errors("recover 0"), [
        (FATAL, TITLE + 'schema "null.avsc" can\'t write the columns: field "b": a column of bool can\'t be written as Avro\'s array')])


def large_rows(directory):
    """Of 63 MiB, and of one byte more. They can't be compressed: what a codec makes of them is larger than they are. What one
    sink wrote, the source reads for the next."""
    of = {"type": "record", "name": "Row", "fields": [{"name": "b", "type": "bytes"}]}
    large = os.urandom((63 << 20) - 4)  # its length takes 4 bytes
    path = put(directory, "large.rows", container(of, [{"b": b"a"}, {"b": large}, {"b": large + b"!"}, {"b": b"z"}], interval=1))
    bad = [(0, 4, f"a row of {(63 << 20) + 1} bytes, expected at most {63 << 20}")]  # a block of the source's is a batch
    for codec in CODECS:
        sink = Sink(os.path.join(directory, f"large-{codec}"), path, config={"codec": codec})
        check(f"large rows: {codec}", write(sink, path).bad, bad)
        path, bad = sink.path(1), []
        check(f"large rows: {codec}: blocks", block_counts(bytes_of(path)), [1, 1, 1])
        with open(path, "rb") as file:
            check(f"large rows: {codec}: fastavro", [row["b"] for row in fastavro.reader(file)] == [b"a", large, b"z"], True)


def bad_rows(directory):
    rows = [{"n": n} for n in (1, 2**40, 2, None, 3, -2**31 - 1)]
    path, place = numbers(directory, "bad", OPTIONAL, rows)
    put(directory, "int.avsc", b'{"type": "record", "name": "Row", "fields": [{"name": "n", "type": "int"}]}')
    sink = Sink(place, path, config={"schema": directory + "/int.avsc"})
    check("bad rows are reported", write(sink, path).bad, [
        (1, 4, 'field "n": 1099511627776 is out of range for Avro\'s int'), (3, 4, 'field "n": null, but the schema\'s int is not'),
        (5, 4, 'field "n": -2147483649 is out of range for Avro\'s int')])
    check("and left out", values(sink.path(1)), ["{1}", "{2}", "{3}"])
    path, _ = numbers(directory, "all-bad", OPTIONAL, [{"n": None}] * 3)
    sink = Sink(place + "-all", path, config={"schema": directory + "/int.avsc"})
    check("all are bad", len(write(sink, path).bad), 3)
    check("no file of bad rows", names(sink.place), [])


def kinds(directory):
    path, place = numbers(directory, "kinds", ROW, [{"n": 7, "s": "ab"}])
    got = Sink(place, path).errors("recover 0", "kind 3", f"write 0 1 {path} 10", "kind 0", "again")
    check("rows that take others back", got, [None, None, (
        FATAL, TITLE + "a row of kind 3: it takes inserts only; let the step before emit final results"), None, None])


def schemas(directory):
    path, place = numbers(directory, "schemas", ROW, [{"n": 7, "s": "ab"}])

    def schema(text):
        put(directory, "given.avsc", (text if isinstance(text, str) else json.dumps(text)).encode())
        return {"schema": directory + "/given.avsc"}

    given = {"type": "record", "name": "a.b.Given", "doc": "kept", "fields": [
        {"name": "more", "type": {"type": "array", "items": "int"}, "default": [1, 2]}, {"name": "s", "type": ["string", "null"]},
        {"name": "n", "type": "long", "default": 9}, {"name": "last", "type": ["null", "long"], "default": None}]}
    sink = Sink(place, path, config=schema(given))
    write(sink, path)
    check("by a schema", (metadata(sink.path(1))[1], values(sink.path(1))), (given, ["{[1,2],x6162,7,null}"]))
    sink = Sink(place + "-named", path, config={"record_name": "Flight", "namespace": "org.example"})
    write(sink, path)
    check("the record's name", metadata(sink.path(1))[1], {
        "type": "record", "name": "org.example.Flight", "fields": ROW["fields"]})
    for text, problem in (
            ({**given, "fields": given["fields"][:1]}, 'schema "given.avsc" can\'t write the columns: field "n": a.b.Given has no such field; '
             "add it, or drop the column"),
            ({**given, "fields": given["fields"] + [{"name": "x", "type": "int"}]}, 'schema "given.avsc" can\'t write the columns: field "x" of '
             "a.b.Given has no column and no default; add the column"),
            ("{", f'"{directory}/given.avsc": schema "given.avsc": line 1, column 2: expected a member\'s name'),
            (" " * (2**20 + 1), f'"{directory}/given.avsc": longer than 1 MiB')):
        got = Sink(place, path, config=schema(text)).errors("recover 0")
        check(f"schema {str(text)[:40]}", got, [(FATAL, TITLE + problem)])
    check("no schema", Sink(place, path, config={"schema": "/none"}).errors("recover 0"), [
        (FATAL, TITLE + '"/none": No such file or directory')])


def config(directory):
    path, place = numbers(directory, "config", ROW, [])
    for given, problem in (
            ({"path": None}, '"path" must be a text that is not empty'),
            ({"codec": "lz4"}, '"codec" must be one of null, deflate, snappy and zstandard'),
            ({"codec": 1}, '"codec" must be a text that is not empty'),
            *(({"block_size": size}, '"block_size" must be a number of bytes from 1 to 33554432') for size in (0, 33554433, "1", 1.5)),
            ({"schema": ""}, '"schema" must be a text that is not empty'),
            ({"record_name": "a.b"}, '"record_name" is "a.b"; write letters, digits and _, no digit first')):
        check(f"config {given}", Sink(place, path, config=given).errors(), [(FATAL, "config: " + problem)])
    check("nothing was made", os.path.exists(place), False)


def case(random, number, directory):
    """Rows of a random schema, in some epochs, by some workers."""
    maker = Maker(random)
    schema = maker.record()
    parsed = fastavro.parse_schema(schema)
    workers, epochs = random.randint(1, 3), random.randint(1, 3)
    columns = put(directory, f"sink-{number}", container(parsed, []))
    sink = Sink(os.path.join(directory, f"sink-{number}.out"), columns, workers=workers, config={
        "codec": random.choice(CODECS), "block_size": random.choice([1, 300, 65536])})
    commands, written = ["recover 0"], {}
    for epoch in range(1, epochs + 1):
        for index in range(random.randint(0, 4)):
            worker = random.randrange(workers)
            rows = [maker.value(schema) for _ in range(random.choice([0, 1, 30, 200]))]
            path = put(directory, f"sink-{number}-{epoch}-{index}", container(parsed, rows, "null", random.choice([1, 300, 16000])))
            commands.append(f"write {worker} {epoch} {path} {random.choice([1, 7, 1000])}")
            if rows:
                written.setdefault((epoch, worker), []).extend(dump(row, schema) for row in rows)
        commands += [f"prepare {epoch}", f"commit {epoch}"]
    answers = sink.run(*commands)
    check(f"{schema}: errors", [(answer.error, answer.bad) for answer in answers], [(None, [])] * len(commands))
    check(f"{schema}: files", names(sink.place), sorted(sink.name(*which) for which in written))
    check(f"{schema}: fastavro", {which: values(sink.path(*which)) for which in written}, written)
    if written:
        got = read({"path": sink.place})
        check(f"{schema}: columns", got.columns, column("", schema).lines().split("\n")[:-1])
        check(f"{schema}: the source", (got.error, got.rows), (None, [row for which in sorted(written) for row in written[which]]))


def fuzz(random, count, directory):
    for number in range(count):
        case(random, number, directory)


def all_cases(directory):
    for suite in (codecs, blocks, large_rows, bad_rows, kinds, schemas, config):
        suite(directory)
