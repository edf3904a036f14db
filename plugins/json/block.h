/// The memory of one decoded batch; pooled.
#ifndef JSON_BLOCK_H
#define JSON_BLOCK_H

#include "../common/block_pool.h"
#include "column.h"

/// A block with more room than this is freed when its batch is released, instead of kept for the next one.
#define JSON_BLOCK_KEPT_MAX (INT64_C(64) << 20)

/// A batch's memory.
typedef struct json_block {
  pool_block base;
  json_column row;
  /// Retained while the batch lives; NULL if no view points into it.
  const mill_raw_batch *raw;
} json_block;

/// An idle block of the pool or a new one of `type`, with room for `rows`. NULL without memory. [any]
json_block *json_block_take(block_pool *pool, const json_type *type, int64_t rows);

/// Makes `out` the batch that lies in the block. `uses_data`: views point into `raw`, which is then retained.
/// [any]
void json_block_finish(json_block *block, const mill_raw_batch *raw, int uses_data, mill_batch *out);

#endif
