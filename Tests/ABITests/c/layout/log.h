// Layout of millrace/log.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines and
// raises its size.

PIN_SIZE(mill_log, 16)
PIN_FIELD(mill_log, struct_size, 0, 4)
PIN_FIELD(mill_log, reserved, 4, 4)
PIN_FIELD(mill_log, write, 8, 8)

PIN_TEXT(MILL_LOG, "mill.log/1")
PIN_VALUE(MILL_LOG_DEBUG, 0)
PIN_VALUE(MILL_LOG_INFO, 1)
PIN_VALUE(MILL_LOG_WARNING, 2)
PIN_VALUE(MILL_LOG_ERROR, 3)
