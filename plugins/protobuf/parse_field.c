#include "parser.h"

#include <stdio.h>
#include <string.h>

// Reads `optional`, `required` or `repeated`, as the syntax has them.
static int read_label(proto_parser *parser, int32_t oneof, proto_field *out) {
  proto_token at = parser->token;
  int is_proto2 = strcmp(parser->syntax, "proto2") == 0;
  out->label = PROTO_OPTIONAL;
  if (proto_accept(parser, "repeated")) {
    out->label = PROTO_REPEATED;
  } else if (proto_accept(parser, "required")) {
    if (!is_proto2)
      return proto_wrong(parser, &at, "\"required\" is of syntax proto2 only");
    out->label = PROTO_REQUIRED;
  } else if (proto_accept(parser, "optional")) {
    if (strcmp(parser->syntax, "editions") == 0)
      return proto_wrong(parser, &at, "editions have no \"optional\"; use features.field_presence");
    out->is_proto3_optional = !is_proto2;
  } else if (is_proto2 && oneof < 0 && !proto_is_next(parser, "map")) {
    return proto_expected(parser, "\"optional\", \"required\" or \"repeated\"");
  } else {
    return 1;
  }
  return oneof < 0 || proto_wrong(parser, &at, "a field of a oneof has no label");
}

static int read_number(proto_parser *parser, int32_t *out) {
  proto_token at = parser->token;
  if (at.kind != PROTO_INTEGER)
    return proto_expected(parser, "a field number");
  if (at.value < 1 || at.value > PROTO_NUMBER_MAX || (at.value >= 19000 && at.value <= 19999))
    return proto_wrong(parser, &at, "a field number is 1 to 536870911, without 19000 to 19999");
  *out = (int32_t)at.value;
  proto_advance(parser);
  return 1;
}

// Reads a scalar's or another type's name.
static int read_type(proto_parser *parser, proto_kind *kind, const char **type_name) {
  const char *name = proto_dotted(parser, "a type", 1);
  if (name == NULL)
    return 0;
  *kind = proto_kind_called(name, strlen(name));
  if (*kind == PROTO_NAMED)
    *type_name = name;
  return 1;
}

static void set_options(proto_field *field, const proto_field_options *options) {
  field->features = options->features;
  field->packed_option = options->packed;
  field->preset = options->preset;
  field->preset_size = options->preset_size;
}

// Reads `= number [options]`.
static int read_rest(proto_parser *parser, proto_field *field) {
  proto_field_options options;
  if (!proto_require(parser, "=") || !read_number(parser, &field->number) ||
      !proto_field_options_read(parser, &options))
    return 0;
  set_options(field, &options);
  return 1;
}

// Adds a field that has been read so far; its name is to come.
static proto_field *add_field(proto_parser *parser, proto_message *owner, const proto_field *read,
                              const proto_token *name) {
  proto_field *field = proto_add_field(parser->memory, owner, name->start, name->size);
  if (field == NULL) {
    proto_no_memory(parser);
    return NULL;
  }
  field->label = read->label;
  field->kind = read->kind;
  field->type_name = read->type_name;
  field->oneof = read->oneof;
  field->is_proto3_optional = read->is_proto3_optional;
  field->line = name->line;
  field->column = name->column;
  return field;
}

// A group's field is called as its message, in lower case.
static void lower(char *name) {
  for (; *name != '\0'; name++)
    if (*name >= 'A' && *name <= 'Z')
      *name = (char)(*name - 'A' + 'a');
}

static int read_group(proto_parser *parser, proto_message *scope, proto_message *owner, proto_field *read) {
  proto_token name = parser->token;
  if (strcmp(parser->syntax, "proto2") != 0)
    return proto_wrong(parser, &name, "groups are of syntax proto2 only");
  if (!proto_identifier(parser, "the group's name", &name))
    return 0;
  proto_message *message = proto_add_message(parser->memory, scope, name.start, name.size);
  read->kind = PROTO_GROUP;
  proto_field *field = message == NULL ? NULL : add_field(parser, owner, read, &name);
  if (field == NULL)
    return proto_no_memory(parser);
  lower((char *)field->name);
  field->message = message;
  return read_rest(parser, field) && proto_message_body(parser, message);
}

