#include "descriptor.h"

#include "millrace_sdk.h"
#include "options.h"
#include "wire.h"

#include <stdio.h>

// The state of reading. Functions return 0 where something is wrong.
typedef struct reader {
  arena *memory;
  int depth;
} reader;

// Which fields of a message have a name, FeatureSets and the like, by number.
typedef const proto_item *item;

static proto_cursor within(item of) { return (proto_cursor){of->bytes, of->bytes + of->size}; }

static int is_sized(item of) { return of->wire == PROTO_WIRE_SIZED; }

// The text of the first field `number`, "" if there is none. Messages have their names before they are made.
static proto_item text_of(proto_cursor message, uint32_t number) {
  proto_item found = {.bytes = (const uint8_t *)""}, one;
  while (proto_next(&message, &one) == 1)
    if (one.number == number && is_sized(&one))
      found = one;
  return found;
}

// Whether a name is identifiers with dots between them, as all names are.
static int is_name(item of) {
  const char *part = (const char *)of->bytes, *end = part + of->size;
  for (const char *at = part; at <= end; at++) {
    if (at < end && *at != '.')
      continue;
    if (!proto_is_identifier(part, (size_t)(at - part)))
      return 0;
    part = at + 1;
  }
  return 1;
}

// FeatureSet.
static int read_features(item set, proto_features *out) {
  proto_cursor fields = within(set);
  proto_item one;
  int more;
  while ((more = proto_next(&fields, &one)) == 1) {
    uint8_t *place = one.number == 1   ? &out->presence
                     : one.number == 2 ? &out->enum_type
                     : one.number == 3 ? &out->repeated
                     : one.number == 5 ? &out->message
                                       : NULL;
    if (place != NULL && one.wire == PROTO_WIRE_VARINT && one.value <= 3)
      *place = (uint8_t)one.value;
  }
  return more == 0;
}

// The FeatureSet that options have in field `number`.
static int read_options(item options, uint32_t number, proto_features *out) {
  proto_cursor fields = within(options);
  proto_item one;
  int more;
  while ((more = proto_next(&fields, &one)) == 1)
    if (one.number == number && is_sized(&one) && !read_features(&one, out))
      return 0;
  return more == 0;
}

// EnumDescriptorProto: name 1, value 2, options 3.
static int read_enum(reader *from, item of, proto_message *scope) {
  proto_cursor fields = within(of);
  proto_item one, name = text_of(fields, 1);
  int more;
  if (!is_name(&name))
    return 0;
  proto_enum *made = proto_add_enum(from->memory, scope, (const char *)name.bytes, (size_t)name.size);
  while (made != NULL && (more = proto_next(&fields, &one)) == 1) {
    if (one.number == 3 && is_sized(&one) && !read_options(&one, 7, &made->features))
      return 0;
    if (one.number != 2 || !is_sized(&one))
      continue;
    proto_item value_name = text_of(within(&one), 1), part;
    if (!is_name(&value_name))
      return 0;
    proto_value *value =
        proto_add_value(from->memory, made, (const char *)value_name.bytes, (size_t)value_name.size);
    if (value == NULL)
      return 0;
    for (proto_cursor parts = within(&one); proto_next(&parts, &part) == 1;)
      if (part.number == 2 && part.wire == PROTO_WIRE_VARINT)
        value->number = (int32_t)part.value;
  }
  return made != NULL && more == 0 && made->count > 0;
}

// FieldOptions: packed 2, features 21.
static int read_field_options(item options, proto_field *field) {
  proto_item one;
  for (proto_cursor fields = within(options); proto_next(&fields, &one) == 1;)
    if (one.number == 2 && one.wire == PROTO_WIRE_VARINT)
      field->packed_option = one.value != 0;
  return read_options(options, 21, &field->features);
}

static int copy_text(reader *from, item of, const char **out, int64_t *size) {
  *out = arena_copy(from->memory, of->bytes, (size_t)of->size);
  if (size != NULL)
    *size = of->size;
  return *out != NULL;
}

static int read_field_part(reader *from, item one, proto_field *field) {
  if (is_sized(one)) {
    switch (one->number) {
    case 6: // with a dot first
      return mill_utf8_invalid_at(one->bytes, one->size) < 0 && copy_text(from, one, &field->type_name, NULL);
    case 7:
      return copy_text(from, one, &field->preset, &field->preset_size);
    case 8:
      return read_field_options(one, field);
    default:
      return 1;
    }
  }
  switch (one->wire == PROTO_WIRE_VARINT ? one->number : 0) {
  case 3:
    field->number = one->value <= PROTO_NUMBER_MAX ? (int32_t)one->value : 0;
    break;
  case 4:
    field->label = one->value <= PROTO_REPEATED ? (proto_label)one->value : PROTO_NO_LABEL;
    break;
  case 5:
    field->kind = one->value <= PROTO_SINT64 ? (proto_kind)one->value : PROTO_NAMED;
    break;
  case 9:
    field->oneof = one->value < INT32_MAX ? (int32_t)one->value : -1;
    break;
  case 17:
    field->is_proto3_optional = one->value != 0;
    break;
  }
  return 1;
}

