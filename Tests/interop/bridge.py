"""The engine's columns from Python: libInteropBridge.so by ctypes, batches in Arrow's C form."""

import ctypes

import pyarrow as pa


class Refused(Exception):
    """The engine did not take a batch; the message says why."""


class Bridge:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)

    def through(self, batch, rows=None, schema=None):
        """`batch` imported by the engine, its rows at `rows` taken, exported, and imported again by pyarrow."""
        out_schema, out_array = CStruct(72), CStruct(80)
        indices = None if rows is None else (ctypes.c_uint32 * max(1, len(rows)))(*rows)
        count = ctypes.c_int64(-1 if rows is None else len(rows))
        self._call(self.library.interop_pass, batch, schema, indices, count, out_schema.at, out_array.at)
        return pa.RecordBatch._import_from_c(out_array.address, out_schema.address)

    def text(self, batch):
        """What the engine reads in `batch`: a line per column, a word per value."""
        out = ctypes.c_void_p()
        self._call(self.library.interop_text, batch, None, ctypes.byref(out))
        text = ctypes.cast(out, ctypes.c_char_p).value.decode()
        self.library.interop_free(out)
        return text.split("\n")

    def stream(self, batch, rows_per_batch):
        """`batch` as the engine writes it into an Arrow stream: its bytes."""
        out, size = ctypes.c_void_p(), ctypes.c_int64()
        rows = ctypes.c_int64(rows_per_batch)
        self._call(self.library.interop_stream, batch, None, rows, ctypes.byref(out), ctypes.byref(size))
        data = ctypes.string_at(out, size.value)
        self.library.interop_free(out)
        return data

    @staticmethod
    def _call(function, batch, schema, *arguments):
        in_schema, in_array = CStruct(72), CStruct(80)
        (batch.schema if schema is None else schema)._export_to_c(in_schema.address)
        batch._export_to_c(in_array.address)
        message = ctypes.create_string_buffer(512)
        status = function(in_schema.at, in_array.at, *arguments, message)
        in_schema.release_schema()
        if status != 0:
            raise Refused(message.value.decode())


class CStruct:
    """Memory for an ArrowSchema (72 bytes) or ArrowArray (80 bytes)."""

    RELEASE_IN_SCHEMA = 56

    def __init__(self, size):
        self.memory = ctypes.create_string_buffer(size)
        self.address = ctypes.addressof(self.memory)
        self.at = ctypes.c_void_p(self.address)

    def release_schema(self):
        release = ctypes.c_void_p.from_buffer(self.memory, self.RELEASE_IN_SCHEMA).value
        if release:
            ctypes.CFUNCTYPE(None, ctypes.c_void_p)(release)(self.at)
