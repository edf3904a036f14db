/// Decimals of one scale as those of another.
#ifndef AVRO_DECIMAL_H
#define AVRO_DECIMAL_H

#include "../common/column_type.h"

/// Multiplies a number by 10 to the power of `multiply` and divides it by 10 to the power of `divide`; 0 if
/// that leaves a rest, or its magnitude is not less than `limit`. [any]
static inline int avro_rescale(int128 *value, int64_t multiply, int64_t divide, uint128 limit) {
  for (int64_t i = 0; i < divide && *value != 0; i++, *value /= 10)
    if (*value % 10 != 0)
      return 0;
  for (int64_t i = 0; i < multiply && *value != 0; i++)
    if (__builtin_mul_overflow(*value, (int128)10, value))
      return 0;
  return (*value < 0 ? -(uint128)*value : (uint128)*value) < limit;
}

#endif
