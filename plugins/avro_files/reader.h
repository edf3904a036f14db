/// Reading the files of a split, one after another.
#ifndef FILES_READER_H
#define FILES_READER_H

#include "container.h"
#include "file_list.h"
#include "position.h"
#include "rows.h"

/// One thread at a time.
typedef struct reader {
  /// The host's; NULL if it counts none.
  const mill_memory *memory;
  /// The split's.
  file_list files;
  uint32_t split_count;
  /// What files are resolved into; NULL: they are read as they were written. The owner's.
  const avro_schema *read;
  rows rows;
  /// Where the next row comes from: the file there, once it is open, and its block.
  place at;
  int is_open;
  container file;
  block_head block;
  /// Bytes that count for `file`.
  size_t counted;
  /// The schema of the file, or of the one before if that has the same.
  avro_schema *written;
  /// Rows before the first one that is wanted, in the block at hand.
  int64_t unwanted;
} reader;

/// Goes to a position. Fails if it is not one of these files. [task]
int32_t reader_seek(reader *self, int64_t position, mill_error *error);

/// Makes a batch of at most `max_rows` (more than 0) rows; without any, `out->release` stays NULL, and the
/// files are at their end. Fails if a file can't be read. [task]
int32_t reader_take(reader *self, int64_t max_rows, mill_batch *out, mill_error *error);

/// Frees what it has, but not the columns, nor `read`. [control]
void reader_free(reader *self);

/// Reads the schema of an open file. NULL, with `error` filled, if it is none. [any]
avro_schema *reader_schema_of(const container *file, mill_error *error);

#endif
