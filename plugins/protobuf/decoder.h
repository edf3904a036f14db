/// The state of decoding one row, the steps that do it, and how it fails.
///
/// Functions that read take the position of a value in the message and return the one behind it, or NULL after
/// noting a failure in the decoder. They may read up to 16 bytes past `end`, into the rest of the batch or its
/// padding; each then looks whether it went past.
#ifndef PROTO_DECODER_H
#define PROTO_DECODER_H

#include "../common/text_source.h"
#include "op.h"
#include "schema.h"
#include "wire.h"

/// Codes of row errors.
#define PROTO_BAD_DATA 1
#define PROTO_BAD_VALUE 2
#define PROTO_MISSING 3
#define PROTO_NOT_WRITABLE 4

/// Values that the items of a message may come to: so many per byte, and so many more.
#define PROTO_CELLS_PER_BYTE 16
#define PROTO_CELLS_MORE (INT64_C(1) << 20)

/// One thread at a time.
typedef struct proto_decoder {
  text_source source;
  /// The row's bytes.
  const uint8_t *start, *end;
  /// Values that the row may still have.
  int64_t cells_left;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  /// The row's failure.
  int32_t code;
  char message[MILL_ERROR_MESSAGE_SIZE];
} proto_decoder;

struct proto_step;
struct proto_reading;
struct proto_unknown;

/// Reads a value into a slot of a column, which is NULL for one that is passed over. [task]
typedef const uint8_t *(*proto_read)(proto_decoder *decoder, const struct proto_step *step,
                                     column_builder *column, int64_t slot, const uint8_t *at,
                                     const uint8_t *end);

/// What a column holds if its field does not occur.
typedef enum proto_absent {
  /// Null.
  PROTO_ABSENT_NULL,
  /// Zero, no text, no items.
  PROTO_ABSENT_ZERO,
  /// `preset`.
  PROTO_ABSENT_PRESET,
  /// A message without fields.
  PROTO_ABSENT_MESSAGE,
  /// The row is bad.
  PROTO_ABSENT_FAILS
} proto_absent;

/// A value of an enum: its number and its name.
typedef struct proto_symbol {
  int32_t number;
  text_constant text;
} proto_symbol;

/// How a field is read. The plan's; constant but for texts.
typedef struct proto_step {
  proto_read read;
  proto_op op;
  /// Field number and wire type.
  uint32_t tag;
  /// Not 0: a value is an item of the column.
  int is_list;
  /// The child that the field fills, -1 for none.
  int64_t column;
  /// Its bit in the set of columns that have been filled, and the word that it is in.
  uint64_t bit;
  uint32_t word;
  /// The columns of the others in the field's oneof.
  uint32_t rival_count;
  const int64_t *rivals;
  /// NULL: the column has no field.
  const proto_field *field;
  /// Values that an item comes to.
  int64_t cells;
  /// Messages, entries of maps, wrappers: their fields.
  struct proto_reading *inner;
  /// Packed: how each item is read.
  const struct proto_step *item;
  /// Enums: by number.
  proto_symbol *symbols;
  uint32_t symbol_count;
  /// Not 0: a number that is none of them is as good as no value.
  int is_closed;
  proto_absent absent;
  /// The default as a value is written, 16 readable bytes behind it.
  const uint8_t *preset, *preset_end;
  /// Where the default's text is kept.
  text_constant *constant;
} proto_step;

/// How a message's fields are read.
typedef struct proto_reading {
  const proto_message *message;
  /// Steps by tags of one byte; NULL for others.
  const proto_step *short_tags[128];
  /// All steps, by tag.
  const proto_step **steps;
  uint32_t step_count;
  /// A step per column, for when its field does not occur; a bit for each.
  uint32_t column_count;
  const proto_step **columns;
  const uint64_t *all;
} proto_reading;

/// Notes what is wrong at `at`; a field path comes before it, of the column or, without one, of the field.
/// Returns NULL. [task]
__attribute__((format(printf, 6, 7))) const uint8_t *proto_fail(proto_decoder *decoder, const proto_step *step,
                                                                const column_builder *column, const uint8_t *at,
                                                                int32_t code, const char *format, ...);

/// Notes that a value ends behind its message, that a varint has too many bits, or that a group is malformed.
/// Returns NULL. [task]
const uint8_t *proto_fail_end(proto_decoder *decoder, const proto_step *step, const column_builder *column,
                              const uint8_t *at);

/// Notes that memory ran out. Returns NULL. [task]
const uint8_t *proto_fail_memory(proto_decoder *decoder);

/// Reads the fields from `at` to `end` into `columns`. `seen` has a bit per column; bits that are set stand for
/// values that are there already. Columns without one get what stands for none. Returns `end`. [task]
const uint8_t *proto_read_fields(proto_decoder *decoder, const proto_reading *reading, column_builder *columns,
                                 uint64_t *seen, int64_t slot, const uint8_t *at, const uint8_t *end);

/// Reads a length and checks that so many bytes follow; where they begin. [task]
static inline const uint8_t *proto_read_size(proto_decoder *decoder, const proto_step *step,
                                             const column_builder *column, const uint8_t *at,
                                             const uint8_t *end, int64_t *size) {
  uint64_t value = 0;
  const uint8_t *behind = varint_read(at, &value);
  if (behind == NULL || behind > end)
    return proto_fail_end(decoder, step, column, at);
  if (value > (uint64_t)(end - behind))
    return proto_fail(decoder, step, column, at, PROTO_BAD_DATA, "a length of %llu, but %lld bytes are left",
                      (unsigned long long)value, (long long)(end - behind));
  *size = (int64_t)value;
  return behind;
}

#endif
