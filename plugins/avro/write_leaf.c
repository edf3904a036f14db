#include "../common/column_write.h"
#include "decimal.h"
#include "encode.h"

#define WRITE(name)                                                                                            \
  static int name(avro_encoder *encoder, const avro_writing *step, const column_source *source, int64_t index)

WRITE(write_boolean) {
  (void)step;
  uint8_t value = (uint8_t)mill_bool(&source->column, index);
  return avro_put_bytes(encoder, &value, 1);
}

WRITE(write_int64) {
  (void)step;
  return avro_put_long(encoder, mill_int64(&source->column, index));
}

WRITE(write_integer) {
  uint64_t bits = column_integer_at(source, index + source->column.offset);
  int64_t value = (int64_t)bits;
  if ((source->type->least == 0 && value < 0) || value < step->least || value > step->most)
    return avro_write_fail(encoder, source->type,
                           source->type->least == 0 ? "%llu is out of range for Avro's %s"
                                                    : "%lld is out of range for Avro's %s",
                           (long long)value, step->type->name);
  return avro_put_long(encoder, value);
}

static double float_at(const column_source *source, int64_t index) {
  int64_t at = index + source->column.offset;
  if (source->type->kind == COLUMN_FLOAT64)
    return ((const double *)source->column.values)[at];
  if (source->type->kind == COLUMN_FLOAT32)
    return (double)((const float *)source->column.values)[at];
  uint64_t bits = column_integer_at(source, at);
  return source->type->least == 0 ? (double)bits : (double)(int64_t)bits;
}

WRITE(write_float) {
  (void)step;
  float value = (float)float_at(source, index);
  return avro_put_bytes(encoder, &value, sizeof value);
}

WRITE(write_double) {
  (void)step;
  double value = float_at(source, index);
  return avro_put_bytes(encoder, &value, sizeof value);
}

int avro_write_text(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                    int64_t index) {
  mill_text text = mill_text_at(&source->column, index);
  int is_text = step->type->kind == AVRO_STRING;
  if (is_text && mill_utf8_invalid_at((const uint8_t *)text.bytes, text.size) >= 0)
    return avro_write_fail(encoder, source->type, "the text is not UTF-8");
  return avro_put_long(encoder, text.size) && avro_put_bytes(encoder, text.bytes, text.size);
}

WRITE(write_fixed) {
  mill_text text = mill_text_at(&source->column, index);
  if (text.size != step->type->size)
    return avro_write_fail(encoder, source->type, "%lld bytes, but %s has %lld", (long long)text.size,
                           step->type->name, (long long)step->type->size);
  return avro_put_bytes(encoder, text.bytes, text.size);
}

WRITE(write_enum) {
  mill_text text = mill_text_at(&source->column, index);
  for (uint32_t i = 0; i < step->type->count; i++) {
    const char *symbol = step->type->symbols[i];
    if (strlen(symbol) == (size_t)text.size && memcmp(symbol, text.bytes, (size_t)text.size) == 0)
      return avro_put_long(encoder, i);
  }
  return avro_write_fail(encoder, source->type, "the text is no symbol of the enum %s", step->type->name);
}

WRITE(write_time) {
  int64_t value = column_date_time_at(source, index), scaled = value;
  int is_scaled = step->divide != 1 || step->multiply != 1; // else no division, which takes long
  if ((is_scaled &&
       (value % step->divide != 0 || __builtin_mul_overflow(value / step->divide, step->multiply, &scaled))) ||
      scaled < step->least || scaled > step->most)
    return avro_write_fail(encoder, source->type, "%lld has no exact value in Avro's units", (long long)value);
  return avro_put_long(encoder, scaled);
}

// 10 to the power of the schema's digits: what is less has no more of them.
static uint128 limit_of(const avro_type *type) {
  uint128 limit = 1;
  for (int i = 0; i < type->precision && i < 38; i++)
    limit *= 10;
  return limit;
}

WRITE(write_decimal) {
  int128 value;
  memcpy(&value, (const uint8_t *)source->column.values + (index + source->column.offset) * 16, 16);
  if (!avro_rescale(&value, step->multiply, step->divide, limit_of(step->type)))
    return avro_write_fail(encoder, source->type,
                           "the decimal has no exact value with %d digits, %d of them after the "
                           "point",
                           step->type->precision, step->type->scale);
  int64_t size = 1;
  while (size < 16 && value >> (8 * size - 1) != (value < 0 ? -1 : 0))
    size++;
  int is_fixed = step->type->kind == AVRO_FIXED;
  if (is_fixed && size > step->type->size)
    return avro_write_fail(encoder, source->type, "the decimal takes more bytes than %s has", step->type->name);
  size = is_fixed ? step->type->size : size;
  uint8_t *out = !is_fixed && !avro_put_long(encoder, size) ? NULL : avro_write_room(encoder, size);
  if (out == NULL)
    return 0;
  for (int64_t i = size - 1; i >= 0; i--, value >>= 8)
    out[i] = (uint8_t)value;
  encoder->to->size += size;
  return 1;
}

