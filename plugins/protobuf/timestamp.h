/// Timestamps as their seconds and nanoseconds.
#ifndef PROTO_TIMESTAMP_H
#define PROTO_TIMESTAMP_H

#include "../common/varint.h"

/// Nanoseconds in a second.
#define PROTO_NANOS 1000000000

/// Nanoseconds in the units of a column, cut; each case divides by a constant, which is quick. [any]
static inline int64_t proto_in_units(uint32_t nanos, int64_t per_second) {
  switch (per_second) {
  case 1:
    return 0;
  case 1000:
    return nanos / 1000000;
  case 1000000:
    return nanos / 1000;
  default:
    return nanos;
  }
}

/// A time in the units of a column: what is finer is cut, towards the past. 0 if it has none. [any]
static inline int proto_timestamp_value(int64_t seconds, int64_t nanos, int64_t per_second, int64_t *out) {
  int is_bad = nanos < 0 || nanos >= PROTO_NANOS || __builtin_mul_overflow(seconds, per_second, out) ||
               __builtin_add_overflow(*out, proto_in_units((uint32_t)nanos, per_second), out);
  return !is_bad;
}

/// Whole seconds, and the nanoseconds behind them; each case divides by a constant, which is quick. [any]
static inline int64_t proto_split_seconds(int64_t value, int64_t per_second, int64_t *nanos) {
  int64_t seconds, rest;
  switch (per_second) {
  case 1:
    seconds = value, rest = 0;
    break;
  case 1000:
    seconds = value / 1000, rest = value % 1000 * 1000000;
    break;
  case 1000000:
    seconds = value / 1000000, rest = value % 1000000 * 1000;
    break;
  default:
    seconds = value / PROTO_NANOS, rest = value % PROTO_NANOS;
  }
  int64_t is_before = rest < 0;
  *nanos = rest + is_before * PROTO_NANOS;
  return seconds - is_before;
}

/// Bytes of the message that Timestamp and Duration both are at most, with its size.
#define PROTO_SECONDS_MAX (3 + 2 * VARINT_MAX)

/// Writes the message that Timestamp and Duration both are behind its size, where PROTO_SECONDS_MAX bytes have
/// room; its end. [any]
static inline uint8_t *proto_seconds_write(int64_t seconds, int64_t nanos, uint8_t *out) {
  uint8_t *at = out + 1, *behind;
  *at = 0x08;
  behind = varint_write_more((uint64_t)seconds, at + 1);
  at = seconds != 0 ? behind : at;
  *at = 0x10;
  behind = varint_write_more((uint64_t)nanos, at + 1);
  at = nanos != 0 ? behind : at;
  *out = (uint8_t)(at - out - 1);
  return at;
}

/// As proto_seconds_write, a Timestamp of a value in its column's units. [any]
static inline uint8_t *proto_timestamp_write(int64_t value, int64_t per_second, uint8_t *out) {
  int64_t nanos, seconds = proto_split_seconds(value, per_second, &nanos);
  return proto_seconds_write(seconds, nanos, out);
}

#endif
