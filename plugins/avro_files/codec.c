#include "codec.h"

#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static const char no_memory[] = "out of memory; give the process more";
static const char too_long[] = "it holds more than 64 MiB; write files with smaller blocks";

static const char *no_room(const buffer *to) { return to->capacity >= BLOCK_SIZE_MAX ? too_long : no_memory; }

static const char *copy(const uint8_t *bytes, int64_t size, buffer *to) {
  if (!buffer_reserve(to, size))
    return no_memory;
  memcpy(to->bytes, bytes, (size_t)size);
  to->size = size;
  return NULL;
}

// Uncompresses up to the stream's end. What follows is nothing to us: fastavro leaves part of a checksum there.
static const char *inflate_all(z_stream *stream, buffer *to) {
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (to->size == to->capacity && !buffer_grow(to))
      return no_room(to);
    stream->next_out = to->bytes + to->size;
    stream->avail_out = (uInt)(to->capacity - to->size);
    status = inflate(stream, Z_NO_FLUSH);
    to->size = to->capacity - (int64_t)stream->avail_out;
    if (status == Z_MEM_ERROR)
      return no_memory;
    // Without progress, input is lacking.
    if (status != Z_STREAM_END && (status != Z_OK || stream->avail_out > 0))
      return "its bytes are not what deflate (RFC 1951) writes";
  }
  return NULL;
}

static const char *uncompress_deflate(const uint8_t *bytes, int64_t size, buffer *to) {
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return no_memory;
  const char *problem = inflate_all(&stream, to);
  inflateEnd(&stream);
  return problem;
}

static const char *uncompress_snappy(const uint8_t *bytes, int64_t size, buffer *to) {
  enum { CRC_SIZE = 4 };
  size_t length;
  if (size < CRC_SIZE ||
      snappy_uncompressed_length((const char *)bytes, (size_t)size - CRC_SIZE, &length) != SNAPPY_OK)
    return "its bytes are not what snappy writes";
  if (length > (size_t)BLOCK_SIZE_MAX)
    return too_long;
  if (!buffer_reserve(to, (int64_t)length + 1))
    return no_memory;
  if (snappy_uncompress((const char *)bytes, (size_t)size - CRC_SIZE, (char *)to->bytes, &length) != SNAPPY_OK)
    return "its bytes are not what snappy writes";
  to->size = (int64_t)length;
  const uint8_t *crc = bytes + size - CRC_SIZE;
  uint32_t expected = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
  return (uint32_t)crc32(0, to->bytes, (uInt)length) == expected ? NULL : "its checksum (CRC-32) is wrong";
}

static const char *decompress_all(ZSTD_DCtx *context, ZSTD_inBuffer *in, buffer *to) {
  size_t left = 1; // of a frame; 0 at its end
  while (in->pos < in->size || left != 0) {
    if (to->size == to->capacity && !buffer_grow(to))
      return no_room(to);
    ZSTD_outBuffer out = {to->bytes, (size_t)to->capacity, (size_t)to->size};
    size_t taken = in->pos;
    left = ZSTD_decompressStream(context, &out, in);
    if (ZSTD_isError(left))
      return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation
                 ? no_memory
                 : "its bytes are not what zstandard writes";
    if (in->pos == taken && (int64_t)out.pos == to->size && left != 0)
      return "its bytes end within what zstandard has written";
    to->size = (int64_t)out.pos;
  }
  return NULL;
}

static const char *uncompress_zstandard(const uint8_t *bytes, int64_t size, buffer *to) {
  enum { WINDOW_LOG_MAX = 26 }; // BLOCK_SIZE_MAX
  ZSTD_DCtx *context = ZSTD_createDCtx();
  if (context == NULL)
    return no_memory;
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
  ZSTD_inBuffer in = {bytes, (size_t)size, 0};
  const char *problem = decompress_all(context, &in, to);
  ZSTD_freeDCtx(context);
  return problem;
}

static const codec codecs[] = {{"null", copy, codec_copy, codec_free_nothing},
                               {"deflate", uncompress_deflate, codec_deflate, codec_free_deflate},
                               {"snappy", uncompress_snappy, codec_snappy, codec_free_nothing},
                               {"zstandard", uncompress_zstandard, codec_zstandard, codec_free_zstandard}};

const codec *codec_called(const uint8_t *name, int64_t size) {
  for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
    if ((int64_t)strlen(codecs[i].name) == size && memcmp(codecs[i].name, name, (size_t)size) == 0)
      return &codecs[i];
  return NULL;
}
