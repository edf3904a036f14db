#include "../common/date_time.h"
#include "read.h"
#include "timestamp.h"

PROTO_READ(proto_read_time) {
  const column_type *type = column->type;
  int64_t value = 0, scaled;
  int is_signed = 0;
  const uint8_t *behind = proto_read_whole(step, at, end, &value, &is_signed);
  if (behind == NULL)
    return proto_fail_end(decoder, step, column, at);
  int is_date64 = type->kind == COLUMN_DATE && type->width == 8;
  int is_bad = (!is_signed && value < 0) || __builtin_mul_overflow(value, is_date64 ? DAY_MS : 1, &scaled) ||
               (type->width == 4 && scaled != (int32_t)scaled) ||
               (type->kind == COLUMN_TIME && (scaled < 0 || scaled >= 86400 * type->per_second));
  if (is_bad)
    return proto_fail(decoder, step, column, at, PROTO_BAD_VALUE, "%lld is out of range for %s",
                      (long long)value, type->title);
  column_builder_put_integer(column, slot, (uint64_t)scaled);
  return behind;
}

// Reads the message that Timestamp and Duration both are: seconds 1, nanos 2. 0 if it is malformed.
static int read_seconds(const uint8_t *at, const uint8_t *end, int64_t *seconds, int64_t *nanos) {
  proto_cursor cursor = {at, end};
  proto_item item;
  int more;
  *seconds = *nanos = 0;
  while ((more = proto_next(&cursor, &item)) == 1) {
    if (item.wire != PROTO_WIRE_VARINT)
      continue;
    if (item.number == 1)
      *seconds = (int64_t)item.value;
    else if (item.number == 2)
      *nanos = (int32_t)(uint32_t)item.value;
  }
  return more == 0;
}

// As read_seconds; quick where both fields come in order, as they are written.
static inline int read_seconds_in_order(const uint8_t *at, const uint8_t *end, int64_t *seconds,
                                        int64_t *nanos) {
  uint64_t bits = 0, fraction = 0;
  const uint8_t *behind = at;
  if (behind < end && *behind == 0x08)
    behind = varint_read(behind + 1, &bits);
  if (behind != NULL && behind < end && *behind == 0x10)
    behind = varint_read(behind + 1, &fraction);
  *seconds = (int64_t)bits;
  *nanos = (int32_t)(uint32_t)fraction;
  return behind == end || read_seconds(at, end, seconds, nanos);
}

static const uint8_t *fail_seconds(proto_decoder *decoder, const proto_step *step, const column_builder *column,
                                   const uint8_t *at, int64_t seconds, int64_t nanos) {
  return proto_fail(decoder, step, column, at, PROTO_BAD_VALUE, "%lld s and %lld ns have no value as %s",
                    (long long)seconds, (long long)nanos, column->type->title);
}

PROTO_READ(proto_read_timestamp) {
  int64_t size = 0, seconds, nanos, value;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  if (bytes == NULL)
    return NULL;
  if (!read_seconds_in_order(bytes, bytes + size, &seconds, &nanos))
    return proto_fail(decoder, step, column, bytes, PROTO_BAD_DATA, "no Timestamp");
  if (!proto_timestamp_value(seconds, nanos, column->type->per_second, &value))
    return fail_seconds(decoder, step, column, at, seconds, nanos);
  ((int64_t *)(void *)column->values)[slot] = value;
  return bytes + size;
}

PROTO_READ(proto_read_duration) {
  int64_t size = 0, seconds, nanos, value;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  if (bytes == NULL)
    return NULL;
  if (!read_seconds_in_order(bytes, bytes + size, &seconds, &nanos))
    return proto_fail(decoder, step, column, bytes, PROTO_BAD_DATA, "no Duration");
  int is_bad = nanos <= -PROTO_NANOS || nanos >= PROTO_NANOS || (seconds > 0 && nanos < 0) ||
               (seconds < 0 && nanos > 0) || __builtin_mul_overflow(seconds, 1000000, &value) ||
               __builtin_add_overflow(value, nanos / 1000, &value);
  if (is_bad)
    return fail_seconds(decoder, step, column, at, seconds, nanos);
  ((int64_t *)(void *)column->values)[slot] = value;
  return bytes + size;
}
