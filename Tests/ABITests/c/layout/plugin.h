// Layout of millrace/plugin.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_host, 24)
PIN_FIELD(mill_host, struct_size, 0, 4)
PIN_FIELD(mill_host, abi_minor, 4, 4)
PIN_FIELD(mill_host, version, 8, 8)
PIN_FIELD(mill_host, get_extension, 16, 8)

PIN_SIZE(mill_plugin, 40)
PIN_FIELD(mill_plugin, struct_size, 0, 4)
PIN_FIELD(mill_plugin, abi_minor, 4, 4)
PIN_FIELD(mill_plugin, name, 8, 8)
PIN_FIELD(mill_plugin, version, 16, 8)
PIN_FIELD(mill_plugin, init, 24, 8)
PIN_FIELD(mill_plugin, get_extension, 32, 8)

PIN_SIZE(mill_note, 64)
PIN_FIELD(mill_note, abi_major, 0, 4)
PIN_FIELD(mill_note, abi_minor, 4, 4)
PIN_FIELD(mill_note, runtime, 8, 56)

PIN_SIZE(mill_note_section, 88)
PIN_FIELD(mill_note_section, name_size, 0, 4)
PIN_FIELD(mill_note_section, note_size, 4, 4)
PIN_FIELD(mill_note_section, type, 8, 4)
PIN_FIELD(mill_note_section, name, 12, 12)
PIN_FIELD(mill_note_section, note, 24, 64)

PIN_TEXT(MILL_ENTRY_SYMBOL, "mill_plugin_v1")
PIN_TEXT(MILL_NOTE_NAME, "Millrace")
PIN_VALUE(MILL_NOTE_TYPE, 1)
