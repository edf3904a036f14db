#include "position.h"

#include "file_list.h"

#include <string.h>

enum { CHECK_BITS = 12, ROW_BITS = 35 };

int64_t position_make(place from) {
  if (from.file == 0 && from.row == 0)
    return 0;
  return (from.file << ROW_BITS | from.row) << CHECK_BITS | from.check;
}

int position_read(int64_t position, place *out) {
  out->check = (uint32_t)position & ((1u << CHECK_BITS) - 1);
  out->row = position >> CHECK_BITS & POSITION_ROWS_MAX;
  out->file = position >> (CHECK_BITS + ROW_BITS);
  return position >= 0 && out->file < POSITION_FILES_MAX;
}

// FNV-1a.
static uint64_t add(uint64_t hash, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
  return hash;
}

uint32_t position_check(char *const *paths, int64_t count, const uint8_t sync[16], uint32_t split_count) {
  uint64_t hash = add(UINT64_C(14695981039346656037), &split_count, sizeof split_count);
  for (int64_t i = 0; i < count; i++) {
    const char *name = file_name(paths[i]);
    hash = add(hash, name, strlen(name) + 1);
  }
  hash = add(hash, sync, 16);
  hash ^= hash >> 32;
  hash ^= hash >> CHECK_BITS;
  return (uint32_t)hash & ((1u << CHECK_BITS) - 1);
}
