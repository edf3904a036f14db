/// Reusing the memory of batches: a released batch's block goes back to the pool of the instance that made it,
/// on whatever thread, and even after the instance is gone.
#ifndef BLOCK_POOL_H
#define BLOCK_POOL_H

/// Most blocks that lie idle in a pool; a block that comes back to a full pool is freed.
#define BLOCK_POOL_IDLE_MAX 8

#include "millrace_sdk/memory.h"

typedef struct block_pool block_pool;

/// The first member of what is pooled.
typedef struct pool_block {
  /// The next idle block; the pool's.
  struct pool_block *next;
  /// Where it belongs.
  block_pool *pool;
  /// Frees the block.
  void (*free)(struct pool_block *block);
  /// Bytes that count against the host's budget; the pool's.
  size_t counted;
} pool_block;

/// Makes a pool. `owned` (may be NULL) is what its blocks refer to; it is freed by `free_owned` after the last
/// block. `memory` (may be NULL) counts the blocks. NULL without memory, and `owned` is the caller's still.
/// [any]
block_pool *block_pool_new(void *owned, void (*free_owned)(void *owned), const mill_memory *memory);

/// Takes an idle block out; NULL if there is none: make one and `block_pool_adopt` it. [any]
pool_block *block_pool_take(block_pool *pool);

/// Makes a new block, its `free` set, one that was taken from the pool. [any]
void block_pool_adopt(block_pool *pool, pool_block *block);

/// Counts a taken block with `size` bytes, from now until it is freed or counted again. [any]
void block_pool_count(pool_block *block, size_t size);

/// Gives a taken block back, or frees it if `is_worth_keeping` is 0 or the pool is full or closed. [any]
void block_pool_give(pool_block *block, int is_worth_keeping);

/// The owner's farewell: frees idle blocks now, the others as they come back. NULL is ignored. [any]
void block_pool_close(block_pool *pool);

#endif
