/// Protobuf schemas: files with what they import. Constant once read.
#ifndef PROTO_SCHEMA_H
#define PROTO_SCHEMA_H

#include "../common/name_set.h"
#include "../common/varint.h"
#include "millrace_sdk.h"
#include "proto.h"

/// Bytes of a schema's text at most.
#define PROTO_TEXT_MAX (INT64_C(1) << 20)
/// Bytes of a name that messages show at most.
#define PROTO_SHOWN_MAX 80
/// Bytes of a message's index in Confluent's framing at most.
#define PROTO_INDEX_MAX ((PROTO_DEPTH_MAX + 1) * 5 + VARINT_MAX)

/// What a full name means: one of them is not NULL.
typedef struct proto_type {
  const proto_message *message;
  const proto_enum *enumeration;
} proto_type;

/// A schema with all that it refers to.
typedef struct proto_schema {
  arena memory;
  /// The file that the schema is; all files, that one last.
  proto_file *file, *first, *last;
  /// All types, by full name: proto_type.
  name_set types;
  /// The paths of the files that are there.
  name_set paths;
  /// An import that is not there, NULL if all are.
  const char *missing;
  /// What people know it by, as messages show it.
  const char *title;
  /// The text, NUL-terminated.
  const char *text;
} proto_schema;

/// Reads a schema and those it refers to: the text of a .proto file, or a FileDescriptorProto in base64. NULL,
/// with `error` filled, if one is neither. [any]
proto_schema *proto_schema_read(const mill_schema *from, mill_error *error);

/// Frees a schema; NULL is ignored. [any]
void proto_schema_free(proto_schema *schema);

/// The message of this full name, or without a name the first; NULL, with `error` filled, if the schema's file
/// has none. [any]
const proto_message *proto_schema_message(const proto_schema *schema, const char *name, mill_error *error);

/// The position of the message of this name, without the package, `size` bytes, among those of the schema's
/// file; -1 if it has none. [any]
int64_t proto_schema_place(const proto_schema *schema, const char *name, int64_t size);

/// The message at a position: `indexes` say which among those of the file, which among those in that one, and
/// so on; NULL if there is none. [any]
const proto_message *proto_schema_at(const proto_schema *schema, const int64_t *indexes, int count);

/// Writes a message's index as Confluent's framing has it, at most PROTO_INDEX_MAX bytes; their number. [any]
int64_t proto_message_index(const proto_message *message, uint8_t *out);

/// Makes what fields refer to out of the names that all files give; 0, with `problem` filled, if one is not
/// there, or two things have one name or number. [any]
int proto_link(proto_schema *schema, char *problem, size_t problem_size);

/// Bytes of a text that messages show: PROTO_SHOWN_MAX at most, without part of a character. [any]
int proto_shown(const char *text);

#endif
