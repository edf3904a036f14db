#include "generator.h"

enum { ID, NAME, EMAIL, CREDIT_CARD, CITY, STATE, DATE_TIME, EXTRA, COLUMNS };

static const mill_field fields[COLUMNS] = {
    {"id", "l", 0},
    {"name", "vu", 0},
    {"email", "vu", 0},
    {"credit_card", "vu", 0},
    {"city", "vu", 0},
    {"state", "vu", 0},
    {"date_time", NEXMARK_TIMESTAMP, 0},
    {"extra", "vu", 0},
};

static void put_text(void *values, int64_t row, const mill_view *view) {
  if (values != NULL)
    ((mill_view *)values)[row] = *view;
}

static void fill_one(void *const *columns, int64_t row, int64_t block, uint64_t draw, uint64_t second) {
  const nexmark_pools *pools = nexmark_pools_get();
  nexmark_repeat(columns[ID], row, 1, NEXMARK_FIRST_ID + block);
  put_text(columns[NAME], row, &pools->name[draw & 1023]);
  put_text(columns[EMAIL], row, &pools->email[draw >> 10 & 1023]);
  put_text(columns[CREDIT_CARD], row, &pools->credit_card[draw >> 20 & 1023]);
  put_text(columns[CITY], row, &pools->city[(draw >> 30 & 0xFFFF) % NEXMARK_CITIES]);
  put_text(columns[STATE], row, &pools->state[(draw >> 46 & 0xFFFF) % NEXMARK_STATES]);
  nexmark_repeat(columns[DATE_TIME], row, 1, nexmark_time_ms(block));
  put_text(columns[EXTRA], row, &pools->person_extra[second & 1023]);
}

static void fill(void *const *columns, int64_t row, int64_t block, int32_t first, int32_t count) {
  nexmark_draws draws;
  nexmark_draw(&draws, block, first, count);
  for (int32_t i = 0; i < count; i++)
    fill_one(columns, row + i, block, draws.first[i], draws.second[i]);
}

const nexmark_kind nexmark_persons = {
    .name = "person", .fields = fields, .column_count = COLUMNS, .first = 0, .count = 1, .fill = fill};
