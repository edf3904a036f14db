/// The bytes and spans that an encoder hands out; reused from batch to batch.
#ifndef ENCODED_H
#define ENCODED_H

#include "millrace_sdk.h"

/// Spans hold 31-bit offsets: a batch's encoded bytes end here.
#define ENCODED_SIZE_MAX INT32_MAX

/// Encoded rows under construction. One thread at a time.
typedef struct encoded {
  uint8_t *bytes;
  int64_t size;
  int64_t capacity;
  mill_span *spans;
  int64_t span_capacity;
} encoded;

/// Empties it and makes room for `rows` spans. 0 without memory. [any]
static inline int encoded_begin(encoded *to, int64_t rows) {
  to->size = 0;
  if (rows <= to->span_capacity)
    return 1;
  mill_span *spans = (mill_span *)realloc(to->spans, (size_t)rows * sizeof *spans);
  if (spans == NULL)
    return 0;
  to->spans = spans;
  to->span_capacity = rows;
  return 1;
}

/// Grows the bytes; encoded_reserve's slow part. [any]
static inline int encoded_grow(encoded *to, int64_t size) {
  int64_t capacity = to->capacity < 4096 ? 4096 : to->capacity;
  while (capacity - to->size < size)
    capacity *= 2;
  uint8_t *bytes = (uint8_t *)realloc(to->bytes, (size_t)capacity);
  if (bytes == NULL)
    return 0;
  to->bytes = bytes;
  to->capacity = capacity;
  return 1;
}

/// Makes room for `size` more bytes. 0 without memory. [any]
static inline int encoded_reserve(encoded *to, int64_t size) {
  return to->capacity - to->size >= size || encoded_grow(to, size);
}

/// Fails for a batch that came to more than ENCODED_SIZE_MAX or to more than memory holds. [any]
static inline int32_t encoded_fail(mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "encoding a batch: out of memory, or over 2 GiB of text; emit smaller batches");
}

/// Fills `out`, which refers to this. [any]
static inline void encoded_finish(const encoded *from, int64_t rows, mill_encoded *out) {
  static const uint8_t nothing[1] = {0};
  out->struct_size = (uint32_t)sizeof *out;
  out->reserved = 0;
  out->length = rows;
  out->data = from->bytes == NULL ? nothing : from->bytes;
  out->spans = from->spans;
}

/// Frees it. [any]
static inline void encoded_free(encoded *from) {
  free(from->bytes);
  free(from->spans);
}

#endif
