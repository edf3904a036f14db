/// Avro's variable-length integers.
#ifndef AVRO_BINARY_H
#define AVRO_BINARY_H

#include "../common/varint.h"

/// Bytes of a written integer at most.
#define AVRO_LONG_MAX VARINT_MAX

/// Reads the integer at `at`, of which AVRO_LONG_MAX bytes must be readable; behind it, NULL if it has more
/// than 64 bits. [any]
static inline const uint8_t *avro_read_long(const uint8_t *at, int64_t *out) {
  uint64_t bits;
  const uint8_t *behind = varint_read(at, &bits);
  if (behind != NULL)
    *out = varint_unzigzag(bits);
  return behind;
}

/// Writes an integer where AVRO_LONG_MAX bytes have room: more may be written than it takes. Its end. [any]
static inline uint8_t *avro_write_long(int64_t value, uint8_t *out) {
  return varint_write(varint_zigzag(value), out);
}

#endif
