// Layout of millrace/schema.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(mill_schema_reference, 16)
PIN_FIELD(mill_schema_reference, name, 0, 8)
PIN_FIELD(mill_schema_reference, schema, 8, 8)

PIN_SIZE(mill_schema, 56)
PIN_FIELD(mill_schema, struct_size, 0, 4)
PIN_FIELD(mill_schema, format, 4, 4)
PIN_FIELD(mill_schema, number, 8, 8)
PIN_FIELD(mill_schema, name, 16, 8)
PIN_FIELD(mill_schema, text, 24, 8)
PIN_FIELD(mill_schema, text_size, 32, 8)
PIN_FIELD(mill_schema, reference_count, 40, 8)
PIN_FIELD(mill_schema, references, 48, 8)

PIN_SIZE(mill_written_schema, 40)
PIN_FIELD(mill_written_schema, struct_size, 0, 4)
PIN_FIELD(mill_written_schema, format, 4, 4)
PIN_FIELD(mill_written_schema, text, 8, 8)
PIN_FIELD(mill_written_schema, record_name, 16, 8)
PIN_FIELD(mill_written_schema, index, 24, 8)
PIN_FIELD(mill_written_schema, index_size, 32, 8)

PIN_VALUE(MILL_SCHEMA_AVRO, 0u)
PIN_VALUE(MILL_SCHEMA_PROTOBUF, 1u)
PIN_VALUE(MILL_SCHEMA_JSON, 2u)
