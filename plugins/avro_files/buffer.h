/// Bytes that grow.
#ifndef FILES_BUFFER_H
#define FILES_BUFFER_H

#include <stdint.h>

/// Bytes of a block at most, as it is in the file and as it was before it was compressed.
#define BLOCK_SIZE_MAX (INT64_C(64) << 20)
/// Zeros behind a buffer's bytes: decoders may read that far.
#define BUFFER_PADDING 64

/// Zeros are an empty one. One thread at a time.
typedef struct buffer {
  uint8_t *bytes;
  int64_t size;
  /// Without the padding.
  int64_t capacity;
} buffer;

/// Makes room for `capacity` bytes in all; 0 without memory. [any]
int buffer_reserve(buffer *to, int64_t capacity);

/// Makes room for `size` bytes behind those that there are, BLOCK_SIZE_MAX or not; 0 without memory. [any]
int buffer_room(buffer *to, int64_t size);

/// Appends `size` bytes, BLOCK_SIZE_MAX or not; 0 without memory. [any]
int buffer_append(buffer *to, const void *bytes, int64_t size);

/// Makes room for more bytes than there are, twice the capacity, BLOCK_SIZE_MAX at most. 0 if it has that, or
/// without memory. [any]
int buffer_grow(buffer *to);

/// Puts the padding behind the bytes. [any]
void buffer_pad(buffer *to);

/// Frees the bytes; the buffer is empty then. [any]
void buffer_free(buffer *from);

#endif
