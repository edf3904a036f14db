/// Reading the columns of a batch. A mill_column_ref is made once in `bind`; a mill_column from it for every
/// batch in `process`; then rows are read without a call or a check.
#ifndef MILLRACE_SDK_COLUMN_H
#define MILLRACE_SDK_COLUMN_H

#include "error.h"
#include "millrace/batch.h"
#include "schema.h"

/// Formats of text that mill_text reads: views, 32-bit offsets, 64-bit offsets.
#define MILL_FORMATS_UTF8 "vu|u|U"
/// Formats of bytes that mill_text reads.
#define MILL_FORMATS_BINARY "vz|z|Z"

/// How a column's values lie.
#define MILL_LAYOUT_FIXED 0
#define MILL_LAYOUT_VIEWS 1
#define MILL_LAYOUT_OFFSETS_32 2
#define MILL_LAYOUT_OFFSETS_64 3
#define MILL_LAYOUT_BITS 4

/// Where a column is in its batches, and how its values lie there.
typedef struct mill_column_ref {
  /// Index among the children.
  int64_t index;
  /// MILL_LAYOUT_*.
  int32_t layout;
} mill_column_ref;

/// A column of one batch. Valid as long as the batch.
typedef struct mill_column {
  /// Bit per value, or NULL if none is null.
  const uint8_t *validity;
  /// Values, views, offsets or bits.
  const void *values;
  /// Views: the data buffers. Offsets: the one of bytes.
  const void *const *data;
  /// Rows to skip in `validity` and `values`.
  int64_t offset;
  /// MILL_LAYOUT_*.
  int32_t layout;
} mill_column;

/// A run of bytes, not NUL-terminated. Valid as long as the batch.
typedef struct mill_text {
  /// First byte; not NULL unless `size` is 0.
  const char *bytes;
  /// Bytes.
  int64_t size;
} mill_text;

/// An element of a view column: up to 12 bytes in itself, more in a data buffer.
typedef struct mill_view {
  /// Bytes.
  int32_t size;
  union {
    /// The bytes if there are at most 12, padded with zeros.
    uint8_t inlined[12];
    /// Where the bytes are if there are more.
    struct {
      /// The first four of them.
      uint8_t prefix[4];
      /// Index of the data buffer.
      int32_t buffer;
      /// First byte in it.
      int32_t offset;
    } ref;
  } as;
} mill_view;

/// Bytes that a view holds in itself.
#define MILL_VIEW_INLINE 12

/// MILL_LAYOUT_* of a format; types without a values buffer of their own count as MILL_LAYOUT_FIXED. [any]
static inline int32_t mill_layout_of(const char *format) {
  if (strcmp(format, "vu") == 0 || strcmp(format, "vz") == 0)
    return MILL_LAYOUT_VIEWS;
  if (strcmp(format, "u") == 0 || strcmp(format, "z") == 0)
    return MILL_LAYOUT_OFFSETS_32;
  if (strcmp(format, "U") == 0 || strcmp(format, "Z") == 0)
    return MILL_LAYOUT_OFFSETS_64;
  return strcmp(format, "b") == 0 ? MILL_LAYOUT_BITS : MILL_LAYOUT_FIXED;
}

/// Finds the column `name` and checks that its format is one of `formats` (separated by '|', e.g. "i" or
/// MILL_FORMATS_UTF8). Fails, fatally, with what was found and what was expected. For `bind`. [any]
static inline int32_t mill_column_find(const struct ArrowSchema *schema, const char *name, const char *formats,
                                       mill_column_ref *out, mill_error *error) {
  int64_t index = mill_schema_find(schema, name);
  if (index < 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "input has no column \"%s\"; add it to the fields of the topic or of the step before",
                     name);
  const struct ArrowSchema *field = schema->children[index];
  if (field->dictionary != NULL || !mill_format_is(field->format, formats))
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "column \"%s\" has Arrow format \"%s\"%s, expected %s; declare it with that type", name,
                     field->format, field->dictionary != NULL ? " with a dictionary" : "", formats);
  out->index = index;
  out->layout = mill_layout_of(field->format);
  return MILL_OK;
}

/// Opens a column of a batch for reading. [any]
static inline mill_column mill_column_open(const mill_batch *batch, const mill_column_ref *ref) {
  const struct ArrowArray *array = batch->columns.children[ref->index];
  mill_column column;
  column.validity = array->null_count == 0 ? NULL : (const uint8_t *)array->buffers[0];
  column.values = array->buffers[1];
  column.data = array->n_buffers > 2 ? array->buffers + 2 : NULL;
  column.offset = array->offset;
  column.layout = ref->layout;
  return column;
}

/// Whether bit `index` is set. [any]
static inline int mill_bit(const uint8_t *bits, int64_t index) { return (bits[index >> 3] >> (index & 7)) & 1; }

/// Whether the value of a row is null. [any]
static inline int mill_is_null(const mill_column *column, int64_t row) {
  return column->validity != NULL && !mill_bit(column->validity, row + column->offset);
}

/// A value of a column with format "i", "tdD", "tts" or "ttm". [any]
static inline int32_t mill_int32(const mill_column *column, int64_t row) {
  return ((const int32_t *)column->values)[row + column->offset];
}

/// A value of a column with format "l", "tdm", "ttu", "ttn" or "ts…". [any]
static inline int64_t mill_int64(const mill_column *column, int64_t row) {
  return ((const int64_t *)column->values)[row + column->offset];
}

/// A value of a column with format "g". [any]
static inline double mill_float64(const mill_column *column, int64_t row) {
  return ((const double *)column->values)[row + column->offset];
}

/// A value of a column with format "b": 0 or 1. [any]
static inline int mill_bool(const mill_column *column, int64_t row) {
  return mill_bit((const uint8_t *)column->values, row + column->offset);
}

/// A value of a column with one of MILL_FORMATS_UTF8 or MILL_FORMATS_BINARY. [any]
static inline mill_text mill_text_at(const mill_column *column, int64_t row) {
  mill_text text = {NULL, 0};
  int64_t at = row + column->offset;
  if (column->layout == MILL_LAYOUT_VIEWS) {
    const mill_view *view = (const mill_view *)column->values + at;
    text.size = view->size;
    if (view->size <= MILL_VIEW_INLINE)
      text.bytes = (const char *)view->as.inlined;
    else
      text.bytes = (const char *)column->data[view->as.ref.buffer] + view->as.ref.offset;
    return text;
  }
  const char *bytes = column->data == NULL ? NULL : (const char *)column->data[0];
  int64_t from, to;
  if (column->layout == MILL_LAYOUT_OFFSETS_64) {
    from = ((const int64_t *)column->values)[at];
    to = ((const int64_t *)column->values)[at + 1];
  } else {
    from = ((const int32_t *)column->values)[at];
    to = ((const int32_t *)column->values)[at + 1];
  }
  text.size = to - from;
  text.bytes = bytes == NULL ? "" : bytes + from;
  return text;
}

#endif
