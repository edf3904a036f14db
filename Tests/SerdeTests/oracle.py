"""What a message must decode to, by Python's json module: the same text that the driver's dump_value prints.

Differences from Python's json that are meant: lone surrogates, nesting deeper than 64, and NaN and Infinity are refused.
"""
import base64
import binascii
import datetime
import json
import math
import re
import struct
from fractions import Fraction

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.A)
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.A)
TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.A)
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d)?", re.A)
INTEGERS = {"c": (8, 1), "C": (8, 0), "s": (16, 1), "S": (16, 0), "i": (32, 1), "I": (32, 0), "l": (64, 1), "L": (64, 0)}
PER_SECOND = {"s": 1, "m": 10**3, "u": 10**6, "n": 10**9}


class Bad(Exception):
    """The message is to be refused."""


class Number(str):
    """A number's text."""


class Pairs(list):
    """An object's members, in order, doubles included."""


class Field:
    """A column: `format` is Arrow's, for lists, structs and maps with `children`."""

    def __init__(self, name, format, nullable=False, children=()):
        self.name, self.format, self.nullable, self.children = name, format, nullable, list(children)

    def lines(self):
        """The schema as the driver reads it."""
        text = f"{len(self.children)} {2 if self.nullable else 0}\t{self.format}\t{self.name}\n"
        return text + "".join(child.lines() for child in self.children)


def refuse(what):
    raise Bad(what)


def parse(text):
    """The JSON value of some bytes."""
    try:
        value = json.loads(text.decode("utf-8"), parse_int=Number, parse_float=Number, parse_constant=refuse,
                           object_pairs_hook=Pairs)
    except (ValueError, RecursionError) as error:
        raise Bad(str(error)) from None
    check(value, 1)
    return value


def check(value, depth):
    """Refuses what Python takes and the serde does not."""
    if isinstance(value, Number):
        return
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Bad("lone surrogate") from None
    elif isinstance(value, list):
        if depth > 64:
            raise Bad("too deep")
        for item in value:
            for part in item if isinstance(value, Pairs) else (item,):
                check(part, depth + 1)


def scaled(text, scale):
    """The number times 10**scale, which must be whole and less than 10**50."""
    if not NUMBER.fullmatch(text):
        raise Bad("no number")
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("-").lstrip("0")
    exponent = max(-10**9, min(10**9, int(power[:60] or 0))) - len(fraction) + scale
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    if not stripped:
        return 0
    if exponent < 0 or exponent + len(stripped) > 50:
        raise Bad("not whole, or too great")
    return int(stripped) * 10**exponent * (-1 if whole.startswith("-") else 1)


def integer(text, format):
    bits, signed = INTEGERS[format]
    value = scaled(text, 0)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return value if low <= value <= high else refuse("out of range")


def float64(text):
    value = float(text)
    if math.isinf(value):
        raise Bad("out of range")
    return f"f{struct.unpack('<Q', struct.pack('<d', value))[0]}"


def float32(text):
    """Correctly rounded from the text itself; by way of a double it would be rounded twice."""
    double = float(text)
    if math.isinf(double):
        raise Bad("out of range")
    if abs(double) < 1e-60:
        return f"f{0x80000000 if text.startswith('-') else 0}"
    exact = Fraction(text)
    magnitude = abs(exact)
    _, exponent = math.frexp(abs(double))
    for shift in (-1, 0, 1):  # the double may have been rounded up to a power of two
        step = Fraction(2) ** (max(exponent + shift, -125) - 24)
        quotient = round(magnitude / step)  # ties to even
        if quotient <= 1 << 24:
            break
    value = quotient * step
    if value > Fraction(3.4028234663852886e38):
        raise Bad("out of range")
    bits = struct.unpack("<I", struct.pack("<f", float(value)))[0]
    return f"f{bits | (0x80000000 if text.startswith('-') else 0)}"


