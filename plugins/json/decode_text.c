#include "base64.h"
#include "date_time.h"
#include "decode.h"
#include "text.h"

// The low `count` bytes of a word, 0 to 8.
static inline uint64_t low_bytes(uint64_t word, int64_t count) {
  return count == 0 ? 0 : word & (UINT64_MAX >> (64 - 8 * count));
}

// Puts a view of at most 12 bytes. Reads 12 bytes whatever the size.
static inline void put_inlined(mill_view *view, const uint8_t *bytes, int64_t size) {
  uint64_t first;
  uint32_t second = 0;
  memcpy(&first, bytes, 8);
  if (size <= 8) {
    first = low_bytes(first, size);
  } else {
    memcpy(&second, bytes + 8, 4);
    second = (uint32_t)low_bytes(second, size - 8);
  }
  view->size = (int32_t)size;
  memcpy(view->as.inlined, &first, 8);
  memcpy(view->as.inlined + 8, &second, 4);
}

static inline void put_reference(mill_view *view, int32_t buffer, const uint8_t *base, const uint8_t *bytes,
                                 int64_t size) {
  view->size = (int32_t)size;
  memcpy(view->as.ref.prefix, bytes, 4);
  view->as.ref.buffer = buffer;
  view->as.ref.offset = (int32_t)(bytes - base);
}

// Puts bytes that were written at the end of the side buffer.
static void put_side(json_column *column, mill_view *view, const uint8_t *bytes, int64_t size) {
  if (size <= MILL_VIEW_INLINE) {
    put_inlined(view, bytes, size);
    return;
  }
  put_reference(view, 1, column->side, bytes, size);
  column->side_size += size;
}

static inline mill_view *view_at(json_column *column, int64_t slot) {
  return (mill_view *)(void *)column->values + slot;
}

const uint8_t *json_decode_text(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at) {
  json_string string;
  mill_view *view = view_at(column, slot);
  if (*at != '"')
    return json_fail_kind(decoder, column->type, at, "a string");
  if ((at = json_string_read(decoder, at + 1, &string)) == NULL)
    return NULL;
  if (string.has_escapes) {
    uint8_t *side = json_column_side(column, string.size + MILL_VIEW_INLINE);
    if (side == NULL)
      return json_fail_memory(decoder);
    put_side(column, view, side, json_string_unescape(&string, side));
  } else if (string.size <= MILL_VIEW_INLINE) {
    put_inlined(view, string.bytes, string.size);
  } else {
    put_reference(view, 0, decoder->data, string.bytes, string.size);
    decoder->uses_data = 1;
  }
  return at;
}

const uint8_t *json_decode_binary(json_decoder *decoder, json_column *column, int64_t slot,
                                  const uint8_t *start) {
  json_string string;
  if (*start != '"')
    return json_fail_kind(decoder, column->type, start, "a string of base64");
  const uint8_t *at = json_string_read(decoder, start + 1, &string);
  if (at == NULL || !json_string_plain(decoder, &string))
    return NULL;
  uint8_t *side = json_column_side(column, string.size + MILL_VIEW_INLINE);
  if (side == NULL)
    return json_fail_memory(decoder);
  int64_t size = json_base64_decode(string.bytes, string.size, side);
  if (size < 0)
    return json_fail_value(decoder, column->type, start,
                           "expected base64, in the standard alphabet with padding");
  put_side(column, view_at(column, slot), side, size);
  return at;
}

// Reads the string at `start` into `string`, its escapes gone.
static const uint8_t *read_plain(json_decoder *decoder, const json_type *type, const uint8_t *start,
                                 json_string *string) {
  if (*start != '"')
    return json_fail_kind(decoder, type, start, "a string");
  const uint8_t *at = json_string_read(decoder, start + 1, string);
  return at != NULL && json_string_plain(decoder, string) ? at : NULL;
}

// Puts a value that was read from the string at `start`, or fails with what was wrong with it.
static const uint8_t *put_parsed(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *start,
                                 const uint8_t *at, const char *problem, int64_t value) {
  if (problem != NULL)
    return json_fail_value(decoder, column->type, start, problem);
  json_put_integer(column, slot, (uint64_t)value);
  return at;
}

const uint8_t *json_decode_date(json_decoder *decoder, json_column *column, int64_t slot,
                                const uint8_t *start) {
  json_string string;
  const uint8_t *at = read_plain(decoder, column->type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t days = 0;
  const char *problem = json_date_read(string.bytes, string.size, &days);
  return put_parsed(decoder, column, slot, start, at, problem,
                    column->type->width == 8 ? days * JSON_DAY_MS : days);
}

const uint8_t *json_decode_time(json_decoder *decoder, json_column *column, int64_t slot,
                                const uint8_t *start) {
  json_string string;
  const uint8_t *at = read_plain(decoder, column->type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t value = 0;
  const char *problem = json_time_read(string.bytes, string.size, column->type->per_second, &value);
  return put_parsed(decoder, column, slot, start, at, problem, value);
}

const uint8_t *json_decode_timestamp(json_decoder *decoder, json_column *column, int64_t slot,
                                     const uint8_t *start) {
  const json_type *type = column->type;
  json_string string;
  if (*start == '-' || (*start >= '0' && *start <= '9'))
    return json_decode_integer(decoder, column, slot, start);
  if (*start != '"')
    return json_fail_kind(decoder, type, start, "a string or a number");
  const uint8_t *at = read_plain(decoder, type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t value = 0;
  const char *problem =
      json_timestamp_read(string.bytes, string.size, type->per_second, type->has_zone, &value);
  return put_parsed(decoder, column, slot, start, at, problem, value);
}
