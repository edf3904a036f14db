#include "field.h"

// Where the run of plain bytes at `at` ends: at the row's end, a NUL, a quote, or, for unquoted text, at a
// delimiter or line end. `*is_ascii` becomes 0 if the bytes looked at have others than ASCII.
static const uint8_t *run_end(const csv_decoder *decoder, const uint8_t *at, int is_quoted, int *is_ascii) {
  uint8_t quote = decoder->options->quote;
  // In quotes nothing else stops: the quote stands for the others.
  uint8_t delimiter = is_quoted ? quote : decoder->options->delimiter;
  uint8_t cr = is_quoted ? quote : '\r', lf = is_quoted ? quote : '\n';
#if defined(__SSE2__)
  for (; decoder->end - at >= 16; at += 16) {
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i line = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)cr)),
                                _mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)lf)));
    __m128i mark = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)delimiter)),
                                _mm_cmpeq_epi8(chunk, _mm_set1_epi8((char)quote)));
    __m128i stop = _mm_or_si128(_mm_or_si128(line, mark), _mm_cmpeq_epi8(chunk, _mm_setzero_si128()));
    unsigned stops = (unsigned)_mm_movemask_epi8(stop);
    *is_ascii &= _mm_movemask_epi8(chunk) == 0;
    if (stops != 0)
      return at + __builtin_ctz(stops);
  }
#endif
  for (; at < decoder->end; at++) {
    if (*at == quote || *at == delimiter || *at == cr || *at == lf || *at == 0)
      return at;
    *is_ascii &= *at < 0x80;
  }
  return at;
}

static const uint8_t *fail_nul(csv_decoder *decoder, const column_type *type, const uint8_t *at) {
  return csv_fail(decoder, CSV_BAD_SYNTAX, type, at, "a NUL byte, expected text");
}

// Whether a field is UTF-8; a failure is noted if it is not.
static int check_utf8(csv_decoder *decoder, const column_type *type, const csv_field *field, int is_ascii) {
  int64_t bad = is_ascii ? -1 : mill_utf8_invalid_at(field->bytes, field->size);
  if (bad >= 0)
    csv_fail(decoder, CSV_BAD_SYNTAX, type, field->bytes + bad, "a byte that is not UTF-8, expected text");
  return bad < 0;
}

// Finds the closing quote of the text that begins at `at`.
static const uint8_t *closing_quote(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                    int *is_ascii, int *has_quotes) {
  for (;; at += 2) {
    at = run_end(decoder, at, 1, is_ascii);
    if (at >= decoder->end)
      return csv_fail(decoder, CSV_BAD_SYNTAX, type, decoder->end,
                      "the text ends too early, expected a closing quote");
    if (*at == 0)
      return fail_nul(decoder, type, at);
    if (decoder->end - at < 2 || at[1] != decoder->options->quote)
      return at;
    *has_quotes = 1;
  }
}

static const uint8_t *read_quoted(csv_decoder *decoder, const column_type *type, const uint8_t *start,
                                  csv_field *out) {
  const csv_options *options = decoder->options;
  int is_ascii = 1, has_quotes = 0;
  const uint8_t *close = closing_quote(decoder, type, start + 1, &is_ascii, &has_quotes);
  if (close == NULL)
    return NULL;
  *out = (csv_field){start, start + 1, close - start - 1, 1, has_quotes};
  if (!check_utf8(decoder, type, out, is_ascii))
    return NULL;
  const uint8_t *at = close + 1;
  if (at < decoder->end && *at != options->delimiter && *at != '\r' && *at != '\n')
    return csv_fail_end(decoder, type, at, "behind the closing quote");
  return at;
}

const uint8_t *csv_field_read_slow(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                   csv_field *out) {
  int is_ascii = 1;
  if (at < decoder->end && *at == decoder->options->quote)
    return read_quoted(decoder, type, at, out);
  const uint8_t *end = run_end(decoder, at, 0, &is_ascii);
  *out = (csv_field){at, at, end - at, 0, 0};
  if (!check_utf8(decoder, type, out, is_ascii))
    return NULL;
  if (end < decoder->end && *end == 0)
    return fail_nul(decoder, type, end);
  if (end < decoder->end && *end == decoder->options->quote)
    return csv_fail(decoder, CSV_BAD_SYNTAX, type, end,
                    "a quote in an unquoted field, expected the whole field in quotes and this one doubled");
  return end;
}

int64_t csv_field_unquote(const csv_field *field, uint8_t quote, uint8_t *to) {
  const uint8_t *at = field->bytes, *end = at + field->size;
  uint8_t *out = to;
  while (at < end) {
    const uint8_t *found = memchr(at, quote, (size_t)(end - at));
    size_t size = (size_t)((found == NULL ? end : found + 1) - at);
    memcpy(out, at, size);
    out += size;
    at += size + (found != NULL);
  }
  return out - to;
}

int csv_field_plain_slow(csv_decoder *decoder, csv_field *field) {
  uint8_t *scratch = csv_scratch(decoder, field->size + 1);
  if (scratch == NULL)
    return 0;
  field->size = csv_field_unquote(field, decoder->options->quote, scratch);
  scratch[field->size] = 0;
  field->bytes = scratch;
  field->has_quotes = 0;
  return 1;
}

const uint8_t *csv_field_number_slow(csv_decoder *decoder, csv_field *field) {
  if (field->has_quotes)
    return csv_field_plain_slow(decoder, field) ? field->bytes : NULL;
  uint8_t *scratch = csv_scratch(decoder, field->size + 1);
  if (scratch == NULL)
    return NULL;
  memcpy(scratch, field->bytes, (size_t)field->size);
  scratch[field->size] = 0;
  return field->bytes = scratch;
}
