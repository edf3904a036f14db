/// Counts by key: open addressing, linear probing, at most half full.
#ifndef BENCHMARK_COUNT_TABLE_H
#define BENCHMARK_COUNT_TABLE_H

#include <stdint.h>
#include <stdlib.h>

/// A key and its count; count 0: free.
typedef struct count_entry {
  int64_t key;
  int64_t count;
} count_entry;

/// One thread at a time.
typedef struct count_table {
  count_entry *entries;
  uint64_t mask;
  uint64_t used;
} count_table;

/// A hash of a key: a multiplication, its high bits folded in. [any]
static inline uint64_t count_hash(int64_t key) {
  uint64_t product = (uint64_t)key * UINT64_C(0x9E3779B97F4A7C15);
  return product ^ (product >> 32);
}

/// An empty table of `capacity` (a power of two) places; ends the process without memory. [any]
static inline count_table count_table_make(uint64_t capacity) {
  count_table table = {calloc(capacity, sizeof(count_entry)), capacity - 1, 0};
  if (table.entries == NULL)
    abort();
  return table;
}

static inline count_entry *count_table_find(const count_table *table, int64_t key) {
  uint64_t at = count_hash(key) & table->mask;
  while (table->entries[at].count != 0 && table->entries[at].key != key)
    at = (at + 1) & table->mask;
  return &table->entries[at];
}

static inline void count_table_grow(count_table *table) {
  count_table larger = count_table_make((table->mask + 1) * 2);
  for (uint64_t i = 0; i <= table->mask; i++)
    if (table->entries[i].count != 0)
      *count_table_find(&larger, table->entries[i].key) = table->entries[i];
  larger.used = table->used;
  free(table->entries);
  *table = larger;
}

/// Adds one to a key's count; the count. [any]
static inline int64_t count_table_add(count_table *table, int64_t key) {
  count_entry *entry = count_table_find(table, key);
  if (entry->count != 0)
    return ++entry->count;
  *entry = (count_entry){key, 1};
  if (++table->used > table->mask / 2)
    count_table_grow(table);
  return 1;
}

#endif
