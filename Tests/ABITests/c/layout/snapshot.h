// Layout of millrace/snapshot.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds
// lines and raises its size.

PIN_SIZE(mill_snapshot_writer, 24)
PIN_FIELD(mill_snapshot_writer, struct_size, 0, 4)
PIN_FIELD(mill_snapshot_writer, reserved, 4, 4)
PIN_FIELD(mill_snapshot_writer, context, 8, 8)
PIN_FIELD(mill_snapshot_writer, write, 16, 8)

PIN_SIZE(mill_snapshot_reader, 32)
PIN_FIELD(mill_snapshot_reader, struct_size, 0, 4)
PIN_FIELD(mill_snapshot_reader, reserved, 4, 4)
PIN_FIELD(mill_snapshot_reader, bytes, 8, 8)
PIN_FIELD(mill_snapshot_reader, size, 16, 8)
PIN_FIELD(mill_snapshot_reader, version, 24, 8)
