/// What events draw their texts and prices from: made once, the same in every process.
#ifndef NEXMARK_POOLS_H
#define NEXMARK_POOLS_H

#include "millrace_sdk.h"

enum { NEXMARK_CHANNELS = 8192, NEXMARK_TEXTS = 1024, NEXMARK_PRICES = 65536 };
enum { NEXMARK_HOT_CHANNELS = 4, NEXMARK_CITIES = 10, NEXMARK_STATES = 6 };

/// The pools. Views with more than 12 bytes point into `bytes` as data buffer 0.
typedef struct nexmark_pools {
  /// The bytes of all texts.
  const uint8_t *bytes;
  /// How many.
  int64_t size;
  /// Of each channel, the hot ones behind the others, so that one index finds either.
  mill_view channel[NEXMARK_CHANNELS + NEXMARK_HOT_CHANNELS], url[NEXMARK_CHANNELS + NEXMARK_HOT_CHANNELS];
  mill_view bid_extra[NEXMARK_TEXTS], auction_extra[NEXMARK_TEXTS], person_extra[NEXMARK_TEXTS];
  mill_view item_name[NEXMARK_TEXTS], description[NEXMARK_TEXTS];
  mill_view name[NEXMARK_TEXTS], email[NEXMARK_TEXTS], credit_card[NEXMARK_TEXTS];
  mill_view city[NEXMARK_CITIES], state[NEXMARK_STATES];
  /// Prices in cents, spread evenly over the logarithm from 1 to 1,000,000 dollars.
  int32_t price[NEXMARK_PRICES];
} nexmark_pools;

/// The pools; the first call makes them, which takes some milliseconds. Valid for the life of the process.
/// [any]
const nexmark_pools *nexmark_pools_get(void);

#endif
