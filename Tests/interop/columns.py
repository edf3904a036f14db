"""A column of every type that the engine carries, and what the engine should read in it."""

import decimal
import struct

import pyarrow as pa

LONG = "a text of more than twelve bytes"
TEXTS = ["", "short", "twelve bytes", "thirteen byte", LONG, "ünïcödé", None, LONG + " again"]


def integers(low, high):
    return [0, 1, low, high, None, high // 2, -1 if low < 0 else 7, 42]


def fixed_columns():
    for bits in (8, 16, 32, 64):
        yield f"int{bits}", pa.array(integers(-(1 << bits - 1), (1 << bits - 1) - 1), getattr(pa, f"int{bits}")())
        yield f"uint{bits}", pa.array(integers(0, (1 << bits) - 1), getattr(pa, f"uint{bits}")())
    floats = [0.0, -0.0, 1.5, None, float("inf"), -2.25, 1e30, 3.0]
    yield "float32", pa.array(floats, pa.float32())
    yield "float64", pa.array(floats, pa.float64())
    yield "bool", pa.array([True, False, None, True, True, False, False, True])
    digits = ["0", "1.5", "-1.5", None, "12345678901234567890.123456789", "-0.000000001", "7", "8"]
    yield "decimal128", pa.array([None if d is None else decimal.Decimal(d) for d in digits], pa.decimal128(38, 9))
    yield "fixed_size_binary", pa.array([b"abc", b"\0\0\0", None, b"xyz", b"123", b"456", b"789", b"---"], pa.binary(3))


def time_columns():
    days, moments = integers(-(1 << 31), (1 << 31) - 1), integers(-(1 << 62), 1 << 62)
    yield "date32", pa.array(days, pa.int32()).view(pa.date32())
    whole_days = [None if day is None else day * 86_400_000 for day in days]
    yield "date64", pa.array(whole_days, pa.int64()).view(pa.date64())
    clock = [0, 1, 86_399, None, 3600, 60, 59, 12]
    for unit in ("s", "ms"):
        yield f"time32[{unit}]", pa.array(clock, pa.int32()).view(pa.time32(unit))
    for unit in ("us", "ns"):
        yield f"time64[{unit}]", pa.array(clock, pa.int64()).view(pa.time64(unit))
    for unit in ("s", "ms", "us", "ns"):
        for zone in (None, "UTC", "Europe/Paris", "+02:00"):
            yield f"timestamp[{unit}, {zone}]", pa.array(moments, pa.int64()).view(pa.timestamp(unit, zone))


def text_columns():
    blobs = [None if text is None else text.encode() for text in TEXTS]
    for name in ("string", "large_string", "string_view"):
        yield name, pa.array(TEXTS, getattr(pa, name)())
    for name in ("binary", "large_binary", "binary_view"):
        yield name, pa.array(blobs, getattr(pa, name)())


def nested_columns():
    lists = [["a", None], [], None, [LONG], [LONG, "b", LONG], [""], [None], ["c"]]
    for name in ("string", "large_string", "string_view"):
        yield f"list<{name}>", pa.array(lists, pa.list_(getattr(pa, name)()))
    yield "list<int32>", pa.array([[1], None, [], [2, 3], [None], [4], [5, 6, 7], [8]], pa.list_(pa.int32()))
    yield "list<list<bool>>", pa.array([[[True], None], [], None, [[]], [[False, True]], [[None]], [], [[True]]])
    structs = [{"a": n, "b": TEXTS[n], "c": n % 2 == 0} if n != 3 else None for n in range(8)]
    for name in ("string", "string_view"):
        fields = [("a", pa.int16()), ("b", getattr(pa, name)()), ("c", pa.bool_())]
        yield f"struct<{name}>", pa.array(structs, pa.struct(fields))
    maps = [[("a", 1.5)], [], None, [(LONG, None), ("b", 2.0)], [("c", 3.0)], [], [("d", 4.0)], [("e", 5.0)]]
    yield "map", pa.array(maps, pa.map_(pa.string(), pa.float64()))
    deep = [[{"l": ["x", LONG]}], None, [], [{"l": None}, None], [{"l": []}], [{"l": [None]}], [], [{"l": ["y"]}]]
    yield "list<struct<list>>", pa.array(deep, pa.list_(pa.struct([("l", pa.list_(pa.string()))])))


def all_columns():
    """(name, array of 8 values) of every type."""
    for columns in (fixed_columns(), time_columns(), text_columns(), nested_columns()):
        yield from columns


PACKED = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float": "f", "double": "d",
}


def storage(array):
    """`array`, its times and dates as the integers behind them: Python's own have not their range."""
    if pa.types.is_temporal(array.type):
        return array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
    return array


def values(array):
    return storage(array).to_pylist()


def text(value, type_):
    """How the engine's text of a value reads (Sources/ValueText.swift)."""
    if value is None:
        return "-"
    if pa.types.is_boolean(type_):
        return "t" if value else "f"
    if pa.types.is_list(type_):
        return f"[{','.join(text(item, type_.value_type) for item in value)}]"
    if pa.types.is_map(type_):
        entries = (f"({text(k, type_.key_type)},{text(v, type_.item_type)})" for k, v in value)
        return f"[{','.join(entries)}]"
    if pa.types.is_struct(type_):
        fields = [type_.field(index) for index in range(type_.num_fields)]
        return f"({','.join(text(value[field.name], field.type) for field in fields)})"
    return "x" + packed(value, type_).hex()


def packed(value, type_):
    if pa.types.is_decimal(type_):
        return int(value.scaleb(type_.scale, decimal.Context(prec=60))).to_bytes(16, "little", signed=True)
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else struct.pack("<" + PACKED[str(type_)], value)
