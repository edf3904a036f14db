/// Making container files: their head and their blocks, as bytes that are to be written.
#ifndef FILES_CONTAINER_WRITER_H
#define FILES_CONTAINER_WRITER_H

#include "codec.h"
#include "container_head.h"

/// Bytes of a row at most: what a codec makes of them stays below BLOCK_SIZE_MAX, also if they can't be
/// compressed.
#define ROW_SIZE_MAX (INT64_C(63) << 20)

/// A file in the making. Zeros, with its first three members set, are a new one. One thread at a time.
typedef struct container_writer {
  const codec *codec;
  /// The schema's text, NUL-terminated; the owner's.
  const char *schema;
  /// Bytes of a block's rows at most, but for a row that has more.
  int64_t block_size;
  /// The codec's own.
  void *context;
  uint8_t sync[SYNC_SIZE];
  /// Rows of the block that is not whole yet.
  buffer rows;
  int64_t row_count;
  /// A block as the codec made it.
  buffer stored;
  /// The head and whole blocks that are to be written behind `offset`, where what is written ends.
  buffer out;
  int64_t offset;
} container_writer;

/// Whether the file has rows. [any]
static inline int container_writer_has_rows(const container_writer *of) {
  return of->row_count > 0 || of->out.size > 0 || of->offset > 0;
}

/// Adds a row of `size` bytes, ROW_SIZE_MAX at most. 0 without memory (or random bytes for the sync marker).
/// [task]
int container_writer_add(container_writer *to, const uint8_t *bytes, int64_t size);

/// Ends the block that is not whole yet, if there is one. 0 as container_writer_add. [any]
int container_writer_end_block(container_writer *to);

/// Writes what is to be written to the file `fd`. 0, with errno set, if it can't be; to be called again then,
/// unless it is given up. [any]
int container_writer_write(container_writer *from, int fd);

/// Bytes of memory that it has, the codec's not counted. [any]
int64_t container_writer_memory(const container_writer *of);

/// Begins a new file; what is not written of this one is dropped. [any]
void container_writer_reset(container_writer *of);

/// Frees what it has. [any]
void container_writer_free(container_writer *of);

#endif
