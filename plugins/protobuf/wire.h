/// Protobuf's wire format, https://protobuf.dev/programming-guides/encoding/.
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <stdint.h>
#include <string.h>

/// Bytes of a varint at most.
#define PROTO_VARINT_MAX 10

/// How a field's value is written.
typedef enum proto_wire {
  PROTO_WIRE_VARINT = 0,
  PROTO_WIRE_64 = 1,
  PROTO_WIRE_SIZED = 2,
  PROTO_WIRE_GROUP = 3,
  PROTO_WIRE_GROUP_END = 4,
  PROTO_WIRE_32 = 5
} proto_wire;

/// Goes on where a varint has more than one byte. [any]
static inline const uint8_t *proto_read_varint_slow(const uint8_t *at, uint64_t *out) {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    uint64_t byte = *at++;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) {
      *out = value;
      return shift == 63 && byte > 1 ? NULL : at;
    }
  }
  return NULL;
}

/// Reads the varint at `at`, of which PROTO_VARINT_MAX bytes must be readable; behind it, NULL if it has more
/// than 64 bits. [any]
static inline const uint8_t *proto_read_varint(const uint8_t *at, uint64_t *out) {
  if (*at >= 0x80)
    return proto_read_varint_slow(at, out);
  *out = *at;
  return at + 1;
}

/// Writes a varint, PROTO_VARINT_MAX bytes at most; its end. [any]
static inline uint8_t *proto_write_varint(uint64_t bits, uint8_t *out) {
  for (; bits >= 0x80; bits >>= 7)
    *out++ = (uint8_t)(bits | 0x80);
  *out++ = (uint8_t)bits;
  return out;
}

/// Signed integers with small magnitudes as small varints, and back. [any]
static inline uint64_t proto_zigzag(int64_t value) {
  return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t proto_unzigzag(uint64_t bits) { return (int64_t)(bits >> 1 ^ (0 - (bits & 1))); }

/// Goes past the value of a field whose tag was read. NULL if it ends behind `end`, is malformed, or has groups
/// nested more than `depth` deep. PROTO_VARINT_MAX bytes behind `end` must be readable. [any]
const uint8_t *proto_skip(const uint8_t *at, const uint8_t *end, uint64_t tag, int depth);

/// Goes past the group `number` whose first tag was read; `last` becomes where the tag is that ends it. As
/// proto_skip. [any]
const uint8_t *proto_skip_group(const uint8_t *at, const uint8_t *end, uint64_t number, int depth,
                                const uint8_t **last);

/// A message that is walked through. One thread at a time.
typedef struct proto_cursor {
  const uint8_t *at, *end;
} proto_cursor;

/// A field that was found.
typedef struct proto_item {
  uint32_t number;
  proto_wire wire;
  /// PROTO_WIRE_VARINT, PROTO_WIRE_64 and PROTO_WIRE_32.
  uint64_t value;
  /// PROTO_WIRE_SIZED.
  const uint8_t *bytes;
  int64_t size;
} proto_item;

/// Goes to the next field; groups are passed over. 1, 0 at the end, -1 if the message is malformed.
/// PROTO_VARINT_MAX bytes behind its end must be readable. [any]
int proto_next(proto_cursor *cursor, proto_item *out);

#endif
