#include "match.h"

static int is_alias(const json_tree *aliases, const char *name) {
  if (aliases == NULL)
    return 0;
  for (const json_tree *alias = aliases->first; alias != NULL; alias = alias->next) {
    if (alias->kind != JSON_TREE_STRING)
      continue;
    const char *dot = strrchr(alias->text, '.');
    if (strcmp(dot == NULL ? alias->text : dot + 1, name) == 0)
      return 1;
  }
  return 0;
}

static int is_promotion(avro_kind written, avro_kind read) {
  switch (written) {
  case AVRO_INT:
    return read == AVRO_LONG || read == AVRO_FLOAT || read == AVRO_DOUBLE;
  case AVRO_LONG:
    return read == AVRO_FLOAT || read == AVRO_DOUBLE;
  case AVRO_FLOAT:
    return read == AVRO_DOUBLE;
  case AVRO_STRING:
    return read == AVRO_BYTES;
  case AVRO_BYTES:
    return read == AVRO_STRING;
  default:
    return 0;
  }
}

const avro_type *avro_branch_for(const avro_type *written, const avro_type *read) {
  for (uint32_t i = 0; i < read->count; i++)
    if (avro_matches(written, read->branches[i]))
      return read->branches[i];
  return NULL;
}

int avro_matches(const avro_type *written, const avro_type *read) {
  if (written->kind == AVRO_UNION) // which branch it is shows with each value
    return 1;
  if (read->kind == AVRO_UNION)
    return avro_branch_for(written, read) != NULL;
  if (written->kind != read->kind)
    return is_promotion(written->kind, read->kind);
  switch (read->kind) {
  case AVRO_ARRAY:
  case AVRO_MAP:
    return avro_matches(written->items, read->items);
  case AVRO_FIXED:
    if (written->size != read->size)
      return 0;
    return strcmp(written->short_name, read->short_name) == 0 || is_alias(read->aliases, written->short_name);
  case AVRO_RECORD:
  case AVRO_ENUM:
    return strcmp(written->short_name, read->short_name) == 0 || is_alias(read->aliases, written->short_name);
  default:
    return 1;
  }
}

static int64_t field_called(const avro_type *record, const char *name) {
  for (uint32_t i = 0; i < record->count; i++)
    if (strcmp(record->fields[i].name, name) == 0)
      return i;
  return -1;
}

int64_t avro_field_for(const avro_type *written, const avro_field *field) {
  int64_t index = field_called(written, field->name);
  const json_tree *alias = field->aliases == NULL ? NULL : field->aliases->first;
  for (; index < 0 && alias != NULL; alias = alias->next)
    if (alias->kind == JSON_TREE_STRING)
      index = field_called(written, alias->text);
  return index;
}
