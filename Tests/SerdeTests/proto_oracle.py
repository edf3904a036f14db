"""What the protobuf serde is to make of a message, by Google's protoc and runtime: random files, values and evolutions, and
values as the driver prints them.

Differences from Google's that are meant: text must be UTF-8 in proto2, too; of a map's entries with one key all are kept; a
message that is passed over is not looked into.
"""
import base64
import os
import struct
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from oracle import Field

KINDS = ["int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "float",
         "double", "string", "bytes"]
ARROW = {"int32": "i", "sint32": "i", "sfixed32": "i", "int64": "l", "sint64": "l", "sfixed64": "l", "uint32": "I", "fixed32": "I",
         "uint64": "L", "fixed64": "L", "bool": "b", "float": "f", "double": "g", "string": "vu", "bytes": "vz", "enum": "vu"}
# Kinds whose messages can be read as each other.
COMPATIBLE = [("int32", "int64", "uint32", "uint64", "bool"), ("sint32", "sint64"), ("fixed32", "sfixed32"),
              ("fixed64", "sfixed64"), ("string", "bytes")]
KEYS = [kind for kind in KINDS if kind not in ("float", "double", "bytes")]


class Refused(Exception):
    """protoc takes no such file."""


def compile_files(files):
    """The file descriptors of some files (path to text, the last one the schema) and what they import."""
    with tempfile.TemporaryDirectory() as directory:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(directory, path)), exist_ok=True)
            with open(os.path.join(directory, path), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        out = os.path.join(directory, "out")
        saved = os.dup(2)
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)  # protoc says there what it does not take
            common = os.path.join(os.path.dirname(protoc.__file__), "_proto")
            code = protoc.main(["protoc", f"-I{directory}", f"-I{common}", "--include_imports", f"--descriptor_set_out={out}",
                                list(files)[-1]])
            os.dup2(saved, 2)
        os.close(saved)
        if code != 0:
            raise Refused(list(files.values())[-1])
        with open(out, "rb") as file:
            return descriptor_pb2.FileDescriptorSet.FromString(file.read())


class Compiled:
    """A file: `text`, its descriptor in base64, and classes of its messages."""

    def __init__(self, text, path="test.proto", others=None):
        self.text, found = text, compile_files({**(others or {}), path: text})
        pool = descriptor_pool.DescriptorPool()
        for file in found.file:
            pool.Add(file)
        self.file = pool.FindFileByName(path)
        self.base64 = base64.standard_b64encode(found.file[-1].SerializeToString()).decode()
        self.pool = pool

    def message(self, full_name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(full_name))


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def index(descriptor):
    """A message's index in Confluent's framing."""
    path = []
    while descriptor is not None:
        outer = descriptor.containing_type
        path.insert(0, (outer.nested_types if outer else list(descriptor.file.message_types_by_name.values())).index(descriptor))
        descriptor = outer
    return b"\0" if path == [0] else b"".join(varint(2 * number) for number in [len(path)] + path)


