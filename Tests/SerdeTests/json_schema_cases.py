"""Cases of the json serde with JSON Schemas: what is refused of them, and what suits which columns."""
import json

from cases import item, map_of, row
from harness import Schemas, Written, check, run, written
from oracle import Field

NULL, TEXT, INTEGER = {"type": "null"}, {"type": "string"}, {"type": "integer"}
LATEST = "https://json-schema.org/draft/2020-12/schema"


def schemas(schema, *others, names=(), reader=0, writer=0, count=1):
    """Schemas whose last one messages are of: it refers to the others by the names."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in (*others, schema)]
    all = [Written(2, text, f"id {number}") for number, text in enumerate(texts, 1)]
    all[-1].references = tuple(zip(names, range(1, len(texts))))
    return Schemas(all, [len(all)] * count, reader and len(all), writer and len(all))


def of(**properties):
    return {"type": "object", "properties": properties}


# Texts that are no schemas, and what is said of them.
NO_SCHEMAS = [
    ("", "line 1, column 1: expected a value"),
    ("{", "line 1, column 2: expected a member's name"),
    ("[]", "at #: expected a schema: an object, true or false"),
    ({"type": "text"}, "at #/type: no type of JSON Schema"),
    ({"type": []}, "at #/type: no type of JSON Schema"),
    ({"type": ["string", 1]}, "at #/type/1: no type of JSON Schema"),
    (of(a={"minimum": "1"}), "at #/properties/a/minimum: expected a number"),
    (of(a={"maxLength": -1}), "at #/properties/a/maxLength: expected a whole number from 0 on"),
    (of(a={"minItems": 1.5}), "at #/properties/a/minItems: expected a whole number from 0 on"),
    (of(a={"oneOf": []}), "at #/properties/a/oneOf: expected an array of schemas, one at least"),
    (of(a={"items": [1]}), "at #/properties/a/items/0: expected a schema: an object, true or false"),
    (of(a={"enum": 1}), "at #/properties/a/enum: expected an array"),
    ({"properties": []}, "at #/properties: expected an object"),
    ({"required": True}, "at #/required: expected an array of names"),
    ({"required": [1]}, "at #/required/0: expected a member's name"),
    (of(**{"a/b~c": {"format": 1}}), "at #/properties/a~1b~0c/format: expected a string"),
    (of(a={"$ref": "#/definitions/x"}), 'at #/properties/a/$ref: "#/definitions/x" points to nothing'),
    (of(a={"$ref": "#x"}), 'at #/properties/a/$ref: "#x" points to nothing'),
    (of(a={"$ref": "other.json"}), 'at #/properties/a/$ref: "other.json" is neither in the schema nor among those that it refers to'),
    (of(a={"$ref": "#/properties/a"}), "at #/properties/a: it refers to itself, or more than 64 schemas lie within one another by "
                                       "$ref, allOf, anyOf, oneOf, not, if or dependencies"),
]

# A column of the name a, its properties in the schema, and what is said of them; "" if they suit.
DIFFERENCES = [
    (Field("a", "l"), INTEGER, ""),
    (Field("a", "l"), {"type": "number"}, ""),
    (Field("a", "l"), {}, ""),
    (Field("a", "l"), True, ""),
    (Field("a", "l"), {"type": ["string", "integer"]}, ""),
    (Field("a", "l"), TEXT, "the schema has string, expected integer for int64"),
    (Field("a", "l"), {"type": ["string", "null", "boolean"]}, "the schema has null, boolean or string, expected integer for int64"),
    (Field("a", "l", True), {"oneOf": [NULL, INTEGER]}, ""),
    (Field("a", "l"), {"oneOf": [NULL, INTEGER]}, ""),
    (Field("a", "l", True), {"oneOf": [NULL, TEXT]}, "the schema has null or string, expected integer for int64"),
    (Field("a", "l", True), NULL, ""),
    (Field("a", "l"), NULL, "the schema has null, expected integer for int64"),
    (Field("a", "l", True), False, ""),
    (Field("a", "l"), False, "the schema has no value, expected integer for int64"),
    (Field("a", "l"), {"anyOf": [TEXT, {"minimum": 3}]}, ""),
    (Field("a", "l"), {"allOf": [{"minimum": 1}, {"type": ["null", "string"]}]},
     "the schema has null or string, expected integer for int64"),
    (Field("a", "l"), {"enum": ["x", 1]}, ""),
    (Field("a", "l"), {"enum": ["x", 1.5]}, "the schema has number or string, expected integer for int64"),
    (Field("a", "l"), {"const": "1"}, "the schema has string, expected integer for int64"),
    (Field("a", "C"), {"minimum": 255}, ""),
    (Field("a", "C"), {"minimum": 256}, "the schema's values are above those of uint8"),
    (Field("a", "C"), {"exclusiveMaximum": -1e-3}, "the schema's values are below those of uint8"),
    (Field("a", "g"), INTEGER, ""),
    (Field("a", "g"), TEXT, "the schema has string, expected number for float64"),
    (Field("a", "b"), {"type": "boolean"}, ""),
    (Field("a", "b"), {"enum": [1]}, "the schema has number, expected boolean for bool"),
    (Field("a", "vu"), {"enum": ["x", None]}, ""),
    (Field("a", "vu"), INTEGER, "the schema has integer, expected string for utf8"),
    (Field("a", "vz"), {"type": "string", "contentEncoding": "base64"}, ""),
    (Field("a", "vz"), {"type": "string", "contentEncoding": "base16"},
     "the schema has strings with contentEncoding base16, expected base64"),
    (Field("a", "tdD"), {"type": "string", "format": "date"}, ""),
    (Field("a", "tdD"), {"type": "string", "format": "x-other"}, ""),
    (Field("a", "tdD"), {"type": "string", "format": "date-time"},
     "the schema has strings of format date-time, expected date32"),
    (Field("a", "ttu"), {"format": "time", "type": "string"}, ""),
    (Field("a", "tsu:UTC"), {"format": "date", "type": "string"},
     "the schema has strings of format date, expected timestamp[us, UTC]"),
    (Field("a", "tsu:UTC"), {"format": "date-time"}, ""),
    (Field("a", "tsu:UTC"), INTEGER, ""),
    (Field("a", "tsu:UTC"), {"type": "boolean"}, "the schema has boolean, expected integer or string for timestamp[us, UTC]"),
    (Field("a", "d:10,2"), TEXT, ""),
    (Field("a", "d:10,2"), {"type": "number"}, ""),
    (Field("a", "d:10,2"), {"type": "array"}, "the schema has array, expected number or string for decimal128(10, 2)"),
    (Field("a", "+l", False, [item("i")]), {"type": "array", "items": INTEGER}, ""),
    (Field("a", "+l", False, [item("i")]), {"type": "array"}, ""),
    (Field("a", "+l", False, [item("i")]), {"items": [INTEGER, TEXT]}, ""),
    (Field("a", "+l", False, [item("i")]), {"items": [INTEGER, TEXT], "minItems": 2},
     "the schema has string, expected integer for int32"),
    (Field("a", "+l", False, [item("i")]), {"type": "object"}, "the schema has object, expected array for list"),
    (Field("a", "+l", False, [item("i")]), {"type": "array", "items": TEXT}, "the schema has string, expected integer for int32"),
    (map_of("a", "i"), {"additionalProperties": INTEGER}, ""),
    (map_of("a", "i"), {"additionalProperties": TEXT}, "the schema has string, expected integer for int32"),
    (map_of("a", "i"), of(x=TEXT), ""),
    (map_of("a", "i"), {**of(x=TEXT), "required": ["x"]}, "the schema has string, expected integer for int32"),
    (Field("a", "+s", False, [Field("b", "i")]), of(b=TEXT), "the schema has string, expected integer for int32"),
    (Field("a", "+s", False, [Field("b", "i")]), of(c=TEXT), ""),
    (Field("a", "+s", False, [Field("b", "i")]), {**of(c=TEXT), "additionalProperties": False}, "the schema has no such member"),
    (Field("a", "+s", False, [Field("b", "i", True)]), {**of(c=TEXT), "additionalProperties": False}, ""),
    (Field("a", "+s", False, [Field("b", "i")]), {**of(c=TEXT), "additionalProperties": TEXT},
     "the schema has string, expected integer for int32"),
    (Field("a", "+s", False, [Field("b", "i")]),
     {**of(c=TEXT), "additionalProperties": False, "patternProperties": {"^b": INTEGER}}, ""),
    (Field("a", "+s", False, [Field("b", "i")]), {"additionalProperties": False, "patternProperties": {"^c": INTEGER}},
     "the schema has no such member"),
    (Field("a", "+s", False, [Field("b", "i")]), {**of(b=INTEGER), "patternProperties": {"^b": TEXT}},
     "the schema has string, expected integer for int32"),
    (Field("a", "+s", False, [Field("b", "i", True)]), {"patternProperties": {"^b": False}}, ""),
    (Field("a", "+s", False, [Field("b", "i")]), {"patternProperties": {"(": TEXT}, "additionalProperties": False}, ""),
    (Field("a", "+s", False, [Field("b", "i")]), {"anyOf": [NULL, of(b=TEXT), of(b=INTEGER)]}, ""),
    (Field("a", "+s", False, [Field("b", "i")]), {"anyOf": [NULL, of(b=TEXT), of(b={"type": "boolean"})]},
     "the schema has string, expected integer for int32"),
]

# Schemas whose member a is a string by some way of referring to it.
MEANS = [
    ({"definitions": {"x": TEXT}, **of(a={"$ref": "#/definitions/x"})}, ()),
    ({"$defs": {"x y/~": TEXT}, **of(a={"$ref": "#/$defs/x%20y~1~0"})}, ()),
    ({"$defs": {"x": {"oneOf": [NULL, TEXT]}}, **of(a={"$ref": "#/$defs/x/oneOf/1"})}, ()),
    ({"definitions": {"x": {"$id": "#there", **TEXT}}, **of(a={"$ref": "#there"})}, ()),
    ({"$schema": LATEST, "$defs": {"x": {"$anchor": "there", **TEXT}}, **of(a={"$ref": "#there"})}, ()),
    ({"$id": "http://a.b/c/d.json", "definitions": {"x": {"$id": "e.json", **TEXT}}, **of(a={"$ref": "http://a.b/c/e.json"})}, ()),
    ({"$id": "http://a.b/c/d.json", "definitions": {"x": {"$id": "/e.json", **TEXT}}, **of(a={"$ref": "/e.json"})}, ()),
    ({"$id": "http://a.b/c/d.json", "definitions": {"x": TEXT}, **of(a={"$ref": "d.json#/definitions/x"})}, ()),
    ({"definitions": {"x": {"$id": "e.json", "definitions": {"y": TEXT}, **of(z={"$ref": "#/definitions/y"})}},
      **of(a={"$ref": "#/definitions/x/properties/z"})}, ()),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://a.b/", "definitions": {"x": {"id": "e", **TEXT}},
      **of(a={"$ref": "e"})}, ()),
    (of(a={"$ref": "other"}), (("other", TEXT),)),
    (of(a={"$ref": "other.json#/definitions/x"}), (("other.json", {"definitions": {"x": TEXT}}),)),
    (of(a={"$ref": "other.json#/definitions/x"}), (("other.json#/definitions/x", {"definitions": {"x": TEXT}}),)),
    ({"$id": "http://a.b/c.json", **of(a={"$ref": "d.json"})}, (("http://a.b/d.json", TEXT),)),
    ({"$id": "http://a.b/c.json", **of(a={"$ref": "d.json"})}, (("whatever", {"$id": "http://a.b/d.json", **TEXT}),)),
    (of(a={"$ref": "#/definitions/x", **INTEGER}) | {"definitions": {"x": TEXT}}, ()),  # what is beside it is ignored
    (of(a={"allOf": [{"$ref": "#/definitions/x"}, {"minLength": 1}]}) | {"definitions": {"x": TEXT}}, ()),
    ({"$ref": "#/definitions/whole", "definitions": {"whole": {"properties": {"a": TEXT, "b": {"$ref": "#"}}}}}, ()),
]


def texts():
    for schema, problem in NO_SCHEMAS:
        told = f'serde "json": schema "id 1": {problem}'
        got = run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=schemas(schema))
        check(f"json: a writer's schema {schema}", got, [("E", -1, told)])
        for part in ("reader", "writer"):
            got = run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=schemas(schema, **{part: 1}))
            check(f"json: the topic's own schema {schema}", got, ("BIND", told))
    avro = Schemas([Written(0, '"int"', "id 1")], [1])
    check("json: a schema of another format", run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=avro),
          [("E", -1, 'serde "json": schema "id 1": no JSON Schema; give it one, or choose another serde')])
    deep = "".join(['{"allOf":['] * 63 + ["{}"] + ["]}"] * 63)
    check("json: 64 schemas within one another", run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=schemas(deep))[0][0], "V")
    deeper = run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=schemas('{"allOf":[' + deep + "]}"))[0]
    check("json: 65 schemas within one another", (deeper[0], deeper[1], "more than 64" in deeper[2]), ("E", -1, True))
    long = json.dumps(of(b={"description": "x" * 2**20}))
    check("json: a schema that is too long", run("json", row(Field("a", "l")), [b'{"a":1}'], schemas=schemas(long)),
          [("E", -1, 'serde "json": schema "id 1": longer than 1 MiB')])


def path_of(field, problem):
    inside = {"+l": "a[]", "+m": "a{}", "+s": "a.b"}.get(field.format, "a")
    return inside if "for list" not in problem and "for struct" not in problem else "a"


def differences():
    for field, schema, problem in DIFFERENCES:
        whole, fields = of(a=schema), row(field, Field("other", "vu", True))
        told = f'field "{path_of(field, problem)}": {problem}'
        told = problem and f'schema "id 1" does not suit the columns: {told}'
        got = run("json", fields, [b"", b""], schemas=schemas(whole, count=2))
        code, message = (-1, told) if problem else (1, "at byte 0: the text ends too early")
        check(f"json: {field} written with {schema}", got, [("E", code, message)] * 2)
        got = run("json", fields, [b""], schemas=schemas(whole, reader=1))
        check(f"json: {field} read by {schema}", got, ("BIND", f'serde "json": {told}') if problem else [("E", code, message)])


def references():
    for schema, others in MEANS:
        names, texts = zip(*others) if others else ((), ())
        for format, is_good in (("vu", True), ("l", False)):
            # The difference shows where the reference leads.
            got = run("json", row(Field("a", format)), [b"{"], schemas=schemas(schema, *texts, names=names))[0]
            check(f"json: {schema} with {others} and {format}", got[1], 1 if is_good else -1)
    # A reference of a reference, which is read by its own names.
    chain = Schemas([Written(2, json.dumps(TEXT)), Written(2, json.dumps(of(b={"$ref": "x"})), references=(("x", 1),)),
                     Written(2, json.dumps(of(a={"$ref": "y"})), "id 3", references=(("y", 2),))], [3])
    got = run("json", row(Field("a", "+s", children=[Field("b", "i")])), [b"{}"], schemas=chain)
    check("json: a reference of a reference", got, [
        ("E", -1, 'schema "id 3" does not suit the columns: field "a.b": the schema has string, expected integer for int32')])


def writing():
    """What a column is written as, by the schema of its member."""
    def write(fields, schema, *messages):
        return run("json", fields, list(messages), schemas=schemas(schema, writer=1, count=len(messages)))

    def texts(got):
        return got if isinstance(got, tuple) else [one[2] for one in got]
    title = {"title": "acme.Row", **of(n=INTEGER)}
    check("json: the schema that is written with", written("json", row(Field("n", "i")), schemas=schemas(title, writer=1)),
          (2, "acme.Row", b"", json.dumps(title)))
    check("json: one without a title", written("json", row(Field("n", "i")), schemas=schemas({}, writer=1))[:2], (2, ""))
    n, m = Field("n", "i", True), Field("m", "i", True)
    got = write(row(n, m), of(n=INTEGER, m={"oneOf": [NULL, INTEGER]}), b'{"n":1,"m":2}', b"{}", b'{"m":3}')
    check("json: null is left out where it is not allowed", texts(got), [b'{"n":1,"m":2}', b'{"m":null}', b'{"m":3}'])
    got = write(row(n, m), {**of(n=INTEGER, m=INTEGER), "required": ["n"]}, b"{}", b'{"n":4}')
    check("json: but not if it is required", texts(got),
          ['field "n": null is against "type": "integer" of schema "id 1"', b'{"n":4}'])
    got = write(row(n, m), {"patternProperties": {"^n": INTEGER, "m": {"maximum": 5}}, "additionalProperties": False}, b"{}", b'{"m":6}')
    check("json: by the pattern of a name", texts(got), [b'{"m":null}', 'field "m": 6 is against "maximum": 5 of schema "id 1"'])
    got = write(row(Field("n", "l")), of(n={"minimum": 3, "enum": [3, 2**62]}), b'{"n":3}', b'{"n":2}', b'{"n":4}', b'{"n":%d}' % 2**62)
    check("json: rows that are against the schema", texts(got), [
        b'{"n":3}', 'field "n": 2 is against "minimum": 3 of schema "id 1"', 'field "n": 4 is against "enum" of schema "id 1"',
        b'{"n":%d}' % 2**62])
    price = row(Field("p", "d:20,2"))
    check("json: decimals as strings", texts(write(price, of(p=TEXT), b'{"p":"12.5"}')), [b'{"p":"12.50"}'])
    check("json: decimals as numbers", texts(write(price, of(p={"type": ["string", "number"]}), b'{"p":"12.5"}')), [b'{"p":12.50}'])
    lead = run("json", row(Field("n", "i")), [b'{"n":1}', b'{"n":9}'], lead=b"\0\0\0\0\x07",
               schemas=schemas(of(n={"maximum": 5}), writer=1, count=2))
    check("json: behind a lead", texts(lead), [b'\0\0\0\0\x07{"n":1}', 'field "n": 9 is against "maximum": 5 of schema "id 1"'])
    for field, schema, problem in UNWRITABLE:
        got = write(row(field), schema, b"{}")
        expected = ("BIND", f'serde "json": schema "id 1" does not suit the columns: {problem}') if problem else "E"
        check(f"json: {field} by {schema}", got if problem else got[0][0], expected)


UNWRITABLE = [
    (Field("n", "g"), of(n=INTEGER), 'field "n": the schema has integer, expected number for float64'),
    (Field("n", "g"), of(n={"type": "number"}), ""),
    (Field("n", "tsu:UTC"), of(n=INTEGER), 'field "n": the schema has integer, expected string for timestamp[us, UTC]'),
    (Field("n", "tsu:UTC"), of(n={"format": "date-time"}), ""),
    (Field("n", "tsu:"), of(n={"format": "date-time"}), 'field "n": format date-time has an offset, which timestamp[us] lacks'),
    (Field("n", "ttu"), of(n={"format": "time"}), 'field "n": format time has an offset, which time64[us] lacks'),
    (Field("n", "d:5,2"), of(n=INTEGER), 'field "n": the schema has integer, expected number or string for decimal128(5, 2)'),
    (Field("n", "d:5,0"), of(n=INTEGER), ""),
    (Field("n", "i"), {**of(n=INTEGER), "required": ["n", "m"]}, 'the schema requires the member "m", which has no column'),
    (Field("n", "i", True), {**of(m=INTEGER), "additionalProperties": False},
     'field "n": the schema has no such member; add it, or drop the column'),
    (Field("n", "i", True), {"patternProperties": {"^m": {}}, "additionalProperties": False},
     'field "n": the schema has no such member; add it, or drop the column'),
    (Field("n", "i", True), {"patternProperties": {"^n": TEXT}}, 'field "n": the schema has string, expected integer for int32'),
    (Field("n", "i", True), of(n=False), 'field "n": the schema has no value, expected integer for int32'),
]


def titles():
    one = row(Field("n", "i", True))
    check("json: record_name", json.loads(written("json", one, options={"record_name": "acme.Row"})[3])["title"], "acme.Row")
    check("json: record_name names the record", written("json", one, options={"record_name": "acme.Row"})[1], "acme.Row")
    check("json: a record_name that is none", written("json", one, options={"record_name": "a b"}),
          ("BIND", "config: \"record_name\" is \"a b\"; write letters, digits, '.', '_' and '-'"))


def all_cases():
    texts()
    differences()
    references()
    writing()
    titles()
