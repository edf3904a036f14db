"""Random records, valid ones and damaged ones: accepted or refused as the oracle says, with its values."""
import csv
import io

from cases import FLIGHT, row
from csv_oracle import DEFAULTS, has_needless_quotes, outcome
from harness import check, run
from mutations import NUMBERS, SCHEMAS, TIMES, is_unwritable, mutate, suitable_times
from oracle import Field

TEXTS = row(Field("a", "vu"), Field("b", "vu", True), Field("c", "vu", True), Field("d", "vz"), Field("e", "vu"))
OPTIONS = [{}, {"extra": "skip"}, {"delimiter": ";", "quote": "'"}, {"delimiter": "\t", "null": "\\N"}, {"null": "NA"},
           {"delimiter": "|", "null": "0", "extra": "skip"}, {"delimiter": "."}, {"delimiter": "1", "quote": "e"},
           {"delimiter": " ", "null": "true"}, {"delimiter": "-", "quote": "2"}]
STRINGS = ["", "x", " ", " x", "x ", "twelve bytes", "thirteen byte", "a string that is not inlined", "é", "🚀🚀🚀🚀", "NA",
           "\\N", "0", "a,b", "a;b", "a\tb", "tab\tand a long tail behind", '"', 'say "x"', "it's", "''", "a\nb", "\r\n", "\r",
           'a long text with "quotes" in it', "a long text, with a comma", "exactly 16 bytes", "exactly 15 byte", "1.2e-1"]
TOKENS = [",", ";", "\t", "|", ".", "1", "e", "-", '"', '""', "'", "''", '","', "\n", "\r", "\r\n", "\x00", "\x7f", " ", "NA",
          "\\N", "0", "true", "nul", "NaN", "inf", "0x1", "\ufeff", '"x"y', "é"]
BYTES = ["QUJD", "QUI=", "QQ==", "", "QR==", "QUJ"]


def value_of(field, random, options):
    """The text of a value that mostly suits a field."""
    format, chance = field.format, random.random()
    if chance < 0.05:
        return options["null"]
    if chance < 0.06:
        return random.choice(TOKENS)
    if format == "b":
        return random.choice(["true", "false"])
    if format == "vu":
        return random.choice(STRINGS)
    if format == "vz":
        return random.choice(BYTES if chance < 0.15 else BYTES[:3])
    if format[0] == "t":
        return random.choice(TIMES + NUMBERS if chance < 0.12 else suitable_times(format))
    if format[0] == "d":
        return random.choice(TIMES + NUMBERS if chance < 0.12 else ["0", "-1", "12.5", "99e2", "-0.0", "1.5e1", "7.0"])
    if chance < 0.9:
        return str(random.randrange(-5 if random.random() < 0.1 else 0, 128))
    if chance < 0.97 and format in "fg":
        return repr(random.uniform(-1, 1) * 10.0 ** random.randrange(-45, 40))
    return random.choice(NUMBERS)


def record(schema, random, options):
    """A record as Python writes it."""
    values = [value_of(child, random, options) for child in schema.children]
    chance = random.random()
    if chance < 0.03:
        values.pop()
    elif chance < 0.1:
        values.append(random.choice(STRINGS))
    file = io.StringIO(newline="")
    style = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(file, delimiter=options["delimiter"], quotechar=options["quote"], quoting=style,
                        lineterminator=random.choice(["", "", "\n", "\r\n", "\r"]))
    writer.writerow(values)
    return file.getvalue().encode("utf-8", "surrogatepass")


def messages_of(schema, random, count, options):
    messages = []
    for _ in range(count):
        text = record(schema, random, options)
        text = mutate(text, random, TOKENS + NUMBERS) if random.random() < 0.5 else text
        at = random.randrange(len(text) + 1) if random.random() < 0.1 else len(text)
        messages += [text[:at], text[at:]] if at < len(text) else [text]  # halves that would be one message
    return messages


def fuzz(random, count):
    """Checks `count` messages; a check for each batch of a schema and options, and one for each way it can go."""
    schemas = [("flights", FLIGHT), ("numbers", SCHEMAS[1]), ("times", SCHEMAS[2]), ("texts", TEXTS)]
    for name, schema in schemas:
        total = accepted = 0
        for chosen in OPTIONS:
            options = DEFAULTS | chosen
            messages = messages_of(schema, random, count // len(schemas) // len(OPTIONS), options)
            results = run("csv", schema, messages, batch=random.choice([1, 7, 100]), options=chosen)
            check(f"csv {name} {chosen}: a result for each message", len(results), len(messages))
            total += len(messages)
            accepted += compare(f"csv {name} {chosen}", schema, options, messages, results)
        print(f"csv {name}: {total} messages, {accepted} accepted")
        check(f"csv {name}: enough of either kind", total / 25 < accepted < total * 0.9, True)


def compare(name, schema, options, messages, results):
    """How many messages were accepted."""
    accepted = 0
    for message, result in zip(messages, results):
        expected = outcome(message, schema, options)
        got = result[1] if result[0] == "V" else None
        if got != expected:
            check(f"{name}: {message!r} {result[2] if got is None else ''}", got, expected)
        elif got is not None:
            accepted += 1
            check_encoded(f"{name}: {message!r} encoded again", schema, options, result[2], expected)
    check(f"{name}: as the oracle says", True, True)
    return accepted


def check_encoded(name, schema, options, encoded, expected):
    """Says what is wrong with what the serde made of a row."""
    if not isinstance(encoded, bytes):
        if not is_unwritable(encoded):
            check(name, encoded, "why it is unwritable")
    elif outcome(encoded, schema, options) != expected or has_needless_quotes(encoded, schema, options):
        check(name, (encoded, outcome(encoded, schema, options)), expected)
