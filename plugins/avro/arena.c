#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096, ALIGNMENT = 16 };

struct avro_arena_block {
  struct avro_arena_block *before;
  size_t used, capacity;
  size_t padding;
};

static struct avro_arena_block *add_block(avro_arena *arena, size_t size) {
  size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
  struct avro_arena_block *block = calloc(1, sizeof *block + capacity);
  if (block == NULL)
    return NULL;
  block->before = arena->last;
  block->capacity = capacity;
  arena->last = block;
  return block;
}

void *avro_arena_get(avro_arena *arena, size_t size) {
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  struct avro_arena_block *block = arena->last;
  if ((block == NULL || block->capacity - block->used < size) && (block = add_block(arena, size)) == NULL)
    return NULL;
  char *memory = (char *)(block + 1) + block->used;
  block->used += size;
  return memory;
}

void *avro_arena_copy(avro_arena *arena, const void *bytes, size_t size) {
  char *copy = avro_arena_get(arena, size + 16);
  if (copy != NULL && size > 0)
    memcpy(copy, bytes, size);
  return copy;
}

void avro_arena_free(avro_arena *arena) {
  while (arena->last != NULL) {
    struct avro_arena_block *block = arena->last;
    arena->last = block->before;
    free(block);
  }
}
