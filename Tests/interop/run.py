"""Columns of every type through pyarrow and the engine, both ways. run.py LIBRARY; ends with a count."""

import gc
import sys

import pyarrow as pa
from bridge import Bridge, Refused
from columns import all_columns, storage, text, values

ROWS = [7, 0, 3, 3, 5, 6, 2, 1, 4]


def slices(array):
    """The array whole, cut from both ends, cut inside a byte of its bitmaps, repeated past a byte, and empty."""
    yield "whole", array
    yield "cut", array.slice(2, 5)
    yield "repeated", pa.concat_arrays([array] * 5).slice(13, 20)
    yield "empty", array.slice(4, 0)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_exported(bridge, array):
    """pyarrow finds in what the engine took and exported what it finds in its own."""
    batch = pa.record_batch([array], ["c"])
    rows = [row % len(array) for row in ROWS] if len(array) else []
    for name, chosen in (("as it is", None), ("taken", rows), ("nothing taken", [])):
        if chosen is None and not rows and str(array.type).endswith("_view"):
            continue  # pyarrow does not take its own empty slice of views back, and this is what it would get
        result = bridge.through(batch, chosen)
        result.validate(full=True)
        expected = values(array) if chosen is None else [values(array)[row] for row in chosen]
        found = values(result.column(0))
        check(found == expected, f"{name}: {found} instead of {expected}")
        nulls = expected.count(None)
        check(result.column(0).null_count == nulls, f"{name}: {result.column(0).null_count} nulls, not {nulls}")


def check_type(bridge, array):
    """The type stays, but for strings and bytes, which become views at every depth."""
    before = str(array.type).replace("large_", "").replace("string_view", "string").replace("binary_view", "binary")
    after = str(bridge.through(pa.record_batch([array], ["c"])).column(0).type)
    if "binary[" not in before:
        check(("string" in before or "binary" in before) == ("_view" in after), f"{before} became {after}")
    check(after.replace("_view", "") == before, f"{before} became {after}")


def check_imported(bridge, array):
    """The engine reads what pyarrow wrote."""
    plain = storage(array)
    expected = " ".join(text(value, plain.type) for value in plain.to_pylist())
    found = bridge.text(pa.record_batch([array], ["c"]))[0]
    check(found == expected, f"read {found} instead of {expected}")


def check_released(bridge):
    """Nothing stays behind of batches that went through."""
    gc.collect()
    before = pa.total_allocated_bytes()
    arrays = dict(all_columns())
    batch = pa.record_batch(list(arrays.values()), list(arrays))
    for _ in range(3):
        result = bridge.through(batch, ROWS[:8])
        check(values(result.column(0)) == [values(batch.column(0))[row] for row in ROWS[:8]], "wrong values")
    del batch, arrays
    gc.collect()
    again = values(result.column("string"))
    check(len(again) == 8, "the result outlives what it came from")
    del result
    gc.collect()
    check(pa.total_allocated_bytes() == before, f"{pa.total_allocated_bytes() - before} bytes stay behind")


def check_stream(bridge, array, rows_per_batch):
    """pyarrow reads in the stream what it wrote; strings and bytes have 32-bit offsets there, at every depth."""
    field = pa.field("c", array.type, nullable=array.null_count > 0)
    batch = pa.record_batch([array], schema=pa.schema([field]))
    with pa.ipc.open_stream(bridge.stream(batch, rows_per_batch)) as reader:
        batches = list(reader)
        schema = reader.schema
    check(str(schema.field("c").type) == str(array.type).replace("large_", "").replace("_view", ""), str(schema))
    check(schema.field("c").nullable == field.nullable, "nullable")
    for part in batches:
        part.validate(full=True)
    check([len(part) for part in batches[:-1]] == [rows_per_batch] * (len(batches) - 1), "rows per batch")
    found = [value for part in batches for value in values(part.column(0))]
    check(found == values(array), f"{found} instead of {values(array)}")
    check(sum(part.column(0).null_count for part in batches) == array.null_count, "nulls")


def check_refused(bridge, array, reason, schema=None):
    try:
        bridge.through(pa.record_batch([array], ["c"]), schema=schema)
    except Refused as error:
        check(reason in str(error), f"refused with: {error}")
    else:
        check(False, "not refused")


def refusals():
    numbers, texts = pa.array([1, 2, None]), pa.array(["a", "b", "c"])
    yield "dictionary", texts.dictionary_encode(), "dictionary-encoded", None
    yield "large list", pa.array([[1]], pa.large_list(pa.int64())), 'format "+L"', None
    yield "null type", pa.nulls(3), 'format "n"', None
    required = pa.schema([pa.field("c", pa.int64(), nullable=False)])
    yield "nulls in a required column", numbers, "holds 1 nulls", required
    yield "another type's buffers", numbers, "has 2 buffers, not 3", pa.schema([("c", pa.string_view())])
    yield "too few columns", numbers, "has 1 columns, its schema 2", pa.schema([("c", pa.int64()), ("d", pa.int64())])


def tests(bridge):
    for name, whole in all_columns():
        yield f"{name}: type", lambda whole=whole: check_type(bridge, whole)
        for kind, array in slices(whole):
            yield f"{name}, {kind}: pyarrow reads ours", lambda array=array: check_exported(bridge, array)
            yield f"{name}, {kind}: we read pyarrow's", lambda array=array: check_imported(bridge, array)
            for rows in (3, 100):
                yield f"{name}, {kind}: our stream, {rows} rows a batch", lambda a=array, r=rows: check_stream(bridge, a, r)
    for name, array, reason, schema in refusals():
        yield f"refused: {name}", lambda a=array, r=reason, s=schema: check_refused(bridge, a, r, s)
    yield "memory is released", lambda: check_released(bridge)


def main() -> int:
    bridge = Bridge(sys.argv[1])
    passed = failed = 0
    for name, test in tests(bridge):
        try:
            test()
            passed += 1
        except Exception as error:
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
    print(f"pyarrow {pa.__version__}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
