#include "../common/column_number.h"
#include "decode.h"

// Notes what is wrong with a number; `at` is its text.
static int fail_number(csv_decoder *decoder, const column_type *type, const csv_field *field, const uint8_t *at,
                       int failure) {
  char problem[192];
  const uint8_t *end = number_end(at);
  if (end != at + field->size)
    return csv_fail_value(decoder, type, field->start) != NULL;
  column_number_problem(type, at, end, failure, problem, sizeof problem);
  return csv_fail(decoder, CSV_BAD_VALUE, type, field->start, problem) != NULL;
}

int csv_decode_bool(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  uint8_t bit = (uint8_t)(1u << (slot & 7)), *byte = &column->values[slot >> 3];
  if (!csv_field_plain(decoder, field))
    return 0;
  if (field->size == 4 && memcmp(field->bytes, "true", 4) == 0) {
    *byte |= bit;
    return 1;
  }
  if (field->size == 5 && memcmp(field->bytes, "false", 5) == 0) {
    *byte &= (uint8_t)~bit;
    return 1;
  }
  return csv_fail_value(decoder, column->type, field->start) != NULL;
}

int csv_decode_integer(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  uint64_t value = 0;
  int failure = NUMBER_MALFORMED;
  const uint8_t *at = csv_field_number(decoder, field);
  if (at == NULL)
    return 0;
  const uint8_t *end = number_begins(*at) ? column_integer_read(column->type, at, &value, &failure) : NULL;
  if (end != at + field->size)
    return fail_number(decoder, column->type, field, at, failure);
  column_builder_put_integer(column, slot, value);
  return 1;
}

int csv_decode_float(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  const uint8_t *at = csv_field_number(decoder, field);
  if (at == NULL)
    return 0;
  const uint8_t *end = at + field->size;
  if (number_end(at) != end)
    return csv_fail_value(decoder, column->type, field->start) != NULL;
  int fits = column->type->kind == COLUMN_FLOAT64
                 ? number_double(at, end, (double *)(void *)column->values + slot)
                 : number_float(at, end, (float *)(void *)column->values + slot);
  return fits || fail_number(decoder, column->type, field, at, NUMBER_OVERFLOW);
}

int csv_decode_decimal(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  const uint8_t *at = csv_field_number(decoder, field);
  if (at == NULL)
    return 0;
  const uint8_t *end = at + field->size;
  if (number_end(at) != end)
    return csv_fail_value(decoder, column->type, field->start) != NULL;
  int128 value;
  int failure = column_decimal_read(column->type, at, end, &value);
  if (failure != 0)
    return fail_number(decoder, column->type, field, at, failure);
  memcpy(column->values + slot * 16, &value, sizeof value);
  return 1;
}
