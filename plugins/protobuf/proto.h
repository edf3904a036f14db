/// Protobuf's descriptors: what a .proto file declares. Constant once linked; a pool's.
///
/// Named after https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto. What
/// has no bearing on messages (services, most options, extension ranges) is read, checked for its form and left
/// out.
#ifndef PROTO_PROTO_H
#define PROTO_PROTO_H

#include "../common/arena.h"

#include <stdint.h>

/// Deepest nesting of a file's text, of messages, and of imports.
#define PROTO_DEPTH_MAX 64
/// The greatest field number.
#define PROTO_NUMBER_MAX 536870911

/// A field's type, numbered as FieldDescriptorProto.Type.
typedef enum proto_kind {
  /// Not linked yet: a message or an enum.
  PROTO_NAMED = 0,
  PROTO_DOUBLE = 1,
  PROTO_FLOAT,
  PROTO_INT64,
  PROTO_UINT64,
  PROTO_INT32,
  PROTO_FIXED64,
  PROTO_FIXED32,
  PROTO_BOOL,
  PROTO_STRING,
  PROTO_GROUP,
  PROTO_MESSAGE,
  PROTO_BYTES,
  PROTO_UINT32,
  PROTO_ENUM,
  PROTO_SFIXED32,
  PROTO_SFIXED64,
  PROTO_SINT32,
  PROTO_SINT64
} proto_kind;

/// How often a field occurs, numbered as FieldDescriptorProto.Label.
typedef enum proto_label { PROTO_NO_LABEL = 0, PROTO_OPTIONAL = 1, PROTO_REQUIRED, PROTO_REPEATED } proto_label;

/// What syntaxes differ in, as editions say it: set by the file, and changed by options of what is in it.
/// Numbers are FeatureSet's; 0 is not set.
typedef struct proto_features {
  /// field_presence: 1 explicit, 2 implicit, 3 required.
  uint8_t presence;
  /// enum_type: 1 open, 2 closed.
  uint8_t enum_type;
  /// repeated_field_encoding: 1 packed, 2 expanded.
  uint8_t repeated;
  /// message_encoding: 1 length-prefixed, 2 delimited.
  uint8_t message;
} proto_features;

struct proto_message;
struct proto_enum;

/// A field of a message.
typedef struct proto_field {
  struct proto_field *next;
  const char *name;
  int32_t number;
  proto_kind kind;
  proto_label label;
  proto_features features;
  /// PROTO_NAMED, messages, groups and enums: the type as it is written, with a '.' first if it is absolute.
  const char *type_name;
  /// What `type_name` means, once linked.
  const struct proto_message *message;
  const struct proto_enum *enumeration;
  /// The default that is written, NULL if there is none; its bytes. Strings and bytes: unescaped.
  const char *preset;
  int64_t preset_size;
  /// Number of the oneof among the message's, -1 for none or one made for `optional`.
  int32_t oneof;
  /// Not 0: `optional` in a file of syntax proto3.
  int is_proto3_optional;
  /// -1 if not said, else the option `packed`.
  int packed_option;
  /// Once linked: whether it can be told from a field of the default value that it is not set; whether it is
  /// written packed.
  int has_presence, is_packed;
  /// Where it is in the file's text; 0 if it comes from a descriptor.
  int line, column;
} proto_field;

/// A value of an enum.
typedef struct proto_value {
  struct proto_value *next;
  const char *name;
  int32_t number;
  /// Its position among the enum's.
  uint32_t index;
} proto_value;

/// An enum.
typedef struct proto_enum {
  struct proto_enum *next;
  const char *name, *full_name;
  proto_value *first, *last;
  uint32_t count;
  proto_features features;
} proto_enum;

/// A message.
typedef struct proto_message {
  struct proto_message *next;
  /// The message that it is declared in, or the file's root; its position among those there.
  const struct proto_message *parent;
  uint32_t index;
  const char *name, *full_name;
  proto_field *first, *last;
  uint32_t count;
  struct proto_message *first_message, *last_message;
  proto_enum *first_enum, *last_enum;
  uint32_t message_count, oneof_count;
  proto_features features;
  /// Not 0: it was made for a map field, whose key and value are its fields 1 and 2.
  int is_map_entry;
} proto_message;

/// An import.
typedef struct proto_import {
  struct proto_import *next;
  const char *path;
} proto_import;

/// A file. Its messages and enums are those of `root`, which stands for its package: `root.full_name` is the
/// package's name, "" if it has none.
typedef struct proto_file {
  struct proto_file *next;
  proto_message root;
  proto_import *first_import, *last_import;
} proto_file;

/// The features of a syntax, "proto2" or "proto3", or of an edition; 0 if it is unknown. [any]
int proto_features_of(const char *syntax, int is_edition, proto_features *out);

/// What `inner` sets, else what `outer` does. [any]
proto_features proto_features_within(proto_features outer, proto_features inner);

/// Adds to a message, or to a file's root; NULL without memory. Names are copied. [any]
proto_message *proto_add_message(arena *memory, proto_message *to, const char *name, size_t size);
proto_enum *proto_add_enum(arena *memory, proto_message *to, const char *name, size_t size);
proto_field *proto_add_field(arena *memory, proto_message *to, const char *name, size_t size);
proto_value *proto_add_value(arena *memory, proto_enum *to, const char *name, size_t size);
proto_import *proto_add_import(arena *memory, proto_file *to, const char *path, size_t size);

/// A kind's name as files write it, e.g. "sint32". [any]
const char *proto_kind_name(proto_kind kind);

/// The kind of scalars called so, PROTO_NAMED if there is none. [any]
proto_kind proto_kind_called(const char *name, size_t size);

#endif
