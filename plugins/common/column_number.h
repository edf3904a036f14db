/// Numbers for columns: whole ones in their type's range, decimals in their precision, and what is wrong with
/// the others.
#ifndef COLUMN_NUMBER_H
#define COLUMN_NUMBER_H

#include "column_type.h"
#include "number.h"

/// Goes on where column_integer_read found a point, an exponent, or more digits than 64 bits always hold. [any]
const uint8_t *column_integer_read_slow(const column_type *type, const uint8_t *at, uint64_t *value,
                                        int *failure);

/// Whether a magnitude is in the range of `type->least` to `type->largest`. [any]
static inline int column_integer_fits(const column_type *type, int is_negative, uint64_t magnitude) {
  return magnitude <= (is_negative ? type->least : type->largest);
}

/// Reads the whole number at `start`, a '-' or a digit, without regard to the column's kind; behind it. NULL,
/// with NUMBER_* in `failure`, if it is none that fits. The text must end in a byte that is no part of a
/// number. [any]
static inline const uint8_t *column_integer_read(const column_type *type, const uint8_t *start, uint64_t *value,
                                                 int *failure) {
  const uint8_t *at = start;
  uint64_t magnitude = 0;
  int is_negative = *at == '-';
  at += is_negative;
  const uint8_t *first = at;
  while (number_is_digit(*at) && at - first < 19)
    magnitude = magnitude * 10 + (*at++ - '0');
  int is_plain = at > first && (*first != '0' || at == first + 1);
  if (!is_plain || number_is_digit(*at) || *at == '.' || (*at | 0x20) == 'e')
    return column_integer_read_slow(type, start, value, failure);
  if (!column_integer_fits(type, is_negative, magnitude)) {
    *failure = NUMBER_OVERFLOW;
    return NULL;
  }
  *value = is_negative ? 0 - magnitude : magnitude;
  return at;
}

/// Reads the number from `at` to `end` as a decimal of the type. 0, NUMBER_INEXACT or NUMBER_OVERFLOW. [any]
static inline int column_decimal_read(const column_type *type, const uint8_t *at, const uint8_t *end,
                                      int128 *value) {
  int failure = number_scaled(at, end, type->scale, value);
  uint128 magnitude = *value < 0 ? -(uint128)*value : (uint128)*value;
  return failure == 0 && magnitude >= type->limit ? NUMBER_OVERFLOW : failure;
}

/// Says of the number from `at` to `end`, by its first digits, why it does not fit. [any]
void column_number_problem(const column_type *type, const uint8_t *at, const uint8_t *end, int failure,
                           char *out, size_t size);

#endif
