/// Values of columns as text, for writing.
#ifndef COLUMN_WRITE_H
#define COLUMN_WRITE_H

#include "column_source.h"
#include "date_time.h"

/// Bytes that a decimal takes at most.
#define DECIMAL_TEXT_MAX 64

/// An integer of the column's width, its sign extended to 64 bits; `at` counts the array's offset in. [any]
static inline uint64_t column_integer_at(const column_source *source, int64_t at) {
  const void *values = source->column.values;
  int is_signed = source->type->least != 0;
  switch (source->type->width) {
  case 1:
    return is_signed ? (uint64_t)((const int8_t *)values)[at] : ((const uint8_t *)values)[at];
  case 2:
    return is_signed ? (uint64_t)((const int16_t *)values)[at] : ((const uint16_t *)values)[at];
  case 4:
    return is_signed ? (uint64_t)((const int32_t *)values)[at] : ((const uint32_t *)values)[at];
  default:
    return ((const uint64_t *)values)[at];
  }
}

/// A date, time or timestamp in its column's units. [any]
static inline int64_t column_date_time_at(const column_source *source, int64_t index) {
  return source->type->width == 8 ? mill_int64(&source->column, index) : mill_int32(&source->column, index);
}

/// Writes a date, time or timestamp, DATE_TIME_MAX bytes at most; the end of what is written, NULL if it has no
/// text form. [any]
static inline uint8_t *column_date_time_write(const column_type *type, int64_t value, uint8_t *out) {
  if (type->kind == COLUMN_TIME)
    return time_write(value, type->per_second, out);
  if (type->kind == COLUMN_TIMESTAMP)
    return timestamp_write(value, type->per_second, type->has_zone, out);
  if (type->width == 4)
    return date_write(value, out);
  return value % DAY_MS != 0 ? NULL : date_write(value / DAY_MS, out);
}

/// Says of a date, time or timestamp that it has no text form. [any]
static inline void column_date_time_problem(const column_type *type, int64_t value, char *out, size_t size) {
  snprintf(out, size, "%lld has no text form as %s (years 0000 to 9999, whole days, times within a day)",
           (long long)value, type->title);
}

/// Writes digits backwards, at least `least` (1 or more) of them; their start. [any]
static inline uint8_t *column_digits_write(uint128 value, int least, uint8_t *end) {
  do {
    *--end = (uint8_t)('0' + (int)(value % 10));
    value /= 10;
  } while (--least > 0 || value != 0);
  return end;
}

/// Writes a decimal with all digits of its scale, DECIMAL_TEXT_MAX bytes at most; the end of what is written.
/// [any]
static inline uint8_t *column_decimal_write(const column_source *source, int64_t index, uint8_t *out) {
  int scale = source->type->scale;
  int128 value;
  memcpy(&value, (const uint8_t *)source->column.values + (index + source->column.offset) * 16, 16);
  uint8_t digits[48], *end = digits + sizeof digits;
  uint8_t *start = column_digits_write(value < 0 ? -(uint128)value : (uint128)value, scale + 1, end);
  if (value < 0)
    *out++ = '-';
  int64_t whole = end - start - scale;
  memcpy(out, start, (size_t)whole);
  out += whole;
  if (scale == 0)
    return out;
  *out++ = '.';
  memcpy(out, end - scale, (size_t)scale);
  return out + scale;
}

#endif
