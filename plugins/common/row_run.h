/// Rows that are decoded side by side: one field of all of them, then the next. What a field is is found out
/// once for all, no row waits for the one before, and bitmaps are written in words.
///
/// A row that is not as it mostly is, or bad, is left to be decoded on its own, from its start: its slots are
/// written again. Where columns have items, which lie one behind the other, all rows of the run are then.
#ifndef ROW_RUN_H
#define ROW_RUN_H

#include "millrace_sdk.h"

/// Rows of a run at most: the bits of a word.
#define ROW_RUN_MAX 64

/// A run. One thread at a time.
typedef struct row_run {
  /// The first row; those of a run have one word in bitmaps.
  int64_t first;
  int count;
  /// A bit for each row that is left to be decoded on its own.
  uint64_t odd;
  /// How far each row has been read, never past its end.
  const uint8_t *at[ROW_RUN_MAX], *end[ROW_RUN_MAX];
} row_run;

/// Rows from `first` that may be in a run, of the `length` that there are: 1 at least. [any]
static inline int row_run_room(int64_t first, int64_t length) {
  int64_t room = ROW_RUN_MAX - first % ROW_RUN_MAX;
  return (int)(room < length - first ? room : length - first);
}

/// Begins a run, without rows yet. [any]
static inline void row_run_begin(row_run *run, int64_t first) {
  run->first = first;
  run->count = 0;
  run->odd = 0;
}

/// Adds a row. [any]
static inline void row_run_add(row_run *run, const uint8_t *at, const uint8_t *end) {
  run->at[run->count] = at;
  run->end[run->count++] = end;
}

/// Row `index` goes on at `at`; NULL: it is odd, and goes nowhere. [any]
static inline void row_run_move(row_run *run, int index, const uint8_t *at) {
  run->odd |= (uint64_t)(at == NULL) << index;
  run->at[index] = at == NULL ? run->end[index] : at;
}

/// Rows that have more bytes than were read are odd. [any]
static inline void row_run_finish(row_run *run) {
  uint64_t odd = 0;
  for (int i = 0; i < run->count; i++)
    odd |= (uint64_t)(run->at[i] != run->end[i]) << i;
  run->odd |= odd;
}

/// Puts a bit for each row into a column's bitmap, which has whole words. [any]
static inline void row_run_put_bits(const row_run *run, uint8_t *bitmap, uint64_t bits) {
  int shift = (int)(run->first % ROW_RUN_MAX);
  uint64_t word, mask = (UINT64_MAX >> (ROW_RUN_MAX - run->count)) << shift;
  uint8_t *place = bitmap + run->first / ROW_RUN_MAX * (int64_t)sizeof word;
  memcpy(&word, place, sizeof word);
  word = (word & ~mask) | (bits << shift & mask);
  memcpy(place, &word, sizeof word);
}

#endif
