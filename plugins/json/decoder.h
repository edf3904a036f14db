/// The state of decoding one row, and how it fails.
///
/// Functions that read take the position in the text and return the one behind what they read, or NULL after
/// noting a failure in the decoder. They may read past the row's end, into the next row or the padding of
/// zeros, which ends any token; loops look at `end` once per member, item or chunk, and the row is checked to
/// end at `end`.
#ifndef JSON_DECODER_H
#define JSON_DECODER_H

#include "../common/column_type.h"

/// Codes of row errors.
#define JSON_BAD_SYNTAX 1
#define JSON_BAD_VALUE 2
#define JSON_MISSING 3
#define JSON_NOT_ALLOWED 6

/// One thread at a time.
typedef struct json_decoder {
  /// The raw batch's bytes, and the row's.
  const uint8_t *data, *start, *end;
  /// Objects and arrays around the current position.
  int depth;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  /// Not 0 if a view points into `data`.
  int uses_data;
  /// Room for unescaped member names and such.
  uint8_t *scratch;
  int64_t scratch_capacity;
  /// The row's failure.
  int32_t code;
  char message[MILL_ERROR_MESSAGE_SIZE];
} json_decoder;

/// Notes that the text is no JSON at `at`; `expected` follows "expected ". Returns NULL. [task]
const uint8_t *json_fail_syntax(json_decoder *decoder, const uint8_t *at, const char *expected);

/// Notes that the text is no JSON at `at` for the reason `problem`. Returns NULL. [task]
const uint8_t *json_fail_text(json_decoder *decoder, const uint8_t *at, const char *problem);

/// Notes that the value at `at` does not suit its column. Returns NULL. [task]
const uint8_t *json_fail_value(json_decoder *decoder, const column_type *type, const uint8_t *at,
                               const char *problem);

/// Notes that the value at `at` is of another kind than its column takes, or no value at all. Returns NULL.
/// [task]
const uint8_t *json_fail_kind(json_decoder *decoder, const column_type *type, const uint8_t *at,
                              const char *expected);

/// Where to report what is wrong with the string, number, literal or escape at `at`: there; or, if it goes up
/// to the row's end or beyond, at the end, where the text ends too early. For it may have been read from bytes
/// of another row, which must not show in what is said of this one. [task]
const uint8_t *json_blame(const json_decoder *decoder, const uint8_t *at);

/// Notes that memory ran out. Returns NULL. [task]
const uint8_t *json_fail_memory(json_decoder *decoder);

/// Room for `size` bytes, the decoder's until the next call; NULL, noted, without memory. [task]
uint8_t *json_scratch(json_decoder *decoder, int64_t size);

/// Skips a value of any kind, checking it. [task]
const uint8_t *json_skip_value(json_decoder *decoder, const uint8_t *at);

/// Behind white space. [any]
static inline const uint8_t *json_space(const uint8_t *at) {
  while (*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  return at;
}

#endif
