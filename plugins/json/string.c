#include "text.h"

static int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The four hexadecimal digits at `at`, -1 if they are none.
static int32_t read_hex(const uint8_t *at) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(at[i]);
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

// Bytes of the escape at `at` (a backslash), 0 if it is none; `*point` becomes what it stands for.
static int read_escape(const uint8_t *at, uint32_t *point) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char *name = at[1] == '\0' ? NULL : strchr(names, at[1]);
  if (name != NULL) {
    *point = (uint8_t)values[name - names];
    return 2;
  }
  int32_t high = at[1] == 'u' ? read_hex(at + 2) : -1;
  if (high < 0 || (high >= 0xDC00 && high < 0xE000))
    return 0;
  *point = (uint32_t)high;
  if (high < 0xD800 || high >= 0xE000)
    return 6;
  int32_t low = at[6] == '\\' && at[7] == 'u' ? read_hex(at + 8) : -1;
  if (low < 0xDC00 || low >= 0xE000)
    return 0;
  *point = 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
  return 12;
}

// Where the plain run at `at` ends: at a quote, backslash, control character, or past `end`. `*is_ascii`
// becomes 0 if the bytes looked at have others than ASCII.
static const uint8_t *run_end(const uint8_t *at, const uint8_t *end, int *is_ascii) {
#if defined(__SSE2__)
  for (; at < end; at += 16) {
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1F)), chunk);
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i stop = _mm_or_si128(_mm_or_si128(control, quote), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\')));
    unsigned stops = (unsigned)_mm_movemask_epi8(stop), others = (unsigned)_mm_movemask_epi8(chunk);
    if (stops != 0) {
      *is_ascii &= (others & (stops ^ (stops - 1))) == 0;
      return at + __builtin_ctz(stops);
    }
    *is_ascii &= others == 0;
  }
  return at;
#else
  for (; at < end && *at >= 0x20 && *at != '"' && *at != '\\'; at++)
    *is_ascii &= *at < 0x80;
  return at;
#endif
}

const uint8_t *json_string_read_slow(json_decoder *decoder, const uint8_t *start, json_string *out) {
  const uint8_t *at = start;
  int is_ascii = 1, has_escapes = 0;
  for (;;) {
    at = run_end(at, decoder->end, &is_ascii);
    if (at >= decoder->end)
      return json_fail_text(decoder, decoder->end, "");
    if (*at == '"')
      break;
    uint32_t point;
    int size = *at == '\\' ? read_escape(at, &point) : 0;
    if (size == 0)
      return *at == '\\' ? json_fail_text(decoder, json_blame(decoder, at),
                                          "an escape that JSON does not know, or half a surrogate pair")
                         : json_fail_text(decoder, at, "a control character in a string; escape it");
    has_escapes = 1;
    at += size;
  }
  int64_t bad = is_ascii ? -1 : mill_utf8_invalid_at(start, at - start);
  if (bad >= 0)
    return json_fail_text(decoder, start + bad, "not UTF-8");
  *out = (json_string){start, at - start, has_escapes};
  return at + 1;
}

static uint8_t *write_utf8(uint32_t point, uint8_t *to) {
  if (point < 0x80) {
    *to++ = (uint8_t)point;
    return to;
  }
  int continuations = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
  *to++ = (uint8_t)(leads[continuations] | point >> (6 * continuations));
  while (continuations-- > 0)
    *to++ = (uint8_t)(0x80 | (point >> (6 * continuations) & 0x3F));
  return to;
}

int64_t json_string_unescape(const json_string *string, uint8_t *to) {
  const uint8_t *at = string->bytes, *end = at + string->size;
  uint8_t *out = to;
  while (at < end) {
    const uint8_t *backslash = memchr(at, '\\', (size_t)(end - at));
    size_t plain = (size_t)((backslash == NULL ? end : backslash) - at);
    memcpy(out, at, plain);
    out += plain;
    at += plain;
    if (at == end)
      break;
    uint32_t point = 0;
    at += read_escape(at, &point);
    out = write_utf8(point, out);
  }
  return out - to;
}

int json_string_plain(json_decoder *decoder, json_string *string) {
  if (!string->has_escapes)
    return 1;
  uint8_t *scratch = json_scratch(decoder, string->size);
  if (scratch == NULL)
    return 0;
  string->size = json_string_unescape(string, scratch);
  string->bytes = scratch;
  string->has_escapes = 0;
  return 1;
}
