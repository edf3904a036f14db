/// The bytes and spans that an encoder hands out; reused from batch to batch.
#ifndef ENCODED_H
#define ENCODED_H

#include "millrace_sdk.h"

/// Spans hold 31-bit offsets: a batch's encoded bytes end here.
#define ENCODED_SIZE_MAX INT32_MAX

/// The longest lead, in bytes.
#define ENCODED_LEAD_MAX 1024

/// Encoded rows under construction. One thread at a time.
typedef struct encoded {
  uint8_t *bytes;
  int64_t size;
  int64_t capacity;
  mill_span *spans;
  int64_t span_capacity;
  /// What every row begins with.
  uint8_t *lead;
  int64_t lead_size;
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

/// Appends a text, a NUL behind it. 0 without memory. [any]
static inline int encoded_put_text(encoded *to, const char *text) {
  size_t size = strlen(text);
  if (!encoded_reserve(to, (int64_t)size + 1))
    return 0;
  memcpy(to->bytes + to->size, text, size + 1);
  to->size += (int64_t)size;
  return 1;
}

/// Every row begins with `bytes` (copied) from now on; `title` is the serde, for messages. [control]
static inline int32_t encoded_set_lead(encoded *to, const uint8_t *bytes, int64_t size, const char *title,
                                       mill_error *error) {
  if (size < 0 || size > ENCODED_LEAD_MAX)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: messages can begin with %d bytes at most, not %lld",
                     title, ENCODED_LEAD_MAX, (long long)size);
  uint8_t *lead = (uint8_t *)malloc((size_t)size + 1);
  if (lead == NULL)
    return mill_fail_memory(error, title);
  if (size > 0)
    memcpy(lead, bytes, (size_t)size);
  free(to->lead);
  to->lead = lead;
  to->lead_size = size;
  return MILL_OK;
}

/// Begins a row with the lead. 0 without memory, or past ENCODED_SIZE_MAX. [any]
static inline int encoded_begin_row(encoded *to) {
  if (to->lead_size == 0)
    return 1;
  if (to->lead_size > ENCODED_SIZE_MAX - to->size || !encoded_reserve(to, to->lead_size))
    return 0;
  memcpy(to->bytes + to->size, to->lead, (size_t)to->lead_size);
  to->size += to->lead_size;
  return 1;
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
  free(from->lead);
}

#endif
