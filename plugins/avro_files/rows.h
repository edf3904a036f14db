/// Rows of a block as batches.
#ifndef FILES_ROWS_H
#define FILES_ROWS_H

#include "../avro/plan.h"
#include "../common/row_block.h"
#include "block_bytes.h"

/// Rows of the block at hand. One thread at a time.
typedef struct rows {
  /// Memory of batches, which owns `type`.
  block_pool *pool;
  const column_type *type;
  avro_decoder decoder;
  /// Of the file that the block is in; its owner's.
  avro_plan *plan;
  /// NULL: no block is at hand.
  block_bytes *bytes;
  const uint8_t *at;
  /// The next row's number in the block, and how many there are.
  int64_t next, count;
} rows;

/// Takes a block of `count` rows, which lie in `bytes` (taken over). [task]
void rows_begin(rows *from, block_bytes *bytes, int64_t count);

/// Whether the block has rows left. [task]
static inline int rows_are_left(const rows *from) { return from->bytes != NULL && from->next < from->count; }

/// Makes a batch of the next `count` rows, which there are. What is wrong with the row `next`, "" if memory ran
/// out, or NULL. The text is valid until the next call. [task]
const char *rows_take(rows *from, int64_t count, mill_batch *out);

/// Lets the block go. What is wrong with it if all its rows were taken, or NULL. [task]
const char *rows_end(rows *from);

#endif
