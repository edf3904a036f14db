"""Which files are read, in which order, by which split; columns; and what of the config is refused."""
import os

from harness import check
from reading import container, put, read

ROW = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": "int"}, {"name": "s", "type": "string"}]}
TITLE = 'source "avro_files": '


def rows(*numbers):
    return ["{%d,x%s}" % (n, b"ab".hex()) for n in numbers]


def files(directory, name, **numbers):
    """A directory of files, each with some numbers."""
    place = os.path.join(directory, name)
    os.mkdir(place)
    for file, some in numbers.items():
        put(place, file + ".avro", container(ROW, [{"n": n, "s": "ab"} for n in some]))
    return place


def paths(directory):
    place = files(directory, "lists", b=[3], a10=[1], a9=[2], B=[0], empty=[])
    put(place, "other.txt", b"no Avro")
    put(place, ".hidden.avro", b"no Avro")
    os.mkdir(os.path.join(place, "directory.avro"))
    os.mkfifo(os.path.join(place, "pipe.avro"))
    check("a directory, in the order of bytes", read({"path": place}).rows, rows(0, 1, 2, 3))
    check("a pattern", read({"path": place + "/a*.avro"}).rows, rows(1, 2))
    check("a file", read({"path": place + "/b.avro"}).rows, rows(3))
    os.symlink("b.avro", place + "/link")
    check("a link", read({"path": place + "/link"}).rows, rows(3))
    os.rename(place + "/a9.avro", place + "/[a].avro")
    check("a file whose name is a pattern", read({"path": place + "/[a].avro"}).rows, rows(2))
    none = TITLE + f'no file is at "{place}/%s"; `path` must be a file, a directory with files that end with ".avro", or a pattern'
    for path in ("nothing", "c*", "pipe.avro", "directory.avro"):
        check(f"no file: {path}", read({"path": f"{place}/{path}"}).error, none % path)
    long = place + "/" + "é" * 100
    check("a long path", read({"path": long}).error, (none % ("é" * 100)).replace(long, long.encode()[-160:].decode()))


def splits(directory):
    place = files(directory, "splits", a=[0], b=[1], c=[2], d=[3], e=[4])
    for count in (1, 2, 3, 7):
        for split in range(count):
            got = read({"path": place}, split, count)
            check(f"split {split} of {count}", (got.rows, got.error), (rows(*range(5)[split::count]), None))


def columns(directory):
    place = files(directory, "columns", a=[7])
    check("columns, in their order", read({"path": place, "columns": ["s", "n"]}).rows, ["{x6162,7}"])
    check("a column", read({"path": place, "columns": ["s"]}).columns, ["1 0\t+s\t", "0 0\tvu\ts"])
    wanted = "; name the columns that you want in `columns`"
    for names, problem in ((["m"], f'field "m" is not there{wanted}'), (["n", "n"], 'two fields are called "n"; rename one of them')):
        error = read({"path": place, "columns": names}).error
        check(f"columns {names}", error[-len(problem):], problem)
    node = {"type": "record", "name": "Node", "fields": [
        {"name": "v", "type": "int"}, {"name": "next", "type": ["null", "Node"]}, {"name": "nothing", "type": "null"}]}
    path = put(place, "node", container(node, [{"v": 1, "next": {"v": 2, "next": None, "nothing": None}, "nothing": None}]))
    check("a field that holds itself", read({"path": path}).error,
          TITLE + f'"{path}": field "next" has a type that holds itself{wanted}')
    check("a null", read({"path": path, "columns": ["nothing"]}).error,
          TITLE + f'"{path}": field "nothing" has a type of which there is no column (null){wanted}')
    check("what is left", read({"path": path, "columns": ["v"]}).rows, ["{1}"])
    check("no fields", read({"path": put(place, "none", container({"type": "record", "name": "R", "fields": []}, [{}]))}).error,
          TITLE + f'"{place}/none": field "" has no fields{wanted}')
    for of, value, dump in (("long", 5, "{5}"), (["null", "string"], None, "{null}"), ({"type": "map", "values": "int"}, {"k": 1},
                                                                                    "{[{x6b,1}]}")):
        got = read({"path": put(place, "single", container(of, [value, value]))})
        check(f"a file of {of}", (got.rows, got.columns[1].split("\t")[2]), ([dump] * 2, "value"))
    wide = {"type": "record", "name": "R0", "fields": [{"name": "a", "type": "int"}]}
    for i in range(1, 14):
        wide = {"type": "record", "name": f"R{i}", "fields": [{"name": "a", "type": wide}, {"name": "b", "type": f"R{i - 1}"}]}
    path = put(place, "wide", container(wide, []))
    check("too many columns", read({"path": path}).error, TITLE + f'"{path}": field "a" has more than 4096 columns{wanted}')


def config(directory):
    for given, problem in (
            ({}, '"path" is missing; say which files are to be read'),
            ({"path": ""}, '"path" must be a text that is not empty'), ({"path": 1}, '"path" must be a text that is not empty'),
            ({"path": "a\0b"}, '"path" must be a text that is not empty'),
            ({"path": "x", "columns": []}, '"columns" must be a list of names; name a column, or leave it out'),
            ({"path": "x", "columns": [""]}, '"columns" must be a list of names; one is empty, or no text'),
            ({"path": "x", "schema": ""}, '"schema" must be a text that is not empty')):
        check(f"config {given}", read(given).error, "config: " + problem)
    del directory


def all_cases(directory):
    for suite in (paths, splits, columns, config):
        suite(directory)
