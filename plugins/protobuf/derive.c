#include "derive.h"

#include "../common/encoded.h"
#include "options.h"
#include "unknown.h"

// A schema's text under construction.
typedef struct writer {
  encoded to;
  int is_out_of_memory, has_timestamps;
  /// A column that can't be declared, and why.
  const column_type *refused;
  const char *reason;
} writer;

static void put(writer *to, const char *text) {
  if (!encoded_put_text(&to->to, text))
    to->is_out_of_memory = 1;
}

static void refuse(writer *to, const column_type *column, const char *reason) {
  to->refused = column;
  to->reason = reason;
}

static const char *integer_name(const column_type *type) {
  if (type->least == 0)
    return type->width == 8 ? "uint64" : "uint32";
  return type->width == 8 ? "int64" : "int32";
}

static const char *scalar_name(const column_type *type) {
  switch (type->kind) {
  case COLUMN_BOOL:
    return "bool";
  case COLUMN_INTEGER:
    return integer_name(type);
  case COLUMN_FLOAT32:
    return "float";
  case COLUMN_FLOAT64:
    return "double";
  case COLUMN_BINARY:
    return "bytes";
  case COLUMN_DATE:
    return "int32";
  case COLUMN_TIME:
    return type->width == 8 ? "int64" : "int32";
  case COLUMN_TIMESTAMP:
    return type->has_zone ? "google.protobuf.Timestamp" : "int64";
  default:
    return "string"; // texts, and decimals
  }
}

// Whether a message of a struct's columns would be called as one before it, or as a field.
static int is_taken(const column_type *scope, char (*made)[PROTO_NAME_MAX + 1], uint32_t count,
                    const char *name) {
  for (uint32_t i = 0; i < scope->child_count; i++)
    if (strcmp(scope->children[i].name, name) == 0 || (i < count && strcmp(made[i], name) == 0))
      return 1;
  return 0;
}

// A message's name from its field's: in camel case, with a '_' more if it is taken.
static void message_name(const column_type *scope, char (*made)[PROTO_NAME_MAX + 1], uint32_t index) {
  const char *from = scope->children[index].name;
  char name[PROTO_NAME_MAX + 1];
  size_t size = 0;
  int is_upper = 1;
  for (; *from != '\0' && size < PROTO_NAME_MAX / 2; from++) {
    if (*from != '_')
      name[size++] = is_upper && *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
    is_upper = *from == '_';
  }
  do {
    name[size] = '\0';
    name[size + 1] = '\0';
    if (size > 0 && proto_is_identifier(name, size) && !is_taken(scope, made, index, name))
      break;
    name[size++] = '_';
  } while (size < PROTO_NAME_MAX);
  strcpy(made[index], name);
}

static void put_fields(writer *to, const column_type *scope);

static const column_type *item_of(const column_type *type) {
  return type->kind == COLUMN_LIST ? &type->children[0] : type->kind == COLUMN_MAP ? &type->children[1] : type;
}

static void put_message(writer *to, const column_type *type, const char *name) {
  put(to, "message ");
  put(to, name);
  put(to, " {\n");
  put_fields(to, type);
  put(to, "}\n");
}

static void put_field(writer *to, const column_type *type, const char *message, uint32_t number) {
  char tail[32];
  const column_type *item = item_of(type);
  int is_map = type->kind == COLUMN_MAP, is_list = type->kind == COLUMN_LIST;
  if (!proto_is_identifier(type->name, type->name_size))
    refuse(to, type, "rename it to letters, digits and _, no digit first");
  if (item != type && (item->kind == COLUMN_LIST || item->kind == COLUMN_MAP))
    refuse(to, type, "lists and maps have no lists and maps as items; put a struct between them");
  put(to, is_map ? "map<string, " : is_list ? "repeated " : type->is_nullable ? "optional " : "");
  put(to, item->kind == COLUMN_STRUCT ? message : scalar_name(item));
  put(to, is_map ? "> " : " ");
  put(to, type->name);
  snprintf(tail, sizeof tail, " = %u;\n", number);
  put(to, tail);
  to->has_timestamps |= item->kind == COLUMN_TIMESTAMP && item->has_zone;
}

static void put_fields(writer *to, const column_type *scope) {
  char (*names)[PROTO_NAME_MAX + 1] = calloc(scope->child_count + 1, sizeof *names);
  if (names == NULL)
    to->is_out_of_memory = 1;
  uint32_t number = 0;
  for (uint32_t i = 0; i < scope->child_count && names != NULL; i++) {
    const column_type *type = &scope->children[i];
    if ((type->flags & PROTO_HOLDS_UNKNOWN) != 0)
      continue;
    number = number == 18999 ? 20000 : number + 1; // those between are the format's own
    if (item_of(type)->kind == COLUMN_STRUCT) {
      message_name(scope, names, i);
      put_message(to, item_of(type), names[i]);
    }
    put_field(to, type, names[i], number);
  }
  free(names);
}

// Puts what is before the messages; `name` becomes the message's without its package.
static void put_head(writer *to, const char **name) {
  const char *dot = strrchr(*name, '.');
  put(to, "syntax = \"proto3\";\n");
  if (dot == NULL)
    return;
  char package[PROTO_NAME_MAX + 1];
  snprintf(package, sizeof package, "%.*s", (int)(dot - *name), *name);
  put(to, "package ");
  put(to, package);
  put(to, ";\n");
  *name = dot + 1;
}

static proto_schema *read(const writer *from, mill_error *error) {
  const mill_schema schema = {.struct_size = sizeof schema,
                              .format = MILL_SCHEMA_PROTOBUF,
                              .name = "of the columns",
                              .text = (const char *)from->to.bytes,
                              .text_size = from->to.size};
  return proto_schema_read(&schema, error);
}

proto_schema *proto_derive(const column_type *row, const char *name, mill_error *error) {
  writer to = {.refused = NULL}, body = {.refused = NULL};
  proto_schema *schema = NULL;
  put_head(&to, &name);
  put_message(&body, row, name);
  if (body.has_timestamps)
    put(&to, "import \"google/protobuf/timestamp.proto\";\n");
  if (!body.is_out_of_memory)
    put(&to, (const char *)body.to.bytes);
  if (to.is_out_of_memory || body.is_out_of_memory)
    mill_fail_memory(error, "serde \"protobuf\": making a schema");
  else if (body.refused != NULL)
    mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": column \"%.200s\" can't be declared: %s",
              body.refused->name, body.reason);
  else
    schema = read(&to, error);
  encoded_free(&to.to);
  encoded_free(&body.to);
  return schema;
}
