/// Keys of bids by a wanted distribution, besides Nexmark's own: the source's column "key".
#ifndef NEXMARK_KEYS_H
#define NEXMARK_KEYS_H

#include "zipf.h"

#include "millrace_sdk.h"

/// The most keys.
#define NEXMARK_KEYS_MAX INT64_C(1000000000000)

/// Which keys there are. Constant once read.
typedef struct nexmark_keys {
  /// How many; 0: no such column.
  int64_t count;
  /// Whether some come oftener than others; otherwise all come alike.
  int is_zipf;
  /// Whether the first `count` bids have each key once, in an order of their own.
  int each_first;
  /// Only if `is_zipf`: of the keys' ranks.
  nexmark_zipf zipf;
} nexmark_keys;

/// Reads members "key", "keys", "exponent" and "each_key_first" of a configuration. Fails, fatally, with what
/// is wrong. [any]
int32_t nexmark_keys_read(const char *json, nexmark_keys *out, mill_error *error);

/// Sets the keys of the bids at places `first`, `first` + 1, … of block `block`, `count` of them. A uniform key
/// is 0 … `keys->count` - 1, a Zipf key any 64 bits: nexmark_mix of its rank, so that neighbours in rank are
/// none as keys. [any]
void nexmark_keys_fill(const nexmark_keys *keys, int64_t *values, int64_t block, int32_t first, int32_t count);

#endif
