#include "read.h"

// Puts the `size` bytes at `at` and returns what is behind them.
static inline const uint8_t *put_bytes(avro_decoder *decoder, const avro_step *step, column_builder *column,
                                       int64_t slot, const uint8_t *at, int64_t size) {
  return text_source_put(&decoder->source, column, slot, at, size, step->constants) ? at + size
                                                                                    : avro_fail_memory(decoder);
}

AVRO_READ(avro_read_text) {
  int64_t size = 0;
  const uint8_t *bytes = avro_read_size(decoder, step, column, at, &size);
  if (bytes == NULL)
    return NULL;
  int64_t bad = text_invalid_at(bytes, size);
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
  text_constant *constant = &step->constants[index];
  if (constant->bytes == NULL)
    return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE,
                     "symbol \"%.100s\" is none of the reader's enum, which has no default",
                     step->written->symbols[index]);
  return text_source_put_constant(&decoder->source, column, slot, constant) ? behind
                                                                            : avro_fail_memory(decoder);
}
