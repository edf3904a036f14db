/// ISO 8601 / RFC 3339 text of dates, times and timestamps, for the years 0000 to 9999.
#ifndef DATE_TIME_H
#define DATE_TIME_H

#include <stdint.h>

/// Milliseconds in a day.
#define DAY_MS INT64_C(86400000)

/// Bytes that a formatted date, time or timestamp takes at most.
#define DATE_TIME_MAX 32

/// Reads `YYYY-MM-DD` as days since 1970-01-01. NULL, or what is wrong. [any]
const char *date_read(const uint8_t *text, int64_t size, int64_t *days);

/// Reads `HH:MM:SS` with up to 9 digits of fraction as units since midnight. NULL, or what is wrong. [any]
const char *time_read(const uint8_t *text, int64_t size, int64_t per_second, int64_t *value);

/// Reads an RFC 3339 timestamp as units since 1970-01-01T00:00:00Z. With `has_zone` it must end in an offset,
/// else it may. NULL, or what is wrong. [any]
const char *timestamp_read(const uint8_t *text, int64_t size, int64_t per_second, int has_zone, int64_t *value);

/// Writes a date; the end of what is written, NULL if the year is not 0000 to 9999. [any]
uint8_t *date_write(int64_t days, uint8_t *out);

/// Writes a time; the end of what is written, NULL if it is not within a day. The fraction, with all digits of
/// the unit, is left out if it is 0. [any]
uint8_t *time_write(int64_t value, int64_t per_second, uint8_t *out);

/// Writes a timestamp, with a Z if `has_zone`; the end of what is written, NULL if the year is not 0000 to
/// 9999. [any]
uint8_t *timestamp_write(int64_t value, int64_t per_second, int has_zone, uint8_t *out);

#endif
