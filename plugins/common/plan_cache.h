/// What a serde made from schemas, by their numbers; the one that was not used for the longest time goes.
#ifndef PLAN_CACHE_H
#define PLAN_CACHE_H

#include <stddef.h>
#include <stdint.h>

/// How many are kept at most.
#define PLAN_CACHE_MAX 64

/// A place. `number` is the schema's; `used` tells which was used longer ago.
typedef struct kept_plan {
  uint64_t number, used;
  void *plan;
} kept_plan;

/// Zeros are an empty one. One thread at a time.
typedef struct plan_cache {
  kept_plan kept[PLAN_CACHE_MAX];
  uint64_t clock;
  /// The place of the one that was used last.
  int last;
} plan_cache;

/// Goes on where the schema is not the one before. [task]
void **plan_cache_find(plan_cache *cache, uint64_t number, void (*drop)(void *plan));

/// Where the plan for a schema is; if it is NULL, the caller puts it there. `drop` frees one that has to go.
/// [task]
static inline void **plan_cache_place(plan_cache *cache, uint64_t number, void (*drop)(void *plan)) {
  kept_plan *last = &cache->kept[cache->last];
  return last->plan != NULL && last->number == number ? &last->plan : plan_cache_find(cache, number, drop);
}

/// Empties it; `drop` frees each. [any]
void plan_cache_clear(plan_cache *cache, void (*drop)(void *plan));

#endif
