/// The state of decoding one row, and how it fails.
///
/// Functions that read take the position in the text and return the one behind what they read, or NULL after
/// noting a failure in the decoder. No position is past the row's end; bytes may be looked at 16 past it, which
/// are the next row's or the padding of zeros.
#ifndef CSV_DECODER_H
#define CSV_DECODER_H

#include "../common/column_type.h"
#include "options.h"

/// Codes of row errors.
#define CSV_BAD_SYNTAX 1
#define CSV_BAD_VALUE 2
#define CSV_MISSING 3

/// One thread at a time.
typedef struct csv_decoder {
  const csv_options *options;
  /// The raw batch's bytes, and the row's.
  const uint8_t *data, *start, *end;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  /// Not 0 if a view points into `data`.
  int uses_data;
  /// Room for fields that can't be read where they lie.
  uint8_t *scratch;
  int64_t scratch_capacity;
  /// The row's failure.
  int32_t code;
  char message[MILL_ERROR_MESSAGE_SIZE];
} csv_decoder;

/// Notes a failure at `at`, in the field of a column, or NULL for a field that has none. Returns NULL. [task]
const uint8_t *csv_fail(csv_decoder *decoder, int32_t code, const column_type *type, const uint8_t *at,
                        const char *problem);

/// Notes that the field at `at` is not what its column takes. Returns NULL. [task]
const uint8_t *csv_fail_value(csv_decoder *decoder, const column_type *type, const uint8_t *at);

/// Notes that the field at `at` is null, but its column is not nullable. Returns NULL. [task]
const uint8_t *csv_fail_null(csv_decoder *decoder, const column_type *type, const uint8_t *at);

/// Notes that the record ends at `at` after `count` of `expected` fields, before that of a column. Returns
/// NULL. [task]
const uint8_t *csv_fail_missing(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                uint32_t count, uint32_t expected);

/// Notes that something else than a delimiter or the end is at `at`. Returns NULL. [task]
const uint8_t *csv_fail_end(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                            const char *where);

/// Notes that memory ran out. Returns NULL. [task]
const uint8_t *csv_fail_memory(csv_decoder *decoder);

/// Room for `size` bytes, the decoder's until the next call; NULL, noted, without memory. [task]
uint8_t *csv_scratch(csv_decoder *decoder, int64_t size);

#endif
