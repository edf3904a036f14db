#include "schema.h"

#include "../common/base64.h"
#include "builtin.h"
#include "descriptor.h"
#include "parse.h"
#include "wire.h"

int proto_shown(const char *text) {
  size_t size = strlen(text);
  int64_t shown = size > PROTO_SHOWN_MAX ? PROTO_SHOWN_MAX : (int64_t)size;
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)text, shown);
  return (int)(cut >= 0 ? cut : shown);
}

static int32_t fail(const mill_schema *from, const char *problem, mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": schema \"%.*s\": %s",
                   proto_shown(from->name), from->name, problem);
}

// Reads the text as a descriptor in base64; NULL if it is no base64, which no .proto file is.
static proto_file *read_base64(arena *memory, const char *text, int64_t size, char *problem,
                               size_t problem_size) {
  while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
    size--;
  uint8_t *bytes = size == 0 ? NULL : arena_get(memory, (size_t)size + 16);
  int64_t count = bytes == NULL ? -1 : base64_decode((const uint8_t *)text, size, bytes);
  if (count < 0)
    return NULL;
  memset(bytes + count, 0, 16);
  return proto_descriptor_read(memory, bytes, count, problem, problem_size);
}

static proto_file *read_text(arena *memory, const char *text, int64_t size, char *problem,
                             size_t problem_size) {
  problem[0] = '\0';
  // Who writes by the schema tells its text up to a NUL.
  if (memchr(text, '\0', (size_t)size) != NULL) {
    snprintf(problem, problem_size, "the text holds a NUL");
    return NULL;
  }
  proto_file *file = read_base64(memory, text, size, problem, problem_size);
  return file != NULL || problem[0] != '\0' ? file : proto_parse(memory, text, size, problem, problem_size);
}

static void add_file(proto_schema *schema, proto_file *file) {
  if (schema->last == NULL)
    schema->first = file;
  else
    schema->last->next = file;
  schema->last = file;
}

// Adds the files that everybody knows and that `file` imports; notes an import that is not there.
static int add_imports(proto_schema *schema, const proto_file *file, char *problem, size_t problem_size) {
  for (const proto_import *one = file->first_import; one != NULL; one = one->next) {
    const char *text = proto_builtin(one->path);
    if (name_set_find(&schema->paths, "", one->path) != NULL)
      continue;
    if (text == NULL) {
      schema->missing = one->path;
      continue;
    }
    proto_file *known = proto_parse(&schema->memory, text, (int64_t)strlen(text), problem, problem_size);
    if (known == NULL || !name_set_add(&schema->paths, &schema->memory, one->path, known))
      return 0;
    add_file(schema, known);
  }
  return 1;
}

static int32_t read_into(proto_schema *schema, const mill_schema *from, int depth, mill_error *error);

// Reads a schema's references, each once, under the paths that imports have for them.
static int32_t read_references(proto_schema *schema, const mill_schema *from, int depth, mill_error *error) {
  for (int64_t i = 0; i < from->reference_count; i++) {
    const mill_schema_reference *one = &from->references[i];
    const char *path = arena_copy(&schema->memory, one->name, strlen(one->name));
    if (path == NULL)
      return mill_fail_memory(error, "serde \"protobuf\": reading a schema");
    if (name_set_find(&schema->paths, "", path) != NULL)
      continue;
    if (!name_set_add(&schema->paths, &schema->memory, path, path))
      return mill_fail_memory(error, "serde \"protobuf\": reading a schema");
    if (read_into(schema, one->schema, depth + 1, error) != MILL_OK)
      return MILL_FAILED;
  }
  return MILL_OK;
}

static int32_t read_into(proto_schema *schema, const mill_schema *from, int depth, mill_error *error) {
  char problem[320];
  if (from->format != MILL_SCHEMA_PROTOBUF)
    return fail(from, "no Protobuf schema; give it one, or choose another serde", error);
  if (from->text_size > PROTO_TEXT_MAX || depth > PROTO_DEPTH_MAX)
    return fail(from, "longer than 1 MiB, or references go more than 64 deep", error);
  if (read_references(schema, from, depth, error) != MILL_OK)
    return MILL_FAILED;
  const char *text = arena_copy(&schema->memory, from->text, (size_t)from->text_size);
  proto_file *file =
      text == NULL ? NULL : read_text(&schema->memory, text, from->text_size, problem, sizeof problem);
  if (text == NULL)
    return mill_fail_memory(error, "serde \"protobuf\": reading a schema");
  if (file == NULL || !add_imports(schema, file, problem, sizeof problem))
    return fail(from, problem, error);
  add_file(schema, file);
  schema->file = file;
  schema->text = text;
  return MILL_OK;
}

proto_schema *proto_schema_read(const mill_schema *from, mill_error *error) {
  char problem[320];
  proto_schema *schema = calloc(1, sizeof *schema);
  if (schema == NULL) {
    mill_fail_memory(error, "serde \"protobuf\": reading a schema");
    return NULL;
  }
  if (read_into(schema, from, 1, error) == MILL_OK) {
    schema->title = arena_copy(&schema->memory, from->name, (size_t)proto_shown(from->name));
    if (schema->title != NULL && proto_link(schema, problem, sizeof problem))
      return schema;
    fail(from, schema->title == NULL ? "out of memory" : problem, error);
  }
  proto_schema_free(schema);
  return NULL;
}

void proto_schema_free(proto_schema *schema) {
  if (schema == NULL)
    return;
  arena_free(&schema->memory);
  free(schema);
}

const proto_message *proto_schema_message(const proto_schema *schema, const char *name, mill_error *error) {
  if (name[0] == '\0') {
    if (schema->file->root.first_message == NULL)
      mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": schema \"%s\" has no message", schema->title);
    return schema->file->root.first_message;
  }
  const name_entry *found = name_set_find(&schema->types, "", name);
  const proto_type *type = found == NULL ? NULL : found->value;
  if (type != NULL && type->message != NULL)
    return type->message;
  mill_fail(
      error, MILL_CLASS_FATAL, 0,
      "serde \"protobuf\": schema \"%s\" has no message \"%.*s\"; option `message` takes a full name, with the "
      "package",
      schema->title, proto_shown(name), name);
  return NULL;
}

const proto_message *proto_schema_at(const proto_schema *schema, const int64_t *indexes, int count) {
  const proto_message *message = &schema->file->root;
  for (int i = 0; i < count && message != NULL; i++) {
    int64_t index = indexes[i];
    if (index < 0 || index >= message->message_count)
      return NULL;
    message = message->first_message;
    while (index-- > 0)
      message = message->next;
  }
  return message;
}

int64_t proto_schema_place(const proto_schema *schema, const char *name, int64_t size) {
  for (const proto_message *one = schema->file->root.first_message; one != NULL; one = one->next)
    if (strlen(one->name) == (size_t)size && memcmp(one->name, name, (size_t)size) == 0)
      return one->index;
  return -1;
}

int64_t proto_message_index(const proto_message *message, uint8_t *out) {
  uint32_t path[PROTO_DEPTH_MAX + 1];
  int depth = 0;
  for (; message->parent != NULL && depth < PROTO_DEPTH_MAX + 1; message = message->parent)
    path[depth++] = message->index;
  if (depth == 1 && path[0] == 0) {
    *out = 0;
    return 1;
  }
  uint8_t *at = varint_write(varint_zigzag(depth), out);
  while (depth > 0)
    at = varint_write(varint_zigzag(path[--depth]), at);
  return at - out;
}
