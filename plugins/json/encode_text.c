#include "../common/base64.h"
#include "encode.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Bytes that JSON strings hold as they are, but for those past ASCII, which are to be checked.
static inline int is_plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

static uint8_t *write_escape(uint8_t c, uint8_t *out) {
  static const char hex[] = "0123456789abcdef", values[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
  const char *value = c == 0 ? NULL : strchr(values, c);
  *out++ = '\\';
  if (value != NULL) {
    *out++ = (uint8_t)names[value - values];
    return out;
  }
  memcpy(out, "u00", 3);
  out[3] = (uint8_t)hex[c >> 4];
  out[4] = (uint8_t)hex[c & 15];
  return out + 5;
}

// Copies plain bytes, 16 at a time as long as there are that many; how many. Room for 16 bytes more than
// `size`.
static int64_t copy_plain(const uint8_t *bytes, int64_t size, uint8_t *out, int *is_ascii) {
  int64_t at = 0;
#if defined(__SSE2__)
  for (; at + 16 <= size; at += 16) {
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(bytes + at));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1F)), chunk);
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i stop = _mm_or_si128(_mm_or_si128(control, quote), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\')));
    *is_ascii &= _mm_movemask_epi8(chunk) == 0;
    _mm_storeu_si128((__m128i *)(void *)(out + at), chunk);
    unsigned stops = (unsigned)_mm_movemask_epi8(stop);
    if (stops != 0)
      return at + __builtin_ctz(stops);
  }
#endif
  for (; at < size && is_plain(bytes[at]); at++) {
    *is_ascii &= bytes[at] < 0x80;
    out[at] = bytes[at];
  }
  return at;
}

int json_encode_text(json_encoder *encoder, const column_source *source, int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  const uint8_t *at = (const uint8_t *)text.bytes, *end = at + text.size;
  int is_ascii = 1;
  uint8_t *out = json_encode_room(encoder, text.size + 32);
  if (out == NULL)
    return 0;
  *out++ = '"';
  while (at < end) {
    int64_t count = copy_plain(at, end - at, out, &is_ascii);
    at += count;
    out += count;
    if (at == end)
      break;
    json_encode_end(encoder, write_escape(*at++, out));
    if ((out = json_encode_room(encoder, end - at + 32)) == NULL)
      return 0;
  }
  *out++ = '"';
  json_encode_end(encoder, out);
  if (!is_ascii && mill_utf8_invalid_at((const uint8_t *)text.bytes, text.size) >= 0)
    return json_encode_fail(encoder, source->type, "the text is not UTF-8");
  return 1;
}

int json_encode_binary(json_encoder *encoder, const column_source *source, int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  int64_t size = base64_size(text.size);
  uint8_t *out = json_encode_room(encoder, size + 2);
  if (out == NULL)
    return 0;
  out[0] = out[size + 1] = '"';
  base64_encode((const uint8_t *)text.bytes, text.size, out + 1);
  json_encode_end(encoder, out + size + 2);
  return 1;
}
