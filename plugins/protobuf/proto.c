#include "proto.h"

#include <string.h>

static const char *const kind_names[] = {
    "?",     "double",  "float", "int64",  "uint64", "int32",    "fixed64",  "fixed32", "bool",  "string",
    "group", "message", "bytes", "uint32", "enum",   "sfixed32", "sfixed64", "sint32",  "sint64"};

const char *proto_kind_name(proto_kind kind) { return kind_names[kind]; }

proto_kind proto_kind_called(const char *name, size_t size) {
  for (int kind = PROTO_DOUBLE; kind <= PROTO_SINT64; kind++)
    if (kind != PROTO_GROUP && kind != PROTO_MESSAGE && kind != PROTO_ENUM &&
        strlen(kind_names[kind]) == size && memcmp(kind_names[kind], name, size) == 0)
      return (proto_kind)kind;
  return PROTO_NAMED;
}

int proto_features_of(const char *syntax, int is_edition, proto_features *out) {
  static const proto_features of_proto2 = {1, 2, 2, 1}, of_proto3 = {2, 1, 1, 1}, of_2023 = {1, 1, 1, 1};
  if (is_edition ? strcmp(syntax, "2023") == 0 || strcmp(syntax, "2024") == 0 : 0)
    *out = of_2023;
  else if (!is_edition && strcmp(syntax, "proto2") == 0)
    *out = of_proto2;
  else if (!is_edition && strcmp(syntax, "proto3") == 0)
    *out = of_proto3;
  else
    return 0;
  return 1;
}

proto_features proto_features_within(proto_features outer, proto_features inner) {
  return (proto_features){.presence = inner.presence != 0 ? inner.presence : outer.presence,
                          .enum_type = inner.enum_type != 0 ? inner.enum_type : outer.enum_type,
                          .repeated = inner.repeated != 0 ? inner.repeated : outer.repeated,
                          .message = inner.message != 0 ? inner.message : outer.message};
}

// `scope`.`name`, or `name` in no scope.
static const char *full_name(arena *memory, const char *scope, const char *name) {
  size_t size = strlen(scope);
  if (size == 0)
    return name;
  char *full = arena_get(memory, size + strlen(name) + 2);
  if (full == NULL)
    return NULL;
  memcpy(full, scope, size);
  full[size] = '.';
  strcpy(full + size + 1, name);
  return full;
}

// Puts `item` at the end of a list.
#define APPEND(first, last, item)                                                                              \
  do {                                                                                                         \
    if ((last) == NULL)                                                                                        \
      (first) = (item);                                                                                        \
    else                                                                                                       \
      (last)->next = (item);                                                                                   \
    (last) = (item);                                                                                           \
  } while (0)

proto_message *proto_add_message(arena *memory, proto_message *to, const char *name, size_t size) {
  proto_message *message = arena_get(memory, sizeof *message);
  if (message == NULL || (message->name = arena_copy(memory, name, size)) == NULL ||
      (message->full_name = full_name(memory, to->full_name, message->name)) == NULL)
    return NULL;
  message->parent = to;
  message->index = to->message_count++;
  APPEND(to->first_message, to->last_message, message);
  return message;
}

proto_enum *proto_add_enum(arena *memory, proto_message *to, const char *name, size_t size) {
  proto_enum *enumeration = arena_get(memory, sizeof *enumeration);
  if (enumeration == NULL || (enumeration->name = arena_copy(memory, name, size)) == NULL ||
      (enumeration->full_name = full_name(memory, to->full_name, enumeration->name)) == NULL)
    return NULL;
  APPEND(to->first_enum, to->last_enum, enumeration);
  return enumeration;
}

proto_field *proto_add_field(arena *memory, proto_message *to, const char *name, size_t size) {
  proto_field *field = arena_get(memory, sizeof *field);
  if (field == NULL || (field->name = arena_copy(memory, name, size)) == NULL)
    return NULL;
  field->oneof = -1;
  field->packed_option = -1;
  APPEND(to->first, to->last, field);
  to->count++;
  return field;
}

proto_value *proto_add_value(arena *memory, proto_enum *to, const char *name, size_t size) {
  proto_value *value = arena_get(memory, sizeof *value);
  if (value == NULL || (value->name = arena_copy(memory, name, size)) == NULL)
    return NULL;
  value->index = to->count++;
  APPEND(to->first, to->last, value);
  return value;
}

proto_import *proto_add_import(arena *memory, proto_file *to, const char *path, size_t size) {
  proto_import *import = arena_get(memory, sizeof *import);
  if (import == NULL || (import->path = arena_copy(memory, path, size)) == NULL)
    return NULL;
  APPEND(to->first_import, to->last_import, import);
  return import;
}
