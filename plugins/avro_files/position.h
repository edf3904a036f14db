/// Where a split is, as one number that tells whether the files are still those it was made with.
///
/// From the least bit: 12 bits of a checksum, 35 of the row in the file, 16 of the file's place among those of
/// the split. 0 is the start.
#ifndef FILES_POSITION_H
#define FILES_POSITION_H

#include <stdint.h>

/// Files of a split at most.
#define POSITION_FILES_MAX (INT64_C(1) << 16)
/// Rows of a file at most.
#define POSITION_ROWS_MAX ((INT64_C(1) << 35) - 1)

/// A place: rows `row` of file `file` come next.
typedef struct place {
  int64_t file, row;
  /// Of the split's files up to this one, see position_check.
  uint32_t check;
} place;

/// The number of a place. [any]
int64_t position_make(place from);

/// The place of a number; 0 if it is none. [any]
int position_read(int64_t position, place *out);

/// The checksum of the names of the `count` files at `paths` (of the last one's sync marker, too) and of how
/// many splits there are. [any]
uint32_t position_check(char *const *paths, int64_t count, const uint8_t sync[16], uint32_t split_count);

#endif
