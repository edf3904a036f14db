#include "read.h"

AVRO_READ(avro_read_boolean) {
  if (at >= decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (*at > 1)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "a boolean of %d, expected 0 or 1", *at);
  uint8_t bit = (uint8_t)(1u << (slot & 7)), *byte = &column->values[slot >> 3];
  *byte = *at ? *byte | bit : *byte & (uint8_t)~bit;
  return at + 1;
}

// Reads the int or long at `at`.
static inline const uint8_t *read_whole(avro_decoder *decoder, const avro_step *step,
                                        const column_builder *column, const uint8_t *at, int64_t *value) {
  const uint8_t *behind = avro_read_long(at, value);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (step->written->kind == AVRO_INT && *value != (int32_t)*value)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "%lld has more than the 32 bits of an int",
                     (long long)*value);
  return behind;
}

AVRO_READ(avro_read_int64) {
  const uint8_t *behind = avro_read_long(at, (int64_t *)(void *)column->values + slot);
  return behind != NULL && behind <= decoder->end ? behind : avro_fail_end(decoder, step, column, at);
}

AVRO_READ(avro_read_integer) {
  int64_t value = 0;
  const column_type *type = column->type;
  const uint8_t *behind = read_whole(decoder, step, column, at, &value);
  if (behind == NULL)
    return NULL;
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  if (magnitude > (value < 0 ? type->least : type->largest))
    return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE, "%lld is out of range for %s", (long long)value,
                     type->title);
  column_builder_put_integer(column, slot, (uint64_t)value);
  return behind;
}

static void put_float(const avro_step *step, column_builder *column, int64_t slot, double value) {
  if (column->type->kind == COLUMN_FLOAT32)
    ((float *)(void *)column->values)[slot] = (float)value;
  else
    ((double *)(void *)column->values)[slot] = step->is_narrowed ? (double)(float)value : value;
}

AVRO_READ(avro_read_integer_as_float) {
  int64_t value = 0;
  const uint8_t *behind = read_whole(decoder, step, column, at, &value);
  if (behind == NULL)
    return NULL;
  if (column->type->kind == COLUMN_FLOAT32 || step->is_narrowed)
    put_float(step, column, slot, (double)(float)value); // rounded once
  else
    put_float(step, column, slot, (double)value);
  return behind;
}

AVRO_READ(avro_read_float) {
  float value;
  if (decoder->end - at < 4)
    return avro_fail_end(decoder, step, column, at);
  memcpy(&value, at, sizeof value);
  put_float(step, column, slot, (double)value);
  return at + sizeof value;
}

AVRO_READ(avro_read_double) {
  if (decoder->end - at < 8)
    return avro_fail_end(decoder, step, column, at);
  memcpy((double *)(void *)column->values + slot, at, 8);
  return at + 8;
}
