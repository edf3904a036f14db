/// JSON strings: finding their end, checking and unescaping them.
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "decoder.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// A string in the text, without its quotes.
typedef struct json_string {
  const uint8_t *bytes;
  int64_t size;
  int has_escapes;
} json_string;

/// Goes on where json_string_read found something unusual: an escape, a byte that is not ASCII, or 16 bytes
/// without an end. `at` is the first byte of the string. [task]
const uint8_t *json_string_read_slow(json_decoder *decoder, const uint8_t *at, json_string *out);

/// Reads the string whose opening quote is before `at`: valid UTF-8, valid escapes, no lone surrogates. [task]
static inline const uint8_t *json_string_read(json_decoder *decoder, const uint8_t *at, json_string *out) {
#if defined(__SSE2__)
  __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
  // As signed bytes, those past ASCII are below the space, as the control characters are.
  __m128i unusual =
      _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\')));
  unsigned quotes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')));
  unsigned others = (unsigned)_mm_movemask_epi8(unusual);
  if (quotes != 0 && (others & (quotes ^ (quotes - 1))) == 0) {
    out->bytes = at;
    out->size = __builtin_ctz(quotes);
    out->has_escapes = 0;
    return at + out->size + 1;
  }
#endif
  return json_string_read_slow(decoder, at, out);
}

/// Unescapes a string that was read into `to`, which has room for its size; how many bytes that gives. [any]
int64_t json_string_unescape(const json_string *string, uint8_t *to);

/// The bytes that a string stands for: `string` itself, or unescaped ones in the decoder's scratch. 0, noted,
/// without memory. [task]
int json_string_plain(json_decoder *decoder, json_string *string);

#endif
