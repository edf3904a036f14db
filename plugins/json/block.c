#include "block.h"

static void free_block(pool_block *base) {
  json_block *block = (json_block *)(void *)base;
  json_column_free(&block->row);
  free(block);
}

static json_block *make_block(block_pool *pool, const json_type *type) {
  json_block *block = calloc(1, sizeof *block);
  if (block == NULL)
    return NULL;
  block->base.free = free_block;
  if (!json_column_init(&block->row, type)) {
    free_block(&block->base);
    return NULL;
  }
  block_pool_adopt(pool, &block->base);
  return block;
}

json_block *json_block_take(block_pool *pool, const json_type *type, int64_t rows) {
  json_block *block = (json_block *)(void *)block_pool_take(pool);
  if (block == NULL && (block = make_block(pool, type)) == NULL)
    return NULL;
  json_column_reset(&block->row);
  if (json_column_reserve(&block->row, rows < 1 ? 1 : rows))
    return block;
  block_pool_give(&block->base, 0);
  return NULL;
}

static void release_batch(mill_batch *batch) {
  json_block *block = batch->private_data;
  if (block->raw != NULL)
    block->raw->release(block->raw);
  block->raw = NULL;
  block_pool_give(&block->base, json_column_bytes(&block->row) <= JSON_BLOCK_KEPT_MAX);
  batch->columns.release = NULL;
  batch->release = NULL;
}

void json_block_finish(json_block *block, const mill_raw_batch *raw, int uses_data, mill_batch *out) {
  static const uint8_t nothing[1] = {0};
  json_column_finish(&block->row, raw->length, uses_data ? raw->data : nothing, uses_data ? raw->data_size : 0);
  if (uses_data) {
    raw->retain(raw);
    block->raw = raw;
  }
  block_pool_count(&block->base, sizeof *block + (size_t)json_column_bytes(&block->row));
  *out = (mill_batch){
      .struct_size = sizeof *out, .columns = block->row.array, .private_data = block, .release = release_batch};
}
