/// A block's bytes, to which batches refer.
#ifndef FILES_BLOCK_BYTES_H
#define FILES_BLOCK_BYTES_H

#include "../common/text_source.h"
#include "buffer.h"

/// The bytes as batches refer to them: `raw.data` alone is set. Counts references; the maker has one.
typedef struct block_bytes {
  mill_raw_batch raw;
  buffer bytes;
  /// NULL: they are not counted.
  const mill_memory *memory;
  size_t counted;
  _Atomic int references;
} block_bytes;

/// Takes the bytes of `from`, which is empty then, and pads them. NULL without memory. [any]
block_bytes *block_bytes_make(buffer *from, const mill_memory *memory);

/// Drops the maker's reference; NULL is ignored. [any]
void block_bytes_release(block_bytes *bytes);

#endif
