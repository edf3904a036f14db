/// Reading JSON values into columns' slots. All of these follow decoder.h; they neither mark the slot valid nor
/// know null, which json_decode_value does.
#ifndef JSON_DECODE_H
#define JSON_DECODE_H

#include "../common/column_builder.h"
#include "decoder.h"

/// Any value, null included, for any column. [task]
const uint8_t *json_decode_value(json_decoder *decoder, column_builder *column, int64_t slot,
                                 const uint8_t *at);

/// Numbers and booleans. [task]
const uint8_t *json_decode_bool(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_integer(json_decoder *decoder, column_builder *column, int64_t slot,
                                   const uint8_t *at);
const uint8_t *json_decode_float(json_decoder *decoder, column_builder *column, int64_t slot,
                                 const uint8_t *at);
const uint8_t *json_decode_decimal(json_decoder *decoder, column_builder *column, int64_t slot,
                                   const uint8_t *at);

/// What comes as strings. [task]
const uint8_t *json_decode_text(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_binary(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *at);
const uint8_t *json_decode_date(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_time(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_timestamp(json_decoder *decoder, column_builder *column, int64_t slot,
                                     const uint8_t *at);

/// The row of an object, for a struct column. [task]
const uint8_t *json_decode_struct(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *at);

/// Arrays, and objects of any members. [task]
const uint8_t *json_decode_list(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);
const uint8_t *json_decode_map(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at);

#endif
