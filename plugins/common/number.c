#define _GNU_SOURCE // strtod_l
#include "number.h"

#include "float_text.h"

#include <math.h>

const uint8_t *number_end(const uint8_t *at) {
  at += *at == '-';
  if (!number_is_digit(*at))
    return NULL;
  if (*at == '0')
    at++;
  else
    while (number_is_digit(*at))
      at++;
  if (*at == '.') {
    if (!number_is_digit(*++at))
      return NULL;
    while (number_is_digit(*at))
      at++;
  }
  if ((*at | 0x20) == 'e') {
    at++;
    at += *at == '-' || *at == '+';
    if (!number_is_digit(*at))
      return NULL;
    while (number_is_digit(*at))
      at++;
  }
  return at;
}

// Exponents past this mean zero or overflow, whatever the digits in a buffer of 2 GiB.
#define EXPONENT_MAX INT64_C(1000000000000)

static int64_t read_exponent(const uint8_t *at, const uint8_t *end) {
  if (at == end)
    return 0;
  int is_negative = *++at == '-';
  int64_t exponent = 0;
  for (at += *at == '-' || *at == '+'; at < end; at++)
    if (exponent < EXPONENT_MAX)
      exponent = exponent * 10 + (*at - '0');
  return is_negative ? -exponent : exponent;
}

// A number as digits × 10^exponent, the digits without zeros at their ends.
typedef struct decimal {
  uint128 digits;
  int64_t exponent;
  int has_too_many; // digits overflowed: more than 38 of them
} decimal;

static int shift(uint128 *digits, int64_t count) {
  for (; count > 0; count--)
    if (__builtin_mul_overflow(*digits, 10, digits))
      return 0;
  return 1;
}

static decimal read_decimal(const uint8_t *at, const uint8_t *end) {
  decimal number = {0, 0, 0};
  int64_t zeros = 0; // seen since the last other digit
  int is_fraction = 0;
  for (; at < end && (*at | 0x20) != 'e'; at++) {
    if (*at == '.') {
      is_fraction = 1;
      continue;
    }
    number.exponent -= is_fraction;
    zeros++;
    if (*at == '0')
      continue;
    int64_t places = number.digits == 0 ? 1 : zeros; // leading zeros shift nothing
    number.has_too_many |= places > 38 || !shift(&number.digits, places) ||
                           __builtin_add_overflow(number.digits, *at - '0', &number.digits);
    zeros = 0;
  }
  number.exponent += zeros + read_exponent(at, end);
  return number;
}

int number_scaled(const uint8_t *at, const uint8_t *end, int scale, int128 *out) {
  int is_negative = *at == '-';
  decimal number = read_decimal(at + is_negative, end);
  *out = 0;
  int64_t places = number.exponent + scale;
  if (number.digits == 0 && !number.has_too_many)
    return 0;
  if (places < 0)
    return NUMBER_INEXACT;
  if (number.has_too_many || places > 38 || !shift(&number.digits, places) || number.digits >> 127 != 0)
    return NUMBER_OVERFLOW;
  *out = is_negative ? -(int128)number.digits : (int128)number.digits;
  return 0;
}

// A number's digits, of which the first is not 0, and the power of ten of the first; `at` is `end` for 0.
typedef struct digits {
  const uint8_t *at, *end;
  int64_t exponent;
} digits;

static digits find_digits(const uint8_t *at, const uint8_t *end) {
  const uint8_t *digits_end = at;
  while (digits_end < end && (*digits_end | 0x20) != 'e')
    digits_end++;
  digits found = {at, digits_end, read_exponent(digits_end, end)};
  const uint8_t *point = memchr(at, '.', (size_t)(digits_end - at));
  point = point == NULL ? digits_end : point;
  while (found.at < digits_end && (*found.at == '0' || *found.at == '.'))
    found.at++;
  // In front of the point, the digit next to it counts ones; behind it, tenths.
  found.exponent += found.at < point ? point - found.at - 1 : point - found.at;
  return found;
}

static int next_digit(digits *of) {
  of->at += of->at < of->end && *of->at == '.';
  return of->at < of->end ? *of->at++ - '0' : 0;
}

static int magnitude_order(digits left, digits right) {
  int is_left = left.at < left.end, is_right = right.at < right.end;
  if (!is_left || !is_right)
    return is_left - is_right;
  if (left.exponent != right.exponent)
    return left.exponent < right.exponent ? -1 : 1;
  while (left.at < left.end || right.at < right.end) {
    int order = next_digit(&left) - next_digit(&right);
    if (order != 0)
      return order;
  }
  return 0;
}

int number_order(const uint8_t *left, const uint8_t *left_end, const uint8_t *right, const uint8_t *right_end) {
  int left_minus = *left == '-', right_minus = *right == '-';
  digits a = find_digits(left + left_minus, left_end), b = find_digits(right + right_minus, right_end);
  if (left_minus == right_minus)
    return left_minus ? magnitude_order(b, a) : magnitude_order(a, b);
  if (a.at == a.end && b.at == b.end) // 0 and -0
    return 0;
  return left_minus ? -1 : 1;
}

uint64_t number_hash(const uint8_t *at, const uint8_t *end) {
  int is_negative = *at == '-';
  digits left = find_digits(at + is_negative, end);
  if (left.at == left.end) // 0 and -0
    return 0;
  while (left.end[-1] == '0' || left.end[-1] == '.') // as far as the first digit, which is none
    left.end--;
  uint64_t hash = (uint64_t)left.exponent * 2 + (uint64_t)is_negative;
  while (left.at < left.end)
    hash = (hash ^ (uint64_t)next_digit(&left)) * UINT64_C(0x100000001B3); // as FNV-1a
  return hash;
}

// Reads a number of at most 19 digits as mantissa × 10^exponent; 0 if it has more, or an exponent that is far
// out.
static int read_short(const uint8_t *at, const uint8_t *end, uint64_t *mantissa, int64_t *exponent) {
  int digits = 0, is_fraction = 0;
  *mantissa = 0;
  *exponent = 0;
  for (; at < end && (*at | 0x20) != 'e'; at++) {
    if (*at == '.') {
      is_fraction = 1;
      continue;
    }
    *mantissa = *mantissa * 10 + (*at - '0');
    *exponent -= is_fraction;
    digits += digits > 0 || *at != '0';
    if (digits > 19)
      return 0;
  }
  *exponent += read_exponent(at, end);
  return 1;
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Both factors are exact in the type, so that one rounding makes the nearest value.
int number_double(const uint8_t *at, const uint8_t *end, double *out) {
  uint64_t mantissa;
  int64_t exponent;
  int is_negative = *at == '-';
  if (read_short(at + is_negative, end, &mantissa, &exponent) && mantissa <= UINT64_C(1) << 53 &&
      exponent >= -22 && exponent <= 22) {
    double value = exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
    *out = is_negative ? -value : value;
    return 1;
  }
  *out = float_text_strtod((const char *)at);
  return isfinite(*out);
}

int number_float(const uint8_t *at, const uint8_t *end, float *out) {
  uint64_t mantissa;
  int64_t exponent;
  int is_negative = *at == '-';
  if (read_short(at + is_negative, end, &mantissa, &exponent) && mantissa <= UINT64_C(1) << 24 &&
      exponent >= -10 && exponent <= 10) {
    float power = (float)powers[exponent < 0 ? -exponent : exponent];
    float value = exponent < 0 ? (float)mantissa / power : (float)mantissa * power;
    *out = is_negative ? -value : value;
    return 1;
  }
  *out = float_text_strtof((const char *)at);
  return isfinite(*out);
}
