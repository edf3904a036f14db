// Layout of millrace/base.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_error, 528)
PIN_FIELD(mill_error, struct_size, 0, 4)
PIN_FIELD(mill_error, code, 4, 4)
PIN_FIELD(mill_error, error_class, 8, 4)
PIN_FIELD(mill_error, reserved, 12, 4)
PIN_FIELD(mill_error, message, 16, 512)

PIN_SIZE(mill_span, 8)
PIN_FIELD(mill_span, offset, 0, 4)
PIN_FIELD(mill_span, length, 4, 4)

PIN_VALUE(MILL_ABI_MAJOR, 1)
PIN_VALUE(MILL_ABI_MINOR, 2)
PIN_VALUE(MILL_OK, 0)
PIN_VALUE(MILL_FAILED, 1)
PIN_VALUE(MILL_CLASS_RETRY, 1)
PIN_VALUE(MILL_CLASS_ROW, 2)
PIN_VALUE(MILL_CLASS_FATAL, 3)
PIN_VALUE(MILL_ERROR_MESSAGE_SIZE, 512)
