/// Reading JSON values into columns' slots. All of these follow decoder.h; they neither mark the slot valid nor
/// know null, which json_decode_value does.
#ifndef JSON_DECODE_H
#define JSON_DECODE_H

#include "column.h"
#include "decoder.h"

/// Any value, null included, for any column. [task]
const uint8_t *json_decode_value(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);

/// Numbers and booleans. [task]
const uint8_t *json_decode_bool(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_integer(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_float(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_decimal(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);

/// A whole number without regard to the column's kind, in the range of `type->least` to `type->largest`. [task]
const uint8_t *json_read_integer(json_decoder *decoder, const json_type *type, const uint8_t *at,
                                 uint64_t *value);

/// What comes as strings. [task]
const uint8_t *json_decode_text(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_binary(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_date(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_time(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_timestamp(json_decoder *decoder, json_column *column, int64_t slot,
                                     const uint8_t *at);

/// The row of an object, for a struct column. [task]
const uint8_t *json_decode_struct(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);

/// Arrays, and objects of any members. [task]
const uint8_t *json_decode_list(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_map(json_decoder *decoder, json_column *column, int64_t slot, const uint8_t *at);

/// Puts the low bytes of `value` into a slot of 1, 2, 4 or 8 bytes. [any]
static inline void json_put_integer(json_column *column, int64_t slot, uint64_t value) {
  switch (column->type->width) {
  case 1:
    column->values[slot] = (uint8_t)value;
    break;
  case 2:
    ((uint16_t *)(void *)column->values)[slot] = (uint16_t)value;
    break;
  case 4:
    ((uint32_t *)(void *)column->values)[slot] = (uint32_t)value;
    break;
  default:
    ((uint64_t *)(void *)column->values)[slot] = value;
  }
}

#endif
