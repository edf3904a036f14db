#include "encode.h"
#include "unknown.h"

// Whether bytes, VARINT_MAX readable ones behind them, are fields that the schema says nothing of; else notes
// what is wrong. Others would be read as something else than unknown fields.
static int check(proto_encoder *encoder, const proto_unknown *unknown, const column_type *column,
                 const uint8_t *bytes, int64_t size) {
  proto_cursor cursor = {bytes, bytes + size};
  const uint8_t *start = bytes;
  proto_item item;
  int found;
  for (; (found = proto_next(&cursor, &item)) > 0; start = cursor.at) {
    const proto_declared *declared = proto_declared_numbered(unknown, item.number);
    if (!proto_is_unknown(declared, item.number << 3 | item.wire,
                          item.wire == PROTO_WIRE_VARINT ? item.value : 0))
      return proto_write_fail(encoder, column,
                              "at byte %lld: field %u, which the schema has as \"%.60s\", is not unknown; drop "
                              "it, or write it from a column of that name",
                              (long long)(start - bytes), (unsigned)item.number, declared->field->name);
  }
  return found == 0 || proto_write_fail(encoder, column,
                                        "at byte %lld: no whole field of a message, or groups nested more "
                                        "than %d deep",
                                        (long long)(start - bytes), PROTO_DEPTH_MAX);
}

int proto_write_unknown(proto_encoder *encoder, const proto_unknown *unknown, const column_source *columns,
                        int64_t index) {
  const column_source *source = &columns[unknown->column];
  if (mill_is_null(&source->column, index))
    return 1;
  mill_text text = mill_text_at(&source->column, index);
  // They are checked where they are copied to: what is behind a column's own need not be readable.
  uint8_t *out = proto_write_room(encoder, text.size + VARINT_MAX);
  if (out == NULL)
    return 0;
  if (text.size > 0)
    memcpy(out, text.bytes, (size_t)text.size);
  memset(out + text.size, 0, VARINT_MAX);
  if (!check(encoder, unknown, source->type, out, text.size))
    return 0;
  encoder->to->size += text.size;
  return 1;
}
