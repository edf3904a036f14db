#include "generator.h"

static const mill_field fields[KEYED_BID_COLUMNS] = {
    {"auction", "l", 0},  {"bidder", "l", 0}, {"price", "l", 0},
    {"channel", "vu", 0}, {"url", "vu", 0},   {"date_time", NEXMARK_TIMESTAMP, 0},
    {"extra", "vu", 0},   {"key", "l", 0},
};

// The loops choose by arithmetic: which auction and bidder are hot is random, a branch would be mispredicted.

static void fill_auction(int64_t *values, const nexmark_draws *draws, int64_t block, int32_t count) {
  int64_t newest = block * 3 + 2, oldest = newest > 100 ? newest - 100 : 0;
  int64_t hot = NEXMARK_FIRST_ID + newest / NEXMARK_HOT_STRIDE * NEXMARK_HOT_STRIDE;
  int64_t choices = newest - oldest + 1 + 10;
  for (int32_t i = 0; i < count; i++) {
    int64_t cold = NEXMARK_FIRST_ID + oldest + nexmark_scale(draws->second[i], choices);
    int64_t is_hot = -(int64_t)(draws->first[i] & 1);
    values[i] = cold ^ ((cold ^ hot) & is_hot);
  }
}

static void fill_bidder(int64_t *values, const nexmark_draws *draws, int64_t block, int32_t count) {
  nexmark_people people = nexmark_people_of(block);
  int64_t hot = people.hot_id + 1;
  for (int32_t i = 0; i < count; i++) {
    int64_t cold = people.first_id + nexmark_scale(draws->second[i] >> 32, people.count);
    int64_t is_hot = -(int64_t)((draws->first[i] >> 1 & 3) != 0);
    values[i] = cold ^ ((cold ^ hot) & is_hot);
  }
}

static void fill_price(int64_t *values, const nexmark_draws *draws, int32_t count) {
  const int32_t *price = nexmark_pools_get()->price;
  for (int32_t i = 0; i < count; i++)
    values[i] = price[draws->first[i] >> 3 & 0xFFFF];
}

/// Index of the event's channel among those of the pools.
static uint64_t channel_of(uint64_t draw) {
  uint64_t cold = draw >> 20 & (NEXMARK_CHANNELS - 1), hot = NEXMARK_CHANNELS + (draw >> 20 & 3);
  return cold ^ ((cold ^ hot) & -(draw >> 19 & 1));
}

static void fill_by_channel(mill_view *values, const mill_view *views, const nexmark_draws *draws,
                            int32_t count) {
  for (int32_t i = 0; i < count; i++)
    values[i] = views[channel_of(draws->first[i])];
}

static void fill_extra(mill_view *values, const nexmark_draws *draws, int32_t count) {
  const mill_view *extra = nexmark_pools_get()->bid_extra;
  for (int32_t i = 0; i < count; i++)
    values[i] = extra[draws->first[i] >> 33 & (NEXMARK_TEXTS - 1)];
}

static void fill(void *const *columns, int64_t row, int64_t block, int32_t first, int32_t count) {
  const nexmark_pools *pools = nexmark_pools_get();
  nexmark_draws draws;
  nexmark_draw(&draws, block, first, count);
  if (columns[BID_AUCTION] != NULL)
    fill_auction((int64_t *)columns[BID_AUCTION] + row, &draws, block, count);
  if (columns[BID_BIDDER] != NULL)
    fill_bidder((int64_t *)columns[BID_BIDDER] + row, &draws, block, count);
  if (columns[BID_PRICE] != NULL)
    fill_price((int64_t *)columns[BID_PRICE] + row, &draws, count);
  if (columns[BID_CHANNEL] != NULL)
    fill_by_channel((mill_view *)columns[BID_CHANNEL] + row, pools->channel, &draws, count);
  if (columns[BID_URL] != NULL)
    fill_by_channel((mill_view *)columns[BID_URL] + row, pools->url, &draws, count);
  if (columns[BID_EXTRA] != NULL)
    fill_extra((mill_view *)columns[BID_EXTRA] + row, &draws, count);
  nexmark_repeat(columns[BID_DATE_TIME], row, count, nexmark_time_ms(block));
}

const nexmark_kind nexmark_bids = {
    .name = "bid", .fields = fields, .column_count = BID_COLUMNS, .first = 4, .count = 46, .fill = fill};
const nexmark_kind nexmark_keyed_bids = {
    .name = "bid", .fields = fields, .column_count = KEYED_BID_COLUMNS, .first = 4, .count = 46, .fill = fill};
