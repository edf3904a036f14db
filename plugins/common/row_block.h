/// The memory of one decoded batch; pooled.
#ifndef ROW_BLOCK_H
#define ROW_BLOCK_H

#include "block_pool.h"
#include "column_builder.h"

/// A block with more room than this is freed when its batch is released, instead of kept for the next one.
#define ROW_BLOCK_KEPT_MAX (INT64_C(64) << 20)

/// A batch's memory.
typedef struct row_block {
  pool_block base;
  column_builder row;
  /// Retained while the batch lives; NULL if no view points into it.
  const mill_raw_batch *raw;
} row_block;

/// An idle block of the pool or a new one of `type`, with room for `rows`. NULL without memory. [any]
row_block *row_block_take(block_pool *pool, const column_type *type, int64_t rows);

/// Makes the pool of blocks of `made` (which it takes over; NULL fails, with `error` filled already) in place
/// of `*pool`, which may be NULL; `*type` becomes `made`, the pool's. `memory` may be NULL; `title` is the
/// serde, for messages. Fails without memory. [control]
int32_t row_pool_open(block_pool **pool, const column_type **type, column_type *made, const mill_memory *memory,
                      const char *title, mill_error *error);

/// Makes `out` the batch of the `rows` rows in the block. `uses_data`: views point into `raw`, which is then
/// retained. [any]
void row_block_finish(row_block *block, int64_t rows, const mill_raw_batch *raw, int uses_data,
                      mill_batch *out);

#endif
