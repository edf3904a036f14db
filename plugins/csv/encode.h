/// Writing columns' values as CSV text.
///
/// Functions that write append to the encoder's bytes and return 0 after noting a failure.
#ifndef CSV_ENCODE_H
#define CSV_ENCODE_H

#include "../common/column_source.h"
#include "../common/encoded.h"
#include "options.h"

/// Codes of row errors: those of decoder.h continue.
#define CSV_NOT_WRITABLE 4

/// The state of encoding one row. One thread at a time.
typedef struct csv_encoder {
  const csv_options *options;
  encoded *to;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  char message[MILL_ERROR_MESSAGE_SIZE];
} csv_encoder;

/// Any value of any column, null included. [task]
int csv_encode_value(csv_encoder *encoder, const column_source *source, int64_t index);

/// Values of one kind that are not null. [task]
int csv_encode_bool(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_integer(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_float(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_date_time(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_decimal(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_text(csv_encoder *encoder, const column_source *source, int64_t index);
int csv_encode_binary(csv_encoder *encoder, const column_source *source, int64_t index);

/// Puts quotes around what was written since `start`, an offset in the bytes, and doubles those in it. [task]
int csv_encode_quotes(csv_encoder *encoder, int64_t start);

/// Notes that a value has no CSV form. Returns 0. [task]
int csv_encode_fail(csv_encoder *encoder, const column_type *type, const char *problem);

/// Makes room for `size` more bytes; where they go, NULL, noted, without memory or past 2 GiB. [task]
static inline uint8_t *csv_encode_room(csv_encoder *encoder, int64_t size) {
  encoded *to = encoder->to;
  if (to->capacity - to->size < size && (size > ENCODED_SIZE_MAX - to->size || !encoded_grow(to, size))) {
    encoder->is_out_of_memory = 1;
    return NULL;
  }
  return to->bytes + to->size;
}

/// Counts what was written up to `end` in the room. [task]
static inline void csv_encode_end(csv_encoder *encoder, const uint8_t *end) {
  encoder->to->size = end - encoder->to->bytes;
}

#endif
