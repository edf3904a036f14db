/// Memory that is freed as a whole.
#ifndef AVRO_ARENA_H
#define AVRO_ARENA_H

#include <stddef.h>

/// Begins as zeros. One thread at a time.
typedef struct avro_arena {
  struct avro_arena_block *last;
} avro_arena;

/// Zeroed memory of `size` bytes, aligned to 16, the arena's; NULL without memory. [any]
void *avro_arena_get(avro_arena *arena, size_t size);

/// A copy of `size` bytes, followed by 16 zeros; the arena's. NULL without memory. [any]
void *avro_arena_copy(avro_arena *arena, const void *bytes, size_t size);

/// Frees all of it. [any]
void avro_arena_free(avro_arena *arena);

#endif
