/// Numbers as JSON writes them: their grammar, and exact values.
#ifndef NUMBER_H
#define NUMBER_H

#include "column_type.h"

/// What is wrong with a number: it has digits below the scale, it is too great, or it is none.
#define NUMBER_INEXACT 1
#define NUMBER_OVERFLOW 2
#define NUMBER_MALFORMED 3

/// Whether a byte is a digit, or one that numbers begin with. [any]
static inline int number_is_digit(uint8_t c) { return (unsigned)c - '0' <= 9; }
static inline int number_begins(uint8_t c) { return c == '-' || number_is_digit(c); }

/// End of the number that begins at `at`, NULL if none does. The bytes must end in one that is no part of a
/// number. [any]
const uint8_t *number_end(const uint8_t *at);

/// The number's value times 10 to the power of `scale`, exactly. 0, NUMBER_INEXACT or NUMBER_OVERFLOW.
/// [any]
int number_scaled(const uint8_t *at, const uint8_t *end, int scale, int128 *out);

/// Which of two numbers is greater, exactly: negative for the right one, 0 if they are equal, positive for the
/// left one. [any]
int number_order(const uint8_t *left, const uint8_t *left_end, const uint8_t *right, const uint8_t *right_end);

/// A hash, which numbers have in common if number_order says that they are equal. [any]
uint64_t number_hash(const uint8_t *at, const uint8_t *end);

/// The number as the nearest double or float; 0 if it is past the greatest. `end` is its end; the byte there
/// must be readable and no part of a number. [any]
int number_double(const uint8_t *at, const uint8_t *end, double *out);
int number_float(const uint8_t *at, const uint8_t *end, float *out);

#endif