class Maker:
    """Makes random files, their values and their evolutions."""

    def __init__(self, dice):
        self.dice, self.names = dice, 0
        self.syntax = dice.choice(["proto2", "proto3", "proto3", "2023"])

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def enum(self, label):
        # Open ones, and those of maps, begin with 0.
        first = 0 if self.syntax != "proto2" or label == "map" else self.dice.choice([0, 3])
        numbers = [first, *self.dice.sample([-1, 1, 2, 5, 300, 2**31 - 1], self.dice.randint(0, 3))]
        name = self.name("E")
        return {"name": name, "values": [(f"{name}_{'A' * self.dice.choice([1, 20])}{i}", n) for i, n in enumerate(numbers)]}

    def message(self, depth=0):
        dice = self.dice
        made = {"name": self.name("M"), "messages": [], "enums": [], "fields": []}
        numbers = dice.sample(list(range(1, 40)) + [300, 5000, 536870911], dice.randint(1, 7))
        for number in numbers:
            made["fields"].append(self.field(made, number, depth))
        return made

    def field(self, owner, number, depth):
        dice = self.dice
        kinds = KINDS + ["enum", "enum"] + (["message", "message"] if depth < 3 else [])
        field = {"name": self.name("f"), "number": number, "kind": dice.choice(kinds), "label": dice.choice(
            ["", "", "optional", "repeated", "map", "oneof"]), "nullable": dice.random() < 0.5}
        if field["label"] == "map":
            field["key"] = dice.choice(KEYS)
        if self.syntax == "proto2" and field["label"] in ("", "optional"):
            field["label"] = dice.choice(["optional", "optional", "required"])
            if field["label"] == "optional" and dice.random() < 0.3:
                field["default"] = {"string": '"pre\\nset \\303\\251 that is not inlined"', "bytes": '"\\001\\xff"', "bool": "true",
                                    "float": "-1.5", "double": "1e3", "int32": "-0x10", "uint64": "18446744073709551615"}.get(field["kind"])
        if self.syntax == "2023" and field["label"] == "optional":
            field["label"] = ""
        if field["kind"] == "enum":
            owner["enums"].append(self.enum(field["label"]))
            field["type"] = owner["enums"][-1]["name"]
        if field["kind"] == "message":
            owner["messages"].append(self.message(depth + 1))
            field["type"] = owner["messages"][-1]["name"]
            field["group"] = self.syntax == "proto2" and field["label"] in ("optional", "repeated") and dice.random() < 0.3
        return field

    def text(self, message):
        head = f'edition = "2023";\n' if self.syntax == "2023" else f'syntax = "{self.syntax}";\n'
        return head + "package p.q;\n" + self.message_text(message)

    def message_text(self, message):
        lines = [f"message {message['name']} {{"]
        groups = {field["type"] for field in message["fields"] if field.get("group")}
        lines += [self.message_text(one) for one in message["messages"] if one["name"] not in groups]
        for enum in message["enums"]:
            lines.append(f"enum {enum['name']} {{" + "".join(f" {name} = {number};" for name, number in enum["values"]) + " }")
        members = [field for field in message["fields"] if field["label"] == "oneof"]
        for field in message["fields"]:
            if field["label"] != "oneof":
                lines.append(self.field_text(field, message))
        if members:
            lines.append("oneof choice {" + " ".join(self.field_text(field, message) for field in members) + "}")
        return "\n".join(lines + ["}"])

    def field_text(self, field, message):
        kind = field.get("type", field["kind"])
        options = [f"default = {field['default']}"] if field.get("default") else []
        if field["label"] == "repeated" and "packed" in field and self.syntax != "2023":
            options.append(f"packed = {field['packed']}")
        tail = f" = {field['number']}" + (f" [{', '.join(options)}]" if options else "")
        if field["label"] == "map":
            return f"map<{field['key']}, {kind}> {field['name']}{tail};"
        label = "" if field["label"] == "oneof" else field["label"] + " "
        if field.get("group"):
            inner = next(one for one in message["messages"] if one["name"] == kind)
            body = self.message_text(inner)
            return f"{label}group {kind}{tail} {body[body.index('{'):]}"
        return f"{label}{kind} {field['name']}{tail};"

    def fill(self, message):
        """Sets random fields of a message to random values."""
        for field in message.DESCRIPTOR.fields:
            if not is_required(field) and self.dice.random() < 0.4:
                continue
            if is_map(field):
                self.fill_map(message, field)
            elif is_repeated(field):
                for _ in range(self.dice.choice([1, 3])):
                    self.add(getattr(message, field.name), field)
            elif field.message_type:
                getattr(message, field.name).SetInParent()
                self.fill(getattr(message, field.name))
            else:
                setattr(message, field.name, self.scalar(field))
        return message

    def fill_map(self, message, field):
        key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
        # One entry: of more, Google's runtime has an order of its own.
        if value.message_type:
            self.fill(getattr(message, field.name)[self.scalar(key)])
        else:
            getattr(message, field.name)[self.scalar(key)] = self.scalar(value)

    def add(self, items, field):
        if field.message_type:
            self.fill(items.add())
        else:
            items.append(self.scalar(field))

    def scalar(self, field):
        dice, kind = self.dice, kind_of(field)
        if kind == "enum":
            return dice.choice([value.number for value in field.enum_type.values])
        if kind == "bool":
            return dice.random() < 0.5
        if kind == "string":
            return "".join(dice.choice("ab é€🚀") for _ in range(dice.choice([0, 1, 7, 12, 30])))
        if kind == "bytes":
            return dice.randbytes(dice.choice([0, 1, 12, 13, 50, 200]))
        if kind in ("float", "double"):
            return struct.unpack("<f", struct.pack("<f", dice.choice([0.0, -0.0, dice.uniform(-1e9, 1e9)])))[0]
        bits = dice.randint(1, 32 if "32" in kind else 64)
        return dice.randrange(2**bits) if kind in ("uint32", "uint64", "fixed32", "fixed64") else dice.randrange(2**bits) - 2**(bits - 1)

    def evolve(self, message):
        """A reader's message for those of this one: by number, fields may have other names and compatible kinds, go and come."""
        dice = self.dice
        fields = [dict(field) for field in message["fields"] if dice.random() < 0.85]
        for field in fields:
            if dice.random() < 0.2:
                field["name"] = "renamed_" + field["name"]
            if field["kind"] in KINDS and dice.random() < 0.3 and not field.get("default") and field["label"] != "map":
                # Text that is read from bytes need not be UTF-8.
                kinds = next((kinds for kinds in COMPATIBLE if field["kind"] in kinds and field["kind"] != "bytes"), None)
                field["kind"] = dice.choice(kinds) if kinds else field["kind"]
            if field["label"] == "repeated":
                field["packed"] = dice.choice(["true", "false"]) if field["kind"] in KINDS[:13] else "false"
        kept = {field.get("type") for field in fields}
        if dice.random() < 0.5:
            fields.append({"name": "new", "number": 77, "kind": "string", "label": "optional" if self.syntax == "proto2" else "",
                           "nullable": dice.random() < 0.5})
        return {"name": message["name"], "fields": fields, "enums": [one for one in message["enums"] if one["name"] in kept],
                "messages": [self.evolve(one) for one in message["messages"] if one["name"] in kept]}


