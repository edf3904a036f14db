/// Making a batch row by row. Memory grows by doubling and is kept between rows: nothing is allocated per row.
///
/// mill_builder_init once; mill_builder_add_row, then a put per column, per row; mill_builder_finish per batch
/// (finish.h); mill_builder_free at the end. A column that is not put holds zero, or "" for text.
#ifndef MILLRACE_SDK_BUILDER_H
#define MILLRACE_SDK_BUILDER_H

#include "column.h"
#include "error.h"
#include "memory.h"
#include "millrace/batch.h"
#include "schema.h"

#include <stdlib.h>

/// A column under construction.
typedef struct mill_builder_column {
  /// Bytes per value; 0 for bits.
  uint32_t width;
  /// MILL_LAYOUT_FIXED, MILL_LAYOUT_VIEWS or MILL_LAYOUT_BITS.
  int32_t layout;
  /// Values, views or bits; zeros up to the builder's capacity.
  uint8_t *values;
  /// Bit per row, or NULL as long as no row is null.
  uint8_t *validity;
  /// Rows that are null.
  int64_t null_count;
  /// Bytes of texts that are too long for their views.
  uint8_t *data;
  /// Bytes used of `data`.
  int64_t data_size;
  /// Bytes that `data` has room for.
  int64_t data_capacity;
} mill_builder_column;

/// A batch under construction. One thread at a time.
typedef struct mill_builder {
  /// `column_count` columns.
  mill_builder_column *columns;
  /// How many.
  uint32_t column_count;
  /// Not 0 after memory ran out or a column grew past 2 GiB: rows are ignored, and finishing fails.
  int32_t failed;
  /// Rows so far.
  int64_t length;
  /// Rows that there is room for.
  int64_t capacity;
  /// Event time per row.
  int64_t *event_time_us;
  /// Counts finished batches; NULL: nobody does.
  const mill_memory *memory;
} mill_builder;

/// Bytes of one value of a format; 0 for bool; -1 if builders can't make it. [any]
static inline int mill_format_width(const char *format) {
  if (mill_format_is(format, "b"))
    return 0;
  if (mill_format_is(format, "c|C"))
    return 1;
  if (mill_format_is(format, "s|S"))
    return 2;
  if (mill_format_is(format, "i|I|f|tdD|tts|ttm"))
    return 4;
  if (mill_format_is(format, "l|L|g|tdm|ttu|ttn") || strncmp(format, "ts", 2) == 0)
    return 8;
  return mill_format_is(format, "vu|vz") ? (int)sizeof(mill_view) : -1;
}

/// Sets a builder up for batches of `fields`. Fails without memory or for a format that builders can't make.
/// [any]
static inline int32_t mill_builder_init(mill_builder *builder, const mill_field *fields, uint32_t count,
                                        mill_error *error) {
  memset(builder, 0, sizeof *builder);
  for (uint32_t i = 0; i < count; i++)
    if (mill_format_width(fields[i].format) < 0)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "column \"%s\": a builder can't make Arrow format \"%s\"",
                       fields[i].name, fields[i].format);
  builder->columns = (mill_builder_column *)calloc(count == 0 ? 1 : count, sizeof(mill_builder_column));
  if (builder->columns == NULL)
    return mill_fail_memory(error, "making a batch builder");
  builder->column_count = count;
  for (uint32_t i = 0; i < count; i++) {
    builder->columns[i].width = (uint32_t)mill_format_width(fields[i].format);
    builder->columns[i].layout = mill_layout_of(fields[i].format);
  }
  return MILL_OK;
}

/// Drops the rows and what they take; the builder stays usable. [any]
static inline void mill_builder_clear(mill_builder *builder) {
  for (uint32_t i = 0; i < builder->column_count; i++) {
    mill_builder_column *column = &builder->columns[i];
    free(column->values);
    free(column->validity);
    free(column->data);
    column->values = column->validity = column->data = NULL;
    column->null_count = column->data_size = column->data_capacity = 0;
  }
  free(builder->event_time_us);
  builder->event_time_us = NULL;
  builder->length = builder->capacity = 0;
  builder->failed = 0;
}

/// Frees a builder. [any]
static inline void mill_builder_free(mill_builder *builder) {
  mill_builder_clear(builder);
  free(builder->columns);
  memset(builder, 0, sizeof *builder);
}

/// Grows a run of bytes, the new ones set to `fill`. NULL without memory; the old run then stays. [any]
static inline uint8_t *mill_grow(uint8_t *bytes, int64_t old_size, int64_t size, int fill) {
  uint8_t *grown = (uint8_t *)realloc(bytes, (size_t)size);
  if (grown != NULL)
    memset(grown + old_size, fill, (size_t)(size - old_size));
  return grown;
}

/// Bytes of `rows` values. [any]
static inline int64_t mill_column_bytes(const mill_builder_column *column, int64_t rows) {
  return column->layout == MILL_LAYOUT_BITS ? rows / 8 : rows * (int64_t)column->width;
}

