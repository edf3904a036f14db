#include "single_column_block.h"

static void free_block(pool_block *base) {
  column_block *block = (column_block *)(void *)base;
  free(block->views);
  free(block->validity);
  free(block);
}

static int reserve(column_block *block, int64_t rows) {
  if (rows > block->capacity) {
    free(block->views);
    free(block->validity);
    block->views = malloc((size_t)rows * sizeof *block->views);
    block->validity = malloc((size_t)rows / 8 + 1);
    block->capacity = rows;
  }
  return block->views != NULL && block->validity != NULL;
}

column_block *column_block_take(block_pool *pool, int64_t rows) {
  column_block *block = (column_block *)(void *)block_pool_take(pool);
  if (block == NULL) {
    if ((block = calloc(1, sizeof *block)) == NULL)
      return NULL;
    block->base.free = free_block;
    block_pool_adopt(pool, &block->base);
  }
  if (!reserve(block, rows < 1 ? 1 : rows)) {
    block_pool_give(&block->base, 0);
    return NULL;
  }
  memset(block->validity, 0xFF, (size_t)rows / 8 + 1);
  return block;
}

static void release_array(struct ArrowArray *array) { array->release = NULL; }

static void release_batch(mill_batch *batch) {
  column_block *block = batch->private_data;
  block->raw->release(block->raw);
  block->raw = NULL;
  block_pool_give(&block->base, 1);
  batch->columns.release = NULL;
  batch->release = NULL;
}

void column_block_finish(column_block *block, const mill_raw_batch *raw, int64_t null_count, mill_batch *out) {
  block_pool_count(&block->base, sizeof *block + (size_t)block->capacity * sizeof *block->views +
                                     (size_t)block->capacity / 8 + 1);
  raw->retain(raw);
  block->raw = raw;
  block->data_size = raw->data_size;
  block->buffers[0] = null_count > 0 ? block->validity : NULL;
  block->buffers[1] = block->views;
  block->buffers[2] = raw->data;
  block->buffers[3] = &block->data_size;
  block->no_buffers[0] = NULL;
  block->children[0] = &block->column;
  block->column = (struct ArrowArray){.length = raw->length,
                                      .null_count = null_count,
                                      .n_buffers = 4,
                                      .buffers = block->buffers,
                                      .release = release_array};
  *out = (mill_batch){.struct_size = sizeof *out,
                      .columns = {.length = raw->length,
                                  .n_buffers = 1,
                                  .buffers = block->no_buffers,
                                  .n_children = 1,
                                  .children = block->children,
                                  .release = release_array},
                      .private_data = block,
                      .release = release_batch};
}
