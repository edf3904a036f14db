#include "../common/column_write.h"
#include "encode.h"
#include "timestamp.h"

#include <errno.h>

#define WRITE(name)                                                                                            \
  static int name(proto_encoder *encoder, const proto_writing *step, const column_source *source, int64_t index)

// Writes an integer as its kind has it.
static int put_integer(proto_encoder *encoder, proto_kind kind, int64_t value) {
  uint32_t half = (uint32_t)value;
  switch (kind) {
  case PROTO_FIXED64:
  case PROTO_SFIXED64:
    return proto_put_bytes(encoder, &value, 8);
  case PROTO_FIXED32:
  case PROTO_SFIXED32:
    return proto_put_bytes(encoder, &half, 4);
  case PROTO_SINT32:
  case PROTO_SINT64:
    return proto_put_varint(encoder, varint_zigzag(value));
  default:
    return proto_put_varint(encoder, (uint64_t)value);
  }
}

WRITE(write_int64) {
  (void)step;
  return proto_put_varint(encoder, (uint64_t)mill_int64(&source->column, index));
}

static int put_checked(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                       int64_t value, int is_unsigned) {
  int is_out = is_unsigned || value >= 0 ? (uint64_t)value > step->most : value < step->least;
  if (is_out)
    return proto_write_fail(encoder, source->type,
                            is_unsigned ? "%llu is out of range for %s" : "%lld is out of range for %s",
                            (long long)value, proto_kind_name(step->field->kind));
  return put_integer(encoder, step->field->kind, value);
}

WRITE(write_integer) {
  int64_t value = (int64_t)column_integer_at(source, index + source->column.offset);
  return put_checked(encoder, step, source, value, source->type->least == 0);
}

// A date in days, a time or timestamp in its column's units.
WRITE(write_time) {
  int64_t value = column_date_time_at(source, index);
  if (source->type->kind == COLUMN_DATE && source->type->width == 8) {
    if (value % DAY_MS != 0)
      return proto_write_fail(encoder, source->type, "%lld ms are no whole days", (long long)value);
    value /= DAY_MS;
  }
  return put_checked(encoder, step, source, value, 0);
}

WRITE(write_bool) {
  (void)step;
  return proto_put_varint(encoder, (uint64_t)mill_bool(&source->column, index));
}

WRITE(write_float) {
  (void)step;
  return proto_put_bytes(encoder, (const float *)source->column.values + index + source->column.offset, 4);
}

WRITE(write_double) {
  (void)step;
  int64_t at = index + source->column.offset;
  double value = source->type->kind == COLUMN_FLOAT64 ? ((const double *)source->column.values)[at]
                                                      : (double)((const float *)source->column.values)[at];
  return proto_put_bytes(encoder, &value, 8);
}

int proto_write_bytes(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                      int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  if (step->field->kind == PROTO_STRING && mill_utf8_invalid_at((const uint8_t *)text.bytes, text.size) >= 0)
    return proto_write_fail(encoder, source->type, "the text is not UTF-8");
  uint8_t *out = proto_write_room(encoder, VARINT_MAX + text.size);
  if (out == NULL)
    return 0;
  out = varint_write((uint64_t)text.size, out);
  if (text.size > 0)
    memcpy(out, text.bytes, (size_t)text.size);
  encoder->to->size = out + text.size - encoder->to->bytes;
  return 1;
}

// Reads the number that stands for an enum's value without a name.
static int read_number(mill_text text, int64_t *out) {
  char digits[16] = {0}, *end = digits;
  if (text.size == 0 || text.size >= (int64_t)sizeof digits || text.bytes[0] == ' ' || text.bytes[0] == '+')
    return 0;
  memcpy(digits, text.bytes, (size_t)text.size);
  *out = strtoll(digits, &end, 10);
  return end == digits + text.size && *out == (int32_t)*out;
}

WRITE(write_enum) {
  mill_text text = mill_text_at(&source->column, index);
  char name[256];
  const name_entry *found = NULL;
  int64_t number;
  if (text.size < (int64_t)sizeof name) {
    memcpy(name, text.bytes, (size_t)text.size);
    name[text.size] = '\0';
    found = strlen(name) == (size_t)text.size ? name_set_find(&step->names, "", name) : NULL;
  }
  if (found != NULL)
    return proto_put_varint(encoder, (uint64_t)(int64_t)((const proto_value *)found->value)->number);
  if (step->field->enumeration->features.enum_type != 2 && read_number(text, &number))
    return proto_put_varint(encoder, (uint64_t)number);
  return proto_write_fail(encoder, source->type, "the text is no name of the enum %.100s",
                          step->field->enumeration->full_name);
}

WRITE(write_decimal) {
  uint8_t text[DECIMAL_TEXT_MAX];
  (void)step;
  int64_t size = column_decimal_write(source, index, text) - text;
  return proto_put_varint(encoder, (uint64_t)size) && proto_put_bytes(encoder, text, size);
}

