"""Random JSON Schemas and values, and what the jsonschema package says of them.

Numbers are such that Python's floats hold them exactly; no object has a name twice. Draft 4 is not among the drafts: there 1.0
is no integer, which it is for the serde.
"""
import json

import jsonschema

DRAFTS = [
    ("http://json-schema.org/draft-06/schema#", jsonschema.Draft6Validator),
    ("http://json-schema.org/draft-07/schema#", jsonschema.Draft7Validator),
    (None, jsonschema.Draft7Validator),
    ("https://json-schema.org/draft/2019-09/schema", jsonschema.Draft201909Validator),
    ("https://json-schema.org/draft/2020-12/schema", jsonschema.Draft202012Validator),
]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
NAMES = ["x", "y", "z", "é", 'q"', "x/y"]
TEXTS = ["", "x", "xy", "é", "🚀🚀", "a longer text than others", 'q"\\\n']
# That mean the same to Python's re, no text being one that `$` and `.` tell apart.
PATTERNS = ["x", "^x", "^xy?$", "^[x-z]$", "y|é", "^.{2}$", "^(?!x)", "\\u00e9", r"[^ -~]", r'^[^"/]*$', "o[tn]( |h)", "^(z|x/)", "()"]
UNKNOWN = r"\p{NoSuch}"
DEFINITIONS = ["one", "two", "th/ree~"]


