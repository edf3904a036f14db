/// The codecs of container files.
#ifndef FILES_CODEC_H
#define FILES_CODEC_H

#include "buffer.h"

/// What codecs there are, for messages.
#define CODEC_NAMES "null, deflate, snappy and zstandard"

/// A codec. Constant.
typedef struct codec {
  /// As files call it.
  const char *name;
  /// Appends what `size` bytes were before they were compressed to `to`, which is empty: BLOCK_SIZE_MAX bytes
  /// at most. NULL, or what is wrong. [any]
  const char *(*uncompress)(const uint8_t *bytes, int64_t size, buffer *to);
  /// Appends what `size` bytes are when they are compressed to `to`. `context` is its own: NULL before the
  /// first call. 0 without memory. [any]
  int (*compress)(void **context, const uint8_t *bytes, int64_t size, buffer *to);
  /// Frees a context; NULL is ignored. [any]
  void (*free_context)(void *context);
} codec;

/// As codec.compress and codec.free_context, of each codec. [any]
int codec_copy(void **context, const uint8_t *bytes, int64_t size, buffer *to);
int codec_deflate(void **context, const uint8_t *bytes, int64_t size, buffer *to);
int codec_snappy(void **context, const uint8_t *bytes, int64_t size, buffer *to);
int codec_zstandard(void **context, const uint8_t *bytes, int64_t size, buffer *to);
void codec_free_nothing(void *context);
void codec_free_deflate(void *context);
void codec_free_zstandard(void *context);

/// The codec of a name of `size` bytes; NULL if it is none of CODEC_NAMES. [any]
const codec *codec_called(const uint8_t *name, int64_t size);

#endif
