#include "rows.h"

#include "../avro/plan.h"

void rows_begin(rows *from, block_bytes *bytes, int64_t count) {
  from->bytes = bytes;
  from->at = bytes->raw.data;
  from->next = 0;
  from->count = count;
  // Rows of a few bytes could hold items without any, as many as they like.
  from->decoder.items_left = 2 * bytes->raw.data_size + AVRO_EMPTY_ITEMS_MAX;
}

// Reads the next row into a slot; 0 if it is bad, or memory ran out.
static int read_row(rows *from, row_block *block, int64_t slot) {
  from->decoder.start = from->at;
  const uint8_t *at = avro_plan_read(&from->decoder, from->plan, &block->row, slot);
  if (at == NULL)
    return 0;
  from->at = at;
  from->next++;
  return 1;
}

const char *rows_take(rows *from, int64_t count, mill_batch *out) {
  avro_decoder *decoder = &from->decoder;
  row_block *block = row_block_take(from->pool, from->type, count);
  if (block == NULL)
    return "";
  text_source_begin(&decoder->source, &from->bytes->raw);
  decoder->end = from->bytes->raw.data + from->bytes->raw.data_size;
  decoder->is_out_of_memory = 0;
  for (int64_t slot = 0; slot < count; slot++)
    if (!read_row(from, block, slot)) {
      block_pool_give(&block->base, 0);
      return decoder->is_out_of_memory ? "" : decoder->message;
    }
  row_block_finish(block, count, &from->bytes->raw, decoder->source.uses_data, out);
  return NULL;
}

const char *rows_end(rows *from) {
  const char *problem = NULL;
  if (from->bytes != NULL && from->next == from->count &&
      from->at != from->bytes->raw.data + from->bytes->raw.data_size)
    problem = "bytes follow its last row: the file is damaged, or was not written by its schema; restore it";
  block_bytes_release(from->bytes);
  from->bytes = NULL;
  return problem;
}
