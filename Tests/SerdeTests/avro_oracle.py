"""What the avro serde is to make of a message, by fastavro: random schemas, values and evolutions, and values as the driver
prints them.

Differences from fastavro that are meant: only what has a column is resolved; text must be UTF-8; booleans are 0 or 1; bytes
behind a datum, ints of more than 32 bits and lengths that the message can't hold are refused.
"""
import io
import struct

import fastavro

from oracle import Field

ARROW = {"boolean": "b", "int": "i", "long": "l", "float": "f", "double": "g", "string": "vu", "bytes": "vz", "enum": "vu",
         "fixed": "vz"}
PROMOTIONS = {"int": ("long", "float", "double"), "long": ("float", "double"), "float": ("double",), "string": ("bytes",),
              "bytes": ("string",)}


def encode(schema, value):
    """A datum of a schema (a dict)."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def decode(message, written, read=None):
    """The value of a whole message; raises what fastavro raises."""
    source = io.BytesIO(message)
    value = fastavro.schemaless_reader(source, fastavro.parse_schema(written), fastavro.parse_schema(read) if read else None)
    if source.read(1):
        raise ValueError("bytes are left")
    return value


def kind(schema):
    return "union" if isinstance(schema, list) else schema if isinstance(schema, str) else schema["type"]


class Maker:
    """Makes random schemas without logical types, their values and their evolutions."""

    def __init__(self, random):
        self.random, self.names = random, 0

    def name(self):
        self.names += 1
        return f"N{self.names}"

    def type(self, depth=0):
        names = ["boolean", "int", "long", "float", "double", "string", "bytes", "enum", "fixed"]
        choice = self.random.choice(names + (["array", "map", "record", "nullable", "nullable"] if depth < 3 else []))
        if choice == "enum":
            return {"type": "enum", "name": self.name(), "symbols": [f"S{i}" for i in range(self.random.randint(1, 5))]
                    + ["A_SYMBOL_THAT_IS_NOT_INLINED"]}
        if choice == "fixed":
            return {"type": "fixed", "name": self.name(), "size": self.random.choice([0, 1, 5, 12, 13, 40])}
        if choice == "array":
            return {"type": "array", "items": self.type(depth + 1)}
        if choice == "map":
            return {"type": "map", "values": self.type(depth + 1)}
        if choice == "record":
            return self.record(depth + 1)
        if choice == "nullable":
            inner = self.type(depth + 1)
            return inner if isinstance(inner, list) else self.random.choice([["null", inner], [inner, "null"]])
        return choice

    def record(self, depth=0):
        count = self.random.randint(1, 6)
        return {"type": "record", "name": self.name(),
                "fields": [{"name": f"f{i}", "type": self.type(depth)} for i in range(count)]}

    def value(self, schema):
        """A random value."""
        random, of = self.random, kind(schema)
        if of == "union":
            branch = random.choice(schema)
            return None if branch == "null" else self.value(branch)
        if of == "record":
            return {field["name"]: self.value(field["type"]) for field in schema["fields"]}
        if of == "array":
            return [self.value(schema["items"]) for _ in range(random.choice([0, 1, 3]))]
        if of == "map":
            return {f"key {i}" * random.choice([1, 5]): self.value(schema["values"]) for i in range(random.choice([0, 1, 3]))}
        if of == "enum":
            return random.choice(schema["symbols"])
        if of in ("fixed", "bytes"):
            return random.randbytes(schema["size"] if of == "fixed" else random.choice([0, 1, 12, 13, 50]))
        if of == "string":
            return "".join(random.choice("ab é€🚀") for _ in range(random.choice([0, 1, 7, 12, 30])))
        if of == "boolean":
            return random.random() < 0.5
        if of in ("int", "long"):
            bits = random.randint(1, 31 if of == "int" else 63)
            return random.randint(-2**bits, 2**bits - 1)
        return struct.unpack("<f", struct.pack("<f", random.uniform(-1e9, 1e9)))[0]

    def evolve(self, schema):
        """A reader's schema for messages of this one."""
        random, of = self.random, kind(schema)
        if of == "union":
            return [branch if branch == "null" else self.evolve(branch) for branch in schema]
        if of == "record":
            return self.evolve_record(schema)
        if of in ("array", "map"):
            inner = "items" if of == "array" else "values"
            return {"type": of, inner: self.evolve(schema[inner])}
        # Bytes that are read as text need not be UTF-8.
        if of in PROMOTIONS and of != "bytes" and random.random() < 0.4:
            return random.choice(PROMOTIONS[of])
        return schema

    def evolve_record(self, schema):
        fields = [{"name": field["name"], "type": self.evolve(field["type"])} for field in schema["fields"]
                  if self.random.random() < 0.85]
        for field in fields:
            if self.random.random() < 0.2:
                field["aliases"], field["name"] = [field["name"]], "renamed_" + field["name"]
        if self.random.random() < 0.5:
            fields.append(self.random.choice([
                {"name": "new", "type": "string", "default": "a default that is not inlined"},
                {"name": "new", "type": ["null", "long"], "default": None}, {"name": "new", "type": "double", "default": 1.5},
                {"name": "new", "type": {"type": "array", "items": "int"}, "default": [1, -2]},
                {"name": "new", "type": {"type": "map", "values": "string"}, "default": {"k": "v" * 20}}]))
        if not fields:
            fields = [{"name": "only", "type": "int", "default": 7}]
        self.random.shuffle(fields)
        return {"type": "record", "name": schema["name"], "fields": fields}


def column(name, schema):
    """The column for a type that Maker makes."""
    if isinstance(schema, list):
        inner = column(name, next(branch for branch in schema if branch != "null"))
        inner.nullable = True
        return inner
    of = kind(schema)
    if of == "array":
        return Field(name, "+l", children=[column("item", schema["items"])])
    if of == "map":
        entries = Field("entries", "+s", children=[Field("key", "vu"), column("value", schema["values"])])
        return Field(name, "+m", children=[entries])
    if of == "record":
        return Field(name, "+s", children=[column(field["name"], field["type"]) for field in schema["fields"]])
    return Field(name, ARROW[of])


def columns(schema):
    return column("", schema)


def dump(value, field):
    """A value as the driver prints it."""
    if value is None:
        return "null"
    if field.format == "+s":
        return "{" + ",".join(dump(value[child.name], child) for child in field.children) + "}"
    if field.format == "+l":
        return "[" + ",".join(dump(one, field.children[0]) for one in value) + "]"
    if field.format == "+m":
        return "[" + ",".join("{" + f"x{key.encode().hex()}," + dump(one, field.children[0].children[1]) + "}"
                              for key, one in value.items()) + "]"
    if field.format == "b":
        return "true" if value else "false"
    if field.format in "fg":
        pack, unpack = ("<f", "<I") if field.format == "f" else ("<d", "<Q")
        return f"f{struct.unpack(unpack, struct.pack(pack, value))[0]}"
    if field.format in ("vu", "vz"):
        return "x" + (value.encode() if isinstance(value, str) else value).hex()
    return str(value)
