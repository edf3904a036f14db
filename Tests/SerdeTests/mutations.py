"""Random messages, valid ones and damaged ones: accepted or refused as the oracle says, with its values."""
import random

from cases import FLIGHT, FLIGHT_TEXT, item, map_of, row
from harness import check, run
from oracle import Field, outcome

SCHEMAS = [
    FLIGHT,
    row(Field("i8", "c", True), Field("u8", "C", True), Field("i16", "s", True), Field("u16", "S", True),
        Field("u32", "I", True), Field("i64", "l", True), Field("u64", "L", True), Field("f32", "f", True),
        Field("f64", "g", True), Field("flag", "b", True)),
    row(Field("date", "tdD", True), Field("date64", "tdm", True), Field("at_s", "tss:UTC", True),
        Field("at_n", "tsn:", True), Field("time_s", "tts", True), Field("time_m", "ttm", True),
        Field("time_n", "ttn", True), Field("price", "d:12,3", True), Field("big", "d:38,0", True),
        Field("raw", "vz", True)),
    row(Field("xs", "+l", True, [item("l", True)]), Field("names", "+l", children=[item("vu")]),
        map_of("m", "g", True, True),
        Field("deep", "+s", True, [Field("a", "+l", children=[item("+l", True, [item("b")])]), Field("b", "vu", True)]),
        Field("legs", "+l", True, [item("+s", True, [Field("to", "vu"), map_of("tags", "vu", True)])])),
]
NUMBERS = ["0", "-0", "1", "-1", "127", "128", "255", "-129", "65536", "2147483648", "9223372036854775807",
           "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1.0", "1.5",
           "1e2", "1E+2", "120e-1", "123456789012345678901234567890123456789", "0.1", "0.001", "-0.0", "1e-400", "1e400",
           "3.4028236e38", "2.2250738585072011e-308", "9007199254740993", "0.1e1", "1e", "1.", ".5", "01", "+1"]
STRINGS = ["", "x", "twelve bytes", "thirteen byte", "a string that is not inlined", "é", "🚀🚀🚀🚀", "\\n\\\"\\u0041",
           "\\ud83d\\ude80", "\\ud83d", "\\uDE80", "\\x", "tab\\tand a long tail behind", "QUJD", "QUI=", "QQ==", "QR=="]
TIMES = ["2013-01-01", "2012-02-29", "2013-02-29", "0000-03-01", "9999-12-31", "2013-01-01T10:15:00Z",
         "2013-01-01t10:15:00.123456789+05:30", "2013-01-01 23:59:59.5-23:59", "1677-09-21T00:12:44Z",
         "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z", "10:15:00", "23:59:59.999",
         "10:15:00.000000001", "10:15:60", "24:00:00", "12.500", "-1"]
TOKENS = ["null", "true", "false", "{}", "[]", ",", ":", "{", "}", "[", "]", '"', "\\", " ", "\n", "\x00", "\x1f", "\x7f",
          "nul", "NaN", "Infinity", "\ufeff", "[[[[", '"a":1,', "\\u", "e9", "0", "-"]


def suitable_times(format):
    """Some that suit a format."""
    if format.startswith("td"):
        return ["2013-01-01", "2012-02-29", "0000-03-01", "9999-12-31", "1900-02-28", "1969-12-31"]
    if format.startswith("tt"):
        return ["10:15:00", "23:59:59", "00:00:00.000"] + ([] if format == "tts" else ["23:59:59.999"])
    return ["2013-01-01T10:15:00Z", "1969-12-31T23:59:59.000+23:59", "1700-06-30 00:00:00-05:30", "2200-12-31T00:00:00Z"]


def odd_time(random):
    """One that may not suit, or a number."""
    return random.choice(NUMBERS) if random.random() < 0.4 else f'"{random.choice(TIMES + NUMBERS)}"'


