#include "../common/column_number.h"
#include "decode.h"
#include "text.h"

// Notes that a number does not fit, with its first digits.
static const uint8_t *fail_number(json_decoder *decoder, const column_type *type, const uint8_t *at,
                                  const uint8_t *end, int failure) {
  char problem[192];
  column_number_problem(type, at, end, failure, problem, sizeof problem);
  return json_fail_value(decoder, type, at, problem);
}

const uint8_t *json_decode_integer(json_decoder *decoder, column_builder *column, int64_t slot,
                                   const uint8_t *at) {
  uint64_t value = 0;
  int failure = 0;
  if (!number_begins(*at))
    return json_fail_kind(decoder, column->type, at, "a number");
  const uint8_t *end = column_integer_read(column->type, at, &value, &failure);
  if (end != NULL)
    column_builder_put_integer(column, slot, value);
  else if (failure == NUMBER_MALFORMED)
    json_fail_syntax(decoder, json_blame(decoder, at), "a number");
  else
    fail_number(decoder, column->type, at, number_end(at), failure);
  return end;
}

const uint8_t *json_decode_bool(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *at) {
  uint8_t bit = (uint8_t)(1u << (slot & 7)), *byte = &column->values[slot >> 3];
  if (memcmp(at, "true", 4) == 0) {
    *byte |= bit;
    return at + 4;
  }
  if (memcmp(at, "false", 5) == 0) {
    *byte &= (uint8_t)~bit;
    return at + 5;
  }
  if (*at == 't' || *at == 'f')
    return json_fail_syntax(decoder, json_blame(decoder, at), *at == 't' ? "true" : "false");
  return json_fail_kind(decoder, column->type, at, "true or false");
}

const uint8_t *json_decode_float(json_decoder *decoder, column_builder *column, int64_t slot,
                                 const uint8_t *at) {
  if (!number_begins(*at))
    return json_fail_kind(decoder, column->type, at, "a number");
  const uint8_t *end = number_end(at);
  if (end == NULL)
    return json_fail_syntax(decoder, json_blame(decoder, at), "a number");
  int fits = column->type->kind == COLUMN_FLOAT64
                 ? number_double(at, end, (double *)(void *)column->values + slot)
                 : number_float(at, end, (float *)(void *)column->values + slot);
  return fits ? end : fail_number(decoder, column->type, at, end, NUMBER_OVERFLOW);
}

// Puts the number from `at` to `end`; `behind` is the position after it.
static const uint8_t *put_decimal(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *at, const uint8_t *end, const uint8_t *behind) {
  int128 value;
  int failure = column_decimal_read(column->type, at, end, &value);
  if (failure != 0)
    return fail_number(decoder, column->type, at, end, failure);
  memcpy(column->values + slot * 16, &value, sizeof value);
  return behind;
}

// A string that holds nothing but a number without escapes.
static const uint8_t *decode_decimal_string(json_decoder *decoder, column_builder *column, int64_t slot,
                                            const uint8_t *at) {
  json_string string;
  const uint8_t *behind = json_string_read(decoder, at + 1, &string);
  if (behind == NULL)
    return NULL;
  if (number_end(string.bytes) != string.bytes + string.size)
    return json_fail_value(decoder, column->type, at, "expected the string to hold a number such as \"12.50\"");
  return put_decimal(decoder, column, slot, string.bytes, string.bytes + string.size, behind);
}

const uint8_t *json_decode_decimal(json_decoder *decoder, column_builder *column, int64_t slot,
                                   const uint8_t *at) {
  if (*at == '"')
    return decode_decimal_string(decoder, column, slot, at);
  if (!number_begins(*at))
    return json_fail_kind(decoder, column->type, at, "a number or a string");
  const uint8_t *end = number_end(at);
  return end == NULL ? json_fail_syntax(decoder, json_blame(decoder, at), "a number")
                     : put_decimal(decoder, column, slot, at, end, end);
}
