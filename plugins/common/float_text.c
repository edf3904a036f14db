#define _GNU_SOURCE // strtod_l, uselocale
#include "float_text.h"

#include "integer_text.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale; // kept for the process's life: a plugin is never unloaded
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

int float_text_init(void) {
  pthread_once(&once, make_locale);
  return c_locale != (locale_t)0;
}

double float_text_strtod(const char *text) { return strtod_l(text, NULL, c_locale); }
float float_text_strtof(const char *text) { return strtof_l(text, NULL, c_locale); }

// Writes m / 10^places (places > 0 or m an integer's value) in plain notation.
static uint8_t *write_fixed(uint64_t mantissa, int places, uint8_t *out) {
  static const uint64_t powers[] = {1,       10,       100,       1000,       10000,      100000,
                                    1000000, 10000000, 100000000, 1000000000, 10000000000};
  out = uint64_write(mantissa / powers[places], out);
  *out++ = '.';
  uint64_t fraction = mantissa % powers[places];
  int digits = places == 0 ? 1 : places;
  for (int i = digits - 1; i >= 0; i--, fraction /= 10)
    out[i] = (uint8_t)('0' + fraction % 10);
  return out + digits;
}

static uint8_t *write_searched(double value, int is_float, uint8_t *out) {
  char text[FLOAT_TEXT_MAX];
  locale_t before = uselocale(c_locale);
  int precision = is_float ? 6 : 15;
  int size = 0;
  for (; precision <= (is_float ? 9 : 17); precision++) {
    size = snprintf(text, sizeof text, "%.*g", precision, value);
    if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
      break;
  }
  uselocale(before);
  memcpy(out, text, (size_t)size);
  out += size;
  if (strpbrk(text, ".e") != NULL)
    return out;
  *out++ = '.';
  *out++ = '0';
  return out;
}

// The least places such that m / 10^places reads back as the value are the shortest form: both are exact in a
// double up to 2^53 and 10^22, so the division rounds as a reader would.
uint8_t *double_write(double value, uint8_t *out) {
  double magnitude = fabs(value), power = 1;
  if (magnitude >= 1e-3 && magnitude < 1e15) {
    for (int places = 0; places <= 10 && magnitude * power < 9e15; places++, power *= 10) {
      double scaled = magnitude * power, mantissa = nearbyint(scaled);
      if (mantissa / power != magnitude)
        continue;
      if (signbit(value))
        *out++ = '-';
      return write_fixed((uint64_t)mantissa, places, out);
    }
  }
  return write_searched(value, 0, out);
}

uint8_t *float_write(float value, uint8_t *out) {
  float magnitude = fabsf(value), power = 1;
  if (magnitude >= 1e-3f && magnitude < 1e7f) {
    for (int places = 0; places <= 10 && magnitude * power < 16777216.0f; places++, power *= 10) {
      float mantissa = nearbyintf(magnitude * power);
      if (mantissa / power != magnitude)
        continue;
      if (signbit(value))
        *out++ = '-';
      return write_fixed((uint64_t)mantissa, places, out);
    }
  }
  return write_searched((double)value, 1, out);
}
