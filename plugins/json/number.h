/// JSON numbers: their grammar, and exact values.
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include "type.h"

/// A number that does not fit: it has digits below the scale, or it is too great.
#define JSON_NUMBER_INEXACT 1
#define JSON_NUMBER_OVERFLOW 2

/// End of the number that begins at `at`, NULL if none does. The bytes must end in one that is no part of a
/// number. [any]
const uint8_t *json_number_end(const uint8_t *at);

/// The number's value times 10 to the power of `scale`, exactly. 0, JSON_NUMBER_INEXACT or
/// JSON_NUMBER_OVERFLOW. [any]
int json_number_scaled(const uint8_t *at, const uint8_t *end, int scale, json_int128 *out);

/// The number as the nearest double or float; 0 if it is past the greatest. `end` is its end; the byte there
/// must be readable and no part of a number. [any]
int json_number_double(const uint8_t *at, const uint8_t *end, double *out);
int json_number_float(const uint8_t *at, const uint8_t *end, float *out);

#endif