static avro_write choose_integer(const avro_type *type, const column_type *column) {
  switch (type->kind) {
  case AVRO_INT:
    return write_integer;
  case AVRO_LONG:
    return column->width == 8 && column->least != 0 ? write_int64 : write_integer;
  case AVRO_FLOAT: // floats hold what has 24 bits, doubles 53
    return column->width <= 2 ? write_float : NULL;
  default:
    return type->kind == AVRO_DOUBLE && column->width <= 4 ? write_double : NULL;
  }
}

static avro_write choose_text(const avro_type *type, const column_type *column) {
  int is_text = column->kind == COLUMN_TEXT;
  switch (type->kind) {
  case AVRO_STRING:
  case AVRO_BYTES:
    return avro_write_text;
  case AVRO_ENUM:
    return is_text ? write_enum : NULL;
  default:
    return type->kind == AVRO_FIXED && !is_text ? write_fixed : NULL;
  }
}

static avro_write choose_logical(const avro_type *type, const column_type *column) {
  switch (column->kind) {
  case COLUMN_DATE:
    return type->logical == AVRO_DATE ? write_time : NULL;
  case COLUMN_TIME:
    return type->logical == AVRO_TIME ? write_time : NULL;
  case COLUMN_TIMESTAMP:
    if (type->logical == AVRO_LOCAL_TIMESTAMP ? column->has_zone
                                              : type->logical != AVRO_TIMESTAMP && type->logical != AVRO_PLAIN)
      return NULL;
    return type->kind == AVRO_LONG ? write_time : NULL;
  default:
    return column->kind == COLUMN_DECIMAL && type->logical == AVRO_DECIMAL ? write_decimal : NULL;
  }
}

// Sets how the column's units become the schema's.
static void set_units(avro_writing *step, const avro_type *type, const column_type *column) {
  int64_t from = column->per_second, to = type->per_second;
  step->multiply = step->divide = 1;
  step->least = type->kind == AVRO_INT ? INT32_MIN : INT64_MIN;
  step->most = type->kind == AVRO_INT ? INT32_MAX : INT64_MAX;
  if (column->kind == COLUMN_DATE && column->width == 8)
    step->divide = DAY_MS;
  if (column->kind == COLUMN_DECIMAL) {
    step->multiply = type->scale > column->scale ? type->scale - column->scale : 0;
    step->divide = column->scale > type->scale ? column->scale - type->scale : 0;
  } else if (from > 0 && to > 0) {
    step->multiply = to > from ? to / from : 1;
    step->divide = from > to ? from / to : 1;
  }
}

static avro_write choose(const avro_type *type, const column_type *column) {
  switch (column->kind) {
  case COLUMN_BOOL:
    return type->kind == AVRO_BOOLEAN ? write_boolean : NULL;
  case COLUMN_INTEGER:
    return choose_integer(type, column);
  case COLUMN_FLOAT32:
    return type->kind == AVRO_FLOAT ? write_float : type->kind == AVRO_DOUBLE ? write_double : NULL;
  case COLUMN_FLOAT64:
    return type->kind == AVRO_DOUBLE ? write_double : NULL;
  case COLUMN_TEXT:
  case COLUMN_BINARY:
    return choose_text(type, column);
  default:
    return choose_logical(type, column);
  }
}

static avro_leaf leaf_of(avro_write write, const avro_writing *step, const column_type *column) {
  int is_scaled = step->multiply != 1 || step->divide != 1, is_int32 = step->type->kind == AVRO_INT;
  if (write == write_boolean)
    return AVRO_LEAF_BOOLEAN;
  if (write == write_int64 || (write == write_time && column->kind == COLUMN_TIMESTAMP && !is_scaled))
    return AVRO_LEAF_INT64;
  if (is_int32 && column->width == 4 &&
      ((write == write_integer && column->least != 0) || (write == write_time && !is_scaled)))
    return AVRO_LEAF_INT32;
  if (write == write_double && column->kind == COLUMN_FLOAT64)
    return AVRO_LEAF_DOUBLE;
  return write == avro_write_text && step->type->kind == AVRO_STRING ? AVRO_LEAF_TEXT : AVRO_LEAF_NONE;
}

// Bytes that a value takes at most; 0 if that can't be told.
static int64_t room_of(avro_write write, const avro_type *type) {
  int is_fixed = type->kind == AVRO_FIXED;
  if (write == write_fixed || (write == write_decimal && is_fixed))
    return type->size;
  return write == avro_write_text ? 0 : write == write_decimal ? 1 + (int64_t)sizeof(int128) : AVRO_LONG_MAX;
}

avro_write avro_write_leaf(avro_writing *step, const avro_type *type, const column_type *column) {
  step->type = type;
  set_units(step, type, column);
  avro_write write = choose(type, column);
  step->leaf = leaf_of(write, step, column);
  step->room = room_of(write, type);
  return write;
}
