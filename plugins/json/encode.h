/// Writing columns' values as JSON text.
///
/// Functions that write append to the encoder's bytes and return 0 after noting a failure.
#ifndef JSON_ENCODE_H
#define JSON_ENCODE_H

#include "../common/column_source.h"
#include "../common/encoded.h"

/// Codes of row errors: those of decoder.h continue.
#define JSON_NOT_WRITABLE 4

/// The state of encoding one row. One thread at a time.
typedef struct json_encoder {
  encoded *to;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  char message[MILL_ERROR_MESSAGE_SIZE];
} json_encoder;

/// Any value of any column, null included. [task]
int json_encode_value(json_encoder *encoder, const column_source *source, int64_t index);

/// A struct's members in braces, nulls written as null. [task]
int json_encode_struct(json_encoder *encoder, const column_source *source, int64_t index);

/// Values of one kind that are not null. [task]
int json_encode_float(json_encoder *encoder, const column_source *source, int64_t index);
int json_encode_date_time(json_encoder *encoder, const column_source *source, int64_t index);
int json_encode_decimal(json_encoder *encoder, const column_source *source, int64_t index);
int json_encode_text(json_encoder *encoder, const column_source *source, int64_t index);
int json_encode_binary(json_encoder *encoder, const column_source *source, int64_t index);

/// Notes that a value has no JSON form. Returns 0. [task]
int json_encode_fail(json_encoder *encoder, const column_type *type, const char *problem);

/// Makes room for `size` more bytes; where they go, NULL, noted, without memory or past 2 GiB. [task]
static inline uint8_t *json_encode_room(json_encoder *encoder, int64_t size) {
  encoded *to = encoder->to;
  if (to->capacity - to->size < size && (size > ENCODED_SIZE_MAX - to->size || !encoded_grow(to, size))) {
    encoder->is_out_of_memory = 1;
    return NULL;
  }
  return to->bytes + to->size;
}

/// Counts what was written up to `end` in the room. [task]
static inline void json_encode_end(json_encoder *encoder, const uint8_t *end) {
  encoder->to->size = end - encoder->to->bytes;
}

#endif
