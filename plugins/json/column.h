/// Columns under construction: one value after another is written to its slot.
///
/// A struct's children have its slots. A list's child has a slot per item; the list's values are offsets.
/// Everything in a slot can be written again as long as it is the last one, so that the last of two members of
/// one name counts.
#ifndef JSON_COLUMN_H
#define JSON_COLUMN_H

#include "type.h"

/// A column. One thread at a time.
typedef struct json_column {
  const json_type *type;
  /// Values, views, bits or offsets.
  uint8_t *values;
  /// Bit per slot; NULL if the column is not nullable.
  uint8_t *validity;
  /// Slots that there is room for.
  int64_t capacity;
  /// Texts and bytes: what could not be left in the message, and its sizes.
  uint8_t *side;
  int64_t side_size, side_capacity;
  /// Lists and maps: items in all.
  int64_t item_count;
  struct json_column *children;
  /// Structs: the field that is expected to follow a field (at its index + 1), or to come first (at 0).
  uint32_t *next_field;
  /// Structs: a bit for each field that the object has had.
  uint64_t *seen;
  /// What is handed out. Maps have their entries' struct in between.
  struct ArrowArray array, entries;
  struct ArrowArray **child_arrays, *entries_pointer;
  const void *buffers[5], *entries_buffers[1];
  int64_t data_sizes[2];
} json_column;

/// Makes the column of a type, and those below; 0 without memory: json_column_free it then, too. [any]
int json_column_init(json_column *column, const json_type *type);

/// Frees what a column and those below own. [any]
void json_column_free(json_column *column);

/// Makes room for `slots` slots; json_column_reserve's slow part. [any]
int json_column_grow(json_column *column, int64_t slots);

/// Makes room for `slots` slots, in struct children too. 0 without memory. [any]
static inline int json_column_reserve(json_column *column, int64_t slots) {
  return slots <= column->capacity || json_column_grow(column, slots);
}

/// Makes room for `size` more bytes in `side`; where they go, NULL without memory. [any]
uint8_t *json_column_side(json_column *column, int64_t size);

/// Empties a column and those below. [any]
void json_column_reset(json_column *column);

/// Bytes that a column and those below have room for. [any]
int64_t json_column_bytes(const json_column *column);

/// Puts what stands for no value: null, or zero if the column is not nullable. [any]
void json_column_clear(json_column *column, int64_t slot);

/// Fills the array of a column of `length` slots, and those below. Views' first data buffer is `data`. [any]
void json_column_finish(json_column *column, int64_t length, const uint8_t *data, int64_t data_size);

/// Marks a slot as holding a value. [any]
static inline void json_column_set_valid(json_column *column, int64_t slot) {
  if (column->validity != NULL)
    column->validity[slot >> 3] |= (uint8_t)(1u << (slot & 7));
}

/// The offsets of a list or map. [any]
static inline int32_t *json_column_offsets(json_column *column) { return (int32_t *)(void *)column->values; }

#endif
