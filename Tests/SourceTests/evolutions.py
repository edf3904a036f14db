"""Files of different schemas: by a schema of the step's, and by the columns of the first."""
import json
import os

from harness import check
from reading import container, head_of, put, read

TITLE = 'source "avro_files": '


def record(*fields, name="Row"):
    return {"type": "record", "name": name, "fields": [{"name": field, "type": of, **more} for field, of, more in fields]}


OLD = record(("id", "int", {}), ("name", ["null", "string"], {}))
NEW = record(("more", {"type": "array", "items": "long"}, {}), ("name", "string", {}), ("id", "long", {}), name="other.Row")


def place_of(directory, name):
    place = os.path.join(directory, name)
    os.mkdir(place)
    put(place, "1.avro", container(OLD, [{"id": 1, "name": None}]))
    put(place, "2.avro", container(NEW, [{"id": 2, "name": "n", "more": [1, 2]}], "zstandard"))
    put(place, "3.avro", container(record(("id", "int", {})), [{"id": 3}]))
    return place


def by_the_first(directory):
    place = place_of(directory, "by-the-first")
    check("by the first file's columns", read({"path": place}).rows, ["{1,null}", "{2,x6e}", "{3,null}"])
    far = container(NEW, [{"id": 2**40, "name": "n", "more": []}])
    put(place, "2.avro", far)
    check("a value that is out of range", read({"path": place}).error,
          TITLE + f'"{place}/2.avro": block 0 at byte {len(head_of(far))}: row 0: field "id": at byte 3: 1099511627776 is out of range for int32; '
          "mend the file, or take it out of `path`")
    put(place, "2.avro", container(record(("name", "string", {})), [{"name": "n"}]))
    got = read({"path": place})
    check("a file without a field", (got.rows, got.error), (
        ["{1,null}"], TITLE + f'"{place}/2.avro": schema "avro.schema" does not suit the columns: field "id": Row has no such field, and the '
        "column is not nullable; give a `schema` that all files can be read by"))


def by_a_schema(directory):
    place = place_of(directory, "by-a-schema")
    path = os.path.join(place, "row.avsc")

    def write(schema):
        with open(path, "w", encoding="utf-8") as file:
            file.write(schema if isinstance(schema, str) else json.dumps(schema))
        return {"path": place, "schema": path}

    config = write(record(("key", "long", {"aliases": ["id"]}), ("name", ["null", "string"], {"default": None}),
                          ("rank", "double", {"default": 0.5}),
                          ("more", {"type": "array", "items": "long"}, {"default": [7]})))
    half = "f4602678819172646912"
    check("by a schema", read(config).rows, [f"{{1,null,{half},[7]}}", f"{{2,x6e,{half},[1,2]}}", f"{{3,null,{half},[7]}}"])
    check("by a schema, some columns", read({**config, "columns": ["more", "key"]}).rows, ["{[7],1}", "{[1,2],2}", "{[7],3}"])
    check("a schema that does not suit", read(write(record(("id", "string", {})))).error,
          TITLE + f'"{place}/1.avro": schema "avro.schema" can\'t be read by schema "row.avsc": field "id": the writer\'s int can\'t be read as the '
          "reader's string; give a `schema` that all files can be read by")
    check("no schema", read(write("{")).error[:len(TITLE + f'"{path}": schema')], TITLE + f'"{path}": schema')
    check("a schema that is not there", read({**config, "schema": place + "/none"}).error,
          TITLE + f'"{place}/none": No such file or directory')
    check("a schema that is too long", read(write(" " * (2**20 + 1))).error, TITLE + f'"{path}": longer than 1 MiB')


def all_cases(directory):
    by_the_first(directory)
    by_a_schema(directory)
