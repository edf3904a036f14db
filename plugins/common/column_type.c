#include "column_type.h"

static uint32_t hash_of(const uint8_t *bytes, int64_t size) {
  uint32_t hash = 2166136261u;
  for (int64_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash ^ hash >> 15;
}

int64_t column_type_field(const column_type *type, const uint8_t *name, int64_t size) {
  for (uint32_t at = hash_of(name, size);; at++) {
    uint32_t entry = type->names[at & type->names_mask];
    if (entry == 0)
      return -1;
    const column_type *field = &type->children[entry - 1];
    if (field->name_size == size && memcmp(field->name, name, (size_t)size) == 0)
      return entry - 1;
  }
}

static int32_t make_names(const column_rules *rules, column_type *type, mill_error *error) {
  uint32_t size = 4;
  while (size < type->child_count * 2)
    size *= 2;
  type->names = calloc(size, sizeof *type->names);
  if (type->names == NULL)
    return mill_fail_memory(error, rules->title);
  type->names_mask = size - 1;
  for (uint32_t i = 0; i < type->child_count; i++) {
    const column_type *field = &type->children[i];
    if (column_type_field(type, (const uint8_t *)field->name, field->name_size) >= 0)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: two fields are called \"%.200s\"; rename one of them",
                       rules->title, field->name);
    uint32_t at = hash_of((const uint8_t *)field->name, field->name_size);
    while (type->names[at & type->names_mask] != 0)
      at++;
    type->names[at & type->names_mask] = i + 1;
  }
  return MILL_OK;
}

static int32_t set_name(const column_rules *rules, column_type *type, const char *name, mill_error *error) {
  size_t size = strlen(name);
  if (mill_utf8_invalid_at((const uint8_t *)name, (int64_t)size) >= 0 || size > UINT16_MAX)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: a field's name is not UTF-8 or longer than %d bytes",
                     rules->title, UINT16_MAX);
  type->name = malloc(size + 1);
  if (type->name == NULL)
    return mill_fail_memory(error, rules->title);
  memcpy(type->name, name, size + 1);
  type->name_size = (uint32_t)size;
  if (rules->make_label != NULL && !rules->make_label(type))
    return mill_fail_memory(error, rules->title);
  return MILL_OK;
}

// The schema whose children are the columns that a nested type consists of; NULL if its shape is wrong.
static const struct ArrowSchema *shape_of(const column_type *type, const struct ArrowSchema *schema) {
  if (type->kind != COLUMN_MAP)
    return type->kind != COLUMN_LIST || schema->n_children == 1 ? schema : NULL;
  if (schema->n_children != 1 || schema->children[0]->n_children != 2)
    return NULL;
  return schema->children[0];
}

static int32_t fill(const column_rules *rules, column_type *type, const struct ArrowSchema *schema,
                    int is_decode, int depth, mill_error *error);

static int32_t fail_type(const column_rules *rules, const column_type *type, const struct ArrowSchema *schema,
                         int is_decode, mill_error *error) {
  char path[256];
  column_type_path(type, path, sizeof path);
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "%s can't %s column \"%s\" of Arrow format \"%.40s\"%s; declare it as %s", rules->title,
                   is_decode ? "decode into" : "encode", path, schema->format,
                   schema->dictionary != NULL ? " with a dictionary" : "", rules->types);
}

static int32_t fill_children(const column_rules *rules, column_type *type, const struct ArrowSchema *schema,
                             int is_decode, int depth, mill_error *error) {
  const struct ArrowSchema *shape = shape_of(type, schema);
  if (shape == NULL || depth == COLUMN_DEPTH_MAX || shape->n_children > UINT16_MAX)
    return fail_type(rules, type, schema, is_decode, error);
  type->children = calloc((size_t)shape->n_children + 1, sizeof *type->children);
  if (type->children == NULL)
    return mill_fail_memory(error, rules->title);
  for (int64_t i = 0; i < shape->n_children; i++) {
    type->children[i].parent = type;
    type->child_count++;
    if (fill(rules, &type->children[i], shape->children[i], is_decode, depth + 1, error) != MILL_OK)
      return MILL_FAILED;
  }
  if (type->kind == COLUMN_MAP && (type->children[0].kind != COLUMN_TEXT || type->children[0].is_nullable))
    return fail_type(rules, type, schema, is_decode, error);
  return type->kind == COLUMN_STRUCT && !rules->is_flat ? make_names(rules, type, error) : MILL_OK;
}

static int32_t fill(const column_rules *rules, column_type *type, const struct ArrowSchema *schema,
                    int is_decode, int depth, mill_error *error) {
  if (set_name(rules, type, schema->name == NULL ? "" : schema->name, error) != MILL_OK)
    return MILL_FAILED;
  type->is_nullable = (schema->flags & ARROW_FLAG_NULLABLE) != 0;
  if (schema->dictionary != NULL || !column_type_read_format(type, schema->format))
    return fail_type(rules, type, schema, is_decode, error);
  int is_text = type->kind == COLUMN_TEXT || type->kind == COLUMN_BINARY;
  if (is_text && is_decode && type->layout != MILL_LAYOUT_VIEWS)
    return fail_type(rules, type, schema, is_decode, error);
  int is_nested = type->kind == COLUMN_LIST || type->kind == COLUMN_STRUCT || type->kind == COLUMN_MAP;
  if (is_nested && depth > 1 && rules->is_flat)
    return fail_type(rules, type, schema, is_decode, error);
  return is_nested ? fill_children(rules, type, schema, is_decode, depth, error) : MILL_OK;
}

column_type *column_type_make(const column_rules *rules, const struct ArrowSchema *schema, int is_decode,
                              mill_error *error) {
  column_type *type = calloc(1, sizeof *type);
  if (type == NULL) {
    mill_fail_memory(error, rules->title);
    return NULL;
  }
  int32_t status = fill(rules, type, schema, is_decode, 1, error);
  if (status == MILL_OK && type->kind != COLUMN_STRUCT)
    status = mill_fail(error, MILL_CLASS_FATAL, 0, "%s needs a struct schema for its rows", rules->title);
  type->is_nullable = 0; // a row is always there
  if (status == MILL_OK)
    return type;
  column_type_free(type);
  return NULL;
}

static void free_parts(column_type *type) {
  for (uint32_t i = 0; i < type->child_count; i++)
    free_parts(&type->children[i]);
  free(type->children);
  free(type->names);
  free(type->name);
  free(type->label);
}

void column_type_free(column_type *type) {
  free_parts(type);
  free(type);
}

void column_type_path(const column_type *type, char *out, size_t size) {
  const column_type *chain[COLUMN_DEPTH_MAX + 2];
  int count = 0;
  for (; type->parent != NULL && count < COLUMN_DEPTH_MAX + 2; type = type->parent)
    chain[count++] = type;
  size_t used = 0;
  out[0] = '\0';
  while (count-- > 0 && used < size) {
    const column_type *step = chain[count];
    int is_map_key = step->parent->kind == COLUMN_MAP && step == step->parent->children;
    const char *dot = used > 0 ? "." : "";
    int written = step->parent->kind == COLUMN_LIST ? snprintf(out + used, size - used, "[]")
                  : step->parent->kind == COLUMN_MAP
                      ? snprintf(out + used, size - used, is_map_key ? "{key}" : "{}")
                      : snprintf(out + used, size - used, "%s%s", dot, step->name);
    used += written < 0 ? 0 : (size_t)written;
  }
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)out, (int64_t)strlen(out)); // names are UTF-8
  if (cut >= 0)
    out[cut] = '\0';
}
