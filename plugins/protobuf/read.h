/// Reading Protobuf values into columns' slots: all of type proto_read.
#ifndef PROTO_READ_H
#define PROTO_READ_H

#include "decoder.h"

#define PROTO_READ(name)                                                                                       \
  const uint8_t *name(proto_decoder *decoder, const proto_step *step, column_builder *column, int64_t slot,    \
                      const uint8_t *at, const uint8_t *end)

/// Numbers. [task]
PROTO_READ(proto_read_int64);
PROTO_READ(proto_read_integer);
PROTO_READ(proto_read_bool);
PROTO_READ(proto_read_float);
PROTO_READ(proto_read_double);

/// Texts and bytes; a decimal as text; a map's key that is an integer or a bool, as text. [task]
PROTO_READ(proto_read_text);
PROTO_READ(proto_read_bytes);
PROTO_READ(proto_read_decimal);
PROTO_READ(proto_read_key);

/// The name of an enum's value. [task]
PROTO_READ(proto_read_enum);

/// Integers as dates, times and timestamps, in their columns' units; Timestamp and Duration. [task]
PROTO_READ(proto_read_time);
PROTO_READ(proto_read_timestamp);
PROTO_READ(proto_read_duration);

/// Nested ones: a message, a group, a wrapper, a map's entry, packed items. [task]
PROTO_READ(proto_read_message);
PROTO_READ(proto_read_group);
PROTO_READ(proto_read_wrapper);
PROTO_READ(proto_read_entry);
PROTO_READ(proto_read_packed);

/// A value that is passed over. [task]
PROTO_READ(proto_read_nothing);

/// Reads the first value of a field, no item of a list, into the column's slot, which becomes valid. [task]
PROTO_READ(proto_read_first);

/// Puts what the column holds if its field does not occur. Returns `at`. [task]
const uint8_t *proto_put_absent(proto_decoder *decoder, const proto_step *step, column_builder *column,
                                int64_t slot, const uint8_t *at);

/// Whether the value at `at` is whole, but none of a closed enum's, and so as good as not there. [task]
int proto_is_foreign(const proto_step *step, const uint8_t *at, const uint8_t *end);

/// Makes room for an item at the end of a list's or map's slot; its index, -1, noted, if there is none. [task]
int64_t proto_begin_item(proto_decoder *decoder, const proto_step *step, column_builder *column, int64_t slot,
                         const uint8_t *at);

/// The item counts. [task]
static inline void proto_end_item(column_builder *column, int64_t slot, int64_t index) {
  column_builder_offsets(column)[slot + 1] = (int32_t)(index + 1);
  column->item_count = index + 1;
}

/// Puts the unknown fields of the message from `at` to `end`, which was read, into the slot of their column,
/// which holds what stands for none: as they are in the message, one behind the other; of packed enums each
/// number with a tag of its own. Returns `end`. [task]
const uint8_t *proto_read_unknown(proto_decoder *decoder, const struct proto_unknown *unknown,
                                  column_builder *column, int64_t slot, const uint8_t *at, const uint8_t *end);

/// Puts a varint, 64 or 32 bits as the field's kind has them: sign-extended if it is signed. Returns what is
/// behind it; NULL, without a note, if it ends behind `end` or is malformed. [task]
const uint8_t *proto_read_whole(const proto_step *step, const uint8_t *at, const uint8_t *end, int64_t *value,
                                int *is_signed);

#endif
