/// Texts and bytes for columns of serdes whose values lie in the message as they are: views point there;
/// constants, which are no part of it, are copied once per batch.
#ifndef TEXT_SOURCE_H
#define TEXT_SOURCE_H

#include "column_text.h"

/// The batch that is decoded. One thread at a time.
typedef struct text_source {
  /// The raw batch's bytes and their end.
  const uint8_t *data, *data_end;
  /// Number of the batch, from 1.
  uint64_t batch;
  /// Not 0 if a view points into `data`.
  int uses_data;
} text_source;

/// Text that is no part of a message: where in its column's side buffer it is in batch `batch`. 16 readable
/// bytes follow `bytes`.
typedef struct text_constant {
  const uint8_t *bytes;
  int64_t size;
  uint64_t batch;
  int32_t offset;
} text_constant;

/// Begins a batch. [any]
static inline void text_source_begin(text_source *source, const mill_raw_batch *raw) {
  source->data = raw->data;
  source->data_end = raw->data + raw->data_size;
  source->batch++;
  source->uses_data = 0;
}

/// Puts a constant; 0 without memory. [any]
static inline int text_source_put_constant(const text_source *source, column_builder *column, int64_t slot,
                                           text_constant *constant) {
  mill_view *view = column_text_view(column, slot);
  if (constant->size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(view, constant->bytes, constant->size);
    return 1;
  }
  if (constant->batch != source->batch) {
    uint8_t *room =
        constant->size > INT32_MAX - column->side_size ? NULL : column_builder_side(column, constant->size);
    if (room == NULL)
      return 0;
    memcpy(room, constant->bytes, (size_t)constant->size);
    constant->offset = (int32_t)column->side_size;
    constant->batch = source->batch;
    column->side_size += constant->size;
  }
  column_text_put_reference(view, 1, column->side, column->side + constant->offset, constant->size);
  return 1;
}

/// Puts the `size` bytes at `at`, which is in the batch's data or begins a constant; `constant` is the place to
/// keep such a one. 0 without memory. [any]
static inline int text_source_put(text_source *source, column_builder *column, int64_t slot, const uint8_t *at,
                                  int64_t size, text_constant *constant) {
  if (size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(column_text_view(column, slot), at, size);
    return 1;
  }
  if (at >= source->data && at < source->data_end) {
    column_text_put_reference(column_text_view(column, slot), 0, source->data, at, size);
    source->uses_data = 1;
    return 1;
  }
  if (constant->bytes != at)
    *constant = (text_constant){.bytes = at, .size = size};
  return text_source_put_constant(source, column, slot, constant);
}

/// The longest text that text_source_put_short takes.
#define TEXT_SHORT_MAX 32

/// Puts the `size` bytes at `at`, TEXT_SHORT_MAX at most, which are in the batch's data, without a branch; it's
/// for the caller to say that views of more than MILL_VIEW_INLINE bytes point there. Reads 32 bytes whatever
/// the size. Not 0: some byte is not ASCII. [any]
static inline uint64_t text_source_put_short(const text_source *source, mill_view *view, const uint8_t *at,
                                             int64_t size) {
  static const uint8_t kept[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 255, 255, 255};
  int64_t part = size < 16 ? size : 16;
  const uint8_t *masks = kept + 16 - part, *tail = at + size - part;
  uint64_t low, high, low_mask, high_mask, low_tail, high_tail;
  memcpy(&low, at, 8);
  memcpy(&high, at + 8, 8);
  memcpy(&low_tail, tail, 8);
  memcpy(&high_tail, tail + 8, 8);
  memcpy(&low_mask, masks, 8);
  memcpy(&high_mask, masks + 8, 8);
  // Views that hold their bytes and views that refer to them begin alike: the size, and four bytes.
  uint64_t kept_low = low & low_mask, kept_high = high & high_mask;
  uint64_t first = (uint64_t)size | kept_low << 32, inlined = kept_low >> 32 | kept_high << 32;
  uint64_t reference = (uint64_t)(at - source->data) << 32,
           second = size <= MILL_VIEW_INLINE ? inlined : reference;
  memcpy(view, &first, 8);
  memcpy((uint8_t *)view + 8, &second, 8);
  return (kept_low | kept_high | (low_tail & low_mask) | (high_tail & high_mask)) &
         UINT64_C(0x8080808080808080);
}

/// Position of the first byte that is no UTF-8, -1 if there is none; looks at 16 bytes at once, which are
/// readable. [any]
static inline int64_t text_invalid_at(const uint8_t *at, int64_t size) {
  uint64_t first, second;
  memcpy(&first, at, 8);
  memcpy(&second, at + 8, 8);
  if (size <= 8)
    first = column_text_low_bytes(first, size), second = 0;
  else if (size <= 16)
    second = column_text_low_bytes(second, size - 8);
  else
    return mill_utf8_invalid_at(at, size);
  return ((first | second) & UINT64_C(0x8080808080808080)) == 0 ? -1 : mill_utf8_invalid_at(at, size);
}

#endif
