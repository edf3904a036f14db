"""Files that are damaged, none, or not those that there were: what is said of them, and that nothing else happens."""
import os
import zlib

from avro_mutations import mutated
from harness import check
from lists import ROW, TITLE, files, rows
from reading import CODECS, container, head_of, put, read
from values import Maker

SYNC = b"0123456789abcdef"
CUT = "the file ends within it: it was cut, or is still being written; restore it, or take it out of `path`"
DAMAGED = "the file is damaged; restore it"


def good(codec="null", count=3):
    return container(ROW, [{"n": n, "s": "ab"} for n in range(count)], codec, sync=SYNC)


def of(path, block, byte, problem):
    return f'{TITLE}"{path}": block {block} at byte {byte}: {problem}'


def varint(value):
    bits, out = (value << 1) ^ (value >> 63), b""
    while bits > 127:
        out, bits = out + bytes([bits & 127 | 128]), bits >> 7
    return out + bytes([bits])


def block(count, data):
    return varint(count) + varint(len(data)) + data + SYNC


def refused(directory, name, data, expected):
    path = put(directory, "damaged", data)
    check(name, read({"path": path}).error, expected(path))


def heads(directory):
    data = good()
    for name, changed, problem in (
            ("empty", b"", "it ends within its head: it was cut, or is still being written"),
            ("no magic", b"Obj\2" + data[4:], 'it does not begin with "Obj" and 1'), ("text", b"{}", 'it does not begin with "Obj" and 1'),
            ("cut in the head", data[:60], "it ends within its head: it was cut, or is still being written"),
            ("without a schema", b"Obj\1\2\2a\2b\0" + SYNC, 'its metadata has no "avro.schema"'),
            ("a negative length", b"Obj\1\2\1", "a negative length in its metadata"),
            ("a long integer", b"Obj\1" + b"\xff" * 10, "an integer of more than 64 bits in its metadata"),
            ("a head that is too long", b"Obj\1\2\2a" + varint(5 << 20) + bytes(5 << 20), "its head has more than 4 MiB")):
        refused(directory, name, changed,
                lambda path: f'{TITLE}"{path}": no Avro container file: {problem}; take it out of `path`')
    refused(directory, "a codec", data.replace(b"\x08null", b"\x08lz4!"), lambda path: (
        f'{TITLE}"{path}": its codec is "lz4!"; known are null, deflate, snappy and zstandard: write the file with one of them'))
    refused(directory, "a schema", data.replace(b'"int"', b'"inx"'), lambda path: (
        f'{TITLE}"{path}": schema "avro.schema": "inx": no type of this name is known here'))
    schema = b'\x16avro.schema' + varint(len(b'"int"')) + b'"int"'
    sized = b"Obj\1" + varint(-1) + varint(len(schema)) + schema + b"\0" + SYNC + block(1, b"\2")
    check("metadata with sizes", read({"path": put(directory, "damaged", sized)}).rows, ["{1}"])


def blocks(directory):
    head = head_of(good())
    at, first = len(head), block(1, b"\2\4ab")
    for name, data, place, problem in (
            ("cut in its data", first + first[:-17], (1, at + len(first)), CUT), ("cut in its sync", first + first[:-1], (1, at + len(first)), CUT),
            ("cut in its counts", first + b"\x80", (1, at + len(first)), CUT), ("cut behind its counts", b"\2", (0, at), CUT),
            ("another sync", block(1, b"\2\4ab")[:-1] + b"!", (0, at), "the file's sync marker does not follow it: " + DAMAGED),
            ("a negative count", block(-1, b"\2\4ab"), (0, at), "a negative count or size: " + DAMAGED),
            ("a long count", b"\xff" * 30, (0, at), "an integer of more than 64 bits where its rows are counted: " + DAMAGED),
            ("a large size", varint(1) + varint(2**40), (0, at), "it has more than 64 MiB; write files with smaller blocks"),
            ("bytes behind", block(1, b"\2\4ab!"), (0, at),
             "bytes follow its last row: the file is damaged, or was not written by its schema; restore it"),
            ("bytes without rows", block(0, b"\2"), (0, at),
             "bytes follow its last row: the file is damaged, or was not written by its schema; restore it"),
            ("too few bytes", block(2, b"\2\4ab"), (0, at),
             'row 1: field "n": at byte 0: the bytes end too early, expected int; mend the file, or take it out of `path`'),
            ("no UTF-8", block(1, b"\2\4a\xff"), (0, at), 'row 0: field "s": at byte 3: a byte that is not UTF-8, expected text; '
             "mend the file, or take it out of `path`")):
        refused(directory, name, head + data, lambda path: of(path, *place, problem))
    got = read({"path": put(directory, "damaged", head + block(0, b"") + first + block(0, b"") + block(2, b"\4\4ab\6\4ab"))})
    check("blocks without rows", (got.rows, got.error), (rows(1, 2, 3), None))
    check("rows before the damage", read({"path": put(directory, "damaged", head + first + b"\2")}).rows, rows(1))


