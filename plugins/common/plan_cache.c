#include "plan_cache.h"

#include <string.h>

// The place of the plan for a schema; without one, where it is to be put.
static int place_of(const plan_cache *cache, uint64_t number) {
  int oldest = 0;
  for (int i = 0; i < PLAN_CACHE_MAX; i++) {
    if (cache->kept[i].plan != NULL && cache->kept[i].number == number)
      return i;
    if (cache->kept[i].used < cache->kept[oldest].used)
      oldest = i;
  }
  return oldest;
}

void **plan_cache_find(plan_cache *cache, uint64_t number, void (*drop)(void *plan)) {
  cache->last = place_of(cache, number);
  kept_plan *kept = &cache->kept[cache->last];
  kept->used = ++cache->clock;
  if (kept->plan != NULL && kept->number != number) {
    drop(kept->plan);
    kept->plan = NULL;
  }
  kept->number = number;
  return &kept->plan;
}

void plan_cache_clear(plan_cache *cache, void (*drop)(void *plan)) {
  for (int i = 0; i < PLAN_CACHE_MAX; i++)
    if (cache->kept[i].plan != NULL)
      drop(cache->kept[i].plan);
  memset(cache, 0, sizeof *cache);
}
