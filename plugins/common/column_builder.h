/// Columns under construction: one value after another is written to its slot.
///
/// A struct's children have its slots. A list's child has a slot per item; the list's values are offsets.
/// Everything in a slot can be written again as long as it is the last one, so that the last of two members of
/// one name counts.
#ifndef COLUMN_BUILDER_H
#define COLUMN_BUILDER_H

#include "column_type.h"

/// A column. One thread at a time.
typedef struct column_builder {
  const column_type *type;
  /// Values, views, bits or offsets. Bits are in whole words.
  uint8_t *values;
  /// Bit per slot, in whole words; NULL if the column is not nullable.
  uint8_t *validity;
  /// Slots that there is room for.
  int64_t capacity;
  /// Texts and bytes: what could not be left in the message, and its sizes.
  uint8_t *side;
  int64_t side_size, side_capacity;
  /// Lists and maps: items in all.
  int64_t item_count;
  struct column_builder *children;
  /// Structs: the field that is expected to follow a field (at its index + 1), or to come first (at 0).
  uint32_t *next_field;
  /// Structs: a bit for each field that the object has had.
  uint64_t *seen;
  /// What is handed out. Maps have their entries' struct in between.
  struct ArrowArray array, entries;
  struct ArrowArray **child_arrays, *entries_pointer;
  const void *buffers[5], *entries_buffers[1];
  int64_t data_sizes[2];
} column_builder;

/// Makes the column of a type, and those below; 0 without memory: column_builder_free it then, too. [any]
int column_builder_init(column_builder *column, const column_type *type);

/// Frees what a column and those below own. [any]
void column_builder_free(column_builder *column);

/// Makes room for `slots` slots; column_builder_reserve's slow part. [any]
int column_builder_grow(column_builder *column, int64_t slots);

/// Makes room for `slots` slots, in struct children too. 0 without memory. [any]
static inline int column_builder_reserve(column_builder *column, int64_t slots) {
  return slots <= column->capacity || column_builder_grow(column, slots);
}

/// Makes room for `size` more bytes in `side`; where they go, NULL without memory. [any]
uint8_t *column_builder_side(column_builder *column, int64_t size);

/// Empties a column and those below. [any]
void column_builder_reset(column_builder *column);

/// Bytes that a column and those below have room for. [any]
int64_t column_builder_bytes(const column_builder *column);

/// Puts what stands for no value: null, or zero if the column is not nullable. [any]
void column_builder_clear(column_builder *column, int64_t slot);

/// Fills the array of a column of `length` slots, and those below. Views' first data buffer is `data`. [any]
void column_builder_finish(column_builder *column, int64_t length, const uint8_t *data, int64_t data_size);

/// Marks a slot as holding a value. [any]
static inline void column_builder_set_valid(column_builder *column, int64_t slot) {
  if (column->validity != NULL)
    column->validity[slot >> 3] |= (uint8_t)(1u << (slot & 7));
}

/// Puts the low bytes of `value` into a slot of 1, 2, 4 or 8 bytes. [any]
static inline void column_builder_put_integer(column_builder *column, int64_t slot, uint64_t value) {
  switch (column->type->width) {
  case 1:
    column->values[slot] = (uint8_t)value;
    break;
  case 2:
    ((uint16_t *)(void *)column->values)[slot] = (uint16_t)value;
    break;
  case 4:
    ((uint32_t *)(void *)column->values)[slot] = (uint32_t)value;
    break;
  default:
    ((uint64_t *)(void *)column->values)[slot] = value;
  }
}

/// The offsets of a list or map. [any]
static inline int32_t *column_builder_offsets(column_builder *column) {
  return (int32_t *)(void *)column->values;
}

#endif
