#include "schema_read.h"

static const char *const kind_names[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                         "string", "record",  "enum", "array", "map",   "fixed",  "union"};

const char *avro_kind_name(avro_kind kind) { return kind_names[kind]; }

int avro_shown(const char *text) {
  size_t size = strlen(text);
  int64_t shown = size > AVRO_SHOWN_MAX ? AVRO_SHOWN_MAX : (int64_t)size;
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)text, shown);
  return (int)(cut >= 0 ? cut : shown);
}

void *avro_schema_fail(avro_schema_reader *reader, const char *name, const char *problem) {
  if (reader->problem[0] == '\0')
    snprintf(reader->problem, sizeof reader->problem, "%s%.*s%s%s", name[0] == '\0' ? "" : "\"",
             avro_shown(name), name, name[0] == '\0' ? "" : "\": ", problem);
  return NULL;
}

void *avro_schema_get(avro_schema_reader *reader, size_t size) {
  void *memory = arena_get(&reader->schema->arena, size);
  return memory == NULL ? avro_schema_fail(reader, "", "out of memory") : memory;
}

int avro_schema_name(avro_schema_reader *reader, name_set *names, const char *text, const void *value,
                     const char *problem) {
  if (name_set_find(names, "", text) != NULL)
    return avro_schema_fail(reader, text, problem) != NULL;
  return name_set_add(names, &reader->schema->arena, text, value) ||
         avro_schema_fail(reader, "", "out of memory") != NULL;
}

avro_type *avro_schema_make(avro_schema_reader *reader, avro_kind kind) {
  avro_type *type = avro_schema_get(reader, sizeof *type);
  if (type == NULL)
    return NULL;
  type->kind = kind;
  type->name = type->short_name = avro_kind_name(kind);
  type->preset = -1;
  type->index = reader->schema->type_count++;
  return type;
}

static int kind_called(const char *name) {
  for (int kind = AVRO_NULL; kind < AVRO_UNION; kind++)
    if (strcmp(name, kind_names[kind]) == 0)
      return kind;
  return -1;
}

static const avro_type *read_name(avro_schema_reader *reader, const char *name, const char *space) {
  int kind = kind_called(name);
  if (kind >= AVRO_NULL && kind <= AVRO_STRING)
    return avro_schema_make(reader, (avro_kind)kind);
  const avro_type *type = avro_schema_find(reader->schema, name, space);
  return type != NULL ? type : avro_schema_fail(reader, name, "no type of this name is known here");
}

static const avro_type *read_union(avro_schema_reader *reader, const json_tree *json, const char *space) {
  avro_type *type = avro_schema_make(reader, AVRO_UNION);
  if (type == NULL)
    return NULL;
  name_set names = {.capacity = 0};
  type->branches = avro_schema_get(reader, json->count * sizeof *type->branches);
  for (const json_tree *item = json->first; item != NULL && type->branches != NULL; item = item->next) {
    const avro_type *branch = avro_schema_type(reader, item, space);
    if (branch == NULL)
      return NULL;
    if (branch->kind == AVRO_UNION)
      return avro_schema_fail(reader, "", "a branch of a union that is a union");
    if (!avro_schema_name(reader, &names, branch->name, NULL, "two branches of one type in a union"))
      return NULL;
    type->branches[type->count++] = branch;
  }
  return type->count > 0 ? type : avro_schema_fail(reader, "", "a union without branches");
}

static const avro_type *read_items(avro_schema_reader *reader, const json_tree *json, avro_kind kind,
                                   const char *space) {
  const json_tree *items = json_tree_member(json, kind == AVRO_ARRAY ? "items" : "values");
  avro_type *type = avro_schema_make(reader, kind);
  if (items == NULL)
    return avro_schema_fail(reader, avro_kind_name(kind), "lacks the type of its items");
  if (type == NULL || (type->items = avro_schema_type(reader, items, space)) == NULL)
    return NULL;
  return type;
}