/// Doubles the room for rows; sets `failed` without memory. [any]
static inline void mill_builder_grow(mill_builder *builder) {
  int64_t old = builder->capacity, capacity = old == 0 ? 256 : old * 2;
  for (uint32_t i = 0; i < builder->column_count && !builder->failed; i++) {
    mill_builder_column *column = &builder->columns[i];
    uint8_t *values =
        mill_grow(column->values, mill_column_bytes(column, old), mill_column_bytes(column, capacity), 0);
    if (values != NULL)
      column->values = values;
    uint8_t *validity = column->validity;
    if (validity != NULL && (validity = mill_grow(validity, old / 8, capacity / 8, 0xFF)) != NULL)
      column->validity = validity;
    builder->failed = values == NULL || (column->validity != NULL && validity == NULL);
  }
  int64_t *times =
      builder->failed ? NULL : (int64_t *)realloc(builder->event_time_us, (size_t)capacity * sizeof(int64_t));
  if (times == NULL) {
    builder->failed = 1;
    return;
  }
  builder->event_time_us = times;
  builder->capacity = capacity;
}

/// Adds a row; the puts that follow are for it. `event_time_us` may be MILL_NO_TIME. [any]
static inline void mill_builder_add_row(mill_builder *builder, int64_t event_time_us) {
  if (builder->length == builder->capacity && !builder->failed)
    mill_builder_grow(builder);
  if (builder->failed)
    return;
  builder->event_time_us[builder->length++] = event_time_us;
}

/// Puts a value of 32 bits (formats "i", "I", "tdD", "tts", "ttm"). [any]
static inline void mill_put_int32(mill_builder *builder, uint32_t column, int32_t value) {
  if (!builder->failed)
    ((int32_t *)(void *)builder->columns[column].values)[builder->length - 1] = value;
}

/// Puts a value of 64 bits (formats "l", "L", "tdm", "ttu", "ttn", "ts…"). [any]
static inline void mill_put_int64(mill_builder *builder, uint32_t column, int64_t value) {
  if (!builder->failed)
    ((int64_t *)(void *)builder->columns[column].values)[builder->length - 1] = value;
}

/// Puts a value of format "g". [any]
static inline void mill_put_float64(mill_builder *builder, uint32_t column, double value) {
  if (!builder->failed)
    ((double *)(void *)builder->columns[column].values)[builder->length - 1] = value;
}

/// Puts a value of format "b": anything but 0 is true. [any]
static inline void mill_put_bool(mill_builder *builder, uint32_t column, int value) {
  int64_t row = builder->length - 1;
  if (!builder->failed && value)
    builder->columns[column].values[row >> 3] |= (uint8_t)(1 << (row & 7));
}

/// Makes room for `size` more bytes of long texts; 0 if there is none: no memory, or past 2 GiB. [any]
static inline int mill_builder_reserve_data(mill_builder_column *column, int64_t size) {
  int64_t needed = column->data_size + size;
  if (needed <= column->data_capacity)
    return 1;
  if (needed > INT32_MAX)
    return 0;
  int64_t capacity = column->data_capacity < 4096 ? 4096 : column->data_capacity * 2;
  if (capacity < needed)
    capacity = needed;
  uint8_t *data = (uint8_t *)realloc(column->data, (size_t)capacity);
  if (data == NULL)
    return 0;
  column->data = data;
  column->data_capacity = capacity;
  return 1;
}

/// Puts a value of format "vu" or "vz"; the bytes are copied. [any]
static inline void mill_put_text(mill_builder *builder, uint32_t index, const void *bytes, int64_t size) {
  mill_builder_column *column = &builder->columns[index];
  if (builder->failed || size <= 0)
    return;
  mill_view *view = (mill_view *)(void *)column->values + (builder->length - 1);
  if (size <= MILL_VIEW_INLINE) {
    memcpy(view->as.inlined, bytes, (size_t)size);
  } else if (size > INT32_MAX || !mill_builder_reserve_data(column, size)) {
    builder->failed = 1;
    return;
  } else {
    memcpy(view->as.ref.prefix, bytes, sizeof view->as.ref.prefix);
    memcpy(column->data + column->data_size, bytes, (size_t)size);
    view->as.ref.buffer = 0;
    view->as.ref.offset = (int32_t)column->data_size;
    column->data_size += size;
  }
  view->size = (int32_t)size;
}

/// Puts a null, in place of a value. [any]
static inline void mill_put_null(mill_builder *builder, uint32_t index) {
  mill_builder_column *column = &builder->columns[index];
  if (!builder->failed && column->validity == NULL) {
    column->validity = mill_grow(NULL, 0, builder->capacity / 8, 0xFF);
    builder->failed = column->validity == NULL;
  }
  if (builder->failed)
    return;
  int64_t row = builder->length - 1;
  column->validity[row >> 3] &= (uint8_t)~(1u << (row & 7));
  column->null_count++;
}

#endif
