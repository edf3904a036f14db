/// Protobuf's wire format, https://protobuf.dev/programming-guides/encoding/.
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "../common/varint.h"

/// How a field's value is written.
typedef enum proto_wire {
  PROTO_WIRE_VARINT = 0,
  PROTO_WIRE_64 = 1,
  PROTO_WIRE_SIZED = 2,
  PROTO_WIRE_GROUP = 3,
  PROTO_WIRE_GROUP_END = 4,
  PROTO_WIRE_32 = 5
} proto_wire;

/// Goes past the value of a field whose tag was read. NULL if it ends behind `end`, is malformed, or has groups
/// nested more than `depth` deep. VARINT_MAX bytes behind `end` must be readable. [any]
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
/// VARINT_MAX bytes behind its end must be readable. [any]
int proto_next(proto_cursor *cursor, proto_item *out);

#endif
