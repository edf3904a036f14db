// Layout of millrace/timers.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_timer, 16)
PIN_FIELD(mill_timer, slot, 0, 4)
PIN_FIELD(mill_timer, kind, 4, 4)
PIN_FIELD(mill_timer, time_us, 8, 8)

PIN_SIZE(mill_timers, 24)
PIN_FIELD(mill_timers, struct_size, 0, 4)
PIN_FIELD(mill_timers, reserved, 4, 4)
PIN_FIELD(mill_timers, set, 8, 8)
PIN_FIELD(mill_timers, cancel, 16, 8)

PIN_TEXT(MILL_TIMERS, "mill.timers/1")
PIN_VALUE(MILL_TIME_EVENT, 0)
PIN_VALUE(MILL_TIME_PROCESSING, 1)
