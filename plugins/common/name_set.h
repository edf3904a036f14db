/// A set of names, so that a schema of very many takes no longer per name than a small one.
#ifndef NAME_SET_H
#define NAME_SET_H

#include "arena.h"

#include <stdint.h>

/// A name that is there; its text is not copied.
typedef struct name_entry {
  const char *text;
  /// What it names.
  const void *value;
} name_entry;

/// Zeros are an empty one. An open-addressed table, at most half full; its memory is the arena's.
typedef struct name_set {
  name_entry *places;
  /// A power of two, or 0.
  uint32_t capacity;
  uint32_t count;
} name_set;

/// The name `space` + '.' + `name`, or `name` if `space` is "". NULL if it is not there. [any]
const name_entry *name_set_find(const name_set *names, const char *space, const char *name);

/// Adds a name that is not there. 0 without memory. [any]
int name_set_add(name_set *names, arena *arena, const char *text, const void *value);

#endif
