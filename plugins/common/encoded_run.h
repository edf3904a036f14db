/// Rows that are encoded side by side: one column of all of them, then the next. Each row is written with room
/// for the most that it may take; in the end rows are moved together.
#ifndef ENCODED_RUN_H
#define ENCODED_RUN_H

#include "column_source.h"
#include "encoded.h"

/// Rows of a run at most: the bits of a word.
#define ENCODED_RUN_MAX 64
/// Bytes behind a row that may be written over.
#define ENCODED_RUN_SLACK 16

/// A run. One thread at a time.
typedef struct encoded_run {
  int64_t first;
  int count;
  /// Not 0: a row can't be written, or not side by side; all are to be encoded one by one.
  int is_odd;
  /// Bytes that each row takes at most.
  int64_t room[ENCODED_RUN_MAX];
  /// Where each begins, and how far it has been written.
  uint8_t *start[ENCODED_RUN_MAX], *at[ENCODED_RUN_MAX];
} encoded_run;

/// Begins a run of rows from `first` of `rows`, each with room for the lead and `size` more bytes. [any]
static inline void encoded_run_begin(encoded_run *run, const encoded *to, int64_t first, int64_t rows,
                                     int64_t size) {
  run->first = first;
  run->count = (int)(rows - first < ENCODED_RUN_MAX ? rows - first : ENCODED_RUN_MAX);
  run->is_odd = 0;
  for (int i = 0; i < run->count; i++)
    run->room[i] = to->lead_size + size + ENCODED_RUN_SLACK;
}

/// Places the rows behind what has been encoded, each with the lead. 0 if there is not that much room. [any]
static inline int encoded_run_place(encoded_run *run, encoded *to) {
  int64_t size = ENCODED_RUN_SLACK;
  for (int i = 0; i < run->count; i++)
    size += run->room[i];
  if (size > ENCODED_SIZE_MAX - to->size || !encoded_reserve(to, size))
    return 0;
  uint8_t *at = to->bytes + to->size;
  for (int i = 0; i < run->count; at += run->room[i++]) {
    run->start[i] = at;
    if (to->lead_size > 0)
      memcpy(at, to->lead, (size_t)to->lead_size);
    run->at[i] = at + to->lead_size;
  }
  return 1;
}

/// Moves the rows together, and sets their spans. [any]
static inline void encoded_run_finish(const encoded_run *run, encoded *to) {
  uint8_t *out = to->bytes + to->size;
  for (int i = 0; i < run->count; i++) {
    const uint8_t *from = run->start[i];
    int64_t size = run->at[i] - from;
    to->spans[run->first + i] = (mill_span){(int32_t)(out - to->bytes), (int32_t)size};
    for (int64_t done = 0; done < size; done += 16) {
      uint64_t words[2]; // `out` is not behind `from`: what is written over has been read
      memcpy(words, from + done, sizeof words);
      memcpy(out + done, words, sizeof words);
    }
    out += size;
  }
  to->size = out - to->bytes;
}

/// The bits of a column's bitmap for the run's rows, all set if there is none. [any]
static inline uint64_t encoded_run_bits(const encoded_run *run, const mill_column *column, const void *bitmap) {
  uint64_t words[2] = {0, 0};
  int64_t at = run->first + column->offset;
  int shift = (int)(at & 7);
  if (bitmap == NULL)
    return UINT64_MAX;
  memcpy(words, (const uint8_t *)bitmap + (at >> 3), (size_t)(shift + run->count + 7) / 8);
  return shift == 0 ? words[0] : words[0] >> shift | words[1] << (64 - shift);
}

/// A bit for each of the run's rows whose value is null. [any]
static inline uint64_t encoded_run_nulls(const encoded_run *run, const mill_column *column) {
  return ~encoded_run_bits(run, column, column->validity) & (UINT64_MAX >> (ENCODED_RUN_MAX - run->count));
}

/// Adds to each row's room what its text takes; 0 if the column is not of views. [any]
static inline int encoded_run_add_texts(encoded_run *run, const mill_column *column) {
  const mill_view *views = (const mill_view *)column->values + run->first + column->offset;
  uint64_t nulls = encoded_run_nulls(run, column);
  if (column->layout != MILL_LAYOUT_VIEWS)
    return 0;
  for (int i = 0; i < run->count; i++)
    run->room[i] += nulls >> i & 1 ? 0 : views[i].size;
  return 1;
}

/// The longest text that encoded_copy_short copies.
#define ENCODED_SHORT_MAX 32

/// Copies a view's text of ENCODED_SHORT_MAX bytes at most, which are at `bytes`, to `out`: 12 are written in
/// any case. Not 0: some byte, maybe behind the text, is not ASCII. [any]
static inline uint64_t encoded_copy_short(const mill_view *view, const uint8_t *bytes, uint8_t *out) {
  const uint64_t not_ascii = UINT64_C(0x8080808080808080);
  int64_t size = view->size;
  if (size <= MILL_VIEW_INLINE) {
    uint64_t first;
    uint32_t last;
    memcpy(&first, view->as.inlined, 8);
    memcpy(&last, view->as.inlined + 8, 4);
    memcpy(out, &first, 8);
    memcpy(out + 8, &last, 4);
    return (first | last) & not_ascii;
  }
  // Two pieces, which overlap.
  uint64_t first[2] = {0, 0}, last[2] = {0, 0};
  if (size < 16) {
    memcpy(first, bytes, 8);
    memcpy(last, bytes + size - 8, 8);
    memcpy(out, first, 8);
    memcpy(out + size - 8, last, 8);
  } else {
    memcpy(first, bytes, 16);
    memcpy(last, bytes + size - 16, 16);
    memcpy(out, first, 16);
    memcpy(out + size - 16, last, 16);
  }
  return (first[0] | first[1] | last[0] | last[1]) & not_ascii;
}

#endif
