#include "decimal.h"
#include "read.h"

static const uint8_t *fail_range(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                                 const uint8_t *at, int64_t value) {
  return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE, "%lld of %s has no exact value as %s",
                   (long long)value, step->written->name, column->type->title);
}

// Reads an integer in the column's units.
static inline const uint8_t *read_scaled(avro_decoder *decoder, const avro_step *step,
                                         const column_builder *column, const uint8_t *at, int64_t *out) {
  int64_t value = 0;
  const uint8_t *behind = avro_read_long(at, &value);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  int is_bad = step->written->kind == AVRO_INT && value != (int32_t)value;
  *out = value;
  int is_scaled = step->divide != 1 || step->multiply != 1; // else no division, which takes long
  if (is_bad || (is_scaled && (value % step->divide != 0 ||
                               __builtin_mul_overflow(value / step->divide, step->multiply, out))))
    return fail_range(decoder, step, column, at, value);
  return behind;
}

static void put(column_builder *column, int64_t slot, int64_t value) {
  column_builder_put_integer(column, slot, (uint64_t)value);
}

AVRO_READ(avro_read_date) {
  int64_t value = 0;
  const uint8_t *behind = read_scaled(decoder, step, column, at, &value);
  if (behind != NULL)
    put(column, slot, value);
  return behind;
}

AVRO_READ(avro_read_time) {
  int64_t value = 0;
  const uint8_t *behind = read_scaled(decoder, step, column, at, &value);
  if (behind == NULL)
    return NULL;
  if (value < 0 || value >= 86400 * column->type->per_second)
    return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE, "a time that is not within a day");
  put(column, slot, value);
  return behind;
}

AVRO_READ(avro_read_timestamp) {
  int64_t value = 0;
  const uint8_t *behind = read_scaled(decoder, step, column, at, &value);
  if (behind != NULL)
    ((int64_t *)(void *)column->values)[slot] = value;
  return behind;
}

// Reads a big-endian two's complement number; 0 if it has more than 128 bits.
static int read_big(const uint8_t *at, int64_t size, int128 *out) {
  uint8_t sign = size > 0 && at[0] >= 0x80 ? 0xFF : 0;
  for (; size > 16; size--)
    if (*at++ != sign)
      return 0;
  uint128 value = sign ? ~(uint128)0 : 0;
  if (size == 16 && (at[0] >= 0x80) != (sign != 0))
    return 0;
  for (int64_t i = 0; i < size; i++)
    value = value << 8 | at[i];
  *out = (int128)value;
  return 1;
}

AVRO_READ(avro_read_decimal) {
  int64_t size = step->written->size;
  int128 value;
  const uint8_t *bytes = at;
  if (step->written->kind == AVRO_FIXED) {
    if (decoder->end - at < size)
      return avro_fail_end(decoder, step, column, at);
  } else if ((bytes = avro_read_size(decoder, step, column, at, &size)) == NULL) {
    return NULL;
  }
  if (!read_big(bytes, size, &value) ||
      !avro_rescale(&value, step->multiply, step->divide, column->type->limit))
    return avro_fail(decoder, step, column, at, AVRO_BAD_VALUE, "a decimal that has no exact value as %s",
                     column->type->title);
  memcpy(column->values + slot * 16, &value, sizeof value);
  return bytes + size;
}
