#include "read.h"

int64_t proto_begin_item(proto_decoder *decoder, const proto_step *step, column_builder *column, int64_t slot,
                         const uint8_t *at) {
  int64_t index = column_builder_offsets(column)[slot + 1];
  decoder->cells_left -= step->cells;
  if (decoder->cells_left < 0) {
    proto_fail(decoder, step, column, at, PROTO_BAD_DATA,
               "items of more values than a message of its size may have");
    return -1;
  }
  int is_there = index < INT32_MAX;
  for (uint32_t i = 0; is_there && i < column->type->child_count; i++)
    is_there = column_builder_reserve(&column->children[i], index + 1);
  if (!is_there)
    proto_fail_memory(decoder);
  return is_there ? index : -1;
}

static const uint8_t *read_struct(proto_decoder *decoder, const proto_step *step, column_builder *column,
                                  int64_t slot, const uint8_t *at, const uint8_t *end) {
  return proto_read_fields(decoder, step->inner, column->children, column->seen, slot, at, end);
}

PROTO_READ(proto_read_message) {
  int64_t size = 0;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  return bytes == NULL ? NULL : read_struct(decoder, step, column, slot, bytes, bytes + size);
}

PROTO_READ(proto_read_group) {
  const uint8_t *last, *behind = proto_skip_group(at, end, step->tag >> 3, PROTO_DEPTH_MAX, &last);
  if (behind == NULL)
    return proto_fail_end(decoder, step, column, at);
  return read_struct(decoder, step, column, slot, at, last) == NULL ? NULL : behind;
}

PROTO_READ(proto_read_wrapper) {
  int64_t size = 0;
  uint64_t seen = 0;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  return bytes == NULL ? NULL
                       : proto_read_fields(decoder, step->inner, column, &seen, slot, bytes, bytes + size);
}

PROTO_READ(proto_read_entry) {
  int64_t size = 0;
  uint64_t seen = 0;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  int64_t index = bytes == NULL ? -1 : proto_begin_item(decoder, step, column, slot, at);
  if (index < 0 ||
      proto_read_fields(decoder, step->inner, column->children, &seen, index, bytes, bytes + size) == NULL)
    return NULL;
  proto_end_item(column, slot, index);
  return bytes + size;
}

PROTO_READ(proto_read_packed) {
  int64_t size = 0;
  const proto_step *item = step->item;
  const uint8_t *bytes = proto_read_size(decoder, step, column, at, end, &size);
  const uint8_t *last = bytes == NULL ? NULL : bytes + size;
  while (bytes != NULL && bytes < last) {
    if (item->is_closed && proto_is_foreign(item, bytes, last)) {
      bytes = proto_skip(bytes, last, PROTO_WIRE_VARINT, 0);
      continue;
    }
    int64_t index = proto_begin_item(decoder, item, column, slot, bytes);
    if (index < 0)
      return NULL;
    column_builder_set_valid(column->children, index);
    bytes = item->read(decoder, item, column->children, index, bytes, last);
    if (bytes != NULL)
      proto_end_item(column, slot, index);
  }
  return bytes;
}

PROTO_READ(proto_read_nothing) {
  (void)slot;
  const uint8_t *behind = proto_skip(at, end, step->tag, PROTO_DEPTH_MAX);
  return behind != NULL ? behind : proto_fail_end(decoder, step, column, at);
}
