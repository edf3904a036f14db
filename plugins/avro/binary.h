/// Avro's variable-length integers.
#ifndef AVRO_BINARY_H
#define AVRO_BINARY_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of a written integer at most.
#define AVRO_LONG_MAX 10

/// Goes on where an integer has more than one byte. [any]
static inline const uint8_t *avro_read_long_slow(const uint8_t *at, int64_t *out) {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    uint64_t byte = *at++;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) {
      *out = (int64_t)(value >> 1 ^ (0 - (value & 1)));
      return shift == 63 && byte > 1 ? NULL : at;
    }
  }
  return NULL;
}

/// Reads the integer at `at`, of which AVRO_LONG_MAX bytes must be readable; behind it, NULL if it has more
/// than 64 bits. [any]
static inline const uint8_t *avro_read_long(const uint8_t *at, int64_t *out) {
  if (*at >= 0x80)
    return avro_read_long_slow(at, out);
  *out = (int64_t)(*at >> 1) ^ -(int64_t)(*at & 1);
  return at + 1;
}

/// Writes an integer, AVRO_LONG_MAX bytes at most; its end. [any]
static inline uint8_t *avro_write_long(int64_t value, uint8_t *out) {
  uint64_t bits = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
  for (; bits >= 0x80; bits >>= 7)
    *out++ = (uint8_t)(bits | 0x80);
  *out++ = (uint8_t)bits;
  return out;
}

#endif
