/// A set of names, so that a schema of very many takes no longer per name than a small one.
#ifndef AVRO_NAMES_H
#define AVRO_NAMES_H

#include "arena.h"

#include <stdint.h>

/// A name that is there; its text is not copied.
typedef struct avro_name {
  const char *text;
  /// What it names.
  const void *value;
} avro_name;

/// Zeros are an empty one. An open-addressed table, at most half full; its memory is the arena's.
typedef struct avro_names {
  avro_name *places;
  /// A power of two, or 0.
  uint32_t capacity;
  uint32_t count;
} avro_names;

/// The name `space` + '.' + `name`, or `name` if `space` is "". NULL if it is not there. [any]
const avro_name *avro_names_find(const avro_names *names, const char *space, const char *name);

/// Adds a name that is not there. 0 without memory. [any]
int avro_names_add(avro_names *names, avro_arena *arena, const char *text, const void *value);

#endif
