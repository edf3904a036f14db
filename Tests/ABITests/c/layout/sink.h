// Layout of millrace/draft/sink.h on 64-bit machines, pinned. A draft: may still change.

PIN_SIZE(mill_sink_descriptor, 40)
PIN_FIELD(mill_sink_descriptor, struct_size, 0, 4)
PIN_FIELD(mill_sink_descriptor, reserved, 4, 4)
PIN_FIELD(mill_sink_descriptor, id, 8, 8)
PIN_FIELD(mill_sink_descriptor, version, 16, 8)
PIN_FIELD(mill_sink_descriptor, summary, 24, 8)
PIN_FIELD(mill_sink_descriptor, config_schema, 32, 8)

PIN_SIZE(mill_sink_step, 24)
PIN_FIELD(mill_sink_step, struct_size, 0, 4)
PIN_FIELD(mill_sink_step, worker_count, 4, 4)
PIN_FIELD(mill_sink_step, job, 8, 8)
PIN_FIELD(mill_sink_step, step, 16, 8)

PIN_SIZE(mill_sink_vtable, 64)
PIN_FIELD(mill_sink_vtable, struct_size, 0, 4)
PIN_FIELD(mill_sink_vtable, reserved, 4, 4)
PIN_FIELD(mill_sink_vtable, create, 8, 8)
PIN_FIELD(mill_sink_vtable, bind, 16, 8)
PIN_FIELD(mill_sink_vtable, recover, 24, 8)
PIN_FIELD(mill_sink_vtable, write, 32, 8)
PIN_FIELD(mill_sink_vtable, prepare, 40, 8)
PIN_FIELD(mill_sink_vtable, commit, 48, 8)
PIN_FIELD(mill_sink_vtable, destroy, 56, 8)

PIN_SIZE(mill_sink_type, 24)
PIN_FIELD(mill_sink_type, struct_size, 0, 4)
PIN_FIELD(mill_sink_type, reserved, 4, 4)
PIN_FIELD(mill_sink_type, descriptor, 8, 8)
PIN_FIELD(mill_sink_type, vtable, 16, 8)

PIN_SIZE(mill_sinks, 16)
PIN_FIELD(mill_sinks, struct_size, 0, 4)
PIN_FIELD(mill_sinks, count, 4, 4)
PIN_FIELD(mill_sinks, types, 8, 8)

PIN_TEXT(MILL_SINKS, "mill.sinks/0")
