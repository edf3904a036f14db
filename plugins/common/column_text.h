/// Texts and bytes for columns: views into the message, or into what could not be left there.
#ifndef COLUMN_TEXT_H
#define COLUMN_TEXT_H

#include "column_builder.h"

/// The low `count` bytes of a word, 0 to 8. [any]
static inline uint64_t column_text_low_bytes(uint64_t word, int64_t count) {
  return count == 0 ? 0 : word & (UINT64_MAX >> (64 - 8 * count));
}

/// The view in a slot. [any]
static inline mill_view *column_text_view(column_builder *column, int64_t slot) {
  return (mill_view *)(void *)column->values + slot;
}

/// Puts a view of at most 12 bytes. Reads 12 bytes whatever the size. [any]
static inline void column_text_put_inlined(mill_view *view, const uint8_t *bytes, int64_t size) {
  uint64_t first;
  uint32_t second = 0;
  memcpy(&first, bytes, 8);
  if (size <= 8) {
    first = column_text_low_bytes(first, size);
  } else {
    memcpy(&second, bytes + 8, 4);
    second = (uint32_t)column_text_low_bytes(second, size - 8);
  }
  view->size = (int32_t)size;
  memcpy(view->as.inlined, &first, 8);
  memcpy(view->as.inlined + 8, &second, 4);
}

/// Puts a view of more than 12 bytes of data buffer `buffer`, which begins at `base`. [any]
static inline void column_text_put_reference(mill_view *view, int32_t buffer, const uint8_t *base,
                                             const uint8_t *bytes, int64_t size) {
  view->size = (int32_t)size;
  memcpy(view->as.ref.prefix, bytes, 4);
  view->as.ref.buffer = buffer;
  view->as.ref.offset = (int32_t)(bytes - base);
}

/// Puts bytes that were written at the end of the side buffer, where column_builder_side gave MILL_VIEW_INLINE
/// bytes more than they take. [any]
static inline void column_text_put_side(column_builder *column, mill_view *view, const uint8_t *bytes,
                                        int64_t size) {
  if (size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(view, bytes, size);
    return;
  }
  column_text_put_reference(view, 1, column->side, bytes, size);
  column->side_size += size;
}

#endif
