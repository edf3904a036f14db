/// Numbers from Zipf's distribution: number k comes with a probability proportional to 1 / k^exponent.
#ifndef NEXMARK_ZIPF_H
#define NEXMARK_ZIPF_H

#include <stdint.h>

/// A distribution over 1 … `count`. Constant once made.
typedef struct nexmark_zipf {
  /// The greatest number.
  int64_t count;
  /// From 0 (all alike) to 4.
  double exponent;
  /// The area under x^-exponent up to where the first and the last number's columns begin and end, and below
  /// which distance from a number's middle nothing has to be turned down.
  double area_first, area_last, sure;
} nexmark_zipf;

/// A distribution over 1 … `count` (1 or more). [any]
nexmark_zipf nexmark_zipf_make(int64_t count, double exponent);

/// The number that `seed` (64 random bits) stands for: the same on every call. [any]
int64_t nexmark_zipf_draw(const nexmark_zipf *zipf, uint64_t seed);

#endif
