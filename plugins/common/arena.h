/// Memory that is freed as a whole.
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

/// Begins as zeros. One thread at a time.
typedef struct arena {
  struct arena_block *last;
} arena;

/// Zeroed memory of `size` bytes, aligned to 16, the arena's; NULL without memory. [any]
void *arena_get(arena *arena, size_t size);

/// A copy of `size` bytes, followed by 16 zeros; the arena's. NULL without memory. [any]
void *arena_copy(arena *arena, const void *bytes, size_t size);

/// Frees all of it. [any]
void arena_free(arena *arena);

#endif
