"""Random JSON Schemas against the jsonschema package: what messages may be, what is written, and which columns suit."""
import copy
import json

from cases import item, map_of, row
from harness import Schemas, Written, check, run
from json_schema_oracle import Maker, text_of
from oracle import Field, outcome

PER_SCHEMA = 30  # values
ANYTHING = row(Field("other", "i", True))  # no column of `a`: the schema alone decides
COLUMNS = [Field("a", "l", True), Field("a", "l"), Field("a", "g", True), Field("a", "vu", True), Field("a", "vu"),
           Field("a", "b", True), Field("a", "C", True), Field("a", "d:30,2", True), Field("a", "+l", True, [item("l", True)]),
           Field("a", "+l", True, [item("vu", True)]), map_of("a", "l", True, True),
           Field("a", "+s", True, [Field("x", "l", True), Field("y", "vu", True)]),
           Field("a", "+s", True, [Field("x", "+s", True, [Field("z", "l")])])]
counts = {"allowed": 0, "refused": 0, "unsure": 0, "suit": 0, "differ": 0, "written": 0}


def values_for(maker, schema):
    """Random ones, and some that the schema lists."""
    listed = []

    def collect(part):
        if isinstance(part, dict):
            listed.extend(part.get("enum", []) if isinstance(part.get("enum"), list) else [])
            listed.extend([part["const"]] if "const" in part else [])
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else []:
            collect(inner)
    collect(schema)
    return [maker.random.choice(listed) if listed and maker.random.random() < 0.2 else maker.value() for _ in range(PER_SCHEMA)]


def messages_of(values, random):
    return [f'{{"a":{text_of(value, random)}}}'.encode() for value in values]


def given(schema, count, **parts):
    return Schemas([Written(2, json.dumps(schema), "it")], [1] * count, **parts)


def compare_rules(random, all_checked):
    """What a message may be. Where something is not checked, no message is bad that jsonschema takes."""
    maker = Maker(random, all_checked)
    schema = maker.whole()
    values = values_for(maker, schema)
    messages = messages_of(values, random)
    results = run("json", ANYTHING, messages, schemas=given(schema, len(values), reader=1), batch=random.choice([1, 7, 64]))
    check(f"json: results by {json.dumps(schema)}", len(results), len(values))
    for value, message, got in zip(values, messages, results):
        valid, allowed = maker.is_valid(schema, {"a": value}), got[0] == "V"
        counts["allowed" if allowed else "refused"] += 1
        counts["unsure"] += allowed != valid
        if allowed != valid if all_checked else valid and not allowed:
            check(f"json: {json.dumps(schema)}: {message!r} {got[2]}", allowed, valid)
        if not allowed:
            check(f"json: {json.dumps(schema)}: {message!r}: code of {got[2]}", got[1], 6)


def is_whole(value, field):
    """Whether a value has something in each column below, so that it shows that the column suits."""
    if value is None:
        return False
    if field.format == "+l":
        return value != [] and all(is_whole(one, field.children[0]) for one in value)
    if field.format == "+m":
        return value != {} and all(is_whole(one, field.children[0].children[1]) for one in value.values())
    if field.format == "+s":
        return all(is_whole(value.get(child.name), child) for child in field.children)
    return True


def compare_columns(random):
    """Which columns suit: one that has a value by jsonschema and by the oracle of reading must. And what is written is what the
    schema allows."""
    maker = Maker(random, random.random() < 0.5)
    schema, field = maker.whole(), copy.deepcopy(random.choice(COLUMNS))
    fields = row(field)
    values = values_for(maker, schema)
    messages = messages_of(values, random)
    results = run("json", fields, messages, schemas=given(schema, len(values), reader=1))
    if results[0] != "BIND":
        counts["suit"] += 1
    else:
        counts["differ"] += 1
        for value, message in zip(values, messages):
            is_there = outcome(message, fields) is not None and is_whole(value, field)
            if is_there and maker.is_valid(schema, {"a": value}):
                check(f"json: {json.dumps(schema)} suits {field.lines()!r}, see {message!r}", results[1], "it suits")
    # Written by the schema, read as it comes.
    results = run("json", fields, messages, schemas=Schemas([Written(2, json.dumps(schema), "it")], [0] * len(values), 0, 1))
    for message, got in zip(messages, results if results[0] != "BIND" else ()):
        if got[0] == "V" and isinstance(got[2], bytes):
            counts["written"] += 1
            if not all_good(maker, schema, got[2]):
                check(f"json: {json.dumps(schema)}: written from {message!r}", got[2], "something that is allowed")


def all_good(maker, schema, text):
    """Where something is not checked, what is written may be against it."""
    return not maker.all_checked or maker.is_valid(schema, json.loads(text))


def fuzz(random, count):
    for number in range(count):
        compare_rules(random, number % 4 != 0)
        compare_columns(random)
    print("json schemas: " + ", ".join(f"{value} {name}" for name, value in counts.items()))
    if count < 20:
        return  # too few to say
    for name in ("allowed", "refused", "suit", "differ", "written"):
        check(f"json: enough schemas and values are {name}", counts[name] > count / 8, True)
