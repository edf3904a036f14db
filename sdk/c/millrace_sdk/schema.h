/// Schemas: static ones for state descriptors, heap ones for outputs, and reading those of inputs.
#ifndef MILLRACE_SDK_SCHEMA_H
#define MILLRACE_SDK_SCHEMA_H

#include "error.h"
#include "millrace/arrow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/// A field of a struct schema.
typedef struct mill_field {
  /// UTF-8.
  const char *name;
  /// Arrow's format string, e.g. "l".
  const char *format;
  /// Bit set of ARROW_FLAG_*: ARROW_FLAG_NULLABLE, or 0 for a field that always has a value.
  int64_t flags;
} mill_field;

/// A field inside MILL_STATIC_STRUCT.
#define MILL_STATIC_FIELD(name_, format_) {format_, name_, NULL, 0, 0, NULL, NULL, NULL, NULL}

/// The most fields that MILL_STATIC_STRUCT takes.
#define MILL_STATIC_FIELDS_MAX 16

#define MILL_STATIC_CHILD_(symbol, i) &symbol##_fields[(i) < symbol##_count ? (i) : 0]

/// At file scope: defines `symbol`, a static struct schema for a state descriptor, of at most 16 fields:
/// MILL_STATIC_STRUCT(counter_schema, MILL_STATIC_FIELD("count", "l"), MILL_STATIC_FIELD("sum", "g"));
#define MILL_STATIC_STRUCT(symbol, ...)                                                                        \
  static struct ArrowSchema symbol##_fields[] = {__VA_ARGS__};                                                 \
  enum { symbol##_count = (int)(sizeof(symbol##_fields) / sizeof(symbol##_fields[0])) };                       \
  typedef char symbol##_has_too_many_fields[symbol##_count <= MILL_STATIC_FIELDS_MAX ? 1 : -1];                \
  static struct ArrowSchema *symbol##_children[MILL_STATIC_FIELDS_MAX] = {                                     \
      MILL_STATIC_CHILD_(symbol, 0),  MILL_STATIC_CHILD_(symbol, 1),  MILL_STATIC_CHILD_(symbol, 2),           \
      MILL_STATIC_CHILD_(symbol, 3),  MILL_STATIC_CHILD_(symbol, 4),  MILL_STATIC_CHILD_(symbol, 5),           \
      MILL_STATIC_CHILD_(symbol, 6),  MILL_STATIC_CHILD_(symbol, 7),  MILL_STATIC_CHILD_(symbol, 8),           \
      MILL_STATIC_CHILD_(symbol, 9),  MILL_STATIC_CHILD_(symbol, 10), MILL_STATIC_CHILD_(symbol, 11),          \
      MILL_STATIC_CHILD_(symbol, 12), MILL_STATIC_CHILD_(symbol, 13), MILL_STATIC_CHILD_(symbol, 14),          \
      MILL_STATIC_CHILD_(symbol, 15)};                                                                         \
  static const struct ArrowSchema symbol = {"+s", "",   NULL, 0, symbol##_count, symbol##_children,            \
                                            NULL, NULL, NULL}

/// The release of one heap field: its strings are one block. [any]
static inline void mill_schema_release_field(struct ArrowSchema *schema) {
  free(schema->private_data);
  schema->release = NULL;
}

/// The release of a heap struct schema; leaves out fields that were moved away. [any]
static inline void mill_schema_release_struct(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++)
    if (schema->children[i]->release != NULL)
      schema->children[i]->release(schema->children[i]);
  free(schema->private_data);
  schema->release = NULL;
}

/// Makes one heap field, with copies of the strings. Fails only without memory. [any]
static inline int mill_schema_make_field(struct ArrowSchema *out, const mill_field *field) {
  size_t format_size = strlen(field->format) + 1, name_size = strlen(field->name) + 1;
  char *strings = (char *)malloc(format_size + name_size);
  if (strings == NULL)
    return MILL_FAILED;
  memcpy(strings, field->format, format_size);
  memcpy(strings + format_size, field->name, name_size);
  memset(out, 0, sizeof *out);
  out->format = strings;
  out->name = strings + format_size;
  out->flags = field->flags;
  out->private_data = strings;
  out->release = mill_schema_release_field;
  return MILL_OK;
}

/// Makes a struct schema of flat fields on the heap, e.g. an output's in `bind`. The caller releases it. Fails
/// only without memory, and then leaves `out->release` NULL. [any]
static inline int32_t mill_schema_make(struct ArrowSchema *out, const mill_field *fields, uint32_t count,
                                       mill_error *error) {
  memset(out, 0, sizeof *out);
  size_t each = sizeof(struct ArrowSchema *) + sizeof(struct ArrowSchema);
  char *block = (char *)calloc(count == 0 ? 1 : count, each);
  if (block == NULL)
    return mill_fail_memory(error, "making a schema");
  out->format = "+s";
  out->name = "";
  out->children = (struct ArrowSchema **)(void *)block;
  out->private_data = block;
  out->release = mill_schema_release_struct;
  struct ArrowSchema *children = (struct ArrowSchema *)(void *)(block + count * sizeof(struct ArrowSchema *));
  for (uint32_t i = 0; i < count; i++) {
    out->children[i] = &children[i];
    out->n_children = i + 1;
    if (mill_schema_make_field(&children[i], &fields[i]) != MILL_OK) {
      out->release(out);
      return mill_fail_memory(error, "making a schema");
    }
  }
  return MILL_OK;
}

/// Index of the field `name` in a struct schema, -1 if it has none. [any]
static inline int64_t mill_schema_find(const struct ArrowSchema *schema, const char *name) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    const char *own = schema->children[i]->name;
    if (own != NULL && strcmp(own, name) == 0)
      return i;
  }
  return -1;
}

/// Whether `format` is one of `accepted`, which are separated by '|'. [any]
static inline int mill_format_is(const char *format, const char *accepted) {
  size_t size = strlen(format);
  while (*accepted != '\0') {
    size_t length = strcspn(accepted, "|");
    if (length == size && memcmp(accepted, format, size) == 0)
      return 1;
    accepted += length + (accepted[length] == '|');
  }
  return 0;
}

#endif
