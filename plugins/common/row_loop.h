/// The loops over a batch's rows of serdes that have a value per row in `row_block` and `encoded`.
#ifndef ROW_LOOP_H
#define ROW_LOOP_H

#include "encoded.h"
#include "row_block.h"
#include "row_run.h"

/// How a serde decodes rows, and where it notes what comes of one. Its own; valid during the call.
typedef struct row_decoding {
  /// Of the batch.
  block_pool *pool;
  const column_type *type;
  /// The serde in messages: `serde "json"`.
  const char *title;
  /// Decodes a row into the block's slot; 0 if it is bad, or memory ran out. [task]
  int (*decode)(void *self, row_block *block, const mill_raw_batch *raw, int64_t row);
  /// Decodes some rows from `first` at once, ROW_RUN_MAX at most; how many. `left` gets a bit for each that it
  /// left to `decode`. NULL: each is. [task]
  int64_t (*decode_run)(void *self, row_block *block, const mill_raw_batch *raw, int64_t first, uint64_t *left);
  void *self;
  /// Set by `decode`: not 0 if memory ran out, or if a view points into the raw batch's data.
  int *is_out_of_memory, *uses_data;
  /// Set by `decode` for a bad row.
  const int32_t *code;
  const char *message;
} row_decoding;

/// Decodes a row; a bad one is cleared and reported. 0 without memory. [task]
__attribute__((always_inline)) static inline int row_loop_decode_one(const row_decoding *how, row_block *block,
                                                                     const mill_raw_batch *raw, int64_t row,
                                                                     const mill_row_errors *errors) {
  if (how->decode(how->self, block, raw, row))
    return 1;
  if (*how->is_out_of_memory)
    return 0;
  column_builder_clear(&block->row, row);
  errors->report(errors, row, *how->code, how->message);
  return 1;
}

/// Decodes all rows into `out`; bad ones are cleared and reported. Fails without memory. [task]
__attribute__((always_inline)) static inline int32_t row_loop_decode(const row_decoding *how,
                                                                     const mill_raw_batch *raw, mill_batch *out,
                                                                     const mill_row_errors *errors,
                                                                     mill_error *error) {
  row_block *block = row_block_take(how->pool, how->type, raw->length);
  if (block == NULL)
    return mill_fail_memory(error, how->title);
  *how->uses_data = *how->is_out_of_memory = 0;
  for (int64_t row = 0, count; row < raw->length; row += count) {
    uint64_t left = 1;
    count = how->decode_run == NULL ? 1 : how->decode_run(how->self, block, raw, row, &left);
    for (; left != 0; left &= left - 1)
      if (!row_loop_decode_one(how, block, raw, row + __builtin_ctzll(left), errors)) {
        block_pool_give(&block->base, 0);
        return mill_fail_memory(error, how->title);
      }
  }
  row_block_finish(block, raw->length, raw, *how->uses_data, out);
  return MILL_OK;
}

/// How a serde encodes rows, and where it notes what comes of one. Its own; valid during the call.
typedef struct row_encoding {
  /// Appends a row to `encoded`; 0 if it can't be written, or memory ran out. [task]
  int (*encode)(void *self, int64_t row);
  /// Appends some rows from `first` at once, of the `rows` that there are, with their leads and spans: how
  /// many. 0: it left off, and rows are to be encoded one by one. NULL: they always are. [task]
  int64_t (*encode_run)(void *self, int64_t first, int64_t rows);
  void *self;
  /// Set by `encode`: not 0 if memory ran out.
  const int *is_out_of_memory;
  /// Of rows that can't be written; the message is set by `encode`.
  int32_t code;
  const char *message;
} row_encoding;

/// Encodes a row behind the lead, and sets its span; one that can't be written is reported. 0 without memory,
/// or past ENCODED_SIZE_MAX. [task]
__attribute__((always_inline)) static inline int
row_loop_encode_one(const row_encoding *how, encoded *to, int64_t row, const mill_row_errors *errors) {
  int64_t start = to->size;
  to->spans[row] = (mill_span){(int32_t)start, -1};
  if (!encoded_begin_row(to))
    return 0;
  if (how->encode(how->self, row)) {
    to->spans[row].length = (int32_t)(to->size - start);
    return 1;
  }
  if (*how->is_out_of_memory)
    return 0;
  to->size = start;
  errors->report(errors, row, how->code, how->message);
  return 1;
}

/// Encodes `rows` rows into `to`, each behind the lead, and fills `out`, which refers to it; rows that can't be
/// written are reported. Fails without memory, or past ENCODED_SIZE_MAX. [task]
__attribute__((always_inline)) static inline int32_t row_loop_encode(const row_encoding *how, encoded *to,
                                                                     int64_t rows, mill_encoded *out,
                                                                     const mill_row_errors *errors,
                                                                     mill_error *error) {
  if (!encoded_begin(to, rows))
    return encoded_fail(error);
  for (int64_t row = 0; row < rows;) {
    int64_t count = how->encode_run == NULL ? 0 : how->encode_run(how->self, row, rows);
    int64_t end = count > 0 ? (row += count) : rows - row < ROW_RUN_MAX ? rows : row + ROW_RUN_MAX;
    for (; row < end; row++)
      if (!row_loop_encode_one(how, to, row, errors))
        return encoded_fail(error);
  }
  encoded_finish(to, rows, out);
  return MILL_OK;
}

#endif
