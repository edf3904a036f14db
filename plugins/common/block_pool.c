#include "block_pool.h"

#include <pthread.h>
#include <stdlib.h>

struct block_pool {
  pthread_mutex_t mutex;
  pool_block *idle;
  unsigned idle_count;
  unsigned references; // the owner's and one for each block that is taken
  int is_closed;
  void *owned;
  void (*free_owned)(void *owned);
  const mill_memory *memory;
};

block_pool *block_pool_new(void *owned, void (*free_owned)(void *owned), const mill_memory *memory) {
  block_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL)
    return NULL;
  if (pthread_mutex_init(&pool->mutex, NULL) != 0) {
    free(pool);
    return NULL;
  }
  pool->references = 1;
  pool->owned = owned;
  pool->free_owned = free_owned;
  pool->memory = memory;
  return pool;
}

void block_pool_count(pool_block *block, size_t size) {
  mill_recount(block->pool->memory, &block->counted, size);
}

static void free_block(block_pool *pool, pool_block *block) {
  mill_recount(pool->memory, &block->counted, 0);
  block->free(block);
}

pool_block *block_pool_take(block_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pool_block *block = pool->idle;
  if (block != NULL) {
    pool->idle = block->next;
    pool->idle_count--;
    pool->references++;
  }
  pthread_mutex_unlock(&pool->mutex);
  return block;
}

void block_pool_adopt(block_pool *pool, pool_block *block) {
  block->pool = pool;
  pthread_mutex_lock(&pool->mutex);
  pool->references++;
  pthread_mutex_unlock(&pool->mutex);
}

// Ends with the mutex unlocked.
static void drop_reference(block_pool *pool) {
  unsigned left = --pool->references;
  pthread_mutex_unlock(&pool->mutex);
  if (left > 0)
    return;
  pthread_mutex_destroy(&pool->mutex);
  if (pool->owned != NULL)
    pool->free_owned(pool->owned);
  free(pool);
}

void block_pool_give(pool_block *block, int is_worth_keeping) {
  block_pool *pool = block->pool;
  if (!is_worth_keeping)
    free_block(pool, block);
  pthread_mutex_lock(&pool->mutex);
  pool_block *surplus = NULL;
  if (is_worth_keeping && !pool->is_closed && pool->idle_count < BLOCK_POOL_IDLE_MAX) {
    block->next = pool->idle;
    pool->idle = block;
    pool->idle_count++;
  } else if (is_worth_keeping) {
    surplus = block;
  }
  if (surplus != NULL)
    free_block(pool, surplus);
  drop_reference(pool);
}

void block_pool_close(block_pool *pool) {
  if (pool == NULL)
    return;
  pthread_mutex_lock(&pool->mutex);
  pool->is_closed = 1;
  while (pool->idle != NULL) {
    pool_block *block = pool->idle;
    pool->idle = block->next;
    free_block(pool, block);
  }
  drop_reference(pool);
}
