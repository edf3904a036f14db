#include "../common/base64.h"
#include "../common/column_text.h"
#include "../common/date_time.h"
#include "decode.h"
#include "text.h"

const uint8_t *json_decode_text(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *at) {
  json_string string;
  mill_view *view = column_text_view(column, slot);
  if (*at != '"')
    return json_fail_kind(decoder, column->type, at, "a string");
  if ((at = json_string_read(decoder, at + 1, &string)) == NULL)
    return NULL;
  if (string.has_escapes) {
    uint8_t *side = column_builder_side(column, string.size + MILL_VIEW_INLINE);
    if (side == NULL)
      return json_fail_memory(decoder);
    column_text_put_side(column, view, side, json_string_unescape(&string, side));
  } else if (string.size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(view, string.bytes, string.size);
  } else {
    column_text_put_reference(view, 0, decoder->data, string.bytes, string.size);
    decoder->uses_data = 1;
  }
  return at;
}

const uint8_t *json_decode_binary(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *start) {
  json_string string;
  if (*start != '"')
    return json_fail_kind(decoder, column->type, start, "a string of base64");
  const uint8_t *at = json_string_read(decoder, start + 1, &string);
  if (at == NULL || !json_string_plain(decoder, &string))
    return NULL;
  uint8_t *side = column_builder_side(column, string.size + MILL_VIEW_INLINE);
  if (side == NULL)
    return json_fail_memory(decoder);
  int64_t size = base64_decode(string.bytes, string.size, side);
  if (size < 0)
    return json_fail_value(decoder, column->type, start,
                           "expected base64, in the standard alphabet with padding");
  column_text_put_side(column, column_text_view(column, slot), side, size);
  return at;
}

// Reads the string at `start` into `string`, its escapes gone.
static const uint8_t *read_plain(json_decoder *decoder, const column_type *type, const uint8_t *start,
                                 json_string *string) {
  if (*start != '"')
    return json_fail_kind(decoder, type, start, "a string");
  const uint8_t *at = json_string_read(decoder, start + 1, string);
  return at != NULL && json_string_plain(decoder, string) ? at : NULL;
}

// Puts a value that was read from the string at `start`, or fails with what was wrong with it.
static const uint8_t *put_parsed(json_decoder *decoder, column_builder *column, int64_t slot,
                                 const uint8_t *start, const uint8_t *at, const char *problem, int64_t value) {
  if (problem != NULL)
    return json_fail_value(decoder, column->type, start, problem);
  column_builder_put_integer(column, slot, (uint64_t)value);
  return at;
}

const uint8_t *json_decode_date(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *start) {
  json_string string;
  const uint8_t *at = read_plain(decoder, column->type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t days = 0;
  const char *problem = date_read(string.bytes, string.size, &days);
  return put_parsed(decoder, column, slot, start, at, problem, column->type->width == 8 ? days * DAY_MS : days);
}

const uint8_t *json_decode_time(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *start) {
  json_string string;
  const uint8_t *at = read_plain(decoder, column->type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t value = 0;
  const char *problem = time_read(string.bytes, string.size, column->type->per_second, &value);
  return put_parsed(decoder, column, slot, start, at, problem, value);
}

const uint8_t *json_decode_timestamp(json_decoder *decoder, column_builder *column, int64_t slot,
                                     const uint8_t *start) {
  const column_type *type = column->type;
  json_string string;
  if (*start == '-' || (*start >= '0' && *start <= '9'))
    return json_decode_integer(decoder, column, slot, start);
  if (*start != '"')
    return json_fail_kind(decoder, type, start, "a string or a number");
  const uint8_t *at = read_plain(decoder, type, start, &string);
  if (at == NULL)
    return NULL;
  int64_t value = 0;
  const char *problem = timestamp_read(string.bytes, string.size, type->per_second, type->has_zone, &value);
  return put_parsed(decoder, column, slot, start, at, problem, value);
}
