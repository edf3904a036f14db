#include "schema_read.h"

int avro_is_name(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    char lower = (char)(text[i] | 0x20);
    int is_letter = (lower >= 'a' && lower <= 'z') || text[i] == '_';
    if (!is_letter && (i == 0 || text[i] < '0' || text[i] > '9'))
      return 0;
  }
  return size > 0;
}

static int is_full_name(const char *text) {
  for (const char *dot; (dot = strchr(text, '.')) != NULL; text = dot + 1)
    if (!avro_is_name(text, (size_t)(dot - text)))
      return 0;
  return avro_is_name(text, strlen(text));
}

const avro_type *avro_schema_find(const avro_schema *schema, const char *name, const char *space) {
  const name_entry *found = name_set_find(&schema->names, strchr(name, '.') != NULL ? "" : space, name);
  return found == NULL ? NULL : found->value;
}

// Sets a type's name, and the namespace that is in force within it.
static int set_name(avro_schema_reader *reader, avro_type *type, const json_tree *json, const char *space) {
  const char *name = json_tree_text(json, "name"), *given = json_tree_text(json, "namespace");
  if (name == NULL || !is_full_name(name))
    return avro_schema_fail(reader, name == NULL ? "" : name, "a named type needs a valid \"name\"") != NULL;
  if (given != NULL && given[0] != '\0' && !is_full_name(given))
    return avro_schema_fail(reader, given, "no valid namespace") != NULL;
  space = given != NULL ? given : space;
  int is_full = strchr(name, '.') != NULL || space[0] == '\0';
  size_t space_size = is_full ? 0 : strlen(space) + 1, name_size = strlen(name);
  char *full = avro_schema_get(reader, space_size + name_size + 1);
  char *own_space = avro_schema_get(reader, space_size + name_size + 1);
  if (full == NULL || own_space == NULL)
    return 0;
  snprintf(full, space_size + name_size + 1, "%s%s%s", is_full ? "" : space, is_full ? "" : ".", name);
  const char *dot = strrchr(full, '.');
  type->name = full;
  type->short_name = dot == NULL ? full : dot + 1;
  memcpy(own_space, full, dot == NULL ? 0 : (size_t)(dot - full));
  type->space = own_space;
  const json_tree *aliases = json_tree_member(json, "aliases");
  type->aliases = aliases != NULL && aliases->kind == JSON_TREE_ARRAY ? aliases : NULL;
  return 1;
}

static int read_field(avro_schema_reader *reader, avro_type *record, name_set *names, const json_tree *json) {
  const char *name = json_tree_text(json, "name");
  const json_tree *type = json_tree_member(json, "type"), *aliases = json_tree_member(json, "aliases");
  if (name == NULL || !avro_is_name(name, strlen(name)) || type == NULL)
    return avro_schema_fail(reader, record->name, "a field needs a valid \"name\" and a \"type\"") != NULL;
  if (!avro_schema_name(reader, names, name, NULL, "two fields of one name"))
    return 0;
  avro_field *field = &record->fields[record->count];
  field->name = name;
  field->aliases = aliases != NULL && aliases->kind == JSON_TREE_ARRAY ? aliases : NULL;
  field->preset = json_tree_member(json, "default");
  field->type = avro_schema_type(reader, type, record->space);
  record->count++;
  return field->type != NULL;
}

static int read_fields(avro_schema_reader *reader, avro_type *record, const json_tree *json) {
  const json_tree *fields = json_tree_member(json, "fields");
  if (fields == NULL || fields->kind != JSON_TREE_ARRAY)
    return avro_schema_fail(reader, record->name, "a record needs an array of \"fields\"") != NULL;
  record->fields = avro_schema_get(reader, fields->count * sizeof *record->fields);
  if (record->fields == NULL)
    return 0;
  name_set names = {.capacity = 0};
  for (const json_tree *field = fields->first; field != NULL; field = field->next)
    if (!read_field(reader, record, &names, field))
      return 0;
  return 1;
}

static int read_symbols(avro_schema_reader *reader, avro_type *type, const json_tree *json) {
  const json_tree *symbols = json_tree_member(json, "symbols"), *preset = json_tree_member(json, "default");
  if (symbols == NULL || symbols->kind != JSON_TREE_ARRAY || symbols->count == 0)
    return avro_schema_fail(reader, type->name, "an enum needs an array of \"symbols\"") != NULL;
  type->symbols = avro_schema_get(reader, symbols->count * sizeof *type->symbols);
  if (type->symbols == NULL)
    return 0;
  name_set names = {.capacity = 0};
  for (const json_tree *symbol = symbols->first; symbol != NULL; symbol = symbol->next) {
    if (symbol->kind != JSON_TREE_STRING || !avro_is_name(symbol->text, (size_t)symbol->size))
      return avro_schema_fail(reader, type->name, "a symbol that is no name") != NULL;
    if (!avro_schema_name(reader, &names, symbol->text, NULL, "two symbols of one name"))
      return 0;
    if (preset != NULL && preset->kind == JSON_TREE_STRING && strcmp(preset->text, symbol->text) == 0)
      type->preset = type->count;
    type->symbols[type->count++] = symbol->text;
  }
  return (preset == NULL || type->preset >= 0) ||
         avro_schema_fail(reader, type->name, "the default is none of the symbols") != NULL;
}

static int read_size(avro_schema_reader *reader, avro_type *type, const json_tree *json) {
  if (!json_tree_integer(json_tree_member(json, "size"), &type->size) || type->size < 0 ||
      type->size > INT32_MAX)
    return avro_schema_fail(reader, type->name, "a fixed needs a \"size\" from 0 to 2147483647") != NULL;
  avro_schema_set_logical(type, json);
  return 1;
}

const avro_type *avro_schema_named(avro_schema_reader *reader, const json_tree *json, avro_kind kind,
                                   const char *space) {
  avro_type *type = avro_schema_make(reader, kind);
  // The name goes first: fields may refer to their own record.
  if (type == NULL || !set_name(reader, type, json, space) ||
      !avro_schema_name(reader, &reader->schema->names, type->name, type, "two types of one name"))
    return NULL;
  int is_good = kind == AVRO_RECORD ? read_fields(reader, type, json)
                : kind == AVRO_ENUM ? read_symbols(reader, type, json)
                                    : read_size(reader, type, json);
  return is_good ? type : NULL;
}