// FieldDescriptorProto: name 1, number 3, label 4, type 5, type_name 6, default_value 7, options 8, oneof_index
// 9, proto3_optional 17.
static int read_field(reader *from, item of, proto_message *owner) {
  proto_cursor fields = within(of);
  proto_item one, name = text_of(fields, 1);
  int more;
  if (!is_name(&name))
    return 0;
  proto_field *field = proto_add_field(from->memory, owner, (const char *)name.bytes, (size_t)name.size);
  if (field == NULL)
    return 0;
  while ((more = proto_next(&fields, &one)) == 1)
    if (!read_field_part(from, &one, field))
      return 0;
  if (field->is_proto3_optional)
    field->oneof = -1;
  int is_named = field->kind == PROTO_GROUP || field->kind == PROTO_MESSAGE || field->kind == PROTO_ENUM ||
                 field->kind == PROTO_NAMED;
  return more == 0 && field->number > 0 && is_named == (field->type_name != NULL);
}

// MessageOptions: map_entry 7, features 12.
static int read_message_options(item options, proto_message *message) {
  proto_item one;
  for (proto_cursor fields = within(options); proto_next(&fields, &one) == 1;)
    if (one.number == 7 && one.wire == PROTO_WIRE_VARINT)
      message->is_map_entry = one.value != 0;
  return read_options(options, 12, &message->features);
}

// DescriptorProto: name 1, field 2, nested_type 3, enum_type 4, options 7, oneof_decl 8.
static int read_message(reader *from, item of, proto_message *scope) {
  proto_cursor fields = within(of);
  proto_item one, name = text_of(fields, 1);
  int more = 1;
  if (!is_name(&name))
    return 0;
  proto_message *message = proto_add_message(from->memory, scope, (const char *)name.bytes, (size_t)name.size);
  if (message == NULL || ++from->depth > PROTO_DEPTH_MAX)
    return 0;
  while (more == 1 && (more = proto_next(&fields, &one)) == 1) {
    int is_read = 1;
    switch (is_sized(&one) ? one.number : 0) {
    case 2:
      is_read = read_field(from, &one, message);
      break;
    case 3:
      is_read = read_message(from, &one, message);
      break;
    case 4:
      is_read = read_enum(from, &one, message);
      break;
    case 7:
      is_read = read_message_options(&one, message);
      break;
    case 8:
      message->oneof_count++;
      break;
    }
    more = is_read ? more : -1;
  }
  from->depth--;
  return more == 0;
}

// Sets what the file's syntax means: syntax 12, edition 14.
static int read_syntax(proto_cursor fields, proto_message *root) {
  proto_item syntax = text_of(fields, 12), one;
  char name[16] = "proto2";
  if (syntax.size > 0)
    snprintf(name, sizeof name, "%.*s", syntax.size > 15 ? 15 : (int)syntax.size, (const char *)syntax.bytes);
  int is_edition = strcmp(name, "editions") == 0;
  while (proto_next(&fields, &one) == 1)
    if (one.number == 14 && is_edition)
      snprintf(name, sizeof name, "%s",
               one.value == 998    ? "proto2"
               : one.value == 999  ? "proto3"
               : one.value == 1000 ? "2023"
                                   : "2024");
  return proto_features_of(name, is_edition && name[0] == '2', &root->features);
}

static int read_file_part(reader *from, item one, proto_file *file) {
  switch (is_sized(one) ? one->number : 0) {
  case 3:
    return proto_add_import(from->memory, file, (const char *)one->bytes, (size_t)one->size) != NULL;
  case 4:
    return read_message(from, one, &file->root);
  case 5:
    return read_enum(from, one, &file->root);
  case 8:
    return read_options(one, 50, &file->root.features);
  default:
    return 1;
  }
}

// FileDescriptorProto: package 2, dependency 3, message_type 4, enum_type 5, options 8.
proto_file *proto_descriptor_read(arena *memory, const uint8_t *bytes, int64_t size, char *problem,
                                  size_t problem_size) {
  reader from = {.memory = memory};
  proto_cursor fields = {bytes, bytes + size};
  proto_item one, package = text_of(fields, 2);
  proto_file *file = arena_get(memory, sizeof *file);
  int more = -1;
  snprintf(problem, problem_size, "no FileDescriptorProto, or out of memory");
  if (file == NULL || (package.size > 0 && !is_name(&package)) ||
      !copy_text(&from, &package, &file->root.full_name, NULL) || !read_syntax(fields, &file->root))
    return NULL;
  file->root.name = "";
  while ((more = proto_next(&fields, &one)) == 1)
    if (!read_file_part(&from, &one, file))
      return NULL;
  return more == 0 ? file : NULL;
}
