#include "encode.h"
#include "integer_text.h"

static int write_literal(json_encoder *encoder, const char *text, int64_t size) {
  uint8_t *out = json_encode_room(encoder, 8);
  if (out == NULL)
    return 0;
  memcpy(out, text, 8);
  encoder->to->size += size;
  return 1;
}

static int encode_bool(json_encoder *encoder, const json_source *source, int64_t index) {
  return mill_bool(&source->column, index) ? write_literal(encoder, "true\0\0\0", 4)
                                           : write_literal(encoder, "false\0\0", 5);
}

// An integer of the column's width, its sign extended to 64 bits.
static inline uint64_t integer_at(const json_source *source, int64_t at) {
  const void *values = source->column.values;
  int is_signed = source->type->least != 0;
  switch (source->type->width) {
  case 1:
    return is_signed ? (uint64_t)((const int8_t *)values)[at] : ((const uint8_t *)values)[at];
  case 2:
    return is_signed ? (uint64_t)((const int16_t *)values)[at] : ((const uint16_t *)values)[at];
  case 4:
    return is_signed ? (uint64_t)((const int32_t *)values)[at] : ((const uint32_t *)values)[at];
  default:
    return ((const uint64_t *)values)[at];
  }
}

static int encode_integer(json_encoder *encoder, const json_source *source, int64_t index) {
  uint8_t *out = json_encode_room(encoder, JSON_INTEGER_MAX + 1);
  if (out == NULL)
    return 0;
  uint64_t value = integer_at(source, index + source->column.offset);
  json_encode_end(encoder, source->type->least != 0 ? json_int64_write((int64_t)value, out)
                                                    : json_uint64_write(value, out));
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

static int encode_list(json_encoder *encoder, const json_source *source, int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  if (!write_byte(encoder, '['))
    return 0;
  for (int32_t i = offsets[0]; i < offsets[1]; i++)
    if ((i > offsets[0] && !write_byte(encoder, ',')) || !json_encode_value(encoder, source->children, i))
      return 0;
  return write_byte(encoder, ']');
}

static int encode_map(json_encoder *encoder, const json_source *source, int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  const json_source *keys = &source->children[0], *values = &source->children[1];
  if (!write_byte(encoder, '{'))
    return 0;
  for (int32_t i = offsets[0]; i < offsets[1]; i++)
    if ((i > offsets[0] && !write_byte(encoder, ',')) || !json_encode_text(encoder, keys, i) ||
        !write_byte(encoder, ':') || !json_encode_value(encoder, values, i))
      return 0;
  return write_byte(encoder, '}');
}

// Writes `,"name":`, without the comma for the first.
static inline int write_label(json_encoder *encoder, const json_type *type, int is_first) {
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

int json_encode_struct(json_encoder *encoder, const json_source *source, int64_t index) {
  if (!write_byte(encoder, '{'))
    return 0;
  for (uint32_t i = 0; i < source->type->child_count; i++) {
    const json_source *field = &source->children[i];
    if (!write_label(encoder, field->type, i == 0) || !json_encode_value(encoder, field, index))
      return 0;
  }
  return write_byte(encoder, '}');
}

int json_encode_value(json_encoder *encoder, const json_source *source, int64_t index) {
  if (mill_is_null(&source->column, index))
    return write_literal(encoder, "null\0\0\0", 4);
  switch (source->type->kind) {
  case JSON_BOOL:
    return encode_bool(encoder, source, index);
  case JSON_INTEGER:
    return encode_integer(encoder, source, index);
  case JSON_FLOAT32:
  case JSON_FLOAT64:
    return json_encode_float(encoder, source, index);
  case JSON_TEXT:
    return json_encode_text(encoder, source, index);
  case JSON_BINARY:
    return json_encode_binary(encoder, source, index);
  case JSON_DATE:
  case JSON_TIME:
  case JSON_TIMESTAMP:
    return json_encode_date_time(encoder, source, index);
  case JSON_DECIMAL:
    return json_encode_decimal(encoder, source, index);
  case JSON_LIST:
    return encode_list(encoder, source, index);
  case JSON_MAP:
    return encode_map(encoder, source, index);
  default:
    return json_encode_struct(encoder, source, index);
  }
}
