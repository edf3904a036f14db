#include "decode.h"
#include "number.h"
#include "text.h"

static inline int is_digit(uint8_t c) { return (unsigned)c - '0' <= 9; }
static inline int begins_number(uint8_t c) { return c == '-' || is_digit(c); }

// Notes that a number does not fit, with its first digits.
static const uint8_t *fail_number(json_decoder *decoder, const json_type *type, const uint8_t *at,
                                  const uint8_t *end, int failure) {
  char problem[192];
  int size = end - at > 40 ? 40 : (int)(end - at);
  const char *what = failure == JSON_NUMBER_OVERFLOW ? "is out of range for"
                     : type->kind == JSON_DECIMAL    ? "has more digits after the point than"
                                                     : "is no whole number, needed for";
  snprintf(problem, sizeof problem, "%.*s%s %s %s", size, (const char *)at, end - at > 40 ? "…" : "", what,
           type->title);
  return json_fail_value(decoder, type, at, problem);
}

static int is_in_range(const json_type *type, int is_negative, uint64_t magnitude) {
  return magnitude <= (is_negative ? type->least : type->largest);
}

// With a point, an exponent, or more digits than 64 bits always hold.
static const uint8_t *read_integer_slow(json_decoder *decoder, const json_type *type, const uint8_t *at,
                                        uint64_t *value) {
  const uint8_t *end = json_number_end(at);
  if (end == NULL)
    return json_fail_syntax(decoder, at, "a number");
  json_int128 wide;
  int failure = json_number_scaled(at, end, 0, &wide);
  if (failure != 0)
    return fail_number(decoder, type, at, end, failure);
  json_uint128 magnitude = wide < 0 ? -(json_uint128)wide : (json_uint128)wide;
  if (magnitude > UINT64_MAX || !is_in_range(type, wide < 0, (uint64_t)magnitude))
    return fail_number(decoder, type, at, end, JSON_NUMBER_OVERFLOW);
  *value = (uint64_t)wide;
  return end;
}

const uint8_t *json_read_integer(json_decoder *decoder, const json_type *type, const uint8_t *start,
                                 uint64_t *value) {
  if (!begins_number(*start))
    return json_fail_kind(decoder, type, start, "a number");
  int is_negative = *start == '-';
  const uint8_t *first = start + is_negative, *at = first;
  uint64_t magnitude = 0;
  while (is_digit(*at) && at - first < 19)
    magnitude = magnitude * 10 + (*at++ - '0');
  int is_plain = at > first && (*first != '0' || at == first + 1);
  if (!is_plain || is_digit(*at) || *at == '.' || (*at | 0x20) == 'e')
    return read_integer_slow(decoder, type, start, value);
  if (!is_in_range(type, is_negative, magnitude))
    return fail_number(decoder, type, start, at, JSON_NUMBER_OVERFLOW);
  *value = is_negative ? 0 - magnitude : magnitude;
  return at;
}

const uint8_t *json_decode_integer(json_decoder *decoder, json_column *column, int64_t slot,
                                   const uint8_t *at) {
  uint64_t value = 0;
  at = json_read_integer(decoder, column->type, at, &value);
  if (at != NULL)
    json_put_integer(column, slot, value);
  return at;
}

const uint8_t *json_decode_bool(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at) {
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
    return json_fail_syntax(decoder, at, *at == 't' ? "true" : "false");
  return json_fail_kind(decoder, column->type, at, "true or false");
}

const uint8_t *json_decode_float(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at) {
  if (!begins_number(*at))
    return json_fail_kind(decoder, column->type, at, "a number");
  const uint8_t *end = json_number_end(at);
  if (end == NULL)
    return json_fail_syntax(decoder, at, "a number");
  int fits = column->type->kind == JSON_FLOAT64
                 ? json_number_double(at, end, (double *)(void *)column->values + slot)
                 : json_number_float(at, end, (float *)(void *)column->values + slot);
  return fits ? end : fail_number(decoder, column->type, at, end, JSON_NUMBER_OVERFLOW);
}

// Puts the number from `at` to `end`; `behind` is the position after it.
static const uint8_t *put_decimal(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at,
                                  const uint8_t *end, const uint8_t *behind) {
  json_int128 value;
  int failure = json_number_scaled(at, end, column->type->scale, &value);
  json_uint128 magnitude = value < 0 ? -(json_uint128)value : (json_uint128)value;
  if (failure == 0 && magnitude >= column->type->limit)
    failure = JSON_NUMBER_OVERFLOW;
  if (failure != 0)
    return fail_number(decoder, column->type, at, end, failure);
  memcpy(column->values + slot * 16, &value, sizeof value);
  return behind;
}

// A string that holds nothing but a number without escapes.
static const uint8_t *decode_decimal_string(json_decoder *decoder, json_column *column, int64_t slot,
                                            const uint8_t *at) {
  json_string string;
  const uint8_t *behind = json_string_read(decoder, at + 1, &string);
  if (behind == NULL)
    return NULL;
  if (json_number_end(string.bytes) != string.bytes + string.size)
    return json_fail_value(decoder, column->type, at, "expected the string to hold a number such as \"12.50\"");
  return put_decimal(decoder, column, slot, string.bytes, string.bytes + string.size, behind);
}

const uint8_t *json_decode_decimal(json_decoder *decoder, json_column *column, int64_t slot,
                                   const uint8_t *at) {
  if (*at == '"')
    return decode_decimal_string(decoder, column, slot, at);
  if (!begins_number(*at))
    return json_fail_kind(decoder, column->type, at, "a number or a string");
  const uint8_t *end = json_number_end(at);
  return end == NULL ? json_fail_syntax(decoder, at, "a number")
                     : put_decimal(decoder, column, slot, at, end, end);
}