def codecs(directory):
    for codec, problem in (("deflate", "deflate: its bytes are not what deflate (RFC 1951) writes"),
                           ("snappy", "snappy: its bytes are not what snappy writes"),
                           ("zstandard", "zstandard: its bytes are not what zstandard writes")):
        head = head_of(good(codec))
        for data in (b"\xff" * 20, b""):
            said = "zstandard: its bytes end within what zstandard has written" if codec == "zstandard" and not data else problem
            refused(directory, f"{codec}: {data}", head + block(1, data), lambda path: of(path, 0, len(head), said))
    head, whole = head_of(good("snappy")), good("snappy")
    refused(directory, "a wrong checksum", whole[:-17] + b"?" + whole[-16:], lambda path: (
        of(path, 0, len(head), "snappy: its checksum (CRC-32) is wrong")))
    head = head_of(good("deflate"))
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bomb.compress(bytes(100 << 20)) + bomb.flush()
    refused(directory, "a block that is too long", head + block(1, data), lambda path: (
        of(path, 0, len(head), "deflate: it holds more than 64 MiB; write files with smaller blocks")))
    data = b"\xff\xff\xff\xff\x0f" + bytes(8)  # snappy's length: 4 GiB
    head = head_of(whole)
    refused(directory, "a length that is too great", head + block(1, data), lambda path: (
        of(path, 0, len(head), "snappy: it holds more than 64 MiB; write files with smaller blocks")))


def many_items(directory):
    """Arrays of what takes no bytes: memory for a block's rows stays within bounds."""
    schema = {"type": "record", "name": "R", "fields": [
        {"name": "a", "type": {"type": "array", "items": {"type": "record", "name": "E", "fields": []}}}]}
    head = head_of(container(schema, [], sync=SYNC))
    few = read({"path": put(directory, "damaged", head + block(100, (varint(40) + b"\0") * 100))})
    check("some items without bytes", (few.rows[0], few.error), ("{[" + ",".join(["{}"] * 40) + "]}", None))
    refused(directory, "too many items without bytes", head + block(100, (varint(60) + b"\0") * 100), lambda path: (
        of(path, 0, len(head), 'row 74: field "a": at byte 0: 60 items, more than its bytes can hold; mend the file, or take it out '
           "of `path`")))


def deep_values(directory):
    """A value within itself, a million times."""
    node = {"type": "record", "name": "Node", "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "Node"]}]}
    head = head_of(container(node, [], sync=SYNC))
    path = put(directory, "damaged", head + block(1, b"\2\2" * 1_000_000 + b"\2\0"))
    check("deep values", read({"path": path, "columns": ["v"]}).error, of(
        path, 0, len(head), 'row 0: at byte 128: values are nested more than 64 deep; mend the file, or take it out of '
        "`path`"))


def positions(directory):
    place = files(directory, "positions", a=[0, 1], b=[2, 3], c=[4])
    config = {"path": place}
    at = read(config, max_rows=1).positions[2][1]  # behind the first row of b
    check("goes on in b", read(config, position=at).rows, rows(3, 4))
    changed = "it, or a file before it, is not the one that was there at the checkpoint; keep the files and `splits`, or start the job anew"
    check("another number of splits", read(config, 0, 2, position=at).error, f'{TITLE}"{place}/c.avro": {changed}')
    put(place, "d.avro", container(ROW, [{"n": 5, "s": "ab"}]))
    check("a file more at the end", read(config, position=at).rows, rows(3, 4, 5))
    os.rename(place + "/a.avro", place + "/a0.avro")
    check("a file before it was renamed", read(config, position=at).error, f'{TITLE}"{place}/b.avro": {changed}')
    os.rename(place + "/a0.avro", place + "/a.avro")
    with open(place + "/b.avro", "rb") as file:
        whole = file.read()
    anew = container(ROW, [{"n": n, "s": "ab"} for n in (2, 3)])
    put(place, "b.avro", anew)
    check("the file was written anew", read(config, position=at).error, f'{TITLE}"{place}/b.avro": {changed}')
    last = read(config, max_rows=1).positions[3][1]
    put(place, "b.avro", head_of(anew))
    check("the file lost its rows", read(config, position=last).error,
          f'{TITLE}"{place}/b.avro": it has fewer rows than were read of it; put it back as it was, or start the job anew')
    put(place, "b.avro", whole)
    check("as it was", read(config, position=at).rows, rows(3, 4, 5))
    gone = "the checkpoint goes on in file 9 of this split, which has 4; keep the files and `splits`, or start the job anew"
    check("no such file", read(config, position=9 << 47).error, TITLE + gone)
    check("no position", read(config, position=-1).error[:len(TITLE) + 14], TITLE + "the checkpoint")


def fuzz(random, count, directory):
    """Files with some bytes changed: rows or an error, and no more rows than the file says."""
    for number in range(count):
        maker = Maker(random)
        schema = maker.record()
        data = container(schema, [maker.value(schema) for _ in range(30)], random.choice(CODECS), random.choice([1, 300]))
        got = read({"path": put(directory, "mutated", mutated(random, data))}, max_rows=random.choice([1, 1000]))
        check(f"mutated {number}: an end", got.error != "(no end)", True)


def all_cases(directory):
    for suite in (heads, blocks, codecs, many_items, deep_values, positions):
        suite(directory)
