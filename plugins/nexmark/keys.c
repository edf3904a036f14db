#include "keys.h"

#include "generator.h"

int32_t nexmark_keys_read(const char *json, nexmark_keys *out, mill_error *error) {
  char distribution[16] = "";
  double exponent = 0.99;
  memset(out, 0, sizeof *out);
  if (mill_json_string(json, "key", distribution, sizeof distribution, error) != MILL_OK ||
      mill_json_integer(json, "keys", 1, NEXMARK_KEYS_MAX, &out->count, error) != MILL_OK ||
      mill_json_number(json, "exponent", &exponent, error) != MILL_OK ||
      mill_json_bool(json, "each_key_first", &out->each_first, error) != MILL_OK)
    return MILL_FAILED;
  out->is_zipf = strcmp(distribution, "zipf") == 0;
  if (distribution[0] == '\0' && out->count == 0)
    return MILL_OK;
  if (!out->is_zipf && strcmp(distribution, "uniform") != 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"key\" is \"%s\"; write \"uniform\" or \"zipf\"",
                     distribution);
  if (out->count == 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"keys\" is missing; say how many keys there are");
  if (!(exponent >= 0 && exponent <= 4))
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"exponent\" must be a number from 0 to 4");
  if (out->is_zipf)
    out->zipf = nexmark_zipf_make(out->count, exponent);
  return MILL_OK;
}

static void fill_uniform(const nexmark_keys *keys, int64_t *values, int64_t block, int32_t first,
                         int32_t count) {
  int64_t auction[NEXMARK_BLOCK_SIZE], bidder[NEXMARK_BLOCK_SIZE], price[NEXMARK_BLOCK_SIZE];
  void *columns[NEXMARK_COLUMNS_MAX] = {[BID_AUCTION] = auction, [BID_BIDDER] = bidder, [BID_PRICE] = price};
  nexmark_bids.fill(columns, 0, block, first, count);
  for (int32_t i = 0; i < count; i++) {
    uint64_t sum = (uint64_t)bidder[i] * 1000003 + (uint64_t)price[i] * 7919 + (uint64_t)auction[i];
    values[i] = (int64_t)((nexmark_mix(sum) >> 1) % (uint64_t)keys->count);
  }
}

static void fill_zipf(const nexmark_keys *keys, int64_t *values, int64_t block, int32_t first, int32_t count) {
  nexmark_draws draws;
  nexmark_draw(&draws, block, first, count);
  for (int32_t i = 0; i < count; i++)
    values[i] = (int64_t)nexmark_mix((uint64_t)nexmark_zipf_draw(&keys->zipf, draws.first[i]));
}

void nexmark_keys_fill(const nexmark_keys *keys, int64_t *values, int64_t block, int32_t first, int32_t count) {
  int64_t bid = block * nexmark_bids.count + first - nexmark_bids.first;
  int32_t done = 0;
  for (; keys->each_first && done < count && bid + done < keys->count; done++)
    values[done] = keys->is_zipf ? (int64_t)nexmark_mix((uint64_t)(bid + done + 1)) : bid + done;
  if (done == count)
    return;
  (keys->is_zipf ? fill_zipf : fill_uniform)(keys, values + done, block, first + done, count - done);
}