def text_of(field, random):
    """The text of a value that mostly suits a field."""
    format, chance = field.format, random.random()
    if chance < 0.04:
        return "null"
    if chance < 0.045:
        return random.choice(TOKENS)
    if format == "b":
        return random.choice(["true", "false"])
    if format == "vu":
        return f'"{random.choice(STRINGS if chance < 0.3 else STRINGS[:9])}"'
    if format == "vz":
        return f'"{random.choice(STRINGS[-4:] if chance < 0.2 else STRINGS[-4:-1])}"'
    if format[0] == "t":
        return odd_time(random) if chance < 0.12 else f'"{random.choice(suitable_times(format))}"'
    if format[0] == "d":
        return odd_time(random) if chance < 0.12 else random.choice(["0", "-1", '"12.5"', "99e2", "-0.0", "1.5e1", "7.0"])
    if format == "+s":
        return object_of(field, random)
    if format == "+l":
        return "[" + ",".join(text_of(field.children[0], random) for _ in range(random.randrange(4))) + "]"
    if format == "+m":
        value = field.children[0].children[1]
        pairs = (f'"{random.choice(STRINGS[:8])}":{text_of(value, random)}' for _ in range(random.randrange(4)))
        return "{" + ",".join(pairs) + "}"
    if chance < 0.9:
        return str(random.randrange(-5 if random.random() < 0.1 else 0, 128))
    if chance < 0.97 and format in "fg":
        return repr(random.uniform(-1, 1) * 10.0 ** random.randrange(-45, 40))
    return random.choice(NUMBERS)


def object_of(field, random):
    members = [f'"{child.name}":{text_of(child, random)}' for child in field.children if random.random() > 0.03]
    chance = random.random()
    if chance < 0.2:
        random.shuffle(members)
    elif chance < 0.3 and members:
        members.append(random.choice(members))
    elif chance < 0.4:
        members.insert(random.randrange(len(members) + 1), f'"unknown":{random.choice(NUMBERS + TOKENS)}')
    space = random.choice(["", "", " ", "\n\t"])
    return "{" + space + ("," + space).join(members) + space + "}"


def mutate(text, random, tokens=tuple(TOKENS + NUMBERS)):
    text = bytearray(text)
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        at, kind = random.randrange(len(text) + 1), random.randrange(6)
        if kind == 0:
            text[at:at + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del text[at:at + random.choice([1, 1, 2, 8])]
        elif kind == 2:
            text[at:at] = random.choice(tokens).encode()
        elif kind == 3:
            end = random.randrange(at, min(len(text), at + 30) + 1)
            to = random.randrange(len(text) + 1)
            text[to:to] = text[at:end]
        elif kind == 4 and at < len(text):
            text[at] ^= 1 << random.randrange(8)
        elif random.random() < 0.2:
            del text[at:]
    return bytes(text)


def fuzz(seed, count):
    """Checks `count` messages; a check for each batch of a schema and one for each way it can go."""
    source = random.Random(seed)
    for index, schema in enumerate(SCHEMAS):
        messages = []
        for _ in range(count // len(SCHEMAS)):
            text = object_of(schema, source).encode("utf-8", "surrogatepass")
            if index == 0 and source.random() < 0.8:
                text = FLIGHT_TEXT
            text = mutate(text, source) if source.random() < 0.6 else text
            at = source.randrange(len(text) + 1) if source.random() < 0.1 else len(text)
            messages += [text[:at], text[at:]] if at < len(text) else [text]  # halves that would be one message
        results = run("json", schema, messages, batch=source.choice([1, 7, 100]))
        check(f"schema {index}: a result for each message", len(results), len(messages))
        compare(index, schema, messages, results)


def compare(index, schema, messages, results):
    accepted = 0
    for message, result in zip(messages, results):
        expected = outcome(message, schema)
        got = result[1] if result[0] == "V" else None
        if got != expected:
            check(f"schema {index}: {message!r} {result[2] if got is None else ''}", got, expected)
            continue
        if got is None:
            continue
        accepted += 1
        if not isinstance(result[2], bytes) or outcome(result[2], schema) != expected:
            check(f"schema {index}: {message!r} encoded again", is_unwritable(result[2]), True)
    print(f"schema {index}: {len(messages)} messages, {accepted} accepted")
    check(f"schema {index}: enough of either kind", accepted > len(messages) / 25 and accepted < len(messages) * 0.9, True)
    check(f"schema {index}: as the oracle says", True, True)


def is_unwritable(encoded):
    """Whether the reason is one there can be: an instant outside of the years 0000 to 9999, which came as a number."""
    return isinstance(encoded, str) and "has no text form" in encoded
