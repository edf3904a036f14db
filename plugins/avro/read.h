/// Reading Avro values into columns' slots: all of type avro_read.
#ifndef AVRO_READ_H
#define AVRO_READ_H

#include "binary.h"
#include "decoder.h"

#define AVRO_READ(name)                                                                                        \
  const uint8_t *name(avro_decoder *decoder, const avro_step *step, column_builder *column, int64_t slot,      \
                      const uint8_t *at)

/// Numbers, by their kind in the message: integers into integers and floats, floats into floats. [task]
AVRO_READ(avro_read_boolean);
AVRO_READ(avro_read_integer);
AVRO_READ(avro_read_int64);
AVRO_READ(avro_read_integer_as_float);
AVRO_READ(avro_read_float);
AVRO_READ(avro_read_double);

/// Texts and bytes. [task]
AVRO_READ(avro_read_text);
AVRO_READ(avro_read_binary);
AVRO_READ(avro_read_fixed);
AVRO_READ(avro_read_enum);

/// Logical types. [task]
AVRO_READ(avro_read_date);
AVRO_READ(avro_read_time);
AVRO_READ(avro_read_timestamp);
AVRO_READ(avro_read_decimal);

/// Nested ones. [task]
AVRO_READ(avro_read_record);
AVRO_READ(avro_read_array);
AVRO_READ(avro_read_map);
AVRO_READ(avro_read_union);
/// A branch of a union, into the struct's field of its name. [task]
AVRO_READ(avro_read_branch);
/// No bytes: null; a default; a failure that is known beforehand. [task]
AVRO_READ(avro_read_null);
AVRO_READ(avro_read_default);
AVRO_READ(avro_read_failure);

/// Values that are passed over, checked. [task]
AVRO_READ(avro_skip_nothing);
AVRO_READ(avro_skip_boolean);
AVRO_READ(avro_skip_integer);
AVRO_READ(avro_skip_sized);
AVRO_READ(avro_skip_bytes);
AVRO_READ(avro_skip_record);
AVRO_READ(avro_skip_items);

/// Reads the head of a block of an array or a map: how many items come, 0 at the end. [task]
const uint8_t *avro_read_block(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                               const uint8_t *at, int64_t *count);

/// Reads a length and checks that so many bytes follow. [task]
static inline const uint8_t *avro_read_size(avro_decoder *decoder, const avro_step *step,
                                            const column_builder *column, const uint8_t *at, int64_t *size) {
  const uint8_t *behind = avro_read_long(at, size);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (*size < 0 || *size > decoder->end - behind)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "a length of %lld, but %lld bytes are left",
                     (long long)*size, (long long)(decoder->end - behind));
  return behind;
}

#endif