class Maker:
    """Makes schemas; `all_checked`: of keywords that the serde checks only."""

    def __init__(self, random, all_checked):
        self.random, self.all_checked = random, all_checked
        self.uri, self.validator = random.choice(DRAFTS)
        self.draft = {jsonschema.Draft6Validator: 6, jsonschema.Draft7Validator: 7, jsonschema.Draft201909Validator: 8}.get(
            self.validator, 9)

    def number(self):
        return self.random.choice([0, 1, -1, 2, 3, 7, 1.5, -0.25, 2.0, 2**53, 2**63, -(2**63), 10**22])

    def value(self, depth=3):
        chance = self.random.random()
        if depth > 0 and chance < 0.25:
            items = [self.value(depth - 1) for _ in range(self.random.randrange(4))]
            return items + [self.random.choice(items)] if items and self.random.random() < 0.3 else items
        if depth > 0 and chance < 0.6:
            return {name: self.value(depth - 1) for name in self.random.sample(NAMES, self.random.randrange(4))}
        return self.random.choice([None, True, False, self.number(), self.number(), self.random.choice(TEXTS)])

    def whole(self):
        """A schema whose property `a` is what is made; the row itself may have any others."""
        self.definition = len(DEFINITIONS)
        schema = {} if self.uri is None else {"$schema": self.uri}
        schema["definitions"] = {}
        for self.definition, name in enumerate(DEFINITIONS):
            schema["definitions"][name] = self.rule(2, False)
        self.definition = -1
        schema["properties"] = {"a": self.rule(3, False)}
        return schema

    def reference(self, is_inside):
        """To a definition behind the own one; from inside of a value to any, as it has an end."""
        later = DEFINITIONS if is_inside else DEFINITIONS[self.definition + 1:]
        name = self.random.choice(later) if later else None
        return {} if name is None else {"$ref": "#/definitions/" + name.replace("~", "~0").replace("/", "~1")}

    def rule(self, depth, is_inside):
        """A schema; `is_inside`: of part of a value, so that it may refer to what is around it."""
        random = self.random
        if random.random() < 0.05:
            return random.choice([True, True, False])
        keywords = self.reference(is_inside) if random.random() < 0.15 else {}
        if random.random() < 0.5:
            keywords["type"] = random.choice(TYPES) if random.random() < 0.6 else random.sample(TYPES, random.randint(1, 4))
        for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
            keywords.update(self.keyword(depth, is_inside))
        if isinstance(keywords.get("items"), bool):
            keywords.pop("additionalItems", None)  # says nothing beside such items; jsonschema dies of it
        return keywords

    def rules(self, depth, is_inside, least=1):
        return [self.rule(depth, is_inside) for _ in range(self.random.randint(least, 3))]

    def keyword(self, depth, is_inside):
        random = self.random
        if not self.all_checked and random.random() < 0.15:
            return self.unchecked(max(depth - 1, 0))
        choice = random.randrange(10 if depth == 0 else 21)
        if choice < 2:
            return {random.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]): self.number()}
        if choice == 2:
            return {"multipleOf": random.choice([1, 2, 3, 0.5, 0.25])} if random.random() < 0.5 else {"title": "no rule"}
        if choice == 3:
            return {random.choice(["minLength", "maxLength"]): random.randrange(4)}
        if choice == 4:
            return {random.choice(["minItems", "maxItems", "minProperties", "maxProperties"]): random.randrange(4)}
        if choice == 5:
            return {"enum": [self.value(2) for _ in range(random.randint(1, 6))]}
        if choice == 6:
            return {"required": random.sample(NAMES, random.randrange(3))}
        if choice == 7:
            return {"const": self.value(1)}
        if choice == 8:
            return {"uniqueItems": random.random() < 0.9}
        if choice == 9:
            return {"pattern": random.choice(PATTERNS)}
        return self.nested(choice, depth - 1, is_inside)

    def nested(self, choice, depth, is_inside):
        random = self.random
        if choice < 12:
            return {"properties": {name: self.rule(depth, True) for name in random.sample(NAMES, random.randint(1, 3))}}
        if choice == 12:
            return {"additionalProperties": random.choice([False, self.rule(depth, True)])}
        if choice == 13:
            return self.items(depth)
        if choice == 14:
            return {"propertyNames": self.rule(0, True)}
        if choice == 15:
            return self.contains(depth)
        if choice == 16:
            return {"not": self.rule(depth, is_inside)}
        if choice == 17:
            return {"if": self.rule(depth, is_inside), "then": self.rule(depth, is_inside), "else": self.rule(depth, is_inside)}
        if choice == 18:
            return {random.choice(["oneOf", "anyOf", "allOf"]): self.rules(depth, is_inside)}
        if choice == 19:
            patterns = {pattern: self.rule(depth, True) for pattern in random.sample(PATTERNS, random.randint(1, 2))}
            return {"patternProperties": patterns, **({"additionalProperties": False} if random.random() < 0.3 else {})}
        return self.dependent(depth, is_inside)

    def unchecked(self, depth):
        return self.random.choice([
            {"unevaluatedProperties": False}, {"unevaluatedItems": self.rule(depth, True)}, {"pattern": UNKNOWN},
            {"patternProperties": {UNKNOWN: False}, "additionalProperties": False}])

    def contains(self, depth):
        keywords = {"contains": self.rule(depth, True)}
        for name in ("minContains", "maxContains"):  # which say nothing before 2019-09
            keywords.update({name: self.random.randrange(4)} if self.random.random() < 0.4 else {})
        return keywords

    def dependent(self, depth, is_inside):
        """Each of the keywords says something in some drafts."""
        random = self.random
        triggers, keyword = random.sample(NAMES, random.randint(1, 2)), random.randrange(3)
        names = {name: random.sample(NAMES, random.randrange(3)) for name in triggers}
        rules = {name: self.rule(depth, is_inside) for name in triggers}
        if keyword == 0:
            return {"dependencies": {name: random.choice([names, rules])[name] for name in triggers}}
        return {"dependentRequired": names} if keyword == 1 else {"dependentSchemas": rules}

    def items(self, depth):
        first, rest = self.rules(depth, True), self.rule(depth, True)
        if self.random.random() < 0.5:
            return {"items": rest}
        return {"prefixItems": first, "items": rest} if self.draft == 9 else {"items": first, "additionalItems": rest}

    def is_valid(self, schema, value):
        return self.validator(known(schema)).is_valid(value)


def known(schema):
    """A schema without what Python's re takes for no pattern."""
    if isinstance(schema, dict):
        return {name: known(value) for name, value in schema.items() if UNKNOWN not in (name, value)}
    return [known(item) for item in schema] if isinstance(schema, list) else schema


def text_of(value, random):
    """A value's JSON, now and then written in another way."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    space = random.choice(["", "", "", " "])
    if isinstance(value, list):
        return "[" + space + ("," + space).join(text_of(item, random) for item in value) + space + "]"
    if isinstance(value, dict):
        pairs = (f"{text_of(name, random)}{space}:{space}{text_of(item, random)}" for name, item in value.items())
        return "{" + space + ("," + space).join(pairs) + space + "}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=random.random() < 0.5)
    return number_text(value, random)


def number_text(value, random):
    if isinstance(value, float):
        return random.choice([repr(value), f"{repr(value)}0", f"{value * 100!r}e-2"])
    return random.choice([str(value), str(value), f"{value}.0", f"{value * 10}e-1"])
