#include "read.h"

const uint8_t *proto_read_whole(const proto_step *step, const uint8_t *at, const uint8_t *end, int64_t *value,
                                int *is_signed) {
  uint64_t bits = 0;
  uint32_t half;
  proto_kind kind = step->field->kind;
  *is_signed = kind != PROTO_UINT64 && kind != PROTO_UINT32 && kind != PROTO_FIXED64 && kind != PROTO_FIXED32;
  if (kind == PROTO_FIXED64 || kind == PROTO_SFIXED64) {
    if (end - at < 8)
      return NULL;
    memcpy(value, at, 8);
    return at + 8;
  }
  if (kind == PROTO_FIXED32 || kind == PROTO_SFIXED32) {
    if (end - at < 4)
      return NULL;
    memcpy(&half, at, 4);
    *value = *is_signed ? (int64_t)(int32_t)half : (int64_t)half;
    return at + 4;
  }
  const uint8_t *behind = varint_read(at, &bits);
  // What has 32 bits is cut to them, as the format says.
  *value = kind == PROTO_SINT64                        ? varint_unzigzag(bits)
           : kind == PROTO_SINT32                      ? (int32_t)varint_unzigzag((uint32_t)bits)
           : kind == PROTO_UINT32                      ? (int64_t)(uint32_t)bits
           : kind == PROTO_INT32 || kind == PROTO_ENUM ? (int32_t)(uint32_t)bits
           : kind == PROTO_BOOL                        ? bits != 0
                                                       : (int64_t)bits;
  return behind != NULL && behind <= end ? behind : NULL;
}

PROTO_READ(proto_read_int64) {
  const uint8_t *behind = varint_read(at, (uint64_t *)(void *)column->values + slot);
  return behind != NULL && behind <= end ? behind : proto_fail_end(decoder, step, column, at);
}

PROTO_READ(proto_read_integer) {
  int64_t value = 0;
  int is_signed = 0;
  const column_type *type = column->type;
  const uint8_t *behind = proto_read_whole(step, at, end, &value, &is_signed);
  if (behind == NULL)
    return proto_fail_end(decoder, step, column, at);
  int is_negative = is_signed && value < 0;
  uint64_t magnitude = is_negative ? 0 - (uint64_t)value : (uint64_t)value;
  if (magnitude > (is_negative ? type->least : type->largest))
    return proto_fail(decoder, step, column, at, PROTO_BAD_VALUE,
                      is_signed ? "%lld is out of range for %s" : "%llu is out of range for %s",
                      (long long)value, type->title);
  column_builder_put_integer(column, slot, (uint64_t)value);
  return behind;
}

PROTO_READ(proto_read_bool) {
  uint64_t value = 0;
  const uint8_t *behind = varint_read(at, &value);
  if (behind == NULL || behind > end)
    return proto_fail_end(decoder, step, column, at);
  uint8_t bit = (uint8_t)(1u << (slot & 7)), *byte = &column->values[slot >> 3];
  *byte = value != 0 ? *byte | bit : *byte & (uint8_t)~bit;
  return behind;
}

PROTO_READ(proto_read_float) {
  float value;
  if (end - at < 4)
    return proto_fail_end(decoder, step, column, at);
  memcpy(&value, at, sizeof value);
  if (column->type->kind == COLUMN_FLOAT32)
    ((float *)(void *)column->values)[slot] = value;
  else
    ((double *)(void *)column->values)[slot] = (double)value;
  return at + sizeof value;
}

PROTO_READ(proto_read_double) {
  if (end - at < 8)
    return proto_fail_end(decoder, step, column, at);
  memcpy((double *)(void *)column->values + slot, at, 8);
  return at + 8;
}

static const proto_symbol *symbol_of(const proto_step *step, int32_t number) {
  uint32_t low = 0, high = step->symbol_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (step->symbols[middle].number == number)
      return &step->symbols[middle];
    if (step->symbols[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

int proto_is_foreign(const proto_step *step, const uint8_t *at, const uint8_t *end) {
  uint64_t bits;
  const uint8_t *behind = varint_read(at, &bits);
  return behind != NULL && behind <= end && symbol_of(step, (int32_t)(uint32_t)bits) == NULL;
}

PROTO_READ(proto_read_enum) {
  uint64_t bits = 0;
  char number[16];
  const uint8_t *behind = varint_read(at, &bits);
  if (behind == NULL || behind > end)
    return proto_fail_end(decoder, step, column, at);
  const proto_symbol *symbol = symbol_of(step, (int32_t)(uint32_t)bits);
  if (symbol != NULL)
    return text_source_put_constant(&decoder->source, column, slot, (text_constant *)&symbol->text)
               ? behind
               : proto_fail_memory(decoder);
  memset(number, 0, sizeof number);
  int size = snprintf(number, sizeof number, "%d", (int)(int32_t)(uint32_t)bits);
  column_text_put_inlined(column_text_view(column, slot), (const uint8_t *)number, size);
  return behind;
}
