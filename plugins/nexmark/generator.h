/// Nexmark's events as a pure function of their number.
///
/// Every 50 events are a block: 1 person, 3 auctions, 46 bids, in this order. Event time starts at
/// 2015-07-15T00:00:00Z and goes by 100,000 events a second, so that all events of a block have one time.
/// README.md defines the stream.
#ifndef NEXMARK_GENERATOR_H
#define NEXMARK_GENERATOR_H

#include "pools.h"

/// Events of a block.
#define NEXMARK_BLOCK_SIZE 50
/// The most columns that a kind has.
#define NEXMARK_COLUMNS_MAX 10
/// Format of the column date_time: milliseconds, no zone.
#define NEXMARK_TIMESTAMP "tsm:"

/// Columns of the bids, in the order of `nexmark_bids.fields`.
enum { BID_AUCTION, BID_BIDDER, BID_PRICE, BID_CHANNEL, BID_URL, BID_DATE_TIME, BID_EXTRA, BID_COLUMNS };
/// Column "key" of `nexmark_keyed_bids`, behind those of the bids.
enum { BID_KEY = BID_COLUMNS, KEYED_BID_COLUMNS };

/// A kind of event: its rows' columns, and how they are made. Constant.
typedef struct nexmark_kind {
  /// "bid", "auction" or "person".
  const char *name;
  /// `column_count` columns: int64 ("l"), NEXMARK_TIMESTAMP or text views ("vu"), none nullable.
  const mill_field *fields;
  /// How many, at most NEXMARK_COLUMNS_MAX.
  uint32_t column_count;
  /// Place in the block of the first event of this kind.
  int32_t first;
  /// How many events of a block are of this kind.
  int32_t count;
  /// Makes `count` events of block `block` from place `first` on, as rows `row`, `row` + 1, … `columns` has the
  /// start of the values of each column (int64_t or mill_view), NULL for one that is not wanted. The events
  /// must be of this kind. [any]
  void (*fill)(void *const *columns, int64_t row, int64_t block, int32_t first, int32_t count);
} nexmark_kind;

extern const nexmark_kind nexmark_bids;
/// The bids, with a column "key" that `fill` leaves alone: see keys.h.
extern const nexmark_kind nexmark_keyed_bids;
extern const nexmark_kind nexmark_auctions;
extern const nexmark_kind nexmark_persons;

/// Least id of a person and of an auction.
#define NEXMARK_FIRST_ID 1000
/// Hot bidders, sellers and auctions are those whose number is a multiple of this.
#define NEXMARK_HOT_STRIDE 100

/// The two 64-bit draws of each of some events.
typedef struct nexmark_draws {
  uint64_t first[NEXMARK_BLOCK_SIZE];
  uint64_t second[NEXMARK_BLOCK_SIZE];
} nexmark_draws;

/// Draws for `count` events of block `block` from place `first` on. [any]
void nexmark_draw(nexmark_draws *draws, int64_t block, int32_t first, int32_t count);

/// SplitMix64's step from one state to the next.
#define NEXMARK_GOLDEN_GAMMA UINT64_C(0x9E3779B97F4A7C15)

/// SplitMix64's finalizer. [any]
static inline uint64_t nexmark_mix(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/// The low 32 bits of `draw` scaled to 0 … `count` - 1. [any]
static inline int64_t nexmark_scale(uint64_t draw, int64_t count) {
  return (int64_t)(((draw & UINT32_MAX) * (uint64_t)count) >> 32);
}

/// Event time of all events of a block, in milliseconds. [any]
static inline int64_t nexmark_time_ms(int64_t block) { return INT64_C(1436918400000) + block / 2; }

/// Sets `count` values from `row` on; nothing if `values` is NULL. [any]
static inline void nexmark_repeat(int64_t *values, int64_t row, int32_t count, int64_t value) {
  for (int32_t i = 0; values != NULL && i < count; i++)
    values[row + i] = value;
}

/// Those who are active when a block's events happen: the newest thousand people, and ten yet to come.
typedef struct nexmark_people {
  /// Id of the oldest.
  int64_t first_id;
  /// How many to draw from.
  int64_t count;
  /// Id of the hot seller; the hot bidder's is one more.
  int64_t hot_id;
} nexmark_people;

/// The people of block `block`. [any]
nexmark_people nexmark_people_of(int64_t block);

#endif
