#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096, ALIGNMENT = 16 };

struct arena_block {
  struct arena_block *before;
  size_t used, capacity;
  size_t padding;
};

static struct arena_block *add_block(arena *arena, size_t size) {
  size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
  struct arena_block *block = calloc(1, sizeof *block + capacity);
  if (block == NULL)
    return NULL;
  block->before = arena->last;
  block->capacity = capacity;
  arena->last = block;
  return block;
}

void *arena_get(arena *arena, size_t size) {
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  struct arena_block *block = arena->last;
  if ((block == NULL || block->capacity - block->used < size) && (block = add_block(arena, size)) == NULL)
    return NULL;
  char *memory = (char *)(block + 1) + block->used;
  block->used += size;
  return memory;
}

void *arena_copy(arena *arena, const void *bytes, size_t size) {
  char *copy = arena_get(arena, size + 16);
  if (copy != NULL && size > 0)
    memcpy(copy, bytes, size);
  return copy;
}

void arena_free(arena *arena) {
  while (arena->last != NULL) {
    struct arena_block *block = arena->last;
    arena->last = block->before;
    free(block);
  }
}