static const avro_type *read_object(avro_schema_reader *reader, const json_tree *json, const char *space) {
  const json_tree *inner = json_tree_member(json, "type");
  if (inner == NULL)
    return avro_schema_fail(reader, "", "an object without a \"type\"");
  if (inner->kind != JSON_TREE_STRING)
    return avro_schema_type(reader, inner, space);
  int kind = kind_called(inner->text);
  if (kind == AVRO_ARRAY || kind == AVRO_MAP)
    return read_items(reader, json, (avro_kind)kind, space);
  if (kind == AVRO_RECORD || kind == AVRO_ENUM || kind == AVRO_FIXED)
    return avro_schema_named(reader, json, (avro_kind)kind, space);
  if (strcmp(inner->text, "error") == 0)
    return avro_schema_named(reader, json, AVRO_RECORD, space);
  if (kind < 0)
    return read_name(reader, inner->text, space);
  avro_type *type = avro_schema_make(reader, (avro_kind)kind);
  if (type != NULL)
    avro_schema_set_logical(type, json);
  return type;
}

const avro_type *avro_schema_type(avro_schema_reader *reader, const json_tree *json, const char *space) {
  if (reader->depth == AVRO_DEPTH_MAX)
    return avro_schema_fail(reader, "", "types are nested more than 64 deep");
  reader->depth++;
  const avro_type *type = NULL;
  if (json->kind == JSON_TREE_STRING)
    type = read_name(reader, json->text, space);
  else if (json->kind == JSON_TREE_ARRAY)
    type = read_union(reader, json, space);
  else if (json->kind == JSON_TREE_OBJECT)
    type = read_object(reader, json, space);
  else
    avro_schema_fail(reader, "", "a type must be a string, an array or an object");
  reader->depth--;
  return type;
}

static int is_read(const avro_schema *schema, uint64_t number) {
  for (uint32_t i = 0; i < schema->number_count; i++)
    if (schema->numbers[i] == number)
      return 1;
  return 0;
}

static int note_read(avro_schema *schema, uint64_t number) {
  uint64_t *numbers = realloc(schema->numbers, (schema->number_count + 1) * sizeof *numbers);
  if (numbers == NULL)
    return 0;
  schema->numbers = numbers;
  numbers[schema->number_count++] = number;
  return 1;
}

static int32_t fail_read(const mill_schema *from, const char *title, const char *problem, mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: schema \"%.*s\": %s", title, avro_shown(from->name),
                   from->name, problem);
}

static int32_t read_into(avro_schema *schema, const mill_schema *from, int depth, const char *title,
                         mill_error *error) {
  if (from->format != MILL_SCHEMA_AVRO)
    return fail_read(from, title, "no Avro schema; give it one, or choose another serde", error);
  if (from->text_size > AVRO_TEXT_MAX || depth > AVRO_DEPTH_MAX)
    return fail_read(from, title, "longer than 1 MiB, or references go more than 64 deep", error);
  if (!note_read(schema, from->number))
    return mill_fail_memory(error, title);
  for (int64_t i = 0; i < from->reference_count; i++) {
    const mill_schema *other = from->references[i].schema;
    if (!is_read(schema, other->number) && read_into(schema, other, depth + 1, title, error) != MILL_OK)
      return MILL_FAILED;
  }
  avro_schema_reader reader = {.schema = schema};
  const json_tree *json =
      json_tree_read(&schema->arena, from->text, from->text_size, reader.problem, sizeof reader.problem);
  schema->root = json == NULL ? NULL : avro_schema_type(&reader, json, "");
  return schema->root != NULL ? MILL_OK : fail_read(from, title, reader.problem, error);
}

avro_schema *avro_schema_read(const mill_schema *from, const char *title, mill_error *error) {
  avro_schema *schema = calloc(1, sizeof *schema);
  if (schema == NULL) {
    mill_fail_memory(error, title);
    return NULL;
  }
  if (read_into(schema, from, 1, title, error) == MILL_OK) {
    schema->title = arena_copy(&schema->arena, from->name, (size_t)avro_shown(from->name));
    schema->text = arena_copy(&schema->arena, from->text, (size_t)from->text_size);
    if (schema->title != NULL && schema->text != NULL)
      return schema;
    mill_fail_memory(error, title);
  }
  avro_schema_free(schema);
  return NULL;
}

void avro_schema_free(avro_schema *schema) {
  if (schema == NULL)
    return;
  arena_free(&schema->arena);
  free(schema->numbers);
  free(schema);
}
