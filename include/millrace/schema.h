/// Schemas of messages: what a serde is given of them by the host, and what it gives of its own. Since ABI 1.2.
///
/// Where a topic has a schema registry, the host takes the registry's framing off each message, finds the
/// schema that the message was written with, and waits for it if the registry can't be reached. Serdes see
/// neither ids nor networks.
#ifndef MILLRACE_SCHEMA_H
#define MILLRACE_SCHEMA_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An Avro schema: JSON, https://avro.apache.org/docs/1.11.1/specification/.
#define MILL_SCHEMA_AVRO 0u
/// A Protobuf schema: the text of a .proto file, or a serialized FileDescriptorProto in base64.
#define MILL_SCHEMA_PROTOBUF 1u
/// A JSON Schema.
#define MILL_SCHEMA_JSON 2u

struct mill_schema;

/// A schema that another one refers to.
typedef struct mill_schema_reference {
  /// How the other one calls it: an Avro full name, the path of a Protobuf import, the `$ref` of a JSON Schema.
  /// UTF-8; the schema's.
  const char *name;
  /// The schema's.
  const struct mill_schema *schema;
} mill_schema_reference;

/// A schema. Immutable; the host's, valid as long as what it came with: the raw batch, or the call. Any thread
/// may read it.
typedef struct mill_schema {
  /// sizeof(mill_schema) at the host.
  uint32_t struct_size;
  /// MILL_SCHEMA_*.
  uint32_t format;
  /// No other schema has it while the process runs: what is made from a schema may be kept under it. A schema
  /// that the host has forgotten meanwhile comes back under another one.
  uint64_t number;
  /// What people know it by, e.g. "id 7" or "file orders.avsc". UTF-8; the schema's.
  const char *name;
  /// UTF-8, `text_size` bytes and a NUL; the schema's.
  const char *text;
  /// Bytes of `text`, without the NUL.
  int64_t text_size;
  /// How many others it refers to directly.
  int64_t reference_count;
  /// `reference_count` of them, without cycles; the schema's.
  const mill_schema_reference *references;
} mill_schema;

/// The schema that an instance writes with. The instance's, valid until its next call.
typedef struct mill_written_schema {
  /// sizeof(mill_written_schema) at the host.
  uint32_t struct_size;
  /// MILL_SCHEMA_*.
  uint32_t format;
  /// UTF-8, NUL-terminated.
  const char *text;
  /// The full name of the record or message, UTF-8, NUL-terminated; "" if it has none. Subjects may be named
  /// after it.
  const char *record_name;
  /// What says, before each payload, which message of the schema it is; NULL: nothing. Of Protobuf it is what
  /// Confluent's framing has there: zigzag varints, how many indexes there are and as many, or a 0 for the
  /// first message. Serdes read this before each payload whose schema is Protobuf, or, where the framing names
  /// a message of the file instead, a -1 (zigzag too), the size of its name as a varint, and the name without
  /// its package.
  const uint8_t *index;
  /// Bytes of `index`.
  int64_t index_size;
} mill_written_schema;

#ifdef __cplusplus
}
#endif
#endif
