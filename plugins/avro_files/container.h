/// Container files: their head and their blocks, as bytes.
#ifndef FILES_CONTAINER_H
#define FILES_CONTAINER_H

#include "codec.h"
#include "container_head.h"
#include "options.h"

/// An open file. One thread at a time.
typedef struct container {
  int fd;
  /// The opener's.
  const char *path;
  /// Bytes of the file when it was opened; what comes behind is not read.
  int64_t size;
  const codec *codec;
  uint8_t sync[SYNC_SIZE];
  /// The schema's text, `schema_size` bytes and a NUL.
  char *schema;
  int64_t schema_size;
  /// Where the next block begins, and its number, from 0.
  int64_t offset, next_block;
  /// A block as it is in the file.
  buffer stored;
} container;

/// A block.
typedef struct block_head {
  int64_t number;
  /// Where it begins; where its rows do, and their bytes, as they are stored.
  int64_t offset, data_offset, size;
  int64_t row_count;
} block_head;

/// Opens a file; `path` must live as long as it is open. Fails if it is no container file. To be closed by
/// container_close if it does not fail. [any]
int32_t container_open(container *out, const char *path, mill_error *error);

/// Reads what the next block says of itself, and goes behind it; `*ended` becomes 1 if there is none. Fails if
/// the file ends within, or it is too large. [task]
int32_t container_next(container *file, block_head *out, int *ended, mill_error *error);

/// Reads a block's rows into `to`, which is empty. Fails if its bytes are damaged. [task]
int32_t container_load(container *file, const block_head *block, buffer *to, mill_error *error);

/// Closes the file. [any]
void container_close(container *file);

/// Fills `error` with what is wrong with a block (NULL: with the file), and the remedy. [any]
int32_t container_fail(const container *file, const block_head *block, const char *problem, mill_error *error);

#endif
