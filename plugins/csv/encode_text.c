#include "../common/base64.h"
#include "encode.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__SSE2__)
// Whether 16 bytes have no mark at all.
static inline int is_plain(const csv_options *options, __m128i chunk) {
  __m128i line =
      _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\n')));
  __m128i mark = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)options->delimiter)),
                              _mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)options->quote)));
  // As signed bytes, those past ASCII are below 1, as NUL is.
  __m128i other = _mm_cmplt_epi8(chunk, _mm_set1_epi8(1));
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(line, mark), other)) == 0;
}
#endif

// Copies text; the marks of its bytes.
static unsigned copy_marked(const csv_options *options, const uint8_t *bytes, int64_t size, uint8_t *out) {
  unsigned marks = 0;
  int64_t at = 0;
#if defined(__SSE2__)
  for (; at + 16 <= size; at += 16) {
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(bytes + at));
    if (!is_plain(options, chunk))
      break;
    _mm_storeu_si128((__m128i *)(void *)(out + at), chunk);
  }
#endif
  for (; at < size; at++) {
    out[at] = bytes[at];
    marks |= options->marks[bytes[at]];
  }
  return marks;
}

// Whether text without marks would be read as something else if it stood without quotes.
static int is_ambiguous(const csv_options *options, const column_type *type, const uint8_t *bytes,
                        int64_t size) {
  if (size == 0)
    return type->is_nullable;
  return bytes[0] == ' ' || bytes[size - 1] == ' ' || csv_is_null_text(options, bytes, size);
}

int csv_encode_text(csv_encoder *encoder, const column_source *source, int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  const uint8_t *bytes = (const uint8_t *)text.bytes;
  uint8_t *out = csv_encode_room(encoder, text.size + 1); // there may be no bytes at all yet
  if (out == NULL)
    return 0;
  unsigned marks = copy_marked(encoder->options, bytes, text.size, out);
  if ((marks & CSV_MARK_NUL) != 0)
    return csv_encode_fail(encoder, source->type, "text with a NUL byte has no CSV form");
  if ((marks & CSV_MARK_OTHER) != 0 && mill_utf8_invalid_at(bytes, text.size) >= 0)
    return csv_encode_fail(encoder, source->type, "the text is not UTF-8");
  int64_t start = encoder->to->size;
  csv_encode_end(encoder, out + text.size);
  int needs_quotes =
      (marks & CSV_MARK_SPECIAL) != 0 || is_ambiguous(encoder->options, source->type, bytes, text.size);
  return !needs_quotes || csv_encode_quotes(encoder, start);
}

int csv_encode_binary(csv_encoder *encoder, const column_source *source, int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  int64_t size = base64_size(text.size);
  uint8_t *out = csv_encode_room(encoder, size + 1);
  if (out == NULL)
    return 0;
  base64_encode((const uint8_t *)text.bytes, text.size, out);
  csv_encode_end(encoder, out + size);
  return 1;
}

int csv_encode_quotes(csv_encoder *encoder, int64_t start) {
  uint8_t quote = encoder->options->quote;
  int64_t size = encoder->to->size - start, inner = 0;
  for (int64_t i = 0; i < size; i++)
    inner += encoder->to->bytes[start + i] == quote;
  if (csv_encode_room(encoder, inner + 2) == NULL)
    return 0;
  // From the end on: what is written never reaches what is still to be read.
  uint8_t *bytes = encoder->to->bytes + start, *out = bytes + size + inner + 2;
  csv_encode_end(encoder, out);
  *--out = quote;
  for (int64_t i = size - 1; i >= 0; i--) {
    uint8_t byte = bytes[i];
    *--out = byte;
    if (byte == quote)
      *--out = quote;
  }
  *--out = quote;
  return 1;
}