// `NameEntry`, as protoc calls the message of a map's entries: in camel case.
static proto_message *add_entry(proto_parser *parser, proto_message *scope, const proto_token *field) {
  char *name = arena_get(parser->memory, field->size + sizeof "Entry");
  size_t size = 0;
  int is_upper = 1;
  for (size_t i = 0; name != NULL && i < field->size; i++) {
    char c = field->start[i];
    if (c != '_')
      name[size++] = is_upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    is_upper = c == '_';
  }
  if (name != NULL)
    memcpy(name + size, "Entry", sizeof "Entry");
  proto_message *entry =
      name == NULL ? NULL : proto_add_message(parser->memory, scope, name, size + strlen("Entry"));
  if (entry != NULL)
    entry->is_map_entry = 1;
  return entry;
}

static int read_map(proto_parser *parser, proto_message *scope, proto_message *owner, const proto_field *read) {
  proto_field parts[2] = {{.label = PROTO_OPTIONAL, .oneof = -1}, {.label = PROTO_OPTIONAL, .oneof = -1}};
  proto_token name, key = parser->token;
  if (read->label == PROTO_REPEATED || read->is_proto3_optional || read->oneof >= 0)
    return proto_wrong(parser, &key, "a map has no label and is in no oneof");
  if (!proto_require(parser, "<") || !read_type(parser, &parts[0].kind, &parts[0].type_name) ||
      !proto_require(parser, ",") || !read_type(parser, &parts[1].kind, &parts[1].type_name) ||
      !proto_require(parser, ">") || !proto_identifier(parser, "a field's name", &name))
    return 0;
  if (parts[0].kind == PROTO_NAMED || parts[0].kind == PROTO_DOUBLE || parts[0].kind == PROTO_FLOAT ||
      parts[0].kind == PROTO_BYTES)
    return proto_wrong(parser, &key, "a map's key is an integer, a bool or a string");
  proto_message *entry = add_entry(parser, scope, &name);
  const proto_token names[2] = {{.start = "key", .size = 3, .line = name.line, .column = name.column},
                                {.start = "value", .size = 5, .line = name.line, .column = name.column}};
  for (int32_t i = 0; i < 2; i++) {
    proto_field *part = entry == NULL ? NULL : add_field(parser, entry, &parts[i], &names[i]);
    if (part == NULL)
      return proto_no_memory(parser);
    part->number = i + 1;
  }
  proto_field map = {.label = PROTO_REPEATED, .kind = PROTO_MESSAGE, .oneof = -1};
  proto_field *field = add_field(parser, owner, &map, &name);
  if (field == NULL)
    return 0;
  field->message = entry;
  return read_rest(parser, field) && proto_require(parser, ";");
}

int proto_field_read(proto_parser *parser, proto_message *scope, proto_message *owner, int32_t oneof) {
  proto_field read = {.oneof = oneof};
  proto_token name;
  if (!read_label(parser, oneof, &read))
    return 0;
  if (proto_accept(parser, "group"))
    return read_group(parser, scope, owner, &read);
  if (!read_type(parser, &read.kind, &read.type_name))
    return 0;
  // `map` may be a message's name, too.
  if (read.kind == PROTO_NAMED && strcmp(read.type_name, "map") == 0 && proto_is_next(parser, "<"))
    return read_map(parser, scope, owner, &read);
  if (!proto_identifier(parser, "a field's name", &name))
    return 0;
  proto_field *field = add_field(parser, owner, &read, &name);
  return field != NULL && read_rest(parser, field) && proto_require(parser, ";");
}
