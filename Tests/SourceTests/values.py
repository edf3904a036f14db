"""Random schemas with logical types and unions of more branches, and their values as the driver prints them."""
import decimal

import avro_oracle
from oracle import Field

# Of 38 digits none is to be rounded.
EXACT = decimal.Context(prec=60)

# Of logical types: the column's format, and the bits of a value.
LOGICAL = {
    ("int", "date"): ("tdD", 20), ("int", "time-millis"): ("ttm", 26), ("long", "time-micros"): ("ttu", 36),
    ("long", "timestamp-millis"): ("tsm:UTC", 40), ("long", "timestamp-micros"): ("tsu:UTC", 50),
    ("long", "local-timestamp-millis"): ("tsm:", 40), ("long", "local-timestamp-micros"): ("tsu:", 50)}


def logical(schema):
    return schema.get("logicalType") if isinstance(schema, dict) else None


class Maker(avro_oracle.Maker):
    def type(self, depth=0):
        choice = self.random.randrange(8)
        if choice == 0:
            of, name = self.random.choice(list(LOGICAL))
            return {"type": of, "logicalType": name}
        if choice == 1:
            precision = self.random.choice([1, 9, 18, 38])
            decimal = {"logicalType": "decimal", "precision": precision, "scale": self.random.randint(0, precision)}
            return {"type": "bytes", **decimal} if self.random.random() < 0.5 else {
                "type": "fixed", "name": self.name(), "size": 16, **decimal}
        if choice == 2 and depth < 3:
            return self.union(depth)
        return super().type(depth)

    def union(self, depth):
        record = {"type": "record", "name": self.name(), "fields": [{"name": "only_" + self.name(), "type": "long"}]}
        # Not both of the last two: fastavro takes bytes for an array of numbers, too.
        last = [{"type": "array", "items": self.type(depth + 1)}, {"type": "fixed", "name": self.name(), "size": 3}]
        possible = [record, "string", "long", self.random.choice(last)]
        chosen = self.random.sample(possible, self.random.randint(2, len(possible)))
        return (["null"] if self.random.random() < 0.5 else []) + chosen

    def value(self, schema):
        name = logical(schema)
        if name == "decimal":
            unscaled = self.random.randint(-10 ** schema["precision"] + 1, 10 ** schema["precision"] - 1)
            return decimal.Decimal(unscaled).scaleb(-schema["scale"], EXACT)
        if name is not None:
            bits = LOGICAL[schema["type"], name][1]
            return self.random.randrange(2**bits)
        return super().value(schema)


def branches(schema):
    return [branch for branch in schema if branch != "null"]


def column(name, schema):
    """The column that the source makes of a type."""
    if isinstance(schema, list):
        inner = branches(schema)
        if len(inner) == 1:
            made = column(name, inner[0])
        else:
            made = Field(name, "+s", children=[nullable(column(branch_name(branch), branch)) for branch in inner])
        return nullable(made) if "null" in schema else made
    if logical(schema) == "decimal":
        return Field(name, f"d:{schema['precision']},{schema['scale']}")
    if logical(schema) is not None:
        return Field(name, LOGICAL[schema["type"], logical(schema)][0])
    of = avro_oracle.kind(schema)
    if of == "array":
        return Field(name, "+l", children=[column("item", schema["items"])])
    if of == "map":
        return Field(name, "+m", children=[Field("entries", "+s", children=[
            Field("key", "vu"), column("value", schema["values"])])])
    if of == "record":
        return Field(name, "+s", children=[column(field["name"], field["type"]) for field in schema["fields"]])
    return Field(name, avro_oracle.ARROW[of])


def nullable(field):
    field.nullable = True
    return field


def branch_name(branch):
    return branch if isinstance(branch, str) else branch.get("name", branch["type"])


def is_of(value, branch):
    of = avro_oracle.kind(branch)
    return isinstance(value, {"record": dict, "string": str, "long": int, "array": list, "fixed": bytes}[of])


def dump(value, schema):
    """A value as the driver prints it."""
    if value is None:
        return "null"
    if isinstance(schema, list):
        inner = branches(schema)
        if len(inner) == 1:
            return dump(value, inner[0])
        return "{" + ",".join(dump(value, one) if is_of(value, one) else "null" for one in inner) + "}"
    if logical(schema) == "decimal":
        return str(int(value.scaleb(schema["scale"], EXACT)))
    of = avro_oracle.kind(schema)
    if of == "array":
        return "[" + ",".join(dump(one, schema["items"]) for one in value) + "]"
    if of == "map":
        return "[" + ",".join("{" + f"x{key.encode().hex()}," + dump(one, schema["values"]) + "}"
                              for key, one in value.items()) + "]"
    if of == "record":
        return "{" + ",".join(dump(value[field["name"]], field["type"]) for field in schema["fields"]) + "}"
    return avro_oracle.dump(value, column("", schema))
