/// The memory of a decoded batch of one column of views.
#ifndef SINGLE_COLUMN_BLOCK_H
#define SINGLE_COLUMN_BLOCK_H

#include "block_pool.h"
#include "millrace_sdk.h"

/// A batch's memory; pooled.
typedef struct column_block {
  pool_block base;
  struct ArrowArray column;
  struct ArrowArray *children[1];
  const void *no_buffers[1];
  const void *buffers[4];
  int64_t data_size;
  const mill_raw_batch *raw; // retained while the batch lives
  mill_view *views;
  uint8_t *validity;
  int64_t capacity;
} column_block;

/// An idle block of the pool or a new one, with room for `rows`, all valid. NULL without memory. [any]
column_block *column_block_take(block_pool *pool, int64_t rows);

/// Makes `out` the batch of `rows` views, `null_count` of them null, into `raw`, which is retained. [any]
void column_block_finish(column_block *block, const mill_raw_batch *raw, int64_t null_count, mill_batch *out);

/// Points a view at bytes of `raw`. They may be read up to 12 bytes on from `at`. [any]
static inline void column_block_view(mill_view *view, const uint8_t *data, mill_span span) {
  const uint8_t *bytes = data + span.offset;
  memset(view, 0, sizeof *view);
  view->size = span.length;
  if (span.length <= MILL_VIEW_INLINE) {
    memcpy(view->as.inlined, bytes, (size_t)span.length);
    return;
  }
  memcpy(view->as.ref.prefix, bytes, sizeof view->as.ref.prefix);
  view->as.ref.offset = span.offset;
}

#endif
