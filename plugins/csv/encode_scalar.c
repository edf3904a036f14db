#include "../common/column_write.h"
#include "../common/float_text.h"
#include "../common/integer_text.h"
#include "encode.h"

#include <math.h>

int csv_encode_fail(csv_encoder *encoder, const column_type *type, const char *problem) {
  char path[256];
  column_type_path(type, path, sizeof path);
  snprintf(encoder->message, sizeof encoder->message, "field \"%s\": %s", path, problem);
  return 0;
}

int csv_encode_bool(csv_encoder *encoder, const column_source *source, int64_t index) {
  uint8_t *out = csv_encode_room(encoder, 8);
  if (out == NULL)
    return 0;
  int is_true = mill_bool(&source->column, index);
  memcpy(out, is_true ? "true\0\0\0" : "false\0\0", 8);
  csv_encode_end(encoder, out + (is_true ? 4 : 5));
  return 1;
}

int csv_encode_integer(csv_encoder *encoder, const column_source *source, int64_t index) {
  uint8_t *out = csv_encode_room(encoder, INTEGER_TEXT_MAX + 1);
  if (out == NULL)
    return 0;
  uint64_t value = column_integer_at(source, index + source->column.offset);
  csv_encode_end(encoder,
                 source->type->least != 0 ? int64_write((int64_t)value, out) : uint64_write(value, out));
  return 1;
}

int csv_encode_float(csv_encoder *encoder, const column_source *source, int64_t index) {
  int64_t at = index + source->column.offset;
  int is_double = source->type->kind == COLUMN_FLOAT64;
  double value = is_double ? ((const double *)source->column.values)[at]
                           : (double)((const float *)source->column.values)[at];
  if (!isfinite(value))
    return csv_encode_fail(encoder, source->type,
                           isnan(value) ? "NaN has no CSV form" : "infinity has no CSV form");
  uint8_t *out = csv_encode_room(encoder, FLOAT_TEXT_MAX);
  if (out == NULL)
    return 0;
  csv_encode_end(encoder, is_double ? double_write(value, out) : float_write((float)value, out));
  return 1;
}

int csv_encode_date_time(csv_encoder *encoder, const column_source *source, int64_t index) {
  int64_t value = column_date_time_at(source, index);
  uint8_t *out = csv_encode_room(encoder, DATE_TIME_MAX);
  if (out == NULL)
    return 0;
  uint8_t *end = column_date_time_write(source->type, value, out);
  if (end == NULL) {
    char problem[192];
    column_date_time_problem(source->type, value, problem, sizeof problem);
    return csv_encode_fail(encoder, source->type, problem);
  }
  csv_encode_end(encoder, end);
  return 1;
}

int csv_encode_decimal(csv_encoder *encoder, const column_source *source, int64_t index) {
  uint8_t *out = csv_encode_room(encoder, DECIMAL_TEXT_MAX);
  if (out == NULL)
    return 0;
  csv_encode_end(encoder, column_decimal_write(source, index, out));
  return 1;
}
