#include "type.h"

#define JSON_TYPES                                                                                             \
  "bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, time64, "                     \
  "timestamp, decimal128, list, struct or map<utf8, …>"

static uint32_t hash_of(const uint8_t *bytes, int64_t size) {
  uint32_t hash = 2166136261u;
  for (int64_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash ^ hash >> 15;
}

int64_t json_type_field(const json_type *type, const uint8_t *name, int64_t size) {
  for (uint32_t at = hash_of(name, size);; at++) {
    uint32_t entry = type->names[at & type->names_mask];
    if (entry == 0)
      return -1;
    const json_type *field = &type->children[entry - 1];
    if (field->name_size == size && memcmp(field->name, name, (size_t)size) == 0)
      return entry - 1;
  }
}

static int32_t make_names(json_type *type, mill_error *error) {
  uint32_t size = 4;
  while (size < type->child_count * 2)
    size *= 2;
  type->names = calloc(size, sizeof *type->names);
  if (type->names == NULL)
    return mill_fail_memory(error, "serde \"json\"");
  type->names_mask = size - 1;
  for (uint32_t i = 0; i < type->child_count; i++) {
    const json_type *field = &type->children[i];
    if (json_type_field(type, (const uint8_t *)field->name, field->name_size) >= 0)
      return mill_fail(error, MILL_CLASS_FATAL, 0,
                       "serde \"json\": two fields are called \"%.200s\"; rename one of them", field->name);
    uint32_t at = hash_of((const uint8_t *)field->name, field->name_size);
    while (type->names[at & type->names_mask] != 0)
      at++;
    type->names[at & type->names_mask] = i + 1;
  }
  return MILL_OK;
}

// Writes `,"name":` with the escapes that JSON needs; returns its end.
static char *write_label(const char *name, char *out) {
  *out++ = ',';
  *out++ = '"';
  for (; *name != '\0'; name++) {
    unsigned char c = (unsigned char)*name;
    if (c < 0x20) {
      out += sprintf(out, "\\u%04x", c);
      continue;
    }
    if (c == '"' || c == '\\')
      *out++ = '\\';
    *out++ = (char)c;
  }
  *out++ = '"';
  *out++ = ':';
  return out;
}

static int32_t set_name(json_type *type, const char *name, mill_error *error) {
  size_t size = strlen(name);
  if (mill_utf8_invalid_at((const uint8_t *)name, (int64_t)size) >= 0 || size > UINT16_MAX)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "serde \"json\": a field's name is not UTF-8 or longer than %d bytes", UINT16_MAX);
  type->name = malloc(size + 1);
  type->label = calloc(1, size * 6 + 4 + 17);
  if (type->name == NULL || type->label == NULL)
    return mill_fail_memory(error, "serde \"json\"");
  memcpy(type->name, name, size + 1);
  type->name_size = (uint32_t)size;
  type->label_size = (uint32_t)(write_label(name, type->label) - type->label);
  return MILL_OK;
}

// The schema whose children are the columns that a nested type consists of; NULL if its shape is wrong.
static const struct ArrowSchema *shape_of(const json_type *type, const struct ArrowSchema *schema) {
  if (type->kind != JSON_MAP)
    return type->kind != JSON_LIST || schema->n_children == 1 ? schema : NULL;
  if (schema->n_children != 1 || schema->children[0]->n_children != 2)
    return NULL;
  return schema->children[0];
}

static int32_t fill(json_type *type, const struct ArrowSchema *schema, int is_decode, int depth,
                    mill_error *error);

static int32_t fail_type(const json_type *type, const struct ArrowSchema *schema, int is_decode,
                         mill_error *error) {
  char path[256];
  json_type_path(type, path, sizeof path);
  return mill_fail(
      error, MILL_CLASS_FATAL, 0,
      "serde \"json\" can't %s column \"%s\" of Arrow format \"%.40s\"%s; declare it as " JSON_TYPES,
      is_decode ? "decode into" : "encode", path, schema->format,
      schema->dictionary != NULL ? " with a dictionary" : "");
}

