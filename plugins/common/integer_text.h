/// Integers as decimal text.
#ifndef INTEGER_TEXT_H
#define INTEGER_TEXT_H

#include <stdint.h>
#include <string.h>

/// Bytes that an integer of 64 bits takes at most.
#define INTEGER_TEXT_MAX 20

/// Writes an unsigned integer; the end of what is written. [any]
static inline uint8_t *uint64_write(uint64_t value, uint8_t *out) {
  static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                              "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                              "8081828384858687888990919293949596979899";
  uint8_t text[INTEGER_TEXT_MAX + 4];
  int at = INTEGER_TEXT_MAX;
  while (value >= 100) {
    at -= 2;
    memcpy(text + at, pairs + value % 100 * 2, 2);
    value /= 100;
  }
  if (value >= 10) {
    at -= 2;
    memcpy(text + at, pairs + value * 2, 2);
  } else {
    text[--at] = (uint8_t)('0' + value);
  }
  int size = INTEGER_TEXT_MAX - at;
  memcpy(out, text + at, (size_t)size);
  return out + size;
}

/// Writes a signed integer; the end of what is written. [any]
static inline uint8_t *int64_write(int64_t value, uint8_t *out) {
  uint64_t magnitude = (uint64_t)value;
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return uint64_write(magnitude, out);
}

#endif
