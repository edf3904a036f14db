#include "../common/column_number.h"
#include "../common/integer_text.h"
#include "read.h"

// Puts the bytes at `at` and returns what is behind them.
static inline const uint8_t *put(proto_decoder *decoder, const proto_step *step, column_builder *column,
                                 int64_t slot, const uint8_t *at, int64_t size) {
  return text_source_put(&decoder->source, column, slot, at, size, step->constant) ? at + size
                                                                                   : proto_fail_memory(decoder);
}

PROTO_READ(proto_read_text) {
  int64_t size = 0;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  if (bytes == NULL)
    return NULL;
  int64_t bad = text_invalid_at(bytes, size);
  if (bad >= 0)
    return proto_fail(decoder, step, column, bytes + bad, PROTO_BAD_DATA,
                      "a byte that is not UTF-8, expected text");
  return put(decoder, step, column, slot, bytes, size);
}

PROTO_READ(proto_read_bytes) {
  int64_t size = 0;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  return bytes == NULL ? NULL : put(decoder, step, column, slot, bytes, size);
}

PROTO_READ(proto_read_decimal) {
  int64_t size = 0;
  uint8_t text[80] = {0};
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  if (bytes == NULL)
    return NULL;
  int128 value = 0;
  int is_number = size > 0 && size < (int64_t)sizeof text;
  if (is_number)
    memcpy(text, bytes, (size_t)size);
  is_number = is_number && number_begins(text[0]) && number_end(text) == text + size;
  if (!is_number || column_decimal_read(column->type, text, text + size, &value) != 0)
    return proto_fail(decoder, step, column, at, PROTO_BAD_VALUE, "a text that has no exact value as %s",
                      column->type->title);
  memcpy(column->values + slot * 16, &value, sizeof value);
  return bytes + size;
}

PROTO_READ(proto_read_key) {
  int64_t value = 0;
  int is_signed = 0;
  const uint8_t *behind = proto_read_whole(step, at, end, &value, &is_signed);
  if (behind == NULL)
    return proto_fail_end(decoder, step, column, at);
  uint8_t *room = column_builder_side(column, INTEGER_TEXT_MAX + 1 + MILL_VIEW_INLINE);
  if (room == NULL || column->side_size > INT32_MAX - INTEGER_TEXT_MAX)
    return proto_fail_memory(decoder);
  uint8_t *text_end = is_signed ? int64_write(value, room) : uint64_write((uint64_t)value, room);
  if (step->field->kind == PROTO_BOOL) {
    memcpy(room, value ? "true" : "false", 5);
    text_end = room + (value ? 4 : 5);
  }
  column_text_put_side(column, column_text_view(column, slot), room, text_end - room);
  return behind;
}
