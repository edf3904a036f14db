#include "generator.h"

enum { ID, ITEM_NAME, DESCRIPTION, INITIAL_BID, RESERVE, DATE_TIME, EXPIRES, SELLER, CATEGORY, EXTRA, COLUMNS };

static const mill_field fields[COLUMNS] = {
    {"id", "l", 0},
    {"item_name", "vu", 0},
    {"description", "vu", 0},
    {"initial_bid", "l", 0},
    {"reserve", "l", 0},
    {"date_time", NEXMARK_TIMESTAMP, 0},
    {"expires", NEXMARK_TIMESTAMP, 0},
    {"seller", "l", 0},
    {"category", "l", 0},
    {"extra", "vu", 0},
};

static void put_int64(void *values, int64_t row, int64_t value) {
  if (values != NULL)
    ((int64_t *)values)[row] = value;
}

static void put_text(void *values, int64_t row, const mill_view *view) {
  if (values != NULL)
    ((mill_view *)values)[row] = *view;
}

static int64_t seller(int64_t block, uint64_t draw) {
  nexmark_people people = nexmark_people_of(block);
  return (draw & 3) != 0 ? people.hot_id : people.first_id + nexmark_scale(draw >> 32, people.count);
}

static void fill_one(void *const *columns, int64_t row, int64_t block, int32_t place, uint64_t draw,
                     uint64_t second) {
  const nexmark_pools *pools = nexmark_pools_get();
  int64_t time_ms = nexmark_time_ms(block), initial_bid = pools->price[draw >> 20 & 0xFFFF];
  put_int64(columns[ID], row, NEXMARK_FIRST_ID + block * 3 + place - 1);
  put_text(columns[ITEM_NAME], row, &pools->item_name[draw & 1023]);
  put_text(columns[DESCRIPTION], row, &pools->description[draw >> 10 & 1023]);
  put_int64(columns[INITIAL_BID], row, initial_bid);
  put_int64(columns[RESERVE], row, initial_bid + pools->price[draw >> 36 & 0xFFFF]);
  put_int64(columns[DATE_TIME], row, time_ms);
  put_int64(columns[EXPIRES], row, time_ms + 1 + (int64_t)(draw >> 52));
  put_int64(columns[SELLER], row, seller(block, second));
  put_int64(columns[CATEGORY], row, 10 + (int64_t)(second >> 2 & 0xFFFF) % 5);
  put_text(columns[EXTRA], row, &pools->auction_extra[second >> 18 & 1023]);
}

static void fill(void *const *columns, int64_t row, int64_t block, int32_t first, int32_t count) {
  nexmark_draws draws;
  nexmark_draw(&draws, block, first, count);
  for (int32_t i = 0; i < count; i++)
    fill_one(columns, row + i, block, first + i, draws.first[i], draws.second[i]);
}

const nexmark_kind nexmark_auctions = {
    .name = "auction", .fields = fields, .column_count = COLUMNS, .first = 1, .count = 3, .fill = fill};
