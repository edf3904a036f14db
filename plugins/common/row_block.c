#include "row_block.h"

static void free_block(pool_block *base) {
  row_block *block = (row_block *)(void *)base;
  column_builder_free(&block->row);
  free(block);
}

static row_block *make_block(block_pool *pool, const column_type *type) {
  row_block *block = calloc(1, sizeof *block);
  if (block == NULL)
    return NULL;
  block->base.free = free_block;
  if (!column_builder_init(&block->row, type)) {
    free_block(&block->base);
    return NULL;
  }
  block_pool_adopt(pool, &block->base);
  return block;
}

row_block *row_block_take(block_pool *pool, const column_type *type, int64_t rows) {
  row_block *block = (row_block *)(void *)block_pool_take(pool);
  if (block == NULL && (block = make_block(pool, type)) == NULL)
    return NULL;
  column_builder_reset(&block->row);
  if (column_builder_reserve(&block->row, rows < 1 ? 1 : rows))
    return block;
  block_pool_give(&block->base, 0);
  return NULL;
}

static void release_batch(mill_batch *batch) {
  row_block *block = batch->private_data;
  if (block->raw != NULL)
    block->raw->release(block->raw);
  block->raw = NULL;
  block_pool_give(&block->base, column_builder_bytes(&block->row) <= ROW_BLOCK_KEPT_MAX);
  batch->columns.release = NULL;
  batch->release = NULL;
}

void row_block_finish(row_block *block, int64_t rows, const mill_raw_batch *raw, int uses_data,
                      mill_batch *out) {
  static const uint8_t nothing[1] = {0};
  column_builder_finish(&block->row, rows, uses_data ? raw->data : nothing, uses_data ? raw->data_size : 0);
  if (uses_data) {
    raw->retain(raw);
    block->raw = raw;
  }
  block_pool_count(&block->base, sizeof *block + (size_t)column_builder_bytes(&block->row));
  *out = (mill_batch){
      .struct_size = sizeof *out, .columns = block->row.array, .private_data = block, .release = release_batch};
}

static void free_type(void *type) { column_type_free(type); }

int32_t row_pool_open(block_pool **pool, const column_type **type, column_type *made, const mill_memory *memory,
                      const char *title, mill_error *error) {
  if (made == NULL)
    return MILL_FAILED;
  block_pool *opened = block_pool_new(made, free_type, memory);
  if (opened == NULL) {
    column_type_free(made);
    return mill_fail_memory(error, title);
  }
  block_pool_close(*pool);
  *pool = opened;
  *type = made;
  return MILL_OK;
}
