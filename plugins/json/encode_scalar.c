#include "../common/column_write.h"
#include "../common/float_text.h"
#include "../common/integer_text.h"
#include "encode.h"
#include "match.h"

#include <math.h>

int json_encode_fail(json_encoder *encoder, const column_type *type, const char *problem) {
  char path[256];
  column_type_path(type, path, sizeof path);
  snprintf(encoder->message, sizeof encoder->message, "field \"%s\": %s", path, problem);
  return 0;
}

int json_encode_float(json_encoder *encoder, const column_source *source, int64_t index) {
  int64_t at = index + source->column.offset;
  int is_double = source->type->kind == COLUMN_FLOAT64;
  double value = is_double ? ((const double *)source->column.values)[at]
                           : (double)((const float *)source->column.values)[at];
  if (!isfinite(value))
    return json_encode_fail(encoder, source->type,
                            isnan(value) ? "NaN has no JSON form" : "infinity has no JSON form");
  uint8_t *out = json_encode_room(encoder, FLOAT_TEXT_MAX);
  if (out == NULL)
    return 0;
  json_encode_end(encoder, is_double ? double_write(value, out) : float_write((float)value, out));
  return 1;
}

int json_encode_date_time(json_encoder *encoder, const column_source *source, int64_t index) {
  const column_type *type = source->type;
  int64_t value = column_date_time_at(source, index);
  uint8_t *out = json_encode_room(encoder, DATE_TIME_MAX + 2);
  if (out == NULL)
    return 0;
  uint8_t *end = column_date_time_write(type, value, out + 1);
  if (end == NULL) {
    char problem[192];
    column_date_time_problem(type, value, problem, sizeof problem);
    return json_encode_fail(encoder, type, problem);
  }
  *out = *end = '"';
  json_encode_end(encoder, end + 1);
  return 1;
}

int json_encode_decimal(json_encoder *encoder, const column_source *source, int64_t index) {
  int is_text = (source->type->flags & JSON_AS_TEXT) != 0;
  uint8_t *out = json_encode_room(encoder, DECIMAL_TEXT_MAX + 2);
  if (out == NULL)
    return 0;
  out[0] = '"';
  uint8_t *end = column_decimal_write(source, index, out + is_text);
  *end = '"';
  json_encode_end(encoder, end + is_text);
  return 1;
}
