// Layout of millrace/memory.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_memory, 40)
PIN_FIELD(mill_memory, struct_size, 0, 4)
PIN_FIELD(mill_memory, reserved, 4, 4)
PIN_FIELD(mill_memory, allocate, 8, 8)
PIN_FIELD(mill_memory, release, 16, 8)
PIN_FIELD(mill_memory, charge, 24, 8)
PIN_FIELD(mill_memory, discharge, 32, 8)

PIN_TEXT(MILL_MEMORY, "mill.memory/1")
PIN_VALUE(MILL_MEMORY_ALIGNMENT_MAX, 4096)
