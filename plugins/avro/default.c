#include "default.h"

#include "../common/number.h"
#include "binary.h"

#include <math.h>

// A default being encoded.
typedef struct coder {
  uint8_t bytes[AVRO_DEFAULT_MAX];
  int64_t size;
  int depth, values;
} coder;

static int encode(coder *to, const avro_type *type, const json_tree *json);

static int put(coder *to, const void *bytes, int64_t size) {
  if (size > AVRO_DEFAULT_MAX - to->size)
    return 0;
  if (size > 0)
    memcpy(to->bytes + to->size, bytes, (size_t)size);
  to->size += size;
  return 1;
}

static int put_long(coder *to, int64_t value) {
  uint8_t bytes[AVRO_LONG_MAX];
  return put(to, bytes, avro_write_long(value, bytes) - bytes);
}

static int put_integer(coder *to, const avro_type *type, const json_tree *json) {
  int64_t value;
  if (!json_tree_integer(json, &value) || (type->kind == AVRO_INT && value != (int32_t)value))
    return 0;
  return put_long(to, value);
}

static int put_float(coder *to, const avro_type *type, const json_tree *json) {
  double wide = 0;
  float narrow = 0;
  if (json->kind == JSON_TREE_STRING) {
    wide = strcmp(json->text, "NaN") == 0         ? (double)NAN
           : strcmp(json->text, "Infinity") == 0  ? (double)INFINITY
           : strcmp(json->text, "-Infinity") == 0 ? -(double)INFINITY
                                                  : 0;
    if (wide == 0)
      return 0;
    narrow = (float)wide;
  } else {
    const uint8_t *text = (const uint8_t *)json->text;
    if (json->kind != JSON_TREE_NUMBER || !number_double(text, text + json->size, &wide) ||
        (type->kind == AVRO_FLOAT && !number_float(text, text + json->size, &narrow)))
      return 0;
  }
  return type->kind == AVRO_FLOAT ? put(to, &narrow, sizeof narrow) : put(to, &wide, sizeof wide);
}

// Bytes and fixed: code points 0 to 255 are the bytes.
static int put_bytes(coder *to, const avro_type *type, const json_tree *json) {
  const uint8_t *text = (const uint8_t *)json->text;
  int64_t count = 0;
  for (int64_t i = 0; i < json->size; i++)
    count += (text[i] & 0xC0) != 0x80;
  if (type->kind == AVRO_FIXED ? count != type->size : !put_long(to, count))
    return 0;
  for (int64_t i = 0; i < json->size; i++) {
    int is_two = text[i] == 0xC2 || text[i] == 0xC3;
    uint8_t byte = is_two ? (uint8_t)(text[i] << 6 | (text[i + 1] & 0x3F)) : text[i];
    if ((!is_two && text[i] >= 0x80) || !put(to, &byte, 1))
      return 0;
    i += is_two;
  }
  return 1;
}

static int put_string(coder *to, const avro_type *type, const json_tree *json) {
  if (json->kind != JSON_TREE_STRING)
    return 0;
  if (type->kind == AVRO_STRING)
    return put_long(to, json->size) && put(to, json->text, json->size);
  if (type->kind != AVRO_ENUM)
    return put_bytes(to, type, json);
  for (uint32_t i = 0; i < type->count; i++)
    if (strcmp(type->symbols[i], json->text) == 0)
      return put_long(to, i);
  return 0;
}

static int put_record(coder *to, const avro_type *type, const json_tree *json) {
  if (json->kind != JSON_TREE_OBJECT)
    return 0;
  for (uint32_t i = 0; i < type->count; i++) {
    const json_tree *member = json_tree_member(json, type->fields[i].name);
    member = member != NULL ? member : type->fields[i].preset;
    if (member == NULL || !encode(to, type->fields[i].type, member))
      return 0;
  }
  return 1;
}

static int put_items(coder *to, const avro_type *type, const json_tree *json) {
  if (json->kind != (type->kind == AVRO_ARRAY ? JSON_TREE_ARRAY : JSON_TREE_OBJECT))
    return 0;
  if (json->count > 0 && !put_long(to, json->count))
    return 0;
  for (const json_tree *item = json->first; item != NULL; item = item->next) {
    int64_t size = type->kind == AVRO_MAP ? (int64_t)strlen(item->key) : 0;
    if (type->kind == AVRO_MAP && (!put_long(to, size) || !put(to, item->key, size)))
      return 0;
    if (!encode(to, type->items, item))
      return 0;
  }
  return put_long(to, 0);
}

// A default is of the first branch by the specification; one of another branch is taken, too.
static int put_union(coder *to, const avro_type *type, const json_tree *json) {
  int64_t start = to->size;
  for (uint32_t i = 0; i < type->count && to->values < AVRO_DEFAULT_MAX; i++) {
    to->size = start;
    if (put_long(to, i) && encode(to, type->branches[i], json))
      return 1;
  }
  return 0;
}

static int encode_kind(coder *to, const avro_type *type, const json_tree *json) {
  uint8_t is_true = json->kind == JSON_TREE_TRUE;
  switch (type->kind) {
  case AVRO_NULL:
    return json->kind == JSON_TREE_NULL;
  case AVRO_BOOLEAN:
    return (json->kind == JSON_TREE_TRUE || json->kind == JSON_TREE_FALSE) && put(to, &is_true, 1);
  case AVRO_INT:
  case AVRO_LONG:
    return put_integer(to, type, json);
  case AVRO_FLOAT:
  case AVRO_DOUBLE:
    return put_float(to, type, json);
  case AVRO_RECORD:
    return put_record(to, type, json);
  case AVRO_ARRAY:
  case AVRO_MAP:
    return put_items(to, type, json);
  case AVRO_UNION:
    return put_union(to, type, json);
  default:
    return put_string(to, type, json);
  }
}

static int encode(coder *to, const avro_type *type, const json_tree *json) {
  if (to->depth == AVRO_DEPTH_MAX || ++to->values > AVRO_DEFAULT_MAX)
    return 0;
  to->depth++;
  int is_good = encode_kind(to, type, json);
  to->depth--;
  return is_good;
}

const uint8_t *avro_default_encode(arena *arena, const avro_field *field, int64_t *size, char *problem,
                                   size_t problem_size) {
  coder *to = calloc(1, sizeof *to);
  const uint8_t *bytes = NULL;
  if (to != NULL && encode(to, field->type, field->preset)) {
    *size = to->size;
    bytes = arena_copy(arena, to->bytes, (size_t)to->size);
  }
  if (bytes == NULL)
    snprintf(problem, problem_size, "the default is no %s, longer than 64 KiB or nested too deeply",
             field->type->name);
  free(to);
  return bytes;
}
