"""What the csv serde is to make of a message, by Python's csv module and oracle.py's values.

Differences from Python's csv that are meant: a message is one record, quotes in unquoted fields and NUL bytes are refused,
and a quoted field is never null.
"""
import csv
import io

from oracle import (NUMBER, PER_SECOND, Bad, INTEGERS, binary, clock, days, decimal, float32, float64, integer, refuse,
                    timestamp)

csv.field_size_limit(2**31 - 1)
DEFAULTS = {"delimiter": ",", "quote": '"', "null": "", "extra": "error"}


def split(message, options):
    """The fields of a message, (text, whether it is quoted) each."""
    try:
        text = message.decode("utf-8")
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=options["delimiter"],
                                  quotechar=options["quote"]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Bad(str(error)) from None
    if len(records) > 1 or "\0" in text:
        raise Bad("more than a record, or a NUL")
    values = records[0] if records and records[0] else [""]
    fields, at, quote = [], 0, options["quote"]
    for value in values:
        is_quoted = text[at:at + 1] == quote
        if not is_quoted and quote in value:
            raise Bad("a quote in an unquoted field")
        fields.append((value, is_quoted))
        at += len(value) + (value.count(quote) + 2 if is_quoted else 0) + 1
    return fields


def number(text):
    return text if NUMBER.fullmatch(text) else refuse("no number")


def dump(text, format):
    """A value as the driver prints it. Raises Bad."""
    if format == "b":
        return text if text in ("true", "false") else refuse("no bool")
    if format in INTEGERS:
        return str(integer(number(text), format))
    if format in "fg":
        return (float32 if format == "f" else float64)(number(text))
    if format == "vu":
        return "x" + text.encode().hex()
    if format == "vz":
        return binary(text)
    if format.startswith("td"):
        return str(days(text) * (86400000 if format == "tdm" else 1))
    if format.startswith("tt"):
        return str(clock(text, PER_SECOND[format[2]]))
    if format.startswith("ts"):
        return str(integer(text, "l") if NUMBER.fullmatch(text) else timestamp(text, format))
    return str(decimal(number(text), format))


def is_null(text, is_quoted, field, options):
    """Whether a field is null; refuses one that may not be."""
    if is_quoted or text != options["null"] or (not field.nullable and field.format == "vu" and text == ""):
        return False
    return field.nullable or refuse("null")


def outcome(message, row, options):
    """What decoding a message into `row` gives: its dump, or None if it is to be refused."""
    try:
        fields = split(message, options)
        if len(fields) < len(row.children) or (len(fields) > len(row.children) and options["extra"] == "error"):
            raise Bad("another number of fields")
        parts = ["null" if is_null(*field, child, options) else dump(field[0], child.format)
                 for field, child in zip(fields, row.children)]
        return "{" + ",".join(parts) + "}"
    except Bad:
        return None


def has_needless_quotes(message, row, options):
    """Whether the serde wrote quotes that are not needed, or a line end."""
    special = (options["delimiter"], options["quote"], "\r", "\n")
    fields = split(message, options)
    for (text, is_quoted), field in zip(fields, row.children):
        is_needed = any(part in text for part in special) or text.strip(" ") != text or \
            (text == "" and field.nullable) or (text == options["null"] and (text != "" or field.format != "vu"))
        if is_quoted and not is_needed:
            return True
    return message[-1:] in (b"\r", b"\n") and not fields[-1][1]
