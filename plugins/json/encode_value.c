#include "../common/column_write.h"
#include "../common/integer_text.h"
#include "encode.h"
#include "match.h"

static int write_literal(json_encoder *encoder, const char *text, int64_t size) {
  uint8_t *out = json_encode_room(encoder, 8);
  if (out == NULL)
    return 0;
  memcpy(out, text, 8);
  encoder->to->size += size;
  return 1;
}

static int encode_bool(json_encoder *encoder, const column_source *source, int64_t index) {
  return mill_bool(&source->column, index) ? write_literal(encoder, "true\0\0\0", 4)
                                           : write_literal(encoder, "false\0\0", 5);
}

static int encode_integer(json_encoder *encoder, const column_source *source, int64_t index) {
  uint8_t *out = json_encode_room(encoder, INTEGER_TEXT_MAX + 1);
  if (out == NULL)
    return 0;
  uint64_t value = column_integer_at(source, index + source->column.offset);
  json_encode_end(encoder,
                  source->type->least != 0 ? int64_write((int64_t)value, out) : uint64_write(value, out));
  return 1;
}

static int write_byte(json_encoder *encoder, uint8_t byte) {
  uint8_t *out = json_encode_room(encoder, 1);
  if (out == NULL)
    return 0;
  *out = byte;
  encoder->to->size++;
  return 1;
}

static int encode_list(json_encoder *encoder, const column_source *source, int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  if (!write_byte(encoder, '['))
    return 0;
  for (int32_t i = offsets[0]; i < offsets[1]; i++)
    if ((i > offsets[0] && !write_byte(encoder, ',')) || !json_encode_value(encoder, source->children, i))
      return 0;
  return write_byte(encoder, ']');
}

static int encode_map(json_encoder *encoder, const column_source *source, int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  const column_source *keys = &source->children[0], *values = &source->children[1];
  if (!write_byte(encoder, '{'))
    return 0;
  for (int32_t i = offsets[0]; i < offsets[1]; i++)
    if ((i > offsets[0] && !write_byte(encoder, ',')) || !json_encode_text(encoder, keys, i) ||
        !write_byte(encoder, ':') || !json_encode_value(encoder, values, i))
      return 0;
  return write_byte(encoder, '}');
}

// Writes `,"name":`, without the comma for the first.
static inline int write_label(json_encoder *encoder, const column_type *type, int is_first) {
  int64_t size = (int64_t)type->label_size - is_first;
  uint8_t *out = json_encode_room(encoder, size + 16);
  if (out == NULL)
    return 0;
  const char *label = type->label + is_first;
  memcpy(out, label, 16); // labels are padded
  if (size > 16)
    memcpy(out + 16, label + 16, (size_t)size - 16);
  encoder->to->size += size;
  return 1;
}

// Whether a null is said by leaving its member out, which the schema allows, and null it does not.
static inline int is_left_out(const column_source *field, int64_t index) {
  return (field->type->flags & (JSON_NO_NULL | JSON_REQUIRED)) == JSON_NO_NULL &&
         mill_is_null(&field->column, index);
}

int json_encode_struct(json_encoder *encoder, const column_source *source, int64_t index) {
  if (!write_byte(encoder, '{'))
    return 0;
  int is_first = 1;
  for (uint32_t i = 0; i < source->type->child_count; i++) {
    const column_source *field = &source->children[i];
    if (is_left_out(field, index))
      continue;
    if (!write_label(encoder, field->type, is_first) || !json_encode_value(encoder, field, index))
      return 0;
    is_first = 0;
  }
  return write_byte(encoder, '}');
}

int json_encode_value(json_encoder *encoder, const column_source *source, int64_t index) {
  if (mill_is_null(&source->column, index))
    return write_literal(encoder, "null\0\0\0", 4);
  switch (source->type->kind) {
  case COLUMN_BOOL:
    return encode_bool(encoder, source, index);
  case COLUMN_INTEGER:
    return encode_integer(encoder, source, index);
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return json_encode_float(encoder, source, index);
  case COLUMN_TEXT:
    return json_encode_text(encoder, source, index);
  case COLUMN_BINARY:
    return json_encode_binary(encoder, source, index);
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
    return json_encode_date_time(encoder, source, index);
  case COLUMN_DECIMAL:
    return json_encode_decimal(encoder, source, index);
  case COLUMN_LIST:
    return encode_list(encoder, source, index);
  case COLUMN_MAP:
    return encode_map(encoder, source, index);
  default:
    return json_encode_struct(encoder, source, index);
  }
}
