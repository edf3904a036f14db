#include "wire.h"

static const uint8_t *skip_sized(const uint8_t *at, const uint8_t *end) {
  uint64_t size;
  const uint8_t *bytes = varint_read(at, &size);
  return bytes == NULL || bytes > end || size > (uint64_t)(end - bytes) ? NULL : bytes + size;
}

const uint8_t *proto_skip_group(const uint8_t *at, const uint8_t *end, uint64_t number, int depth,
                                const uint8_t **last) {
  while (at < end && depth > 0) {
    uint64_t tag;
    *last = at;
    at = varint_read(at, &tag);
    if (at == NULL || at > end || tag > UINT32_MAX || tag >> 3 == 0)
      return NULL;
    if ((tag & 7) == PROTO_WIRE_GROUP_END)
      return tag >> 3 == number ? at : NULL;
    at = proto_skip(at, end, tag, depth - 1);
    if (at == NULL)
      return NULL;
  }
  return NULL;
}

const uint8_t *proto_skip(const uint8_t *at, const uint8_t *end, uint64_t tag, int depth) {
  uint64_t value;
  const uint8_t *behind, *last;
  switch (tag & 7) {
  case PROTO_WIRE_VARINT:
    behind = varint_read(at, &value);
    return behind != NULL && behind <= end ? behind : NULL;
  case PROTO_WIRE_64:
    return end - at >= 8 ? at + 8 : NULL;
  case PROTO_WIRE_SIZED:
    return skip_sized(at, end);
  case PROTO_WIRE_GROUP:
    return proto_skip_group(at, end, tag >> 3, depth, &last);
  case PROTO_WIRE_32:
    return end - at >= 4 ? at + 4 : NULL;
  default:
    return NULL;
  }
}

// Reads a value that was found to be whole.
static void read_value(const uint8_t *at, proto_item *out) {
  uint64_t size = 0;
  uint32_t half;
  switch (out->wire) {
  case PROTO_WIRE_VARINT:
    varint_read(at, &out->value);
    break;
  case PROTO_WIRE_64:
    memcpy(&out->value, at, 8);
    break;
  case PROTO_WIRE_32:
    memcpy(&half, at, 4);
    out->value = half;
    break;
  case PROTO_WIRE_SIZED:
    out->bytes = varint_read(at, &size);
    out->size = (int64_t)size;
    break;
  default:
    break;
  }
}

int proto_next(proto_cursor *cursor, proto_item *out) {
  uint64_t tag;
  if (cursor->at >= cursor->end)
    return 0;
  const uint8_t *value = varint_read(cursor->at, &tag);
  if (value == NULL || value > cursor->end || tag > UINT32_MAX || tag >> 3 == 0)
    return -1;
  const uint8_t *behind = proto_skip(value, cursor->end, tag, 64);
  if (behind == NULL)
    return -1;
  out->number = (uint32_t)(tag >> 3);
  out->wire = (proto_wire)(tag & 7);
  read_value(value, out);
  cursor->at = behind;
  return 1;
}