static int32_t fill_children(json_type *type, const struct ArrowSchema *schema, int is_decode, int depth,
                             mill_error *error) {
  const struct ArrowSchema *shape = shape_of(type, schema);
  if (shape == NULL || depth == JSON_DEPTH_MAX || shape->n_children > UINT16_MAX)
    return fail_type(type, schema, is_decode, error);
  type->children = calloc((size_t)shape->n_children + 1, sizeof *type->children);
  if (type->children == NULL)
    return mill_fail_memory(error, "serde \"json\"");
  for (int64_t i = 0; i < shape->n_children; i++) {
    type->children[i].parent = type;
    type->child_count++;
    if (fill(&type->children[i], shape->children[i], is_decode, depth + 1, error) != MILL_OK)
      return MILL_FAILED;
  }
  if (type->kind == JSON_MAP && (type->children[0].kind != JSON_TEXT || type->children[0].is_nullable))
    return fail_type(type, schema, is_decode, error);
  return type->kind == JSON_STRUCT ? make_names(type, error) : MILL_OK;
}

static int32_t fill(json_type *type, const struct ArrowSchema *schema, int is_decode, int depth,
                    mill_error *error) {
  if (set_name(type, schema->name == NULL ? "" : schema->name, error) != MILL_OK)
    return MILL_FAILED;
  type->is_nullable = (schema->flags & ARROW_FLAG_NULLABLE) != 0;
  if (schema->dictionary != NULL || !json_type_read_format(type, schema->format))
    return fail_type(type, schema, is_decode, error);
  int is_text = type->kind == JSON_TEXT || type->kind == JSON_BINARY;
  if (is_text && is_decode && type->layout != MILL_LAYOUT_VIEWS)
    return fail_type(type, schema, is_decode, error);
  int is_nested = type->kind == JSON_LIST || type->kind == JSON_STRUCT || type->kind == JSON_MAP;
  return is_nested ? fill_children(type, schema, is_decode, depth, error) : MILL_OK;
}

json_type *json_type_make(const struct ArrowSchema *schema, int is_decode, mill_error *error) {
  json_type *type = calloc(1, sizeof *type);
  if (type == NULL) {
    mill_fail_memory(error, "serde \"json\"");
    return NULL;
  }
  int32_t status = fill(type, schema, is_decode, 1, error);
  if (status == MILL_OK && type->kind != JSON_STRUCT)
    status = mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"json\" needs a struct schema for its rows");
  type->is_nullable = 0; // a row is always there
  if (status == MILL_OK)
    return type;
  json_type_free(type);
  return NULL;
}

static void free_parts(json_type *type) {
  for (uint32_t i = 0; i < type->child_count; i++)
    free_parts(&type->children[i]);
  free(type->children);
  free(type->names);
  free(type->name);
  free(type->label);
}

void json_type_free(json_type *type) {
  free_parts(type);
  free(type);
}

void json_type_path(const json_type *type, char *out, size_t size) {
  const json_type *chain[JSON_DEPTH_MAX + 2];
  int count = 0;
  for (; type->parent != NULL && count < JSON_DEPTH_MAX + 2; type = type->parent)
    chain[count++] = type;
  size_t used = 0;
  out[0] = '\0';
  while (count-- > 0 && used < size) {
    const json_type *step = chain[count];
    int is_map_key = step->parent->kind == JSON_MAP && step == step->parent->children;
    const char *dot = used > 0 ? "." : "";
    int written = step->parent->kind == JSON_LIST ? snprintf(out + used, size - used, "[]")
                  : step->parent->kind == JSON_MAP
                      ? snprintf(out + used, size - used, is_map_key ? "{key}" : "{}")
                      : snprintf(out + used, size - used, "%s%s", dot, step->name);
    used += written < 0 ? 0 : (size_t)written;
  }
}