def days(text):
    match = DATE.fullmatch(text) or refuse("no date")
    year, month, day = map(int, match.groups())
    try:
        # The calendar repeats after 400 years, and Python has no year 0.
        return datetime.date(year % 400 + 400, month, day).toordinal() - 719163 + (year // 400 - 1) * 146097
    except ValueError:
        raise Bad("no date") from None


def clock(text, per_second):
    match = TIME.fullmatch(text) or refuse("no time")
    hour, minute, second = map(int, match.groups()[:3])
    nanoseconds = int((match[4] or "").ljust(9, "0"))
    if hour > 23 or minute > 59 or second > 59 or nanoseconds * per_second % 10**9 != 0:
        raise Bad("no time")
    return (hour * 3600 + minute * 60 + second) * per_second + nanoseconds * per_second // 10**9


def timestamp(text, format):
    per_second, has_zone = PER_SECOND[format[2]], len(format) > 4
    match = TIMESTAMP.fullmatch(text) or refuse("no timestamp")
    date, time, offset = match.groups()
    if offset is None and has_zone:
        raise Bad("no offset")
    seconds = days(date) * 86400
    if offset not in (None, "Z", "z"):
        hours, minutes = int(offset[1:3]), int(offset[4:])
        if hours > 23 or minutes > 59:
            raise Bad("no offset")
        seconds -= (hours * 3600 + minutes * 60) * (-1 if offset[0] == "-" else 1)
    value = seconds * per_second + clock(time, per_second)
    if not -(1 << 63) <= value < 1 << 63:
        raise Bad("out of range")
    return value


def binary(text):
    try:
        value = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise Bad("no base64") from None
    if base64.b64encode(value).decode() != text:
        raise Bad("not canonical")
    return "x" + value.hex()


def expect(value, kind):
    if not isinstance(value, kind) or (kind is str and isinstance(value, Number)) or \
            (kind is list and isinstance(value, Pairs)):
        raise Bad(f"expected {kind}")
    return value


def decimal(value, format):
    precision, scale = map(int, format[2:].split(",")[:2])
    if not isinstance(value, str):
        raise Bad("no number")
    number = scaled(value, scale)
    return number if abs(number) < 10**precision else refuse("too many digits")


def structure(value, field):
    members = {}
    names = {child.name for child in field.children}
    for name, item in expect(value, Pairs):
        if name in names:
            # An earlier one of the same name must suit its field, too.
            dump(item, next(child for child in field.children if child.name == name))
            members[name] = item
    parts = []
    for child in field.children:
        if child.name not in members and not child.nullable:
            raise Bad("missing")
        parts.append(dump(members.get(child.name), child))
    return "{" + ",".join(parts) + "}"


def dump(value, field):
    """The value as the driver prints it. Raises Bad."""
    format = field.format
    if value is None:
        return "null" if field.nullable else refuse("null")
    if format == "b":
        return "true" if expect(value, bool) else "false"
    if format in INTEGERS:
        return str(integer(expect(value, Number), format))
    if format in "fg":
        return (float32 if format == "f" else float64)(expect(value, Number))
    if format == "vu":
        return "x" + expect(value, str).encode().hex()
    if format == "vz":
        return binary(expect(value, str))
    if format == "tdD":
        return str(days(expect(value, str)))
    if format == "tdm":
        return str(days(expect(value, str)) * 86400000)
    if format.startswith("tt"):
        return str(clock(expect(value, str), PER_SECOND[format[2]]))
    if format.startswith("ts"):
        return str(integer(value, "l") if isinstance(value, Number) else timestamp(expect(value, str), format))
    if format.startswith("d:"):
        return str(decimal(value, format))
    if format == "+l":
        return "[" + ",".join(dump(item, field.children[0]) for item in expect(value, list)) + "]"
    if format == "+m":
        key, item = field.children[0].children
        return "[" + ",".join("{" + dump(k, key) + "," + dump(v, item) + "}" for k, v in expect(value, Pairs)) + "]"
    return structure(value, field)


def outcome(text, row):
    """What decoding bytes into `row` (a Field of format "+s") gives: its dump, or None if they are to be refused."""
    try:
        return structure(parse(text), row)
    except Bad:
        return None
