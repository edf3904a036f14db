#include "batch_pool.h"

// Columns begin at a cache line each.
#define ALIGNMENT 64

struct nexmark_batch_pool {
  /// Batches that were released, pushed by any thread; the owner takes all at once, so that no pop can go
  /// wrong.
  _Atomic(nexmark_batch *) released;
  /// Batches that the owner took from there.
  nexmark_batch *available;
  /// Batches that are out, and one for the owner.
  atomic_int_fast64_t references;
  /// Where batches' memory is from; NULL if the host counts none.
  const mill_memory *memory;
  uint32_t column_count;
  int is_text[NEXMARK_COLUMNS_MAX];
  int64_t text_size;
};

nexmark_batch_pool *nexmark_batch_pool_make(const struct mill_host *host, const mill_field *fields,
                                            uint32_t count) {
  nexmark_batch_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL)
    return NULL;
  atomic_init(&pool->released, NULL);
  atomic_init(&pool->references, 1);
  pool->memory = mill_memory_of(host);
  pool->column_count = count;
  for (uint32_t i = 0; i < count; i++)
    pool->is_text[i] = mill_layout_of(fields[i].format) == MILL_LAYOUT_VIEWS;
  pool->text_size = nexmark_pools_get()->size;
  return pool;
}

static void free_batches(const mill_memory *memory, nexmark_batch *batch) {
  while (batch != NULL) {
    nexmark_batch *next = batch->next;
    mill_release(memory, batch, batch->size);
    batch = next;
  }
}

void nexmark_batch_pool_drop(nexmark_batch_pool *pool) {
  if (pool == NULL || atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1)
    return;
  free_batches(pool->memory, atomic_load_explicit(&pool->released, memory_order_acquire));
  free_batches(pool->memory, pool->available);
  free(pool);
}

static size_t column_size(const nexmark_batch_pool *pool, uint32_t column, int64_t rows) {
  size_t width = pool->is_text[column] ? sizeof(mill_view) : sizeof(int64_t);
  return ((size_t)rows * width + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void set_buffers(nexmark_batch *batch, uint32_t column) {
  const nexmark_batch_pool *pool = batch->pool;
  batch->buffers[column][0] = NULL;
  batch->buffers[column][1] = batch->values[column];
  batch->buffers[column][2] = nexmark_pools_get()->bytes;
  batch->buffers[column][3] = &pool->text_size;
  batch->children[column] = &batch->columns[column];
}

/// Makes a batch and all its columns in one block of memory.
static nexmark_batch *make_batch(nexmark_batch_pool *pool, int64_t rows) {
  size_t head = (sizeof(nexmark_batch) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  size_t times = ((size_t)rows * sizeof(int64_t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  size_t size = head + times;
  for (uint32_t i = 0; i < pool->column_count; i++)
    size += column_size(pool, i, rows);
  uint8_t *memory = mill_allocate(pool->memory, size, ALIGNMENT);
  if (memory == NULL)
    return NULL;
  nexmark_batch *batch = (nexmark_batch *)(void *)memory;
  memset(batch, 0, sizeof *batch);
  batch->pool = pool;
  batch->capacity = rows;
  batch->size = size;
  batch->event_time_us = (int64_t *)(void *)(memory + head);
  memory += head + times;
  for (uint32_t i = 0; i < pool->column_count; i++) {
    batch->values[i] = memory;
    memory += column_size(pool, i, rows);
    set_buffers(batch, i);
  }
  return batch;
}

nexmark_batch *nexmark_batch_acquire(nexmark_batch_pool *pool, int64_t rows) {
  if (pool->available == NULL)
    pool->available = atomic_exchange_explicit(&pool->released, NULL, memory_order_acquire);
  nexmark_batch *batch = pool->available;
  if (batch != NULL) {
    pool->available = batch->next;
    if (batch->capacity < rows) {
      mill_release(pool->memory, batch, batch->size);
      batch = NULL;
    }
  }
  if (batch == NULL)
    batch = make_batch(pool, rows);
  if (batch != NULL)
    atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
  return batch;
}

void nexmark_batch_give_back(nexmark_batch *batch) {
  nexmark_batch_pool *pool = batch->pool;
  batch->next = atomic_load_explicit(&pool->released, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&pool->released, &batch->next, batch, memory_order_release,
                                                memory_order_relaxed))
    continue;
  nexmark_batch_pool_drop(pool);
}

static void release(mill_batch *batch) {
  nexmark_batch_give_back(batch->private_data);
  batch->columns.release = NULL;
  batch->release = NULL;
}

static void finish_column(nexmark_batch *batch, uint32_t index, int64_t rows) {
  struct ArrowArray *column = &batch->columns[index];
  memset(column, 0, sizeof *column);
  column->length = rows;
  column->n_buffers = batch->pool->is_text[index] ? 4 : 2;
  column->buffers = batch->buffers[index];
  column->release = mill_array_release_nothing;
}

void nexmark_batch_finish(nexmark_batch *batch, int64_t rows, int has_times, mill_batch *out) {
  for (uint32_t i = 0; i < batch->pool->column_count; i++)
    finish_column(batch, i, rows);
  memset(out, 0, sizeof *out);
  out->struct_size = (uint32_t)sizeof *out;
  out->columns.length = rows;
  out->columns.n_buffers = 1;
  out->columns.buffers = batch->no_validity;
  out->columns.n_children = batch->pool->column_count;
  out->columns.children = batch->children;
  out->columns.release = mill_array_release_nothing;
  out->event_time_us = has_times ? batch->event_time_us : NULL;
  out->private_data = batch;
  out->release = release;
}