// A map's key that is no text in the message.
WRITE(write_key) {
  mill_text text = mill_text_at(&source->column, index);
  char digits[32] = {0}, *end = digits;
  int is_bool = step->field->kind == PROTO_BOOL, is_unsigned = step->least == 0;
  if (text.size < (int64_t)sizeof digits)
    memcpy(digits, text.bytes, (size_t)text.size);
  if (is_bool && (strcmp(digits, "true") == 0 || strcmp(digits, "false") == 0))
    return proto_put_varint(encoder, digits[0] == 't');
  int is_digits = !is_bool && (digits[0] == '-' ? !is_unsigned && digits[1] != '\0' : digits[0] != '\0') &&
                  strspn(digits + (digits[0] == '-'), "0123456789") == strlen(digits) - (digits[0] == '-');
  errno = 0;
  int64_t value = is_unsigned ? (int64_t)strtoull(digits, &end, 10) : strtoll(digits, &end, 10);
  if (!is_digits || errno != 0)
    return proto_write_fail(encoder, source->type, "the text is no %s, which the map's keys are",
                            proto_kind_name(step->field->kind));
  return put_checked(encoder, step, source, value, is_unsigned);
}

int proto_write_timestamp(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                          int64_t index) {
  uint8_t *out = proto_write_room(encoder, PROTO_SECONDS_MAX);
  (void)step;
  if (out == NULL)
    return 0;
  out = proto_timestamp_write(column_date_time_at(source, index), source->type->per_second, out);
  encoder->to->size = out - encoder->to->bytes;
  return 1;
}

int proto_write_duration(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         int64_t index) {
  int64_t value = mill_int64(&source->column, index);
  uint8_t *out = proto_write_room(encoder, PROTO_SECONDS_MAX);
  (void)step;
  if (out == NULL)
    return 0;
  encoder->to->size = proto_seconds_write(value / 1000000, value % 1000000 * 1000, out) - encoder->to->bytes;
  return 1;
}

static void set_range(proto_writing *step) {
  switch (step->field->kind) {
  case PROTO_UINT32:
  case PROTO_FIXED32:
    step->most = UINT32_MAX;
    break;
  case PROTO_UINT64:
  case PROTO_FIXED64:
    step->most = UINT64_MAX;
    break;
  case PROTO_INT64:
  case PROTO_SINT64:
  case PROTO_SFIXED64:
    step->least = INT64_MIN;
    step->most = INT64_MAX;
    break;
  default:
    step->least = INT32_MIN;
    step->most = INT32_MAX;
  }
}

static proto_write choose_whole(const proto_writing *step, const column_type *column) {
  int is_plain = column->width == 8 && (step->field->kind == PROTO_INT64    ? column->least != 0
                                        : step->field->kind == PROTO_UINT64 ? column->least == 0
                                                                            : 0);
  switch (column->kind) {
  case COLUMN_INTEGER:
    return is_plain ? write_int64 : write_integer;
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
    return step->field->kind == PROTO_ENUM ? NULL : write_time;
  default:
    return NULL;
  }
}

proto_write proto_write_leaf(proto_writing *step, const column_type *column) {
  proto_kind kind = step->field->kind;
  int is_text = column->kind == COLUMN_TEXT, is_bytes = column->kind == COLUMN_BINARY;
  int is_key = is_text && column->parent != NULL && column->parent->kind == COLUMN_MAP &&
               column == column->parent->children;
  set_range(step);
  if (is_key && kind != PROTO_STRING)
    return write_key;
  switch (kind) {
  case PROTO_BOOL:
    return column->kind == COLUMN_BOOL ? write_bool : NULL;
  case PROTO_FLOAT:
    return column->kind == COLUMN_FLOAT32 ? write_float : NULL;
  case PROTO_DOUBLE:
    return column->kind == COLUMN_FLOAT32 || column->kind == COLUMN_FLOAT64 ? write_double : NULL;
  case PROTO_STRING:
    return column->kind == COLUMN_DECIMAL ? write_decimal : is_text || is_bytes ? proto_write_bytes : NULL;
  case PROTO_BYTES:
    return is_text || is_bytes ? proto_write_bytes : NULL;
  case PROTO_ENUM:
    return is_text ? write_enum : choose_whole(step, column);
  default:
    return choose_whole(step, column);
  }
}

static proto_op op_of(proto_write write, const proto_writing *step, const column_type *column) {
  int is_signed = column->kind != COLUMN_INTEGER || column->least != 0;
  int is_32 = step->field->kind == (is_signed ? PROTO_INT32 : PROTO_UINT32) && column->width == 4;
  int is_64 = step->field->kind == PROTO_INT64 && column->kind == COLUMN_TIMESTAMP;
  int is_plain = write == write_integer || write == write_time;
  if (write == write_int64 || (is_plain && is_64))
    return PROTO_OP_INT64;
  if (is_plain && is_32)
    return PROTO_OP_INT32;
  return write == write_bool                                       ? PROTO_OP_BOOL
         : write == write_double && column->kind == COLUMN_FLOAT64 ? PROTO_OP_DOUBLE
         : write == proto_write_bytes                              ? PROTO_OP_TEXT
         : write == proto_write_timestamp                          ? PROTO_OP_TIMESTAMP
                                                                   : PROTO_OP_CALL;
}

// Bytes that a value takes at most, but for a text's own; 0 if that can't be told.
static int64_t room_of(proto_write write) {
  if (write == proto_write_timestamp || write == proto_write_duration)
    return PROTO_SECONDS_MAX;
  if (write == proto_write_message || write == proto_write_group || write == proto_write_wrapper)
    return 0;
  return write == write_decimal ? 1 + DECIMAL_TEXT_MAX : VARINT_MAX;
}

void proto_write_choose(proto_writing *step, proto_write write, const column_type *column) {
  step->write = write;
  step->op = op_of(write, step, column);
  step->room = room_of(write);
}
