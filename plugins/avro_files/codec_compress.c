#include "codec.h"

#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

int codec_copy(void **context, const uint8_t *bytes, int64_t size, buffer *to) {
  (void)context;
  return buffer_append(to, bytes, size);
}

static z_stream *make_deflate(void) {
  enum { MEMORY_LEVEL = 8 }; // zlib's default
  z_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL || deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MEMORY_LEVEL,
                                     Z_DEFAULT_STRATEGY) == Z_OK)
    return stream;
  free(stream);
  return NULL;
}

int codec_deflate(void **context, const uint8_t *bytes, int64_t size, buffer *to) {
  z_stream *stream = *context == NULL ? (*context = make_deflate()) : *context;
  if (stream == NULL || deflateReset(stream) != Z_OK)
    return 0;
  uLong bound = deflateBound(stream, (uLong)size);
  if (!buffer_room(to, (int64_t)bound))
    return 0;
  stream->next_in = (Bytef *)(uintptr_t)bytes;
  stream->avail_in = (uInt)size;
  stream->next_out = to->bytes + to->size;
  stream->avail_out = (uInt)bound;
  if (deflate(stream, Z_FINISH) != Z_STREAM_END)
    return 0;
  to->size += (int64_t)(bound - stream->avail_out);
  return 1;
}

void codec_free_deflate(void *context) {
  if (context != NULL)
    deflateEnd(context);
  free(context);
}

int codec_snappy(void **context, const uint8_t *bytes, int64_t size, buffer *to) {
  size_t length = snappy_max_compressed_length((size_t)size);
  (void)context;
  if (!buffer_room(to, (int64_t)length + 4) ||
      snappy_compress((const char *)bytes, (size_t)size, (char *)to->bytes + to->size, &length) != SNAPPY_OK)
    return 0;
  to->size += (int64_t)length;
  uLong crc = crc32(0, bytes, (uInt)size);
  for (int shift = 24; shift >= 0; shift -= 8)
    to->bytes[to->size++] = (uint8_t)(crc >> shift);
  return 1;
}

void codec_free_nothing(void *context) { (void)context; }

int codec_zstandard(void **context, const uint8_t *bytes, int64_t size, buffer *to) {
  size_t bound = ZSTD_compressBound((size_t)size);
  if (*context == NULL)
    *context = ZSTD_createCCtx();
  if (*context == NULL || !buffer_room(to, (int64_t)bound))
    return 0;
  size_t length =
      ZSTD_compressCCtx(*context, to->bytes + to->size, bound, bytes, (size_t)size, ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(length))
    return 0;
  to->size += (int64_t)length;
  return 1;
}

void codec_free_zstandard(void *context) { ZSTD_freeCCtx(context); }