def kind_of(field):
    names = [None, "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group", "message",
             "bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64"]
    return names[field.type]


def is_repeated(field):
    return field.is_repeated


def is_required(field):
    return field.is_required


def is_map(field):
    return is_repeated(field) and field.message_type is not None and field.message_type.GetOptions().map_entry


def needs(descriptor):
    """Whether a message, or a message in it, has a required field."""
    return any(is_required(field) or (field.message_type is not None and needs(field.message_type)) for field in descriptor.fields)


def column(name, field, nullable=False):
    """The column for one value of a field."""
    if field.message_type:
        return Field(name, "+s", nullable, columns(field.message_type).children)
    return Field(name, ARROW[kind_of(field)], nullable)


def columns(descriptor):
    """Columns for a message's fields. A field's number decides whether a column is nullable."""
    children = []
    for field in descriptor.fields:
        # A message that is not set, but declared to be, lacks its required fields.
        is_needy = field.message_type is not None and needs(field.message_type)
        nullable = not is_required(field) and (field.containing_oneof is not None or is_needy or field.number % 2 == 0)
        if is_map(field):
            entry = Field("entries", "+s", children=[Field("key", "vu"), column("value", field.message_type.fields_by_name["value"])])
            children.append(Field(field.name, "+m", children=[entry]))
        elif is_repeated(field):
            children.append(Field(field.name, "+l", nullable, [column("item", field)]))
        else:
            children.append(column(field.name, field, nullable))
    return Field("", "+s", children=children)


def dump(message, fields):
    """A message as the driver prints it."""
    return "{" + ",".join(dump_field(message, message.DESCRIPTOR.fields_by_name[one.name], one) for one in fields.children) + "}"


def dump_field(message, field, one):
    value = getattr(message, field.name)
    if is_map(field):
        of = field.message_type.fields_by_name["value"]
        entries = [(key_text(key), dump_value(value[key], of, one.children[0].children[1])) for key in value]
        return "[" + ",".join("{" + f"x{key.encode().hex()},{text}" + "}" for key, text in entries) + "]"
    if is_repeated(field):
        return "[" + ",".join(dump_value(item, field, one.children[0]) for item in value) + "]"
    if one.nullable and field.has_presence and not message.HasField(field.name):
        return "null"
    return dump_value(value, field, one)


def key_text(key):
    return str(key).lower() if isinstance(key, bool) else str(key)


def dump_value(value, field, one):
    if one.format == "+s":
        return dump(value, one)
    if field.enum_type:
        names = field.enum_type.values_by_number
        return "x" + (names[value].name if value in names else str(value)).encode().hex()
    if one.format == "b":
        return "true" if value else "false"
    if one.format in "fg":
        pack, unpack = ("<f", "<I") if one.format == "f" else ("<d", "<Q")
        return "nan" if value != value else f"f{struct.unpack(unpack, struct.pack(pack, value))[0]}"
    if one.format in ("vu", "vz"):
        return "x" + (value.encode() if isinstance(value, str) else value).hex()
    return str(value)
