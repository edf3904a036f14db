// Layout of millrace/batch.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_batch, 120)
PIN_FIELD(mill_batch, struct_size, 0, 4)
PIN_FIELD(mill_batch, reserved, 4, 4)
PIN_FIELD(mill_batch, columns, 8, 80)
PIN_FIELD(mill_batch, event_time_us, 88, 8)
PIN_FIELD(mill_batch, row_kind, 96, 8)
PIN_FIELD(mill_batch, private_data, 104, 8)
PIN_FIELD(mill_batch, release, 112, 8)

PIN_VALUE(MILL_ROW_INSERT, 0)
PIN_VALUE(MILL_ROW_UPDATE_BEFORE, 1)
PIN_VALUE(MILL_ROW_UPDATE_AFTER, 2)
PIN_VALUE(MILL_ROW_DELETE, 3)
PIN_VALUE(MILL_NO_TIME, INT64_MIN)
