// Layout of millrace/draft/source.h on 64-bit machines, pinned. A draft: may still change.

PIN_SIZE(mill_source_descriptor, 40)
PIN_FIELD(mill_source_descriptor, struct_size, 0, 4)
PIN_FIELD(mill_source_descriptor, reserved, 4, 4)
PIN_FIELD(mill_source_descriptor, id, 8, 8)
PIN_FIELD(mill_source_descriptor, version, 16, 8)
PIN_FIELD(mill_source_descriptor, summary, 24, 8)
PIN_FIELD(mill_source_descriptor, config_schema, 32, 8)

PIN_SIZE(mill_source_vtable, 56)
PIN_FIELD(mill_source_vtable, struct_size, 0, 4)
PIN_FIELD(mill_source_vtable, reserved, 4, 4)
PIN_FIELD(mill_source_vtable, create, 8, 8)
PIN_FIELD(mill_source_vtable, schema, 16, 8)
PIN_FIELD(mill_source_vtable, seek, 24, 8)
PIN_FIELD(mill_source_vtable, poll, 32, 8)
PIN_FIELD(mill_source_vtable, position, 40, 8)
PIN_FIELD(mill_source_vtable, destroy, 48, 8)

PIN_SIZE(mill_source_type, 24)
PIN_FIELD(mill_source_type, struct_size, 0, 4)
PIN_FIELD(mill_source_type, reserved, 4, 4)
PIN_FIELD(mill_source_type, descriptor, 8, 8)
PIN_FIELD(mill_source_type, vtable, 16, 8)

PIN_SIZE(mill_sources, 16)
PIN_FIELD(mill_sources, struct_size, 0, 4)
PIN_FIELD(mill_sources, count, 4, 4)
PIN_FIELD(mill_sources, types, 8, 8)

PIN_TEXT(MILL_SOURCES, "mill.sources/0")
