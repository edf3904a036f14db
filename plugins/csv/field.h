/// Fields of a record: finding their end, checking and unquoting them.
#ifndef CSV_FIELD_H
#define CSV_FIELD_H

#include "../common/number.h"
#include "decoder.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// A field in the text.
typedef struct csv_field {
  /// Where it begins; the opening quote if it is quoted.
  const uint8_t *start;
  /// Its text, without the quotes around it.
  const uint8_t *bytes;
  int64_t size;
  int is_quoted;
  /// Not 0: quotes in it are doubled still.
  int has_quotes;
} csv_field;

/// Goes on where csv_field_read found something unusual: a quote, a NUL, a byte that is not ASCII, or 16 bytes
/// without an end. [task]
const uint8_t *csv_field_read_slow(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                   csv_field *out);

/// Reads the field at `at`, which is of column `type` or, NULL, of none: UTF-8 without NUL, quotes where they
/// may be. Behind it are the end, the delimiter, CR or LF. [task]
static inline const uint8_t *csv_field_read(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                            csv_field *out) {
#if defined(__SSE2__)
  const csv_options *options = decoder->options;
  __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i line =
      _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\n')));
  __m128i stop = _mm_or_si128(line, _mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)options->delimiter)));
  // As signed bytes, those past ASCII are below 1, as NUL is.
  __m128i unusual = _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8(1)),
                                 _mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)options->quote)));
  unsigned ends = (unsigned)_mm_movemask_epi8(stop), others = (unsigned)_mm_movemask_epi8(unusual);
  int64_t left = decoder->end - at;
  ends |= left < 16 ? 1u << left : 0;
  if (ends != 0 && (others & ((ends & (0 - ends)) - 1)) == 0) {
    *out = (csv_field){at, at, __builtin_ctz(ends), 0, 0};
    return at + out->size;
  }
#endif
  return csv_field_read_slow(decoder, type, at, out);
}

/// Writes a field's text to `to`, which has room for its size, its quotes single; how many bytes that gives.
/// [any]
int64_t csv_field_unquote(const csv_field *field, uint8_t quote, uint8_t *to);

/// Goes on where csv_field_plain found doubled quotes. [task]
int csv_field_plain_slow(csv_decoder *decoder, csv_field *field);

/// Makes `bytes` and `size` of a field its plain text, in the decoder's scratch if it has doubled quotes, where
/// a NUL follows. 0, noted, without memory. [task]
static inline int csv_field_plain(csv_decoder *decoder, csv_field *field) {
  return !field->has_quotes || csv_field_plain_slow(decoder, field);
}

/// Goes on where csv_field_number found a field that can't be read where it lies. [task]
const uint8_t *csv_field_number_slow(csv_decoder *decoder, csv_field *field);

/// The plain text of a field with a byte behind it that goes on with no number that ends there; NULL, noted,
/// without memory. [task]
static inline const uint8_t *csv_field_number(csv_decoder *decoder, csv_field *field) {
  // Behind the field may be a delimiter such as '.', or the next message. A sign goes on with no whole number.
  uint8_t behind = field->bytes[field->size];
  int is_part = number_is_digit(behind) || (behind | 0x20) == 'e' || behind == '.';
  return field->has_quotes || is_part ? csv_field_number_slow(decoder, field) : field->bytes;
}

#endif
