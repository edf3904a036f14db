#include "../common/column_text.h"
#include "read.h"

// Puts bytes that are no part of the message, once per batch.
static int put_constant(avro_decoder *decoder, column_builder *column, int64_t slot, avro_constant *constant) {
  mill_view *view = column_text_view(column, slot);
  if (constant->size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(view, constant->bytes, constant->size);
    return 1;
  }
  if (constant->batch != decoder->batch) {
    uint8_t *room =
        constant->size > INT32_MAX - column->side_size ? NULL : column_builder_side(column, constant->size);
    if (room == NULL)
      return 0;
    memcpy(room, constant->bytes, (size_t)constant->size);
    constant->offset = (int32_t)column->side_size;
    constant->batch = decoder->batch;
    column->side_size += constant->size;
  }
  column_text_put_reference(view, 1, column->side, column->side + constant->offset, constant->size);
  return 1;
}

// Puts the `size` bytes at `at` and returns what is behind them.
static inline const uint8_t *put_bytes(avro_decoder *decoder, const avro_step *step, column_builder *column,
                                       int64_t slot, const uint8_t *at, int64_t size) {
  if (size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(column_text_view(column, slot), at, size);
    return at + size;
  }
  if (at >= decoder->data && at < decoder->data_end) {
    column_text_put_reference(column_text_view(column, slot), 0, decoder->data, at, size);
    decoder->uses_data = 1;
    return at + size;
  }
  avro_constant *constant = step->constants;
  if (constant->bytes != at)
    *constant = (avro_constant){.bytes = at, .size = size};
  return put_constant(decoder, column, slot, constant) ? at + size : avro_fail_memory(decoder);
}

// Position of the first byte that is no UTF-8, -1 if there is none; looks at 16 bytes at once, which are
// readable.
static inline int64_t invalid_at(const uint8_t *at, int64_t size) {
  uint64_t first, second;
  memcpy(&first, at, 8);
  memcpy(&second, at + 8, 8);
  if (size <= 8)
    first = column_text_low_bytes(first, size), second = 0;
  else if (size <= 16)
    second = column_text_low_bytes(second, size - 8);
  else
    return mill_utf8_invalid_at(at, size);
  return ((first | second) & UINT64_C(0x8080808080808080)) == 0 ? -1 : mill_utf8_invalid_at(at, size);
}

AVRO_READ(avro_read_text) {
  int64_t size = 0;
  const uint8_t *bytes = avro_read_size(decoder, step, column, at, &size);
  if (bytes == NULL)
    return NULL;
  int64_t bad = invalid_at(bytes, size);
  if (bad >= 0)
    return avro_fail(decoder, step, column, bytes + bad, AVRO_BAD_DATA,
                     "a byte that is not UTF-8, expected text");
  return put_bytes(decoder, step, column, slot, bytes, size);
}

AVRO_READ(avro_read_binary) {
  int64_t size = 0;
  const uint8_t *bytes = avro_read_size(decoder, step, column, at, &size);
  return bytes == NULL ? NULL : put_bytes(decoder, step, column, slot, bytes, size);
}

AVRO_READ(avro_read_fixed) {
  if (decoder->end - at < step->written->size)
    return avro_fail_end(decoder, step, column, at);
  return put_bytes(decoder, step, column, slot, at, step->written->size);
}

AVRO_READ(avro_read_enum) {
  int64_t index;
  const uint8_t *behind = avro_read_long(at, &index);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (index < 0 || index >= step->written->count)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "symbol %lld, but enum %s has %u",
                     (long long)index, step->written->name, step->written->count);
  avro_constant *constant = &step->constants[index];
  if (constant->bytes == NULL)
    return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE,
                     "symbol \"%.100s\" is none of the reader's enum, which has no default",
                     step->written->symbols[index]);
  return put_constant(decoder, column, slot, constant) ? behind : avro_fail_memory(decoder);
}
