/// What a container file begins with: https://avro.apache.org/docs/1.11.1/specification/#object-container-files
#ifndef FILES_CONTAINER_HEAD_H
#define FILES_CONTAINER_HEAD_H

#include <stdint.h>

/// Bytes of a sync marker.
#define SYNC_SIZE 16
/// Bytes of a head at most: a schema's text has at most 1 MiB.
#define HEAD_SIZE_MAX (INT64_C(4) << 20)

/// A head; it points into the bytes that it was read from.
typedef struct container_head {
  /// NULL: the file says none.
  const uint8_t *schema, *codec;
  int64_t schema_size, codec_size;
  uint8_t sync[SYNC_SIZE];
  /// Bytes of the head.
  int64_t size;
} container_head;

/// What came of reading.
typedef enum head_state { HEAD_READ, HEAD_GOES_ON, HEAD_IS_BAD } head_state;

/// Reads the head in a file's first `size` bytes, which BUFFER_PADDING zeros follow. HEAD_GOES_ON: it has more
/// bytes than these. HEAD_IS_BAD: it is none, and `problem` says why. [any]
head_state container_head_read(const uint8_t *bytes, int64_t size, container_head *out, const char **problem);

#endif
