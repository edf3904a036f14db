#include "date_time.h"
#include "encode.h"
#include "float_text.h"
#include "integer_text.h"

#include <math.h>

int json_encode_fail(json_encoder *encoder, const json_type *type, const char *problem) {
  char path[256];
  json_type_path(type, path, sizeof path);
  snprintf(encoder->message, sizeof encoder->message, "field \"%s\": %s", path, problem);
  return 0;
}

int json_encode_float(json_encoder *encoder, const json_source *source, int64_t index) {
  int64_t at = index + source->column.offset;
  int is_double = source->type->kind == JSON_FLOAT64;
  double value = is_double ? ((const double *)source->column.values)[at]
                           : (double)((const float *)source->column.values)[at];
  if (!isfinite(value))
    return json_encode_fail(encoder, source->type,
                            isnan(value) ? "NaN has no JSON form" : "infinity has no JSON form");
  uint8_t *out = json_encode_room(encoder, JSON_FLOAT_MAX);
  if (out == NULL)
    return 0;
  json_encode_end(encoder, is_double ? json_double_write(value, out) : json_float_write((float)value, out));
  return 1;
}

static uint8_t *write_date_time(const json_type *type, int64_t value, uint8_t *out) {
  if (type->kind == JSON_TIME)
    return json_time_write(value, type->per_second, out);
  if (type->kind == JSON_TIMESTAMP)
    return json_timestamp_write(value, type->per_second, type->has_zone, out);
  if (type->width == 4)
    return json_date_write(value, out);
  return value % JSON_DAY_MS != 0 ? NULL : json_date_write(value / JSON_DAY_MS, out);
}

int json_encode_date_time(json_encoder *encoder, const json_source *source, int64_t index) {
  const json_type *type = source->type;
  int64_t value = type->width == 8 ? mill_int64(&source->column, index) : mill_int32(&source->column, index);
  uint8_t *out = json_encode_room(encoder, JSON_DATE_TIME_MAX + 2);
  if (out == NULL)
    return 0;
  uint8_t *end = write_date_time(type, value, out + 1);
  if (end == NULL) {
    char problem[192];
    snprintf(problem, sizeof problem,
             "%lld has no text form as %s (years 0000 to 9999, whole days, times within a day)",
             (long long)value, type->title);
    return json_encode_fail(encoder, type, problem);
  }
  *out = *end = '"';
  json_encode_end(encoder, end + 1);
  return 1;
}

// Writes digits backwards, at least `least` of them; their start.
static uint8_t *write_backwards(json_uint128 value, int least, uint8_t *end) {
  for (int count = 0; value != 0 || count < least; count++, value /= 10)
    *--end = (uint8_t)('0' + (int)(value % 10));
  return end;
}

int json_encode_decimal(json_encoder *encoder, const json_source *source, int64_t index) {
  int scale = source->type->scale;
  json_int128 value;
  memcpy(&value, (const uint8_t *)source->column.values + (index + source->column.offset) * 16, 16);
  uint8_t digits[48], *end = digits + sizeof digits;
  json_uint128 magnitude = value < 0 ? -(json_uint128)value : (json_uint128)value;
  uint8_t *start = write_backwards(magnitude, scale + 1, end);
  uint8_t *out = json_encode_room(encoder, 64);
  if (out == NULL)
    return 0;
  if (value < 0)
    *out++ = '-';
  int64_t whole = end - start - scale;
  memcpy(out, start, (size_t)whole);
  out += whole;
  if (scale > 0) {
    *out++ = '.';
    memcpy(out, end - scale, (size_t)scale);
    out += scale;
  }
  json_encode_end(encoder, out);
  return 1;
}
